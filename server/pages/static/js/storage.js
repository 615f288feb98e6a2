// What this browser remembers for us. Where that is forbidden (cookies blocked) it is remembered until the page goes.
const spare = new Map();

export const isLasting = canStore();

/** The value kept under `key`, or null. */
export function recall(key) {
  return (isLasting ? localStorage.getItem(key) : null) ?? spare.get(key) ?? null;
}

export function remember(key, value) {
  spare.set(key, value);
  try {
    if (isLasting) localStorage.setItem(key, value);
  } catch {
    // No room: it is in `spare`, and what was kept before is no longer true.
    localStorage.removeItem(key);
  }
}

export function forget(key) {
  spare.delete(key);
  if (isLasting) localStorage.removeItem(key);
}

function canStore() {
  try {
    localStorage.getItem("");
    return true;
  } catch {
    return false;
  }
}
