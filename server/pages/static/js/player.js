// The player: asks where to watch, plays by one of two lines, and comes back by itself from whatever happens.
import { ApiError, call } from "./api.js";
import { waitMs } from "./backoff.js";
import { FlvLine } from "./line_flv.js";
import { HlsLine } from "./line_hls.js";
import { isOnAir, viewState } from "./view_state.js";
import { Watchdog } from "./watchdog.js";

const LOOK_MS = 250;
const CALM_MS = 5000;
const RENEW_RATIO = 0.6;
const FAILURES_BEFORE_HLS = 3;
const LINES = { flv: FlvLine, hls: HlsLine };

/** `on`: { view(state), session(state), blocked(isMuted) }. `shown`: the canvas that keeps the last picture. */
export class Player {
  #video;
  #still;
  #sessionId;
  #on;
  #via;
  #session;
  #line = null;
  #lineClass = null;
  #link = "idle";
  #turn = 0;
  #attempt = 0;
  #failures = 0;
  #retryTimer = 0;
  #renewTimer = 0;
  #watchdog = new Watchdog();
  #isPaused = false;
  #isBlocked = false;
  #isSupported = true;
  #didPlay = false;
  #playingSinceMs = 0;
  #view = "";

  constructor({ video, still, sessionId, session, via, on }) {
    this.#video = video;
    this.#still = still;
    this.#sessionId = sessionId;
    this.#session = session;
    this.#via = via;
    this.#on = on;
    this.#isSupported = Object.values(LINES).some((line) => line.isPossible());
    setInterval(() => this.#look(), LOOK_MS);
    addEventListener("online", () => this.#hurry());
    addEventListener("offline", () => this.#look());
    this.#arrange();
  }

  get lineId() {
    return this.#line ? this.#lineClass.id : "";
  }

  get isPaused() {
    return this.#isPaused;
  }

  behindS() {
    return this.#line ? this.#line.behindS() : NaN;
  }

  /** The service says what has become of the session. */
  setSession(state) {
    if (state === this.#session) return;
    this.#session = state;
    this.#watchdog.expect(performance.now());
    this.#arrange();
  }

  /** "auto", "flv" or "hls". */
  choose(via) {
    this.#via = via;
    this.#failures = 0;
    this.#again();
  }

  pause() {
    this.#isPaused = true;
    this.#stop();
    this.#look();
  }

  /** Play; what was missed meanwhile is left out. Called from a click, it also opens a blocked picture. */
  resume() {
    this.#isPaused = false;
    this.#isBlocked = false;
    if (this.#line) this.#start();
    else this.#again();
  }

  #arrange() {
    if (this.#session === "ended") this.#stop();
    else if (isOnAir(this.#session) && this.#link !== "open" && !this.#isPaused) this.#hurry();
    this.#look();
  }

  #hurry() {
    if (this.#link === "lost" || this.#link === "idle") this.#again();
  }

  #again() {
    clearTimeout(this.#retryTimer);
    this.#attempt = 0;
    this.#connect();
  }

  async #connect() {
    clearTimeout(this.#retryTimer);
    if (!isOnAir(this.#session) || this.#isPaused || !this.#isSupported) return;
    const turn = ++this.#turn;
    this.#link = "opening";
    this.#look();
    const lineClass = this.#pick();
    try {
      const [play, isUsable] = await Promise.all([this.#ask(), lineClass.load()]);
      if (turn !== this.#turn) return;
      if (!isUsable) this.#giveUp(lineClass);
      else if (isOnAir(play.state)) this.#swap(lineClass, play);
      else this.#link = "idle";
    } catch (error) {
      if (turn !== this.#turn) return;
      if (error instanceof ApiError && error.code === "session_ended") this.#on.session("ended");
      else this.#lost(turn);
    }
  }

  #pick() {
    if (this.#via !== "auto") return LINES[this.#via];
    return FlvLine.isPossible() && this.#failures < FAILURES_BEFORE_HLS ? FlvLine : HlsLine;
  }

  #giveUp(lineClass) {
    if (this.#via === "auto" && lineClass === FlvLine) {
      this.#failures = FAILURES_BEFORE_HLS;
      this.#connect();
    } else {
      this.#isSupported = false;
      this.#stop();
    }
  }

  async #ask() {
    const play = await call("GET", `/sessions/${this.#sessionId}/play`);
    if (play.state !== this.#session) this.#on.session(play.state);
    return play;
  }

  #swap(lineClass, play) {
    const turn = this.#turn;
    this.#keepPicture();
    this.#line?.destroy();
    this.#lineClass = lineClass;
    this.#line = new lineClass(this.#video, play, () => this.#lost(turn));
    this.#link = "open";
    this.#watchdog.restart(performance.now());
    this.#renewLater(play);
    this.#video.requestVideoFrameCallback?.(() => this.#didShow());
    this.#start();
  }

  #start() {
    this.#video.play().then(
      () => this.#setBlocked(false),
      (error) => {
        if (error.name !== "NotAllowedError") return;
        if (this.#video.muted) this.#setBlocked(true);
        else this.#startMuted();
      },
    );
  }

  #startMuted() {
    this.#video.muted = true;
    this.#on.blocked(true);
    this.#start();
  }

  #setBlocked(isBlocked) {
    this.#isBlocked = isBlocked;
    this.#look();
  }

  #renewLater(play) {
    clearTimeout(this.#renewTimer);
    this.#renewTimer = setTimeout(async () => {
      const line = this.#line;
      try {
        const renewed = this.#lineClass === HlsLine ? await this.#ask() : play;
        if (line === this.#line) line?.renew(renewed);
        this.#renewLater(renewed);
      } catch {
        this.#renewLater({ ...play, expires_in_s: 5 });
      }
    }, play.expires_in_s * 1000 * RENEW_RATIO);
  }

  #lost(turn) {
    if (turn !== this.#turn || this.#isPaused || this.#session === "ended") return;
    this.#keepPicture();
    this.#stopLine();
    this.#link = "lost";
    this.#failures += 1;
    this.#attempt += 1;
    this.#retryTimer = setTimeout(() => this.#connect(), waitMs(this.#attempt));
    this.#look();
  }

  #stop() {
    this.#turn += 1;
    clearTimeout(this.#retryTimer);
    this.#keepPicture();
    this.#stopLine();
    this.#link = "idle";
  }

  #stopLine() {
    clearTimeout(this.#renewTimer);
    this.#line?.destroy();
    this.#line = null;
  }

  /** The last picture stays on the canvas while there is none in the video. */
  #keepPicture() {
    const { videoWidth, videoHeight } = this.#video;
    if (!this.#line || !this.#didPlay || !videoWidth || this.#video.readyState < 2) return;
    Object.assign(this.#still, { width: videoWidth, height: videoHeight });
    this.#still.getContext("2d").drawImage(this.#video, 0, 0);
    this.#still.hidden = false;
  }

  #didShow() {
    this.#didPlay = true;
    this.#still.hidden = true;
    this.#look();
  }

  #look() {
    const nowMs = performance.now();
    if (this.#line) this.#watchdog.note(this.#video.currentTime, nowMs);
    const isMoving = this.#line !== null && this.#watchdog.isMoving(nowMs);
    this.#calm(isMoving, nowMs);
    if (isMoving && !this.#didPlay) this.#didShow();
    if (this.#link === "open" && this.#session === "live" && !this.#isBlocked) this.#guard(nowMs);
    const view = viewState({
      session: this.#session,
      isSupported: this.#isSupported,
      isOffline: !navigator.onLine,
      isPaused: this.#isPaused,
      isBlocked: this.#isBlocked,
      isMoving,
      link: this.#link,
      didPlay: this.#didPlay,
    });
    if (view === this.#view) return;
    this.#view = view;
    this.#on.view(view, this.#didPlay);
  }

  #calm(isMoving, nowMs) {
    if (!isMoving) this.#playingSinceMs = 0;
    else this.#playingSinceMs ||= nowMs;
    if (this.#playingSinceMs && nowMs - this.#playingSinceMs > CALM_MS) {
      this.#attempt = 0;
      this.#failures = 0;
    }
  }

  #guard(nowMs) {
    if (!this.#watchdog.isStuck(nowMs, this.#lineClass.stuckMs)) return;
    this.#watchdog.expect(nowMs);
    this.#failures += 1;
    this.#replace();
  }

  /** The picture stands though it should move: a new connection, and the old one only goes when there is one. */
  async #replace() {
    const turn = this.#turn;
    try {
      const play = await this.#ask();
      if (turn !== this.#turn || this.#watchdog.isMoving(performance.now()) || play.state !== "live") return;
      this.#turn += 1;
      const lineClass = this.#pick();
      if (await lineClass.load()) this.#swap(lineClass, play);
    } catch {
      // Without the service there is no new address; the connection that is there may yet go on.
    }
  }
}
