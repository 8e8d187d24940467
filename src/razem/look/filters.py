"""Filters in the language of tcpdump (pcap-filter(7)), over the columns of decoded packets.

What the columns have no word for (bytes at a place, say) is refused. Besides, each column can be
compared, as in ``ttl < 5``; ``malformed`` and ``fragment`` are words. Other than in the kernel's
filters, a packet with a VLAN tag is looked into without being asked for.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from socket import getservbyname
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from razem.look.filter_words import Word, refuse, words_of
from razem.look.layouts import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from razem.look.decoding import Columns

    Test = Callable[[Columns], NDArray[np.bool_]]

__all__ = ["compile_filter"]

_NETWORKS: Final = {"ip": 0x0800, "ip6": 0x86DD, "arp": 0x0806}
_TRANSPORTS: Final = {"tcp": 6, "udp": 17, "icmp": 1, "icmp6": 58, "sctp": 132, "igmp": 2}
_KINDS: Final = {"host", "net", "port", "portrange"}
_FLAG_NAMES: Final = ("fin", "syn", "rst", "push", "ack", "urg", "ece", "cwr")
_FLAGS: Final = {name: 1 << bit for bit, name in enumerate(_FLAG_NAMES)}
_SIGNS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": np.equal,
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
}
_SPECIAL: Final = {"source", "destination"}


class _Asked(NamedTuple):
    """What stands before a value: ``tcp src port``, say; a value alone has that of the last one."""

    protocol: str = ""
    way: str = "either"  # "source", "destination", "either", "both"
    kind: str = ""


def compile_filter(expression: str) -> Test:
    """Return a function that tells for decoded packets which of them are meant.

    Raises:
        ConfigError: the expression cannot be understood; the message says where.
    """
    parser = _Parser(words_of(expression))
    if not parser.words:
        return _everything
    test = parser.several()
    if parser.next:
        raise refuse(f'"{parser.next.text}" was not expected here', parser.next)
    return test


class _Parser:
    """Goes through the words once: several tests, and one."""

    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self.place = 0
        self.depth = 0
        self.last = _Asked()

    @property
    def next(self) -> Word | None:
        return self.words[self.place] if self.place < len(self.words) else None

    @property
    def text(self) -> str:
        return self.next.text.lower() if self.next else ""

    def take(self, *texts: str) -> str:
        """Take the next word if it is one of these (any, without); return it, or ""."""
        text = self.text
        if not text or (texts and text not in texts):
            return ""
        self.place += 1
        return text

    def several(self) -> Test:
        """Read tests with "and" and "or" between them, which bind alike, from left to right."""
        test = self.one()
        while joint := self.take("or", "||", "and", "&&"):
            test = (_any if joint in {"or", "||"} else _all)(test, self.one())
        return test

    def one(self) -> Test:
        self.depth += 1
        if self.depth > 100:
            raise refuse("it is nested too deeply", self.next)
        try:
            return self._one()
        finally:
            self.depth -= 1

    def _one(self) -> Test:
        if self.take("not", "!"):
            return _none(self.one())
        if self.take("("):
            test = self.several()
            if not self.take(")"):
                raise refuse('a ")" is missing', self.next)
            return test
        if self.take("malformed"):
            return lambda columns: columns["malformed"].astype(np.bool_)
        if self.take("fragment"):
            return lambda columns: columns["fragment"].astype(np.bool_)
        if self.take("vlan"):
            wanted = self.number() if self.text.isdigit() else None
            return lambda columns: (
                columns["vlan"] == wanted if wanted is not None else columns["vlan"] > 0
            )
        if self.take("less"):
            return _compared("length", None, "<=", self.number())
        if self.take("greater"):
            return _compared("length", None, ">=", self.number())
        if self.text in {"len", "tcp[tcpflags]", "tcp[13]"} or self._is_column():
            return self.comparison()
        return self.primitive()

    def _is_column(self) -> bool:
        return self.text in (COLUMNS.names or ()) and self.text not in _SPECIAL

    def comparison(self) -> Test:
        """Read ``ttl < 5`` or ``tcp[tcpflags] & (tcp-syn|tcp-ack) != 0``."""
        name = self.take()
        flags = name.startswith("tcp[")
        name = {"len": "length"}.get(name, "flags" if flags else name)
        mask = self.value() if self.take("&") else None
        sign = self.take(*_SIGNS)
        if not sign and mask is None:
            raise refuse("a comparison is expected, such as =, < or &", self.next)
        test = _compared(name, mask, sign or "!=", self.value() if sign else 0)
        if flags:  # as in libpcap, of IPv4 alone
            return _all(_all(test, _transport(6)), _of_protocol("ip"))
        return test

    def value(self) -> int:
        """Read a number, or flags of TCP with | between them."""
        if self.take("("):
            number = self.value()
            if not self.take(")"):
                raise refuse('a ")" is missing', self.next)
        elif self.text.removeprefix("tcp-") in _FLAGS:
            number = _FLAGS[self.take().removeprefix("tcp-")]
        else:
            number = self.number()
        return number | self.value() if self.take("|") else number

    def number(self) -> int:
        word = self.next
        try:
            return int(self.take(), 0)
        except ValueError:
            raise refuse("a number is expected", word) from None

    def primitive(self) -> Test:
        """Read what is asked for, and for which value."""
        begin = self.next
        protocol = self.take(*_NETWORKS, *_TRANSPORTS)
        way = self._way()
        kind = self.take(*_KINDS)
        if self.take("proto"):
            word = self.next
            text = self.take()
            number = _TRANSPORTS.get(text, int(text) if text.isdigit() else -1)
            if not 0 <= number < 256:
                raise refuse("a protocol is expected", word)
            return _all(_of_protocol(protocol), _transport(number))
        if protocol and way == "" and not kind and (self._at_end() or not self._is_value()):
            return _of_protocol(protocol)
        asked = _Asked(protocol, way or "either", kind or ("host" if way or protocol else ""))
        if not protocol and not way and not kind:
            asked = self.last if self._is_value() else asked
            if not asked.kind:
                asked = asked._replace(kind="host")
        self.last = asked
        word = self.next
        if word is None:
            raise refuse("a value is missing", begin)
        self.place += 1
        return _all(_of_protocol(asked.protocol), _asked(asked, word))

    def _way(self) -> str:
        ways = {"src": "source", "dst": "destination"}
        first = self.take(*ways)
        if not first:
            return ""
        following = self.words[self.place + 1 : self.place + 2]
        if self.text in {"or", "and"} and following and following[0].text in ways:
            both = self.take() == "and"
            self.take()
            return "both" if both else "either"
        return ways[first]

    def _at_end(self) -> bool:
        return self.text in {"", "and", "or", "&&", "||", ")"}

    def _is_value(self) -> bool:
        text = self.text
        return bool(text) and (text[0].isdigit() or ":" in text or _service(text) is not None)


def _asked(asked: _Asked, word: Word) -> Test:
    if asked.kind in {"port", "portrange"}:
        low, dash, high = word.text.partition("-")
        service = _service(word.text)
        ports = (service, service) if service is not None else (_port(low), _port(high or low))
        if None in ports or (dash and service is None and asked.kind == "port"):
            raise refuse(f'"{word.text}" is no port', word)
        return _by_way(asked.way, "_port", lambda column: _within(column, *ports))  # type: ignore[arg-type]
    try:
        network = ip_network(word.text, strict=False)
        if asked.kind == "host":
            ip_address(word.text)
    except ValueError:
        reason = f'"{word.text}" is no address; names are not looked up here'
        raise refuse(reason, word) from None
    bits = network.prefixlen + (96 if network.version == 4 else 0)
    base = int(network.network_address) | (0xFFFF << 32 if network.version == 4 else 0)
    packed = IPv6Address(base).packed
    return _by_way(asked.way, "", lambda column: _in_network(column, packed, bits))


def _service(text: str) -> int | None:
    if text.isdigit():
        return int(text) if int(text) < 65536 else None
    if not text or not text[0].isalpha() or text in {"and", "or", "not"}:
        return None
    for protocol in ("tcp", "udp"):
        try:
            return getservbyname(text, protocol)
        except OSError:
            continue
    return None


def _port(text: str) -> int | None:
    return int(text) if text.isdigit() and int(text) < 65536 else None


def _within(column: NDArray[Any], low: int, high: int) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = column == low if low == high else (column >= low) & (column <= high)
    return found


def _in_network(column: NDArray[Any], packed: bytes, bits: int) -> NDArray[np.bool_]:
    halves = np.ascontiguousarray(column).view(np.uint64).reshape(-1, 2)
    mask = ((1 << 128) - 1) ^ ((1 << (128 - bits)) - 1)
    wanted = np.frombuffer(packed, dtype=np.uint64)
    masks = np.frombuffer(mask.to_bytes(16, "big"), dtype=np.uint64)
    found: NDArray[np.bool_] = ((halves & masks) == wanted).all(axis=1)
    return found


def _by_way(way: str, suffix: str, test: Callable[[NDArray[Any]], NDArray[np.bool_]]) -> Test:
    # the columns are 0 where a packet has no address or port
    def known(columns: Columns) -> NDArray[np.bool_]:
        if suffix:
            return np.isin(columns["transport"], (6, 17)) & (columns["source_port"] > 0) | (
                columns["destination_port"] > 0
            )
        return np.isin(columns["network"], tuple(_NETWORKS.values()))

    def source(columns: Columns) -> NDArray[np.bool_]:
        return test(columns[f"source{suffix}"]) & known(columns)

    def destination(columns: Columns) -> NDArray[np.bool_]:
        return test(columns[f"destination{suffix}"]) & known(columns)

    ways: dict[str, Test] = {"source": source, "destination": destination}
    if way in ways:
        return ways[way]
    return (_all if way == "both" else _any)(source, destination)


def _of_protocol(name: str) -> Test:
    if not name:
        return _everything
    if name in _NETWORKS:
        return lambda columns: columns["network"] == _NETWORKS[name]
    return _transport(_TRANSPORTS[name])


def _everything(columns: Columns) -> NDArray[np.bool_]:
    return np.ones(len(columns["time"]), dtype=np.bool_)


def _transport(number: int) -> Test:
    networks = tuple(_NETWORKS[name] for name in ("ip", "ip6"))
    return lambda columns: (columns["transport"] == number) & np.isin(columns["network"], networks)


def _compared(name: str, mask: int | None, sign: str, value: int) -> Test:
    compare = _SIGNS[sign]

    def test(columns: Columns) -> NDArray[np.bool_]:
        column = columns[name].astype(np.int64)
        found: NDArray[np.bool_] = compare(column if mask is None else column & mask, value)
        return found

    return test


def _any(one: Test, other: Test) -> Test:
    return lambda columns: one(columns) | other(columns)


def _all(one: Test, other: Test) -> Test:
    if one is _everything:
        return other
    return lambda columns: one(columns) & other(columns)


def _none(one: Test) -> Test:
    return lambda columns: ~one(columns)
