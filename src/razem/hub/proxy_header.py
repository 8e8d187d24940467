"""The PROXY protocol, versions 1 and 2, as a receiver reads it. No I/O.

A proxy in front of the hub tells in a header before all else from where a connection comes
(haproxy, doc/proxy-protocol.txt). What follows the header is the client's, so that a reader takes
from the socket what `ProxyHeader.receive` says it used, and no byte more.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Final

from razem.errors import RemoteProtocolError

__all__ = ["IPAddress", "ProxyHeader", "unmapped"]

IPAddress = IPv4Address | IPv6Address

_SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"  # 2.2: begins version 2
_V1: Final = b"PROXY "  # 2.1
_MAX_V1: Final = 107  # 2.1: the longest line, with its CR LF
_V2_HEADER: Final = 16
_LOCAL, _PROXY = 0, 1  # the commands
_STREAM: Final = 1  # the transport in the lower half of the family byte
# The family in its upper half: bytes of the addresses of one end, and of all.
_UNSPECIFIED, _INET, _INET6, _UNIX = 0, 1, 2, 3
_ADDRESSES: Final = {_UNSPECIFIED: 0, _INET: 12, _INET6: 36, _UNIX: 216}


class ProxyHeader:
    """Reads one header, however it is cut.

    Attributes:
        done: it was read to its end.
        source: the address of the client; None: the proxy tells none.
        relayed: there is a client behind the proxy; false: the proxy speaks for itself (LOCAL),
            as it does to see whether we are well.
    """

    __slots__ = ("_data", "_skip", "done", "relayed", "source")

    def __init__(self) -> None:
        self.done = False
        self.source: IPAddress | None = None
        self.relayed = True
        self._data = bytearray()
        self._skip = 0  # bytes of version 2 that are still to come and mean nothing to us

    def receive(self, data: bytes) -> int:
        """Take bytes; return how many of them belong to the header: all, while it is not `done`.

        Raises:
            RemoteProtocolError: that is no header of the PROXY protocol.
        """
        used = 0
        while not self.done and used < len(data):
            if self._skip:
                step = min(self._skip, len(data) - used)
                self._skip -= step
                self.done = not self._skip
            else:
                step = self._take(data[used:])
            used += step
        return used

    def _take(self, data: bytes) -> int:
        """Take bytes of the part that is kept; return how many."""
        before = len(self._data)
        start = bytes(self._data[: len(_SIGNATURE)]) + data
        if _SIGNATURE.startswith(start[: len(_SIGNATURE)]):
            return self._take_v2(data)
        if not _V1.startswith(start[: len(_V1)]):
            raise _error("the connection does not begin with a header")
        text = bytes(self._data) + data
        end = text.find(b"\r\n")
        if end < 0 and len(text) < _MAX_V1:
            self._data += data
            return len(data)
        if end < 0 or end + 2 > _MAX_V1:
            raise _error("the line is too long")
        self._read_v1(text[:end])
        self.done = True
        return end + 2 - before

    def _read_v1(self, line: bytes) -> None:
        """Read ``PROXY TCP4 SOURCE DESTINATION PORT PORT``; of UNKNOWN the rest does not count."""
        try:
            words = line.decode("ascii").split(" ")
        except UnicodeDecodeError as error:
            raise _error("the line is not ASCII") from error
        if words[1] == "UNKNOWN":
            return
        kinds: dict[str, type[IPAddress]] = {"TCP4": IPv4Address, "TCP6": IPv6Address}
        kind = kinds.get(words[1])
        if kind is None or len(words) != 6 or not all(map(_is_port, words[4:])):
            raise _error("the line is not as it should be")
        try:
            source, _ = kind(words[2]), kind(words[3])
        except ValueError as error:
            raise _error("an address in the line is none") from error
        self.source = unmapped(source)

    def _take_v2(self, data: bytes) -> int:
        have = len(self._data)
        if have < _V2_HEADER:
            step = min(_V2_HEADER - have, len(data))
            self._data += data[:step]
            if have + step == _V2_HEADER:
                self._check_v2()
                self._finish_v2()
            return step
        step = min(self._kept - have, len(data))
        self._data += data[:step]
        self._finish_v2()
        return step

    def _check_v2(self) -> None:
        version, command = self._data[12] >> 4, self._data[12] & 15
        family, transport = self._data[13] >> 4, self._data[13] & 15
        if version != 2:
            raise _error(f"version {version} is not known")
        if command not in {_LOCAL, _PROXY}:
            raise _error(f"command {command} is not known")
        self.relayed = command == _PROXY
        if not self.relayed:
            return  # "the receiver must ignore the address information"
        if family not in _ADDRESSES or transport > 2:
            raise _error(f"family {self._data[13]:#04x} is not known")
        if family != _UNSPECIFIED and transport != _STREAM:
            raise _error(f"family {self._data[13]:#04x} is none of streams")
        if self._length < _ADDRESSES[family]:
            raise _error("the addresses are cut off")

    @property
    def _length(self) -> int:
        """How many bytes follow the first 16."""
        return int.from_bytes(self._data[14:16], "big")

    @property
    def _kept(self) -> int:
        """The length of what is read of it: extensions (TLVs) come after the addresses."""
        family = self._data[13] >> 4 if self.relayed else _UNSPECIFIED
        return _V2_HEADER + _ADDRESSES[family]

    def _finish_v2(self) -> None:
        """Read the address when it is there."""
        if len(self._data) < self._kept:
            return
        family = self._data[13] >> 4 if self.relayed else _UNSPECIFIED
        if family == _INET:
            self.source = IPv4Address(bytes(self._data[16:20]))
        elif family == _INET6:
            self.source = unmapped(IPv6Address(bytes(self._data[16:32])))
        self._skip = _V2_HEADER + self._length - self._kept
        self.done = not self._skip


def unmapped(address: IPAddress) -> IPAddress:
    """Return the IPv4 address that an IPv6 socket shows as ``::ffff:192.0.2.1``."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_port(text: str) -> bool:
    """Tell whether it is a port, written in the only way that 2.1 allows."""
    return text.isdecimal() and text.isascii() and str(int(text)) == text and int(text) < 65536


def _error(what: str) -> RemoteProtocolError:
    return RemoteProtocolError(
        f"a proxy did not say where its client is: {what}.",
        advice="Let it send the PROXY protocol, or take it out of `proxies`.",
    )
