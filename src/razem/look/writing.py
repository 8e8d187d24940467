"""Capture files written: pcap and pcapng, packed by gzip where the name ends so."""

from __future__ import annotations

import gzip
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from razem.errors import LocalProtocolError
from razem.look.pcap import pcap_header, pcap_record
from razem.look.pcapng_blocks import interface_block, packet_block, section_block

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike
    from types import TracebackType

    from razem.look.block import CapturedPacket, Interface

__all__ = ["PcapWriter", "PcapngWriter", "write"]


def write(target: str | PathLike[str] | IO[bytes], packets: Iterable[CapturedPacket]) -> int:
    """Write packets to a file, and return how many.

    A name that ends with .pcap, or .pcap.gz, gets that format, for one link type only; any other
    gets pcapng.

    Raises:
        LocalProtocolError: packets of several link types are for a file that has one.
        OSError: the system does not let it be written.
    """
    plain = not hasattr(target, "write") and ".pcap" in Path(str(target)).suffixes[-2:]
    count = 0
    with (PcapWriter if plain else PcapngWriter)(target) as writer:
        for packet in packets:
            writer.write(packet)
            count += 1
    return count


class _Writer(ABC):
    """What both have in common."""

    def __init__(self, target: str | PathLike[str] | IO[bytes]) -> None:
        self._owned = not hasattr(target, "write")
        if not self._owned:
            self._file: Any = target
        elif str(target).endswith(".gz"):
            self._file = gzip.open(str(target), "wb", compresslevel=6)  # noqa: SIM115
        else:
            self._file = Path(str(target)).open("wb")  # noqa: SIM115  closed by close()

    @abstractmethod
    def write(self, packet: CapturedPacket) -> None:
        """Write a packet."""

    def flush(self) -> None:
        """Hand all to the system."""
        self._file.flush()

    def close(self) -> None:
        """Close the file, if it was opened here; more often does no harm."""
        if self._owned:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class PcapWriter(_Writer):
    """Writes pcap with nanoseconds: one link type, which the first packet decides."""

    def __init__(self, target: str | PathLike[str] | IO[bytes]) -> None:
        super().__init__(target)
        self._link: int | None = None

    def write(self, packet: CapturedPacket) -> None:
        """Write a packet.

        Raises:
            LocalProtocolError: it has another link type than those before it.
        """
        link = packet.interface.link
        if self._link is None:
            self._file.write(pcap_header(link))
            self._link = link
        if link != self._link:
            raise LocalProtocolError(
                f"a pcap file has one link type; this has {self._link}, and the packet {link}.",
                advice="Write to a name that ends with .pcapng.",
            )
        self._file.write(pcap_record(packet.time, packet.length, packet.data) + packet.data)

    def close(self) -> None:
        """Close the file; one without packets is one of Ethernet."""
        if self._link is None and not self._file.closed:
            self._file.write(pcap_header(1))
            self._link = 1
        super().close()


class PcapngWriter(_Writer):
    """Writes pcapng: any interfaces, comments, and blocks of any kind."""

    def __init__(self, target: str | PathLike[str] | IO[bytes], *, comment: str = "") -> None:
        super().__init__(target)
        self._interfaces: dict[Interface, int] = {}
        self._file.write(section_block(comment))

    def write(self, packet: CapturedPacket) -> None:
        """Write a packet, and before the first of an interface what that is."""
        number = self._interfaces.get(packet.interface)
        if number is None:
            number = self._interfaces[packet.interface] = len(self._interfaces)
            self._file.write(interface_block(packet.interface))
        self._file.write(
            packet_block(number, packet.time, packet.length, packet.data, packet.comments)
        )

    def write_block(self, block: bytes) -> None:
        """Write a block as it stands, such as one that a reader kept."""
        self._file.write(block)
