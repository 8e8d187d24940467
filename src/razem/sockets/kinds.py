"""How the addresses without a port are written: ICMP, raw IP, link layer, descriptors, programs.

Each is a `razem.sockets.syntax.Syntax`; no I/O.
"""

from __future__ import annotations

from typing import Final

from razem.sockets.protocols import PROTOCOLS
from razem.sockets.syntax import Parts, after_slashes, find_any, read_host, wrong

__all__ = ["Code", "Command", "Descriptor", "Host", "HostProtocol", "Interface", "Nothing"]

_MAX_INTERFACE: Final = 15  # netdevice(7): IFNAMSIZ is 16, the NUL at the end included
_MAX_PROTOCOL: Final = 255  # RFC 791 3.1: eight bits
_MAX_DESCRIPTOR: Final = 2**31 - 1  # an int of C


class Host:
    """``//host``: a name, an IPv4 address, an IPv6 address in brackets, or nothing."""

    def parse(self, text: str, start: int) -> Parts:
        """Read from `start` on."""
        begin = after_slashes(text, start)
        end = find_any(text, "/?#", begin)
        host = read_host(text, begin, end)
        if text[end:] not in {"", "/"}:
            raise wrong(text, "more follows after the host", end, f"Write {text[:end]}.")
        return Parts(host)

    def format(self, parts: Parts) -> str:
        """Write it canonically."""
        return f"//{_written(parts.host)}"


class HostProtocol:
    """``//host/PROTOCOL``: the protocol above IP by number, or by its name in `PROTOCOLS`."""

    def parse(self, text: str, start: int) -> Parts:
        """Read from `start` on."""
        begin = after_slashes(text, start)
        end = find_any(text, "/?#", begin)
        host = read_host(text, begin, end)
        word = text[end + 1 :]
        if text[end : end + 1] not in {"", "/"} or not word:
            advice = f"Write it, as in {text[:end]}/253 or {text[:end]}/ospf."
            raise wrong(text, "there is no protocol", end, advice)
        return Parts(host, number=_protocol(text, end + 1))

    def format(self, parts: Parts) -> str:
        """Write it canonically."""
        return f"//{_written(parts.host)}/{parts.number}"


class Interface:
    """``//name``, and ``//name/hardware-address`` of somebody on its link.

    The name keeps its case. The hardware address is six (or up to 20) bytes in hexadecimal with
    colons between.
    """

    def parse(self, text: str, start: int) -> Parts:
        """Read from `start` on."""
        begin = after_slashes(text, start)
        end = find_any(text, "/", begin)
        name = text[begin:end]
        if not name:
            advice = f"Write {text[:start]}//eth0, say (list them with: ip link)."
            raise wrong(text, "there is no interface", begin, advice)
        if name in {".", ".."}:
            raise wrong(text, f"no interface is called {name}", begin, "List them with: ip link.")
        for index in range(begin, end):
            # Linux, net/core/dev.c, dev_valid_name(): neither "/", ":" nor white space.
            if text[index] in ":?#" or text[index].isspace() or not text[index].isprintable():
                shown = f"{text[index]!r} cannot stand in the name of an interface"
                raise wrong(text, shown, index, "List them with: ip link.")
        if len(name.encode("utf-8", "surrogateescape")) > _MAX_INTERFACE:
            advice = f"It has {_MAX_INTERFACE} bytes at most; list them with: ip link."
            raise wrong(text, "the name of the interface is too long", begin, advice)
        return Parts(name, text=_hardware(text, end + 1))

    def format(self, parts: Parts) -> str:
        """Write it canonically."""
        return f"//{parts.host}/{parts.text}" if parts.text else f"//{parts.host}"


class Descriptor:
    """The number of a descriptor that this process has."""

    def parse(self, text: str, start: int) -> Parts:
        """Read from `start` on."""
        word = text[start:]
        if not (word.isascii() and word.isdigit()):
            advice = f"Write the number of an open descriptor, as in {text[:start]}3."
            raise wrong(text, "there is no number", start, advice)
        if len(word) > 10 or int(word) > _MAX_DESCRIPTOR:
            advice = f"Descriptors go from 0 to {_MAX_DESCRIPTOR}."
            raise wrong(text, "the number is too large", start, advice)
        return Parts(number=int(word))

    def format(self, parts: Parts) -> str:
        """Write it canonically."""
        return str(parts.number)


