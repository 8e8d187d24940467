"""``razem chat ADDRESS [#channel]``: join a hub and talk."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Final

from razem.cli.exits import Exit
from razem.cli.via import add_via, is_code, met

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from razem.hub.process import HubProcess
    from razem.talk.client.driver import Client
    from razem.talk.faces.plain import PlainFace

__all__ = ["add_arguments", "run"]

_LOBBY: Final = "#lobby"
_INPUT: Final = 0  # file descriptor of every process (stdin(3))
_DEFAULT_HOST: Final = "localhost"

_EXAMPLES: Final = """\
examples:
  razem chat                                the hubs of this network, and recent ones
  razem chat localhost                      talk in #lobby of the hub on this machine
  razem chat localhost '#net' --nick ana
  razem chat razem://localhost/#net         the same channel, as an address
  razem chat 'razem://host/#net?key=…'      by an invitation (razem hub invite)
  razem chat --host                         a hub, and a chat in it
  razem chat --host :6697                   the same, with a link for other machines
  razem chat code:                          a private chat for two: prints a code phrase; ...
  razem chat code:7-guitar-ocean            ... with which the other one joins, from anywhere
  echo 'backup done' | razem chat localhost '#ops'
  razem chat localhost '#ops' --follow < /dev/null | grep -i error

What you type is said in the channel; F1 shows the keys, /help the commands; Ctrl-D ends. When the
connection is lost it is made again, what was missed is shown, and what was not acknowledged is
sent again. The fingerprint of a hub is kept at first sight; a hub that shows another is refused.

When standard input or output is no terminal, every line of the input is said as it is, messages
are printed as lines, and the end of the input ends the chat once everything is acknowledged.

The exit code is 1 when a line was refused or not acknowledged.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Join a hub and talk: nothing is missing, nothing comes twice."
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "address",
        nargs="?",
        metavar="ADDRESS",
        help="HOST, HOST:PORT, razem://HOST/#CHANNEL, tcp://…, tls://…, unix:///PATH or"
        " code:7-guitar-ocean",
    )
    parser.add_argument(
        "channel", nargs="?", metavar="#CHANNEL", help=f"where to talk (by default {_LOBBY})"
    )
    parser.add_argument("--nick", help="what to be called (by default your login name)")
    parser.add_argument("--password", default="", help="the password of the hub")
    parser.add_argument(
        "--account",
        metavar="NAME",
        default="",
        help="log in to your account; its password is asked for (no terminal: RAZEM_PASSWORD)",
    )
    parser.add_argument(
        "--plain", action="store_true", help="lines instead of a full screen (at a terminal)"
    )
    parser.add_argument(
        "--fingerprint",
        metavar="SHA256",
        help="of the certificate of the hub, as `razem hub status` shows it there; no other is"
        " trusted",
    )
    parser.add_argument(
        "--host",
        action="store_true",
        help="be the hub as well, at ADDRESS (:6697 for other machines too), for this time only",
    )
    parser.add_argument(
        "--listen",
        metavar="ADDRESS",
        help="with --host: where, instead of ADDRESS; code: makes a private chat for two",
    )
    parser.add_argument(
        "--plaintext",
        action="store_true",
        help="with --host: let other machines in without TLS, too",
    )
    parser.add_argument(
        "--follow", action="store_true", help="go on after the end of the input (no terminal)"
    )
    parser.add_argument(
        "--json", action="store_true", help="print every event as a line of JSON (no terminal)"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="to wait at the end for what is not acknowledged (by default 60; no terminal)",
    )
    parser.set_defaults(private=False)
    add_via(parser)


def run(args: argparse.Namespace) -> int:
    """Chat until the user or the input ends it."""
    import asyncio

    if args.channel is None and args.address and args.address[0] in "#&":
        args.address, args.channel = None, args.address  # `razem chat --host '#net'`
    if args.host and args.listen:
        if args.channel is None and args.address:
            args.channel = args.address
        args.address = args.listen
    with met(args, args.address, tell=_tell_way(args)):
        if args.address and is_code(args.address) and (args.host or args.address == "code:"):
            return asyncio.run(_host_privately(args))
        return asyncio.run(_host(args) if args.host else _chat(args))


