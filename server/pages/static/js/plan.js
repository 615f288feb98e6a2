// When a planned session is to begin, in the words of the page. No I/O.
const CHINA_AHEAD_MS = 8 * 3600_000;

/** `2026-01-02 00:30` in Beijing, which has no summer time; empty once that is past. Both are UTC milliseconds. */
export function plannedTime(startsMs, nowMs) {
  if (!(startsMs > nowMs)) return "";
  return new Date(startsMs + CHINA_AHEAD_MS).toISOString().slice(0, 16).replace("T", " ");
}
