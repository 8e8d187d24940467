"""HTTP of a share: listings, files with ranges, archives, uploads; in an event loop of its own."""

from __future__ import annotations

import asyncio
import io
import os
import socket
import ssl
import stat
import threading
import time
from contextlib import suppress
from email.utils import formatdate
from http.cookies import SimpleCookie
from importlib.resources import files
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote_to_bytes

from aiohttp import web

from razem.files.archives import write_tar, write_zip
from razem.files.names import name_fault, part_name
from razem.files.pages import ASSETS, FILE_POLICY, PAGE_POLICY, content_type, listing
from razem.files.walking import open_regular
from razem.sockets.hosts import is_loopback
from razem.sockets.tls_config import Tls, server_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from razem.files.serving import ShareSettings
    from razem.files.sharing import Shared
    from razem.sockets.address import Address

__all__ = ["Web"]

_PIECE: Final = 1 << 18  # bytes
_COOKIE: Final = "razem-key"
_IDLE_SECONDS: Final = 60.0
_COMMON: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_ASSET_TYPES: Final = {"share.css": "text/css", "share.js": "text/javascript"}


class Web:
    """Serves HTTP on connections that are handed to it, from any thread.

    Args:
        shared: what is served.
        settings: to whom.
        address: where it listens, for messages.
    """

    def __init__(self, shared: Shared, settings: ShareSettings, address: Address) -> None:
        self._shared = shared
        self._settings = settings
        self._assets = {
            name: (files("razem.files") / "page" / name).read_bytes() for name in _ASSET_TYPES
        }
        tls = Tls(identity=settings.identity, alpn=("http/1.1",))
        self._context: ssl.SSLContext | None = None
        if settings.identity is not None:
            self._context = server_context(address, tls)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="razem-http", daemon=True)
        self._started = threading.Event()
        self._thread.start()
        self._started.wait()

    def take(self, sock: socket.socket, *, secure: bool) -> None:
        """Serve a connection of which nothing has been read.

        Args:
            sock: it belongs to the server from now on.
            secure: whether it begins with TLS.
        """
        sock.setblocking(False)
        serve = self._serve(sock, secure=secure)
        asyncio.run_coroutine_threadsafe(serve, self._loop)

    def close(self) -> None:
        """End all connections."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._begin())
        self._started.set()
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._server.shutdown(0.1))
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_default_executor())

    async def _begin(self) -> None:
        self._server = web.Server(self._answer, access_log=None, keepalive_timeout=_IDLE_SECONDS)

    async def _serve(self, sock: socket.socket, *, secure: bool) -> None:
        context = self._context if secure else None
        try:
            await self._loop.connect_accepted_socket(self._server, sock, ssl=context)
        except (OSError, ssl.SSLError):
            sock.close()

    # -- who may come in -------------------------------------------------------------------------

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        local = _is_local(request)
        if local and not _is_own_host(request.headers.get("Host", "")):
            return _text(403, "a page that gave its own name this address has no business here")
        path = unquote_to_bytes(request.rel_url.raw_path)
        access = self._settings.access(local=local)
        told = request.query.get("key", "") or _key_of(request)
        if not access.permits(told):
            headers = {"WWW-Authenticate": 'Basic realm="the key as password"'}
            return _text(401, "the key is missing or wrong: use the whole link", headers)
        if path.startswith(ASSETS.encode()):
            return self._asset(path.rpartition(b"/")[2].decode("utf-8", "replace"))
        if request.method in {"GET", "HEAD"}:
            response = await self._get(request, path)
        elif request.method == "PUT" and access.writable:
            response = await self._put(request, path)
        else:
            allow = "GET, HEAD, PUT" if access.writable else "GET, HEAD"
            return _text(405, f"{request.method} cannot be done here", {"Allow": allow})
        return response

    def _asset(self, name: str) -> web.StreamResponse:
        body = self._assets.get(name)
        if body is None:
            return _text(404, "there is no such file")
        headers = {**_COMMON, "Content-Type": f"{_ASSET_TYPES[name]}; charset=utf-8"}
        return web.Response(body=body, headers=headers)

    # -- getting ---------------------------------------------------------------------------------

    async def _get(self, request: web.BaseRequest, path: bytes) -> web.StreamResponse:
        here = self._shared.find(path)
        is_top = not path.strip(b"/")
        if here is None and not is_top:
            return _text(404, "there is no such file")
        if here is not None and not here.is_dir():
            return await self._send_file(request, here)
        if not path.endswith(b"/"):
            return _moved(quote(path) + "/" + _query(request))
        if "key" in request.query and not request.query.keys() & {"zip", "tar"}:
            return self._remember(request, path)
        if "zip" in request.query or "tar" in request.query:
            return await self._send_archive(request, here)
        items = await asyncio.to_thread(self._shared.list, path)
        parts = [part for part in path.split(b"/") if part]
        writable = self._settings.writable and here is not None
        text = listing(self._shared.title, parts, items, writable=writable)
        headers = {
            **_COMMON,
            "Content-Security-Policy": PAGE_POLICY,
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
        }
        return web.Response(body=text.encode("utf-8", "replace"), headers=headers)

    def _remember(self, request: web.BaseRequest, path: bytes) -> web.StreamResponse:
        """Keep the key in a cookie, so that it stands in no further address."""
        response = _moved(quote(path))
        response.set_cookie(
            _COOKIE,
            quote(request.query["key"], safe=""),
            httponly=True,
            samesite="Strict",
            secure=request.secure,
        )
        return response

    async def _send_archive(
        self, request: web.BaseRequest, here: Path | None
    ) -> web.StreamResponse:
        kind = "zip" if "zip" in request.query else "tar"
        if here is not None:
            name = here.name or "root"
            tops = [(name, here)]
        else:
            name = "files"
            tops = [(os.fsdecode(root.name), root.path) for root in self._shared.roots]
        response = web.StreamResponse(
            headers={
                **_COMMON,
                "Content-Security-Policy": FILE_POLICY,
                "Content-Type": "application/zip" if kind == "zip" else "application/x-tar",
                "Content-Disposition": f"attachment; filename*=UTF-8''{_file_name(name)}.{kind}",
            }
        )
        await response.prepare(request)
        if request.method == "HEAD":
            return response

        def write(data: bytes) -> None:
            asyncio.run_coroutine_threadsafe(response.write(data), self._loop).result()

        writer: Callable[..., None] = write_zip if kind == "zip" else write_tar
        await asyncio.to_thread(writer, tops, write)
        await response.write_eof()
        return response

    async def _send_file(self, request: web.BaseRequest, here: Path) -> web.StreamResponse:
        try:
            file = await asyncio.to_thread(_open, here)
        except OSError:
            return _text(404, "there is no such file")
        with file:
            status = os.fstat(file.fileno())
            etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
            headers = {
                **_COMMON,
                "Accept-Ranges": "bytes",
                "Cache-Control": "no-cache",
                "Content-Security-Policy": FILE_POLICY,
                "ETag": etag,
                "Last-Modified": formatdate(status.st_mtime, usegmt=True),
            }
            if _is_known(request, etag, status.st_mtime):
                return web.Response(status=304, headers=headers)
            span = _span(request, etag, status)
            if span is None:
                headers["Content-Range"] = f"bytes */{status.st_size}"
                return web.Response(status=416, headers=headers)
            begin, end = span
            response = web.StreamResponse(headers=headers)
            response.content_length = end - begin
            response.headers["Content-Type"] = content_type(here.name)
            if (begin, end) != (0, status.st_size) or _wants_part(request, etag, status):
                response.set_status(206)
                response.headers["Content-Range"] = f"bytes {begin}-{end - 1}/{status.st_size}"
            await response.prepare(request)
            if request.method != "HEAD":
                await self._send_span(response, file, begin, end)
            with suppress(ConnectionError):
                await response.write_eof()
            return response

    async def _send_span(
        self, response: web.StreamResponse, file: io.FileIO, begin: int, end: int
    ) -> None:
        rate, due = self._settings.rate, time.monotonic()
        while begin < end:
            size = min(_PIECE, end - begin)
            data = await asyncio.to_thread(os.pread, file.fileno(), size, begin)
            if not data:  # it has become shorter: a broken answer tells
                raise ConnectionResetError
            await response.write(data)
            begin += len(data)
            if rate:
                due = max(due, time.monotonic() - 0.1) + len(data) / rate
                await asyncio.sleep(max(due - time.monotonic(), 0.0))

    # -- putting ---------------------------------------------------------------------------------

    async def _put(self, request: web.BaseRequest, path: bytes) -> web.StreamResponse:
        """Take a file, whole or not at all."""
        above, _, name = path.rstrip(b"/").rpartition(b"/")
        folder = self._shared.find(above)
        if folder is None or not folder.is_dir():
            return _text(404, "there is no such folder")
        if fault := name_fault(name):
            return _text(400, f"a file cannot be called so: {fault}")
        origin = request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != request.headers.get("Host", ""):
            return _text(403, "pages of other places may put nothing here")
        above_number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        part = part_name(name)
        try:
            await self._receive(request, above_number, part)
            await asyncio.to_thread(
                os.replace, part, name, src_dir_fd=above_number, dst_dir_fd=above_number
            )
        except OSError as error:
            with suppress(OSError):
                os.unlink(part, dir_fd=above_number)
            if isinstance(error, ConnectionError):
                raise
            return _text(507, f"it cannot be kept: {(error.strerror or str(error)).lower()}")
        finally:
            os.close(above_number)
        return web.Response(status=201, headers={**_COMMON, "Location": quote(path)})

    @staticmethod
    async def _receive(request: web.BaseRequest, folder: int, part: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with suppress(FileNotFoundError):
            os.unlink(part, dir_fd=folder)
        with open(os.open(part, flags, 0o666, dir_fd=folder), "wb") as file:  # noqa: ASYNC230, PTH123
            async for data in request.content.iter_chunked(_PIECE):
                await asyncio.to_thread(file.write, data)
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())


def _open(here: Path) -> io.FileIO:
    """Open a file for reading; nothing else, and no link.

    Raises:
        OSError: it cannot be.
    """
    folder = os.open(here.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        file = io.FileIO(open_regular(os.fsencode(here.name), folder))
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(0, "no file")
    return file


def _is_known(request: web.BaseRequest, etag: str, mtime: float) -> bool:
    """Whether the client has this very version (RFC 9110, 13.1)."""
    known = request.headers.get("If-None-Match")
    if known is not None:
        tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
        return known.strip() == "*" or etag in tags
    since = request.if_modified_since
    return since is not None and int(mtime) <= since.timestamp()


def _wants_part(request: web.BaseRequest, etag: str, status: os.stat_result) -> bool:
    """Whether a range is asked for, and of this very version (RFC 9110, 13.1.5)."""
    wanted = request.headers.get("Range", "")
    if not wanted.startswith("bytes=") or "," in wanted:
        return False
    condition = request.headers.get("If-Range")
    dated = formatdate(status.st_mtime, usegmt=True)
    return condition is None or condition.strip() in {etag, dated}


def _span(request: web.BaseRequest, etag: str, status: os.stat_result) -> tuple[int, int] | None:
    """Return which bytes to send, from and to; None: there are no such (RFC 9110, 14.1.2)."""
    size = status.st_size
    if not _wants_part(request, etag, status):
        return 0, size
    first, dash, last = request.headers["Range"].removeprefix("bytes=").strip().partition("-")
    if not dash or not (first or last) or not (first + last).isdecimal():
        return 0, size  # "an origin server MUST ignore" what it does not understand
    if not first:
        begin, end = max(size - int(last), 0), size
    else:
        begin = int(first)
        end = min(int(last) + 1, size) if last else size
    return (begin, end) if begin < end else None


def _is_local(request: web.BaseRequest) -> bool:
    """Whether a request comes from this machine."""
    peer = request.transport.get_extra_info("peername") if request.transport else ("unknown", 0)
    if not isinstance(peer, tuple):  # of a UNIX socket
        return True
    return is_loopback(str(peer[0]).removeprefix("::ffff:"))


def _is_own_host(host: str) -> bool:
    """Whether a page of this machine may be called so: else a stranger's name leads here."""
    name = host.rpartition(":")[0] if ":" in host.rpartition("]")[2] else host
    name = name.strip("[]").lower()
    return (
        is_loopback(name)
        or name.replace(".", "").isdigit()
        or ":" in name
        or not name
        or (name == socket.gethostname().lower())
    )


def _key_of(request: web.BaseRequest) -> str:
    """Return the key in a cookie, or in the credentials that programs send."""
    cookie = SimpleCookie(request.headers.get("Cookie", "")).get(_COOKIE)
    if cookie is not None:
        return unquote_to_bytes(cookie.value).decode("utf-8", "replace")
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        from base64 import b64decode  # noqa: PLC0415  seldom needed

        with suppress(ValueError):
            return b64decode(rest).decode("utf-8", "replace").partition(":")[2]
    return ""


def _moved(place: str) -> web.Response:
    """Send the client to another path of this server, never to another server."""
    return web.Response(status=303, headers={**_COMMON, "Location": "/" + place.lstrip("/")})


def _query(request: web.BaseRequest) -> str:
    text = request.rel_url.raw_query_string
    return f"?{text}" if text else ""


def _file_name(name: str) -> str:
    return quote(name.encode("utf-8", "replace"))


def _text(status: int, words: str, headers: dict[str, str] | None = None) -> web.Response:
    more = {**_COMMON, "Content-Security-Policy": FILE_POLICY, **(headers or {})}
    return web.Response(status=status, text=f"{words}\n", headers=more)
