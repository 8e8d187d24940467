"""The configuration of a hub: every key, and every mistake named with its place."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem.errors import ConfigError
from razem.hub.config import Config, default_data_directory
from razem.hub.config_file import _line_of, load_config, with_options
from razem.hub.config_keys import Key, keys_of
from razem.hub.config_text import config_text
from razem.talk.settings import Limits, Operator

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = '''\
name = "irc.example.org"
description = "our hub"
network = "Example"
listen = ["tcp://localhost:0", "unix:///tmp/hub"]
data = "~/hub"
memory = false
control = "/run/hub.control"
durability = "commit"
password = "open sesame"
motd = """
Welcome!
Be kind."""
plaintext = "everywhere"
access = "open"
admin = "Ana, ana@example.org"
proxies = ["10.0.0.0/8", "192.0.2.1"]
metrics = ["192.0.2.0/24"]
origins = ["https://chat.example.org"]
filehost = "https://files.example.org/upload"
announce = false
meet = false
log_json = true

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
connections = 9
connections_by_address = 0
connections_by_network = 0
ipv4_network = 32
ipv6_network = 48
handshake_seconds = 2
invitations = 5
bans = 5
monitor = 5
who = 5

[accounts]
registration = false
always_on = true
password = 12
failures = 2
failure_seconds = 1

[history]
keep_days = 30
keep_megabytes = 0.5
keep_messages = 10000

[tls]
certificate = "/etc/hub.pem"
key = "/etc/hub.key"
sts_days = 30

[operators.ana]
password = "sesame"

[operators."bo|2"]
password = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$x"
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
    for table in ("limits", "accounts", "history", "tls"):
        written = tomllib.loads(WHOLE)[table]
        assert [k for k in written if given[table][k] == defaults[table][k]] == []
    assert config.operators["bo|2"].password.startswith("$argon2id$")


def test_everything_has_a_default(tmp_path: Path) -> None:
    assert load(tmp_path, "") == Config()
    assert load(tmp_path, "[limits]\n").limits == Limits()


def test_the_port_of_tls_is_the_first_there_is(tmp_path: Path) -> None:
    assert Config().port == 6697
    assert load(tmp_path, 'listen = ["unix:///x", "tls://:7000", "tcp://:6667"]').port == 7000
    assert load(tmp_path, 'listen = "unix:///x"').port == 0
    assert load(tmp_path, 'listen = "tcp://:0"').port == 0


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
        ("limits = 5", "line 1: `limits` is a table, not a number."),
        ("[operators]\nana = 'x'", "line 2: `operators.ana` is a table, not text."),
        ("[operators.ana]\npasswrd = 'x'", "line 2: unknown key `passwrd`; the nearest is `passw"),
        ("\n[operators.ana]\n", "line 2: `operators.ana` needs a `password`."),
        ("[operators.'a b']\npassword = 'x'", "`operators` have names of one word, not 'a b'"),
        ("[operators.ana]\npassword = ''", "line 2: `operators.ana.password`: expected `str` of"),
        ("[operators]\nana = {password=5}", "line 2: `operators.ana.password`: expected `str`"),
        ("[histroy]\nkeep_days = 1", "line 1: unknown key `histroy`; the nearest is `history`."),
        (
            "\n[operatrs.ana]\npassword = 'x'",
            "line 2: unknown key `operatrs`; the nearest is `oper",
        ),
        ("a.b = 1", "line 1: unknown key `a`."),
        ("\nfilehost = 'ftp://x'", "line 2: `filehost` is like https://files.example.org/upload"),
        ("[history]\nkeep_day = 1", "line 2: unknown key `keep_day`; the nearest is `keep_days`."),
        ("[history]\nkeep_days = -1", "line 2: `history.keep_days`: expected `float` >= 0.0."),
        ("keep_days = 1", "line 1: unknown key `keep_days`; it belongs into [history]."),
        ("[tls]\nnetwork = 'x'", "`network` in [tls]; it belongs before the first table."),
        ("[tls]\nkey = 'x'", "line 2: `key` needs a `certificate`."),
        ("access = 'invites'", "`access`: invalid enum value 'invites'; it is one of invite, acco"),
        ("plaintext = true", "line 1: `plaintext`: expected `str`, got `bool`; it is one of loopb"),
        ("listen = ['tcp://localhost:http2']", "line 1: `listen`: tcp://localhost:http2: no servi"),
        ("listen = 'udp://localhost:1'", "line 1: `listen`: a hub cannot listen on udp://localho"),
        ("listen = []", "line 1: `listen` is an address, or a list of one or more."),
        ("\nproxies = ['10.0.0.1/8']", "line 2: `proxies`: 10.0.0.1/8 has host bits set."),
        (
            "metrics = ['x']",
            "line 1: `metrics`: 'x' does not appear to be an IPv4 or IPv6 network.",
        ),
        ("admin = 'a\\nb\\nc\\nd'".replace("'", '"'), "line 1: `admin` has at most three lines."),
        ('motd = """\nnmae = 1\n"""\nnmae = 1', "line 4: unknown key `nmae`"),
        ("motd = '''\n[limits]\n'''\nnmae = 1", "line 4: unknown key `nmae`"),
        ('"name" = 5', "line 1: `name`: expected `str`, got `int`."),
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


def every_key(kind: type[msgspec.Struct]) -> list[Key]:
    keys = list(keys_of(kind).values())
    return keys + [inner for key in keys if key.table for inner in every_key(key.table)]


def test_every_key_says_what_it_means() -> None:
    keys = every_key(Config)
    assert len(keys) > 40
    for key in keys:
        assert key.meaning.endswith((".", "each.")), key.name
        assert key.meaning[0].isupper(), key.name


def test_the_printed_configuration_has_every_key_with_a_comment_and_decodes_to_the_defaults(
    tmp_path: Path,
) -> None:
    text = config_text(Config())
    assert load(tmp_path, text) == Config()
    table = tomllib.loads(text)
    for section, keys in (("", keys_of(Config)), ("limits", keys_of(Limits))):
        assert set(table[section] if section else table) >= {
            key.name for key in keys.values() if not key.named
        }
    lines = text.splitlines()
    assignments = [number for number, line in enumerate(lines) if re.match(r"#?\w+ = |#?\[", line)]
    assert len(assignments) == len(every_key(Config))
    for number in assignments:
        assert lines[number - 1].startswith("# "), lines[number]
    assert max(map(len, lines)) <= 100


def test_the_example_in_the_printed_configuration_can_be_used(tmp_path: Path) -> None:
    text = re.sub(r"(?m)^#(?=\[|\w)", "", config_text(Config()))
    assert load(tmp_path, text).operators["NAME"].password == "change me"


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\0\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
)
CONFIGS = st.builds(
    Config,
    description=TEXTS,
    motd=st.lists(TEXTS.map(lambda text: text[:90]), max_size=3).map("\n".join),
    password=TEXTS,
    listen=st.lists(st.just("tcp://localhost:0"), min_size=1),
    plaintext=st.sampled_from(["loopback", "everywhere", "never"]),
    proxies=st.lists(st.ip_addresses().map(str)),
    limits=st.builds(Limits, flood=st.booleans(), flood_rate=st.floats(0.1, 1e9)),
    operators=st.dictionaries(
        st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1).filter(
            lambda name: not name.startswith(":") and len(name) < 60
        ),
        st.builds(Operator, password=st.text(st.characters(codec="utf-8"), min_size=1)),
        max_size=3,
    ),
)


@given(CONFIGS)
def test_whatever_is_configured_can_be_printed_and_read_again(config: Config) -> None:
    assert msgspec.convert(tomllib.loads(config_text(config)), Config) == config


def test_options_are_keys_on_top_of_the_file() -> None:
    config = with_options(Config(motd="x"), {"tls.certificate": "c.pem", "name": "irc.example"})
    assert (config.motd, config.name, config.tls.certificate) == ("x", "irc.example", "c.pem")
    for options, problem in (
        ({"name": "two words"}, "the options: `name` is one word"),
        ({"tls.key": "k.pem"}, "the options: `key` needs a `certificate`"),
        ({"listen": ["nonsense"]}, "the options: `listen`: nonsense: the scheme is missing"),
    ):
        with pytest.raises(ConfigError, match=re.escape(problem)):
            with_options(Config(), options)


@pytest.mark.parametrize(
    ("text", "wanted", "line"),
    [
        ("a = 1\nb.c = 2", ("b", "c"), 2),
        ('[a."b c"]\nd = 2', ("a", "b c", "d"), 2),
        ("[ a . b ]\n d = 2", ("a", "b", "d"), 2),
        ("a = {b = {c = 1}}", ("a", "b", "c"), 1),
        ("a = 1", ("b",), 0),
        ('x = """\na = 1\n"""\na = 2', ("a",), 4),
    ],
)
def test_lines_are_found(text: str, wanted: tuple[str, ...], line: int) -> None:
    tomllib.loads(text)
    assert _line_of(text, wanted) == line
