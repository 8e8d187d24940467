"""Run in a network of its own: live captures of what real tools send there.

``unshare --net python -m tests.look.in_network CASE DIRECTORY`` prints what came of it as JSON.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from razem import look
from razem.errors import Error

if TYPE_CHECKING:
    from razem.look import LiveCapture


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=20)


def ping(address: str = "127.0.0.1", count: int = 3) -> None:
    run("ping", "-c", str(count), "-i", "0.01", address)


def gather(capture: LiveCapture, wanted: int) -> list[look.CapturedPacket]:
    """Packets until there are enough."""
    found: list[look.CapturedPacket] = []
    while len(found) < wanted:
        block = capture.poll(10)
        assert block is not None, [str(packet.packet) for packet in found]
        found += block
    return found


def filters(_: Path) -> Any:
    """The kernel and the columns pick the same."""
    expressions = ["icmp", "icmp_type = 8", "udp"]
    captures = [look.open("lo", expression) for expression in expressions]
    ping()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.sendto(b"x", ("127.0.0.1", 9))
    columns = [next(iter(capture.decoded()))[1] for capture in captures]
    return {
        "in kernel": [capture.in_kernel for capture in captures],
        "types": [column["icmp_type"].tolist() for column in columns],
        "transports": [sorted(set(column["transport"].tolist())) for column in columns],
    }


def beside_tcpdump(directory: Path) -> Any:
    """Every byte and time of what tcpdump captured too."""
    path = directory / "theirs.pcap"
    command = ["tcpdump", "-Z", "root", "-i", "lo", "-U", "--immediate-mode", "-w", str(path)]
    command += ["--time-stamp-precision=nano"]
    with look.open("lo") as capture:
        tcpdump = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert tcpdump.stderr
        while "listening" not in tcpdump.stderr.readline():
            assert tcpdump.poll() is None
        ping()
        ours = gather(capture, 6)
        theirs: list[look.CapturedPacket] = []
        while len(theirs) < 6:  # it writes when it likes
            theirs = list(look.read(path)) if path.exists() and path.stat().st_size else []
        tcpdump.send_signal(signal.SIGINT)
        tcpdump.wait(10)
        look.write(directory / "ours.pcapng", ours)
        again = list(look.read(directory / "ours.pcapng"))
    near = max(abs(one.time - other.time) for one, other in zip(ours, theirs, strict=True))
    return {
        "same": [bytes(one.data) for one in ours] == [bytes(one.data) for one in theirs],
        "near": near,
        "written": [packet[1:] for packet in again] == [packet[1:] for packet in ours],
    }


def vlan(_: Path) -> Any:
    """Tags that the kernel takes out are put back, and all interfaces are captured at once."""
    run("ip", "link", "add", "left", "type", "veth", "peer", "name", "right")
    run("ip", "link", "set", "left", "up")
    run("ip", "link", "set", "right", "up")
    frame = bytes.fromhex("ffffffffffff020000000001 81000007 080645") + bytes(45)
    with look.open("right", "vlan 7") as capture, look.open("any", "vlan 7") as every:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as port:
            port.bind(("left", 0))
            port.send(frame)
        block, columns = next(iter(capture.decoded()))
        names: set[str] = set()
        while len(names) < 2:
            names |= {packet.interface.name for packet in next(iter(every.decoded()))[0]}
    return {
        "vlan": columns["vlan"].tolist(),
        "same": bytes(block[0].data) == frame,
        "length": block[0].length,
        "names": sorted(names),
        "in kernel": [capture.in_kernel, every.in_kernel],
    }


def drops(_: Path) -> Any:
    """What has no room is counted."""
    with look.open("lo", "udp", ring_size=2 << 20) as capture:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
            for _number in range(400):
                port.sendto(bytes(30000), ("127.0.0.1", 9))
        counted = capture.statistics()
        block = capture.poll(10)
    return {
        "received": counted.received,
        "dropped": counted.dropped,
        "some": block is not None and len(block) > 0,
        "after": capture.statistics() == counted,
    }


def closing(_: Path) -> Any:
    """Another thread ends it, while somebody waits."""
    capture = look.open("lo")
    ended: list[int] = []
    reader = threading.Thread(target=lambda: ended.append(sum(1 for _ in capture)))
    reader.start()
    capture.close()
    reader.join(10)
    capture.close()
    try:
        capture.poll(0)
    except Error as error:
        return {"ended": ended, "error": type(error).__name__, "descriptor": capture.fileno()}
    return {}


def refused(_: Path) -> Any:
    """What cannot be, is told."""
    found = {}
    for words in (("nowhere", ""), ("lo", "tcp port"), ("lo", "host"), ("lo", "")):
        try:
            look.open(*words)
        except Error as error:
            found[" ".join(words)] = [type(error).__name__, str(error)]
    return found


def main() -> None:
    run("ip", "link", "set", "lo", "up")
    cases = (filters, beside_tcpdump, vlan, drops, closing, refused)
    case = {function.__name__: function for function in cases}[sys.argv[1]]
    print(json.dumps(case(Path(sys.argv[2]))))


if __name__ == "__main__":
    main()
