"""What a face keeps on the disk of its user: hubs, their fingerprints, drafts, how it looks.

One file of JSON, readable by its user only, written whole and renamed. Nothing of it is needed:
where it cannot be read or written, the face does without.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

__all__ = ["Hub", "Keeping", "Kept", "Unkept", "default_file"]

_MOST_HUBS: Final = 50
_MOST_DRAFTS: Final = 200
_MOST_DRAFT: Final = 10_000  # characters


class Hub(msgspec.Struct):
    """A hub that was used.

    Attributes:
        address: as a person would write it; never with the key of an invitation.
        used: seconds since 1970.
        fingerprint: of its certificate, as it was at first sight; "" where there was none.
        drafts: by conversation.
    """

    address: str
    used: float = 0.0
    name: str = ""
    nick: str = ""
    fingerprint: str = ""
    channels: list[str] = []
    drafts: dict[str, str] = {}
    last: str = ""


class Kept(msgspec.Struct):
    """All that is kept."""

    hubs: list[Hub] = []
    theme: str = ""
    bell: bool = True


class Keeping:
    """The file, read once and written when something has changed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self.kept = msgspec.json.decode(file.read_bytes(), type=Kept)
        except (OSError, msgspec.MsgspecError):
            self.kept = Kept()

    def hub(self, address: str) -> Hub | None:
        """Return what is known of a hub."""
        return next((hub for hub in self.kept.hubs if hub.address == address), None)

    def use(self, address: str, now: float) -> Hub:
        """Return what is known of a hub, which is used now."""
        hub = self.hub(address)
        if hub is None:
            hub = Hub(address)
            self.kept.hubs.append(hub)
        hub.used = now
        self.kept.hubs.sort(key=lambda one: -one.used)
        del self.kept.hubs[_MOST_HUBS:]
        return hub

    def recent(self) -> list[Hub]:
        """Return the hubs that were used, the last one first."""
        return sorted(self.kept.hubs, key=lambda one: -one.used)

    def save(self) -> None:
        """Write what is kept; where that cannot be, nothing is lost but this."""
        for hub in self.kept.hubs:
            drafts = [(name, text[:_MOST_DRAFT]) for name, text in hub.drafts.items() if text]
            hub.drafts = dict(drafts[-_MOST_DRAFTS:])
        data = msgspec.json.format(msgspec.json.encode(self.kept))
        beside = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(data)
            beside.replace(self._file)
        except OSError:
            with suppress(OSError):
                beside.unlink(missing_ok=True)


class Unkept(Keeping):
    """What is kept, to look at; for chats of which nothing shall stay on the disk."""

    def save(self) -> None:
        """Write nothing."""


def default_file() -> Path:
    """Return where it is kept, by the XDG Base Directory Specification."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "razem" / "chat.json"
