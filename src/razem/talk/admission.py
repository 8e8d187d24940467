"""Who may come in (DESIGN 6): what a session has to bring before it becomes a user. No I/O.

From this machine, and by UNIX sockets, everybody is free. From elsewhere it takes what
`Policy.access` says: an invitation (``PASS invite:TOKEN``) or an account, an account, or nothing.
The password of the hub, where it has one, is asked of everybody who brings no invitation, and
stands for one. Whether an invitation is valid is decided in the verdict on `Arrive`, because
other hubs of the same log use the same ones.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from razem.talk.invitations import digest_of, token_of

if TYPE_CHECKING:
    from razem.talk.hub import Hub
    from razem.talk.session import Session

__all__ = [
    "is_password",
    "may_meet",
    "may_register_at_first",
    "needs_invitation",
    "refusal_at_the_door",
]

_ACCOUNT_NEEDED = "This hub lets in who has an account: log in to it (SASL)"
_INVITATION_NEEDED = (
    "This hub lets in who is invited or has an account: ask for a link, then PASS invite:TOKEN,"
    " or log in (SASL)"
)


def refusal_at_the_door(session: Session) -> str:
    """Return why a session may not come in, whatever its nick; "": it may, so far."""
    expected = session.hub.identity.password
    token = token_of(session.password)
    if expected and not token and not is_password(session, session.password):
        return "Password incorrect"
    if _is_free(session) or session.account:
        return ""
    access = session.hub.policy.access
    if access == "accounts":
        return _ACCOUNT_NEEDED
    if access == "invite" and not token and not expected:
        return _INVITATION_NEEDED
    return ""


def needs_invitation(session: Session) -> bool:
    """Tell whether a session that may come in so far needs the invitation that it brings."""
    expected = session.hub.identity.password
    if not token_of(session.password):
        return False
    if expected:  # it came without the password
        return True
    access = session.hub.policy.access
    return access == "invite" and not _is_free(session) and not session.account


def is_password(session: Session, given: str) -> bool:
    """Tell whether this is the password of the hub."""
    expected = session.hub.identity.password
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def may_register_at_first(session: Session) -> bool:
    """Tell whether a session may make an account before it came in.

    Only who may come in without one: else whoever registers would let themselves in.
    """
    return _is_free(session) and not session.hub.identity.password


def may_meet(hub: Hub, password: str, time: int, *, local: bool) -> bool:
    """Tell whether somebody may use the hub to meet another by a code phrase.

    Args:
        hub: which.
        password: what that one brings: the hub's, or ``invite:TOKEN``.
        time: milliseconds since 1970.
        local: whether that one is on this machine.
    """
    expected = hub.identity.password
    if token := token_of(password):
        invitation = hub.state.invitations.get(digest_of(token))
        return invitation is not None and not invitation.over(time)
    if expected:
        return hmac.compare_digest(password.encode(), expected.encode())
    return local or hub.policy.access == "open"


def _is_free(session: Session) -> bool:
    return session.origin.local or session.hub.policy.access == "open"
