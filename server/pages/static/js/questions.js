// Questions of the room: the list in its order, seconding, asking; and the tabs that stand before chat and questions.
import { ApiError, call } from "./api.js";
import { OnceKey } from "./ids.js";
import { number, refusal, text } from "./texts.js";

const MAX_CHARS = 100;
const BATCH_MS = 100;
const GROUP = { on_screen: 0, asked: 1, answered: 2 };
const ACTS = ["show", "hide_card", "answer", "delete"];
const OFFERED = { on_screen: ["hide_card", "answer", "delete"], asked: ["show", "answer", "delete"], answered: ["delete"] };
const STALE = ["not_found", "state_conflict"];
const node = (id) => document.getElementById(id);

/** On screen, open, answered; of each what most want to know first, then the elder. */
export function inOrder(questions) {
  return [...questions].sort(
    (a, b) =>
      GROUP[a.state] - GROUP[b.state] || b.seconds - a.seconds || a.askedMs - b.askedMs || (a.id < b.id ? -1 : 1),
  );
}

/** `on`: { askSignIn() } */
export class Questions {
  #sessionId;
  #on;
  #known = new Map();
  #revs = new Map();
  #heard = new Set();
  #rows = new Map();
  #busy = new Set();
  #timer = 0;
  #loads = 0;
  #myId = "";
  #isClosed = false;
  #blocked = "";
  #isModerator = false;
  #key = new OnceKey();

