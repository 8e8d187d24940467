"""DNS messages (RFC 1035; EDNS of RFC 6891, whose record is OPT), over UDP and TCP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from razem.errors import LocalProtocolError
from razem.wire.cursor import Cursor
from razem.wire.dns_data import TYPES, build_data, read_data
from razem.wire.dns_names import NameReader, NameWriter
from razem.wire.fields import Flag, Items, Number, show
from razem.wire.problems import FieldError, Problem
from razem.wire.registry import UDP_PORTS
from razem.wire.value import Around, Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Dns", "DnsOverTcp", "DnsOverTcpView", "DnsQuestion", "DnsRecord", "DnsView"]

CLASSES: Final = {1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY"}
OPCODES: Final = {0: "query", 1: "inverse query", 2: "status", 4: "notify", 5: "update"}
RCODES: Final = {  # IANA DNS RCODEs
    0: "no error",
    1: "format error",
    2: "server failure",
    3: "no such name",
    4: "not implemented",
    5: "refused",
    6: "name exists",
    9: "not authorised",
}
OPT: Final = 41
PORTS: Final = (53, 5353, 5355)


@dataclass(frozen=True, slots=True)
class DnsQuestion:
    """What is asked for (RFC 1035 4.1.2)."""

    name: str
    type: int = 1
    class_: int = 1

    def __str__(self) -> str:
        return f"{TYPES.get(self.type, f'TYPE{self.type}')} {self.name}"


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """One record (RFC 1035 4.1.3). What `data` is, depends on the type: see `razem.wire.dns_data`.

    Of OPT (41, RFC 6891 6.1.2), `class_` is the size of UDP messages that the sender can take,
    `ttl` has the flags, and `data` the options.
    """

    name: str
    type: int
    data: Any
    ttl: int = 0
    class_: int = 1

    def __str__(self) -> str:
        kind = TYPES.get(self.type, f"TYPE{self.type}")
        if self.type == OPT:
            return f"OPT up to {self.class_} bytes"
        parts = self.data if isinstance(self.data, tuple) else (self.data,)
        return f"{self.name} {kind} {' '.join(map(_readable, parts))}"


class DnsView(View):
    """A DNS message read in place."""

    NAME = "DNS"
    SIZE = 12

    __slots__ = ()

    identifier = Number(0, 2)
    response = Flag(2, 7)
    opcode = Number(2, 1, shift=3, width=4, names=OPCODES)
    authoritative = Flag(2, 2)
    truncated = Flag(2, 1)
    recursion_desired = Flag(2, 0)
    recursion_available = Flag(3, 7)
    reserved = Flag(3, 6)
    authentic_data = Flag(3, 5)
    checking_disabled = Flag(3, 4)
    rcode = Number(3, 1, width=4, names=RCODES)
    question_count = Number(4, 2)
    answer_count = Number(6, 2)
    authority_count = Number(8, 2)
    additional_count = Number(10, 2)

    @Items
    def questions(self) -> Iterator[DnsQuestion]:
        """The questions, as many as can be read."""
        return (item for item in self._walk(0) if isinstance(item, DnsQuestion))

    @Items
    def answers(self) -> Iterator[DnsRecord]:
        """The answers, as many as can be read."""
        return (item for item in self._walk(1) if isinstance(item, DnsRecord))

    @Items
    def authorities(self) -> Iterator[DnsRecord]:
        """The records of who is responsible, as many as can be read."""
        return (item for item in self._walk(2) if isinstance(item, DnsRecord))

    @Items
    def additionals(self) -> Iterator[DnsRecord]:
        """What is told besides, as many records as can be read."""
        return (item for item in self._walk(3) if isinstance(item, DnsRecord))

    @property
    def header_length(self) -> int:
        """All of the message that can be read."""
        cursor = Cursor(self.buffer, self.NAME, self.start, place=self.SIZE)
        try:
            for _ in self._walk(3, cursor):
                pass
        except FieldError:
            return len(self.buffer)
        return cursor.place

    def _walk(self, wanted: int, cursor: Cursor | None = None) -> Iterator[DnsQuestion | DnsRecord]:
        """Give the items of a section, counted from 0.

        Raises:
            FieldError: one of it cannot be read; one before it ends the walk without an error.
        """
        cursor = cursor or Cursor(self.buffer, self.NAME, self.start, place=self.SIZE)
        counts = self.question_count, self.answer_count, self.authority_count, self.additional_count
        names = NameReader()
        for section, count in enumerate(counts[: wanted + 1]):
            cursor.field = ("questions", "answers", "authorities", "additionals")[section]
            broken: FieldError | None = None
            try:
                for _ in range(count):
                    if section == 0:
                        item: DnsQuestion | DnsRecord = _question(cursor, names)
                    else:
                        item, error = _record(cursor, names)
                        broken = broken or error
                    if section == wanted:
                        yield item
                if broken and section == wanted:
                    raise broken
            except FieldError:
                if section == wanted:
                    raise
                return

    def line(self) -> str:
        """Return the questions, and what came of them."""
        asked = ", ".join(map(str, self.questions))
        if not self.response:
            return f"DNS {self.identifier} {asked}?"
        said = RCODES.get(self.rcode, str(self.rcode)) if self.rcode else ""
        answers = "; ".join(map(str, self.answers[:4]))
        return f"DNS {self.identifier} {asked}: {said or answers or 'nothing'}"


@dataclass(frozen=True, slots=True)
class Dns(Value[DnsView]):
    """A DNS message: the counts are filled in, and names are compressed."""

    VIEW = DnsView
    FILLED = ("question_count", "answer_count", "authority_count", "additional_count")

    identifier: int = 0
    questions: tuple[DnsQuestion, ...] = ()
    answers: tuple[DnsRecord, ...] = ()
    authorities: tuple[DnsRecord, ...] = ()
    additionals: tuple[DnsRecord, ...] = ()
    response: bool = False
    opcode: int = 0
    authoritative: bool = False
    truncated: bool = False
    recursion_desired: bool = True
    recursion_available: bool = False
    reserved: bool = False
    authentic_data: bool = False
    checking_disabled: bool = False
    rcode: int = 0
    question_count: int | None = None
    answer_count: int | None = None
    authority_count: int | None = None
    additional_count: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the message, and what follows."""
        built = self.header(
            question_count=len(self.questions),
            answer_count=len(self.answers),
            authority_count=len(self.authorities),
            additional_count=len(self.additionals),
        )
        names = NameWriter()
        for question in self.questions:
            built += names.write(question.name, len(built))
            built += _two(question.type) + _two(question.class_)
        for record in (*self.answers, *self.authorities, *self.additionals):
            built += names.write(record.name, len(built)) + _two(record.type) + _two(record.class_)
            if not 0 <= record.ttl < 1 << 32:
                raise LocalProtocolError(f"a TTL of DNS is 0 to {(1 << 32) - 1}, not {record.ttl}.")
            built += record.ttl.to_bytes(4, "big")
            data = build_data(record.type, record.data, len(built) + 2, names)
            built += _two(len(data)) + data
        return bytes(built) + payload