def _tell_way(args: argparse.Namespace) -> Callable[[str], None]:
    """Tell which way was taken: as long as there is no screen that it would disturb."""
    screen = sys.stdin.isatty() and sys.stdout.isatty() and not (args.json or args.plain)
    told: list[str] = []

    def tell(what: str) -> None:
        if not told or not screen:
            told.append(what)
            print(f"-- {what}", file=sys.stderr, flush=True)

    return tell


async def _host_privately(args: argparse.Namespace) -> int:
    """Be the hub of a chat for two, which is reached by a code only."""
    from razem.cli.private_chat import private_hub

    async with private_hub(args.address) as hub:
        args.address, args.private = str(hub.here), True
        args.notes = [f"tell the other one:  razem chat {hub.code}"]
        print(f"-- {args.notes[0]}", file=sys.stderr, flush=True)
        return await _chat(args)


async def _host(args: argparse.Namespace) -> int:
    """Be hub and chat in one."""
    from razem.cli.banner import from_here
    from razem.hub.config import Config
    from razem.hub.running import running_hub
    from razem.sockets.address import Address
    from razem.sockets.hosts import is_loopback
    from razem.talk.client.place import find_place

    place = find_place(args.address or _DEFAULT_HOST)
    address = place.address
    if address.scheme == "tls":  # the hub tells by itself whether TLS is spoken
        address = Address.of("tcp", host=address.host, port=address.port)
    config = Config(
        listen=str(address),
        memory=True,
        password=args.password,
        plaintext="everywhere" if args.plaintext else "loopback",
    )
    async with running_hub(config) as hub:
        where = from_here(hub.addresses[0])
        args.channel = args.channel or place.channel or _LOBBY
        args.address = str(where)
        args.notes = [f"the hub is here: others join it by  razem chat {where}"]
        print(f"-- {args.notes[0]}", file=sys.stderr)
        link = await _link_to(hub, args.channel)
        if link:
            args.notes.append(f"and from other machines by  razem chat '{link}'")
            print(f"-- {args.notes[1]}", file=sys.stderr)
            if not is_loopback(where.host):  # to this address, we are another machine ourselves
                args.address = link
        return await _chat(args)


async def _link_to(hub: HubProcess, channel: str) -> str:
    """Return an invitation for other machines; "": they cannot reach the hub."""
    from razem.hub.control.requests import Invite
    from razem.hub.control.steering import Steering
    from razem.sockets.hosts import find_reach

    reach = find_reach(hub.addresses, hub.config.name)
    if reach is None or not reach.remote:
        return ""
    invitation = await Steering(hub).carry_out(Invite(channel=channel))
    return str(invitation["link"])


async def _chat(args: argparse.Namespace) -> int:
    from razem.errors import AddressError

    interactive = sys.stdin.isatty() and sys.stdout.isatty() and not args.json
    if not args.address and interactive and not args.plain:
        from razem.cli.chat_screen import choose_hub

        args.address = await choose_hub()
        if not args.address:
            return Exit.DONE
    if not args.address:
        raise AddressError(
            "which hub?", advice="Name it, as in `razem chat localhost`, or be one by --host."
        )
    # The screen is drawn on standard error, as Textual does it.
    if interactive and not args.plain and sys.stderr.isatty():
        return await _on_screen(args)
    client, channel = _make_client(args, screenful=50 if interactive else 0)
    with _advised(client, args):
        async with client:
            from razem.talk.faces.plain import PlainFace

            face = PlainFace(channel)
            return await (_talk(client, face) if interactive else _pipe(client, face, args))


async def _on_screen(args: argparse.Namespace) -> int:
    """Chat on a full screen; what it shows is imported while the connection is being made."""
    import asyncio
    import gc

    from razem.cli.chat_screen import Known, calm_collector, open_screen, trusted, warm_up
    from razem.errors import TlsError
    from razem.talk.client.place import find_place
    from razem.talk.faces.screen.keeping import Keeping, Unkept, default_file
    from razem.talk.faces.trust import changed

    gc.disable()  # until the screen is up: there is much to import, and nothing to collect
    warming = asyncio.create_task(warm_up())
    place = find_place(args.address, secure=bool(args.fingerprint))
    private = args.private or is_code(args.address)
    keeping = (Unkept if private else Keeping)(default_file())
    known = Known(keeping, place.address)
    known.notes += getattr(args, "notes", [])
    given = args.fingerprint or place.fingerprint
    args.fingerprint = await trusted(known, place.address, given)
    client, channel = _make_client(args, screenful=100, rich=True, nick=known.hub.nick)
    with _advised(client, args):
        try:
            await client.__aenter__()
        except TlsError as error:
            if not given and known.hub.fingerprint and "fingerprint" in error.message:
                raise changed(known.hub, error) from error
            raise
        try:
            await warming
            calm_collector()
            reason = await open_screen(client, channel, known, args)
        except BaseException:
            await client.close(wait=0)
            raise
        return await _leave(client, reason, wait=3.0)


