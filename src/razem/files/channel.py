"""Messages and bytes of files over a blocking stream."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from razem.errors import ConfigError, RemoteProtocolError, TruncatedError
from razem.files.frames import Frames
from razem.files.messages import (
    FEATURES,
    PROTOCOL,
    VERSION,
    Hello,
    Stop,
    Welcome,
    decode_greeting,
    encode,
)
from razem.sockets.records import encode_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.files.frames import Arrived
    from razem.sockets.stream import Stream

__all__ = ["Channel"]

_SLICE: Final = 65536  # bytes that go at once where a rate is kept
_GREETING_SECONDS: Final = 30.0


class Channel:
    """One end of a line that the copy protocol is spoken on.

    Args:
        stream: it belongs to the channel from now on.
        rate: bytes a second at the most, in each direction; 0: as they come.

    Attributes:
        features: that both ends know, once they have greeted each other.
    """

    def __init__(self, stream: Stream, *, rate: float = 0.0) -> None:
        self.stream = stream
        self.features: tuple[str, ...] = FEATURES
        self.frames = Frames()
        self._rate = rate
        self._due = 0.0

    def send(self, payload: bytes) -> None:
        """Send a message."""
        self.stream.send(encode_record(payload))

    def send_body(self, payload: bytes, body: bytes | memoryview) -> None:
        """Send a message and the bytes that follow it."""
        head = encode_record(payload)
        if not self._rate:
            if len(body) <= _SLICE:
                self.stream.send(b"".join((head, body)))
            else:
                self.stream.send(head)
                self.stream.send(body)
            return
        self.stream.send(head)
        for at in range(0, len(body), _SLICE):
            piece = body[at : at + _SLICE]
            self._pace(len(piece))
            self.stream.send(piece)

    def arrivals(self) -> Iterator[Arrived]:
        """Yield messages as they come, until the end.

        Raises:
            TruncatedError: the end came in the middle of a message.
        """
        frames = self.frames
        while True:
            while (arrived := frames.take()) is not None:
                yield arrived
            if not self._read():
                frames.end()
                return

    def _read(self) -> int:
        room = self.frames.room()
        count = self.stream.receive_into(room[:_SLICE] if self._rate else room)
        self.frames.filled(count)
        if self._rate:
            self._pace(count)
        return count

    def _pace(self, count: int) -> None:
        """Wait until so many bytes more are due."""
        now = time.monotonic()
        self._due = max(self._due, now - 0.1) + count / self._rate
        if self._due > now:
            time.sleep(self._due - now)

    def stop(self, why: str) -> None:
        """Tell the other end that this one gives up."""
        self.send(encode(Stop(why)))

    # -- greetings -------------------------------------------------------------------------------

    def greet(self, hello: Hello) -> Welcome:
        """Say hello as who connected, and return the answer, which is no refusal.

        Raises:
            ConfigError: the other end refuses; `message` says why.
            RemoteProtocolError: it speaks something else.
        """
        hello.protocol, hello.versions, hello.features = PROTOCOL, (VERSION,), FEATURES
        self.send(encode(hello))
        welcome = self._greeting(Welcome)
        if not isinstance(welcome, Welcome) or not welcome.version:
            raise refusal(welcome)
        self.features = welcome.features
        return welcome

    def read_hello(self) -> Hello:
        """Read what who connected says first, as the other end.

        Raises:
            RemoteProtocolError: it speaks something else, or no version that is known here. It
                has been told.
        """
        hello = self._greeting(Hello)
        if not isinstance(hello, Hello) or hello.protocol != PROTOCOL:
            raise RemoteProtocolError("who connected does not speak the copy protocol.")
        if VERSION not in hello.versions:
            known = ", ".join(map(str, hello.versions)) or "none"
            why = f"this end speaks version {VERSION} of the copy protocol, and you {known}"
            self.refuse("version", why)
            raise RemoteProtocolError(f"{why}.", advice="Update the older one.")
        return hello

    def welcome(self, hello: Hello) -> None:
        """Agree to what was asked."""
        self.features = tuple(each for each in FEATURES if each in hello.features)
        self.send(encode(Welcome(VERSION, self.features)))

    def refuse(self, code: str, why: str) -> None:
        """Refuse what was asked, and say why."""
        self.send(encode(Welcome(0, (), code, why)))

    def _greeting(self, kind: type[Hello | Welcome]) -> Hello | Welcome:
        patience = self.stream.timeout
        self.stream.timeout = _GREETING_SECONDS
        try:
            while (payload := self.frames.take_payload()) is None:
                if not self._read():
                    raise TruncatedError(
                        "the other end closed the connection instead of greeting.", stage="read"
                    )
        finally:
            self.stream.timeout = patience
        return decode_greeting(payload, kind)


def refusal(welcome: Hello | Welcome) -> ConfigError:
    """Return the error of having been refused."""
    why = welcome.why if isinstance(welcome, Welcome) else ""
    return ConfigError(
        f"the other end refuses: {(why or 'it does not say why').rstrip('.')}.", stage="read"
    )
