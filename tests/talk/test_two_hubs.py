"""Two hubs on one log: nobody can tell through which of them the others came (DESIGN 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from razem.talk.changes import HubStarted
from razem.talk.settings import Operator, Policy
from razem.talk.tally import Tally
from tests.talk.harness import SharedLog, World

if TYPE_CHECKING:
    from tests.talk.harness import Person

_POLICY = Policy(operators={"root": Operator(password="open")})
CAPS = "labeled-response batch message-tags echo-message server-time"


class Network:
    """Four people in front of hubs that share a log."""

    def __init__(self, hubs: int) -> None:
        log = SharedLog()
        self.worlds = [World(log, name=f"h{number}", policy=_POLICY) for number in range(hubs)]
        log.append([HubStarted(f"x{number}") for number in range(hubs, 2)])
        self.people: list[Person] = []
        for number, (nick, caps) in enumerate(
            (("ana", CAPS), ("bo", ""), ("cy", CAPS), ("dee", "server-time echo-message"))
        ):
            world = self.worlds[number % hubs]
            account = nick if nick in {"ana", "cy"} else ""
            person = world.person(nick, "#a", caps=caps, account=account)
            self.people.append(person)
            self.settle()
        self.heard()

    def settle(self) -> None:
        hubs = [world.hub for world in self.worlds]
        while any(hub.proposals or hub.requests or hub.dirty for hub in hubs):
            for world in self.worlds:
                world.settle()

    def say(self, who: int, line: str) -> None:
        person = self.people[who]
        person.session.receive(f"{line}\r\n".encode(), 0.0)
        self.settle()

    def heard(self) -> list[list[str]]:
        return [person.heard() for person in self.people]


def test_conversations_and_what_is_removed_from_them_are_the_same_at_every_hub() -> None:
    network = Network(2)
    caps = "batch draft/chathistory draft/message-redaction"
    for number in range(4):
        network.say(number, f"CAP REQ :{caps}")
    network.say(0, "PRIVMSG bo :one")
    network.say(1, "PRIVMSG ana :two")
    network.say(1, "NICK robert")
    network.say(0, "PRIVMSG robert :three")
    echoes = [line for line in network.heard()[0] if line.endswith(":three")]
    message_id = echoes[0].split("msgid=")[1].split()[0]
    network.say(0, f"REDACT robert {message_id}")
    network.heard()
    for number, other in ((0, "robert"), (1, "ana")):
        network.say(number, f"CHATHISTORY LATEST {other} * 9")
        lines = network.heard()[number]
        texts = [line.rpartition(":")[2] for line in lines if " PRIVMSG " in line]
        assert texts == ["one", "two"]
        assert any(f" REDACT robert {message_id}" in line for line in lines)


def test_a_line_said_at_one_hub_is_heard_at_the_other() -> None:
    network = Network(2)
    network.say(0, "PRIVMSG #a :over there")
    network.say(1, "PRIVMSG ana :and back")
    _, bo, cy, _ = network.heard()
    assert bo == [":ana!~ana@localhost PRIVMSG #a :over there"]
    assert len(cy) == 1
    assert len({world.hub.state.applied for world in network.worlds}) == 1


_LINES = st.sampled_from(
    [
        *(
            "JOIN #a",
            "JOIN #b,#a",
            "PART #a",
            "JOIN 0",
            "AWAY :x",
            "AWAY",
            "TOPIC #a :t",
            "TOPIC #a",
        ),
        *("MODE #a +m-n", "MODE #a +i", "MODE #a +o cy", "MODE #a -o ana", "MODE #a +v bo"),
        *("PRIVMSG #a :x", "PRIVMSG #b :x", "PRIVMSG #a,#b :x", "PRIVMSG bo :x", "PRIVMSG ana :x"),
        *("@label=1 PRIVMSG #a :x", "@label=2 NOTICE #b,#a :x", "@+x=1 PRIVMSG cy :x"),
        *(
            "@+razem/id=1 PRIVMSG #a :x",
            "KICK #a bo",
            "KICK #a ana",
            "INVITE cy #a",
            "INVITE dee #b",
        ),
        *("NICK eva", "NICK bo", "NICK Ana", "NAMES #a", "WHO #a", "LIST", "MODE #a"),
        *(
            "REGISTER * * correct-horse",
            "NS IDENTIFY ana correct-horse",
            "NS LOGOUT",
            "PERSISTENCE SET ON",
            "AWAY *",
            "METADATA * SET url x",
            "METADATA #a SET url y",
        ),
        *("CHATHISTORY LATEST #a * 5", "QUIT :bye"),
        *("MODE #a +b bo", "MODE #a +b", "MODE #a +q cy", "MODE #a +hs bo", "MODE #a -q cy"),
        *("PRIVMSG @#a :x", "NOTICE +#a :x", "@+x=1 TAGMSG @#a", "RELAYMSG #a bo/far :x"),
        *("RENAME #a #c", "RENAME #c #a :back", "JOIN #c", "MODE #b +fi #a", "INVITE"),
        *(
            "OPER root open",
            "OPER root open",
            "KILL bo :x",
            "KILL eva",
            "WALLOPS :x",
            "MODE dee +w",
        ),
        *("KLINE bo :x", "UNKLINE bo", "KLINE", "KLINE 1h account:cy", "DLINE 192.0.2.0/24"),
        *("MONITOR + bo,eva,cy", "MONITOR S", "MONITOR C", "WHO *", "WHO b* %nfa", "WHOWAS bo"),
        *("MODE bo +iB", "MODE cy +R", "MODE ana -o", "USERHOST bo eva", "ISON ana eva", "LIST >1"),
        *("CS REGISTER #a", "CS INFO #a", "CS AMODE #a +o cy", "CS AMODE #a"),
    ]
)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 3), _LINES), max_size=30))
def test_everybody_hears_the_same_through_one_hub_or_two(said: list[tuple[int, str]]) -> None:
    one, two = Network(1), Network(2)
    for who, line in said:
        one.say(who, line)
        two.say(who, line)
        assert one.heard() == two.heard(), (who, line)
    first, second = (world.hub.state for world in two.worlds)
    assert first == second
    for world in two.worlds:
        counted, afresh = world.hub.tally, Tally(world.hub.state)
        assert (counted.invisible, counted.operators) == (afresh.invisible, afresh.operators)
        assert counted.here == sum(one.user is not None for one in world.hub.sessions.values())


def test_when_one_hub_starts_again_the_users_of_the_other_stay_and_are_told() -> None:
    network = Network(2)
    log = network.worlds[0].log
    assert isinstance(log, SharedLog)
    log.append([HubStarted("h1")])
    network.settle()
    ana, bo, cy, dee = network.people
    gone = [":bo!~bo@localhost QUIT :hub restarted", ":dee!~dee@localhost QUIT :hub restarted"]
    for person in (ana, cy):
        assert [line.partition(" ")[2] for line in person.heard()] == gone
    assert [user.nick for user in network.worlds[1].hub.state.users.values()] == ["ana", "cy"]
    assert bo.heard()[-1].startswith("ERROR")
    assert dee.heard()[-1].startswith("ERROR")
