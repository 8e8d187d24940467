"""History: what is asked of a log, what is filed in it, and what it answers. No I/O.

What is said belongs to a *target*: a channel, by its folded name, or a conversation between two
users, by `conversation`. To which target an entry belongs is known when it was applied: the state
machine says so by a `Filing`.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from razem.talk.changes import Entry

__all__ = [
    "CHANGE",
    "MESSAGE",
    "REDACTED",
    "REDACTION",
    "TAGS",
    "Conversations",
    "Filing",
    "Find",
    "Kept",
    "Latest",
    "Page",
    "Party",
    "Pivot",
    "Question",
    "Search",
    "Unread",
    "conversation",
]

# The kinds of what is kept. Clients are shown messages; the others when they ask for them.
MESSAGE: Final = 0  # PRIVMSG and NOTICE
CHANGE: Final = 1  # TOPIC, MODE, KICK: what draft/event-playback asks for
TAGS: Final = 2  # TAGMSG
REDACTION: Final = 3  # REDACT
REDACTED: Final = 4  # was one of the above; only its place is left


class Kept(Entry, frozen=True):
    """A line of history: its entry, and what became of it.

    Attributes:
        target: whose history it belongs to.
        kind: one of the constants of this module.
        told: the line as it was told, without tags and line end, where the change does not say
            it; several with line feeds between.
        name: in an answer to `Latest` or `Unread`, what the one who asked calls the target.
        unread, mentions: in an answer to `Unread`: how many messages, and how many of them name
            the one who asked.
    """

    target: str = ""
    kind: int = MESSAGE
    told: str = ""
    name: str = ""
    unread: int = 0
    mentions: int = 0


class Party(msgspec.Struct, frozen=True):
    """One of the two of a conversation.

    Attributes:
        identity: who, for as long as that one may read it.
        name: the nick that the other one has.
    """

    identity: str
    name: str


class Filing(msgspec.Struct, frozen=True):
    """What the state machine says about an entry that was applied: where it is kept.

    Attributes:
        seq: of the entry.
        target: whose history it belongs to; None: to none.
        kind: one of the constants of this module.
        told: as in `Kept`.
        parties: the two of a conversation.
        redacts: the place of a line whose content is to be removed; 0: none.
        renames: a target, and the one to which its lines before this place belong from now on.
    """

    seq: int
    target: str | None
    kind: int = MESSAGE
    told: str = ""
    parties: tuple[Party, ...] = ()
    redacts: int = 0
    renames: tuple[str, str] | None = None


def conversation(one: str, other: str) -> str:
    """Return the target that is the conversation of two identities.

    It has a space, so that it is no channel's.

    >>> conversation("account:bo", "account:ana") == conversation("account:ana", "account:bo")
    True
    """
    return " ".join(sorted((one, other)))


class Pivot(msgspec.Struct, frozen=True):
    """The place from which a page is counted; itself not part of it.

    Attributes:
        seq: of an entry; or None, then `time` counts.
        time: milliseconds since 1970.
    """

    seq: int | None = None
    time: int = 0


class Conversations(msgspec.Struct, frozen=True):
    """The conversations of one user.

    Attributes:
        identity: as whom.
        name: the folded nick of the other one, at the time; None: whoever it was.
        before: as whom it spoke before it had an account.
    """

    identity: str
    name: str | None = None
    before: str = ""

    @property
    def identities(self) -> tuple[str, ...]:
        """As whom, in the order in which it was called so."""
        return (self.before, self.identity) if self.before else (self.identity,)


class Page(msgspec.Struct, frozen=True):
    """A request for at most `limit` lines, to be answered in ascending order.

    Attributes:
        targets: lines of one of these.
        order: "latest": the last ones after the pivot; "before" and "after": those next to it;
            "around": on both sides of it, itself too; "between": counted from the pivot to `end`,
            in whichever direction that lies.
        pivot: None (with "latest" only): no such bound.
        limit: how many, 1 or more.
        until: the last `Entry.seq` that may be told: what came after it is not applied yet.
        end: of "between".
        kinds: only these.
        conversations: lines of these as well.
    """

    targets: tuple[str, ...]
    order: Literal["latest", "before", "after", "around", "between"]
    pivot: Pivot | None
    limit: int
    until: int
    end: Pivot | None = None
    kinds: tuple[int, ...] = (MESSAGE,)
    conversations: Conversations | None = None


class Latest(msgspec.Struct, frozen=True):
    """A request for the last message of each target, if its time lies between two times.

    They are counted from `first` (exclusive) towards `last` (exclusive), in whichever direction
    that lies, and answered in ascending order.

    Attributes:
        targets: channels.
        conversations: and these; of several that go by the same name, the last one counts.
        first, last: milliseconds since 1970.
        limit: how many, 1 or more.
        until: as in `Page`.
    """

    targets: tuple[str, ...]
    conversations: Conversations | None
    first: int
    last: int
    limit: int
    until: int


class Search(msgspec.Struct, frozen=True):
    """A request for messages that match in every respect, answered in ascending order.

    The last ones, or with `after` the first ones.

    Attributes:
        targets: messages of one of these.
        conversations: or of one of these.
        text: each of its words begins a word of the message; words in double quotes stand there
            one after the other. Case and accents do not count. "": any.
        sender: the folded nick of who said it; "": anybody.
        after, before: milliseconds since 1970, inclusive; None: no such bound.
        limit: how many, 1 or more.
        until: as in `Page`.
    """

    targets: tuple[str, ...]
    conversations: Conversations | None
    text: str
    sender: str
    after: int | None
    before: int | None
    limit: int
    until: int


class Unread(msgspec.Struct, frozen=True):
    """A request for what one has not read: the last message of each target that has any.

    Answered in ascending order, each with `Kept.unread` and `Kept.mentions`. What one said
    oneself does not count.

    Attributes:
        targets, conversations: as in `Latest`.
        read: up to which time one has read, milliseconds since 1970, by folded channel or nick.
        otherwise: that time where `read` says nothing.
        nick: whose mention counts.
        account: whose messages are one's own.
        most: messages of a target that are counted.
        until: as in `Page`.
    """

    targets: tuple[str, ...]
    conversations: Conversations | None
    read: dict[str, int]
    otherwise: int
    nick: str
    account: str
    most: int
    until: int


class Find(msgspec.Struct, frozen=True):
    """A request for one line of history, of whatever kind, if it is there.

    Attributes:
        seq: its place.
        until: as in `Page`.
    """

    seq: int
    until: int


Question = Page | Latest | Search | Unread | Find
