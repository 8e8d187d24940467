"""The configuration of a hub: a TOML file decoded to typed values."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from typing import TYPE_CHECKING, Any, Final, get_args

import msgspec

from razem.errors import ConfigError
from razem.talk.settings import Durability, Limits

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Config", "default_data_directory", "load_config"]

_DEFAULT_LISTEN: Final = ("tcp://localhost:6697",)
_MAX_MOTD_LINE: Final = 400  # bytes, so that RPL_MOTD stays below 512


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``--config FILE`` may say; every key has a default.

    Attributes:
        name: the server's name on the wire; no spaces.
        description: one line, for people.
        network: one word, for clients.
        listen: addresses, one or a list.
        data: the directory of the log; "": the user's own.
        memory: keep nothing: no `data`.
        durability: "fsync": what is acknowledged survives a power cut; "commit": a crash of the
            hub; "none": mostly that.
        password: that clients must send with PASS; "": none.
        motd: the message of the day.
        plaintext: listen beyond loopback although nothing is encrypted.
        limits: sizes and times.
    """

    name: str = "razem.local"
    description: str = "a Razem hub"
    network: str = "Razem"
    listen: str | list[str] = msgspec.field(default_factory=lambda: list(_DEFAULT_LISTEN))
    data: str = ""
    memory: bool = False
    durability: Durability = "fsync"
    password: str = ""
    motd: str = ""
    plaintext: bool = False
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        """Refuse names that could not stand in an IRC line."""
        for key in ("name", "network"):
            value = getattr(self, key)
            if not re.fullmatch(r"[^\s:,*?!@\x00-\x1f]{1,63}", value):
                raise ValueError(f"`{key}` is one word of 1 to 63 letters, not {value!r}")
        if self.memory and self.data:
            raise ValueError("`memory` keeps nothing: it does not go with `data`")
        if not self.listen:
            raise ValueError("`listen` is an address, or a list of one or more")
        if "\n" in self.description or "\r" in self.description:
            raise ValueError("`description` is one line")
        for line in self.motd.splitlines():
            if len(line.encode()) > _MAX_MOTD_LINE or "\0" in line:
                raise ValueError(f"a line of `motd` has at most {_MAX_MOTD_LINE} bytes")
        if any(character in self.password for character in "\r\n\0"):
            raise ValueError("`password` is one line")

    @property
    def data_directory(self) -> str:
        """`data`, or the user's own, with ``~`` expanded."""
        return os.path.expanduser(self.data or default_data_directory())  # noqa: PTH111

    @property
    def addresses(self) -> list[str]:
        """`listen`, always as a list."""
        return [self.listen] if isinstance(self.listen, str) else self.listen


def load_config(path: Path) -> Config:
    """Read a configuration file.

    Raises:
        ConfigError: it cannot be read, is no TOML, has an unknown key or a wrong value.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"the configuration {path} cannot be read: {error.strerror}.",
            advice="Check the path given with --config.",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"the configuration {path} is not UTF-8: {error}.") from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from error
    try:
        return msgspec.convert(table, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(_explain(path, text, str(error))) from error


def _explain(path: Path, text: str, problem: str) -> str:
    """Say where in the file the problem is, and which key may have been meant."""
    message, _, place = problem.partition(" - at `$")
    where = re.sub(r"\[[^]]*\]", "", place).strip(".`")
    if unknown := re.search(r"unknown field `(.+)`", message):
        section: Any = Limits if where == "limits" else Config
        known = [field.encode_name for field in msgspec.structs.fields(section)]
        near = difflib.get_close_matches(unknown[1], known, 1)
        message = f"unknown key `{unknown[1]}`" + (f"; the nearest is `{near[0]}`" if near else "")
        where = f"{where}.{unknown[1]}" if where else unknown[1]
    elif where:
        message = f"`{where}`: {message[:1].lower()}{message[1:]}"
        if where == "durability":
            message += f"; it is one of {', '.join(get_args(Durability))}"
    elif checked := re.search(r"`(\w+)`", message):  # by Config itself
        where = checked[1]
    number = _line_of(text, where)
    return f"{path}, line {number}: {message}." if number else f"{path}: {message}."


def _line_of(text: str, wanted: str) -> int:
    """Return the number of the line that gives a key (``limits.flood``) its value, or 0."""
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[([^\[\]]+)\]", line):
            section = header[1].strip() + "."
            if wanted == section[:-1]:
                return number
        elif assignment := re.match(r"\s*([\w.\-\"' ]+?)\s*=", line):
            key = section + re.sub(r"[\"' ]", "", assignment[1])
            if key == wanted or wanted.startswith(f"{key}."):  # an inline table
                return number
    return 0


def default_data_directory() -> str:
    """Return where a hub keeps its log when nothing else is said (XDG Base Directory)."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")  # noqa: PTH111
    return os.path.join(base, "razem", "hub")  # noqa: PTH118 # text, as in the file
