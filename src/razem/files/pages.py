"""What browsers get of a share: the listing of a directory as HTML. No I/O."""

from __future__ import annotations

import mimetypes
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from razem.files.names import shown_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.files.sharing import Item

__all__ = ["ASSETS", "FILE_POLICY", "PAGE_POLICY", "content_type", "listing"]

ASSETS: Final = "/.razem-share/"

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
# Of a file, whatever it is: no script of it runs, and it belongs to no origin.
FILE_POLICY: Final = "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'"

_TEXT_TYPES: Final = ("text/", "application/json", "application/xml", "application/toml")
_SHOWN_IMAGES: Final = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"}
_UNITS: Final = ("bytes", "KB", "MB", "GB", "TB", "PB")


def content_type(name: str) -> str:
    """Return the media type of a file by its name; text as UTF-8."""
    guessed, encoding = mimetypes.guess_type(name)
    if encoding or guessed is None:
        return "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed


def listing(title: str, path: Sequence[bytes], items: Sequence[Item], *, writable: bool) -> str:
    """Return the page of a directory.

    Args:
        title: of the share.
        path: the directory, as its components.
        items: what is in it.
        writable: whether files can be put there.
    """
    rows = "".join(_row(item) for item in items)
    drop = _DROP if writable else ""
    return _PAGE.format(
        title=escape(title),
        crumbs=_crumbs(title, path),
        base=escape("/" + "".join(f"{_quoted(part)}/" for part in path)),
        rows=rows,
        drop=drop,
        count=len(items),
        assets=ASSETS,
    )


def _row(item: Item) -> str:
    name = escape(shown_name(item.name))
    href = escape("./" + _quoted(item.name) + ("/" if item.is_folder else ""))
    kind = "folder" if item.is_folder else "file"
    when = datetime.fromtimestamp(item.mtime // 10**9, UTC)
    size = "" if item.is_folder else _shown_size(item.size)
    return (
        f'<tr><td data-value="{name}"><a class="{kind}" href="{href}">{name}</a></td>'
        f'<td class="number" data-value="{-1 if item.is_folder else item.size}">{size}</td>'
        f'<td class="when faint" data-value="{item.mtime // 10**9}">{when:%Y-%m-%d %H:%M}</td>'
        f"<td>{_actions(item, href)}</td></tr>\n"
    )


def _actions(item: Item, href: str) -> str:
    if item.is_folder:
        return f'<a href="{href}?zip" download>zip</a> <a href="{href}?tar" download>tar</a>'
    kind = content_type(shown_name(item.name)).partition(";")[0]
    if kind in _SHOWN_IMAGES:
        return '<button type="button" data-preview="image">look</button>'
    if kind.startswith(_TEXT_TYPES) and kind != "text/html":
        return '<button type="button" data-preview="text">look</button>'
    return ""


def _crumbs(title: str, path: Sequence[bytes]) -> str:
    crumbs = [f'<a href="/">{escape(title)}</a>']
    place = "/"
    for part in path:
        place += f"{_quoted(part)}/"
        crumbs.append(f'<a href="{escape(place)}">{escape(shown_name(part))}</a>')
    return " / ".join(crumbs)


def _quoted(name: bytes) -> str:
    return quote(name, safe="")


def _shown_size(size: float) -> str:
    unit = 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size /= 1000
        unit += 1
    return f"{size:.0f} {_UNITS[unit]}" if not unit else f"{size:.1f} {_UNITS[unit]}"


_DROP: Final = """\
<div id="drop"><label>Drop files here, or choose some: <input type="file" multiple></label></div>
<ul id="uploads" aria-live="polite"></ul>
"""
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<link rel="stylesheet" href="{assets}share.css">
<script defer src="{assets}share.js"></script>
</head>
<body>
<header>
<h1>{crumbs}</h1>
<span class="faint">{count} entries</span>
<a href="{base}?zip" download>all as zip</a>
<a href="{base}?tar" download>as tar</a>
</header>
<input type="search" placeholder="search in this folder" aria-label="search in this folder">
{drop}<table>
<thead><tr>
<th><button type="button">name</button></th>
<th class="number"><button type="button">size</button></th>
<th class="when"><button type="button">changed (UTC)</button></th>
<th></th>
</tr></thead>
<tbody>
{rows}</tbody>
</table>
<dialog><p><strong></strong> <button type="button">close</button></p><div></div></dialog>
</body>
</html>
"""
