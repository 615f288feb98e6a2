// The line with low delay: HTTP-FLV through mpegts.js.
import { Chase } from "./chase.js";
import { loadScript } from "./script.js";

const CHASE_MS = 100;
const KEPT_S = 20;

export class FlvLine {
  static id = "flv";
  static stuckMs = 4000;
  #video;
  #player;
  #chase = new Chase();
  #timer = 0;
  #didPlay = false;
  #onWaiting = () => {
    // Our own jumps wait too, for a moment; that is no want of media.
    if (this.#didPlay && !this.#video.seeking) this.#chase.stalled(performance.now());
  };

  static isPossible() {
    return "MediaSource" in window || "ManagedMediaSource" in window;
  }

  static async load() {
    await loadScript("/static/vendor/mpegts.js");
    window.mpegts.LoggingControl.enableAll = false;
    return window.mpegts.isSupported();
  }

  /** `onLost()` once, when the connection ended or the media cannot be read. */
  constructor(video, play, onLost) {
    this.#video = video;
    const mpegts = window.mpegts;
    this.#player = mpegts.createPlayer(
      { type: "flv", isLive: true, cors: true, url: play.flv_url },
      {
        isLive: true,
        enableWorker: true,
        enableStashBuffer: false,
        lazyLoad: false,
        deferLoadAfterSourceOpen: false,
        autoCleanupSourceBuffer: true,
        autoCleanupMaxBackwardDuration: KEPT_S,
        autoCleanupMinBackwardDuration: KEPT_S / 2,
        referrerPolicy: "no-referrer",
      },
    );
    let isLost = false;
    const lost = () => {
      if (!isLost) onLost();
      isLost = true;
    };
    this.#player.on(mpegts.Events.ERROR, lost);
    this.#player.on(mpegts.Events.LOADING_COMPLETE, lost);
    this.#player.attachMediaElement(video);
    this.#player.load();
    video.addEventListener("waiting", this.#onWaiting);
    this.#timer = setInterval(() => this.#follow(), CHASE_MS);
  }

  /** Addresses are only needed to connect: a running response goes on. */
  renew() {}

  /** Seconds behind the newest picture that has arrived; NaN while there is none. */
  behindS() {
    const { buffered, currentTime } = this.#video;
    return buffered.length ? buffered.end(buffered.length - 1) - currentTime : NaN;
  }

  destroy() {
    clearInterval(this.#timer);
    this.#video.removeEventListener("waiting", this.#onWaiting);
    this.#video.playbackRate = 1;
    this.#player.destroy();
  }

  #follow() {
    const video = this.#video;
    const behindS = this.behindS();
    if (Number.isNaN(behindS) || video.paused || video.seeking) return;
    this.#didPlay ||= video.currentTime > 0 && video.readyState > 2;
    const { rate, jumpS } = this.#chase.decide(behindS, performance.now());
    if (jumpS > 0) video.currentTime += jumpS;
    if (video.playbackRate !== rate) video.playbackRate = rate;
  }
}
