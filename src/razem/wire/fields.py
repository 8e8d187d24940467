"""Fields of a header, declared once: read in place from a view, written from a value.

A field is a descriptor on a view. The order in which a view declares its fields is the order in
which they are shown.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast, overload

from razem.errors import LocalProtocolError
from razem.wire.mac import MacAddress
from razem.wire.problems import FieldError, MissingFieldError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from razem.wire.view import View

__all__ = [
    "Converted",
    "Derived",
    "Field",
    "Flag",
    "Items",
    "Number",
    "Placed",
    "ipv4",
    "ipv6",
    "mac",
    "raw",
]

T = TypeVar("T")
V_contra = TypeVar("V_contra", bound="View", contravariant=True)


class Named(Protocol):
    """Tells the name of a number, or "" if it has none."""

    def __call__(self, number: int, /) -> str: ...


class Field(ABC, Generic[T]):
    """What a view reads, and how.

    Attributes:
        name: as an attribute of the view.
        layer: the name of the view's format.
        offset: in bytes from the beginning of the header; None where that varies.
        size: in bytes; None where that varies.
    """

    offset: int | None = None
    size: int | None = None
    name = ""
    layer = ""

    def __set_name__(self, owner: type[View], name: str) -> None:
        self.name = name
        self.layer = owner.NAME

    @overload
    def __get__(self, view: None, owner: type[View]) -> Field[T]: ...
    @overload
    def __get__(self, view: View, owner: type[View]) -> T: ...
    def __get__(self, view: View | None, owner: type[View]) -> T | Field[T]:
        return self if view is None else self.read(view)

    def __set__(self, view: View, value: T) -> None:
        raise AttributeError(f"{self.name} is read in place; build a value to change it")

    @abstractmethod
    def read(self, view: View) -> T:
        """Return what stands there.

        Raises:
            MissingFieldError: the packet ends before.
        """

    def problem(self, view: View) -> Problem | None:
        """Return why the field cannot be read, or None when it can."""
        try:
            self.read(view)
        except FieldError as error:
            return error.problem
        return None

    def text(self, value: T) -> str:
        """Return the value for people."""
        return show(value)

    def refuse(self, value: object, wanted: str) -> LocalProtocolError:
        """Return the error for a value that does not fit."""
        return LocalProtocolError(f"{self.name} of {self.layer} is {wanted}, not {value!r}.")


class Placed(Field[T]):
    """A field with its own place, to which values write it."""

    def __init__(self, offset: int, size: int) -> None:
        self.offset: int = offset
        self.size: int = size

    @abstractmethod
    def put(self, header: bytearray, value: T) -> None:
        """Write the value to its place in a header.

        Raises:
            LocalProtocolError: it does not fit.
        """

    def taken(self, view: View) -> memoryview:
        """Return the bytes of the field, in place."""
        found = view.buffer[self.offset : self.offset + self.size]
        if len(found) != self.size:
            message = f"needs {self.size} bytes, and {len(found)} are there"
            problem = Problem(self.layer, self.name, view.start + self.offset, message)
            raise MissingFieldError(problem, self.size, len(found))
        return found


class Number(Placed[int]):
    """A number, big-endian, of whole bytes or of some bits of them.

    Args:
        offset: bytes from the beginning of the header.
        size: bytes in which it stands.
        shift: how many bits stand below it in these bytes.
        width: how many bits it has; all that are left if None.
        scale: what one stands for: the number read is multiplied by it.
        names: tells the names of numbers, for people.
        base: 16 to show it so.
    """

    def __init__(  # noqa: PLR0913  each by name
        self,
        offset: int,
        size: int,
        *,
        shift: int = 0,
        width: int | None = None,
        scale: int = 1,
        names: Named | Mapping[int, str] | None = None,
        base: int = 10,
    ) -> None:
        super().__init__(offset, size)
        self.shift = shift
        self.width = 8 * size - shift if width is None else width
        self.scale = scale
        self.base = base
        self._mask = (1 << self.width) - 1
        self._names = names

    @property
    def greatest(self) -> int:
        """The greatest number that fits."""
        return self._mask * self.scale

    def read(self, view: View) -> int:
        """Return the number."""
        number = int.from_bytes(self.taken(view), "big")
        return (number >> self.shift & self._mask) * self.scale

    def put(self, header: bytearray, value: int) -> None:
        """Write it, and leave the bits beside it as they are."""
        units, rest = divmod(value, self.scale)
        if rest or not 0 <= units <= self._mask:
            steps = f" in steps of {self.scale}" if self.scale > 1 else ""
            raise self.refuse(value, f"0 to {self.greatest}{steps}")
        place = slice(self.offset, self.offset + self.size)
        before = int.from_bytes(header[place], "big")
        header[place] = (before | units << self.shift).to_bytes(self.size, "big")

    def text(self, value: int) -> str:
        """Return the number, with its name where it has one."""
        digits = f"0x{value:0{self.size * 2}x}" if self.base == 16 else str(value)
        name = self._name(value)
        return f"{digits} ({name})" if name else digits

    def _name(self, value: int) -> str:
        if self._names is None:
            return ""
        return self._names(value) if callable(self._names) else self._names.get(value, "")


class Flag(Placed[bool]):
    """One bit. `bit` counts from the lowest of the bytes."""

    def __init__(self, offset: int, bit: int, size: int = 1) -> None:
        super().__init__(offset, size)
        self.bit = bit

    def read(self, view: View) -> bool:
        """Return whether it is set."""
        return bool(int.from_bytes(self.taken(view), "big") >> self.bit & 1)

    def put(self, header: bytearray, value: bool) -> None:  # noqa: FBT001  what the bit is
        """Set it, if wanted."""
        if value:
            header[self.offset + self.size - 1 - self.bit // 8] |= 1 << self.bit % 8


class Converted(Placed[T]):
    """Bytes that mean something: an address, flags."""

    def __init__(
        self,
        offset: int,
        size: int,
        load: Callable[[bytes], T],
        dump: Callable[[T], bytes],
    ) -> None:
        super().__init__(offset, size)
        self._load = load
        self._dump = dump

    def read(self, view: View) -> T:
        """Return what the bytes mean."""
        return self._load(bytes(self.taken(view)))

    def put(self, header: bytearray, value: T) -> None:
        """Write the bytes."""
        try:
            packed = self._dump(value)
        except (AttributeError, TypeError):
            raise self.refuse(value, "of another type") from None
        if len(packed) != self.size:
            raise self.refuse(value, f"{self.size} bytes long")
        place = slice(self.offset, self.offset + self.size)
        before = int.from_bytes(header[place], "big")
        header[place] = (before | int.from_bytes(packed, "big")).to_bytes(self.size, "big")


class Derived(Field[T], Generic[V_contra, T]):
    """What follows from other fields; shown where it is not None.

    Used as a decorator, like `property`.
    """

    def __init__(self, function: Callable[[V_contra], T]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def read(self, view: View) -> T:
        """Return what follows."""
        return self._function(cast("V_contra", view))  # the view that it is declared on


class Items(Field[tuple[T, ...]], Generic[V_contra, T]):
    """Several things one after another, such as options: those that can be read.

    Used as a decorator of a generator, which raises `FieldError` at the first that it cannot read.
    """

    def __init__(self, function: Callable[[V_contra], Iterator[T]]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def read(self, view: View) -> tuple[T, ...]:
        """Return all that can be read."""
        return self._gather(view)[0]

    def problem(self, view: View) -> Problem | None:
        """Return why there are not more of them, or None when they are all there."""
        return self._gather(view)[1]

    def _gather(self, view: View) -> tuple[tuple[T, ...], Problem | None]:
        found = []
        try:
            for item in self._function(cast("V_contra", view)):
                found.append(item)  # noqa: PERF402  what came before an error is kept
        except FieldError as error:
            return tuple(found), error.problem
        return tuple(found), None


def ipv4(offset: int) -> Converted[IPv4Address]:
    """Return a field for an IPv4 address."""
    return Converted(offset, 4, IPv4Address, _packed)


def ipv6(offset: int) -> Converted[IPv6Address]:
    """Return a field for an IPv6 address."""
    return Converted(offset, 16, IPv6Address, _packed)


def mac(offset: int) -> Converted[MacAddress]:
    """Return a field for an Ethernet address."""
    return Converted(offset, 6, MacAddress, _packed)


def raw(offset: int, size: int) -> Converted[bytes]:
    """Return a field for bytes that are left as they are."""
    return Converted(offset, size, bytes, bytes)


def _packed(address: Any) -> bytes:
    packed: bytes = address.packed
    return packed


def show(value: object) -> str:
    """Return any value of a field for people."""
    if isinstance(value, bytes):
        return f"{value[:32].hex()}{'…' if len(value) > 32 else ''}" or "(nothing)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return ", ".join(show(item) for item in value) or "(none)"
    return str(value)
