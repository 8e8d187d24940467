"""A conversation in a file, and the same again: JSON lines.

The first line of each connection is ``{"connection": ADDRESS, "time": ISO 8601}``; then one line
a piece, ``{"at": SECONDS, "from": "us" or "them", "data": TEXT}`` (``"base64"`` instead of
``"data"`` where it is not UTF-8), and ``{"at": …, "from": …, "end": true}`` for each end.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from razem.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from razem.sockets.address import Address

__all__ = ["Line", "Recorder", "read_recording"]


class Line(NamedTuple):
    """What one side said at a moment.

    Attributes:
        at: seconds since the connection began.
        ours: whether it was sent, not received.
        data: ``b""`` for the end.
    """

    at: float
    ours: bool
    data: bytes


class Recorder:
    """Writes what passes into a file, which it replaces; each line is there at once."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", buffering=1)
        self._lock = Lock()
        self._start = monotonic()

    def begin(self, peer: Address | None) -> None:
        """Begin a connection."""
        self._start = monotonic()
        name = str(peer) if peer else ""
        self._write({"connection": name, "time": datetime.now(UTC).isoformat()})

    def passed(self, data: bytes, *, ours: bool) -> None:
        """Write what was sent or received; ``b""`` for the end."""
        line: dict[str, Any] = {"at": round(monotonic() - self._start, 6)}
        line["from"] = "us" if ours else "them"
        if not data:
            line["end"] = True
        else:
            try:
                line["data"] = data.decode()
            except UnicodeDecodeError:
                line["base64"] = b64encode(data).decode()
        self._write(line)

    def _write(self, line: dict[str, Any]) -> None:
        with self._lock:
            self._file.write(f"{json.dumps(line, ensure_ascii=False)}\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()


def read_recording(path: Path) -> list[Line]:
    """Read the first connection of a recording.

    Raises:
        ConfigError: a line is not one of a recording.
    """
    lines: list[Line] = []
    connections = 0
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, text in enumerate(file, 1):
            try:
                facts = json.loads(text)
                connections += facts.get("connection") is not None
                if connections > 1:
                    break
                if "from" in facts:
                    data = facts.get("data", "").encode() or b64decode(facts.get("base64", ""))
                    lines.append(Line(float(facts["at"]), facts["from"] == "us", data))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                advice = "Make one with: razem connect --record FILE ADDRESS."
                message = f"{path}, line {number}: no line of a recording."
                raise ConfigError(message, advice=advice) from error
    return lines
