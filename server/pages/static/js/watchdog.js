// Tells a picture that moves from one that stands. Fed with the media's own time; no I/O.

const MOVING_MS = 1200;

export class Watchdog {
  #position = -1;
  #movedMs = -Infinity;
  #sinceMs = 0;

  /** Count from now: a new connection, or a picture that is expected from now on. */
  restart(nowMs) {
    this.#sinceMs = nowMs;
    this.#position = -1;
    this.#movedMs = -Infinity;
  }

  /** A picture is expected from now on; what moved before still counts. */
  expect(nowMs) {
    this.#sinceMs = nowMs;
  }

  note(position, nowMs) {
    if (this.#position >= 0 && position !== this.#position) this.#movedMs = nowMs;
    this.#position = position;
  }

  isMoving(nowMs) {
    return nowMs - this.#movedMs < MOVING_MS;
  }

  /** Whether nothing moved for `limitMs`. */
  isStuck(nowMs, limitMs) {
    return nowMs - Math.max(this.#movedMs, this.#sinceMs) > limitMs;
  }
}
