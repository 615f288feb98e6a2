// The bar over the picture, and the words over a picture that stands.
import { recall, remember } from "./storage.js";
import { text } from "./texts.js";

const DELAY_MS = 500;
const VOLUME = "ad_volume";
const HINTED = new Set(["waiting", "interrupted", "unsupported", "removed"]);
const BARE = new Set(["waiting", "ended", "unsupported", "removed"]);
const FULL_PERCENT = 100;
const ENDINGS = new Set(["cut_off", "grace_over", "cancelled", "missed", "called_off"]);

const node = (id) => document.getElementById(id);

export class Controls {
  #root = node("player");
  #video = node("video");
  #player;
  #view = "loading";
  #endReason;
  #plannedTime = "";

  constructor(endReason) {
    this.#endReason = endReason;
  }

  /** `player`: the player, once there is one (it needs these words before). */
  attach(player, via) {
    this.#player = player;
    node("line").value = via;
    node("line").addEventListener("change", () => this.#choose(node("line").value));
    node("play").addEventListener("click", () => this.#toggle());
    node("tap-play").addEventListener("click", () => this.#tap());
    node("tap-unmute").addEventListener("click", () => this.#mute(false));
    node("mute").addEventListener("click", () => this.#mute(!this.#video.muted && this.#video.volume > 0));
    node("volume").addEventListener("input", () => this.#setVolume(Number(node("volume").value)));
    node("full").addEventListener("click", () => this.#full());
    node("full").hidden = !this.#root.requestFullscreen;
    document.addEventListener("fullscreenchange", () => this.#showFull());
    this.#video.addEventListener("volumechange", () => this.#showSound());
    this.#video.volume = keptVolume() / FULL_PERCENT;
    this.#showSound();
    this.#showFull();
    this.#showPlay();
    setInterval(() => this.#showDelay(), DELAY_MS);
  }

  /** A new state of the player; `hasPicture`: a picture was shown before and stays under the words. */
  show(view, hasPicture) {
    this.#view = view;
    this.#root.dataset.playerState = view;
    this.#root.dataset.picture = hasPicture ? "shown" : "";
    this.#root.dataset.transport = this.#player?.lineId ?? "";
    const title = view === "playing" || view === "paused" || view === "blocked" ? "" : text(`player.${view}`);
    node("cover-title").textContent = title;
    this.#showHint();
    node("tap-play").hidden = view !== "blocked";
    node("bar").hidden = BARE.has(view);
    this.#showPlay();
    this.#showDelay();
  }

  /** Why the session ended; may become known after it is seen to have ended. */
  setEndReason(endReason) {
    this.#endReason = endReason;
    this.#showHint();
  }

  /** When the session is to begin, in Beijing time; empty while nothing is known of it, or it is being prepared. */
  setPlannedTime(plannedTime) {
    this.#plannedTime = plannedTime;
    this.#showHint();
  }

  /** The line that is chosen now; the page's address says so too. */
  showLine(via) {
    node("line").value = via;
    const address = new URL(location.href);
    if (via === "auto") address.searchParams.delete("via");
    else address.searchParams.set("via", via);
    history.replaceState(null, "", address);
  }

  /** The browser let it play without sound only. */
  showMuted() {
    node("tap-unmute").hidden = false;
  }

  #showHint() {
    let words = HINTED.has(this.#view) ? text(`player.${this.#view}_hint`) : "";
    if (this.#view === "waiting" && this.#plannedTime) {
      words = text("player.planned_hint", { time: this.#plannedTime });
    }
    if (this.#view === "ended") {
      words = text(ENDINGS.has(this.#endReason) ? `player.ended_${this.#endReason}` : "player.ended_hint");
    }
    node("cover-hint").textContent = words;
  }

  #choose(via) {
    this.showLine(via);
    this.#player.choose(via);
  }

  #toggle() {
    if (this.#player.isPaused) this.#player.resume();
    else this.#player.pause();
    this.#showPlay();
  }

  #tap() {
    this.#mute(false);
    this.#player.resume();
  }

  #mute(isMuted) {
    this.#video.muted = isMuted;
    if (!isMuted && this.#video.volume === 0) this.#setVolume(FULL_PERCENT);
    if (!isMuted) node("tap-unmute").hidden = true;
  }

  #setVolume(percent) {
    this.#video.volume = percent / FULL_PERCENT;
    this.#video.muted = percent === 0;
    remember(VOLUME, String(percent));
    if (percent > 0) node("tap-unmute").hidden = true;
  }

  #full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.#root.requestFullscreen();
  }

  #showFull() {
    label("full", document.fullscreenElement === this.#root, "player.leave_full", "player.full");
  }

  #showPlay() {
    label("play", this.#player?.isPaused ?? false, "player.play", "player.pause");
  }

  #showSound() {
    const isMuted = this.#video.muted || this.#video.volume === 0;
    label("mute", isMuted, "player.unmute", "player.mute");
    node("volume").value = isMuted ? 0 : Math.round(this.#video.volume * FULL_PERCENT);
  }

  #showDelay() {
    const behindS = this.#player?.behindS() ?? NaN;
    const isKnown = this.#view === "playing" && behindS >= 0;
    this.#root.dataset.behindMs = isKnown ? String(Math.round(behindS * 1000)) : "";
    this.#root.dataset.transport = this.#player?.lineId ?? "";
    const words = [text(this.#view === "paused" ? "player.paused" : "player.live")];
    if (isKnown) words.push(text("player.latency", { s: behindS.toFixed(1) }));
    node("delay").textContent = words.join(" · ");
  }
}

function keptVolume() {
  const percent = Number(recall(VOLUME) ?? FULL_PERCENT);
  return percent >= 0 && percent <= FULL_PERCENT ? percent : FULL_PERCENT;
}

/** A button says what it does next; it is no toggle with a pressed state beside that. */
function label(id, isOn, onText, offText) {
  const button = node(id);
  const words = text(isOn ? onText : offText);
  button.dataset.on = String(isOn);
  button.setAttribute("aria-label", words);
  button.title = words;
}
