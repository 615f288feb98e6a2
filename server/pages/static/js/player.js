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
const RENEW_AGAIN_S = 5;
const FAILURES_BEFORE_HLS = 3;
const LINES = { flv: FlvLine, hls: HlsLine };

/**
 * `on`: { view(state, hasPicture), session(state), blocked(isMuted), line(via) }. `still`: the canvas that keeps the
 * last picture. Invariants: `#turn` numbers the attempts to connect, only the newest may bring a line; a line that is
 * no longer `#line` has nothing to say; a retry is awaited only while no attempt runs.
 */
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
  #unusable = new Set();
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
    for (const line of Object.values(LINES)) if (!line.isPossible()) this.#unusable.add(line);
    video.addEventListener("pause", () => this.#heed());
    video.addEventListener("play", () => this.#heed());
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

  get #isSupported() {
    return this.#unusable.size < Object.keys(LINES).length;
  }

  /** A media key, a headset or the system paused or played the element itself: that is a person's wish like ours. */
  #heed() {
    const { paused, ended } = this.#video;
    if (this.#isPaused && !paused) this.resume();
    // A line that goes, a picture that ran out and one that may not start stand still without anybody's wish.
    else if (!this.#isPaused && paused && !ended && this.#line && !this.#isBlocked) this.pause();
  }

  #arrange() {
    if (this.#session === "ended" || this.#session === "removed") this.#stop();
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
      else if (error instanceof ApiError && error.code === "removed_from_room") this.setSession("removed");
      else this.#retry();
    }
  }

  #pick() {
    if (this.#via !== "auto") return LINES[this.#via];
    if (this.#unusable.has(FlvLine)) return HlsLine;
    if (this.#unusable.has(HlsLine)) return FlvLine;
    return this.#failures < FAILURES_BEFORE_HLS ? FlvLine : HlsLine;
  }

  /** This browser cannot play `lineClass`: the other is left, whatever was chosen. */
  #giveUp(lineClass) {
    this.#unusable.add(lineClass);
    if (this.#via !== "auto") {
      this.#via = "auto";
      this.#on.line("auto");
    }
    if (this.#isSupported) this.#connect();
    else this.#stop();
  }

  async #ask() {
    const play = await call("GET", `/sessions/${this.#sessionId}/play`);
    if (play.state !== this.#session) this.#on.session(play.state);
    return play;
  }

  #swap(lineClass, play) {
    this.#turn += 1;
    clearTimeout(this.#retryTimer);
    this.#keepPicture();
    this.#stopLine();
    let line = null;
    line = new lineClass(this.#video, play, () => this.#lost(line));
    this.#line = line;
    this.#lineClass = lineClass;
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

  /** Only HLS asks again and again, and needs an address that is good; a line that is gone needs none. */
  #renewLater(play) {
    clearTimeout(this.#renewTimer);
    if (this.#lineClass === HlsLine) {
      this.#renewTimer = setTimeout(() => this.#renew(this.#line, play), play.expires_in_s * 1000 * RENEW_RATIO);
    }
  }

  async #renew(line, play) {
    let next;
    try {
      next = await this.#ask();
    } catch (error) {
      if (error instanceof ApiError && error.code === "session_ended") this.#on.session("ended");
      next = { ...play, expires_in_s: RENEW_AGAIN_S };
    }
    if (line !== this.#line) return;
    line.renew(next);
    this.#renewLater(next);
  }

  #lost(line) {
    if (!line || line !== this.#line) return;
    this.#turn += 1;
    this.#failures += 1;
    this.#keepPicture();
    this.#stopLine();
    this.#retry();
  }

  /** No attempt runs, and there is no new line: one that is there still plays meanwhile. */
  #retry() {
    this.#link = this.#line ? "open" : "lost";
    this.#attempt += 1;
    clearTimeout(this.#retryTimer);
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
    // Some streams count their time on while the element stands paused.
    const isMoving = this.#line !== null && !this.#video.paused && this.#watchdog.isMoving(nowMs);
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
      const lineClass = this.#pick();
      const isUsable = await lineClass.load();
      if (turn !== this.#turn) return;
      if (isUsable) this.#swap(lineClass, play);
      else this.#giveUp(lineClass);
    } catch {
      // Without the service there is no new address; the connection that is there may yet go on.
    }
  }
}
