"""IRC over WebSocket: one line a message, without its CR LF (IRCv3 websocket, RFC 6455).

aiohttp shakes hands, takes the messages apart and answers PING and close; what the hub says is
framed here, so that it goes out as elsewhere: in one write a turn of the loop.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from aiohttp import WSCloseCode, WSMsgType, web

from razem.hub.frames import BINARY, TEXT, frames

if TYPE_CHECKING:
    from razem.hub.process import HubProcess
    from razem.talk.origin import Origin
    from razem.talk.session import Session

__all__ = ["SUBPROTOCOLS", "serve_websocket"]

# Kind of message by subprotocol; the client says which it likes best.
SUBPROTOCOLS: Final = {"text.ircv3.net": TEXT, "binary.ircv3.net": BINARY}

_MAX_MESSAGE: Final = 16 * 1024  # bytes: more than a line may have, so that IRC itself refuses it
_CLOSE_SECONDS: Final = 2.0  # for the client to answer our close


async def serve_websocket(
    process: HubProcess, request: web.BaseRequest, origin: Origin
) -> web.StreamResponse:
    """Shake hands, and carry lines until one side closes; return what was answered."""
    response = web.WebSocketResponse(
        protocols=SUBPROTOCOLS,
        compress=False,  # CRIME and the like; and what many hear could not be shared
        max_msg_size=_MAX_MESSAGE,
        timeout=_CLOSE_SECONDS,
    )
    try:
        await response.prepare(request)
    except web.HTTPBadRequest as error:
        return web.Response(status=400, text=f"400 {error.text}\n")
    transport = request.transport
    if transport is None:  # it is gone already
        return response
    connection = WebSocketConnection(process, response, transport, origin)
    try:
        await connection.read()
    finally:
        connection.lost()
    return response


class WebSocketConnection:
    """Carries lines between a WebSocket and its session."""

    def __init__(
        self,
        process: HubProcess,
        response: web.WebSocketResponse,
        transport: asyncio.Transport,
        origin: Origin,
    ) -> None:
        self._process: Final = process
        self._response: Final = response
        # Without a subprotocol either kind is taken, and the client's first tells ours.
        self._kind: int | None = SUBPROTOCOLS.get(response.ws_protocol or "")
        self._worked: asyncio.Future[None] | None = None
        self.transport: Final = _Frames(response, transport, self._kind or TEXT)
        self.session: Final[Session] = process.opened(self, origin)

    async def read(self) -> None:
        """Hand messages to the session, to the end of the connection."""
        try:
            await self._read()
        except asyncio.CancelledError:
            if not self.transport.is_asked_to_close():
                raise
            code = WSCloseCode.GOING_AWAY if self._process.stopping else WSCloseCode.OK
            # Reads on until the client agrees: else its system could forget our last words.
            await self._response.close(code=code, drain=False)

    async def _read(self) -> None:
        process, session = self._process, self.session
        while True:
            message = await self._response.receive()
            if message.type is WSMsgType.TEXT:
                line, kind = message.data.encode(), TEXT
            elif message.type is WSMsgType.BINARY:
                line, kind = message.data, BINARY
            else:
                return
            if self._kind is None:
                self._kind = self.transport.opcode = kind
            if kind != self._kind:
                await self._refuse(WSCloseCode.UNSUPPORTED_DATA, "wrong kind of message")
                return
            line = line.removesuffix(b"\n").removesuffix(b"\r")  # they "MUST NOT" be there
            if b"\n" in line or b"\r" in line:
                await self._refuse(WSCloseCode.POLICY_VIOLATION, "one line a message")
                return
            process.traffic.received += len(line)
            session.receive(line + b"\r\n", process.now())
            process.schedule()
            if session.full:
                await self._wait_for_session()

    async def _refuse(self, code: int, reason: str) -> None:
        """Close, because the client does not keep to the rules."""
        self.session.closing = self.session.closing or f"WebSocket: {reason}"
        await self._response.close(code=code, message=reason.encode())

    async def _wait_for_session(self) -> None:
        """Read no more until the session has worked; the client's system holds it back then."""
        self._worked = asyncio.get_running_loop().create_future()
        self._process.paused.add(self)
        await self._worked

    def resume_if_worked(self) -> bool:
        """Read on when the session is not full any more; true when it does."""
        if self._worked is None or self.session.full:
            return self._worked is None
        if not self._worked.done():
            self._worked.set_result(None)
        self._worked = None
        return True

    def close(self) -> None:
        """Close as WebSockets do; the client has a moment to agree."""
        self.transport.close()

    def lost(self) -> None:
        """Let the session end."""
        ended = self._response.close_code not in {None, WSCloseCode.ABNORMAL_CLOSURE}
        self._process.closed(self, "Connection closed" if ended else "Connection lost")


class _Frames:
    """Where the hub writes lines that are to go out as messages."""

    def __init__(
        self, response: web.WebSocketResponse, transport: asyncio.Transport, opcode: int
    ) -> None:
        self.opcode = opcode
        self._response: Final = response
        self._transport: Final = transport
        self._reader: Final = asyncio.current_task()
        self._closing = False

    def write(self, data: bytes) -> None:
        """Send lines, one a message."""
        # Of asyncio's own, a transport that is closed twice takes no call any more.
        gone = self._transport.is_closing()
        if not gone and not self._response.closed and not self._closing:
            self._transport.write(frames(data, self.opcode))

    def get_write_buffer_size(self) -> int:
        """Return how many bytes the client has not taken yet."""
        return 0 if self._transport.is_closing() else self._transport.get_write_buffer_size()

    def close(self) -> None:
        """Close as WebSockets do; the client has a moment to agree.

        By the task that reads: aiohttp closes without that moment while another one reads.
        """
        if not self._closing and self._reader is not None:
            self._closing = True
            self._reader.cancel()

    def is_asked_to_close(self) -> bool:
        """Tell whether it was `close` that cancelled the task that reads, and nothing else."""
        return self._closing and self._reader is not None and self._reader.uncancel() == 0

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()
