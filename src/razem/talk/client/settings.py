"""Who a chat client is, and the numbers it keeps to."""

from __future__ import annotations

import msgspec

__all__ = ["Identity", "Limits", "Timing"]


class Identity(msgspec.Struct, frozen=True):
    """How we register.

    Attributes:
        nick: the wanted nick; while another has it we are called ``nick_``.
        user: the user name; "" for one made of the nick.
        password: of the server (PASS), such as ``invite:TOKEN`` of an invitation.
        account: to log in to by SASL PLAIN; "" for none.
    """

    nick: str
    user: str = ""
    realname: str = ""
    password: str = ""
    account: str = ""
    account_password: str = ""


class Limits(msgspec.Struct, frozen=True):
    """Bounds on what is held.

    Attributes:
        pending: own messages that are not acknowledged yet; `send` raises beyond.
        in_flight: of these, how many are on the wire at once.
        held: live lines of one channel that wait for the end of its catch-up.
        seen: message ids of one channel remembered to tell doubles; more than `held` and `page`.
        page: messages of history asked for at once.
        members: members of one channel kept.
        channels: channels we may be in.
        batches: open batches, and `batched` messages in one.
        asked_away: members of a channel up to which we ask who of them is away.
    """

    pending: int = 1000
    in_flight: int = 64
    held: int = 2000
    seen: int = 5000
    page: int = 500
    members: int = 20_000
    channels: int = 500
    batches: int = 32
    batched: int = 5000
    asked_away: int = 200


class Timing(msgspec.Struct, frozen=True):
    """Seconds.

    Attributes:
        register: from the connection to the welcome at the most.
        ping: between two measurements of the lag.
        dead: without an answer to one the link is given up.
        history: until a question for history without an answer is doubted.
        regain: between two attempts to get the wanted nick back.
        first_retry: before the first attempt to connect again, doubled from attempt to attempt
            up to `last_retry`; half of it is left to chance.
        settled: a link that stood so long was a good one: the waits begin anew.
    """

    register: float = 30.0
    ping: float = 20.0
    dead: float = 20.0
    history: float = 30.0
    regain: float = 20.0
    first_retry: float = 0.5
    last_retry: float = 30.0
    settled: float = 10.0
