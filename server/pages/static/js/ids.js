// Numbers that nobody else gives, and the keys by which the service knows a repeated request.
/** A number that nobody else gives. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Of one thing that a person wishes: the same while nothing of it is changed, so that a repeat does it once. */
export class OnceKey {
  #said = "";
  #key = "";

  of(wish) {
    const said = JSON.stringify(wish);
    if (!this.#key || said !== this.#said) this.#key = newId();
    this.#said = said;
    return this.#key;
  }

  /** It is done: the same again is another. */
  spend() {
    this.#key = "";
  }
}
