"""``razem share PATH…``: serve files to `razem get`, browsers, curl and the like."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Any, Final

from razem.cli.arguments import rate
from razem.cli.exits import Exit
from razem.cli.via import add_via, met, tell_code

if TYPE_CHECKING:
    import argparse

    from razem.files.serving import Sharing
    from razem.files.tally import Summary
    from razem.sockets.address import Address

__all__ = ["add_arguments", "run"]

_PORT: Final = 6698

_EXAMPLES: Final = """\
examples:
  razem share ~/music                        to other machines too; prints the links
  razem share . --listen tcp://localhost:0   to this machine only, on a free port
  razem share inbox --writable               others may put files there, browsers too
  razem share photos --open                  to everybody who can connect: no key, no TLS
  razem share big.iso --listen code:         to whom the code phrase is told

Who comes from this machine needs nothing; from another one, the key in the link,
over TLS. The same port serves browsers (a listing, zip and tar), HTTP with ranges
(curl -C -, wget -c, aria2c) and the copy protocol (razem get). Links within a
folder are not followed. Ctrl-C ends it.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Serve files and folders: to razem get, browsers, curl and the like."
    parser.epilog = _EXAMPLES
    parser.add_argument("paths", metavar="PATH", nargs="+", help="files and folders")
    parser.add_argument(
        "--listen",
        metavar="ADDRESS",
        help=f"where (by default tcp://:{_PORT}, or a free port where that is taken)",
    )
    parser.add_argument(
        "--writable", action="store_true", help="let others put files into the first folder"
    )
    parser.add_argument("--key", help="what others have to tell (by default one is made)")
    parser.add_argument(
        "--open", action="store_true", help="let everybody in, without a key and without TLS"
    )
    parser.add_argument(
        "--identity", metavar="FILE", help="the certificate to show (PEM, with its key)"
    )
    parser.add_argument(
        "--limit", type=rate, default=0.0, metavar="RATE", help="bytes a second for each client"
    )
    parser.add_argument("--no-qr", action="store_true", help="print no QR code")
    parser.add_argument(
        "--json", action="store_true", help="tell all that happens as lines of JSON, errors too"
    )
    add_via(parser)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM (exit code 0) or Ctrl-C."""
    with met(args, args.listen):
        sharing = _start(args)
        code = Exit.DONE

        def stop(number: int, _: object) -> None:
            nonlocal code
            code = Exit.DONE if number == signal.SIGTERM else Exit.INTERRUPTED
            sharing.close()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        _tell(args, sharing)
        sharing.run()
        return code


def _start(args: argparse.Namespace) -> Sharing:
    """Listen: on the usual port, else on a free one."""
    from razem.errors import InUseError
    from razem.files.starting import share
    from razem.sockets.tls_identity import Identity

    def ended(who: Address | None, result: Summary | Exception) -> None:
        _tell_end(args, who, result)

    options: dict[str, Any] = {
        "key": args.key,
        "open": args.open,
        "writable": args.writable,
        "identity": Identity.load(args.identity) if args.identity else None,
        "rate": args.limit,
        "ended": ended,
    }
    if args.listen:
        return share(args.paths, args.listen, **options)
    try:
        return share(args.paths, f"tcp://:{_PORT}", **options)
    except InUseError:
        return share(args.paths, "tcp://:0", **options)


def _tell(args: argparse.Namespace, sharing: Sharing) -> None:
    """Say where it is, and how others come to it."""
    from razem.files.place import share_link
    from razem.sockets.hosts import find_reach

    address, settings = sharing.address, sharing.settings
    reach = find_reach([address], "")
    fingerprint = settings.identity.fingerprint if settings.identity else ""
    local = link = web = ""
    if reach is not None:
        local = share_link("localhost", reach.port, web=True)
        if reach.remote and settings.open:
            link = f"tcp://{_shown(reach.host)}:{reach.port}/"
            web = share_link(reach.host, reach.port, web=True)
        elif reach.remote:
            host, port, key = reach.host, reach.port, settings.key
            link = share_link(host, port, key=key, fingerprint=fingerprint)
            web = share_link(host, port, key=key, fingerprint=fingerprint, web=True)
    if args.json:
        _event("sharing", address=str(address), link=link, web=web, fingerprint=fingerprint)
        return
    print(f"sharing {sharing.shared.title} on {address}", flush=True)
    if address.scheme == "code":
        tell_code(address, "get")
    if local:
        print(f"  browser here:     {local}")
        print(f"  terminal here:    razem get tcp://localhost:{address.port}")
    if link:
        print(f"  another machine:  razem get '{link}'")
        print(f"  its browser:      {web}")
        if settings.open:
            print("everybody may come in, and what is sent can be read on the way (open)")
        else:
            print(f"  certificate:      {fingerprint}")
        if not args.no_qr and sys.stdout.isatty():
            from razem.cli.qr import print_qr

            print_qr(web)
    sys.stdout.flush()


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _tell_end(args: argparse.Namespace, who: Address | None, result: Summary | Exception) -> None:
    if args.json:
        facts: dict[str, object] = {"peer": str(who or "")}
        if isinstance(result, Exception):
            facts["error"] = str(result)
        else:
            facts |= {"files": result.files, "sent": result.bytes_sent}
        _event("ended", **facts)
        return
    from razem.cli.copying import amount, number_of_files

    if isinstance(result, Exception):
        what = str(result)
    else:
        copied = f"{number_of_files(result.files)}, {amount(result.bytes_sent)}"
        what = f"{copied} in {result.seconds:.1f} s"
        if result.failed:
            what += f", {len(result.failed)} failed"
    print(f"{who or 'a client'}: {what}", file=sys.stderr, flush=True)


def _event(name: str, **facts: object) -> None:
    import json

    print(json.dumps({"event": name, **facts}), flush=True)
