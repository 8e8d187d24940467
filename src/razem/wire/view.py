"""A view: any field of any buffer read in place, without judgement (as smoltcp does it)."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from razem.errors import LocalProtocolError
from razem.wire.fields import Derived, Field, Items
from razem.wire.problems import FieldError, MissingFieldError, Problem

if TYPE_CHECKING:
    from collections.abc import Buffer, Iterator  # type: ignore[attr-defined,unused-ignore]

    from razem.wire.value import Value

__all__ = ["View"]


class View:
    """One layer of a packet, read in place.

    Nothing is checked when a view is made, and nothing is copied. Reading a field that the
    packet is too short for raises `MissingFieldError`; whatever else is strange is told by
    `problems` alone.

    Args:
        buffer: the layer from its first byte; it may go on after the layer's end.
        start: where that is in the packet.
        below: the layer that carries this one, if there is one.
    """

    NAME: ClassVar[str] = ""
    SIZE: ClassVar[int] = 0  # bytes of the header that are always there
    FIELDS: ClassVar[tuple[Field[Any], ...]] = ()
    VALUE: ClassVar[type[Value[Any]]]  # what builds it; set by the value itself

    __slots__ = ("below", "buffer", "start")

    def __init_subclass__(cls) -> None:
        cls.FIELDS += tuple(field for field in vars(cls).values() if isinstance(field, Field))

    def __init__(self, buffer: Buffer, start: int = 0, below: View | None = None) -> None:
        self.buffer = memoryview(buffer).cast("B")
        self.start = start
        self.below = below

    @property
    def header_length(self) -> int:
        """How many bytes the header has, by its own account."""
        return self.SIZE

    @property
    def extent(self) -> int:
        """How many bytes the layer has with its payload, by its own account, and at most all."""
        return len(self.buffer)

    @property
    def payload(self) -> memoryview:
        """What the layer carries, in place."""
        extent = self.extent
        return self.buffer[min(self.header_length, extent) : extent]

    def next_kind(self) -> type[View] | None:
        """Return the format of the payload, None if that is unknown or just data."""
        return None

    def ends(self) -> bytes | None:
        """Return source and destination of the pseudo header; None where there is no IP."""
        return self.below.ends() if self.below else None

    @property
    def whole(self) -> bool:
        """Whether all of the packet around it is here: no fragment, and not cut off."""
        return self.below is None or self.below.whole

    def judge(self) -> Iterator[Problem]:
        """Tell what is strange, when the fixed header is whole."""
        yield from ()

    def problems(self) -> Iterator[Problem]:
        """Tell all that is wrong, except for checksums, which are looked at on demand only."""
        for field in self.FIELDS:
            problem = field.problem(self)
            if problem:
                yield problem
                if field.offset is not None:  # what follows is missing as well
                    return
        yield from self.judge()

    @property
    def checksum_ok(self) -> bool | None:
        """Whether the checksum is right; None where there is none, or not all that it covers."""
        return None

    def line(self) -> str:
        """Return the layer in a few words.

        Raises:
            FieldError: something for it is missing.
        """
        return self.NAME

    def value(
        self, payload: bytes | None = None, above: type[Value[Any]] | None = None
    ) -> Value[Any]:
        """Return the value that builds this header; what building fills in the same, is None.

        Args:
            payload: what it carries, where that is not all of its own `payload`.
            above: as what that is built, where not as the next kind.

        Raises:
            FieldError: the header is not whole.
        """
        from razem.wire.value import Around  # noqa: PLC0415  a value knows its view, too

        kind: Any = self.VALUE
        facts = self.attributes()
        value: Value[Any] = kind(**facts)
        payload = bytes(self.payload) if payload is None else payload
        following = self.next_kind()
        around = Around(self.ends(), above or (following.VALUE if following else None))
        for name in kind.FILLED:
            lighter = replace(cast("Any", value), **{name: None})
            try:
                built = lighter.assemble(payload, around)
            except LocalProtocolError:
                continue
            if getattr(type(self)(built, below=self.below), name) == facts[name]:
                value = lighter
        return value

    def attributes(self) -> dict[str, Any]:
        """Return what the value needs, all as it stands.

        Raises:
            FieldError: some of it cannot be read.
        """
        kind: Any = self.VALUE
        attributes = {}
        for name in [field.name for field in fields(kind)]:
            field = getattr(type(self), name)
            if isinstance(field, Items):
                problem = field.problem(self)
                if problem:  # a part of them would not do
                    raise FieldError(problem)
            attributes[name] = getattr(self, name)
        return attributes

    def demand_header(self, field: str) -> None:
        """Refuse what stands at the end of the header, when not all of that is there.

        Raises:
            MissingFieldError: it is cut off.
        """
        there, wanted = len(self.buffer), self.header_length
        if there < wanted:
            problem = Problem(self.NAME, field, self.start + there, "is cut off")
            raise MissingFieldError(problem, wanted, there)

    def facts(self) -> dict[str, object]:
        """Return every field that can be read, by name, as it is; those that are None left out."""
        found: dict[str, object] = {}
        for field in self.FIELDS:
            try:
                value = field.read(self)
            except FieldError:
                continue
            if value is not None or not isinstance(field, Derived):
                found[field.name] = value
        return found

    def problem(self, field: str, message: str) -> Problem:
        """Return a problem with a field of this layer."""
        offset = vars(type(self))[field].offset or 0
        return Problem(self.NAME, field, self.start + offset, message)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.facts().items())
        return f"{type(self).__name__}({shown})"

    def __bytes__(self) -> bytes:
        return bytes(self.buffer)
