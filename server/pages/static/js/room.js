// The event socket of a room: hello with the last number seen, facts in order, coming back by itself.
import { waitMs } from "./backoff.js";
import { newId } from "./ids.js";
import { Sequence } from "./sequence.js";
import { visitorOf } from "./visitor.js";

const PROTOCOL_VERSION = 1;
const HELLO_DEADLINE_MS = 8000;
const CLOSE = { unauthenticated: 4401, forbidden: 4403, endedElsewhere: 4409 };
const FORBIDDEN_WAIT_MS = 15000;

/**
 * `on`: { status("connecting" | "open" | "closed"), hello(ack), fact(envelope), reset(ack), tick(envelope),
 *         ack(body), refused(body), signedOut() }
 */
export class Room {
  #url;
  #sessionId;
  #on;
  #socket = null;
  #attempt = 0;
  #timer = 0;
  #helloTimer = 0;
  #sequence = new Sequence();
  isOpen = false;

  constructor(sessionId, on) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.#url = `${scheme}://${location.host}/api/v1/events`;
    this.#sessionId = sessionId;
    this.#on = on;
  }

  get lastSeq() {
    return this.#sequence.last;
  }

  /** Open anew, now: at the start, after signing in or out, when the network is back. */
  connect() {
    this.#drop();
    this.#on.status("connecting");
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#helloTimer = setTimeout(() => this.#lost(0), HELLO_DEADLINE_MS);
    socket.onopen = () => {
      this.#write("hello", newId(), { after_seq: this.#sequence.last, visitor: visitorOf(this.#sessionId, newId) });
    };
    socket.onmessage = (event) => {
      for (const envelope of JSON.parse(event.data)) {
        if (socket !== this.#socket) return;
        this.#receive(envelope);
      }
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#lost(event.code);
    };
  }

  /** Send a message once; false when there is no connection. `replyTo`: what it answers, empty for nothing. */
  sendChat(id, words, replyTo) {
    if (!this.isOpen) return false;
    this.#write("chat.send", id, replyTo ? { text: words, reply_to: replyTo } : { text: words });
    return true;
  }

  /** Everything up to `seq` was loaded in another way. */
  jump(seq) {
    this.#sequence.jump(seq);
  }

  #write(kind, id, body) {
    const envelope = { t: kind, v: PROTOCOL_VERSION, id, seq: 0, ts: 0, room: this.#sessionId, d: body };
    this.#socket.send(JSON.stringify([envelope]));
  }

  #receive(envelope) {
    if (envelope.t === "hello.ack") {
      clearTimeout(this.#helloTimer);
      this.isOpen = true;
      this.#attempt = 0;
      this.#on.status("open");
      this.#on.hello(envelope.d);
    } else if (envelope.t === "room.reset") {
      this.#sequence.jump(envelope.d.last_seq);
      this.#on.reset(envelope.d);
    } else if (envelope.t === "chat.ack") {
      this.#on.ack(envelope.d);
    } else if (envelope.t === "error") {
      this.#on.refused(envelope.d);
    } else if (!envelope.seq) {
      this.#on.tick(envelope);
    } else {
      const verdict = this.#sequence.take(envelope.seq);
      if (verdict === "apply") this.#on.fact(envelope);
      else if (verdict === "gap") this.connect();
    }
  }

  #lost(code) {
    this.#drop();
    this.#on.status("closed");
    if (code === CLOSE.unauthenticated || code === CLOSE.endedElsewhere) this.#on.signedOut();
    this.#attempt += 1;
    const wait = code === CLOSE.forbidden ? FORBIDDEN_WAIT_MS : waitMs(this.#attempt);
    this.#timer = setTimeout(() => this.connect(), wait);
  }

  #drop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#helloTimer);
    this.isOpen = false;
    const socket = this.#socket;
    this.#socket = null;
    if (socket) socket.close();
  }
}