class DnsOverTcpView(View):
    """The length before a DNS message in a stream, read in place (RFC 1035 4.2.2)."""

    NAME = "DNS length"
    SIZE = 2

    __slots__ = ()

    length = Number(0, 2)

    def next_kind(self) -> type[View] | None:
        """Return DNS, where the whole message is in this segment."""
        return DnsView if self.length <= len(self.buffer) - self.SIZE else None

    def judge(self) -> Iterator[Problem]:
        """Tell when the message goes on in later segments."""
        there = len(self.buffer) - self.SIZE
        if self.length > there:
            yield self.problem("length", f"is {self.length}, {there} are in this segment")

    def line(self) -> str:
        """Return the length."""
        return f"{self.length} bytes"


@dataclass(frozen=True, slots=True)
class DnsOverTcp(Value[DnsOverTcpView]):
    """The length before a DNS message in a stream; it is filled in."""

    VIEW = DnsOverTcpView
    FILLED = ("length",)

    length: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the length and the message."""
        return bytes(self.header(length=len(payload))) + payload


def _question(cursor: Cursor, names: NameReader) -> DnsQuestion:
    return DnsQuestion(names.read(cursor), cursor.number(2), cursor.number(2))


def _record(cursor: Cursor, names: NameReader) -> tuple[DnsRecord, FieldError | None]:
    """Return a record; what it holds as bytes, and why, where that cannot be read."""
    name, kind, class_ = names.read(cursor), cursor.number(2), cursor.number(2)
    ttl, length = cursor.number(4), cursor.number(2)
    inner = cursor.within(length)
    place = inner.place
    try:
        return DnsRecord(name, kind, read_data(kind, inner, names), ttl, class_), None
    except FieldError as error:
        data = bytes(cursor.buffer[place : place + length])
        return DnsRecord(name, kind, data, ttl, class_), error


def _two(number: int) -> bytes:
    if not 0 <= number < 1 << 16:
        raise LocalProtocolError(f"a number of DNS is 0 to 65535, not {number}.")
    return number.to_bytes(2, "big")


def _readable(part: object) -> str:
    return repr(part.decode("utf-8", "replace")) if isinstance(part, bytes) else show(part)


UDP_PORTS.add(DnsView, *PORTS)
