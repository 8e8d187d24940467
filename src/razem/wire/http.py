"""The first line of HTTP/1 messages (RFC 9112 3 and 4). What follows it is payload."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from razem.errors import LocalProtocolError
from razem.wire.fields import Derived
from razem.wire.problems import FieldError, MissingFieldError, Problem
from razem.wire.value import Around, Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HttpRequest", "HttpRequestView", "HttpResponse", "HttpResponseView"]

METHODS: Final = (  # IANA HTTP Method Registry, those that one meets
    b"GET ",
    b"HEAD ",
    b"POST ",
    b"PUT ",
    b"DELETE ",
    b"CONNECT ",
    b"OPTIONS ",
    b"TRACE ",
    b"PATCH ",
    b"PROPFIND ",
    b"REPORT ",
)
RESPONSE: Final = b"HTTP/1."
MAX_LINE: Final = 8192  # what RFC 9112 3 wants to be read at the least


class _FirstLineView(View):
    __slots__ = ()

    PARTS = 3

    @property
    def header_length(self) -> int:
        """The line with its end; all that is here where that has not come."""
        end = bytes(self.buffer[:MAX_LINE]).find(b"\n")
        return end + 1 if end >= 0 else min(len(self.buffer), MAX_LINE)

    @property
    def end(self) -> bytes:
        """How the line ends: CR and LF, LF alone, or not at all."""
        line = bytes(self.buffer[: self.header_length])
        return line[len(line.rstrip(b"\r\n")) :]

    @property
    def first_line(self) -> bytes:
        """The line without its end."""
        return bytes(self.buffer[: self.header_length]).rstrip(b"\r\n")

    def part(self, index: int, name: str) -> bytes:
        """Return a part of the line.

        Raises:
            FieldError: there are not so many.
        """
        parts = self.first_line.split(b" ", 2)
        if index >= len(parts):
            place = self.start + len(self.first_line)
            raise MissingFieldError(Problem(self.NAME, name, place, "is missing"), 1, 0)
        return parts[index]

    def header_field(self, name: str) -> str | None:
        """Return the first header of a name, where it is in this packet; None without one."""
        found = re.search(
            rb"(?im)^%b:[ \t]*([^\r\n]*)" % re.escape(name.encode()), bytes(self.payload)
        )
        return found[1].decode("utf-8", "backslashreplace").strip() if found else None

    def judge(self) -> Iterator[Problem]:
        """Tell when the line is not whole."""
        if not self.end:
            place = self.start + self.header_length
            yield Problem(self.NAME, "end", place, "the line goes on in a later segment")


class HttpRequestView(_FirstLineView):
    """The first line of a request, read in place."""

    NAME = "HTTP request"

    __slots__ = ()

    @Derived
    def method(self) -> str:
        """The method."""
        return _text(self.part(0, "method"))

    @Derived
    def target(self) -> str:
        """What is wanted."""
        return _text(self.part(1, "target"))

    @Derived
    def version(self) -> str:
        """The version, such as "HTTP/1.1"."""
        return _text(self.part(2, "version"))

    @Derived
    def host(self) -> str | None:
        """The host that is meant, where its header is in this packet."""
        return self.header_field("Host")

    def line(self) -> str:
        """Return the line."""
        return _text(self.first_line[:200])


class HttpResponseView(_FirstLineView):
    """The first line of an answer, read in place."""

    NAME = "HTTP response"

    __slots__ = ()

    @Derived
    def version(self) -> str:
        """The version, such as "HTTP/1.1"."""
        return _text(self.part(0, "version"))

    @Derived
    def status(self) -> int:
        """The status, such as 404."""
        digits = self.part(1, "status")
        if not re.fullmatch(rb"[0-9]{3}", digits):
            place = self.start + len(self.part(0, "version")) + 1
            raise FieldError(Problem(self.NAME, "status", place, f"{digits!r} is no number"))
        return int(digits)

    @Derived
    def reason(self) -> str:
        """The words behind it, or "" without any."""
        parts = self.first_line.split(b" ", 2)
        return _text(parts[2]) if len(parts) > 2 else ""

    def line(self) -> str:
        """Return the line."""
        return _text(self.first_line[:200])


@dataclass(frozen=True, slots=True)
class HttpRequest(Value[HttpRequestView]):
    """The first line of a request; headers and body are given as bytes behind it."""

    VIEW = HttpRequestView

    method: str
    target: str
    version: str = "HTTP/1.1"
    end: bytes = b"\r\n"

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the line and what follows."""
        return _line(self.method, self.target, self.version) + self.end + payload


@dataclass(frozen=True, slots=True)
class HttpResponse(Value[HttpResponseView]):
    """The first line of an answer; headers and body are given as bytes behind it."""

    VIEW = HttpResponseView

    status: int
    reason: str = ""
    version: str = "HTTP/1.1"
    end: bytes = b"\r\n"

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the line and what follows."""
        if not 0 <= self.status <= 999:
            raise LocalProtocolError(f"a status of HTTP has three digits: {self.status}.")
        return _line(self.version, f"{self.status:03}", self.reason) + self.end + payload


def _line(*parts: str) -> bytes:
    if any("\n" in part for part in parts) or any(" " in part for part in parts[:2]):
        raise LocalProtocolError(f"{parts} is no first line of HTTP.")
    return b" ".join(part.encode("latin-1", "replace") for part in parts)


def _text(data: bytes) -> str:
    return data.decode("latin-1")  # what RFC 9112 2.2 wants to be read as bytes


def http_kind(data: memoryview) -> type[View] | None:
    """Return what a stream that begins with `data` is, or None if it is no HTTP/1."""
    head = bytes(data[:10])
    if head.startswith(RESPONSE):
        return HttpResponseView
    return HttpRequestView if head.startswith(METHODS) else None
