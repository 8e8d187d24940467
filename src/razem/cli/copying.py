"""What the commands that copy have in common: options, progress, the summary, the exit code."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from razem.cli.arguments import rate
from razem.cli.exits import Exit

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from razem.files.messages import Offer
    from razem.files.tally import Ended, Progress, Summary, Tally

__all__ = ["Face", "add_copying", "add_receiving", "amount", "ask_whether", "number_of_files"]

_SHOWN_FAILURES: Final = 1000


def add_copying(parser: argparse.ArgumentParser) -> None:
    """Declare what all of them take."""
    parser.add_argument(
        "--limit", type=rate, default=0.0, metavar="RATE", help="bytes a second, such as 500k or 2M"
    )
    parser.add_argument(
        "--json", action="store_true", help="tell all that happens as lines of JSON, errors too"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def add_receiving(parser: argparse.ArgumentParser) -> None:
    """Declare how files are made."""
    parser.add_argument(
        "--existing",
        choices=("update", "replace", "skip", "rename", "fail"),
        default="update",
        help="what becomes of a file that is there: update (by default) leaves it alone when size"
        " and time are equal, and else fetches what differs",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="write nothing, tell what would be written"
    )


def number_of_files(files: int) -> str:
    """Write a number of files."""
    return "1 file" if files == 1 else f"{files:,} files"


def amount(size: float) -> str:
    """Write a number of bytes."""
    for unit in ("bytes", "KB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def ask_whether(offer: Offer) -> bool:
    """Show what comes, and ask; without a terminal nobody can be asked: no."""
    from razem.errors import ConfigError
    from razem.files.names import shown_name

    names = [shown_name(name) for name in offer.names]
    if offer.more:
        names.append(f"and {offer.more} more")
    counted = f"{offer.files} files, " if offer.files > 1 else ""
    size = f" ({counted}{amount(offer.size)})" if offer.size >= 0 else ""
    print(f"{', '.join(names)}{size}", file=sys.stderr)
    if not sys.stdin.isatty():
        raise ConfigError(
            "nobody can be asked whether to receive this.", advice="Say so with --yes."
        )
    print("receive it? [Y/n] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"", "y", "yes"}


class Face:
    """Shows how a copy goes on: bars on a terminal, lines otherwise, or JSON.

    Args:
        args: with ``json`` and ``quiet``.
        verb: what is done, such as "receiving".
    """

    def __init__(self, args: argparse.Namespace, verb: str) -> None:
        self._json: bool = args.json
        self._quiet: bool = args.quiet
        self._dry: bool = getattr(args, "dry_run", False)
        self._verb = verb
        # What is received may itself go to standard output.
        taken = getattr(args, "output", "") == "-"
        self._events = sys.stderr if taken else sys.stdout
        self._bar: Any = None
        self._task: Any = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show progress inside."""
        if self._json or self._quiet or not sys.stderr.isatty():
            yield
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )
        from rich.progress import Progress as Bars

        self._bar = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[more]}"),
            console=Console(stderr=True),
            transient=True,
        )
        try:
            yield  # it begins with the first progress: something may have to be asked before
        finally:
            self._bar.stop()
            self._bar = None

    def watcher(self) -> Progress | None:
        """Return what is to be called with progress, within `shown`; None: nothing is shown."""
        shows = self._json or self._dry or self._bar is not None
        return self.progress if shows else None

    def progress(self, tally: Tally, ended: Ended | None) -> None:
        """Show how far it is; called in another thread."""
        if self._json:
            if ended is not None:
                self._event("ended", **_facts(ended))
            return
        if ended is not None and self._dry:
            self._line(f"{_shown(ended)}: {ended.why or ended.outcome.name.lower()}")
        if self._bar is not None:
            from razem.files.names import shown_name

            if self._task is None:
                self._task = self._bar.add_task(self._verb, total=None, more="")
                self._bar.start()
            name = shown_name(tally.path)
            self._bar.update(
                self._task,
                completed=tally.bytes_done,
                total=tally.size or None,
                more=f"{tally.files_done:,} files  {name[-40:]}",
            )

    def end(self, summary: Summary, *, digest: bool = False) -> Exit:
        """Tell how it ended, and return the exit code."""
        from razem.files.transcript import short_digest

        short = short_digest(summary.digest) if summary.digest else ""
        if self._json:
            self._event(
                "summary",
                files=summary.files,
                same=summary.same,
                bytes=summary.size,
                sent=summary.bytes_sent,
                saved=summary.bytes_saved,
                seconds=round(summary.seconds, 3),
                failed=[_facts(each) for each in summary.failed],
                skipped=len(summary.skipped),
                digest=short,
                limit=summary.limit,
                way=summary.way,
            )
            return Exit.DONE if summary.whole else Exit.FAILED
        if not self._dry:
            for each in summary.skipped[:_SHOWN_FAILURES]:
                self._line(f"skipped: {_shown(each)}: {each.why}")
        self._line(_sentence(summary))
        if summary.way and not self._quiet:
            self._line(f"way: {summary.way}; what it waited for most: {summary.limit or 'nothing'}")
        if digest and short:
            self._line(f"digest: {short} (the same at the other end)")
        if summary.failed:
            self._line(f"{len(summary.failed)} failed:")
            for each in summary.failed[:_SHOWN_FAILURES]:
                self._line(f"  {_shown(each)}: {each.why}")
            if len(summary.failed) > _SHOWN_FAILURES:
                self._line(f"  and {len(summary.failed) - _SHOWN_FAILURES} more")
        return Exit.DONE if summary.whole else Exit.FAILED

    def _line(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def _event(self, name: str, **facts: object) -> None:
        import json

        print(json.dumps({"event": name, **facts}), file=self._events, flush=True)


def _sentence(summary: Summary) -> str:
    rate_ = summary.bytes_sent / summary.seconds if summary.seconds else 0
    parts = [f"{number_of_files(summary.files)} copied"]
    if summary.same:
        parts.append(f"{summary.same:,} were there")
    parts.append(f"{amount(summary.bytes_sent)} sent in {summary.seconds:.1f} s")
    if rate_:
        parts[-1] += f" ({amount(rate_)}/s)"
    if summary.bytes_saved:
        parts.append(f"{amount(summary.bytes_saved)} saved")
    return ", ".join(parts)


def _shown(ended: Ended) -> str:
    from razem.files.names import shown_name

    return shown_name(ended.path)


def _facts(ended: Ended) -> dict[str, object]:
    return {
        "path": ended.path.decode("utf-8", "surrogateescape"),
        "outcome": ended.outcome.name.lower(),
        "why": ended.why,
        "size": ended.size,
    }
