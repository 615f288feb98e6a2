// What I complained of, how it stands, and what was answered.
import { ApiError, call } from "./api.js";
import { language, refusal, text } from "./texts.js";

const LOOK_MS = 60_000;
const node = (id) => document.getElementById(id);

export class MyComplaints {
  #isSignedIn = () => false;
  #shown = "";

  /** `isSignedIn()`: whether there is somebody whose they are. */
  constructor(isSignedIn) {
    this.#isSignedIn = isSignedIn;
    setInterval(() => this.#look(), LOOK_MS);
    addEventListener("visibilitychange", () => this.#look());
    addEventListener("online", () => this.#look());
  }

  async load() {
    if (!this.#isSignedIn()) {
      this.#show([], text("complaint.mine_signed_out"));
      this.#say("");
      return;
    }
    if (!this.#shown) this.#show([], text("complaint.mine_loading"));
    try {
      const found = await call("GET", "/me/complaints");
      this.#show(found, found.length ? "" : text("complaint.mine_none"));
      this.#say("");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // What is shown stays until the service answers again.
      if (!node("mine-list").children.length) this.#show([], "");
      this.#say(error.code === "account_closed" ? text("complaint.closed") : refusal(error.code));
    }
  }

  #look() {
    if (!document.hidden && this.#isSignedIn()) this.load();
  }

  #show(found, words) {
    node("mine-none").textContent = words;
    node("mine-none").hidden = !words;
    const shown = JSON.stringify(found);
    if (shown === this.#shown) return;
    this.#shown = shown;
    node("mine-list").replaceChildren(...found.map((one) => this.#row(one)));
  }

  #row(complaint) {
    const row = document.createElement("li");
    row.dataset.complaintId = complaint.id;
    row.dataset.state = complaint.state;
    row.append(
      this.#part("strong", text(`complaint.right_${complaint.right}`)),
      this.#part("span", text(`complaint.state_${complaint.state}`), "pill"),
      this.#part("span", text("complaint.at", { time: moment(complaint.at), n: complaint.proofs }), "second small whole"),
    );
    for (const link of complaint.links) row.append(this.#part("span", link, "small whole"));
    const words = complaint.description || text("complaint.erased");
    row.append(this.#part("p", words, complaint.description ? "words small whole" : "second small whole"));
    if (complaint.handled_at) {
      row.append(this.#part("span", text("complaint.handled", { time: moment(complaint.handled_at) }), "second small whole"));
    }
    if (complaint.answer) row.append(this.#part("p", text("report.answer", { words: complaint.answer }), "whole"));
    return row;
  }

  #part(kind, words, names = "") {
    const made = document.createElement(kind);
    made.className = names;
    made.textContent = words;
    if (names.includes("words")) made.tabIndex = 0;
    return made;
  }

  #say(words) {
    node("mine-error").textContent = words;
    node("mine-error").hidden = !words;
  }
}

function moment(time) {
  return new Date(time).toLocaleString(language, { dateStyle: "short", timeStyle: "short" });
}
