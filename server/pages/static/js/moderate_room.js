// The tools of who moderates: messages that wait, the rules of the chat, the shield, who is there, the record.
import { recordLine, whyNot } from "./moderation.js";
import { call } from "./api.js";
import { number, text } from "./texts.js";

const RECORD_LINES = 50;
const MOST_PEOPLE = 200;
const node = (id) => document.getElementById(id);

/** Of a reason that this page does not know yet it says that somebody has to look. */
function whyHeld(why) {
  const words = text(`mod.why_${why}`);
  return words === `mod.why_${why}` ? text("mod.why_other") : words;
}

export class RoomTools {
  #moderation;
  #on;
  #held = new Map();
  #rules = null;
  #loads = 0;
  #acts = 0;
  #isAgain = false;
  #isLoading = false;

  /** `on`: { manage(person) } */
  constructor(moderation, on) {
    this.#moderation = moderation;
    this.#on = on;
    node("mod-open").addEventListener("click", () => this.open());
    node("mod-tools-close").addEventListener("click", () => node("mod-tools").close());
    node("mod-shield").addEventListener("click", () => {
      const isOn = "on" in node("mod-shield").dataset;
      this.#act({ action: isOn ? "shield_off" : "shield_on" });
    });
    node("mod-rules").addEventListener("change", () => this.#setRules());
    node("mod-unpin").addEventListener("click", () => this.#act({ action: "unpin" }));
  }

  /** Who I am in the room has changed. */
  setAllowed(isAllowed) {
    node("mod-open").hidden = !isAllowed;
    if (isAllowed) this.#loadHeld();
    else {
      node("mod-tools").close();
      this.#held.clear();
      this.#showHeld();
    }
  }

  open() {
    if (!node("mod-tools").open) node("mod-tools").showModal();
    this.#say("");
    this.load();
  }

  hear({ t: kind, d: body }) {
    if (kind === "chat.held") {
      if (body.state === "waiting") this.#held.set(body.held_id, { id: body.held_id, author_name: body.author_name, text: body.text, why: body.why });
      else this.#held.delete(body.held_id);
      this.#showHeld();
    } else if (kind === "mod.acted" || kind === "room.rules") this.load();
  }

  /** All that the dialog shows, if it is open. Asked again while the answer is on its way, it is asked once more. */
  async load() {
    if (!node("mod-tools").open) return;
    if (this.#isLoading) {
      this.#isAgain = true;
      return;
    }
    this.#isLoading = true;
    const acts = this.#acts;
    try {
      const [mine, record, audience] = await Promise.all([
        call("GET", `${this.#moderation.path}/room`),
        call("GET", `${this.#moderation.path}/actions?limit=${RECORD_LINES}`),
        call("GET", `${this.#moderation.path}/audience`),
        this.#loadHeld(),
      ]);
      // What was asked before something was changed by hand would put it back before it is decided.
      if (acts === this.#acts) {
        this.#showRules(mine);
        this.#showRecord(record);
        this.#showPeople(audience);
      }
    } catch (error) {
      this.#say(whyNot(error));
    } finally {
      this.#isLoading = false;
    }
    if (this.#isAgain) {
      this.#isAgain = false;
      await this.load();
    }
  }

  async #loadHeld() {
    const load = (this.#loads += 1);
    let found;
    try {
      found = await call("GET", `${this.#moderation.path}/held`);
    } catch (error) {
      // The next greeting asks again.
      whyNot(error);
      return;
    }
    if (load !== this.#loads || !this.#moderation.isAllowed) return;
    this.#held = new Map(found.map((one) => [one.id, one]));
    this.#showHeld();
  }

  #showHeld() {
    const waiting = this.#held.size;
    node("mod-open-count").textContent = waiting ? number(waiting) : "";
    node("mod-open").setAttribute("aria-label", waiting ? text("mod.open_waiting", { n: number(waiting) }) : text("mod.open"));
    node("mod-held-none").hidden = waiting > 0;
    const list = node("mod-held");
    const index = [...list.children].findIndex((row) => row.contains(document.activeElement));
    list.replaceChildren(...[...this.#held.values()].map((one) => this.#heldRow(one)));
    // Who goes through them by keyboard goes on where the next one is.
    if (index >= 0) (list.children[Math.min(index, waiting - 1)]?.querySelector("button") ?? node("mod-tools-close")).focus();
  }

  #heldRow(held) {
    const row = document.createElement("li");
    row.dataset.heldId = held.id;
    const words = document.createElement("span");
    words.textContent = text("report.said", { name: held.author_name, words: held.text });
    const why = document.createElement("span");
    why.className = "second small";
    why.textContent = whyHeld(held.why);
    const foot = document.createElement("span");
    foot.className = "mod-line whole";
    foot.append(why, this.#deciding(held, "release_held", "mod.release"), this.#deciding(held, "refuse_held", "mod.refuse"));
    words.className = "whole";
    row.append(words, foot);
    return row;
  }

  #deciding(held, action, id) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = text(id);
    button.addEventListener("click", () => this.#act({ action, held_id: held.id }));
    return button;
  }

  #showRules({ rules, is_shielded: isShielded, pinned }) {
    this.#rules = rules;
    node("mod-shield").toggleAttribute("data-on", isShielded);
    node("mod-shield").textContent = text(isShielded ? "mod.shield_off" : "mod.shield_on");
    const slow = node("mod-slow");
    const value = String(rules.slow_s);
    if (![...slow.options].some((one) => one.value === value)) slow.add(new Option(text("mod.slow_s", { s: rules.slow_s }), value));
    slow.value = value;
    node("mod-followers").checked = rules.followers_only;
    node("mod-paused").checked = rules.is_paused;
    node("mod-pinned").hidden = !pinned;
    node("mod-pinned-words").textContent = pinned ? text("report.said", { name: pinned.author_name, words: pinned.text }) : "";
  }

  #showRecord(record) {
    node("mod-record-none").hidden = record.length > 0;
    node("mod-record").replaceChildren(...record.map((one) => recordLine(one, (action, button) => this.#undo(action, button))));
  }

  #showPeople({ people, visitors }) {
    const others = people.filter((one) => one.role !== "owner");
    const more = [visitors && text("mod.visitors", { n: number(visitors) })];
    if (others.length > MOST_PEOPLE) more.push(text("mod.people_more", { n: number(others.length - MOST_PEOPLE) }));
    node("mod-people-more").textContent = more.filter(Boolean).join(" · ");
    node("mod-people-more").hidden = !node("mod-people-more").textContent;
    node("mod-people").replaceChildren(...others.slice(0, MOST_PEOPLE).map((one) => this.#personRow(one)));
  }

  #personRow(person) {
    const row = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = person.name;
    const facts = document.createElement("span");
    facts.className = "second small";
    facts.textContent = [
      person.role === "moderator" && text("chat.moderator"),
      person.is_muted && text("mod.is_muted"),
      person.is_new && text("mod.is_new"),
      person.is_following && text("mod.is_following"),
    ].filter(Boolean).join(" · ");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.textContent = text("mod.act");
    button.setAttribute("aria-label", text("mod.act_on", { name: person.name }));
    button.addEventListener("click", () => this.#on.manage(person));
    const foot = document.createElement("span");
    foot.className = "mod-line";
    foot.append(facts, button);
    row.append(name, foot);
    return row;
  }

  #setRules() {
    if (!this.#rules) return;
    const rules = {
      ...this.#rules,
      slow_s: Number(node("mod-slow").value),
      followers_only: node("mod-followers").checked,
      is_paused: node("mod-paused").checked,
    };
    this.#act({ action: "set_rules", rules });
  }

  async #act(wish) {
    await this.#during(() => this.#moderation.act(wish));
  }

  async #undo(action, button) {
    button.disabled = true;
    await this.#during(() => this.#moderation.undo(action));
    button.disabled = false;
  }

  async #during(work) {
    this.#acts += 1;
    this.#say("");
    try {
      await work();
    } catch (error) {
      this.#say(whyNot(error));
    }
    this.#acts += 1;
    await this.load();
  }

  #say(words) {
    node("mod-tools-error").textContent = words;
    node("mod-tools-error").hidden = !words;
  }
}
