// Messages to leads that the server has not accepted yet. Each is kept in the browser under the
// person that wrote it and sent with one idempotency key until there is an answer: it survives a
// reload and a server that is away, and it never arrives twice.

import { backoff, mutate } from "./graphql.js";
import { SEND_MESSAGE } from "./documents.js";

/** Random text of 32 hexadecimal digits. */
export const randomKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0")).join("");

export class Outbox {
  #prefix; #onChange; #isRunning = false; #sent = new Map();

  constructor(staffId, onChange) {
    this.#prefix = `leadlight:out:${staffId}:`;
    this.#onChange = onChange;
  }

  /** What waits or was refused for one lead, oldest first: `{ key, text, refusal, sentId }`. */
  of(leadId) {
    const waiting = this.#all().concat([...this.#sent.values()]);
    return waiting.filter((item) => item.leadId === leadId)
      .sort((one, other) => one.wroteAt - other.wroteAt);
  }

  add(leadId, text) {
    this.#keep({ key: randomKey(), leadId, text, wroteAt: Date.now(), refusal: null });
    this.#onChange();
    this.flush();
  }

  discard(key) {
    this.#sent.delete(key);
    localStorage.removeItem(this.#prefix + key);
    this.#onChange();
  }

  /** Forgets sent messages that the card shows by now. */
  settle(messages) {
    for (const [key, { sentId }] of this.#sent) {
      if (messages.some(({ id }) => id === sentId)) this.#sent.delete(key);
    }
  }

  async flush() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const next = () => this.#all().find((item) => !item.refusal);
    for (let item = next(), attempt = 0; item; item = next()) {
      try {
        await this.#send(item);
        attempt = 0;
      } catch (failure) {
        if (failure.isSignedOut) break;
        await new Promise((done) => setTimeout(done, backoff(attempt++)));
      }
    }
    this.#isRunning = false;
  }

  async #send(item) {
    const { key, leadId, text } = item;
    const input = { leadId, idempotencyKey: key, channel: "CHAT", text };
    const answer = await mutate(SEND_MESSAGE, input);
    if (answer.__typename === "LimitError") throw new Error(answer.message);
    if (answer.sentMessage) {
      localStorage.removeItem(this.#prefix + key);
      this.#sent.set(key, { ...item, sentId: answer.sentMessage.id });
    } else {
      this.#keep({ ...item, refusal: answer.message });
    }
    this.#onChange();
  }

  #keep(item) {
    localStorage.setItem(this.#prefix + item.key, JSON.stringify(item));
  }

  #all() {
    return Object.keys(localStorage).filter((name) => name.startsWith(this.#prefix))
      .map((name) => JSON.parse(localStorage.getItem(name)))
      .sort((one, other) => one.wroteAt - other.wroteAt);
  }
}
