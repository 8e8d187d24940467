"""What stands around the messages: channels, members, the head, hints, the status."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Static

from razem.talk.client.core import Phase
from razem.talk.faces.printable import printable

from .emoji import EMOJI, REACTIONS
from .listing import Item, ItemList
from .markup import plain_text
from .palette import nick_colour
from .style import THEMES
from .wrapping import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import App

    from razem.talk.client.conversations import Conversation
    from razem.talk.client.driver import Client

    from .completion import Offer
    from .keeping import Hub, Keeping
    from .messages import MessageList
    from .palette import Palette
    from .view import View

__all__ = [
    "draw_head",
    "draw_hint",
    "draw_members",
    "draw_offers",
    "draw_reply",
    "draw_sidebar",
    "draw_status",
    "emoji_items",
    "facts",
    "is_member",
    "open_link",
    "ordered",
    "places",
    "settings",
]

_MANY = 3  # people who type are named up to so many
_MOST_PLACES = 200
_MOST_NUMBER = 99


def ordered(client: Client) -> list[str]:
    """Return the names of the conversations as they stand at the side."""
    return [one.name for one in _ordered(client)]


def _ordered(client: Client) -> list[Conversation]:
    return sorted(client.conversations(), key=lambda one: (not one.is_channel, one.name.lower()))


def _number(conversation: Conversation) -> str:
    number = conversation.mentions or conversation.unread
    if not number:
        return ""
    more = number > _MOST_NUMBER or conversation.more
    return f"{min(number, _MOST_NUMBER)}+" if more else str(number)


def _item(client: Client, one: Conversation) -> Item:
    name = printable(one.name)
    style = "badge bold" if one.mentions else "bold" if one.unread else ""
    if one.is_channel:
        if client.phase is Phase.READY and client.channel(one.name) is None:
            style += " quiet"
        return Item(one.name, name[1:], name[:1], _number(one), style=style)
    return Item(one.name, name, "@", _number(one), style=style)


def draw_sidebar(app: App[str], client: Client, view: View, palette: Palette) -> None:
    """Show the channels and the talks."""
    all_ = _ordered(client)
    channels = [_item(client, one) for one in all_ if one.is_channel]
    people = [_item(client, one) for one in all_ if not one.is_channel]
    items = [Item("", "Channels"), *channels]
    if people:
        items += [Item("", ""), Item("", "People"), *people]
    current = client.conversation(view.name)
    name = current.name if current is not None else view.name
    app.query_one("#channels", ItemList).show(items, palette, name)
    network = cut(printable(client.network) or "Razem", 22)
    _put(app, "sidebar-head", Text(network))


def draw_members(app: App[str], client: Client, view: View, palette: Palette) -> None:
    """Show who is in the channel, by rank and name."""
    channel = client.channel(view.name) if view.is_channel else None
    box, shown = app.query_one("#members", ItemList), (client.roster_version, view.name, palette)
    if box.shown == shown:
        return
    box.shown = shown
    if channel is None:
        box.show([], palette)
        _put(app, "people-head", Text(""))
        return
    ranks = client.ranks
    members = sorted(
        channel.members.values(),
        key=lambda m: (ranks.find(m.prefixes[0]) if m.prefixes else len(ranks), m.nick.lower()),
    )
    items = [
        Item(
            member.nick,
            printable(member.nick),
            member.prefixes[:1] or " ",
            colour=palette.nicks[nick_colour(member.nick)],
            style="quiet" if member.away else "",
        )
        for member in members
    ]
    box.show(items, palette)
    count = len(items)
    _put(app, "people-head", Text(f"{count} member{'s' if count != 1 else ''}"))


def draw_head(app: App[str], client: Client, view: View, palette: Palette) -> None:
    """Show the name of the conversation and its topic."""
    channel = client.channel(view.name)
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(printable(view.name), style="bold")
    if channel is not None and channel.topic:
        text.append(f"   {plain_text(channel.topic)}", style=palette.quiet)
    elif view.is_channel and channel is None and client.phase is Phase.READY:
        text.append("   you are not in this channel: /join", style=palette.quiet)
    _put(app, "head", text)


def draw_hint(app: App[str], client: Client, view: View, messages: MessageList) -> None:
    """Show who is typing, and the way to the newest."""
    conversation = client.conversation(view.name)
    names = [] if conversation is None else [printable(nick) for nick in conversation.typing]
    if not names:
        text = ""
    elif len(names) == 1:
        text = f"{names[0]} is typing…"
    elif len(names) <= _MANY:
        text = f"{', '.join(names)} are typing…"
    else:
        text = "Several people are typing…"
    _put(app, "typing", Text(text, no_wrap=True, overflow="ellipsis"))
    jump = app.query_one("#jump", Static)
    unread = conversation.unread if conversation is not None else 0
    if not messages.at_end:
        _put(app, "jump", Text(f" ↓ {unread} new " if unread else " ↓ newest "))
    jump.display = not messages.at_end


def draw_reply(app: App[str], view: View) -> None:
    """Show which message is answered."""
    box = app.query_one("#replying", Static)
    line = view.replying
    box.display = line is not None
    if line is not None:
        text = Text("↩ ", no_wrap=True, overflow="ellipsis")
        text.append(printable(line.sender), style="bold")
        text.append(f" {plain_text(line.text[:200])}   ")
        text.append("Esc gives it up", style="dim")
        _put(app, "replying", text)


def draw_offers(app: App[str], offers: Sequence[Offer], chosen: int, palette: Palette) -> None:
    """Show what the word may become."""
    box = app.query_one("#offers", Static)
    box.display = bool(offers)
    text = Text(no_wrap=True, overflow="ellipsis")
    first = max(0, chosen - 7)
    for index, offer in enumerate(offers[first : first + 8], first):
        mark = index == chosen
        style = f"{palette.on_accent} on {palette.accent}" if mark else palette.text
        text.append(f" {offer.shown} \n", style=style)
    text.rstrip()
    _put(app, "offers", text)


def draw_status(app: App[str], client: Client, palette: Palette) -> None:
    """Show how the connection is, and what is being done about it."""
    left, trouble = Text(no_wrap=True, overflow="ellipsis"), Text()
    waiting = len(client.unacknowledged)
    if client.phase is Phase.READY:
        left.append("● ", style=palette.good)
        left.append("connected")
        if client.lag is not None:
            left.append(f" · {client.lag * 1000:.0f} ms")
    elif client.phase is Phase.REGISTERING:
        left.append("◌ ", style=palette.warning)
        left.append("coming in…")
    else:
        left.append("○ ", style=palette.bad)
        left.append("no connection")
        why = printable(client.trouble.rstrip(".")) or "There is no connection"
        seconds = client.retry_in
        when = f"Trying again in {seconds:.0f} s" if seconds >= 1 else "Trying again"
        trouble.append(f"{why}. {when}; what you write is sent then.")
    if waiting:
        left.append(f" · {waiting} on the way")
    left.append(f" · {printable(str(client.address))}", style="dim")
    _put(app, "status-left", left)
    box = app.query_one("#trouble", Static)
    box.display = bool(trouble.plain)
    _put(app, "trouble", trouble)
    right = Text(no_wrap=True)
    right.append(printable(client.nick), style=f"bold {palette.nicks[nick_colour(client.nick)]}")
    if client.account:
        right.append(" ✓", style=palette.good)
    right.append("   F1 help")
    _put(app, "status-right", right)


def _put(app: App[str], name: str, text: Text) -> None:
    """Show a text, if it is not shown already."""
    box = app.query_one(f"#{name}", Static)
    shown = (text.plain, str(text.spans), str(text.style))
    if getattr(box, "razem_shown", None) != shown:
        box.razem_shown = shown  # type: ignore[attr-defined]
        box.update(text)


# ---- what dialogs offer


def places(client: Client, typed: str) -> list[Item]:
    """Return the conversations and members with `typed` in their names, the likeliest first."""
    wanted = typed.strip().lower()
    found = [one for one in _ordered(client) if wanted in one.name.lower()]
    found.sort(key=lambda one: (-one.mentions, -one.unread))
    items = [_item(client, one) for one in found]
    known = {client.fold(one.name) for one in client.conversations()} | {client.fold(client.nick)}
    if wanted:
        nicks = {m.nick for channel in client.channels() for m in channel.members.values()}
        people = sorted(n for n in nicks if wanted in n.lower() and client.fold(n) not in known)
        items += [Item(nick, printable(nick), "@", "talk") for nick in people]
    return items[:_MOST_PLACES]


def is_member(client: Client, nick: str) -> bool:
    """Tell whether somebody of that nick is in a channel of ours."""
    return any(client.fold(nick) in channel.members for channel in client.channels())


def emoji_items(typed: str) -> list[Item]:
    """Return the emoji whose names have `typed` in them; at first, those to react with."""
    if not typed:
        names = {sign: name for name, sign in EMOJI.items()}
        return [Item(sign, f"{sign}  {names.get(sign, '')}") for sign in REACTIONS]
    return [Item(sign, f"{sign}  {name}") for name, sign in EMOJI.items() if typed in name]


def settings(app: App[str], keeping: Keeping | None) -> list[Item]:
    """Return what can be set."""
    items = [
        Item(name, "Dark" if palette.dark else "Light", "●" if app.theme == name else "○")
        for name, palette in THEMES.items()
    ]
    if keeping is not None:
        sign = "●" if keeping.kept.bell else "○"
        items.append(Item("bell", "Ring when somebody calls you", sign))
    return [*items, Item("nick", "Be called otherwise …", " ")]


def facts(client: Client, hub: Hub | None) -> list[str]:
    """Return what there is to know of the hub."""
    lines = [f"You are {printable(client.nick)} at {printable(str(client.address))}."]
    if hub is not None and hub.fingerprint:
        lines.append(f"The hub's fingerprint is {hub.fingerprint}.")
    return lines


def open_link(app: App[str], link: str) -> None:
    """Show a link in the browser where there is one; else copy it."""
    has_screen = sys.platform == "darwin" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if has_screen:
        app.open_url(link)
    else:
        app.copy_to_clipboard(link)
        app.notify(Text(f"Copied: {cut(link, 60)}").plain, timeout=3, markup=False)
