"""How commands meet by ``code:`` addresses: ``--via HUB``, the configuration, and what is told."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from razem.meet.settings import Via

__all__ = ["add_via", "config_file", "is_code", "met", "tell_code"]


def add_via(parser: argparse.ArgumentParser) -> None:
    """Declare how to meet, for commands that take code addresses."""
    group = parser.add_argument_group("code addresses")
    group.add_argument(
        "--via",
        metavar="HUB",
        help="a hub for both to meet by, where the local network is not enough: HOST or an"
        " invitation's link (else that of the configuration, or RAZEM_VIA)",
    )
    group.add_argument(
        "--hidden",
        action="store_true",
        help="go by the hub only, so that the other end does not learn this one's address",
    )


def is_code(address: str) -> bool:
    """Whether one meets by it."""
    plain = address.removeprefix("listen:").removeprefix("lasting:")  # of relays
    return plain.lower().startswith("code:")


@contextmanager
def met(
    args: argparse.Namespace, *addresses: str | None, tell: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Let the addresses, if they are of codes, be met as the options say.

    Raises:
        AddressError: what stands for the hub is none.
        ConfigError: the configuration cannot be read.
    """
    if not any(is_code(address) for address in addresses if address):
        if args.via or args.hidden:
            from razem.errors import AddressError

            raise AddressError("--via and --hidden are for code: addresses.")
        yield
        return
    from razem.meet.settings import meeting

    with meeting(via=_via(args), direct=not args.hidden, tell=tell or _tell):
        yield


def tell_code(address: object, command: str) -> None:
    """Print what the other one has to type."""
    print(f"the other end joins by:  razem {command} {address}", file=sys.stderr, flush=True)


def config_file() -> Path:
    """Return where the user's configuration is: razem.toml, with ``via = "HUB"``."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111
    return Path(home) / "razem" / "razem.toml"


def _via(args: argparse.Namespace) -> Via | None:
    text = args.via or os.environ.get("RAZEM_VIA") or _configured()
    if not text:
        return None
    from razem.meet.settings import Via
    from razem.talk.client.place import find_place

    place = find_place(text, secure=True)
    return Via(place.address, place.password, place.fingerprint)


def _configured() -> str:
    """What the configuration says."""
    import tomllib

    from razem.errors import ConfigError

    file = config_file()
    try:
        settings: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read: {error}.") from error
    via = settings.get("via", "")
    if not isinstance(via, str):
        raise ConfigError(f'{file}: `via` is a text, as in via = "hub.example.org".')
    return via


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
