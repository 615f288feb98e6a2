// The list of messages: built of text nodes only, in batches, with a bounded length. It follows the end, and stands
// still while somebody has scrolled away from it, points at it or has the keyboard in it.
import { RowActs } from "./row_acts.js";
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
  /** Ids of what is shown or waits to be. */
  #known = new Set();
  #waiting = [];
  #timer = 0;
  #myId = "";
  /** Nobody has scrolled away from the end. */
  #wantsEnd = true;
  #isPointedAt = false;
  /** Where it was last put by itself: a scroll event that comes from elsewhere is a person's. */
  #ownTop = 0;
  #acts;

  /** `on`: { reply(message), report(message), moderate(message) } */
  constructor(on) {
    this.#acts = new RowActs(this.#list, on);
    this.#newer.addEventListener("click", () => this.toEnd());
    this.#scroll.addEventListener("scroll", () => {
      if (this.#isAtEnd()) this.#newer.hidden = this.#wantsEnd = true;
      else if (Math.abs(this.#scroll.scrollTop - this.#ownTop) > 1) this.#wantsEnd = false;
    });
    this.#scroll.addEventListener("pointerenter", (event) => {
      this.#isPointedAt = event.pointerType !== "touch";
    });
    this.#scroll.addEventListener("pointerleave", () => {
      this.#isPointedAt = false;
      this.#goOn();
    });
    // who has the keyboard is known only afterwards
    this.#scroll.addEventListener("focusout", () => setTimeout(() => this.#goOn()));
  }

  setMe(accountId) {
    this.#myId = accountId;
    for (const row of this.#list.children) row.classList.toggle("own", row.dataset.authorId === accountId);
  }

  setCount(count) {
    this.#count.textContent = count ? text("chat.count", { n: number(count) }) : "";
  }

  /** Add { seq, message_id, author_id, author_name, is_anchor, text } in its place; one that is there is left out. */
  add(message) {
    if (this.#known.has(message.message_id)) return;
    this.#known.add(message.message_id);
    this.#waiting.push(message);
    if (this.#waiting.length > MAX_SHOWN) this.#known.delete(this.#waiting.shift().message_id);
    if (!this.#timer) this.#timer = setTimeout(() => this.#flush(), BATCH_MS);
  }

  /** Take messages out of the list, wherever they stand. */
  hide(ids) {
    const gone = new Set(ids);
    this.#waiting = this.#waiting.filter((message) => !gone.has(message.message_id));
    for (const id of ids) this.#known.delete(id);
    this.#change(() => {
      for (const row of [...this.#list.children]) if (gone.has(row.dataset.messageId)) row.remove();
    });
    this.settle();
  }

  /** What was there is no longer known; `settle` when it is. */
  clear() {
    this.#waiting = [];
    this.#known.clear();
    this.#list.replaceChildren();
    this.#wantsEnd = true;
    this.#empty.hidden = true;
  }

  settle() {
    this.#empty.hidden = this.#known.size > 0;
  }

  /** What an author (empty: anybody) said, as far as it is shown, the newest first: [{ id, name, words }]. */
  recent(authorId) {
    const rows = [...this.#list.children].filter((row) => !authorId || row.dataset.authorId === authorId);
    return rows.reverse().map((row) => ({
      id: row.dataset.messageId,
      name: row.querySelector(".who").textContent,
      words: row.querySelector(".words").textContent,
    }));
  }

  toEnd() {
    this.#wantsEnd = true;
    this.#move(this.#scroll.scrollHeight);
    this.#newer.hidden = true;
  }

  #flush() {
    this.#timer = 0;
    const rows = this.#waiting.map((message) => this.#row(message));
    this.#waiting = [];
    if (!rows.length) return;
    this.#empty.hidden = true;
    const isFollowed = this.#change(() => {
      for (const row of rows) this.#place(row);
      this.#trim();
    });
    if (!isFollowed && !this.#isAtEnd()) this.#newer.hidden = false;
  }

  /** Change the rows. Where the end is not followed, what is looked at stays where it is. */
  #change(change) {
    const isFollowed = this.#wantsEnd && !this.#isLookedAt();
    const anchor = isFollowed ? null : this.#anchor();
    const top = anchor?.getBoundingClientRect().top;
    change();
    this.#acts.settle();
    if (isFollowed) this.toEnd();
    else if (anchor?.isConnected) this.#move(this.#scroll.scrollTop + anchor.getBoundingClientRect().top - top);
    return isFollowed;
  }

  /** The oldest go, and are not known any more; never one that is pointed at or has the keyboard. */
  #trim() {
    let row = this.#list.firstElementChild;
    while (row && this.#list.childElementCount > MAX_SHOWN) {
      const next = row.nextElementSibling;
      if (!row.matches(":hover, :focus-within")) {
        this.#known.delete(row.dataset.messageId);
        row.remove();
      }
      row = next;
    }
  }

  /** The row that is pointed at, else the one with the keyboard, else the first in view. */
  #anchor() {
    const top = this.#scroll.getBoundingClientRect().top;
    return (
      this.#list.querySelector("li:hover") ??
      this.#list.querySelector("li:focus-within") ??
      [...this.#list.children].find((row) => row.getBoundingClientRect().bottom > top)
    );
  }

  #isLookedAt() {
    return this.#isPointedAt || this.#scroll.matches(":focus-visible, :has(:focus-visible)");
  }

  /** Nobody looks at a row any more: the end is followed again where it was followed before. */
  #goOn() {
    if (this.#wantsEnd && !this.#isLookedAt()) this.toEnd();
  }

  #move(top) {
    this.#scroll.scrollTop = top;
    this.#ownTop = this.#scroll.scrollTop;
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
    row.dataset.authorId = message.author_id;
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
    if (message.role === "moderator") {
      const tag = document.createElement("span");
      tag.className = "tag";
      tag.textContent = text("chat.moderator");
      row.append(tag);
    }
    const words = document.createElement("span");
    words.className = "words";
    words.textContent = message.text;
    row.append(who, words);
    if (message.reply) {
      const quoted = document.createElement("span");
      quoted.className = "quoted";
      quoted.textContent = text("chat.quoted", { name: message.reply.author_name, words: message.reply.text });
      row.append(quoted);
    }
    this.#acts.attach(row, message);
    return row;
  }
}
