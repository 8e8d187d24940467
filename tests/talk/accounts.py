"""What tests of accounts have in common: people who have one, and SASL as a client does it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from razem.talk.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.talk.harness import Person, World

PASSWORD = "correct horse"
AFAR = Origin("192.0.2.7", "192.0.2.7", local=False, transport="tls")


def commands(lines: Sequence[str]) -> list[str]:
    """Return the command of each line, without tags and source."""
    words = [line.split() for line in lines]
    return [next(word for word in line if word[0] not in "@:") for line in words]


def plain(account: str, password: str = PASSWORD, authzid: str = "") -> str:
    """Return the message of SASL PLAIN (RFC 4616) in base64."""
    return base64.b64encode(f"{authzid}\0{account}\0{password}".encode()).decode()


def registered(world: World, name: str, *channels: str, caps: str = "") -> Person:
    """Somebody who is here under their own name, with an account of that name."""
    person = world.person(name, *channels, caps=caps)
    person.say(f"REGISTER * * :{PASSWORD}")
    for someone in world.people:
        someone.heard()
    return person


def log_in(person: Person, account: str, nick: str = "", caps: str = "") -> list[str]:
    """Come in as a client does that knows SASL; return what it is told from CAP END on."""
    person.say("CAP LS 302", f"NICK {nick or account}", f"USER {account} 0 * :{account.title()}")
    person.say(f"CAP REQ :sasl {caps}", "AUTHENTICATE PLAIN", f"AUTHENTICATE {plain(account)}")
    return person.say("CAP END")
