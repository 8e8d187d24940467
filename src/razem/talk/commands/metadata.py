"""METADATA: what users and channels say of themselves (IRCv3 metadata)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.changes import ClearMetadata, SetMetadata
from razem.talk.commands.base import Failure, Refusal
from razem.talk.irc import numerics as n
from razem.talk.metadata import (
    MOST_KEYS,
    MOST_SUBSCRIPTIONS,
    VALUE_BYTES,
    metadata_of,
    target_of,
    valid_key,
)
from razem.talk.render import Line
from razem.talk.telling.metadata import name_of, subscribed_lines, value_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.talk.changes import Change
    from razem.talk.irc.message import Message
    from razem.talk.model import Channel, User
    from razem.talk.session import Session

__all__ = ["metadata", "metadata_value", "set_metadata"]

_COMMAND: Final = "METADATA"


def metadata_value(_session: Session) -> str:
    """Return the limits, as the value of the capability tells them."""
    return f"max-subs={MOST_SUBSCRIPTIONS},max-keys={MOST_KEYS},max-value-bytes={VALUE_BYTES}"


def set_metadata(session: Session, message: Message) -> Sequence[Change]:
    """METADATA target SET key [value], METADATA target CLEAR; else it is a question."""
    target, subcommand, *params = message.params
    match subcommand.upper():
        case "CLEAR":
            return (ClearMetadata(session.id, target),)
        case "SET":
            return (_set(session, target, params),)
        case _:
            return ()


def _set(session: Session, target: str, params: Sequence[str]) -> Change:
    if not params:
        raise Refusal(n.ERR_NEEDMOREPARAMS, (_COMMAND,))
    key, value = params[0].lower(), params[1] if len(params) > 1 else ""
    if not valid_key(key):
        raise _invalid(params[0])
    if len(value.encode()) > VALUE_BYTES:
        text = f"A value has at most {VALUE_BYTES} bytes"
        raise Failure(_COMMAND, "VALUE_INVALID", (), text)
    return SetMetadata(session.id, target, key, value, MOST_KEYS)


def _invalid(key: str) -> Failure:
    return Failure(_COMMAND, "KEY_INVALID", (key,), "Not a key: a-z, 0-9 and _./:-, 40 at most")


def metadata(session: Session, message: Message) -> None:
    """METADATA target GET|LIST|SYNC …, METADATA * SUB|UNSUB|SUBS …."""
    target, subcommand, *params = message.params
    answer = _ANSWERS.get(subcommand.upper())
    if answer is None:
        session.fail(_COMMAND, "SUBCOMMAND_INVALID", (subcommand,), "Invalid subcommand")
        return
    user = session.user
    assert user is not None  # noqa: S101 # the table asks for registration
    found = target_of(session.hub.state, user, target)
    if found is None:
        session.fail(_COMMAND, "INVALID_TARGET", (target,), "Invalid target")
    else:
        answer(session, found, params)


def _get(session: Session, target: User | Channel, keys: Sequence[str]) -> None:
    values = metadata_of(session.hub.state, target)
    lines = [
        value_line(session, target, key, values.get(key, ""))
        if valid_key(key)
        else _failed(session, _invalid(key))
        for key in map(str.lower, keys)
    ]
    session.send_batch(f"metadata {name_of(target)}", lines)


def _failed(session: Session, failure: Failure) -> Line:
    key = failure.params[0] if " " not in failure.params[0] else "*"
    server = session.hub.identity.name
    return Line(f":{server} FAIL {_COMMAND} {failure.numeric} {key} :{failure.text}")


def _list(session: Session, target: User | Channel, _params: Sequence[str]) -> None:
    values = metadata_of(session.hub.state, target)
    lines = [value_line(session, target, key, value) for key, value in values.items()]
    session.send_batch(f"metadata {name_of(target)}", lines)


def _sync(session: Session, target: User | Channel, _params: Sequence[str]) -> None:
    lines = subscribed_lines(session, target)
    session.send_batch(f"metadata {name_of(target)}", lines)


def _subscribe(session: Session, _target: User | Channel, keys: Sequence[str]) -> None:
    done: list[str] = []
    for key in map(str.lower, keys):
        if not valid_key(key):
            _invalid(key).tell(session)
        elif len(session.subscriptions) >= MOST_SUBSCRIPTIONS and key not in session.subscriptions:
            session.fail(_COMMAND, "TOO_MANY_SUBS", (key,), "Too many subscriptions")
            break
        else:
            session.subscriptions[key] = None
            done.append(key)
    _tell_keys(session, n.RPL_METADATASUBOK, done)


def _unsubscribe(session: Session, _target: User | Channel, keys: Sequence[str]) -> None:
    done: list[str] = []
    for key in map(str.lower, keys):
        if valid_key(key):
            session.subscriptions.pop(key, None)
            done.append(key)
        else:
            _invalid(key).tell(session)
    _tell_keys(session, n.RPL_METADATAUNSUBOK, done)


def _subscriptions(session: Session, _target: User | Channel, _params: Sequence[str]) -> None:
    _tell_keys(session, n.RPL_METADATASUBS, list(session.subscriptions))


def _tell_keys(session: Session, numeric: str, keys: Sequence[str]) -> None:
    """Send keys, so many in a line as it takes."""
    for start in range(0, len(keys), 8):
        session.reply(numeric, *keys[start : start + 8])


_ANSWERS: Final[dict[str, Callable[[Session, User | Channel, Sequence[str]], None]]] = {
    "GET": _get,
    "LIST": _list,
    "SYNC": _sync,
    "SUB": _subscribe,
    "UNSUB": _unsubscribe,
    "SUBS": _subscriptions,
}
