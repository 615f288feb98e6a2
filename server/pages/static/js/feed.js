// The list of messages: built of text nodes only, in batches, with a bounded length.
import { number, text } from "./texts.js";

const MAX_SHOWN = 300;
const BATCH_MS = 100;
const NEAR_END_PX = 48;

export class Feed {
  #list = document.getElementById("messages");
  #empty = document.getElementById("chat-empty");
  #scroll = document.getElementById("chat-scroll");
  #newer = document.getElementById("newer");
  #count = document.getElementById("chat-count");
  #known = new Set();
  #waiting = [];
  #timer = 0;
  #myId = "";

  constructor() {
    this.#newer.addEventListener("click", () => this.toEnd());
    this.#scroll.addEventListener("scroll", () => {
      if (this.#isAtEnd()) this.#newer.hidden = true;
    });
  }

  setMe(accountId) {
    this.#myId = accountId;
  }

  setCount(count) {
    this.#count.textContent = count ? text("chat.count", { n: number(count) }) : "";
  }

  /** Add { seq, message_id, author_id, author_name, is_anchor, text } in its place; one that is there is left out. */
  add(message) {
    if (this.#known.has(message.message_id)) return;
    this.#known.add(message.message_id);
    this.#waiting.push(message);
    if (this.#waiting.length > MAX_SHOWN) this.#waiting.shift();
    if (!this.#timer) this.#timer = setTimeout(() => this.#flush(), BATCH_MS);
  }

  /** What was there is no longer known; `settle` when it is. */
  clear() {
    this.#waiting = [];
    this.#known.clear();
    this.#list.replaceChildren();
    this.#empty.hidden = true;
  }

  settle() {
    this.#empty.hidden = this.#known.size > 0;
  }

  toEnd() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
    this.#newer.hidden = true;
  }

  #flush() {
    this.#timer = 0;
    const stay = !this.#isAtEnd();
    const rows = this.#waiting.map((message) => this.#row(message));
    this.#waiting = [];
    if (!rows.length) return;
    this.#empty.hidden = true;
    for (const row of rows) this.#place(row);
    while (this.#list.childElementCount > MAX_SHOWN) this.#list.firstElementChild.remove();
    if (stay) this.#newer.hidden = false;
    else this.toEnd();
  }

  /** Nearly always at the end; messages that were loaded later than newer ones came go before those. */
  #place(row) {
    let before = this.#list.lastElementChild;
    while (before && Number(before.dataset.seq) > Number(row.dataset.seq)) before = before.previousElementSibling;
    if (before) before.after(row);
    else this.#list.prepend(row);
  }

  #isAtEnd() {
    return this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight < NEAR_END_PX;
  }

  #row(message) {
    const row = document.createElement("li");
    row.dataset.messageId = message.message_id;
    row.dataset.seq = message.seq;
    row.classList.toggle("own", message.author_id === this.#myId);
    const who = document.createElement("span");
    who.className = "who";
    who.textContent = message.author_name;
    if (message.is_anchor) {
      const tag = document.createElement("span");
      tag.className = "tag";
      tag.textContent = text("chat.anchor");
      row.append(tag);
    }
    const words = document.createElement("span");
    words.className = "words";
    words.textContent = message.text;
    row.append(who, words);
    return row;
  }
}
