// The bar over the picture, and the words over a picture that stands.
import { text } from "./texts.js";

const DELAY_MS = 500;
const VOLUME = "ad_volume";
const HINTED = new Set(["waiting", "interrupted", "unsupported"]);
const ENDINGS = new Set(["cut_off", "grace_over", "cancelled"]);

const node = (id) => document.getElementById(id);

export class Controls {
  #root = node("player");
  #video = node("video");
  #player;
  #view = "loading";

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
    this.#video.volume = Number(localStorage.getItem(VOLUME) ?? 100) / 100;
    this.#showSound();
    this.#showFull();
    this.#showPlay();
    setInterval(() => this.#showDelay(), DELAY_MS);
  }

  /** A new state of the player; `hasPicture`: a picture was shown before and stays under the words. */
  show(view, hasPicture, endReason) {
    this.#view = view;
    this.#root.dataset.playerState = view;
    this.#root.dataset.picture = hasPicture ? "shown" : "";
    this.#root.dataset.transport = this.#player?.lineId ?? "";
    const title = view === "playing" || view === "paused" || view === "blocked" ? "" : text(`player.${view}`);
    node("cover-title").textContent = title;
    node("cover-hint").textContent = this.#hint(view, endReason);
    node("tap-play").hidden = view !== "blocked";
    node("bar").hidden = view === "waiting" || view === "ended" || view === "unsupported";
    this.#showPlay();
    this.#showDelay();
  }

  /** The browser let it play without sound only. */
  showMuted() {
    node("tap-unmute").hidden = false;
  }

  #hint(view, endReason) {
    if (view === "ended") return text(ENDINGS.has(endReason) ? `player.ended_${endReason}` : "player.ended_hint");
    return HINTED.has(view) ? text(`player.${view}_hint`) : "";
  }

  #choose(via) {
    const address = new URL(location.href);
    if (via === "auto") address.searchParams.delete("via");
    else address.searchParams.set("via", via);
    history.replaceState(null, "", address);
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
    if (!isMuted && this.#video.volume === 0) this.#setVolume(100);
    if (!isMuted) node("tap-unmute").hidden = true;
  }

  #setVolume(percent) {
    this.#video.volume = percent / 100;
    this.#video.muted = percent === 0;
    localStorage.setItem(VOLUME, String(percent));
    if (percent > 0) node("tap-unmute").hidden = true;
  }

  #full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.#root.requestFullscreen();
  }

  #showFull() {
    press("full", document.fullscreenElement === this.#root, "player.leave_full", "player.full");
  }

  #showPlay() {
    press("play", this.#player?.isPaused ?? false, "player.play", "player.pause");
  }

  #showSound() {
    const isMuted = this.#video.muted || this.#video.volume === 0;
    press("mute", isMuted, "player.unmute", "player.mute");
    node("volume").value = isMuted ? 0 : Math.round(this.#video.volume * 100);
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

function press(id, isPressed, pressedText, otherText) {
  const button = node(id);
  const words = text(isPressed ? pressedText : otherText);
  button.setAttribute("aria-pressed", String(isPressed));
  button.setAttribute("aria-label", words);
  button.title = words;
}
