// How I stand in the room: muted and until when, by which rules the chat goes, what is pinned, whether I follow.
import { ApiError, call } from "./api.js";
import { language, refusal, text } from "./texts.js";

const NOTE_MS = 6000;
const MOST_MS = 2 ** 31 - 1;
const node = (id) => document.getElementById(id);

/** `on`: { blocked(reason), askSignIn(), nowMs(), role(role) }; `nowMs` by the service's clock: that of this machine may be wrong. */
export class Standing {
  #sessionId;
  #anchorId;
  #on;
  #muted = null;
  #rules = { slow_s: 0, followers_only: false, is_paused: false };
  #role = "viewer";
  #isFollowing = false;
  #isSignedIn = false;
  #isOut = null;
  #timer = 0;
  #noteTimer = 0;

  constructor(sessionId, anchorId, on) {
    this.#sessionId = sessionId;
    this.#anchorId = anchorId;
    this.#on = on;
    node("follow").addEventListener("click", () => this.#follow());
  }

  greet(ack) {
    this.#isOut = null;
    this.#setRole(ack.role);
    this.#muted = ack.muted ?? null;
    this.#isSignedIn = Boolean(ack.account_id);
    node("follow").hidden = ack.account_id === this.#anchorId;
    this.#show();
    if (this.#isSignedIn) this.#learn();
  }

  hear({ t: kind, d: body }) {
    if (kind === "mod.muted") this.#muted = body;
    else if (kind === "mod.unmuted") this.#muted = null;
    else if (kind === "mod.role") this.#setRole(body.role);
    else if (kind === "room.rules") {
      this.#rules = body;
      this.#showPinned(body.pinned);
    } else if (kind === "chat.held" && body.state === "refused") this.#note(text("chat.held_refused"));
    this.#show();
  }

  /** A message of mine waits for the anchor or a moderator. */
  showHeld() {
    this.#note(text("chat.held"));
  }

  sendOut(body) {
    this.#isOut = body;
    this.#show();
  }

  #setRole(role) {
    this.#role = role;
    this.#on.role(role);
  }

  async #learn() {
    try {
      const found = await call("GET", `/sessions/${this.#sessionId}/room`);
      this.#isFollowing = found.is_following;
      this.#rules = found.rules;
      this.#showPinned(found.pinned ? { author_name: found.pinned.author_name, text: found.pinned.text } : null);
      this.#show();
    } catch (error) {
      // The next greeting asks again; until then what the room tells is enough.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  async #follow() {
    if (!this.#isSignedIn) {
      this.#on.askSignIn();
      return;
    }
    node("follow").disabled = true;
    try {
      await call(this.#isFollowing ? "DELETE" : "PUT", `/anchors/${this.#anchorId}/follow`);
      this.#isFollowing = !this.#isFollowing;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#note(refusal(error.code));
    } finally {
      node("follow").disabled = false;
    }
    this.#show();
  }

  #show() {
    node("follow").textContent = text(this.#isFollowing ? "chat.following" : "chat.follow");
    node("follow").setAttribute("aria-label", text(this.#isFollowing ? "chat.unfollow" : "chat.follow"));
    const reason = this.#reason();
    node("chat-standing").textContent = reason || this.#rule();
    node("chat-standing").hidden = !node("chat-standing").textContent;
    node("chat").dataset.standing = this.#isOut ? "removed" : this.#muted ? "muted" : "";
    this.#on.blocked(reason);
    clearTimeout(this.#timer);
    const untilMs = this.#muted?.until_ms;
    // The service lets in what is said afterwards without a word of its own.
    if (untilMs) this.#timer = setTimeout(() => this.#over(untilMs), Math.min(untilMs - this.#on.nowMs() + 500, MOST_MS));
  }

  #over(untilMs) {
    if (this.#muted?.until_ms === untilMs && this.#on.nowMs() >= untilMs) this.#muted = null;
    this.#show();
  }

  /** Why I cannot write; empty: I can. */
  #reason() {
    if (this.#isOut) return text(this.#isOut.is_lasting ? "chat.removed_lasting" : "chat.removed");
    if (this.#muted) {
      const { until_ms: untilMs, is_lasting: isLasting, reason } = this.#muted;
      const time = untilMs ? new Date(untilMs).toLocaleString(language, { dateStyle: "short", timeStyle: "short" }) : "";
      const words = text(untilMs ? "chat.muted_until" : isLasting ? "chat.muted_lasting" : "chat.muted_session", { time });
      return reason ? text("chat.with_reason", { words, reason }) : words;
    }
    if (this.#role !== "viewer") return "";
    if (this.#rules.is_paused) return text("chat.paused");
    if (this.#rules.followers_only && !this.#isFollowing) return text("chat.followers_only");
    return "";
  }

  #rule() {
    const isSlow = this.#rules.slow_s > 0 && this.#role === "viewer";
    return isSlow ? text("chat.slow_mode", { s: this.#rules.slow_s }) : "";
  }

  #showPinned(pinned) {
    node("chat-pinned").hidden = !pinned;
    node("chat-pinned").textContent = pinned ? text("chat.pinned", { name: pinned.author_name, words: pinned.text }) : "";
  }

  #note(words) {
    node("chat-note").textContent = words;
    node("chat-note").hidden = false;
    clearTimeout(this.#noteTimer);
    this.#noteTimer = setTimeout(() => (node("chat-note").hidden = true), NOTE_MS);
  }
}