class Nothing:
    """Nothing after the colon: there is only one."""

    def parse(self, text: str, start: int) -> Parts:
        """Read from `start` on."""
        if text[start:] not in {"", "//"}:
            raise wrong(text, "more follows after the colon", start, f"Write {text[:start]}.")
        return Parts()

    def format(self, parts: Parts) -> str:  # noqa: ARG002  the protocol's signature
        """Write it canonically."""
        return ""


class Command:
    """A command and its arguments, quoted as for a POSIX shell, but no shell runs it."""

    def parse(self, text: str, start: int) -> Parts:
        """Read from `start` on."""
        import shlex  # noqa: PLC0415  slow to import, and seldom needed

        command = text[start:]
        if "\0" in command:
            at = start + command.index("\0")
            raise wrong(text, "a NUL, which no command has,", at, "Remove it.")
        try:
            words = shlex.split(command)
        except ValueError as error:
            raise wrong(
                text, f"{error}".lower(), start, "Close every quotation mark, or escape it."
            ) from None
        if not words or not words[0]:
            advice = f"Write it, as in {text[:start]}cat or {text[:start]}'tr a-z A-Z'."
            raise wrong(text, "there is no command", start, advice)
        return Parts(text=command)

    def format(self, parts: Parts) -> str:
        """Write it canonically."""
        return parts.text


class Code:
    """A code phrase: a number and words with hyphens between; nothing for a new one."""

    def parse(self, text: str, start: int) -> Parts:
        """Read from `start` on."""
        phrase = text[start:].lower()
        if not phrase:
            return Parts()
        advice = f"Write the number and the words, as in {text[:start]}7-guitar-ocean."
        number, *words = phrase.split("-")
        if not (number.isascii() and number.isdigit()) or len(number) > 9:
            raise wrong(text, "there is no number", start, advice)
        if not words:
            raise wrong(text, "there are no words", len(text), advice)
        at = start + len(number) + 1
        for word in words:
            if not (word.isascii() and word.isalpha()):
                raise wrong(text, f"{word[:40]!r} is no word", at, advice)
            at += len(word) + 1
        return Parts(text="-".join([str(int(number)), *words]))

    def format(self, parts: Parts) -> str:
        """Write it canonically."""
        return parts.text


def _written(host: str) -> str:
    """An IPv6 host in brackets."""
    return f"[{host}]" if ":" in host else host


def _protocol(text: str, begin: int) -> int:
    """Read a protocol by number or name, to the end."""
    word = text[begin:]
    if word.isascii() and word.isdigit():
        if len(word) > 8 or int(word) > _MAX_PROTOCOL:
            advice = f"Protocols go from 0 to {_MAX_PROTOCOL}."
            raise wrong(text, f"protocol {word[:20]} is over {_MAX_PROTOCOL}", begin, advice)
        return int(word)
    number = PROTOCOLS.get(word.lower())
    if number is None:
        from difflib import get_close_matches  # noqa: PLC0415  slow to import, seldom needed

        near = get_close_matches(word.lower()[:40], PROTOCOLS, n=1)
        advice = f"Did you mean {near[0]} ({PROTOCOLS[near[0]]})?" if near else "Write its number."
        raise wrong(text, f"no protocol is known as {word[:40]!r}", begin, advice)
    return number


def _hardware(text: str, begin: int) -> str:
    """Read a hardware address to the end, in lower case; "" for none."""
    word = text[begin:].lower()
    if not word:
        return ""
    pieces = word.split(":")
    digits = "0123456789abcdef"
    good = all(len(piece) == 2 and piece[0] in digits and piece[1] in digits for piece in pieces)
    if not good or not 1 <= len(pieces) <= 20:  # netdevice(7): MAX_ADDR_LEN is 32, Linux uses 20
        advice = "Write its bytes in hexadecimal, as in 02:00:5e:10:00:01."
        raise wrong(text, f"{word[:60]!r} is no hardware address", begin, advice)
    return word
