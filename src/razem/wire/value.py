"""A value: what we would send. It builds itself, and stacks with others by ``/``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NamedTuple, Self, TypeVar, cast

from razem.errors import LocalProtocolError
from razem.wire.fields import Placed
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ALONE", "Around", "Raw", "RawView", "Stack", "Value"]

V = TypeVar("V", bound=View)


class Around(NamedTuple):
    """What stands around a layer when it is built.

    Attributes:
        ends: source and destination for the pseudo header, where an IP carries the layer.
        above: the kind of the next layer, if there is one.
    """

    ends: bytes | None = None
    above: type[Value[Any]] | None = None


ALONE: Final = Around()


class Value(Generic[V]):
    """A layer of a packet that builds itself.

    Attributes that are None are filled in: lengths, checksums, and what says which format
    follows. Any of them may be given as they are, for packets that test others.
    """

    VIEW: ClassVar[type[View]]  # what reads it
    FILLED: ClassVar[tuple[str, ...]] = ()  # attributes that may be None; checksums last

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        if hasattr(cls, "VIEW"):
            cls.VIEW.VALUE = cls

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the header and then the payload; a format whose header is fixed needs no other.

        Args:
            payload: what the layers above have built.
            around: what stands above and below.

        Raises:
            LocalProtocolError: an attribute does not fit its field.
        """
        return bytes(self.header()) + payload

    def ends(self, ends: bytes | None) -> bytes | None:
        """Return the ends for the layers above, given those from below."""
        return ends

    def header(self, **filled: Any) -> bytearray:
        """Return the fixed header; `filled` stands for attributes that are None."""
        header = bytearray(self.VIEW.SIZE)
        for field in self.VIEW.FIELDS:
            if isinstance(field, Placed):
                value = getattr(self, field.name)
                field.put(header, filled.get(field.name) if value is None else value)
        return header

    def build(self) -> bytes:
        """Return the bytes of this layer alone, without a payload."""
        return self.assemble(b"", ALONE)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the value that the bytes begin with.

        Raises:
            FieldError: the header is not whole.
        """
        return cast("Self", cls.VIEW(data).value())

    def __truediv__(self, above: Value[Any] | Stack | bytes) -> Stack:
        return Stack((self,)) / above


class RawView(View):
    """Bytes that nobody takes apart."""

    NAME = "data"

    __slots__ = ()

    @property
    def data(self) -> bytes:
        """The bytes."""
        return bytes(self.buffer)

    @property
    def header_length(self) -> int:
        """All of them."""
        return len(self.buffer)

    def line(self) -> str:
        """Return how many there are."""
        return f"{len(self.buffer)} byte{'s' if len(self.buffer) != 1 else ''}"


@dataclass(frozen=True, slots=True)
class Raw(Value[RawView]):
    """Bytes as they are."""

    VIEW = RawView

    data: bytes = b""

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the bytes."""
        return self.data + payload


@dataclass(frozen=True, slots=True)
class Stack:
    """Layers one in another, the outermost first.

    >>> from razem.wire import Echo, Icmp
    >>> (Icmp() / Echo(identifier=1, sequence=2) / b"razem").build().hex(" ", -4)
    '08009e35 00010002 72617a65 6d'
    """

    layers: tuple[Value[Any], ...]
    trailer: bytes = b""  # what follows the end that the layers tell, such as Ethernet's padding

    def __truediv__(self, above: Value[Any] | Stack | bytes) -> Stack:
        if isinstance(above, Stack):
            return Stack(self.layers + above.layers, self.trailer + above.trailer)
        layer = above if isinstance(above, Value) else Raw(bytes(above))
        return Stack((*self.layers, layer), self.trailer)

    def __iter__(self) -> Iterator[Value[Any]]:
        return iter(self.layers)

    def __getitem__(self, kind: type[A]) -> A:
        for layer in self.layers:
            if isinstance(layer, kind):
                return layer
        raise LocalProtocolError(f"the packet has no {kind.__name__}.")

    def build(self) -> bytes:
        """Return the packet.

        Raises:
            LocalProtocolError: an attribute does not fit, or cannot be filled in.
        """
        ends: bytes | None = None
        around: list[bytes | None] = []
        for layer in self.layers:
            ends = layer.ends(ends)
            around.append(ends)
        built, above = b"", None
        for layer, outside in zip(reversed(self.layers), reversed(around), strict=True):
            built = layer.assemble(built, Around(outside, above))
            above = type(layer)
        return built + self.trailer


A = TypeVar("A", bound=Value[Any])
