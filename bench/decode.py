"""How fast captures are decoded: python -m bench.decode.

One file of mixed packets is decoded to columns by Razem, and by the peers as one would use them for
the same fields: tshark -T fields, tcpdump to text, dpkt and scapy. All in one run, in alternating
rounds, each in a process of its own; the slow ones get a shorter file, which does them no harm.
(tcpdump prints the same fields with -e and -v only: the tag of the VLAN, and the TTL.)
CPU time is compared: it says less of what else the machine was doing.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bench.report import Spread, aligned
from razem import look
from razem.wire import (
    Arp,
    Echo,
    Ethernet,
    Icmp,
    Ipv4,
    Ipv6,
    MacAddress,
    NoOperation,
    Tcp,
    TcpFlags,
    Timestamps,
    Udp,
    Vlan,
)

if TYPE_CHECKING:
    from collections.abc import Callable

GOALS: Final = {"tshark": 40, "tcpdump": 20, "dpkt": 10, "scapy": 300}
SHARES: Final = {"razem": 1, "tshark": 10, "tcpdump": 5, "dpkt": 5, "scapy": 100}
FIELDS: Final = [
    "frame.time_epoch",
    "frame.len",
    "frame.cap_len",
    "vlan.id",
    "eth.type",
    "ip.proto",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "tcp.srcport",
    "tcp.dstport",
    "udp.srcport",
    "udp.dstport",
    "ip.ttl",
    "ipv6.hlim",
    "tcp.flags",
    "tcp.seq",
    "tcp.ack",
    "tcp.window_size_value",
    "icmp.type",
    "icmp.code",
    "tcp.len",
]


class Figures(NamedTuple):
    """Of one run: packets a second, by the clock and by CPU time, and the most memory in MB."""

    wall: float
    cpu: float
    memory: float


def make_file(path: Path, count: int) -> None:
    """Write mixed packets: TCP, UDP, ICMP, ARP, over IPv4 and IPv6, some in a VLAN."""
    chance = random.Random(1)
    pool = [make_packet(chance) for _ in range(4000)]
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number in range(count):
            packet = chance.choice(pool)
            time = (1_700_000_000 + number // 10000, number % 10000 * 100)
            file.write(struct.pack("<IIII", *time, len(packet), len(packet)) + packet)


def make_packet(chance: random.Random) -> bytes:
    ethernet = Ethernet(MacAddress("02:00:00:00:00:01"), MacAddress("02:00:00:00:00:02"))
    ends = [IPv4Address(0x0A000000 + chance.randrange(500)) for _ in range(2)]
    four = Ipv4(ends[0], ends[1])
    base = 0x20010DB8 << 96
    six = Ipv6(IPv6Address(base + chance.randrange(500)), IPv6Address(base + chance.randrange(500)))
    port, number = chance.randrange(1024, 65536), chance.getrandbits(32)
    flags = TcpFlags(chance.choice([16, 24, 2, 17]))
    options = (NoOperation(), NoOperation(), Timestamps(number, 1))
    tcp = Tcp(port, 443, flags, number, number ^ 5, options=options)
    size = chance.choice([0, 0, 100, 1400])
    kind = chance.random()
    if kind < 0.55:
        stack = ethernet / four / tcp / chance.randbytes(size)
    elif kind < 0.7:
        stack = ethernet / four / Udp(port, 443) / chance.randbytes(size or 60)
    elif kind < 0.85:
        stack = ethernet / six / tcp / chance.randbytes(size)
    elif kind < 0.9:
        stack = ethernet / six / Udp(port, 443) / chance.randbytes(60)
    elif kind < 0.94:
        stack = ethernet / four / Icmp() / Echo(1, port) / bytes(56)
    elif kind < 0.96:
        return (ethernet / Arp(ethernet.source, ends[0], ends[1])).build()
    else:
        stack = ethernet / Vlan(7) / four / tcp / chance.randbytes(60)
    return stack.build()


def razem(path: Path) -> int:
    capture = look.read(path)
    return sum(len(columns["time"]) for _, columns in capture.decoded())


def dpkt(path: Path) -> int:
    library: Any = import_module("dpkt")
    count = 0
    with path.open("rb") as file:
        for _time, data in library.pcap.Reader(file):
            count += 1
            frame = library.ethernet.Ethernet(data)
            network = frame.data
            if isinstance(network, library.ip.IP | library.ip6.IP6):
                _ = network.src, network.dst
                inner = network.data
                if isinstance(inner, library.tcp.TCP):
                    _ = inner.sport, inner.dport, inner.flags, inner.seq, inner.ack, inner.win
                elif isinstance(inner, library.udp.UDP):
                    _ = inner.sport, inner.dport
    return count


def scapy(path: Path) -> int:
    library: Any = import_module("scapy.all")
    count = 0
    with library.PcapReader(str(path)) as packets:
        for packet in packets:
            count += 1
            network = packet.getlayer(library.IP) or packet.getlayer(library.IPv6)
            inner = packet.getlayer(library.TCP) or packet.getlayer(library.UDP)
            _ = network and (network.src, network.dst), inner and (inner.sport, inner.dport)
    return count


LIBRARIES: Final[dict[str, Callable[[Path], int]]] = {"razem": razem, "dpkt": dpkt, "scapy": scapy}


def command_of(name: str, path: Path) -> list[str]:
    if name in LIBRARIES:
        return [sys.executable, "-m", "bench.decode", "--only", name, str(path)]
    if name == "tcpdump":
        return ["tcpdump", "-n", "-e", "-v", "-S", "-tt", "-r", str(path)]
    command = ["tshark", "-n", "-r", str(path), "-T", "fields"]
    return [*command, *(word for field in FIELDS for word in ("-e", field))]


def measure(name: str, path: Path, count: int, core: int) -> Figures:
    """Decode a file on one core."""
    start = perf_counter()
    process = subprocess.Popen(
        command_of(name, path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),  # noqa: PLW1509  no threads here
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{name} ended with {process.returncode}")
    return Figures(count / wall, count / (used.ru_utime + used.ru_stime), used.ru_maxrss / 1024)


def available(name: str) -> bool:
    if name in {"tshark", "tcpdump"}:
        return shutil.which(name) is not None
    if name == "dpkt":
        return find_spec("dpkt") is not None
    return True


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.decode", description=__doc__)
    parser.add_argument("--packets", type=int, default=1_000_000, help="in the file")
    parser.add_argument("--rounds", type=int, default=3, help="of each (by default 3)")
    parser.add_argument("--only", choices=LIBRARIES, help=argparse.SUPPRESS)
    parser.add_argument("path", nargs="?", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.only:
        LIBRARIES[wanted.only](wanted.path)
        return 0
    names = [name for name in SHARES if available(name)]
    core = max(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as directory:
        paths = {}
        for share in sorted(set(SHARES.values())):
            paths[share] = Path(directory) / f"{share}.pcap"
            make_file(paths[share], wanted.packets // share)
        figures: dict[str, list[Figures]] = {name: [] for name in names}
        for _ in range(wanted.rounds):
            for name in names:
                share = SHARES[name]
                path, count = paths[share], wanted.packets // share
                figures[name].append(measure(name, path, count, core))
    show(figures, wanted.packets)
    return 0


def show(figures: dict[str, list[Figures]], packets: int) -> None:
    print(f"{packets:,} mixed packets, each on one core; median of the rounds, least and greatest")
    rows = [("", "packets/s", "by CPU time", "times as fast", "wanted", "MB")]
    ours = figures["razem"]
    for name, each in figures.items():
        ratio = Spread.of(mine.cpu / theirs.cpu for mine, theirs in zip(ours, each, strict=True))
        wall, cpu = (Spread.of(getattr(one, word) for one in each) for word in ("wall", "cpu"))
        wanted = f"{GOALS[name]} x" if name in GOALS else "1,000,000/s"
        rows.append(
            (
                name,
                f"{wall.median:,.0f}",
                f"{cpu.median:,.0f}",
                ""
                if name == "razem"
                else f"{ratio.median:.1f} ({ratio.low:.1f}, {ratio.high:.1f})",
                wanted,
                f"{max(one.memory for one in each):,.0f}",
            )
        )
    print("\n".join(aligned(rows, ("<8", ">12", ">12", ">24", ">12", ">6"))))


if __name__ == "__main__":
    sys.exit(main())
