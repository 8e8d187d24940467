"""Whatever is asked about accounts, in whatever order: it is answered, and the state holds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from razem.talk.settings import Accounts, Policy
from tests.talk.accounts import plain
from tests.talk.harness import World
from tests.talk.test_state import check

_WORDS = st.sampled_from(
    ["*", "ana", "bo", "#a", "secret1", "ON", "OFF", "url", "", ":", "ab" * 32]
)
_HEADS = st.sampled_from(
    [
        *("REGISTER", "VERIFY", "AUTHENTICATE", "PERSISTENCE GET", "PERSISTENCE SET", "UNREAD"),
        *("NS REGISTER", "NS IDENTIFY", "NS PASSWD", "NS SET", "NS CERT ADD", "NS CERT DEL"),
        *("NS DROP", "NS LOGOUT", "NS INFO", "NS", "PRIVMSG NickServ", "AWAY", "NICK", "PASS"),
        *("METADATA * SET", "METADATA #a SET", "METADATA * SUB", "METADATA ana GET", "METADATA"),
        *("JOIN #a", "PART #a", "CAP REQ :draft/metadata-2 batch", "CAP END", "USER x 0 *"),
        *("AUTHENTICATE PLAIN", "AUTHENTICATE SCRAM-SHA-256", "AUTHENTICATE EXTERNAL"),
    ]
)
_LINES = st.one_of(
    st.builds(lambda head, words: " ".join([head, *words]), _HEADS, st.lists(_WORDS, max_size=3)),
    st.sampled_from([f"AUTHENTICATE {plain(name, 'secret1')}" for name in ("ana", "bo")]),
    st.sampled_from(["REGISTER * * secret1", "NS IDENTIFY ana secret1", "PERSISTENCE SET ON"]),
)
_STEPS = st.tuples(st.integers(0, 3), _LINES | st.just("/drop"))


@settings(max_examples=100, deadline=None)
@given(st.lists(_STEPS, max_size=40), st.booleans())
def test_whatever_is_asked_is_answered(steps: list[tuple[int, str]], always_on: bool) -> None:
    world = World(policy=Policy(accounts=Accounts(always_on=always_on, failures=50)))
    world.person("ana", "#a").say("REGISTER * * secret1")
    world.person("bo", "#a", caps="echo-message")
    world.connect()
    world.connect().say("NICK cy", "USER c 0 * :C")
    for who, line in steps:
        person = world.people[who]
        if line == "/drop" or person.session.id not in world.hub.sessions:
            person.drop()
            world.people[who] = world.connect()
            world.people.pop()
            continue
        person.say(line)
        # Whatever it was, the next command is answered.
        if person.session.id in world.hub.sessions:
            assert any("PONG" in heard for heard in person.say("PING x"))
        check(world.hub.state)
    for session in world.hub.sessions.values():
        user = world.hub.state.user_of(session.id)
        assert session.user is user
        if user is not None:
            assert (session.nick, session.account) == (user.nick, user.account)