@contextlib.contextmanager
def _advised(client: Client, args: argparse.Namespace) -> Iterator[None]:
    """Say what to do when the hub cannot be reached."""
    from razem.errors import RefusedError, TlsError

    try:
        yield
    except RefusedError as error:
        if client.address.scheme in {"tcp", "tls"}:
            error.advice = "Start it with `razem hub`, or check the address."
        raise
    except TlsError as error:
        if not args.fingerprint and "?" not in args.address:
            error.advice = (
                "Ask there for an invitation (razem hub invite), or for the fingerprint of its"
                " certificate (--fingerprint)."
            )
        raise


def _make_client(
    args: argparse.Namespace, *, screenful: int, rich: bool = False, nick: str = ""
) -> tuple[Client, str]:
    """Return the client that the command line asks for, and the channel to talk in.

    Without --nick, we are called as at this hub before (`nick`), or by the login name.

    Raises:
        AddressError: something in the command line cannot be.
    """
    from razem.errors import AddressError, LocalProtocolError
    from razem.sockets.tls_config import Tls
    from razem.talk.client.driver import Client
    from razem.talk.client.place import find_place

    place = find_place(args.address, secure=bool(args.fingerprint))
    fingerprint = args.fingerprint or place.fingerprint
    channel = args.channel or place.channel or _LOBBY
    if channel[0] not in "#&":
        channel = f"#{channel}"  # unquoted, a shell would take the sign for a comment
    try:
        client = Client(
            place.address,
            nick=args.nick or args.account or nick or _login_name(),
            channels=[channel],
            password=args.password or place.password,
            tls=Tls(fingerprint=fingerprint) if fingerprint else None,
            account=args.account,
            account_password=_ask_password(args.account),
            screenful=screenful,
            rich=rich,
        )
    except LocalProtocolError as error:
        raise AddressError(error.message, advice=error.advice) from error
    return client, channel


async def _talk(client: Client, face: PlainFace) -> int:
    from razem.talk.faces.terminal import run_terminal

    reason = await run_terminal(client, face, print)
    return await _leave(client, reason, wait=3.0)


async def _pipe(client: Client, face: PlainFace, args: argparse.Namespace) -> int:
    from razem.talk.faces.pipe import Pipe

    pipe = Pipe(client, face, _print_at_once, _complain, as_json=args.json)
    await pipe.run(_INPUT, follow=args.follow, patience=args.timeout)
    return max(await _leave(client, "", wait=0.0), Exit.FAILED if pipe.failed else Exit.DONE)


async def _leave(client: Client, reason: str, *, wait: float) -> int:
    """Close, and tell what the hub has not acknowledged."""
    from razem.talk.faces.printable import printable

    left = await client.close(wait=wait, reason=reason)
    for message in left:
        _complain(f"not acknowledged: {printable(message.target)}: {printable(message.text)}")
    return Exit.FAILED if left else Exit.DONE


def _ask_password(account: str) -> str:
    """Return the password of an account: asked without echo, or from the environment."""
    import getpass

    if not account:
        return ""
    given = os.environ.get("RAZEM_PASSWORD")
    if given is not None:
        return given
    try:
        return getpass.getpass(f"password of {account}: ")
    except EOFError:
        return ""


def _login_name() -> str:
    """Return a nick made of the login name."""
    import getpass

    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no entry for this user
        name = ""
    nick = "".join(c for c in name if c.isascii() and (c.isalnum() or c in "-_"))
    return nick.lstrip("-0123456789")[:30] or f"guest{os.getpid()}"


def _print_at_once(line: str) -> None:
    """Print a line that a reader of a pipe gets now, not when a buffer is full."""
    print(line, flush=True)


def _complain(line: str) -> None:
    print(f"razem chat: {line}", file=sys.stderr, flush=True)
