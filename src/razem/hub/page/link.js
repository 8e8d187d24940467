/**
 * Carries lines between a client and the hub over WebSocket (IRCv3 websocket), and connects again.
 *
 * @module
 */

/** @typedef {import("./client.js").ChatClient} ChatClient */

const FIRST_RETRY = 0.5; // seconds, doubled from attempt to attempt, half of it by chance
const LAST_RETRY = 30;
const SETTLED = 10;
const TICK_MILLISECONDS = 1000;

export class Link {
  /**
   * @param {ChatClient} client
   * @param {string} address of the hub: `wss://…`
   * @param {() => void} onChange called when the client may have changes
   */
  constructor(client, address, onChange) {
    this.client = client;
    this.#address = address;
    this.#onChange = onChange;
    /** When the next attempt is made; seconds of `now()`. */
    this.retryAt = 0;
    this.#timer = setInterval(() => this.#tick(), TICK_MILLISECONDS);
    addEventListener("online", () => this.retry());
    this.#connect();
  }

  #address;
  #onChange;
  #timer;
  #failures = 0;
  #openedAt = 0;
  /** @type {WebSocket | null} */
  #socket = null;
  #closed = false;

  /** Seconds, of a clock that never goes back. */
  now() {
    return performance.now() / 1000;
  }

  /** Sends what the client has to send, and tells that something may have changed. */
  flush() {
    const socket = this.#socket;
    if (socket?.readyState === WebSocket.OPEN) {
      for (const line of this.client.takeLines()) socket.send(line);
    }
    this.#onChange();
  }

  /** Connects now, if it is waiting for that. */
  retry() {
    if (this.#socket || this.#closed) return;
    this.retryAt = 0;
    this.#tick();
  }

  close() {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#socket?.close();
  }

  #connect() {
    const socket = new WebSocket(this.#address, ["text.ircv3.net"]);
    this.#socket = socket;
    socket.onopen = () => {
      this.#openedAt = this.now();
      this.client.connected(this.now());
      this.flush();
    };
    socket.onmessage = ({ data }) => {
      this.client.receive(String(data), this.now());
      this.#schedule();
    };
    socket.onclose = () => this.#lost("the connection to the hub is lost");
  }

  #scheduled = false;

  /** Many lines come at once: what they change is shown once. */
  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** @param {string} reason */
  #lost(reason) {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    socket.onclose = socket.onmessage = socket.onopen = null;
    socket.close();
    if (this.#openedAt && this.now() - this.#openedAt >= SETTLED) this.#failures = 0;
    this.#openedAt = 0;
    const wait = Math.min(FIRST_RETRY * 2 ** Math.min(this.#failures, 30), LAST_RETRY);
    this.#failures += 1;
    this.retryAt = this.now() + wait * (0.5 + 0.5 * Math.random());
    this.client.lost(reason);
    if (this.client.phase === "refused") this.close();
    this.#onChange();
  }

  #tick() {
    if (this.#closed) return;
    if (!this.#socket) {
      if (this.now() >= this.retryAt) this.#connect();
      this.#onChange();
      return;
    }
    const over = this.client.expire(this.now());
    if (over) this.#lost(over);
    else this.flush();
  }
}
