// Messages on their way: each keeps its id until it is acknowledged, so that repeats are posted once. No I/O.

export const MAX_WAITING = 5;
const REPEAT_MS = 4000;
const GIVE_UP_MS = 20000;
const LEAST_WAIT_MS = 1000;
const FINAL = new Set([
  "session_ended", "forbidden", "message_empty", "message_too_long", "input_invalid", "not_found",
]);

/** An entry: { id, text, replyTo, state: "sending" | "slow" | "failed", code, nextMs, sinceMs, canRetry }. */
export class Outbox {
  entries = [];
  #newId;

  constructor(newId) {
    this.#newId = newId;
  }

  get isFull() {
    return this.entries.length >= MAX_WAITING;
  }

  /** Take a text; null when too many wait. `replyTo`: the message that it answers, empty for none. */
  add(text, nowMs, replyTo = "") {
    if (this.isFull) return null;
    const entry = {
      id: this.#newId(), text, replyTo, state: "sending", code: "", nextMs: nowMs, sinceMs: nowMs, canRetry: true,
    };
    this.entries.push(entry);
    return entry;
  }

  /** Those to be sent now. One that is neither acknowledged nor refused for long enough becomes failed. */
  due(nowMs) {
    const due = [];
    for (const entry of this.entries) {
      if (entry.state === "failed") continue;
      if (entry.state === "sending" && nowMs - entry.sinceMs > GIVE_UP_MS) {
        Object.assign(entry, { state: "failed", code: "network" });
      } else if (nowMs >= entry.nextMs) {
        if (entry.state === "slow") Object.assign(entry, { state: "sending", sinceMs: nowMs });
        entry.nextMs = nowMs + REPEAT_MS;
        due.push(entry);
      }
    }
    return due;
  }

  /** Whether one waits for its answer longer than a healthy connection takes. */
  isOverdue(nowMs) {
    return this.entries.some((entry) => entry.state === "sending" && nowMs - entry.sinceMs > REPEAT_MS * 1.5);
  }

  acknowledged(id) {
    this.remove(id);
  }

  refused(id, code, retryAfterMs, nowMs) {
    const entry = this.#find(id);
    if (!entry) return;
    if (code === "rate_limited") {
      Object.assign(entry, { state: "slow", code, nextMs: nowMs + Math.max(retryAfterMs, LEAST_WAIT_MS) });
    } else {
      Object.assign(entry, { state: "failed", code, canRetry: !FINAL.has(code) });
    }
  }

  /** Send again under the same id. */
  retry(id, nowMs) {
    const entry = this.#find(id);
    if (entry) Object.assign(entry, { state: "sending", code: "", nextMs: nowMs, sinceMs: nowMs });
  }

  /** The connection is new: what waits is sent at once. */
  hurry(nowMs) {
    for (const entry of this.entries) {
      if (entry.state === "sending") Object.assign(entry, { nextMs: nowMs });
      if (entry.state === "failed" && entry.code === "not_signed_in") this.retry(entry.id, nowMs);
    }
  }

  remove(id) {
    this.entries = this.entries.filter((entry) => entry.id !== id);
  }

  #find(id) {
    return this.entries.find((entry) => entry.id === id);
  }
}
