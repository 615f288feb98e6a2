// The dialog to report a message, a person or the session, and the list of what one reported.
import { ApiError, call } from "./api.js";
import { OnceKey } from "./ids.js";
import { language, refusal, text } from "./texts.js";

const MOST_EVIDENCE = 20;
const INFRINGING = "4";
const node = (id) => document.getElementById(id);

/** `on`: { isSignedIn(), askSignIn(), recent(authorId) }; `recent` gives [{ id, name, words }], the newest first. */
export class ReportDialog {
  #sessionId;
  #on;
  #message = null;
  #key = new OnceKey();
  #isMine = false;

  constructor(sessionId, on) {
    this.#sessionId = sessionId;
    this.#on = on;
    node("report-close").addEventListener("click", () => node("report-dialog").close());
    node("report-turn").addEventListener("click", () => (this.#isMine ? this.#showForm() : this.#showMine()));
    node("report-targets").addEventListener("change", () => this.#offerEvidence());
    node("report-form").addEventListener("change", () => {
      this.#say("");
      this.#offerComplaint();
    });
    node("report-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  /** `message`: { message_id, author_id, author_name, text }; null: the session. */
  open(message) {
    if (!this.#on.isSignedIn()) {
      this.#on.askSignIn();
      return;
    }
    this.#message = message;
    this.#key.spend();
    node("report-form").reset();
    node("report-more").open = false;
    this.#say("");
    this.#offerTargets();
    this.#offerComplaint();
    this.#showForm();
    if (!node("report-dialog").open) node("report-dialog").showModal();
    node("report-dialog").scrollTop = 0;
    this.#focusFirst();
  }

  #offerTargets() {
    const message = this.#message;
    const offered = message ? ["message", "person"] : ["session"];
    for (const kind of ["message", "person", "session"]) {
      const label = node(`report-target-${kind}`);
      label.hidden = !offered.includes(kind);
      label.querySelector("span").textContent = text(`report.target_${kind}`, { name: message?.author_name ?? "" });
      label.querySelector("input").checked = kind === offered[0];
    }
    node("report-said").hidden = !message;
    node("report-said").textContent = message ? text("report.said", { name: message.author_name, words: message.text }) : "";
    this.#offerEvidence();
  }

  #offerEvidence() {
    const found = this.#on.recent(this.#message?.author_id ?? "").filter((one) => one.id !== this.#message?.message_id);
    node("report-more").hidden = !found.length;
    node("report-evidence").replaceChildren(
      ...found.slice(0, MOST_EVIDENCE - 1).map((one) => {
        const label = document.createElement("label");
        label.className = "choice";
        const box = document.createElement("input");
        box.type = "checkbox";
        box.name = "report-evidence";
        box.value = one.id;
        const words = document.createElement("span");
        words.textContent = text("report.said", { name: one.name, words: one.words });
        label.append(box, words);
        return label;
      }),
    );
  }

  /** Whose right it is may prove it and complain. */
  #offerComplaint() {
    const chosen = node("report-form").querySelector('[name="report-category"]:checked');
    node("report-infringing").hidden = chosen?.value !== INFRINGING;
  }

  async #submit() {
    const form = new FormData(node("report-form"));
    if (!form.get("report-category")) {
      this.#say(text("report.choose_why"));
      node("report-form").querySelector('[name="report-category"]').focus();
      return;
    }
    const kind = form.get("report-target");
    const chosen = form.getAll("report-evidence");
    if (kind === "person") chosen.unshift(this.#message.message_id);
    const id = { message: this.#message?.message_id, person: this.#message?.author_id, session: this.#sessionId }[kind];
    const wish = {
      target: { kind, id },
      category: Number(form.get("report-category")),
      text: node("report-text").value.trim(),
      evidence: chosen,
    };
    node("report-submit").disabled = true;
    try {
      await call("POST", `/sessions/${this.#sessionId}/reports`, wish, { "Idempotency-Key": this.#key.of(wish) });
      this.#key.spend();
      await this.#showMine();
      node("report-done").hidden = false;
    } catch (error) {
      this.#fail(error, (words) => this.#say(words));
    } finally {
      node("report-submit").disabled = false;
    }
  }

  #showForm() {
    this.#turn(false);
    if (node("report-dialog").open) this.#focusFirst();
  }

  async #showMine() {
    this.#turn(true);
    node("report-turn").focus();
    this.#sayMine("");
    node("report-done").hidden = true;
    try {
      const found = await call("GET", "/me/reports");
      node("report-none").hidden = found.length > 0;
      node("report-list").replaceChildren(...found.map((one) => this.#row(one)));
    } catch (error) {
      this.#fail(error, (words) => this.#sayMine(words));
    }
  }

  #turn(isMine) {
    this.#isMine = isMine;
    node("report-form").hidden = isMine;
    node("report-mine").hidden = !isMine;
    node("report-title").textContent = text(isMine ? "report.mine" : "report.title");
    node("report-turn").textContent = text(isMine ? "report.back" : "report.mine");
  }

  #focusFirst() {
    node("report-targets").querySelector("label:not([hidden]) input:checked").focus();
  }

  #row(report) {
    const row = document.createElement("li");
    row.dataset.reportId = report.id;
    row.dataset.state = report.state;
    const time = new Date(report.at).toLocaleString(language, { dateStyle: "short", timeStyle: "short" });
    row.append(
      this.#line("strong", text(`report.of_${report.target_kind}`, { name: report.target_name })),
      this.#line("span", text(`report.state_${report.state}`), "pill"),
      this.#line("span", text("report.about", { why: text(`report.category_${report.category}`), time }), "second small whole"),
    );
    if (report.answer) row.append(this.#line("p", text("report.answer", { words: report.answer }), "whole"));
    if (report.state === "open") row.append(this.#withdrawal(report));
    return row;
  }

  #line(kind, words, names = "") {
    const made = document.createElement(kind);
    made.className = names;
    made.textContent = words;
    return made;
  }

  #withdrawal(report) {
    const button = this.#line("button", text("report.withdraw"), "link");
    button.type = "button";
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        await call("POST", `/me/reports/${report.id}/withdraw`);
        await this.#showMine();
      } catch (error) {
        button.disabled = false;
        this.#fail(error, (words) => this.#sayMine(words));
      }
    });
    return button;
  }

  #fail(error, say) {
    if (!(error instanceof ApiError)) throw error;
    say(error.code === "state_conflict" ? text("report.too_late") : refusal(error.code));
  }

  #say(words) {
    node("report-error").textContent = words;
    node("report-error").hidden = !words;
  }

  #sayMine(words) {
    node("report-mine-error").textContent = words;
    node("report-mine-error").hidden = !words;
  }
}
