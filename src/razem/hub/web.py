"""HTTP of the hub: its page, its health, its figures, and the way to IRC over WebSocket."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from razem.hub.logs import log_event
from razem.hub.masked import OnlyMasked
from razem.hub.metrics import CONTENT_TYPE, exposition
from razem.hub.page_files import INDEX, SECURITY_HEADERS, PageFile, fill, page_files
from razem.hub.report import health, samples
from razem.hub.web_origin import host_name, is_host, is_own_name, may_speak
from razem.hub.websocket import serve_websocket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp.http_websocket import WebSocketReader

    from razem.hub.places import Place
    from razem.hub.process import HubProcess
    from razem.hub.refusals import Refusals
    from razem.hub.site import Site
    from razem.talk.origin import Origin

    Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

__all__ = ["HttpConnection", "Web"]

_IDLE_SECONDS: Final = 15.0  # for a request to come whole, and between two
_ANSWER_SECONDS: Final = 60.0  # for an answer to be taken
_SWEEP_SECONDS: Final = 2.0
_LINGER_SECONDS: Final = 1.0  # for the rest of a body that nobody reads
_STOP_SECONDS: Final = 1.0


class Web:
    """Serves HTTP on connections that are handed to it.

    Args:
        process: the hub.
        site: what is told of it.
        refusals: shown with the figures.
    """

    def __init__(self, process: HubProcess, site: Site, refusals: Refusals) -> None:
        self.site = site
        self._process: Final = process
        self._refusals: Final = refusals
        self._loop: Final = asyncio.get_running_loop()
        self._files: Final = page_files()
        self._index_file: Final = self._files.pop(INDEX)
        self._connections: Final[set[HttpConnection]] = set()
        self._sweeper: asyncio.TimerHandle | None = None
        self._routes: Final[dict[str, Handler]] = {
            "/": self._index,
            "/health": self._health,
            "/metrics": self._metrics,
            "/ws": self._websocket,
        }
        # No web.Application: what there is of paths is here at a glance, and no wait is needed.
        self._server: Final = web.Server(self._answer)

    async def stop(self) -> None:
        """Close all connections."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._server.pre_shutdown()
        await self._server.shutdown(_STOP_SECONDS)

    def connection(self, origin: Origin, place: Place, *, welcome: bool) -> HttpConnection:
        """Return the protocol for a connection; not `welcome`: it is sent to TLS."""
        connection = HttpConnection(self._server, self._loop, origin, welcome=welcome)
        self._connections.add(connection)
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(_SWEEP_SECONDS, self._sweep)

        def lost() -> None:
            self._connections.discard(connection)
            place.leave()

        connection.when_lost = lost
        return connection

    def _sweep(self) -> None:
        now = self._loop.time()
        for connection in list(self._connections):
            if connection.overdue(now):
                connection.force_close()
        again = bool(self._connections)
        self._sweeper = self._loop.call_later(_SWEEP_SECONDS, self._sweep) if again else None

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, whatever it is."""
        connection = _connection(request)
        connection.begin(websocket=_wants_websocket(request))
        try:
            response = await self._route(request)
            if not response.prepared:
                response.headers.update(SECURITY_HEADERS)
            return response
        finally:
            connection.end()

    async def _route(self, request: web.BaseRequest) -> web.StreamResponse:
        if not is_host(_host(request)):
            return _text(400, "Bad Host header")
        if not _connection(request).welcome:
            return _to_tls(request)
        handler = self._routes.get(request.path)
        file = self._files.get(request.path.removeprefix("/"))
        if handler is None and file is None:
            return _text(404, "Not Found")
        if request.method not in {"GET", "HEAD"}:
            return _text(405, "Method Not Allowed", {"Allow": "GET, HEAD"})
        if handler is not None:
            return await handler(request)
        assert file is not None  # noqa: S101 # one of them is there
        return _send(request, file)

    # Answers

    async def _index(self, request: web.BaseRequest) -> web.StreamResponse:
        if _wants_websocket(request):
            return await self._websocket(request)
        host = _host(request)
        secure = _connection(request).origin.transport == "tls"
        port = host.rpartition(":")[2] if host_name(host) != host.strip("[]").lower() else ""
        words = {
            "name": self.site.name,
            "description": self.site.description,
            "razem": host,
            "host": host_name(host),
            "port": port or ("443" if secure else "80"),
            "tls": "with TLS" if secure else "with or without TLS",
            "fingerprint": self.site.fingerprint,
        }
        return _send(request, fill(self._index_file, words))

    async def _health(self, _request: web.BaseRequest) -> web.StreamResponse:
        report = health(self._process)
        body = msgspec.json.encode(report | {"version": self.site.version})
        return web.Response(
            status=200 if report["status"] == "ok" else 503,
            body=body + b"\n",
            headers={"Content-Type": "application/json", "Cache-Control": "no-store"},
        )

    async def _metrics(self, request: web.BaseRequest) -> web.StreamResponse:
        if not self._may_read_metrics(request):
            return _text(403, "Forbidden")
        figures = samples(self._process, self._refusals.counts, len(self._connections))
        return web.Response(
            text=exposition(figures),
            headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"},
        )

    def _may_read_metrics(self, request: web.BaseRequest) -> bool:
        origin = _origin(request)
        if origin.local:
            # A page that gave its own name our address has no business here.
            return is_own_name(_host(request), {self.site.name})
        address = _address(origin)
        return address is not None and any(address in one for one in self.site.metrics)

    async def _websocket(self, request: web.BaseRequest) -> web.StreamResponse:
        if not _wants_websocket(request):
            return _text(426, "IRC over WebSocket is spoken here", {"Upgrade": "websocket"})
        origin = _origin(request)
        page = request.headers.get("Origin")
        host, site = _host(request), self.site
        allowed = may_speak(page, host, local=origin.local, own={site.name}, others=site.origins)
        if not allowed:
            self._refusals.note("origin", origin.address or "unix", f"a page of {page}")
            return _text(403, "This page may not speak to the hub (see `origins`)")
        origin = msgspec.structs.replace(origin, transport="websocket")
        return await serve_websocket(self._process, request, origin)


class HttpConnection(web.RequestHandler):
    """A connection of HTTP: aiohttp's, with time limits and without tracebacks.

    Args:
        server: aiohttp's.
        loop: the running one.
        origin: where it comes from.
        welcome: false: it is sent to TLS.
    """

    __slots__ = ("_since", "_state", "origin", "welcome", "when_lost")

    def __init__(
        self, server: web.Server, loop: asyncio.AbstractEventLoop, origin: Origin, *, welcome: bool
    ) -> None:
        super().__init__(
            server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type] # aiohttp's way to say: none
            keepalive_timeout=_IDLE_SECONDS,
            lingering_time=_LINGER_SECONDS,
        )
        self.origin: Final = origin
        self.welcome: Final = welcome
        self.when_lost: Callable[[], None] = _nothing
        self._since = loop.time()
        self._state = "waiting"

    def begin(self, *, websocket: bool) -> None:
        """A request came whole."""
        self._state, self._since = "websocket" if websocket else "answering", self._loop.time()

    def end(self) -> None:
        """It is answered, but for what waits to be taken."""
        self._state, self._since = "waiting", self._loop.time()

    def overdue(self, now: float) -> bool:
        """Whether the client took too long."""
        limit = {"waiting": _IDLE_SECONDS, "answering": _ANSWER_SECONDS}.get(self._state)
        return limit is not None and now - self._since > limit

    def set_parser(
        self, parser: WebSocketReader, data_received_cb: Callable[[], None] | None = None
    ) -> None:
        """Hand what comes to a WebSocket from now on."""
        super().set_parser(cast("WebSocketReader", OnlyMasked(parser)), data_received_cb)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Leave the place."""
        super().connection_lost(exc)
        self.when_lost()

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Tell of a fault in a line."""
        error = kw.get("exc_info")
        log_event("error", "a request could not be answered", reason=repr(error or args))

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP, or what we failed at."""
        if not isinstance(exc, HttpProcessingError):
            self.log_exception(exc_info=exc or message)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun already")
        response = _text(status, "Bad Request" if status == 400 else "Internal Server Error")
        response.headers.update(SECURITY_HEADERS)
        response.force_close()
        return response


