// How long to wait before trying again: growing to a ceiling, with jitter so that pages do not come back together.
const STEPS_MS = [500, 1000, 2000, 4000, 5000];
const JITTER_RATIO = 0.2;

/** Milliseconds before `attempt` (from 1 on); `random` is 0 … 1. */
export function waitMs(attempt, random = Math.random()) {
  const step = STEPS_MS[Math.min(Math.max(attempt, 1), STEPS_MS.length) - 1];
  return step * (1 + JITTER_RATIO * random);
}
