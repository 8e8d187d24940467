"""What one may choose about lasting streams."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Lasting"]


class Lasting(NamedTuple):
    """How long a lasting stream waits for its peer, and how much it keeps. A value.

    The two ends need not have the same.

    Attributes:
        patience: seconds without any connection to the peer, after which the stream has failed.
        buffer: bytes of what is sent that wait until they have arrived, at the most; and of what
            has arrived until the program takes it, unless a call asks for more at once. `send`
            waits when there is no room.
        heartbeat: seconds of silence, after which the peer is asked whether it is there.
        silence: seconds of silence, after which the connection is given up and made again.
        linger: seconds that `close` waits for the peer to have everything. After that it goes on
            without anybody waiting, for as long as the program runs.
    """

    patience: float = 120.0
    buffer: int = 4 << 20
    heartbeat: float = 10.0
    silence: float = 25.0
    linger: float = 5.0
