"""What the README says is there, is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.hub.process import HubProcess

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def test_links_between_pages_lead_somewhere() -> None:
    links = [
        (page, target)
        for page in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
        if "://" not in target
    ]
    assert links
    assert [link for link in links if not (link[0].parent / link[1]).exists()] == []


def test_nothing_is_left_to_be_filled_in() -> None:
    for page in PAGES:
        assert not re.search(r"\b(TODO|TBD|FIXME|[A-Z]+_TABLE)\b", page.read_text("utf-8")), page


def test_the_bot_answers() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    bots = [block for block in blocks if 'nick="bot"' in block]
    assert len(bots) == 1
    with HubProcess("--memory") as hub, hub.person("ana", "#lobby") as ana:
        program = bots[0].replace("localhost:6697", f"127.0.0.1:{hub.port}")
        with subprocess.Popen([sys.executable, "-W", "error", "-c", program]) as bot:
            ana.until("JOIN")
            ana.say("PRIVMSG #lobby :!ping")
            assert ana.until("PRIVMSG")[-1].params == ("#lobby", "ana: pong")
            bot.terminate()
