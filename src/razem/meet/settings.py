"""What one may choose about meeting by a code; it reaches the ends by a context variable.

An address says whom to meet, not how; and `connect` and `listen`, which know nothing of this room,
have no argument for it. So it is said around them::

    with razem.meet.meeting(via=Via(Address("tls://hub.example:6697")), tell=print):
        stream = razem.connect("code:7-guitar-ocean")
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

from razem.sockets.lasting.settings import Lasting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from razem.sockets.address import Address

__all__ = ["Meeting", "Via", "current", "meeting"]


class Via(NamedTuple):
    """A hub by which two may meet. It sees ciphertext only.

    Attributes:
        address: of its port, by tls.
        password: that lets us in, as ``invite:TOKEN`` or the hub's password; "" for none.
        fingerprint: of its certificate. "": any: a false hub could join nobody, and no more.
    """

    address: Address
    password: str = ""
    fingerprint: str = ""


class Meeting(NamedTuple):
    """How to meet.

    Attributes:
        via: a hub for when there is no other way; None for none.
        local: whether to look on the local network.
        direct: whether to connect directly; without it the other end does not learn our address,
            and only a hub is left.
        tell: is told, in words, which way was taken and why not a better one.
        expires: seconds that a new code is good for.
        lasting: how long the streams survive a cut network.
    """

    via: Via | None = None
    local: bool = True
    direct: bool = True
    tell: Callable[[str], object] = lambda _: None
    expires: float = 600.0
    lasting: Lasting = Lasting()


_current: ContextVar[Meeting | None] = ContextVar("razem_meeting", default=None)


def current() -> Meeting:
    """Return what holds here."""
    return _current.get() or Meeting()


@contextmanager
def meeting(  # noqa: PLR0913  each by name
    *,
    via: Via | None = None,
    local: bool = True,
    direct: bool = True,
    tell: Callable[[str], object] = lambda _: None,
    expires: float = 600.0,
    lasting: Lasting = Lasting(),  # noqa: B008  a value
) -> Iterator[None]:
    """Let all that connects or listens inside, by this thread or task, meet in this way.

    Arguments are the attributes of `Meeting`.
    """
    token = _current.set(Meeting(via, local and direct, direct, tell, expires, lasting))
    try:
        yield
    finally:
        _current.reset(token)
