// Keeps a live picture near the newest one that has arrived: a little faster when behind, a jump when far behind.
// No I/O; the caller applies the answer.

const BASE_S = 0.22;
const CEILING_S = 1.5;
const STEP_UP_S = 0.12;
const STEP_DOWN_S = 0.02;
const CALM_MS = 10000;
const SLACK_S = 0.1;
const JUMP_S = 2.0;
const FAST_RATE = 1.12;
const GENTLE_RATE = 1.05;

export class Chase {
  /** How far behind is aimed at. Each stall moves it out, calm brings it back. */
  targetS = BASE_S;
  #isCatching = false;
  #calmSinceMs = 0;

  stalled(nowMs) {
    this.targetS = Math.min(CEILING_S, this.targetS + STEP_UP_S);
    this.#calmSinceMs = nowMs;
  }

  /** { rate, jumpS }: the speed to play at, and by how much to jump forward (0: not). `behindS` is what is buffered ahead. */
  decide(behindS, nowMs) {
    if (nowMs - this.#calmSinceMs > CALM_MS) {
      this.#calmSinceMs = nowMs;
      this.targetS = Math.max(BASE_S, this.targetS - STEP_DOWN_S);
    }
    if (behindS > this.targetS + JUMP_S) {
      this.#isCatching = false;
      return { rate: 1, jumpS: behindS - this.targetS };
    }
    if (behindS > this.targetS + SLACK_S) this.#isCatching = true;
    else if (behindS <= this.targetS) this.#isCatching = false;
    if (!this.#isCatching) return { rate: 1, jumpS: 0 };
    return { rate: behindS > this.targetS + 3 * SLACK_S ? FAST_RATE : GENTLE_RATE, jumpS: 0 };
  }
}
