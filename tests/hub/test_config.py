"""The configuration of a hub: every key, and every mistake named with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from razem.errors import ConfigError
from razem.hub.config import Config, default_data_directory, load_config
from razem.talk.settings import Limits

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = '''\
name = "irc.example.org"
description = "our hub"
network = "Example"
listen = ["tcp://localhost:0", "unix:///tmp/hub"]
data = "~/hub"
memory = false
durability = "commit"
password = "open sesame"
motd = """
Welcome!
Be kind."""
plaintext = true

[limits]
flood = false
flood_rate = 2.5
flood_burst = 5
nick = 9
channel = 50
topic = 100
reason = 100
away = 100
channels = 10
channels_in_all = 50
targets = 4
history = 100
missed = 100
outbox = 1000
pending = 10
registration_seconds = 5
ping_seconds = 10.5
'''


def load(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "hub.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


def test_every_key_can_be_given(tmp_path: Path) -> None:
    config = load(tmp_path, WHOLE)
    given = msgspec.to_builtins(config)
    defaults = msgspec.to_builtins(Config())
    assert config.addresses == ["tcp://localhost:0", "unix:///tmp/hub"]
    assert config.motd.splitlines() == ["Welcome!", "Be kind."]
    assert [key for key, value in given.items() if value == defaults[key]] == ["memory"]
    assert [k for k, v in given["limits"].items() if v == defaults["limits"][k]] == []


def test_everything_has_a_default(tmp_path: Path) -> None:
    assert load(tmp_path, "") == Config()
    assert load(tmp_path, "[limits]\n").limits == Limits()


def test_one_address_needs_no_list(tmp_path: Path) -> None:
    assert load(tmp_path, 'listen = "tcp://[::1]:6697"').addresses == ["tcp://[::1]:6697"]


def test_the_directory_of_the_data_is_the_users_own_unless_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ana")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert default_data_directory() == "/home/ana/.local/share/razem/hub"
    assert load(tmp_path, 'data = "~/x"').data_directory == "/home/ana/x"
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert Config().data_directory == "/data/razem/hub"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nmae = 'x'", "line 1: unknown key `nmae`; the nearest is `name`"),
        ("\n# x\nxyzzy = 1", "line 3: unknown key `xyzzy`."),
        ("[limits]\nflod = 1", "line 2: unknown key `flod`; the nearest is `flood`"),
        ("name = 'x'\n[limits]\nname = 1", "line 3: unknown key `name`"),
        ("[limits]\nflood = true\n[other]", "line 3: unknown key `other`."),
        ("limits = { flod = 1 }", "line 1: unknown key `flod`; the nearest is `flood`"),
        ("limits.flod = 1", "line 1: unknown key `flod`; the nearest is `flood`"),
        ("name = 5", "line 1: `name`: expected `str`, got `int`."),
        ("\nlisten = [1]", "line 2: `listen`: expected `str`, got `int`."),
        ("memory = 'yes'", "line 1: `memory`: expected `bool`, got `str`."),
        ("durability = 'always'", "line 1: `durability`: invalid enum value 'always'"),
        ("[limits]\nnick = 0", "line 2: `limits.nick`: expected `int` >= 1."),
        ("[limits]\nnick = 500", "line 2: `limits.nick`: expected `int` <= 40."),
        ("[limits]\nflood_rate = 0", "line 2: `limits.flood_rate`: expected `float` > 0.0."),
        ("[limits]\nflood = 'no'", "line 2: `limits.flood`: expected `bool`, got `str`."),
        ("limits = 5", "line 1: `limits`: expected `object`, got `int`."),
        ("\nname = 'two words'", "line 2: `name` is one word of 1 to 63 letters"),
        ("name = ''", "line 1: `name` is one word of 1 to 63 letters"),
        ("name = ':x'", "line 1: `name` is one word of 1 to 63 letters"),
        ('network = "a\\u0000b"', "line 1: `network` is one word"),
        ('description = "a\\nb"', "line 1: `description` is one line"),
        ('password = "a\\nb"', "line 1: `password` is one line"),
        (f"motd = '{'x' * 401}'", "line 1: a line of `motd` has at most 400 bytes"),
        ("name = ", "is not valid TOML"),
        ("name = 'x'\nname = 'y'", "is not valid TOML"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_the_nearest_right_key(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert str(tmp_path / "hub.toml") in str(caught.value)
    assert problem in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.toml cannot be read: No such file"):
        load_config(tmp_path / "missing.toml")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'name = "caf\xe9"')
    with pytest.raises(ConfigError, match=r"latin\.toml is not UTF-8"):
        load_config(tmp_path / "latin.toml")
