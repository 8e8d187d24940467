"""Private lines that were on the disk, but not delivered, when the hub was killed."""

from __future__ import annotations

from razem.talk import changes as do
from razem.talk import events as ev
from razem.talk.state import State

TAGS = {do.MESSAGE_ID_TAG: "m1"}


def apply_all(state: State, *changes: do.Change) -> list[list[ev.Event]]:
    """Apply changes in the next places of the log."""
    first = state.applied + 1
    return [state.apply(do.Entry(seq, 0, one)) for seq, one in enumerate(changes, first)]


def arrive(user: str, nick: str) -> do.Arrive:
    return do.Arrive(user, "hub", nick, "~u", "localhost", "Real")


def test_a_private_line_that_nobody_was_told_of_is_delivered_when_sent_again() -> None:
    state = State()
    to_bo = do.Speak("1", "ana!~u@localhost", "bo", "hi", tags=TAGS)
    apply_all(state, arrive("1", "ana"), arrive("2", "bo"), to_bo)
    back = (arrive("3", "ana"), arrive("4", "bo"))
    again = do.Speak("3", "ana!~u@localhost", "bo", "hi", tags=TAGS)

    untold = State.restore(state.snapshot())
    *_, (event,) = apply_all(untold, do.HubStarted("hub", told=2), *back, again)
    assert isinstance(event, ev.SpokenTo)

    told = State.restore(state.snapshot())
    *_, (event,) = apply_all(told, do.HubStarted("hub", told=3), *back, again)
    assert isinstance(event, ev.Repeated)
