"""The data directory: one hub at a time, and how far its clients were told."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from razem.errors import ConfigError
from razem.hub.data import DataDirectory, ToldMark

if TYPE_CHECKING:
    from pathlib import Path


def test_a_directory_is_made_for_this_user_only_and_free_again_when_closed(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    for _ in range(2):
        data = DataDirectory(path)
        assert path.stat().st_mode & 0o777 == 0o700
        assert (path / "hub.pid").read_text() == f"{os.getpid()}\n"
        data.close()
        assert not (path / "hub.pid").exists()


def test_a_second_hub_is_told_who_holds_the_directory(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    for _ in range(2):
        with pytest.raises(ConfigError, match=rf"another hub \(process {os.getpid()}\) holds"):
            DataDirectory(tmp_path)
    (tmp_path / "hub.pid").unlink()
    with pytest.raises(ConfigError, match="another hub holds"):
        DataDirectory(tmp_path)
    data.close()
    DataDirectory(tmp_path).close()


def test_a_pid_left_behind_by_a_crash_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "hub.pid").write_text("1\n")
    DataDirectory(tmp_path).close()


def test_a_place_where_no_directory_can_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(ConfigError, match="cannot be made"):
            DataDirectory(path)


@pytest.mark.parametrize("content", [None, b"garbage" * 100])
def test_a_lock_that_is_no_lock_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is None:
        (tmp_path / "hub.lock").mkdir()
    else:
        (tmp_path / "hub.lock").write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be written"):
        DataDirectory(tmp_path)


@pytest.mark.parametrize(
    ("content", "place"), [(None, None), (b"", None), (b"garbage", None), (b"00042\n", 42)]
)
def test_how_far_clients_were_told_is_kept(
    tmp_path: Path, content: bytes | None, place: int | None
) -> None:
    path = tmp_path / "told"
    if content is not None:
        path.write_bytes(content)
    mark = ToldMark(path)
    assert mark.place == place
    for number in (7, 123456789, 8):
        mark.move(number)
        if number == 123456789:  # whoever looks now, after a kill, finds it
            crashed = ToldMark(path)
            assert crashed.place == number
            crashed.close()
    mark.close()
    mark.move(9)  # too late
    mark = ToldMark(path)
    assert mark.place == 8
    mark.close()
