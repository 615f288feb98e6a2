// Writing: the draft, what is on its way, and why something did not go.
import { EmojiPanel } from "./emoji.js";
import { newId } from "./ids.js";
import { Outbox } from "./outbox.js";
import { refusal, text } from "./texts.js";

const MAX_CHARS = 200;
const LOOK_MS = 500;
const node = (id) => document.getElementById(id);

export class Composer {
  #outbox = new Outbox(newId);
  #emoji = new EmojiPanel();
  #rows = new Map();
  #room;
  #askSignIn;
  #overdue;
  #isSignedIn = false;
  #isClosed = false;
  #blocked = "";
  #answered = null;

  /** `askSignIn()` opens the dialog; `overdue()` is told when answers do not come though there is a connection. */
  constructor({ room, askSignIn, overdue }) {
    this.#room = room;
    this.#askSignIn = askSignIn;
    this.#overdue = overdue;
    node("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    node("draft").addEventListener("input", () => this.#measure());
    node("draft").addEventListener("click", () => {
      if (!this.#isSignedIn && !this.#isClosed) this.#askSignIn();
    });
    node("draft").addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) this.replyTo(null);
    });
    node("reply-drop").addEventListener("click", () => {
      this.replyTo(null);
      node("draft").focus();
    });
    setInterval(() => this.#pump(), LOOK_MS);
    this.#arrange();
  }

  setSignedIn(isSignedIn) {
    this.#isSignedIn = isSignedIn;
    this.#arrange();
  }

  setClosed(isClosed) {
    this.#isClosed = isClosed;
    this.#arrange();
  }

  /** Why nothing can be written now; empty: it can. What is typed stays. */
  setBlocked(reason) {
    this.#blocked = reason;
    this.#arrange();
  }

  /** What is written next answers this: { message_id, author_name }; null: nothing. */
  replyTo(message) {
    if (message && !this.#isSignedIn) {
      this.#askSignIn();
      return;
    }
    this.#answered = message;
    node("replying").hidden = !message;
    node("replying-to").textContent = message ? text("chat.replying", { name: message.author_name }) : "";
    if (message) node("draft").focus();
  }

  /** These messages are shown no more. */
  hidden(ids) {
    if (this.#answered && ids.includes(this.#answered.message_id)) this.replyTo(null);
  }

  /** There is a connection again. */
  connected() {
    this.#outbox.hurry(performance.now());
    this.#pump();
  }

  acknowledged(id) {
    this.#outbox.acknowledged(id);
    this.#draw();
  }

  /** True when the refusal was of one of our messages. */
  refused({ request_id: id, code, retry_after_ms: retryAfterMs }) {
    this.#outbox.refused(id, code, retryAfterMs, performance.now());
    this.#draw();
  }

  /** A message of this account was posted: it is in the list now, not on its way. */
  posted(words) {
    const entry = this.#outbox.entries.find((one) => one.text === words);
    if (entry) this.#rows.get(entry.id)?.setAttribute("hidden", "");
  }

  #arrange() {
    const draft = node("draft");
    draft.disabled = this.#isClosed || Boolean(this.#blocked);
    draft.readOnly = !this.#isSignedIn;
    const hint = this.#isClosed ? "chat.closed" : this.#isSignedIn ? "chat.placeholder" : "chat.sign_in_first";
    const words = this.#blocked || text(hint);
    draft.placeholder = words;
    draft.setAttribute("aria-label", words);
    this.#emoji.setEnabled(this.#isSignedIn && !draft.disabled);
    node("send").disabled = this.#isClosed || Boolean(this.#blocked);
    node("send").textContent = text(this.#isSignedIn || this.#isClosed ? "chat.send" : "sign.in");
  }

  #submit() {
    if (!this.#isSignedIn) {
      this.#askSignIn();
      return;
    }
    const draft = node("draft");
    const words = draft.value.replace(/\s+/g, " ").trim();
    if (!words || !this.#measure()) return;
    if (!this.#outbox.add(words, performance.now(), this.#answered?.message_id ?? "")) {
      this.#say(text("chat.full_queue"));
      return;
    }
    draft.value = "";
    this.replyTo(null);
    this.#say("");
    this.#pump();
    node("chat-scroll").scrollTop = node("chat-scroll").scrollHeight;
  }

  #measure() {
    const over = [...node("draft").value.trim()].length - MAX_CHARS;
    this.#say(over > 0 ? text("chat.too_long", { n: MAX_CHARS, over }) : "");
    return over <= 0;
  }

  #say(words) {
    node("chat-error").textContent = words;
    node("chat-error").hidden = !words;
  }

  #pump() {
    const nowMs = performance.now();
    if (!this.#outbox.entries.length) return;
    for (const entry of this.#outbox.due(nowMs)) this.#room.sendChat(entry.id, entry.text, entry.replyTo);
    if (this.#room.isOpen && this.#outbox.isOverdue(nowMs)) this.#overdue();
    this.#draw();
  }

  #draw() {
    const waiting = new Set(this.#outbox.entries.map((entry) => entry.id));
    for (const [id, row] of this.#rows) {
      if (waiting.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    for (const entry of this.#outbox.entries) {
      if (!this.#rows.has(entry.id)) this.#rows.set(entry.id, this.#row(entry));
      this.#fill(this.#rows.get(entry.id), entry);
    }
  }

  #row(entry) {
    const row = document.createElement("li");
    const words = document.createElement("span");
    words.className = "words";
    words.textContent = entry.text;
    const note = document.createElement("span");
    note.className = "note";
    row.append(words, note);
    node("outbox").append(row);
    return row;
  }

  #fill(row, entry) {
    const seconds = Math.max(1, Math.ceil((entry.nextMs - performance.now()) / 1000));
    const reason = entry.code && entry.code !== "network" ? refusal(entry.code) : "";
    const words = {
      sending: text("chat.sending"),
      slow: text("chat.slow", { s: seconds }),
      failed: `${text("chat.failed")}${reason ? ` · ${reason}` : ""}`,
    }[entry.state];
    const key = `${entry.state} ${words}`;
    if (row.dataset.key === key) return;
    row.dataset.key = key;
    row.dataset.state = entry.state;
    if (entry.state === "failed") row.hidden = false;
    const note = row.querySelector(".note");
    note.replaceChildren(words);
    if (entry.state !== "failed") return;
    if (entry.canRetry) note.append(this.#button("chat.retry", () => this.#outbox.retry(entry.id, performance.now())));
    note.append(this.#button("chat.discard", () => this.#outbox.remove(entry.id)));
  }

  #button(id, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text(id);
    button.addEventListener("click", () => {
      act();
      this.#pump();
      this.#draw();
    });
    return button;
  }
}
