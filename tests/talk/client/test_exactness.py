"""Whatever breaks: every view is the log, and what was acknowledged is in it exactly once."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from razem.talk.client.core import Phase
from razem.talk.client.events import CaughtUp, Refused
from razem.talk.client.outgoing import Status

from .network import CHANNEL, Network

pytestmark = pytest.mark.timeout(180)

WHO = st.integers(0, 2)
BYTES = st.sampled_from([1, 7, 60, 150, 400, 1200, 10**6])
# Talk and progress are more frequent than faults, so that most examples get far.
STEPS: dict[str, tuple[int, tuple[st.SearchStrategy[object], ...]]] = {
    "say": (6, (WHO,)),
    "up": (4, (WHO, BYTES)),
    "down": (4, (WHO, BYTES)),
    "work": (4, (st.integers(1, 4),)),
    "commit": (2, ()),
    "cut": (1, (WHO,)),
    "ghost": (2, (WHO,)),
    "reap": (1, ()),
    "crash": (1, ()),
    "time": (4, (st.sampled_from([0.0, 0.4, 1.0, 5.0, 21.0, 45.0]),)),
}
STEP = st.sampled_from(
    [name for name, (weight, _) in STEPS.items() for _ in range(weight)]
).flatmap(lambda name: st.tuples(st.just(name), *STEPS[name][1]))


def take_step(
    network: Network, step: tuple[object, ...], number: int, *, forget: bool = False
) -> None:
    match step:
        case "say", int(who):
            network.say(network.nodes[who], f"line {number}")
        case "up", int(who), int(count):
            network.up(network.nodes[who], count)
        case "down", int(who), int(count):
            network.down(network.nodes[who], count)
        case "work", int(rounds):
            for node in network.nodes * rounds:
                network.up(node)
                network.down(node)
        case ("commit",):
            network.hub.commit()
        case "cut", int(who):
            network.cut(network.nodes[who])
        case "ghost", int(who):
            network.cut(network.nodes[who], ghost=True)
        case ("reap",):
            network.reap()
        case ("crash",):
            network.crash(forget=forget)
        case "time", float(seconds):
            network.pass_time(seconds)


def check(network: Network) -> None:
    log = [entry for entry in network.hub.log if entry.target == CHANNEL]
    ids = [entry.msgid for entry in log]
    for node in network.nodes:
        assert node.core.phase is Phase.READY
        view = [message.msgid for message in node.view()]
        assert view == ids[len(ids) - len(view) :]  # contiguous to the end: no gap, no double
        assert [m.text for m in node.view()] == [e.text for e in log[len(log) - len(view) :]]
        assert not any(isinstance(e, CaughtUp) and e.gap for e in node.events)
        assert not any(isinstance(e, Refused) for e in node.events)

        assert node.core.unacknowledged == []
        assert all(message.status is Status.ACKNOWLEDGED for message in node.said)
        said = [message.id for message in node.said]
        logged = [entry.tags["+razem/id"] for entry in log]
        assert [id_ for id_ in logged if id_ in set(said)] == said  # each once, in our order
        assert [event.id for event in node.acknowledged()] == said
        for event in node.acknowledged():
            assert log[logged.index(event.id)].msgid == event.msgid
        assert {m.id for m in node.view() if m.own} <= set(said)


def steps(least: int, most: int) -> st.SearchStrategy[list[tuple[object, ...]]]:
    return st.lists(STEP, min_size=least, max_size=most)


def test_what_an_old_connection_took_is_acknowledged_in_the_order_in_which_it_was_said() -> None:
    """The second line comes live while the first one stands in a page that is still to come."""
    network = Network("ana", "bo", "cy", screenful=1)
    network.pass_time(0.0)
    network.settle()
    for number, step in enumerate(
        [
            *(("say", 0), ("work", 3), ("say", 0), ("up", 0, 60), ("ghost", 0)),
            *(("time", 21.0), ("work", 2), ("work", 2)),
        ]
    ):
        take_step(network, step, number)
    network.settle()
    check(network)


@given(st.one_of(steps(0, 20), steps(40, 80), steps(80, 160)), st.integers(0, 3), st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_breaks_every_view_is_the_log(
    steps: list[tuple[object, ...]], screenful: int, settled: bool
) -> None:
    network = Network("ana", "bo", "cy", screenful=screenful)
    network.pass_time(0.0)
    if settled:
        network.settle()
    for number, step in enumerate(steps):
        take_step(network, step, number)
    network.settle()
    check(network)
    for node in network.nodes:  # and it goes on
        network.say(node, "after all that")
    network.settle()
    check(network)


@given(st.one_of(steps(0, 20), steps(40, 80), steps(80, 160)), st.integers(0, 3))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_hub_that_forgets_its_log_costs_only_what_it_forgot(
    steps: list[tuple[object, ...]], screenful: int
) -> None:
    """Whoever was there sees the new log whole, or its end; nothing of it is missing or doubled."""
    network = Network("ana", "bo", "cy", screenful=screenful)
    network.settle()
    for number, step in enumerate(steps):
        take_step(network, step, number, forget=True)
    network.settle()
    for node in network.nodes:
        network.say(node, "still here")
    network.settle()
    ids = network.hub.ids_of(CHANNEL)
    for node in network.nodes:
        view = [message.msgid for message in node.view()]
        assert len(view) == len(set(view))
        current = [msgid for msgid in view if msgid in set(ids)]
        assert view[len(view) - len(current) :] == current == ids[len(ids) - len(current) :]
        assert node.core.unacknowledged == []
        assert all(message.status is Status.ACKNOWLEDGED for message in node.said)
        logged = [entry.tags["+razem/id"] for entry in network.hub.log]
        assert len(logged) == len(set(logged))
