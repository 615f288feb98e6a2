// The dialog about one person of the room, for who moderates: how they stand, what can be done, what was.
import { LENGTHS, recordLine, whyNot } from "./moderation.js";
import { call } from "./api.js";
import { language, text } from "./texts.js";

const REMOVALS = ["session", "forever"];
const node = (id) => document.getElementById(id);

export class PersonDialog {
  #moderation;
  #message = null;
  #accountId = "";
  #loads = 0;

  constructor(moderation) {
    this.#moderation = moderation;
    node("mod-person-close").addEventListener("click", () => node("mod-person").close());
    this.#fill("mod-mutes", LENGTHS, (length) => this.#act({ action: "mute", account_id: this.#accountId, length }));
    this.#fill("mod-removals", REMOVALS, (length) => this.#act({ action: "remove", account_id: this.#accountId, length }));
    const toMessage = (action) => this.#act({ action, message_id: this.#message.message_id });
    const toPerson = (action) => this.#act({ action, account_id: this.#accountId });
    node("mod-delete").addEventListener("click", () => toMessage("delete_message"));
    node("mod-pin").addEventListener("click", () => toMessage("pin"));
    node("mod-unmute").addEventListener("click", () => toPerson("unmute"));
    node("mod-readmit").addEventListener("click", () => toPerson("readmit"));
  }

  /** `message`: { message_id, author_id, author_name, is_anchor, role, text } */
  openMessage(message) {
    const role = message.is_anchor ? "owner" : (message.role ?? "viewer");
    return this.#open({ account_id: message.author_id, name: message.author_name, role }, message);
  }

  /** `person`: { account_id, name, role } */
  openPerson(person) {
    return this.#open(person, null);
  }

  async #open(person, message) {
    this.#message = message;
    this.#accountId = person.account_id;
    node("mod-person-name").textContent = person.name;
    node("mod-said").hidden = !message;
    node("mod-said").textContent = message ? text("report.said", { name: person.name, words: message.text }) : "";
    for (const one of node("mod-acts").querySelectorAll(".of-message")) one.hidden = !message;
    node("mod-reason").value = "";
    this.#say("");
    this.#allow(person.role);
    this.#show(null);
    if (!node("mod-person").open) node("mod-person").showModal();
    node("mod-person").scrollTop = 0;
    ([...node("mod-acts").querySelectorAll("button")].find((one) => one.offsetParent) ?? node("mod-person-close")).focus();
    await this.load();
  }

  close() {
    node("mod-person").close();
  }

  /** How they stand may have changed. */
  async load() {
    if (!node("mod-person").open) return;
    const load = (this.#loads += 1);
    try {
      const card = await call("GET", `${this.#moderation.path}/people/${this.#accountId}`);
      if (load === this.#loads) this.#show(card);
    } catch (error) {
      if (load === this.#loads) this.#say(whyNot(error));
    }
  }

  #allow(role) {
    const isAllowed = this.#moderation.mayActOn(role);
    node("mod-delete").hidden = !isAllowed;
    for (const one of node("mod-acts").querySelectorAll(".of-person")) one.hidden = !isAllowed;
  }

  #fill(id, lengths, act) {
    node(id).append(
      ...lengths.map((length) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "button";
        button.dataset.length = length;
        button.textContent = text(`mod.length_${length}`);
        button.addEventListener("click", () => act(length));
        return button;
      }),
    );
  }

  /** `card`: null while it is on its way; what can be done can be done before it is there. */
  #show(card) {
    if (card) this.#allow(card.role);
    const facts = card ? this.#facts(card) : [text("mod.loading")];
    node("mod-person-facts").textContent = facts.join(" · ");
    node("mod-unmute").hidden = !card?.is_muted;
    node("mod-readmit").hidden = !card?.is_removed;
    const said = (card?.messages ?? []).filter((one) => one.id !== this.#message?.message_id);
    node("mod-more").hidden = !said.length;
    node("mod-words").replaceChildren(
      ...said.map((one) => {
        const row = document.createElement("li");
        row.textContent = one.is_hidden ? text("mod.hidden_words", { words: one.text }) : one.text;
        return row;
      }),
    );
    const done = card?.actions ?? [];
    node("mod-history").hidden = !done.length;
    node("mod-person-record").replaceChildren(...done.map((one) => recordLine(one, (action, button) => this.#undo(action, button))));
  }

  #facts(card) {
    const facts = [];
    if (card.role !== "viewer") facts.push(text(card.role === "moderator" ? "chat.moderator" : "mod.role_other"));
    if (card.is_new) facts.push(text("mod.is_new"));
    if (card.is_following) facts.push(text("mod.is_following"));
    facts.push(text(card.is_present ? "mod.is_present" : "mod.is_away"));
    if (card.is_removed) facts.push(text("mod.is_removed"));
    if (card.is_muted) {
      const until = card.muted_until && new Date(card.muted_until);
      const time = until ? until.toLocaleString(language, { dateStyle: "short", timeStyle: "short" }) : "";
      facts.push(until ? text("mod.muted_until", { time }) : text("mod.is_muted"));
    }
    return facts;
  }

  async #act(wish) {
    await this.#during(async () => {
      await this.#moderation.act({ ...wish, reason: node("mod-reason").value.trim() });
      this.close();
    });
  }

  async #undo(action, button) {
    button.disabled = true;
    await this.#during(async () => {
      await this.#moderation.undo(action);
      await this.load();
    });
    button.disabled = false;
  }

  async #during(work) {
    const buttons = [...node("mod-acts").querySelectorAll("button")];
    for (const one of buttons) one.disabled = true;
    this.#say("");
    try {
      await work();
    } catch (error) {
      this.#say(whyNot(error));
    } finally {
      for (const one of buttons) one.disabled = false;
    }
  }

  #say(words) {
    node("mod-person-error").textContent = words;
    node("mod-person-error").hidden = !words;
  }
}
