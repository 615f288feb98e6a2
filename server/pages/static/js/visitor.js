// What this browser shows of itself in a room, so that its tabs count as one viewer. It is made up, says nothing of who
// that is, and is another one in each room: what one room knows of us leads nowhere else.
import { recall, remember } from "./storage.js";

const KEY = "ad_visitor";
const KEPT_ROOMS = 8;

/** The same for one room as long as this browser remembers it; `newId` makes one. */
export function visitorOf(sessionId, newId) {
  const known = read();
  const found = known.find(([room]) => room === sessionId);
  if (found) return found[1];
  const made = newId();
  remember(KEY, JSON.stringify([[sessionId, made], ...known].slice(0, KEPT_ROOMS)));
  return made;
}

function read() {
  try {
    const kept = JSON.parse(recall(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isPair) : [];
  } catch {
    return [];
  }
}

function isPair(one) {
  return Array.isArray(one) && one.every((part) => typeof part === "string") && /^[0-9A-Za-z-]{16,64}$/.test(one[1]);
}
