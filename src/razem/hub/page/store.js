/**
 * What the browser remembers of this hub: name, channels, drafts, theme.
 *
 * @module
 */

const PREFIX = "razem:";

/**
 * @param {string} key
 * @param {any} otherwise
 */
export function recall(key, otherwise) {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise; // a browser that keeps nothing, or what another version has written
  }
}

/**
 * @param {string} key
 * @param {any} value undefined: forget it
 */
export function remember(key, value) {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // It is full, or not allowed: the page works all the same, until it is closed.
  }
}
