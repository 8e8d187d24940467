"""``razem ports [QUERY]``: what ports are for, and who listens on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from razem.cli.exits import Exit

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from razem.serve.ports import OpenPort

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem ports 6697                what is that port for?
  razem ports mail                which ports have to do with mail?
  razem ports --open              who listens on this machine?
  razem ports --open 9090         who has that port?
  sudo razem ports --open nginx   of all users
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = (
        "Tell what ports are for: by number, or by a part of the name or the meaning. With --open,"
        " tell who listens on this machine."
    )
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "query", metavar="QUERY", nargs="?", default="", help="a number, or a part of a name"
    )
    parser.add_argument(
        "--open", action="store_true", help="who listens on this machine: TCP and UDP"
    )
    parser.add_argument("--unix", action="store_true", help="with --open: UNIX sockets, too")
    parser.add_argument(
        "--json", action="store_true", help="print each row as a line of JSON, and errors too"
    )


def run(args: argparse.Namespace) -> int:
    """Print a table; failed if nothing fits."""
    rows = _open_rows(args) if args.open else _rows(args)
    if not rows:
        from razem.cli.parser import complain

        complain("razem: ", f"nothing fits {args.query!r}." if args.query else "nobody listens.")
        return Exit.FAILED
    if args.json:
        import json

        for row in rows:
            print(json.dumps(row))
    else:
        _print_table(rows)
    return Exit.DONE


def _rows(args: argparse.Namespace) -> list[dict[str, Any]]:
    from razem.serve.ports import find_ports

    return [
        {
            "port": port.number,
            "protocols": list(port.protocols),
            "name": port.name,
            "meaning": port.meaning,
        }
        for port in find_ports(args.query)
    ]


def _open_rows(args: argparse.Namespace) -> list[dict[str, Any]]:
    from razem.serve.ports import open_ports
    from razem.sockets.services import PORTS

    names = {number: name for name, number in reversed(PORTS.items())}
    return [
        {
            "address": str(port.address),
            "port": port.address.port,
            "service": names.get(port.address.port or 0, ""),
            "process": port.process,
            "program": port.program,
            "user": port.user,
        }
        for port in open_ports(unix=args.unix)
        if _fits(port, names, args.query)
    ]


def _fits(port: OpenPort, names: dict[int, str], query: str) -> bool:
    if query.isdecimal():
        return port.address.port == int(query) or port.process == int(query)
    words = (str(port.address), port.program, port.user, names.get(port.address.port or 0, ""))
    return any(query in word for word in words)


def _print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Print the rows in columns under their names; on a terminal the names in bold."""
    import sys

    from razem.cli.colours import paint, wants_colour

    names = [name for name in rows[0] if any(row[name] not in {None, ""} for row in _plain(rows))]
    table = [[str(row[name] or "") for name in names] for row in _plain(rows)]
    widths = [max(map(len, column)) for column in zip(names, *table, strict=True)]

    def joined(cells: Sequence[str]) -> str:
        return "  ".join(
            cell.ljust(width) for cell, width in zip(cells, widths, strict=True)
        ).rstrip()

    heading = joined(names)
    print(paint(heading, "heading") if wants_colour(sys.stdout) else heading)
    for cells in table:
        print(joined(cells))


def _plain(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with lists as words."""
    return [
        {name: ",".join(value) if isinstance(value, list) else value for name, value in row.items()}
        for row in rows
    ]
