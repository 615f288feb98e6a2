// Images that prove a complaint: sent one after another as they are chosen, and sent again where that did not go.
import { ApiError, upload } from "./api.js";
import { number, refusal, text } from "./texts.js";

const KINDS = ["identity", "rights"];
const TYPES = ["image/jpeg", "image/png", "image/webp"];
const FINAL = ["image_invalid", "image_too_small", "too_large"];
const MB_BYTES = 1024 * 1024;
const node = (id) => document.getElementById(id);

export class Proofs {
  #limits;
  #on;
  #entries = [];
  #isSending = false;

  /** `on`: { changed(), wrong(kind, words), ensure() }; `ensure()` says whether somebody is signed in, and may throw. */
  constructor(limits, on) {
    this.#limits = limits;
    this.#on = on;
    for (const kind of KINDS) {
      const input = node(`${kind}-files`);
      input.addEventListener("change", () => {
        this.#add(kind, [...input.files]);
        input.value = "";
      });
    }
    addEventListener("online", () => this.go());
  }

  get isEmpty() {
    return !this.#entries.length;
  }

  /** Something is still to be sent, or could not be. */
  get isUnfinished() {
    return this.#entries.some((entry) => entry.state !== "kept");
  }

  ids(kind) {
    return this.#entries.filter((entry) => entry.kind === kind && entry.state === "kept").map((entry) => entry.id);
  }

  /** Send what waits, and what could not be sent for want of a network or a sign-in. */
  go() {
    for (const entry of this.#entries) if (entry.state === "failed" && entry.code === "network") entry.state = "waiting";
    this.#pump();
  }

  /** What was kept is there no more, or is another's: all of it is sent again. */
  again() {
    for (const entry of this.#entries) Object.assign(entry, { state: "waiting", id: "", code: "", ratio: 0 });
    this.#pump();
  }

  clear() {
    this.#entries = [];
    this.#draw();
  }

  #add(kind, files) {
    this.#on.wrong(kind, "");
    for (const file of files) {
      const why = this.#whyNot(file);
      if (why) this.#on.wrong(kind, why);
      else this.#entries.push({ kind, file, state: "waiting", id: "", code: "", detail: {}, ratio: 0 });
    }
    this.#on.changed();
    this.#pump();
  }

  #whyNot(file) {
    const { proofs, proofBytes, proofMb } = this.#limits;
    if (this.#entries.length >= proofs) return text("complaint.many_proofs", { n: proofs });
    if (!TYPES.includes(file.type)) return text("complaint.wrong_type", { name: file.name });
    if (file.size > proofBytes) return text("complaint.large_file", { name: file.name, n: proofMb });
    return "";
  }

  async #pump() {
    this.#draw();
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      let entry;
      while ((entry = this.#entries.find((one) => one.state === "waiting")) && (await this.#send(entry)));
    } finally {
      this.#isSending = false;
      this.#draw();
      this.#on.changed();
    }
  }

  /** False: nothing more can be sent now. */
  async #send(entry) {
    try {
      if (!(await this.#on.ensure())) return false;
      Object.assign(entry, { state: "sending", ratio: 0 });
      this.#draw();
      const kept = await upload(`/complaints/proofs/${entry.kind}`, entry.file, (ratio) => {
        entry.ratio = ratio;
        this.#show(entry);
      });
      if (entry.state === "sending") Object.assign(entry, { state: "kept", id: kept.id, code: "" });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      Object.assign(entry, { state: "failed", code: error.code, detail: error.detail });
    }
    this.#draw();
    return entry.code !== "network";
  }

  #draw() {
    for (const kind of KINDS) {
      const list = node(`${kind}-list`);
      const mine = this.#entries.filter((entry) => entry.kind === kind);
      for (const entry of mine) entry.row ??= this.#row(entry);
      const rows = mine.map((entry) => entry.row);
      for (const row of [...list.children]) if (!rows.includes(row)) row.remove();
      for (const row of rows) if (row.parentNode !== list) list.append(row);
      for (const entry of mine) this.#show(entry);
    }
  }

  #row(entry) {
    const row = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = entry.file.name;
    const acts = document.createElement("span");
    acts.className = "acts";
    const retry = this.#button("complaint.again", entry, () => {
      entry.state = "waiting";
      this.#pump();
    });
    retry.className = "retry";
    const remove = this.#button("complaint.remove", entry, () => this.#remove(entry));
    acts.append(retry, remove);
    const progress = document.createElement("progress");
    progress.max = 1;
    progress.setAttribute("aria-label", text("complaint.sending_label", { name: entry.file.name }));
    const note = document.createElement("span");
    note.className = "note second small";
    note.setAttribute("role", "status");
    row.append(name, acts, progress, note);
    return row;
  }

  #button(id, entry, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text(id);
    button.setAttribute("aria-label", text(`${id}_label`, { name: entry.file.name }));
    button.addEventListener("click", act);
    return button;
  }

  #remove(entry) {
    this.#entries = this.#entries.filter((one) => one !== entry);
    this.#draw();
    this.#on.changed();
    // The button is gone with its row.
    node(`${entry.kind}-files`).focus();
  }

  #show(entry) {
    const { row, state, code } = entry;
    row.dataset.state = state;
    row.querySelector("progress").hidden = state !== "sending";
    row.querySelector("progress").value = entry.ratio;
    row.querySelector(".retry").hidden = state !== "failed" || FINAL.includes(code);
    const size = number(Math.max(0.1, Math.round((entry.file.size / MB_BYTES) * 10) / 10));
    const words = {
      waiting: () => text("complaint.file_waiting", { size }),
      sending: () => text(entry.ratio < 1 ? "complaint.file_sending" : "complaint.file_checking", { size }),
      kept: () => text("complaint.file_kept", { size }),
      failed: () => text("complaint.file_failed", { reason: this.#reason(entry) }),
    }[state]();
    const note = row.querySelector(".note");
    if (note.textContent !== words) note.textContent = words;
  }

  #reason({ code, detail }) {
    if (code === "network") return text("complaint.file_offline");
    if (code === "image_too_small") return text("complaint.small_file", { n: detail.min_width_px });
    return refusal(code);
  }
}
