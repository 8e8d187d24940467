"""Emoji by name, ``:tada:`` while typing, and those to react with; the same as on the page."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["EMOJI", "REACTIONS", "with_emoji"]

_TABLE: Final = """
+1 👍 -1 👎 100 💯 angry 😠 beer 🍺 bell 🔔 blush 😊 boom 💥 bug 🐛 bulb 💡 cake 🍰
calendar 📅 camera 📷 cat 🐱 check ✅ clap 👏 clock 🕐 cloud ☁️ coffee ☕
confused 😕 cookie 🍪 cool 😎 cross ❌ cry 😢 dog 🐶 earth 🌍 eyes 👀 facepalm 🤦
fear 😨 fire 🔥 flag 🚩 folded 🙏 ghost 👻 gift 🎁 grin 😁 heart ❤️ house 🏠 hug 🤗
joy 😂 key 🔑 kiss 😘 laugh 😆 link 🔗 lock 🔒 mail 📧 moon 🌙 muscle 💪 music 🎵
neutral 😐 ok 👌 package 📦 party 🥳 pencil ✏️ penguin 🐧 phone 📱 pin 📌 pizza 🍕
point_up ☝️ poop 💩 question ❓ rain 🌧️ rainbow 🌈 robot 🤖 rocket 🚀 rofl 🤣
sad 🙁 scream 😱 search 🔍 see_no_evil 🙈 shrug 🤷 skull 💀 sleepy 😴
slight_smile 🙂 smile 😄 snake 🐍 snow ❄️ sob 😭 sparkles ✨ star ⭐ sun ☀️
sweat 😅 tada 🎉 tea 🍵 think 🤔 tongue 😛 tree 🌳 trophy 🏆 unamused 😒
upside_down 🙃 warning ⚠️ wave 👋 wink 😉 wrench 🔧 yum 😋 zap ⚡
"""
_WORDS: Final = _TABLE.split()
EMOJI: Final[dict[str, str]] = dict(zip(_WORDS[::2], _WORDS[1::2], strict=True))
REACTIONS: Final = ("👍", "❤️", "😂", "🎉", "😮", "😢", "👀", "🚀")

_NAME: Final = re.compile(r":([a-z0-9_+-]+):")


def with_emoji(text: str) -> str:
    """Return a text with the emoji of each ``:name:``; other colons stay.

    >>> with_emoji("done :tada: at 12:30:00")
    'done 🎉 at 12:30:00'
    """
    return _NAME.sub(lambda found: EMOJI.get(found[1], found[0]), text)
