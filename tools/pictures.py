"""Draws the picture in the README: two people in terminals, and the hub between them.

Run it by `make pictures`; it needs tmux. What it draws is what the programs showed.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from html import escape
from pathlib import Path

from tests.end_to_end.tmux import Tmux, wait_until

ROOT = Path(__file__).resolve().parent.parent
RAZEM = str(Path(sys.executable).with_name("razem"))
COLUMNS, ROWS = 62, 14
CHARACTER, LINE, MARGIN, TITLE = 8.4, 19, 14, 30  # pixels
TALK = [
    ("ana", "good morning"),
    ("bo", "morning! is the release out?"),
    ("ana", "in a minute, the tests are still running"),
    ("ana", "/topic release day"),
    ("bo", "/me makes coffee"),
    ("ana", "green. it is out"),
]


def main() -> None:
    """Let two people talk, and draw what they saw."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        terminals = Tmux(folder)
        try:
            screens = talk(terminals, folder)
        finally:
            terminals.close()
    (ROOT / "docs" / "chat.svg").write_text(picture(screens), encoding="utf-8")


def talk(terminals: Tmux, folder: Path) -> list[tuple[str, str]]:
    """Return the titles and texts of the windows after a talk."""
    socket = f"unix://{folder}/hub"
    terminals.open("hub", [RAZEM, "hub", "--memory", "--listen", socket])
    wait_until(lambda: "the hub listens" in terminals.screen("hub"), "hub")
    for nick in ("ana", "bo"):
        terminals.open(nick, [RAZEM, "chat", socket, "--nick", nick], columns=COLUMNS, rows=ROWS)
        wait_until(partial(shows, terminals, nick, "in #lobby"), f"{nick} in #lobby")
    for nick, words in TALK:
        before = terminals.screen("bo")
        terminals.type(nick, words)
        wait_until(lambda before=before: terminals.screen("bo") != before, words)  # type: ignore[misc]
        wait_until(partial(shows, terminals, "ana", words.split(" ", 1)[-1]), words)
    return [(f"razem chat --nick {nick}", terminals.visible(nick)) for nick in ("ana", "bo")]


def shows(terminals: Tmux, name: str, text: str) -> bool:
    """Tell whether a window showed `text`."""
    return text in terminals.screen(name)


def picture(screens: list[tuple[str, str]]) -> str:
    """Return an SVG with the windows side by side."""
    width = COLUMNS * CHARACTER + 2 * MARGIN
    height = TITLE + ROWS * LINE + MARGIN
    total = len(screens) * (width + MARGIN) + MARGIN
    box = f"0 0 {total:.0f} {height + 28:.0f}"
    font = 'font-family="ui-monospace,Menlo,Consolas,monospace" font-size="14"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" {font}>',
        "<style>.w{fill:#16181d}.t{fill:#8b93a1}.x{fill:#e6e6e6;white-space:pre}</style>",
    ]
    for index, (title, text) in enumerate(screens):
        left = MARGIN + index * (width + MARGIN)
        frame = (
            f'<rect class="w" x="{left:.0f}" y="{MARGIN}" rx="8" width="{width:.0f}"'
            f' height="{height:.0f}"/>'
            f'<text class="t" x="{left + MARGIN:.0f}" y="{MARGIN + 20}">{escape(title)}</text>'
        )
        parts.append(frame)
        for row, line in enumerate(text.splitlines()[-ROWS:]):
            y = MARGIN + TITLE + (row + 1) * LINE - 4
            parts.append(f'<text class="x" x="{left + MARGIN:.0f}" y="{y}">{escape(line)}</text>')
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    main()
