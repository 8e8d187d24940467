/**
 * What the hub says of itself: RPL_ISUPPORT (005), as far as the page needs it.
 *
 * @module
 */

export class Features {
  constructor() {
    /** @type {Map<string, string>} sign by mode letter, the highest first */
    this.prefixes = new Map([
      ["o", "@"],
      ["v", "+"],
    ]);
    /** Kinds of channel modes: lists, always with an argument, with one when set, without. */
    this.kinds = ["b", "k", "l", "imnst"];
    this.nickBytes = 30;
    this.network = "";
    this.historyLimit = 100;
  }

  /** @param {string[]} tokens */
  learn(tokens) {
    for (const token of tokens) {
      const [name, value = ""] = token.split("=", 2);
      const number = Number.parseInt(value, 10);
      if (name === "PREFIX") this.#learnPrefixes(value);
      else if (name === "CHANMODES") this.kinds = [...value.split(","), "", "", "", ""].slice(0, 4);
      else if (name === "NICKLEN" && number > 0) this.nickBytes = number;
      else if (name === "NETWORK") this.network = value;
      else if (name === "CHATHISTORY" && number > 0) this.historyLimit = number;
    }
  }

  /** @param {string} value `(ov)@+` */
  #learnPrefixes(value) {
    const found = /^\((\w*)\)(.*)$/.exec(value);
    if (!found || found[1].length !== found[2].length) return;
    this.prefixes = new Map([...found[1]].map((letter, index) => [letter, found[2][index]]));
  }

  /** All signs of ranks, the highest first. */
  get signs() {
    return [...this.prefixes.values()].join("");
  }

  /**
   * Tells whether a mode takes an argument.
   *
   * @param {string} letter
   * @param {boolean} adding
   */
  takesArgument(letter, adding) {
    const [lists, always, whenSet] = this.kinds;
    if (this.prefixes.has(letter) || lists.includes(letter) || always.includes(letter)) return true;
    return adding && whenSet.includes(letter);
  }
}
