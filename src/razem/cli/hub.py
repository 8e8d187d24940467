"""`razem hub`: start a hub."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from razem import __version__

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from razem.hub.config import Config
    from razem.hub.process import HubProcess

__all__ = ["add_arguments", "run"]

_EXAMPLES = """\
examples:
  razem hub                                a hub on this machine, on port 6697
  razem hub --memory                       the same, keeping nothing
  razem hub --listen unix:///run/chat      for the users of this machine, by a socket file
  razem hub --config hub.toml              as the file says; options given here come before it

Then join with `razem chat localhost`, or with any IRC client. Ctrl-C or SIGTERM stops the hub.

`razem hub --print-config` shows every key that the file may have, with its meaning.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Start a hub: a chat server that any IRC client can join. What is said is kept in a data"
        " directory, and acknowledged only when it is on the disk."
    )
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "--listen",
        metavar="ADDRESS",
        action="append",
        help="where to listen, tcp://HOST:PORT, tls://HOST:PORT, unix:///PATH or fd:3; may be"
        " given several times (default tcp://:6697, on every interface)",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--data", metavar="DIR", help="keep the log in this directory")
    where.add_argument(
        "--memory", action="store_true", help="keep nothing: history ends with the hub"
    )
    parser.add_argument("--config", metavar="FILE", help="read this TOML file")
    parser.add_argument(
        "--print-config",
        action="store_true",
        help="print a whole configuration with the meaning of every key, and end",
    )
    parser.add_argument(
        "--check-config", action="store_true", help="tell whether it is right, and end"
    )
    _add_settings(parser)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """Declare the options that are keys of the configuration."""
    parser.add_argument("--name", metavar="NAME", help="the server's name on the wire")
    parser.add_argument("--network", metavar="NAME", help="the network's name, for clients")
    parser.add_argument("--motd", metavar="TEXT", help="the message of the day")
    parser.add_argument("--password", metavar="TEXT", help="what clients must send with PASS")
    parser.add_argument(
        "--plaintext",
        nargs="?",
        const="everywhere",
        choices=["loopback", "everywhere", "never"],
        help="who may speak without TLS (by default loopback; without a word everywhere)",
    )
    access = parser.add_mutually_exclusive_group()
    access.add_argument(
        "--access",
        choices=["invite", "accounts", "open"],
        help="who may come in from other machines (by default those with an invitation)",
    )
    access.add_argument(
        "--open",
        action="store_const",
        const="open",
        dest="access",
        help="let everybody in from everywhere: the same as --access open",
    )
    parser.add_argument(
        "--durability",
        choices=["fsync", "commit", "none"],
        help="what an acknowledged message survives (by default fsync: a power cut)",
    )
    parser.add_argument("--certificate", metavar="FILE", help="the certificate to show (PEM)")
    parser.add_argument("--key", metavar="FILE", help="its private key (PEM), if not in it")
    parser.add_argument(
        "--proxy",
        metavar="NETWORK",
        action="append",
        help="its connections begin with the PROXY protocol; may be given several times",
    )
    parser.add_argument(
        "--log-json", action="store_true", help="write what happens as lines of JSON"
    )


# The keys that options set, by the name of the option.
_KEYS = {
    "listen": "listen",
    "data": "data",
    "memory": "memory",
    "name": "name",
    "network": "network",
    "motd": "motd",
    "password": "password",
    "plaintext": "plaintext",
    "access": "access",
    "durability": "durability",
    "certificate": "tls.certificate",
    "key": "tls.key",
    "proxy": "proxies",
    "log_json": "log_json",
}


def run(args: argparse.Namespace) -> int:
    """Run a hub until it is told to stop."""
    from razem.hub.logs import configure_logs
    from razem.hub.run import run_loop

    config = _config(args)
    if args.print_config:
        from razem.hub.config_text import config_text

        print(config_text(config), end="")
        return 0
    if args.check_config:
        print(f"{args.config or 'the configuration'} is right")
        return 0
    configure_logs(as_json=config.log_json)
    return run_loop(_serve(config, lambda: _config(args)))


def _config(args: argparse.Namespace) -> Config:
    """Put the options on top of the file."""
    from pathlib import Path

    from razem.hub.config import Config
    from razem.hub.config_file import load_config, with_options

    config = load_config(Path(args.config)) if args.config else Config()
    options = {
        key: getattr(args, name)
        for name, key in _KEYS.items()
        if getattr(args, name) not in (None, False)
    }
    if "memory" in options:
        options["data"] = ""
    elif "data" in options:
        options["memory"] = False
    return with_options(config, options)


async def _serve(config: Config, reread: Callable[[], Config]) -> int:
    import asyncio

    from razem.cli.banner import banner
    from razem.cli.stopping import Stop
    from razem.errors import Error
    from razem.hub.run import spare_the_collector
    from razem.hub.running import running_hub

    running: list[HubProcess] = []
    # Around the hub, not within: a signal is heard from the first moment to the last.
    with Stop() as stop, _hearing_sighup(running):
        async with running_hub(config, f"razem-{__version__}", reread) as process:
            running.append(process)
            spare_the_collector()
            print(banner(process), flush=True)
            stopped = asyncio.ensure_future(stop.wait())
            broken = asyncio.ensure_future(process.broken.wait())
            await asyncio.wait([stopped, broken], return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            broken.cancel()
            if process.broken.is_set():
                raise Error(
                    "the hub stopped by a fault of its own; what it acknowledged is on the disk.",
                    advice="Start it again, and report what it printed.",
                )
            print("stopping", flush=True)
    return 0


@contextmanager
def _hearing_sighup(running: Sequence[HubProcess]) -> Iterator[None]:
    """Let SIGHUP have the running hub read its configuration and certificate again."""
    import asyncio
    import signal

    number = getattr(signal, "SIGHUP", None)  # not on Windows
    if number is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def reload() -> None:
        for process in running:
            _reload(process)

    loop.add_signal_handler(number, reload)
    try:
        yield
    finally:
        loop.remove_signal_handler(number)


def _reload(process: HubProcess) -> None:
    from razem.errors import Error
    from razem.hub.logs import log_event

    try:
        differences = process.reload()
    except Error as error:
        log_event("error", "the configuration stays as it was", reason=str(error))
        return
    log_event("info", "reloaded", changed=differences.changed)
    if differences.waiting:
        log_event("warning", "these wait for the next start", keys=", ".join(differences.waiting))
