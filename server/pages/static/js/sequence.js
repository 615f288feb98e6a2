// The room's numbered facts: each applied once and in order.

/** Invariant: `last` is the number of the newest fact applied; all before it were applied too. */
export class Sequence {
  last = 0;

  /** "apply", "drop" (had it already) or "gap" (something before it is missing: ask again from `last`). */
  take(seq) {
    if (seq <= this.last) return "drop";
    if (seq !== this.last + 1) return "gap";
    this.last = seq;
    return "apply";
  }

  /** Everything up to `seq` is had, or given up. */
  jump(seq) {
    this.last = seq;
  }
}
