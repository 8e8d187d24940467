/**
 * Emoji by name: `:tada:` while typing, and those that one reacts with.
 *
 * @module
 */

/** @type {Record<string, string>} */
export const EMOJI = Object.fromEntries(
  (
    "+1 👍 -1 👎 100 💯 angry 😠 beer 🍺 bell 🔔 blush 😊 boom 💥 bug 🐛 bulb 💡 cake 🍰 calendar 📅 " +
    "camera 📷 cat 🐱 check ✅ clap 👏 clock 🕐 cloud ☁️ coffee ☕ confused 😕 cookie 🍪 cool 😎 cross ❌ cry 😢 " +
    "dog 🐶 earth 🌍 eyes 👀 facepalm 🤦 fear 😨 fire 🔥 flag 🚩 folded 🙏 ghost 👻 gift 🎁 grin 😁 heart ❤️ " +
    "house 🏠 hug 🤗 joy 😂 key 🔑 kiss 😘 laugh 😆 link 🔗 lock 🔒 mail 📧 moon 🌙 muscle 💪 music 🎵 neutral 😐 " +
    "ok 👌 package 📦 party 🥳 pencil ✏️ penguin 🐧 phone 📱 pin 📌 pizza 🍕 point_up ☝️ poop 💩 question ❓ rain 🌧️ " +
    "rainbow 🌈 robot 🤖 rocket 🚀 rofl 🤣 sad 🙁 scream 😱 search 🔍 see_no_evil 🙈 shrug 🤷 skull 💀 sleepy 😴 " +
    "slight_smile 🙂 smile 😄 snake 🐍 snow ❄️ sob 😭 sparkles ✨ star ⭐ sun ☀️ sweat 😅 tada 🎉 tea 🍵 think 🤔 " +
    "tongue 😛 tree 🌳 trophy 🏆 unamused 😒 upside_down 🙃 warning ⚠️ wave 👋 wink 😉 wrench 🔧 yum 😋 zap ⚡"
  )
    .split(" ")
    .reduce((/** @type {string[][]} */ pairs, word, index, all) => {
      if (index % 2 === 0) pairs.push([word, all[index + 1]]);
      return pairs;
    }, []),
);

export const REACTIONS = ["👍", "❤️", "😂", "🎉", "😮", "😢", "👀", "🚀"];

/**
 * Replaces `:name:` by the emoji of that name; other colons stay.
 *
 * @param {string} text
 */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name) =>
    Object.hasOwn(EMOJI, name) ? EMOJI[name] : whole,
  );
}
