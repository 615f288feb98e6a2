// What a moderator does in a room: one request an act, told with a button that takes it back.
import { ApiError, call } from "./api.js";
import { OnceKey } from "./ids.js";
import { refusal, text } from "./texts.js";

const TOLD_MS = 12000;
const RANKS = { viewer: 0, guest: 1, moderator: 2, owner: 3, operator: 4 };
export const LENGTHS = ["1m", "10m", "session", "24h", "forever"];
const node = (id) => document.getElementById(id);

/** A line of the record in words; `who` empty: without who did it. */
export function inWords(action) {
  const length = action.length ? text(`mod.length_${action.length}`) : "";
  return text(`mod.did_${action.kind}`, { who: action.actor_name, name: action.target_name, length });
}

/** Why an act was not done. */
export function whyNot(error) {
  if (!(error instanceof ApiError)) throw error;
  return error.code === "state_conflict" || error.code === "not_found" ? text("mod.stale") : refusal(error.code);
}

/** A line of the record as a list item; with a button to take it back where one may: `undo(action)`. */
export function recordLine(action, undo) {
  const row = document.createElement("li");
  row.dataset.actionId = action.id;
  const words = document.createElement("span");
  words.textContent = inWords(action);
  row.append(words);
  const quoted = [action.excerpt, action.reason].filter(Boolean).join(" · ");
  if (quoted) {
    const line = document.createElement("span");
    line.className = "second small whole";
    line.textContent = quoted;
    row.append(line);
  }
  if (action.undone_at) {
    row.dataset.undone = "";
    const tag = document.createElement("span");
    tag.className = "second small";
    tag.textContent = text("mod.undone");
    words.after(tag);
  } else if (action.is_undoable) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.textContent = text("mod.undo");
    button.setAttribute("aria-label", text("mod.undo_what", { what: inWords(action) }));
    button.addEventListener("click", () => undo(action, button));
    words.after(button);
  }
  return row;
}

/** `on`: { role(mayModerate) } */
export class Moderation {
  #sessionId;
  #on;
  #role = "viewer";
  #key = new OnceKey();
  #timer = 0;

  constructor(sessionId, on) {
    this.#sessionId = sessionId;
    this.#on = on;
  }

  get isAllowed() {
    return RANKS[this.#role] >= RANKS.moderator;
  }

  /** Only on who stands below. */
  mayActOn(role) {
    return this.isAllowed && RANKS[this.#role] > (RANKS[role] ?? 0);
  }

  get path() {
    return `/sessions/${this.#sessionId}`;
  }

  setRole(role) {
    this.#role = role;
    node("chat").dataset.role = role;
    if (!this.isAllowed) this.#hush();
    this.#on.role(this.isAllowed);
  }

  /** Do it, once however often it is repeated after a lost answer. Returns its line in the record. Throws ApiError. */
  async act(wish) {
    try {
      const done = await call("POST", `${this.path}/moderation`, wish, { "Idempotency-Key": this.#key.of(wish) });
      this.#key.spend();
      this.#tell(done);
      return done;
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "network") this.#key.spend();
      throw error;
    }
  }

  /** Take it back. Throws ApiError. */
  async undo(action) {
    const done = await call("POST", `${this.path}/moderation/${action.id}/undo`);
    this.#tell(done);
    return done;
  }

  #tell(action) {
    const note = node("mod-note");
    const words = document.createElement("span");
    words.textContent = action.undone_at ? text("mod.undone_what", { what: inWords(action) }) : inWords(action);
    note.replaceChildren(words);
    if (action.is_undoable && !action.undone_at) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "link";
      button.textContent = text("mod.undo");
      button.addEventListener("click", async () => {
        button.disabled = true;
        try {
          await this.undo(action);
        } catch (error) {
          words.textContent = whyNot(error);
          button.disabled = false;
        }
      });
      note.append(button);
    }
    note.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#hush(), TOLD_MS);
  }

  #hush() {
    // Nobody loses the button under the keyboard.
    if (node("mod-note").contains(document.activeElement)) return;
    node("mod-note").hidden = true;
    node("mod-note").replaceChildren();
  }
}
