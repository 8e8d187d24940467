"""HELP: what can be said to the hub (Modern IRC)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.irc import numerics as n
from razem.talk.irc.names import fill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = ["TOPICS", "help_about"]

_INDEX: Final = "index"
_WIDTH: Final = 70

# By command: how it is used, and what it does.
TOPICS: Final[dict[str, tuple[str, ...]]] = {
    "ADMIN": ("ADMIN [server]", "Who runs this server, and how to reach them."),
    "AUTHENTICATE": ("AUTHENTICATE mechanism", "Log in to an account (SASL)."),
    "AWAY": ("AWAY [text]", "Tell others that you are away, or without a text that you are back."),
    "CAP": ("CAP LS|LIST|REQ|END", "What your client and this server understand (IRCv3)."),
    "CHANSERV": ("CHANSERV order", "Register a channel, and say who has which status in it."),
    "CHATHISTORY": (
        "CHATHISTORY LATEST|BEFORE|AFTER|AROUND|BETWEEN|TARGETS ...",
        "What was said before (IRCv3).",
    ),
    "CHGHOST": ("CHGHOST nick user host", "Show another user name and host; for operators."),
    "CS": ("CS order", "The same as CHANSERV."),
    "DLINE": (
        "DLINE [duration] address|network [reason]",
        "Ban an IP address or network, for ever or for a time as in 2d12h; for operators.",
        "Without anything it lists these bans. UNDLINE undoes it.",
    ),
    "HELP": ("HELP [command]", "This."),
    "HELPOP": ("HELPOP [command]", "The same as HELP."),
    "INFO": ("INFO [server]", "What this server is."),
    "INVITE": ("INVITE nick channel", "Ask somebody into a channel."),
    "ISON": ("ISON nick{ nick}", "Which of them are here."),
    "ISUPPORT": ("ISUPPORT", "What this server supports, and within which limits."),
    "JOIN": (
        "JOIN channel{,channel} [key{,key}]",
        "Come into channels; who comes first is the operator. JOIN 0 leaves all.",
    ),
    "KICK": ("KICK channel nick{,nick} [reason]", "Put somebody out; for channel operators."),
    "KILL": ("KILL nick [reason]", "Send somebody away from this server; for operators."),
    "KLINE": (
        "KLINE [duration] nick!user@host|account:NAME|address [reason]",
        "Ban somebody from this server, for ever or for a time as in 2d12h; for operators.",
        "In masks * stands for any text, ? for one character. Without anything it lists these",
        "bans. UNKLINE undoes it.",
    ),
    "KNOCK": ("KNOCK channel [text]", "Ask to be invited to a channel that is closed."),
    "LINKS": ("LINKS [mask]", "The servers that there are."),
    "LIST": (
        "LIST [condition{,condition}]",
        "The channels: by name or mask, !mask (not these), >n and <n (users),",
        "C>n and C<n (minutes since it was made), T>n and T<n (since the topic was set).",
    ),
    "LUSERS": ("LUSERS", "How many are here."),
    "MARKREAD": ("MARKREAD target [timestamp]", "Up to where you have read (IRCv3)."),
    "METADATA": (
        "METADATA target GET|LIST|SET|CLEAR|SYNC, METADATA * SUB|UNSUB|SUBS",
        "What users and channels say of themselves (IRCv3).",
    ),
    "MODE": (
        "MODE channel [modes [arguments]]; MODE nick [modes]",
        "See or change modes. Of yourself: i (only those in your channels find you), w (hear",
        "WALLOPS), B (you are a bot), R (only those with an account may write to you).",
        "Of a channel: q a o h v (a status), b e I (masks: banned, excepted, invited), k (key),",
        "l (how many), f (where others are led), i (who is invited), R (who has an account),",
        "m (who has a status speaks), n (nobody from outside), C (no CTCP), s (secret), t (who",
        "has a status sets the topic).",
    ),
    "MONITOR": (
        "MONITOR +|- nick{,nick}; MONITOR C|L|S",
        "Hear when somebody comes and goes; clear, list, or see who is here.",
    ),
    "MOTD": ("MOTD", "The message of the day."),
    "NAMES": ("NAMES channel{,channel}", "Who is in a channel."),
    "NICK": ("NICK nick", "Be called otherwise."),
    "NICKSERV": ("NICKSERV order", "Accounts: see NICKSERV HELP."),
    "NOTICE": ("NOTICE target{,target} text", "Say something that no program answers to."),
    "NS": ("NS order", "The same as NICKSERV."),
    "OPER": ("OPER name password", "Become a server operator."),
    "PART": ("PART channel{,channel} [reason]", "Leave channels."),
    "PASS": ("PASS password", "The password of this server, before anything else."),
    "PERSISTENCE": (
        "PERSISTENCE GET|SET ON|OFF|DEFAULT",
        "Stay here without a connection, or not (IRCv3); it takes an account.",
    ),
    "PING": ("PING token", "Is the connection alive?"),
    "PONG": ("PONG token", "Yes, it is."),
    "PRIVMSG": ("PRIVMSG target{,target} text", "Say something to channels or people."),
    "QUIT": ("QUIT [reason]", "Leave."),
    "REDACT": ("REDACT target msgid [reason]", "Remove a message (IRCv3)."),
    "REHASH": ("REHASH", "Read the configuration again; for operators."),
    "REGISTER": ("REGISTER account email password", "Make an account (IRCv3)."),
    "RELAYMSG": ("RELAYMSG channel name text", "Say something that another said elsewhere."),
    "RENAME": ("RENAME channel new [reason]", "Give a channel another name."),
    "SEARCH": (
        "SEARCH text=words[;from=nick][;in=channel][;after=time][;before=time][;limit=n]",
        "Find what was said (IRCv3).",
    ),
    "SETNAME": ("SETNAME realname", "Have another real name."),
    "STATS": (
        "STATS letter",
        "u: for how long the server runs; p: operators who are here; for operators o: those",
        "that there may be, k and d: bans, l: connections.",
    ),
    "TAGMSG": ("TAGMSG target", "Send tags without a text, such as typing (IRCv3)."),
    "TIME": ("TIME [server]", "What time it is here."),
    "TOPIC": ("TOPIC channel [text]", "See or change what a channel is about."),
    "UNDLINE": ("UNDLINE address|network", "Undo DLINE; for operators."),
    "UNKLINE": ("UNKLINE nick!user@host|account:NAME|address", "Undo KLINE; for operators."),
    "USER": ("USER name 0 * :realname", "Who you are, once, when you come."),
    "USERHOST": ("USERHOST nick{ nick}", "User names and hosts of up to five."),
    "UNREAD": ("UNREAD", "How much you have not read; for programs."),
    "USERS": ("USERS", "Of no use here: see LUSERS and WHO."),
    "VERIFY": ("VERIFY account code", "Of use where accounts are confirmed by mail (IRCv3)."),
    "VERSION": ("VERSION [server]", "Which program this is, and what it supports."),
    "WALLOPS": ("WALLOPS text", "Tell everybody who has mode w; for operators."),
    "WHO": (
        "WHO channel|nick|mask [flags][%fields[,token]]",
        "Who is in a channel, or whose nick, user name, host or real name fits; o: operators only.",
    ),
    "WHOIS": ("WHOIS nick{,nick}", "About somebody who is here."),
    "WHOWAS": ("WHOWAS nick [count]", "About somebody who was here under that nick."),
}


def help_about(session: Session, message: Message) -> None:
    """HELP [command]; without one, the commands that there are."""
    subject = message.param(0)
    if not subject:
        _tell(session, _INDEX, ["The commands are:", *fill(sorted(TOPICS), _WIDTH)])
        return
    lines = TOPICS.get(subject.upper())
    if lines is None:
        session.refuse(n.ERR_HELPNOTFOUND, (subject,))
    else:
        _tell(session, subject.upper(), lines)


def _tell(session: Session, subject: str, lines: Sequence[str]) -> None:
    first, *others = lines
    session.reply(n.RPL_HELPSTART, subject, first)
    for line in others:
        session.reply(n.RPL_HELPTXT, subject, line)
    session.reply(n.RPL_ENDOFHELP, subject, "End of /HELP")
