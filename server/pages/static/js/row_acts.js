// What can be done with a message: answer and report it, and more for who moderates. One row of the list is reached by Tab, the others by arrows.
import { text } from "./texts.js";

export class RowActs {
  #list;
  #on;
  #current = null;

  /** `on`: { reply(message), report(message), moderate(message) } */
  constructor(list, on) {
    this.#list = list;
    this.#on = on;
    list.addEventListener("focusin", (event) => this.#choose(event.target.closest("li")));
    list.addEventListener("keydown", (event) => this.#move(event));
  }

  /** Give a new row its buttons. */
  attach(row, message) {
    const acts = document.createElement("span");
    const report = this.#button("report.open", "report.open_message", message, this.#on.report);
    const moderate = this.#button("mod.act", "mod.act_on", message, this.#on.moderate);
    report.className = "of-others";
    moderate.className = "of-moderators of-others";
    acts.className = "acts";
    acts.append(this.#button("chat.reply", "chat.reply_to", message, this.#on.reply), report, moderate);
    row.append(acts);
    row.tabIndex = -1;
  }

  /** After the list has changed: the newest is the one to begin with, unless somebody is among the rows. */
  settle() {
    if (this.#current?.isConnected && this.#list.contains(document.activeElement)) return;
    this.#choose(this.#list.lastElementChild);
  }

  #choose(row) {
    if (row === this.#current) return;
    for (const [one, index] of [[this.#current, -1], [row, 0]]) {
      if (!one) continue;
      one.tabIndex = index;
      for (const button of one.querySelectorAll(".acts button")) button.tabIndex = index;
    }
    this.#current = row;
  }

  #move(event) {
    const row = event.target.closest("li");
    const next = {
      ArrowUp: () => row.previousElementSibling,
      ArrowDown: () => row.nextElementSibling,
      Home: () => this.#list.firstElementChild,
      End: () => this.#list.lastElementChild,
    }[event.key]?.();
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  #button(id, named, message, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.tabIndex = -1;
    button.textContent = text(id);
    button.setAttribute("aria-label", text(named, { name: message.author_name }));
    button.addEventListener("click", () => act(message));
    return button;
  }
}
