"""The configuration of a hub, as typed values.

Each key says what it means where it stands, once: `razem hub --print-config` (hub/config_text.py)
and the mistakes that are told of a file (hub/config_file.py) are made from it.
"""

from __future__ import annotations

import ipaddress
import os
import re
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from razem.errors import AddressError
from razem.sockets.address import Address
from razem.talk.settings import Access, Accounts, Durability, History, Limits, Operator

__all__ = ["Config", "Plaintext", "TlsFiles", "check_lines", "default_data_directory"]

Plaintext = Literal["loopback", "everywhere", "never"]

_DEFAULT_LISTEN: Final = ("tcp://:6697",)  # IPv4 and IPv6, of this machine and others
_SCHEMES: Final = {"tcp", "tls", "unix", "fd"}
_MAX_MOTD_LINE: Final = 400  # bytes, so that RPL_MOTD stays below 512


class TlsFiles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The certificate that the hub shows; without one, the identity it made for itself."""

    certificate: Annotated[
        str,
        Meta(
            description='A PEM file: the certificate, and those that vouch for it. "": the one'
            " that the hub made at its first start, and keeps in the data directory."
        ),
    ] = ""
    key: Annotated[
        str, Meta(description='A PEM file: its private key. "": it is in the file above.')
    ] = ""
    sts_days: Annotated[
        float,
        Meta(
            ge=0,
            description="For how long clients shall come by TLS only (IRCv3 STS); 0: not told."
            " Only for a certificate that their systems trust.",
        ),
    ] = 0.0

    def __post_init__(self) -> None:
        """Refuse a key to no certificate."""
        if self.key and not self.certificate:
            raise ValueError("`key` needs a `certificate`")


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``--config FILE`` may say; every key has a default."""

    name: Annotated[str, Meta(description="The server's name on the wire: one word.")] = (
        "razem.local"
    )
    description: Annotated[str, Meta(description="One line about it, for people.")] = "a Razem hub"
    network: Annotated[str, Meta(description="The network's name, for clients: one word.")] = (
        "Razem"
    )
    admin: Annotated[
        str, Meta(description="Who runs it and how to reach them, for ADMIN: up to three lines.")
    ] = ""
    motd: Annotated[
        str,
        Meta(
            description="The message of the day, a line or more. What `razem hub motd` has set"
            " comes before it."
        ),
    ] = ""
    listen: Annotated[
        str | list[str],
        Meta(
            description="Where to listen: one address or a list of tcp://HOST:PORT (TLS, plain"
            " text, IRC, HTTP and WebSocket on the same port), tls://HOST:PORT (TLS only),"
            " unix:///PATH and fd:3 (of systemd)."
        ),
    ] = msgspec.field(default_factory=lambda: list(_DEFAULT_LISTEN))
    plaintext: Annotated[
        Plaintext,
        Meta(
            description='Who may speak without TLS: "loopback" (this machine and UNIX sockets),'
            ' "everywhere" or "never" (only UNIX sockets).'
        ),
    ] = "loopback"
    access: Annotated[
        Access,
        Meta(
            description='Who may come in from another machine: "invite" (with an invitation or'
            ' an account), "accounts" (with an account) or "open" (everybody). This machine and'
            " UNIX sockets are free."
        ),
    ] = "invite"
    password: Annotated[
        str,
        Meta(
            description='What every client must send with PASS; "": nothing. Who has it needs no'
            " invitation."
        ),
    ] = ""
    data: Annotated[
        str,
        Meta(
            description='The directory of the log, the identity and the control socket; "": the'
            " user's own (~/.local/share/razem/hub)."
        ),
    ] = ""
    control: Annotated[
        str,
        Meta(
            description="The socket by which `razem hub users`, `invite` and the like reach the"
            ' running hub; "": hub.control in the directory of the data; none where nothing is'
            " kept."
        ),
    ] = ""
    memory: Annotated[
        bool, Meta(description="Keep nothing: history ends with the hub. Not with `data`.")
    ] = False
    durability: Annotated[
        Durability,
        Meta(
            description='What an acknowledged message survives: "fsync" a power cut, "commit" a'
            ' crash of the hub, "none" mostly that.'
        ),
    ] = "fsync"
    proxies: Annotated[
        list[str],
        Meta(
            description="Addresses and networks whose connections begin with the PROXY protocol"
            " (v1 or v2), such as 192.0.2.7 or 10.0.0.0/8. It is required from them."
        ),
    ] = msgspec.field(default_factory=list)
    origins: Annotated[
        list[str],
        Meta(
            description="Web pages of others that may open a WebSocket to the hub, by origin, such"
            " as https://chat.example.org; its own page always may."
        ),
    ] = msgspec.field(default_factory=list)
    metrics: Annotated[
        list[str],
        Meta(description="Addresses and networks that may read /metrics; this machine always may."),
    ] = msgspec.field(default_factory=list)
    filehost: Annotated[
        str,
        Meta(
            description="Where clients may put files, for others to get by a link: an address such"
            " as https://files.example.org/upload, of which they are told (draft/FILEHOST)."
        ),
    ] = ""
    announce: Annotated[
        bool,
        Meta(
            description="Announce the hub on the local network (mDNS, _razem._tcp) when it listens"
            " for other machines, so that `razem chat` lists it."
        ),
    ] = True
    meet: Annotated[
        bool,
        Meta(
            description="Let those who may come in meet others by code phrases (`--via`), whoever"
            " those are; what is carried between them is ciphertext to the hub."
        ),
    ] = True
    log_json: Annotated[
        bool, Meta(description="Write what happens as lines of JSON, for programs.")
    ] = False
    limits: Annotated[Limits, Meta(description="Sizes and times.")] = Limits()
    accounts: Annotated[Accounts, Meta(description="Accounts of users.")] = Accounts()
    history: Annotated[History, Meta(description="What is kept of what was said.")] = History()
    tls: Annotated[TlsFiles, Meta(description="The certificate of the hub.")] = TlsFiles()
    operators: Annotated[
        dict[str, Operator],
        Meta(
            description="Who may become a server operator, by OPER NAME PASSWORD: one table each."
        ),
    ] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what could not stand in an IRC line, and what is no address."""
        for key in ("name", "network"):
            value = getattr(self, key)
            if not re.fullmatch(r"[^\s:,*?!@\x00-\x1f]{1,63}", value):
                raise ValueError(f"`{key}` is one word of 1 to 63 letters, not {value!r}")
        if self.memory and self.data:
            raise ValueError("`memory` keeps nothing: it does not go with `data`")
        if "\n" in self.description or "\r" in self.description:
            raise ValueError("`description` is one line")
        check_lines("`motd`", self.motd)
        check_lines("`admin`", self.admin)
        if len(self.admin.splitlines()) > 3:
            raise ValueError("`admin` has at most three lines")
        if any(character in self.password for character in "\r\n\0"):
            raise ValueError("`password` is one line")
        self._check_listen()
        self._check_tables()

    def _check_tables(self) -> None:
        for key in ("proxies", "metrics"):
            for text in getattr(self, key):
                _check_network(key, text)
        for text in self.origins:
            if not re.fullmatch(r"https?://[^\s/]+/?", text):
                raise ValueError(f"`origins` are like https://chat.example.org, not {text!r}")
        if self.filehost and not re.fullmatch(r"https?://[!-~]{1,142}", self.filehost):
            raise ValueError(
                "`filehost` is like https://files.example.org/upload and has at most 150 letters,"
                f" not {self.filehost!r}"
            )
        for name in self.operators:
            if not re.fullmatch(r"[^\s:]\S{0,62}", name):
                raise ValueError(f"`operators` have names of one word, not {name!r}")

    def _check_listen(self) -> None:
        if not self.listen:
            raise ValueError("`listen` is an address, or a list of one or more")
        for text in self.addresses:
            try:
                scheme = Address(text).scheme
            except AddressError as error:
                raise ValueError(f"`listen`: {str(error).rstrip('.')}") from error
            if scheme not in _SCHEMES:
                raise ValueError(
                    f"`listen`: a hub cannot listen on {text}: it listens on tcp, tls, unix and"
                    " fd addresses"
                )

    @property
    def data_directory(self) -> str:
        """`data`, or the user's own, with ``~`` expanded."""
        return os.path.expanduser(self.data or default_data_directory())  # noqa: PTH111

    @property
    def port(self) -> int:
        """The first port on which TLS is spoken; 0: there is none, or the system chooses it."""
        places = [Address(text) for text in self.addresses]
        ports = [each.port or 0 for each in places if each.scheme in {"tcp", "tls"}]
        return ports[0] if ports else 0

    @property
    def addresses(self) -> list[str]:
        """`listen`, always as a list."""
        return [self.listen] if isinstance(self.listen, str) else self.listen


def check_lines(what: str, text: str) -> None:
    """Refuse a text that could not be told by line.

    Raises:
        ValueError: a line of it is too long, or has a NUL.
    """
    for line in text.splitlines():
        if len(line.encode()) > _MAX_MOTD_LINE or "\0" in line:
            raise ValueError(f"a line of {what} has at most {_MAX_MOTD_LINE} bytes")


def _check_network(key: str, text: str) -> None:
    try:
        ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"`{key}`: {error}") from error


def default_data_directory() -> str:
    """Return where a hub keeps its log when nothing else is said (XDG Base Directory)."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")  # noqa: PTH111
    return os.path.join(base, "razem", "hub")  # noqa: PTH118 # text, as in the file
