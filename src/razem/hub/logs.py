"""What the hub writes about itself: lines for people, or a JSON object a line for programs."""

from __future__ import annotations

import logging
import sys
import time
from typing import Final, Literal

import msgspec

__all__ = ["configure_logs", "log_event"]

Level = Literal["debug", "info", "warning", "error", "critical"]

_logger: Final = logging.getLogger("razem.hub")
_LEVELS: Final = logging.getLevelNamesMapping()


def log_event(level: Level, event: str, **fields: object) -> None:
    """Write that something happened.

    Args:
        level: of importance.
        event: what, in a word or a few, always the same for the same thing.
        fields: the facts, by name.
    """
    _logger.log(_LEVELS[level.upper()], "%s", event, extra={"fields": fields})


def configure_logs(*, as_json: bool) -> None:
    """Send all that is logged to standard error, in one form.

    People are told of what needs them; programs of everything from "info" on.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JSONFormatter() if as_json else _PlainFormatter())
    logging.basicConfig(handlers=[handler], force=True)
    _logger.setLevel(logging.INFO if as_json else logging.WARNING)
    # It warns of every client that asks for a subprotocol of its own.
    logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)


class _JSONFormatter(logging.Formatter):
    """One JSON object a line: time, level, event, and the facts."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": _time(record.created),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        fields = getattr(record, "fields", {})
        line |= {name: value for name, value in fields.items() if name not in line}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


class _PlainFormatter(logging.Formatter):
    """For people: ``razem hub: what happened (name: fact, name: fact)``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, or the lines where there is a traceback."""
        fields = getattr(record, "fields", {})
        facts = ", ".join(f"{name}: {_shown(value)}" for name, value in fields.items())
        text = f"razem hub: {_shown(record.getMessage())}" + (f" ({facts})" if facts else "")
        if record.exc_info:
            text += f"\n{self.formatException(record.exc_info)}"
        return text


def _time(seconds: float) -> str:
    """Return a time as RFC 3339 has it, in UTC and with milliseconds."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03}Z"


def _shown(value: object) -> str:
    """Return a fact in a form that a terminal shows and does not obey."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in str(value))
