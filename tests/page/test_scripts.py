"""The scripts of the page: their types, their own tests, and that the page loads them all."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from razem.talk.faces.typed import SHORT, WORDS

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "src" / "razem" / "hub" / "page"


@pytest.mark.skipif(not shutil.which("tsc"), reason="needs Debian's node-typescript")
def test_types_are_right() -> None:
    done = subprocess.run(
        ["tsc", "-p", str(HERE)], capture_output=True, text=True, check=False, timeout=50
    )
    assert done.stdout == ""
    assert done.returncode == 0


@pytest.mark.skipif(not shutil.which("node"), reason="needs Debian's nodejs")
def test_the_client_without_a_browser() -> None:
    done = subprocess.run(
        ["node", "--test", *map(str, HERE.glob("*.test.js"))],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert done.returncode == 0, done.stdout
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) > 0


@pytest.mark.skipif(not shutil.which("node"), reason="needs Debian's nodejs")
def test_the_commands_are_those_of_the_terminal() -> None:
    program = f"""
        const {{ WORDS, SHORT }} = await import({json.dumps((PAGE / "words.js").as_uri())});
        const words = [...WORDS].map(([name, {{ usage, help }}]) => [name, [usage, help]]);
        console.log(JSON.stringify([Object.fromEntries(words), SHORT]));
    """
    words, short = json.loads(
        subprocess.check_output(["node", "--input-type=module", "-e", program], timeout=50)
    )
    terminal = {name: [f"/{name} {word.usage}".rstrip(), word.help] for name, word in WORDS.items()}
    assert terminal.pop("quit")  # of a page one closes the tab
    assert words == terminal
    assert short == {name: word for name, word in SHORT.items() if word != "quit"}


def test_the_page_fetches_all_scripts_at_once() -> None:
    index = (PAGE / "index.html").read_text("utf-8")
    told = set(re.findall(r'<link rel="modulepreload" href="(\S+)"', index))
    assert told | {"app.js"} == {path.name for path in PAGE.glob("*.js")}


@pytest.mark.parametrize("path", sorted(PAGE.glob("*.js")), ids=lambda path: path.name)
def test_nothing_of_others_is_ever_markup(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)


@pytest.mark.parametrize("path", sorted(PAGE.iterdir()), ids=lambda path: path.name)
def test_nothing_is_loaded_from_elsewhere(path: Path) -> None:
    text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(?:src|href|url|import)\s*[=(\"']+\s*(?:https?:)?//", text)
