"""``razem hub invite [#CHANNEL]``: a link that lets people in from other machines."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final

from razem.cli.exits import Exit
from razem.cli.steer.shared import (
    add_where,
    ask_hub,
    channel_name,
    duration,
    print_table,
    whole,
)

if TYPE_CHECKING:
    from razem.hub.control.requests import Request

__all__ = ["add_arguments", "run"]

_WEEK: Final = 7 * 86400.0

_EXAMPLES: Final = """\
examples:
  razem hub invite                            a link, good for a week
  razem hub invite '#lobby' --uses 1          for one guest, into a channel, even a closed one
  razem hub invite --expires 2d --host chat.example.org
  razem hub invite --list                     what invitations there are
  razem hub invite --revoke 1a2b3c4d          let nobody in by that one any more

Who has the link joins by `razem chat LINK`, or with any IRC client by TLS and what is printed
for PASS (the server password). Who used it may come again by it, without counting again.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Invite people on other machines to a running hub, by a link."
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "channel", metavar="#CHANNEL", nargs="?", default="", help="where they are led, and may go"
    )
    parser.add_argument(
        "--uses", type=whole, default=0, metavar="N", help="for N guests (by default for any)"
    )
    parser.add_argument(
        "--expires",
        type=duration,
        default=_WEEK,
        metavar="TIME",
        help="for how long: 30m, 12h, 2d or never (by default 7d)",
    )
    parser.add_argument(
        "--host",
        type=_place,
        default=("", 0),
        metavar="NAME[:PORT]",
        help="by which they reach this machine (by default its address)",
    )
    parser.add_argument("--no-qr", action="store_true", help="print no QR code")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--list", action="store_true", help="tell what invitations there are, instead"
    )
    instead.add_argument("--revoke", metavar="ID", help="make one of those worthless, instead")
    add_where(parser)


def run(args: argparse.Namespace) -> int:
    """Print the link and how to use it."""
    from razem.hub.control import requests

    request: Request
    if args.list:
        request = requests.Invitations()
    elif args.revoke:
        request = requests.Revoke(id=args.revoke)
    else:
        host, port = args.host
        request = requests.Invite(
            channel=channel_name(args.channel),
            uses=args.uses,
            seconds=args.expires,
            host=host,
            port=port,
        )
    facts = ask_hub(args, request)
    if args.json:
        import json

        for each in facts["invitations"] if args.list else [facts]:
            print(json.dumps(each))
    elif args.list:
        _print_list(facts["invitations"])
    elif args.revoke:
        print(f"invitation {facts['id']} lets nobody in any more")
    else:
        _print_invitation(facts, qr=not args.no_qr)
    return Exit.DONE


def _place(text: str) -> tuple[str, int]:
    """Read NAME, NAME:PORT, or an IPv6 address in brackets."""
    from razem.errors import AddressError
    from razem.sockets.address import Address

    bare = f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text
    try:
        address = Address(f"razem://{bare}")
    except AddressError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no host: {error.message}") from error
    _, _, after = bare.rpartition("]")
    return address.host, (address.port or 0) if ":" in after else 0


def _print_list(invitations: list[dict[str, Any]]) -> None:
    if not invitations:
        print("there is none")
        return
    rows = [
        (
            each["id"],
            each["channel"] or "-",
            f"{each['used']} of {each['uses']}" if each["uses"] else "any number",
            each["expires"] or "never",
        )
        for each in invitations
    ]
    print_table(("ID", "CHANNEL", "USED", "EXPIRES"), rows)


def _print_invitation(facts: dict[str, Any], *, qr: bool) -> None:
    whom = {0: "any number of guests", 1: "one guest"}.get(facts["uses"], f"{facts['uses']} guests")
    until = f"until {facts['expires']}" if facts["expires"] else "for ever"
    where = f" to {facts['channel']}" if facts["channel"] else ""
    print(f"invitation {facts['id']}{where}, for {whom}, {until}:")
    print(f"\n  {facts['link']}\n")
    print(f"to join by it:   razem chat '{facts['link']}'")
    print(f"in a browser:    {facts['web']}")
    print(f"in IRC clients:  TLS to {facts['host']} port {facts['port']}, and as server password")
    print(f"                 {facts['password']}")
    print(f"certificate:     {facts['fingerprint']}")
    if qr:
        from razem.cli.qr import print_qr

        print_qr(facts["link"])
    if not facts["remote"]:
        from razem.cli.parser import complain

        complain("razem: ", "the hub listens for this machine only: see `razem hub --listen`.")
