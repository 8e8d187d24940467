"""How the kinds of addresses are written: text <-> parts, no I/O.

Each kind of scheme has one `Syntax`. It gets the whole text of an address and where its scheme
ends, so that a refusal can point at the wrong column, the first being 1.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from razem.errors import AddressError
from razem.sockets.services import PORTS, port_number

__all__ = [
    "HostPort",
    "HubPlace",
    "Parts",
    "Syntax",
    "UnixPath",
    "after_slashes",
    "find_any",
    "read_host",
    "wrong",
]

_MAX_PORT: Final = 65535
_MAX_NAME: Final = 253  # RFC 1035 2.3.4: 255 octets on the wire, 253 characters as text
_MAX_LABEL: Final = 63  # RFC 1035 2.3.4


class Parts(NamedTuple):
    """What an address consists of, after its scheme; each kind uses some."""

    host: str = ""
    port: int | None = None
    path: str = ""
    channel: str = ""
    query: tuple[tuple[str, str], ...] = ()  # sorted by key, each key once
    number: int | None = None
    text: str = ""


class Syntax(Protocol):
    """How the addresses of a scheme are written."""

    def parse(self, text: str, start: int) -> Parts:
        """Read `text` from `start`, the index just after the colon of the scheme."""

    def format(self, parts: Parts) -> str:
        """Write what stands after the colon of the scheme, canonically."""


def wrong(text: str, problem: str, index: int, advice: str) -> AddressError:
    """Make the `AddressError` that points at `text[index]`.

    Args:
        text: the whole address.
        problem: what is wrong there, without a full stop.
        index: where, from 0.
        advice: the way out, as a sentence.
    """
    shown = (text if len(text) <= 200 else f"{text[:200]}…") or "an empty address"
    if not shown.isprintable():
        shown = ascii(shown)
    column = index + 1
    return AddressError(
        f"{shown}: {problem} at column {column}.", column=column, address=text, advice=advice
    )


class HostPort:
    """``//host:port``: a host by name or number, and a port by number or name of its service.

    Args:
        default_port: the port where none is written, and left out when it is this one; None
            where the port must be written.
    """

    def __init__(self, default_port: int | None = None) -> None:
        self._default_port = default_port

    def parse(self, text: str, start: int) -> Parts:
        """Read from `start` on."""
        begin = after_slashes(text, start)
        end = find_any(text, "/?#", begin)
        host, port = self.parse_authority(text, begin, end)
        if text[end:] not in {"", "/"}:
            raise wrong(text, "more follows after the port", end, f"Write {text[:end]}.")
        return Parts(host, port)

    def format(self, parts: Parts) -> str:
        """Write it canonically."""
        return f"//{self.format_authority(parts)}"

    def format_authority(self, parts: Parts) -> str:
        """Write ``host:port``, an IPv6 host in brackets, a default port left out."""
        host = f"[{parts.host}]" if ":" in parts.host else parts.host
        return host if parts.port == self._default_port and host else f"{host}:{parts.port}"

    def parse_authority(self, text: str, begin: int, end: int) -> tuple[str, int]:
        """Read ``host:port`` between two indexes."""
        authority = text[begin:end]
        if authority.startswith("["):
            close = authority.find("]")
            if close < 0:
                raise wrong(text, "the bracket is never closed", begin, "Close it, as in [::1].")
            host = _ipv6(text, begin + 1, begin + close)
            colon = begin + close + 1
            if colon < end and text[colon] != ":":
                advice = "After the bracket comes a colon and the port, as in [::1]:80."
                raise wrong(text, f"unexpected {text[colon]!r}", colon, advice)
        else:
            if authority.count(":") > 1:
                advice = "Write an IPv6 host in brackets, as in [::1]."
                raise wrong(text, "ambiguous colon", begin + authority.index(":"), advice)
            colon = begin + len(authority.partition(":")[0])
            host = _host(text, begin, colon)
        if colon < end:
            return host, _port(text, colon + 1, end)
        if self._default_port is None:
            example = f"{text[:end]}:9090" if host else f"{text[:begin]}localhost:9090"
            raise wrong(text, "there is no port", end, f"Write one, as in {example}.")
        if not host:
            raise wrong(
                text, "there is no host", begin, f"Write one, as in {text[:begin]}localhost."
            )
        return host, self._default_port


class UnixPath:
    """``///path``, ``path`` (relative to the working folder) or ``@name`` (Linux, unix(7)).

    The path is taken as it stands: nothing is escaped.
    """

    def parse(self, text: str, start: int) -> Parts:
        """Read from `start` on."""
        path = text[start:]
        scheme = text[:start].lower()
        if path.startswith("//"):
            path = path[2:]
            start += 2
            if path and not path.startswith("/"):
                advice = f"Write {scheme}///{path} from the root, or {scheme}{path} from here."
                raise wrong(text, f"{scheme}// without a path from the root", start, advice)
        if path in {"", "@"}:
            advice = f"Write {scheme}///path/of/the/socket, or {scheme}@name."
            raise wrong(text, "there is no path", len(text), advice)
        nul = path.find("\0")
        if nul >= 0:
            raise wrong(text, "a NUL, which no path has,", start + nul, "Remove it.")
        return Parts(path=path)

    def format(self, parts: Parts) -> str:
        """Write it canonically."""
        return f"//{parts.path}" if parts.path.startswith("/") else parts.path


class HubPlace(HostPort):
    """``//host[:port][/#channel | /path/to/file][?key=value&…]``.

    The question mark ends a channel as it ends a path. Percent signs escape as in RFC 3986;
    letters of any language stand for themselves.
    """

    def parse(self, text: str, start: int) -> Parts:
        """Read from `start` on."""
        begin = after_slashes(text, start)
        end = find_any(text, "/?#", begin)
        host, port = self.parse_authority(text, begin, end)
        question = find_any(text, "?", end)
        query = _query(text, question + 1)
        place = end + 1 if text[end : end + 2] == "/#" else end
        if text[place : place + 1] == "#":
            return Parts(host, port, channel=_channel(text, place, question), query=query)
        path = text[end:question]
        if "#" in path:
            advice = "A channel stands right after the host, as in razem://host/#lobby."
            raise wrong(text, "a channel after a path", end + path.index("#"), advice)
        return Parts(host, port, path=_unescape(path.rstrip("/") and path), query=query)

    def format(self, parts: Parts) -> str:
        """Write it canonically."""
        text = f"//{self.format_authority(parts)}"
        if parts.channel:
            text += f"/#{_escape(parts.channel[1:], '?%')}"
        text += _escape(parts.path, "?%#")
        if parts.query:
            pairs = (f"{_escape(key, '%&=')}={_escape(value, '%&')}" for key, value in parts.query)
            text += ("" if parts.channel or parts.path else "/") + "?" + "&".join(pairs)
        return text


def after_slashes(text: str, start: int) -> int:
    """Return the index after the two slashes at `start`."""
    if text.startswith("//", start):
        return start + 2
    rest = text[start:].lstrip("/")
    raise wrong(text, "two slashes are missing", start, f"Write {text[:start]}//{rest}.")


def read_host(text: str, begin: int, end: int) -> str:
    """Read a host between two indexes, where nothing may follow it: an IPv6 one in brackets."""
    host = text[begin:end]
    if host.startswith("["):
        close = host.find("]")
        if close < 0:
            raise wrong(text, "the bracket is never closed", begin, "Close it, as in [::1].")
        if close < len(host) - 1:
            after = begin + close + 1
            advice = f"The host ends with its bracket: write {text[:after]}{text[end:]}."
            raise wrong(text, f"unexpected {text[after]!r}", after, advice)
        return _ipv6(text, begin + 1, begin + close)
    colon = host.find(":")
    if host.count(":") > 1:
        raise wrong(
            text, "ambiguous colon", begin + colon, "Write an IPv6 host in brackets, as in [::1]."
        )
    if colon >= 0:
        advice = f"There are no ports here: write {text[: begin + colon]}{text[end:]}."
        raise wrong(text, "unexpected ':'", begin + colon, advice)
    return _host(text, begin, end)


def find_any(text: str, characters: str, begin: int) -> int:
    """Return the index of the first of `characters` from `begin`, or the length."""
    return next((i for i in range(begin, len(text)) if text[i] in characters), len(text))


def _port(text: str, begin: int, end: int) -> int:
    """Read a port by number or by the name of its service."""
    word = text[begin:end]
    if not word:
        raise wrong(
            text, "the colon has no port after it", begin, "Write a number from 0 to 65535."
        )
    if word.isascii() and word.isdigit():
        if len(word) > 8 or int(word) > _MAX_PORT:
            raise wrong(text, f"port {word[:20]} is over 65535", begin, "Ports go from 0 to 65535.")
        return int(word)
    number = port_number(word)
    if number is None:
        raise wrong(text, f"no service is known as {word[:40]!r}", begin, _near_service(word))
    return number


def _near_service(word: str) -> str:
    """The way out of an unknown service name."""
    from difflib import get_close_matches  # noqa: PLC0415  slow to import, and seldom needed

    near = get_close_matches(word.lower()[:40], PORTS, n=1)
    return f"Did you mean {near[0]} ({PORTS[near[0]]})?" if near else "Write its number."


def _host(text: str, begin: int, end: int) -> str:
    """Read a host: a name, an IPv4 address, or nothing (``*`` too), which is every interface."""
    host = text[begin:end].lower()
    if host in {"", "*"}:
        return ""
    for index in range(begin, end):
        character = text[index]
        # What may continue an identifier are the letters, digits and marks of all languages.
        if not (f"a{character.lower()}".isidentifier() or character in "-."):
            shown = "a space" if character == " " else repr(character)
            raise wrong(text, f"{shown} cannot stand in a host name", index, "Remove it.")
    if all(character in "0123456789." for character in host):
        numbers = host.split(".")
        if len(numbers) != 4 or not all(_is_octet(number) for number in numbers):
            advice = "Four numbers from 0 to 255, without leading zeros, as in 127.0.0.1."
            raise wrong(text, f"{host[:40]} is no IPv4 address", begin, advice)
        return host
    labels = host.removesuffix(".").split(".")
    if "" in labels:
        empty = begin + sum(len(label) + 1 for label in labels[: labels.index("")])
        raise wrong(text, "an empty part of the host name", empty, "One dot separates two parts.")
    if len(host) > _MAX_NAME or max(map(len, labels)) > _MAX_LABEL:
        advice = f"It has {_MAX_NAME} characters at most, and {_MAX_LABEL} between two dots."
        raise wrong(text, "the host name is too long", begin, advice)
    return host


def _is_octet(number: str) -> bool:
    """Whether it is 0 to 255 without leading zeros (which some systems read as octal)."""
    return number == "0" or (0 < len(number) < 4 and number[0] != "0" and int(number) < 256)


def _ipv6(text: str, begin: int, end: int) -> str:
    """Read an IPv6 address with its zone (RFC 4291, RFC 4007 11.2), and write it canonically."""
    from ipaddress import IPv6Address  # noqa: PLC0415  slow to import, and seldom needed

    number, percent, zone = text[begin:end].partition("%")
    try:
        host = IPv6Address(number).compressed
    except ValueError:
        advice = "Brackets hold an IPv6 address, as in [::1] or [fe80::1%eth0]."
        raise wrong(text, f"{number[:60]!r} is no IPv6 address", begin, advice) from None
    if not percent:
        return host
    at = begin + len(number) + 1
    strange = (i for i in range(at, end) if not _is_zone_character(text[i]))
    index = next(strange, None if zone else end)
    if index is not None:
        raise wrong(text, "no zone", index, "It is the name of an interface, as in %eth0.")
    return f"{host}%{zone}"


def _is_zone_character(character: str) -> bool:
    return (character.isascii() and character.isalnum()) or character in "._-~"


def _channel(text: str, begin: int, end: int) -> str:
    """Read a channel from its hash sign on."""
    channel = "#" + _unescape(text[begin + 1 : end])
    if channel == "#":
        raise wrong(text, "the channel has no name", end, "Write one, as in #lobby.")
    # RFC 2812 1.3: a channel has no space, no comma and no BEL; nor can a line carry CR, LF, NUL.
    if any(character in " ,\a\r\n\0" for character in channel):
        raise wrong(
            text, "the channel has a space, comma or control character", begin, "Remove it."
        )
    return channel


def _query(text: str, begin: int) -> tuple[tuple[str, str], ...]:
    """Read ``key=value&…`` from `begin`, sorted; the last of equal keys counts."""
    pairs: dict[str, str] = {}
    at = begin
    for item in text[begin:].split("&") if begin <= len(text) else ():
        key, _, value = item.partition("=")
        if item and not key:
            raise wrong(text, "a value without a key", at, "Write ?key=value.")
        if item:
            pairs[_unescape(key)] = _unescape(value)
        at += len(item) + 1
    return tuple(sorted(pairs.items()))


def _unescape(text: str) -> str:
    """Undo percent signs (RFC 3986 2.1); one that escapes nothing stands for itself."""
    if "%" not in text:
        return text
    first, *pieces = text.split("%")
    raw = first.encode("utf-8", "surrogateescape")
    for piece in pieces:
        digits = piece[:2]
        try:
            raw += bytes.fromhex(digits) if len(digits) == 2 else b"%" + digits.encode()
            raw += piece[2:].encode("utf-8", "surrogateescape")
        except ValueError:
            raw += b"%" + piece.encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "surrogateescape")


def _escape(text: str, special: str) -> str:
    """Put percent signs before `special` characters and those that do not print."""
    return "".join(
        character
        if character.isprintable() and character != " " and character not in special
        else "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogateescape"))
        for character in text
    )
