// The line that plays nearly everywhere: HLS through hls.js, or by the browser itself.
import { loadScript } from "./script.js";

const KEPT_S = 20;
const NATIVE = "application/vnd.apple.mpegurl";

export class HlsLine {
  static id = "hls";
  static stuckMs = 9000;
  #video;
  #hls = null;
  #play;
  #onError = null;

  static isPossible() {
    return "MediaSource" in window || "ManagedMediaSource" in window || HlsLine.#isNative();
  }

  static async load() {
    await loadScript("/static/vendor/hls.js");
    return window.Hls.isSupported() || HlsLine.#isNative();
  }

  static #isNative() {
    return document.createElement("video").canPlayType(NATIVE) !== "";
  }

  constructor(video, play, onLost) {
    this.#video = video;
    this.#play = play;
    if (window.Hls.isSupported()) this.#start(onLost);
    else this.#startNative(onLost);
  }

  /** New addresses: all requests from now on carry the new token. */
  renew(play) {
    this.#play = play;
  }

  behindS() {
    if (!this.#hls) return NaN;
    const shown = this.#hls.playingDate;
    const byClock = shown ? (Date.now() - shown.getTime()) / 1000 : NaN;
    return byClock > 0 && byClock < 60 ? byClock : this.#hls.latency || NaN;
  }

  destroy() {
    if (this.#onError) this.#video.removeEventListener("error", this.#onError);
    if (this.#hls) {
      this.#hls.destroy();
    } else {
      this.#video.removeAttribute("src");
      this.#video.load();
    }
  }

  #start(onLost) {
    const { Hls } = window;
    const hls = new Hls({
      enableWorker: true,
      lowLatencyMode: false,
      // One segment behind the newest stalls at every late list; two stay clear of it (measured: 0 against 2 in 15 s).
      liveSyncDurationCount: 2,
      liveMaxLatencyDurationCount: 5,
      maxLiveSyncPlaybackRate: 1.1,
      liveDurationInfinity: true,
      backBufferLength: KEPT_S,
      xhrSetup: (xhr, url) => xhr.open("GET", this.#signed(url), true),
    });
    hls.on(Hls.Events.ERROR, (_, data) => {
      if (data.fatal && this.#hls) onLost();
    });
    this.#hls = hls;
    hls.loadSource(this.#play.hls_url);
    hls.attachMedia(this.#video);
  }

  #startNative(onLost) {
    this.#onError = onLost;
    this.#video.addEventListener("error", onLost);
    this.#video.src = this.#play.hls_url;
  }

  #signed(url) {
    const wanted = new URL(url);
    const newest = new URL(this.#play.hls_url);
    const token = newest.searchParams.get("token");
    // A token never goes anywhere but to the ingest that it was made for.
    if (token && wanted.origin === newest.origin) wanted.searchParams.set("token", token);
    return wanted.href;
  }
}
