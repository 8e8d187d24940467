"""What a face keeps, which hub it is, and the list of hubs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from razem.errors import TlsError
from razem.talk.faces.nearby import Found, Nearby
from razem.talk.faces.screen.choosing import ChooseApp
from razem.talk.faces.screen.keeping import Hub, Keeping, default_file
from razem.talk.faces.screen.listing import ItemList
from razem.talk.faces.trust import changed
from razem.talk.nearby import Announced, properties, read_properties
from tests.talk.client.loop import in_loop

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "new" / "chat.json"
    keeping = Keeping(file)
    keeping.use("tls://one:6697", 1.0).fingerprint = "sha256:aa"
    keeping.use("tcp://localhost:6697", 2.0).drafts["#net"] = "half"
    keeping.use("tls://three:6697", 3.0).drafts["#net"] = ""
    keeping.use("tls://one:6697", 4.0)
    keeping.kept.theme = "razem-light"
    keeping.save()
    assert [entry.name for entry in file.parent.iterdir()] == ["chat.json"]
    assert file.stat().st_mode & 0o777 == 0o600
    again = Keeping(file)
    assert [hub.address for hub in again.recent()] == [
        *("tls://one:6697", "tls://three:6697", "tcp://localhost:6697")
    ]
    one = again.hub("tls://one:6697")
    assert one is not None
    assert one.fingerprint == "sha256:aa"
    three = again.hub("tls://three:6697")
    assert three is not None
    assert three.drafts == {}
    assert again.kept.theme == "razem-light"


@pytest.mark.parametrize("content", [b"", b"{", b'{"hubs": [1]}', b"\xff", b"[]"])
def test_a_file_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "chat.json"
    file.write_bytes(content)
    assert Keeping(file).kept.hubs == []


def test_where_it_cannot_be_written_nothing_breaks(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    Keeping(tmp_path / "file" / "chat.json").save()


def test_it_is_kept_where_the_user_keeps_such_things(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_file() == tmp_path / "razem" / "chat.json"


def test_only_so_much_is_kept(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path / "chat.json")
    for number in range(60):
        keeping.use(f"tls://{number}:1", float(number))
    assert [hub.address for hub in keeping.kept.hubs][:2] == ["tls://59:1", "tls://58:1"]
    assert len(keeping.kept.hubs) == 50


def test_another_certificate_is_refused_with_what_to_do() -> None:
    hub = Hub("tls://one:6697", fingerprint="sha256:old")
    error = changed(hub, TlsError("no safe connection: it has the fingerprint sha256:new."))
    assert "is not the hub that it was" in error.message
    assert "sha256:new" in error.message
    assert "sha256:old" in error.message
    assert error.advice is not None
    assert "--fingerprint sha256:new" in error.advice


def test_what_hubs_announce_is_bounded_and_read_as_it_was() -> None:
    whole = properties(Announced("n" * 400, "sha256:aa"))
    assert all(len(f"{key}={value}".encode()) <= 255 for key, value in whole.items())
    wire: dict[bytes, bytes | None] = {k.encode(): v.encode() for k, v in whole.items()}
    assert read_properties(wire).fingerprint == "sha256:aa"
    assert read_properties({b"name": b"\xff", b"fingerprint": None}) == Announced("\ufffd", "")


@in_loop
async def test_a_hub_is_chosen(tmp_path: Path) -> None:
    keeping, nearby = Keeping(tmp_path / "chat.json"), Nearby()  # not entered: it finds nothing
    keeping.use("tls://old.example:6697", 1.0)
    for keys, chosen in (
        (("enter",), "192.0.2.7:6697"),
        (("down", "enter"), "tls://old.example:6697"),
        ((*"old", "enter"), "tls://old.example:6697"),
        ((*"new.example", "enter"), "new.example"),
        (("escape",), ""),
    ):
        app = ChooseApp(keeping, nearby)
        async with app.run_test(size=(100, 30)) as pilot:
            nearby.found["x"] = Found("\x1b[2Jhub", "192.0.2.7:6697", "sha256:aa")
            async with asyncio.timeout(20):
                while "192.0.2.7" not in _listed(app):
                    await pilot.pause(0.05)
            assert "␛[2Jhub" in _listed(app)
            await pilot.press(*keys)
            await pilot.pause()
        assert app.return_value == chosen


@in_loop
async def test_a_hub_that_is_found_leaves_the_mark_where_it_was_put(tmp_path: Path) -> None:
    keeping, nearby = Keeping(tmp_path / "chat.json"), Nearby()
    for number in range(3):
        keeping.use(f"tls://old{number}.example:6697", float(number))
    app = ChooseApp(keeping, nearby)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("down")
        nearby.found["x"] = Found("hub", "192.0.2.7:6697", "sha256:aa")
        async with asyncio.timeout(20):
            while "192.0.2.7" not in _listed(app):
                await pilot.pause(0.05)
        await pilot.press("enter")
        await pilot.pause()
    assert app.return_value == "tls://old1.example:6697"


def _listed(app: ChooseApp) -> str:
    picks = app.screen.query_one("#picks", ItemList)
    return "\n".join(picks.render_line(y).text for y in range(picks.size.height))