def _nothing() -> None:
    """Do nothing."""


def _connection(request: web.BaseRequest) -> HttpConnection:
    return cast("HttpConnection", request.protocol)


def _origin(request: web.BaseRequest) -> Origin:
    """Return where a request comes from; one that a reverse proxy relayed is not from here."""
    origin = _connection(request).origin
    if "Forwarded" in request.headers or "X-Forwarded-For" in request.headers:
        secure = origin.transport == "tls"
        host = origin.address or "localhost"
        return msgspec.structs.replace(origin, host=host, local=False, secure=secure)
    return origin


def _address(origin: Origin) -> Any:
    return ipaddress.ip_address(origin.address) if origin.address else None


def _host(request: web.BaseRequest) -> str:
    return request.headers.get("Host", "")


def _wants_websocket(request: web.BaseRequest) -> bool:
    return request.headers.get("Upgrade", "").strip().lower() == "websocket"


def _text(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=f"{status} {text}\n", headers=headers)


def _to_tls(request: web.BaseRequest) -> web.Response:
    """Send a client that came without TLS to the same port with it."""
    if request.method not in {"GET", "HEAD"} or _wants_websocket(request):
        return _text(403, "Use https:// or wss:// on this same port")
    path = request.raw_path if request.raw_path.startswith("/") else "/"
    place = f"https://{_host(request)}{path}"
    response = _text(307, f"Use {place}", {"Location": place})
    response.force_close()
    return response


def _send(request: web.BaseRequest, file: PageFile) -> web.Response:
    headers = {
        "Content-Type": file.content_type,
        "ETag": file.tag,
        "Cache-Control": "no-cache",
        "Vary": "Accept-Encoding",
    }
    if file.tag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=file.packed, headers={**headers, "Content-Encoding": "gzip"})
    return web.Response(body=file.body, headers=headers)
