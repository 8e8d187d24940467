/**
 * Making elements, and keeping a list of them as it should be.
 *
 * @module
 */

/**
 * @typedef {Node | string | null | undefined | false} Child
 */

/**
 * Makes an element.
 *
 * @param {string} tag `div`, or with classes: `div.row.own`
 * @param {Record<string, any>} [props] properties; `on…` are listeners, `data-…`, `aria-…` and `role` attributes
 * @param {...(Child | Child[])} children strings become text, never markup
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (/^(aria-|data-)/.test(key) || key === "role" || key === "for" || key === "list") {
      element.setAttribute(key, value === true ? "" : String(value));
    } else Reflect.set(element, key, value);
  }
  put(element, children);
  return element;
}

/**
 * @param {Element} element
 * @param {(Child | Child[])[]} children
 */
export function put(element, children) {
  element.append(.../** @type {(Node | string)[]} */ (children.flat().filter((one) => one || one === "")));
}

/**
 * @param {Element} element
 * @param {...(Child | Child[])} children
 */
export function replace(element, ...children) {
  element.replaceChildren();
  put(element, children);
}

/**
 * What a child of a list should be.
 *
 * @typedef {object} Row
 * @property {string} key unique in its list
 * @property {string} state as long as it is the same, the element is
 * @property {() => HTMLElement} make
 */

/** @type {WeakMap<Element, { key: string, state: string }>} */
const madeFrom = new WeakMap();

/**
 * Makes the children of a list those that `rows` say, keeping the elements that need no change.
 *
 * @param {Element} list
 * @param {Row[]} rows
 */
export function reconcile(list, rows) {
  /** @type {Map<string, Element>} */
  const old = new Map();
  for (const child of list.children) {
    const made = madeFrom.get(child);
    if (made) old.set(`${made.key}\n${made.state}`, child);
  }
  const wanted = rows.map((row) => {
    const id = `${row.key}\n${row.state}`;
    const known = old.get(id);
    if (known) {
      old.delete(id);
      return known;
    }
    const element = row.make();
    madeFrom.set(element, row);
    return element;
  });
  for (const element of old.values()) element.remove();
  let next = list.firstElementChild;
  for (const element of wanted) {
    if (element === next) next = next.nextElementSibling;
    else list.insertBefore(element, next);
  }
  while (next) {
    const following = next.nextElementSibling;
    next.remove();
    next = following;
  }
}

/**
 * An element of the page that is always there.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}