  constructor(sessionId, on) {
    this.#sessionId = sessionId;
    this.#on = on;
    node("ask-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask();
    });
    node("ask").addEventListener("input", () => this.#measure());
    node("ask").addEventListener("click", () => {
      if (!this.#myId && !this.#isClosed) this.#on.askSignIn();
    });
    this.#arrange();
  }

  setMe(accountId) {
    this.#myId = accountId;
    this.#arrange();
    this.#draw();
  }

  setClosed(isClosed) {
    this.#isClosed = isClosed;
    this.#arrange();
    this.#draw();
  }

  /** Why nothing can be asked now; empty: it can. */
  setBlocked(reason) {
    this.#blocked = reason;
    this.#arrange();
  }

  /** Who moderates decides what becomes of them. */
  setModerator(isModerator) {
    this.#isModerator = isModerator;
    this.#draw();
  }

  /** There is a connection again, of somebody else perhaps: what is known is asked for anew. */
  async load() {
    const load = (this.#loads += 1);
    this.#heard.clear();
    let found;
    try {
      found = await call("GET", `/sessions/${this.#sessionId}/questions`);
    } catch (error) {
      // The next greeting asks again; until then what the room tells is enough.
      if (!(error instanceof ApiError)) throw error;
      return;
    }
    if (load !== this.#loads) return;
    const there = new Set(found.map((one) => one.id));
    for (const id of [...this.#known.keys()]) if (!there.has(id) && !this.#heard.has(id)) this.#known.delete(id);
    for (const one of found) this.#put({ ...one, askedMs: Date.parse(one.asked_at) }, one.is_seconded);
    this.#draw();
  }

  hear({ t: kind, d: body }) {
    if (kind === "question.changed") {
      this.#heard.add(body.id);
      this.#put({ ...body, askedMs: body.asked_ms });
    } else if (kind === "question.seconded") {
      for (const { id, seconds, rev } of body.questions) {
        const known = this.#known.get(id);
        if (known) this.#put({ ...known, seconds, rev });
      }
    }
  }

  /** Nothing of the room is shown any more. */
  clear() {
    this.#loads += 1;
    this.#known.clear();
    this.#draw();
  }

  /** `isSeconded`: by me, where that is known with it; else it stays as it was. */
  #put(question, isSeconded = undefined) {
    const before = this.#known.get(question.id);
    const isNews = question.rev > (this.#revs.get(question.id) ?? 0) || (question.rev >= this.#revs.get(question.id) && !before);
    if (isNews) {
      this.#revs.set(question.id, question.rev);
      if (question.state === "hidden") this.#known.delete(question.id);
      else this.#known.set(question.id, { ...question, is_seconded: before?.is_seconded ?? false });
    }
    const now = this.#known.get(question.id);
    if (now && isSeconded !== undefined) now.is_seconded = isSeconded;
    if (!this.#timer) this.#timer = setTimeout(() => this.#draw(), BATCH_MS);
  }

  async #ask() {
    if (!this.#myId) {
      this.#on.askSignIn();
      return;
    }
    const words = node("ask").value.replace(/\s+/g, " ").trim();
    if (!words || !this.#measure()) return;
    // Sent again because its answer was lost, it is the same question.
    const key = this.#key.of(words);
    node("ask-send").disabled = true;
    try {
      const made = await call("POST", this.#path(), { text: words }, { "Idempotency-Key": key });
      this.#key.spend();
      node("ask").value = "";
      this.#say("");
      this.#put({ ...made, askedMs: Date.parse(made.asked_at) }, false);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code !== "network") this.#key.spend();
      this.#refuse(error.code);
    } finally {
      this.#arrange();
    }
  }

  async #second(id) {
    if (!this.#myId) {
      this.#on.askSignIn();
      return;
    }
    const question = this.#known.get(id);
    if (!question || this.#busy.has(id)) return;
    this.#busy.add(id);
    try {
      const found = await call(question.is_seconded ? "DELETE" : "PUT", `${this.#path()}/${id}/second`);
      this.#say("");
      this.#put({ ...found, askedMs: Date.parse(found.asked_at) }, found.is_seconded);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#refuse(error.code);
    } finally {
      this.#busy.delete(id);
      this.#draw();
    }
  }

  async #decide(id, act) {
    if (this.#busy.has(id)) return;
    this.#busy.add(id);
    try {
      const found = await call("POST", `${this.#path()}/${id}/${act}`);
      this.#say("");
      this.#put({ ...found, askedMs: Date.parse(found.asked_at) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#refuse(error.code);
    } finally {
      this.#busy.delete(id);
    }
  }

  #path() {
    return `/sessions/${this.#sessionId}/questions`;
  }

  #refuse(code) {
    if (code === "not_signed_in" || code === "token_expired") this.#on.askSignIn();
    if (STALE.includes(code)) this.load();
    this.#say(STALE.includes(code) ? text("ask.stale") : code === "text_refused" ? text("ask.refused") : refusal(code));
  }

  #measure() {
    const over = [...node("ask").value.trim()].length - MAX_CHARS;
    this.#say(over > 0 ? text("chat.too_long", { n: MAX_CHARS, over }) : "");
    return over <= 0;
  }

  #say(words) {
    node("ask-error").textContent = words;
    node("ask-error").hidden = !words;
  }

  #arrange() {
    const isOff = this.#isClosed || Boolean(this.#blocked);
    const hint = this.#isClosed ? "ask.closed" : this.#myId ? "ask.placeholder" : "ask.sign_in_first";
    const words = this.#blocked || text(hint);
    node("ask").disabled = isOff;
    node("ask").readOnly = !this.#myId;
    node("ask").placeholder = words;
    node("ask").setAttribute("aria-label", words);
    node("ask-send").disabled = isOff;
    node("ask-send").textContent = text(this.#myId || this.#isClosed ? "ask.send" : "sign.in");
  }

  #draw() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const list = node("questions");
    const focused = document.activeElement;
    const ordered = inOrder(this.#known.values());
    for (const [id, row] of this.#rows) {
      if (this.#known.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    ordered.forEach((question, index) => {
      if (!this.#rows.has(question.id)) this.#rows.set(question.id, this.#row(question.id));
      const row = this.#rows.get(question.id);
      this.#fill(row, question);
      if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
    });
    // What is moved loses the keyboard.
    if (focused !== document.activeElement && list.contains(focused)) focused.focus({ preventScroll: true });
    const open = ordered.filter((one) => one.state !== "answered").length;
    node("questions-count").textContent = open ? number(open) : "";
    node("questions-empty").hidden = ordered.length > 0;
    const now = ordered[0]?.state === "on_screen" ? ordered[0] : null;
    const words = now ? text("ask.now", { name: now.author_name, words: now.text }) : "";
    if (node("question-now").textContent !== words) node("question-now").textContent = words;
    node("question-now").hidden = !now;
  }

  #row(id) {
    const row = document.createElement("li");
    row.dataset.questionId = id;
    const [head, words, foot] = ["span", "span", "span"].map((name) => document.createElement(name));
    head.className = "question-head";
    words.className = "words";
    foot.className = "question-foot";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button seconding";
    button.addEventListener("click", () => this.#second(id));
    const count = document.createElement("span");
    count.className = "second small";
    foot.append(button, count, ...ACTS.map((act) => this.#deciding(id, act)));
    row.append(head, words, foot);
    return row;
  }

  #deciding(id, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.dataset.act = act;
    button.textContent = text(`ask.do_${act}`);
    button.addEventListener("click", () => this.#decide(id, act));
    return button;
  }

  #fill(row, question) {
    const isOwn = question.author_id === this.#myId;
    const canSecond = question.state !== "answered" && !isOwn && !this.#isClosed;
    const key = JSON.stringify([question, isOwn, canSecond, this.#isModerator]);
    if (row.dataset.key === key) return;
    row.dataset.key = key;
    row.dataset.state = question.state;
    row.classList.toggle("own", isOwn);
    const who = document.createElement("span");
    who.className = "who";
    who.textContent = question.author_name;
    const tags = [];
    if (question.state !== "asked") tags.push(text(question.state === "answered" ? "ask.answered" : "ask.on_screen"));
    if (isOwn) tags.push(text("ask.own"));
    row.querySelector(".question-head").replaceChildren(who, ...tags.map(tag));
    row.querySelector(".words").textContent = question.text;
    const [button, count, ...acts] = row.querySelector(".question-foot").children;
    for (const one of acts) {
      one.hidden = !this.#isModerator || !OFFERED[question.state].includes(one.dataset.act);
      one.setAttribute("aria-label", text("ask.do_label", { act: one.textContent, words: question.text }));
    }
    const label = text("ask.second", { n: number(question.seconds) });
    button.hidden = !canSecond;
    button.textContent = label;
    button.setAttribute("aria-pressed", String(question.is_seconded));
    button.setAttribute("aria-label", text("ask.second_label", { n: number(question.seconds), words: question.text }));
    count.hidden = canSecond || !question.seconds;
    count.textContent = text("ask.seconds", { n: number(question.seconds) });
  }
}

function tag(words) {
  const one = document.createElement("span");
  one.className = "tag";
  one.textContent = words;
  return one;
}

/** Chat and questions: one of them is shown; arrow keys go from tab to tab. */
export function attachTabs() {
  const tabs = [node("tab-chat"), node("tab-questions")];
  const choose = (chosen) => {
    for (const one of tabs) {
      const isChosen = one === chosen;
      one.setAttribute("aria-selected", String(isChosen));
      one.tabIndex = isChosen ? 0 : -1;
      node(one.getAttribute("aria-controls")).hidden = !isChosen;
    }
  };
  tabs.forEach((one, index) => {
    one.addEventListener("click", () => choose(one));
    one.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const to = { Home: 0, End: tabs.length - 1 }[event.key] ?? (step && (index + step + tabs.length) % tabs.length);
      if (to === undefined) return;
      event.preventDefault();
      choose(tabs[to]);
      tabs[to].focus();
    });
  });
}
