"""The files of the hub's own page: read once, served from memory."""

from __future__ import annotations

import gzip
import hashlib
import html
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["INDEX", "SECURITY_HEADERS", "PageFile", "fill", "page_files"]

INDEX: Final = "index.html"

# By suffix: what is none of these is not served. The names of the system's table differ.
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}

# Everything comes from the hub itself, nothing is inline, and nobody shows it in a frame. That
# 'self' includes its WebSocket is said in CSP level 3.
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
        " font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Server": "razem",
}


class PageFile(NamedTuple):
    """A file as it is served."""

    content_type: str
    body: bytes
    packed: bytes  # `body` by gzip (RFC 1952)
    tag: str  # an entity tag (RFC 9110, 8.8.3): other bytes, another tag


def page_files() -> dict[str, PageFile]:
    """Return the files of the package's folder ``page`` by name."""
    files = {}
    for file in (resources.files("razem.hub") / "page").iterdir():
        content_type = _TYPES.get(f".{file.name.rpartition('.')[2]}")
        if content_type is not None:
            files[file.name] = _page_file(content_type, file.read_bytes())
    return files


def fill(file: PageFile, words: Mapping[str, str]) -> PageFile:
    """Return a page with `words` in the place of ``$name``; they are text, whatever they hold."""
    escaped = {name: html.escape(word) for name, word in words.items()}
    body = Template(file.body.decode()).safe_substitute(escaped).encode()
    return _page_file(file.content_type, body)


def _page_file(content_type: str, body: bytes) -> PageFile:
    packed = gzip.compress(body, compresslevel=6, mtime=0)
    return PageFile(content_type, body, packed, _tag(body))


def _tag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
