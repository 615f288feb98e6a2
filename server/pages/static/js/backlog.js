// The latest messages, loaded anew when more was missed than the room repeats. Tries until it has them.
import { ApiError, call } from "./api.js";
import { waitMs } from "./backoff.js";

const LATEST = 200;

export class Backlog {
  #sessionId;
  #on;
  #turn = 0;

  /** `on`: { state("loading" | "failed" | "loaded"), loaded(session, messages) } */
  constructor(sessionId, on) {
    this.#sessionId = sessionId;
    this.#on = on;
  }

  /** Everything up to `lastSeq` is wanted; an earlier load that still goes on is given up. */
  async load(lastSeq) {
    const turn = ++this.#turn;
    this.#on.state("loading");
    for (let attempt = 1; turn === this.#turn; attempt += 1) {
      try {
        const found = await this.#ask(lastSeq);
        if (turn !== this.#turn) return;
        this.#on.loaded(...found);
        this.#on.state("loaded");
        return;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (turn === this.#turn) this.#on.state("failed");
      }
      await new Promise((resolve) => setTimeout(resolve, waitMs(attempt)));
    }
  }

  #ask(lastSeq) {
    const address = `/sessions/${this.#sessionId}`;
    const after = Math.max(0, lastSeq - LATEST);
    return Promise.all([call("GET", address), call("GET", `${address}/messages?after_seq=${after}&limit=${LATEST}`)]);
  }
}
