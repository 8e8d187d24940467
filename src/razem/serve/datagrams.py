"""Small services over datagrams: one in, at most one out, and no harm to third parties.

Senders of datagrams can lie about who they are. So a service that answered with more than it got
could be pointed at a victim, and two services that answer each other would go on for ever.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from razem.errors import ClosedError, TruncatedError
from razem.sockets.handlers import report

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from razem.sockets.address import Address
    from razem.sockets.aio.datagram import Datagrams

__all__ = ["SMALL_PORTS", "Responder", "serve_datagrams"]

# RFC 862 to 868, and qotd: those that answer whatever comes; and 0, from which nobody sends.
SMALL_PORTS: Final = frozenset({0, 7, 9, 13, 17, 19, 37})


class Responder:
    """Decides what is answered.

    >>> from razem.sockets.address import Address
    >>> responder = Responder()
    >>> sender = Address("udp://localhost:40000")
    >>> responder.permits(b"hello", b"HELLO", sender), responder.permits(b"", b"a time", sender)
    (True, False)
    >>> responder.permits(b"hello", b"HELLO", Address("udp://localhost:echo"))
    False

    Args:
        amplify: whether an answer may be longer than its question.
        ports: of small services, besides the well-known ones, whose datagrams get no answer.

    Attributes:
        silent: datagrams that got no answer because it would have been too long.
    """

    def __init__(self, *, amplify: bool = False, ports: Collection[int] = ()) -> None:
        self.silent = 0
        self.ports = set(ports)
        self._amplify = amplify

    def listens(self, sender: Address | None) -> bool:
        """Whether somebody who sends from there is answered at all."""
        port = None if sender is None else sender.port
        return port is None or (port not in SMALL_PORTS and port not in self.ports)

    def permits(self, question: bytes, answer: bytes, sender: Address | None) -> bool:
        """Whether the answer may be given."""
        if not self.listens(sender):
            return False
        if self._amplify or len(answer) <= len(question):
            return True
        self.silent += 1
        return False


async def serve_datagrams(
    datagrams: Datagrams, reply: Callable[[bytes, Address | None], Any], responder: Responder
) -> None:
    """Answer what comes until it is closed, or the peer of a connected end has gone.

    Args:
        datagrams: bound, or the one end of a connection.
        reply: a function of the datagram and its sender, plain or async, that returns the answer
            or None. Its exceptions go to the log "razem".
        responder: what may be answered.
    """
    while True:
        sender = None
        try:
            data, sender = await datagrams.receive()
            await _answer(datagrams, data, sender, reply, responder)
        except ClosedError:
            return
        except TruncatedError as error:
            if error.needed is None and not error.got:  # the end of a connection
                return
            report(sender, error)
        except Exception as error:  # noqa: BLE001  one datagram must not end the service
            report(sender, error)


async def _answer(
    datagrams: Datagrams,
    data: bytes,
    sender: Address | None,
    reply: Callable[[bytes, Address | None], Any],
    responder: Responder,
) -> None:
    """Answer one, if it may be."""
    if not responder.listens(sender):
        return
    answer = reply(data, sender)
    if inspect.isawaitable(answer):
        answer = await answer
    # Without a name, and no connection either, there is nobody to answer.
    if answer is None or (sender is None and not _connected(datagrams)):
        return
    if responder.permits(data, answer, sender):
        await datagrams.send(answer, sender)


def _connected(datagrams: Datagrams) -> bool:
    """Whether it has one peer, who need not have a name."""
    local = datagrams.local
    return local is None or local.scheme == "unix+seqpacket"
