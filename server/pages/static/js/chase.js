// Keeps a live picture near the newest one that has arrived: a little faster when behind, a jump when far behind.
// No I/O; the caller applies the answer.

const BASE_S = 0.15;
const CEILING_S = 1.5;
const STEP_UP_S = 0.1;
const STEP_DOWN_S = 0.02;
const CALM_MS = 10000;
const SLACK_S = 0.06;
const JUMP_S = 2.0;
const START_MS = 1500;
const START_JUMP_S = 0.25;
const RATES = [
  [0.8, 1.25],
  [0.3, 1.12],
  [0, 1.05],
];

export class Chase {
  /** How far behind is aimed at. Each stall moves it out, calm brings it back. */
  targetS = BASE_S;
  #isCatching = false;
  #calmSinceMs = 0;
  #startedMs = 0;

  stalled(nowMs) {
    this.targetS = Math.min(CEILING_S, this.targetS + STEP_UP_S);
    this.#calmSinceMs = nowMs;
  }

  /** { rate, jumpS }: the speed to play at, and by how much to jump forward (0: not). `behindS` is what is buffered ahead. */
  decide(behindS, nowMs) {
    this.#startedMs ||= nowMs;
    this.#calmSinceMs ||= nowMs;
    if (nowMs - this.#calmSinceMs > CALM_MS) {
      this.#calmSinceMs = nowMs;
      this.targetS = Math.max(BASE_S, this.targetS - STEP_DOWN_S);
    }
    const excessS = behindS - this.targetS;
    // At the start a jump is not seen: the first pictures are as old as the group of pictures they came with.
    const isStarting = nowMs - this.#startedMs < START_MS;
    if (excessS > (isStarting ? START_JUMP_S : JUMP_S)) {
      this.#isCatching = false;
      return { rate: 1, jumpS: excessS };
    }
    if (excessS > SLACK_S) this.#isCatching = true;
    else if (excessS <= 0) this.#isCatching = false;
    if (!this.#isCatching) return { rate: 1, jumpS: 0 };
    return { rate: RATES.find(([leastS]) => excessS >= leastS)[1], jumpS: 0 };
  }
}
