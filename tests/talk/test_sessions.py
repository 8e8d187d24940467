"""One user, several sessions: what each of them hears, and who leaves when (DESIGN 6)."""

from __future__ import annotations

from razem.talk import changes as do
from tests.talk.harness import Person, World

CAPS = "echo-message"


def attach(world: World, nick: str, account: str, caps: str = "") -> Person:
    """Somebody whose log-in was proven: they arrive as one more session of their account."""
    person = world.connect()
    if caps:
        person.say(f"CAP REQ :{caps}", "CAP END")
    session = person.session
    arrive = do.Arrive(session.id, world.hub.name, nick, "~u", "localhost", "Real", account)
    session.propose((arrive,), barrier=True)
    world.settle()
    return person


def test_a_second_session_is_shown_the_channels_of_its_user() -> None:
    world = World()
    first = attach(world, "ana", "ana")
    topic = first.say("JOIN #a", "TOPIC #a :tea")[-1]
    second = attach(world, "ana", "ana")
    heard = [message.command for message in second.messages()]
    assert heard[0] == "001"
    assert heard[heard.index("JOIN") :] == ["JOIN", "332", "333", "353", "366"]
    assert topic == ":ana!~u@localhost TOPIC #a :tea"
    assert len(world.hub.state.users) == 1


def test_sessions_of_another_account_find_the_nick_taken() -> None:
    world = World()
    attach(world, "ana", "ana")
    other = attach(world, "ana", "bo")
    assert [message.command for message in other.messages()] == ["433"]


def test_what_one_session_says_the_others_of_its_user_hear_once() -> None:
    world = World()
    first, second = attach(world, "ana", "ana", CAPS), attach(world, "ana", "ana", CAPS)
    bo = world.person("bo", "#a")
    first.say("JOIN #a")
    for person in (first, second, bo):
        person.heard()
    echoes = first.say("PRIVMSG #a :hi", "PRIVMSG bo :psst")
    wanted = [":ana!~u@localhost PRIVMSG #a :hi", ":ana!~u@localhost PRIVMSG bo :psst"]
    assert echoes == second.heard() == bo.heard() == wanted
    bo.say("PRIVMSG ana :yes?", "PRIVMSG #a :hello")
    wanted = [":bo!~bo@localhost PRIVMSG ana :yes?", ":bo!~bo@localhost PRIVMSG #a :hello"]
    assert first.heard() == second.heard() == wanted


def test_joining_leaving_and_a_new_nick_are_told_to_every_session() -> None:
    world = World()
    first, second = attach(world, "ana", "ana"), attach(world, "ana", "ana")
    second.heard()
    first.say("JOIN #a", "NICK eve", "PART #a :bye", "MODE eve +i")
    assert [message.command for message in second.messages()] == [
        "JOIN",
        "353",
        "366",
        "NICK",
        "PART",
        "MODE",
    ]


def test_a_user_leaves_with_its_last_session() -> None:
    world = World()
    first, second = attach(world, "ana", "ana"), attach(world, "ana", "ana")
    bo = world.person("bo", "#a")
    first.say("JOIN #a")
    bo.heard()
    assert first.say("QUIT :enough")[-1] == "ERROR :Closing link: Quit: enough"
    assert bo.heard() == []
    assert bo.say("PRIVMSG ana :still there?") == []
    assert second.heard()[-1] == ":bo!~bo@localhost PRIVMSG ana :still there?"
    second.drop()
    assert bo.heard() == [":ana!~u@localhost QUIT :Connection lost"]


def test_a_hub_that_starts_again_ends_its_own_sessions_only() -> None:
    world = World()
    attach(world, "ana", "ana")
    user = world.hub.state.user_by_nick("ana")
    assert user is not None
    user.sessions["elsewhere.1"] = "elsewhere"
    world.hub.state.sessions["elsewhere.1"] = user.id
    world.hub.proposals.append(do.HubStarted(world.hub.name))
    world.settle()
    assert user.sessions == {"elsewhere.1": "elsewhere"}
    assert world.hub.state.user_by_nick("ana") is user
