"""Live captures: packets of an interface, or of all."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Final

from razem.errors import ClosedError, ConfigError, PermissionDeniedError, UnavailableError
from razem.look.bpf import attach, compile_program
from razem.look.capture import Capture
from razem.look.filters import compile_filter
from razem.look.ring import ALL_PROTOCOLS, Ring, Statistics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.look.block import Block, Interface

__all__ = ["LiveCapture", "open"]

RING_SIZE: Final = 32 * 1024 * 1024
ANY: Final = "any"
_ETHERNET_KINDS: Final = {b"1", b"772"}  # ARPHRD_ETHER, ARPHRD_LOOPBACK


def open(  # noqa: A001  beside read
    interface: str = ANY,
    filter: str = "",
    *,
    promiscuous: bool = False,
    ring_size: int = RING_SIZE,
) -> LiveCapture:
    """Capture what an interface sends and receives.

    Args:
        interface: its name; "any" for all.
        filter: which packets are wanted, as for tcpdump. libpcap compiles it for the kernel where
            that is there and can; otherwise it is applied to the columns.
        promiscuous: ask the card for packets that are for others as well.
        ring_size: bytes that the kernel may fill before it must drop packets.

    Raises:
        PermissionDeniedError: it takes root, or the capability CAP_NET_RAW.
        UnavailableError: there is no such interface, or no such thing on this system.
        ConfigError: the filter cannot be understood.
    """
    return LiveCapture(interface, filter, promiscuous=promiscuous, ring_size=ring_size)


class LiveCapture(Capture):
    """Packets as they come. Going over it ends when it is closed, by whichever thread.

    Attributes:
        interface: its name, or "any".
        in_kernel: whether the kernel does the filtering.
    """

    def __init__(
        self, interface: str, filter: str = "", *, promiscuous: bool, ring_size: int
    ) -> None:
        program = _program(interface, filter)
        super().__init__("" if program else filter)
        self.filter = filter
        self.interface = interface
        self.in_kernel = bool(program)
        index = _index(interface)
        self._closed = False
        self._using = Lock()  # held by whoever polls
        self._statistics = Statistics(0, 0)
        self._port = _socket(0 if index else socket.htons(ALL_PROTOCOLS))
        self._wake_reader, self._wake = os.pipe()
        try:
            if program:
                attach(self._port, program)
            self._ring = Ring(self._port, index, size=ring_size, promiscuous=promiscuous)
            self._ring.watch(self._wake_reader)
            if index:  # only now, so that nothing comes before the filter is there
                self._port.bind((interface, ALL_PROTOCOLS))
        except OSError as error:
            self._release()
            raise UnavailableError(
                f"{interface} cannot be captured: {error.strerror}.", stage="listen"
            ) from error

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """Where packets came from so far."""
        return self._ring.interfaces

    def fileno(self) -> int:
        """Return the descriptor that can be read when packets are there; -1 when closed."""
        return self._port.fileno()

    def poll(self, timeout: float | None = None) -> Block | None:
        """Return the next packets before the filter, waiting for at most so many seconds.

        None when none came in time.

        Raises:
            ClosedError: the capture was closed.
        """
        deadline = None if timeout is None else monotonic() + timeout
        with self._using:
            while not self._closed:
                block = self._ring.take()
                if block is not None:
                    return block
                left = None if deadline is None else deadline - monotonic()
                if left is not None and left <= 0:
                    return None
                self._ring.wait(left)
        raise ClosedError(f"the capture of {self.interface} was closed.", stage="read")

    def all_blocks(self) -> Iterator[Block]:
        """Give packets as they come, a block at a time, until the capture is closed."""
        while not self._closed:
            with suppress(ClosedError):
                block = self.poll()
                if block is not None:
                    yield block

    def statistics(self) -> Statistics:
        """Return how many packets the kernel counted, and dropped for want of room."""
        if self._port.fileno() >= 0:
            self._statistics = self._ring.statistics()
        return self._statistics

    def close(self) -> None:
        """Give the interface up, and end who goes over the packets; more often does no harm."""
        if not self._closed:
            self._closed = True
            os.write(self._wake, b"x")
        with self._using:  # whoever polls has seen it
            self._release()

    def _release(self) -> None:
        self._closed = True
        if self._port.fileno() < 0:
            return
        if hasattr(self, "_ring"):
            self._statistics = self._ring.statistics()
            self._ring.close()
        self._port.close()
        os.close(self._wake_reader)
        os.close(self._wake)

    def __repr__(self) -> str:
        return f"<LiveCapture of {self.interface}>"


def _program(interface: str, expression: str) -> bytes | None:
    """Return the filter for the kernel; None where the columns are to be filtered.

    Raises:
        ConfigError: neither libpcap nor we understand it.
    """
    if not expression:
        return None
    ours: ConfigError | None = None
    try:
        compile_filter(expression)
    except ConfigError as error:
        ours = error
    # cards take the tags of VLANs out before the kernel's filter sees the packet, and on all
    # interfaces together packets begin in different ways
    if "vlan" in expression or interface == ANY:
        if ours:
            raise ours
        return None
    try:
        program = compile_program(expression, _link_of(interface))
    except ConfigError:
        program = None
    if program is None and ours:
        raise ours
    return program


def _link_of(interface: str) -> int:
    """Return what packets of an interface begin with: Ethernet, or IP."""
    try:
        kind = Path("/sys/class/net", interface, "type").read_bytes().strip()
    except OSError:
        return 1
    return 1 if kind in _ETHERNET_KINDS else 101


def _index(interface: str) -> int:
    if interface == ANY:
        return 0
    try:
        return socket.if_nametoindex(interface)
    except OSError as error:
        names = ", ".join(name for _, name in socket.if_nameindex())
        raise UnavailableError(
            f'there is no interface "{interface}" here.', advice=f"There are {names}, and any."
        ) from error


def _socket(protocol: int) -> socket.socket:
    if not hasattr(socket, "AF_PACKET"):
        raise UnavailableError("this system cannot capture packets: that takes Linux.")
    try:
        return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, protocol)
    except PermissionError as error:
        raise PermissionDeniedError(
            "capturing packets takes root, or the capability CAP_NET_RAW.",
            stage="listen",
            advice="Run it by sudo, or allow this Python: sudo setcap cap_net_raw+ep "
            "$(readlink -f $(command -v python3))",
        ) from error
