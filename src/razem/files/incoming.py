"""Receives a tree: one thread for the network, some for digests, one for the disk.

The disk's thread is the only one that touches the `Receiver`; what came lies in a queue of few
places, so that a slow disk slows the sender down and not the memory.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING, Final

from razem.errors import ClosedError, Error, TruncatedError
from razem.files.messages import Chunk
from razem.files.piping import PipeWriter
from razem.files.receiving import ManifestEnd, Offered, Receiver, digests_of
from razem.files.tally import Summary, Tally
from razem.files.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.files.channel import Channel
    from razem.files.destination import Destination
    from razem.files.frames import Arrived
    from razem.files.messages import Offer
    from razem.files.tally import Progress

__all__ = ["DeclinedError", "receive_tree"]

_QUEUE: Final = 12  # messages, of up to 1 MiB each, that wait for the disk

_Item = tuple["Arrived", "Future[Sequence[bytes]] | None"]


class DeclinedError(Error):
    """Who receives did not want what was offered."""


def receive_tree(
    channel: Channel,
    destination: Destination | int,
    *,
    accept: Callable[[Offer], bool] = lambda _: True,
    progress: Progress | None = None,
) -> Summary:
    """Receive what a sender has, which has been greeted, and return how it ended.

    Args:
        channel: to the sender.
        destination: where to, and how; or the descriptor of a pipe, for a single file.
        accept: is asked before anything is written; False: `DeclinedError` is raised at both ends.
        progress: is called in another thread.

    Raises:
        Error: the connection broke, or the sender gave up or broke the protocol. What is whole is
            there; another attempt goes on with the rest.
        OSError: the destination itself cannot be made.
    """
    return _Incoming(channel, destination, accept, progress).run()


class _Incoming:
    """One tree on its way in."""

    def __init__(
        self,
        channel: Channel,
        destination: Destination | int,
        accept: Callable[[Offer], bool],
        progress: Progress | None,
    ) -> None:
        self._channel = channel
        self._accept = accept
        self._tally = Tally()
        self._core = Receiver()
        self._writer: Writer | PipeWriter
        if isinstance(destination, int):
            self._writer = PipeWriter(self._core, destination, self._tally, progress)
        else:
            pieces = "pieces" in channel.features
            self._writer = Writer(self._core, destination, self._tally, progress, pieces=pieces)
        self._queue: Queue[_Item | None] = Queue(_QUEUE)
        self._failure: BaseException | None = None
        self._workers = ThreadPoolExecutor(2, "razem-digests")
        self._disk_seconds = 0.0
        self._network_seconds = 0.0

    def run(self) -> Summary:
        begin = time.monotonic()
        disk = Thread(target=self._run, name="razem-disk", daemon=True)
        disk.start()
        ended = False
        try:
            self._carry()
            ended = True
        except BaseException as error:  # noqa: BLE001  raised below, unless the disk's came first
            self._failure = self._failure or error
        finally:
            self._queue.put(None)
            disk.join()
            self._workers.shutdown()
            self._writer.close()
        if self._failure is None and ended and not self._core.finished:
            self._failure = TruncatedError(
                "the sender closed the connection before everything was there.",
                stage="read",
                advice="Copy again: it goes on where it stopped.",
            )
        if self._failure is not None:
            raise self._failure
        summary = self._writer.summary
        summary.seconds = time.monotonic() - begin
        summary.size = self._tally.size
        summary.bytes_sent = self._tally.bytes_sent
        summary.digest = self._core.digest()
        summary.limit = "disk" if self._disk_seconds > self._network_seconds else "network"
        return summary

    # -- network ---------------------------------------------------------------------------------

    def _carry(self) -> None:
        arrivals = self._channel.arrivals()
        while not self._core.finished and self._failure is None:
            begin = time.monotonic()
            arrived = next(arrivals, None)
            if arrived is None:
                return
            came = time.monotonic()
            self._network_seconds += came - begin
            future: Future[Sequence[bytes]] | None = None
            if len(arrived.body):
                self._tally.bytes_sent += len(arrived.body)
                if type(arrived.message) is Chunk:
                    future = self._workers.submit(digests_of, arrived)
            self._queue.put((arrived, future))
            self._disk_seconds += time.monotonic() - came

    # -- disk ------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001  told where the result is waited for
            if self._failure is None:
                self._failure = error
            if isinstance(error, Error | OSError) and not isinstance(error, ClosedError):
                with suppress(Error):
                    self._channel.stop(str(error))
        # The network's thread may wait for room, or for more to come.
        with suppress(Error):
            self._channel.stream.close_receiving()
        while self._queue.get() is not None:
            pass

    def _work(self) -> None:
        writer = self._writer
        while not self._core.finished:
            try:
                item = self._queue.get_nowait()
            except Empty:
                writer.commit()
                if self._send_output():
                    return
                item = self._queue.get()
            if item is None:
                self._queue.put(None)
                writer.commit()
                return
            arrived, future = item
            digests = digests_of(arrived) if future is None else future.result()
            for event in self._core.receive(arrived, digests):
                if isinstance(event, Offered):
                    if not self._accept(event.offer):
                        raise DeclinedError("the receiver does not want it.")
                    writer.begin(event.offer)
                elif isinstance(event, ManifestEnd):
                    self._tally.counted = True
                else:
                    writer.take(event)
            if len(arrived.body):
                self._channel.frames.rooms.give_back(arrived.body)
            writer.commit_if_much()
            self._send_output()

    def _send_output(self) -> bool:
        """Tell the sender what there is to tell; return whether everything is settled."""
        for payload in self._core.take_output():
            if self._core.finished:
                self._writer.finish()
            self._channel.send(payload)
        return self._core.finished
