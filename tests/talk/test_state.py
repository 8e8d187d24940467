"""The state machine: the same entries give the same state, whatever they are (DESIGN 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from razem.talk import changes as do
from razem.talk import events as ev
from razem.talk.changes import Change, Entry, decode_change, encode_change
from razem.talk.irc.names import fold
from razem.talk.log import MemoryLog
from razem.talk.modes import parse_modes
from razem.talk.origin import Origin
from razem.talk.recovery import recover_state
from razem.talk.render import message_id, parse_message_id
from razem.talk.state import SnapshotError, State

if TYPE_CHECKING:
    from razem.talk.bans import BanKind
    from razem.talk.changes.accounts import Way

_IDS_AND_ORDERS = st.sampled_from(["h.1", "h.2", "h.0.!1"])
_BANS: st.SearchStrategy[tuple[BanKind, str]] = st.sampled_from(
    [
        ("mask", "bo!*@*"),
        ("mask", "*!~u@h?st"),
        ("account", "ana"),
        ("network", "192.0.2.0/24"),
        ("network", "192.0.2.7"),
        ("network", "2001:db8::/32"),
    ]
)
_IDS = st.sampled_from(["h.1", "h.2", "h.3", "g.1", "nobody"])
_NICKS = st.sampled_from(["ana", "Ana", "bo", "\u010den\u011bk", "cy"])
_CHANNELS = st.sampled_from(["#a", "#A", "#b", "#\u00e9"])
_TARGETS = _CHANNELS | _NICKS | st.sampled_from(["@#a", "+#A", "~@#b", "@#nowhere"])
_TEXTS = st.sampled_from(["", "hi", "\u010dau :)", "\x01PING\x01", "\x01ACTION x\x01"])
_MODES = st.lists(
    st.sampled_from(["+i", "-i", "+m", "-n", "+t", "+k x", "-k", "+l 1", "-l", "+o ana", "-o bo"])
    | st.sampled_from(["+v cy", "-v Ana", "+ov bo cy", "+o nobody", "-o+o ana ana", "+s", "+C"])
    | st.sampled_from(["+q ana", "-q bo", "+h bo", "+a cy", "-h bo", "+R", "+f #b", "-f", "+f #a"])
    | st.sampled_from(["+b bo", "+b *!*@*", "-b bo", "+b ~m:bo", "+b ~a:ana", "+e ana", "+I *"])
    | st.sampled_from(["+b ~m:~a:ana", "-b *!*@*", "+e ~m:bo", "-I *", "-e ana", "-o ana"]),
    min_size=1,
    max_size=3,
).map(lambda parts: tuple(c for part in parts for c in parse_modes(tuple(part.split())).changes))
# Registered at one of the times of `entries`.
_CODES = st.integers(1000, 1015).map(lambda time: f"{time:05x}")
_KEYS = st.sampled_from(["a", "b", "c"])
_METADATA_TARGETS = _CHANNELS | _NICKS | st.just("*")
_SECRET = do.Secret("$argon2id$", b"salt", 4096, b"stored", b"server")
_WAYS: st.SearchStrategy[Way] = st.sampled_from(["", "sasl", "nickserv"])
_USER_MODES = st.tuples(st.builds(do.ModeChange, st.booleans(), st.sampled_from("BRiorw")))
_TAGS = st.sampled_from(
    [{}, {"+razem/id": "1"}, {"+razem/id": "2", "+x": "\u00e9"}, {"+razem/id": ""}]
)
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(do.HubStarted, st.sampled_from("hg"), st.integers(0, 20), st.booleans()),
    st.builds(
        lambda user, nick, account, origin: do.Arrive(
            user, user[0], nick, "~u", "host", "Real", account, origin=origin
        ),
        _IDS,
        _NICKS,
        st.sampled_from(["", "ana"]),
        st.sampled_from([None, Origin("host", "192.0.2.7"), Origin("host", "2001:db8::7")]),
    ),
    st.builds(do.Rename, _IDS, _NICKS),
    st.builds(do.Join, _IDS, _CHANNELS, st.sampled_from(["", "x"]), st.integers(0, 2)),
    st.builds(do.Part, _IDS, _CHANNELS, _TEXTS),
    st.builds(do.PartAll, _IDS),
    st.builds(do.Quit, _IDS, _TEXTS, st.booleans(), st.integers(0, 9), st.booleans()),
    st.builds(do.Speak, _IDS, st.just("s!u@h"), _TARGETS, _TEXTS, st.booleans(), _TAGS),
    st.builds(do.SendTags, _IDS, st.just("s!u@h"), _TARGETS, _TAGS),
    st.builds(
        lambda session, target, more: do.Speak(session, "s!u@h", target, "hi", more=more),
        _IDS,
        _TARGETS,
        st.sampled_from([((False, "there"),), ((True, "x"), (False, ""))]),
    ),
    st.builds(
        lambda session, target, seq, by: do.Redact(
            session, "s!u@h", target, "no", target.lower(), seq, f"x-{seq:x}", 1000, by, 0.002
        ),
        _IDS,
        _TARGETS,
        st.integers(1, 20),
        st.sampled_from([("h.1", ""), ("h.9", "ana"), ("h.9", "")]),
    ),
    st.builds(do.MarkRead, _IDS, _TARGETS, st.integers(0, 2000)),
    st.builds(do.SetTopic, _IDS, _CHANNELS, _TEXTS),
    st.builds(
        do.SetModes, _IDS, _CHANNELS, _MODES, st.sampled_from(["", "b", "eI"]), st.integers(0, 3)
    ),
    st.builds(do.Knock, _IDS, _CHANNELS, _TEXTS),
    st.builds(do.RenameChannel, _IDS, _CHANNELS, _CHANNELS | st.just("#c"), _TEXTS),
    st.builds(do.RegisterChannel, _IDS, _CHANNELS, st.integers(0, 2)),
    st.builds(do.DropChannel, _IDS, _CHANNELS, _CODES),
    st.builds(do.TransferChannel, _IDS, _CHANNELS, _NICKS, _CODES, st.integers(0, 2)),
    st.builds(
        do.SetAccess, _IDS, _CHANNELS, _NICKS, st.sampled_from(["", *"aohv"]), st.integers(0, 2)
    ),
    st.builds(
        lambda session, target: do.Relay(session, "x/y!r@h", target, "hi", relayed_by="bo"),
        _IDS,
        _CHANNELS,
    ),
    st.builds(do.Kick, _IDS, _CHANNELS, _NICKS, _TEXTS),
    st.builds(do.Invite, _IDS, _NICKS, _CHANNELS),
    st.builds(do.SetAway, _IDS, _TEXTS),
    st.builds(do.SetUserModes, _IDS, _USER_MODES),
    st.builds(do.BecomeOperator, _IDS, st.just("root")),
    st.builds(do.Promote, _IDS_AND_ORDERS, _NICKS, st.booleans()),
    st.builds(do.Kill, _IDS_AND_ORDERS, _NICKS, _TEXTS, st.just("con")),
    st.builds(
        lambda who, ban, milliseconds, most: do.AddBan(
            who, ban[0], ban[1], "no", milliseconds, "con", most
        ),
        _IDS_AND_ORDERS,
        _BANS,
        st.integers(0, 5),
        st.integers(0, 3),
    ),
    st.builds(lambda who, ban: do.RemoveBan(who, ban[0], ban[1]), _IDS_AND_ORDERS, _BANS),
    st.builds(
        do.RegisterAccount,
        _IDS,
        _NICKS,
        st.just(_SECRET),
        looks=st.sampled_from([(), ("ana",), ("bo",)]),
        most=st.integers(0, 3),
        way=_WAYS,
    ),
    st.builds(do.LogIn, _IDS, _NICKS, st.booleans(), _WAYS),
    st.builds(do.LogOut, _IDS, _WAYS),
    st.builds(do.SetAlwaysOn, _IDS, st.sampled_from(["on", "on", "off", ""])),
    st.builds(do.ForgetAbsent, st.sampled_from("hg"), st.integers(0, 3)),
    st.builds(do.SetMetadata, _IDS, _METADATA_TARGETS, _KEYS, _TEXTS, st.integers(0, 2)),
    st.builds(do.ClearMetadata, _IDS, _METADATA_TARGETS),
    st.builds(do.SetPassword, _IDS, st.just(_SECRET)),
    st.builds(do.DropAccount, _IDS, st.sampled_from(["", "003e8", "003e9"])),
    st.builds(do.AddCertificate, _IDS, st.sampled_from(["aa", "bb"]), st.integers(0, 1)),
    st.builds(do.RemoveCertificate, _IDS, st.sampled_from(["aa", "bb"])),
    st.builds(do.Wallops, _IDS_AND_ORDERS, _TEXTS),
)
_THERE = ((1, "ana", "ana"), (2, "bo", ""))
_BEGINNING: list[Change] = [
    *(do.Arrive(f"h.{n}", "h", nick, "~u", "host", "", account) for n, nick, account in _THERE),
    *(do.Join(f"h.{n}", "#a") for n in (1, 2)),
]
PROGRAMS = st.lists(CHANGES, max_size=40).map(lambda program: _BEGINNING + program)


def entries(changes: list[Change]) -> list[Entry]:
    return [Entry(seq, 1000 + seq // 3, change) for seq, change in enumerate(changes, 1)]


def told(events: list[ev.Event]) -> str:
    """Return events in a form that can be compared after the state went on."""
    return repr(events)


def check(state: State) -> None:
    """Hold the promises of the state to itself."""
    assert sorted(state.nicks.values()) == sorted(state.users)
    for user in state.users.values():
        assert state.user_by_nick(user.nick) is user
        for name in user.channels:
            assert user.id in state.channels[name].members
        assert user.sessions or user.gone_at
        if user.account:
            assert state.user_of_account(user.account) is user
    assert all(state.users[user].account for user in state.present.values())
    for folded, account in state.accounts.items():
        assert fold(account.name) == folded
        assert folded not in state.dropped
        holder = state.user_by_nick(account.name)
        assert holder is None or holder.account == account.name
        assert all(state.certificates[each] == folded for each in account.certificates)
    for name, channel in state.channels.items():
        assert channel.folded == name
        assert channel.members or channel.has_history or channel.founder
        assert all(name in state.users[member].channels for member in channel.members)
        assert all(
            "".join(sorted(status, key="qaohv".index)) == status
            for status in channel.members.values()
        )
        assert set(channel.invited) <= set(state.users)
        assert set(channel.knocks) <= set(state.users) - set(channel.members)


@settings(max_examples=150)
@given(PROGRAMS)
def test_the_same_entries_give_the_same_state_and_events(program: list[Change]) -> None:
    one, other = State(), State()
    for entry in entries(program):
        assert told(one.apply(entry)) == told(other.apply(entry))
        assert one.applied == entry.seq
        check(one)
    assert one == other


@settings(max_examples=100)
@given(PROGRAMS, st.data())
def test_a_snapshot_at_any_place_changes_nothing(
    program: list[Change], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(program)))
    whole, begun = State(), State()
    log = entries(program)
    for entry in log:
        whole.apply(entry)
    for entry in log[:place]:
        begun.apply(entry)
    restored = State.restore(begun.snapshot())
    assert restored == begun
    for entry in log[place:]:
        assert told(restored.apply(entry)) == told(begun.apply(entry))
    assert restored == begun == whole
    check(restored)


@given(CHANGES)
def test_a_change_is_stored_and_read_again(change: Change) -> None:
    assert decode_change(encode_change(change)) == change


def test_entries_of_another_order_may_give_another_state() -> None:
    one, other = State(), State()
    ana = do.Arrive("1", "h", "ana", "~a", "x", "")
    bo = do.Arrive("2", "h", "ANA", "~b", "x", "")
    for state, order in ((one, [ana, bo]), (other, [bo, ana])):
        for entry in entries(list(order)):
            state.apply(entry)
    assert one != other
    assert [u.source for u in one.users.values()] == ["ana!~a@x"]


@pytest.mark.parametrize("data", [b"", b"\x00", b"garbage", b"\x95\x01\x00\x80\x80", b"\xc1"])
def test_what_is_no_snapshot_is_refused(data: bytes) -> None:
    with pytest.raises(SnapshotError):
        State.restore(data)


def test_a_snapshot_of_another_version_is_refused() -> None:
    data = msgspec.msgpack.decode(State().snapshot())
    data["version"] += 1
    with pytest.raises(SnapshotError, match="version 3"):
        State.restore(msgspec.msgpack.encode(data))


# The state of the first version after: ana arrived, set +i, joined #a, spoke, set its topic.
_FIRST_VERSION = bytes.fromhex(
    "95010581a3682e3189a26964a3682e31a3687562a168a46e69636ba3616e61a8757365726e616d65a27e61a4"
    "686f7374a178a87265616c6e616d65a141a461776179a0a9696e76697369626c65c3a86368616e6e656c7381"
    "a22361c081a223618da46e616d65a22361a6666f6c646564a22361a763726561746564cd03eba76d656d6265"
    "727381a3682e31a16fa5746f706963a3746561ac746f7069635f736f75726365a8616e61217e614078aa746f"
    "7069635f74696d65cd03eda5666c616773a26e74a36b6579a0a56c696d697400a7696e766974656480ab6861"
    "735f686973746f7279c3a972657475726e696e678081a4236120319204cd03ec"
)


def test_a_snapshot_of_the_first_version_is_read() -> None:
    state = State.restore(_FIRST_VERSION)
    user = state.user_of("h.1")
    assert user is not None
    assert (user.source, user.modes, user.sessions) == ("ana!~a@x", "i", {"h.1": "h"})
    channel = state.channels["#a"]
    assert (channel.topic, channel.members, channel.has_history) == ("tea", {"h.1": "o"}, True)
    assert state.marks == {"#a 1": (4, 1004)}


def test_states_are_compared_whole_and_only_with_states() -> None:
    assert State() == State()
    assert State() != 1
    state = State()
    state.apply(Entry(1, 1, do.HubStarted("h")))
    assert state != State()


def test_a_hub_that_starts_again_clears_only_its_own_users() -> None:
    state = State()
    for entry in entries(
        [
            do.Arrive("g.1", "g", "ana", "~a", "x", ""),
            do.Arrive("h.1", "h", "bo", "~b", "x", ""),
            do.Join("g.1", "#a"),
            do.Join("h.1", "#a"),
            do.HubStarted("h"),
        ]
    ):
        events = state.apply(entry)
    assert [type(event) for event in events] == [ev.Left]
    assert [user.nick for user in state.users.values()] == ["ana"]
    assert list(state.channels["#a"].members) == ["g.1"]


def test_memory_of_absentees_and_of_marks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("razem.talk.verdicts.shared.MAX_RETURNING", 3)
    monkeypatch.setattr("razem.talk.verdicts.messages.MAX_MARKS", 3)
    state = State()
    program: list[Change] = [
        do.Arrive("1", "h", "ana", "~a", "x", ""),
        do.Join("1", "#a"),
    ]
    for number in range(5):
        tags = {"+razem/id": str(number)}
        program.append(do.Speak("1", "s", "#a", "x", tags=tags))
        program.append(do.Arrive(f"b{number}", "h", f"bo{number}", "~b", "x", ""))
        program.append(do.Join(f"b{number}", "#a"))
        program.append(do.Quit(f"b{number}", "", cut=True))
    for entry in entries(program):
        state.apply(entry)
    assert list(state.channels["#a"].returning) == [f"bo{n}!~b@x" for n in (2, 3, 4)]
    last = do.Speak("1", "s", "#a", "x", tags={"+razem/id": "4"})
    first = do.Speak("1", "s", "#a", "x", tags={"+razem/id": "0"})
    kinds = [type(state.apply(Entry(100 + n, 1, c))[0]) for n, c in enumerate((last, first))]
    assert kinds == [ev.Repeated, ev.Spoken]


def test_recovery_from_an_empty_log_is_an_empty_state() -> None:
    assert recover_state(MemoryLog("log0", lambda: 0)) == State()


@given(st.integers(1, 2**59))
def test_message_ids_name_a_log_and_a_place_in_it(seq: int) -> None:
    assert parse_message_id("k3-x", message_id("k3-x", seq)) == seq
    assert parse_message_id("k3", message_id("k3-x", seq)) is None
    assert parse_message_id("k3-x", message_id("k3-x", seq).upper()) in {None, seq}
