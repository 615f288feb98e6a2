// What the player shows, from everything that bears on it. No I/O.

/**
 * `facts`: { session, isSupported, isOffline, isPaused, isBlocked, isMoving, link ("idle" | "opening" | "open" | "lost"),
 *            didPlay }. Returns the word for `data-player-state`.
 */
export function viewState(facts) {
  if (facts.session === "ended" || facts.session === "removed") return facts.session;
  if (!facts.isSupported) return "unsupported";
  if (facts.session === "scheduled" || facts.session === "preparing") return "waiting";
  if (facts.isPaused) return "paused";
  if (facts.isMoving) return "playing";
  if (facts.isBlocked) return "blocked";
  if (facts.isOffline) return "offline";
  if (facts.session === "interrupted") return "interrupted";
  if (facts.link === "lost" || (facts.link === "opening" && facts.didPlay)) return "reconnecting";
  return "loading";
}

/** The word of the pill. `plannedTime`: empty where no time is known that is to come. */
export function pillWord(session, plannedTime) {
  if (session === "scheduled" && plannedTime) return "scheduled";
  return session === "scheduled" || session === "preparing" ? "waiting" : session;
}

export function isOnAir(session) {
  return session === "live" || session === "interrupted";
}
