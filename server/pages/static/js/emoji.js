// A panel of emoji beside the draft: each goes where the caret stands.
const ACROSS = 8;
const node = (id) => document.getElementById(id);

export class EmojiPanel {
  #panel = node("emoji-panel");
  #button = node("emoji-open");
  #draft = node("draft");
  #buttons = [...this.#panel.children];

  constructor() {
    this.#button.addEventListener("click", () => (this.#panel.hidden ? this.#open() : this.#close()));
    this.#panel.addEventListener("click", (event) => {
      const taken = event.target.closest("button");
      if (taken) this.#take(taken.textContent);
    });
    this.#panel.addEventListener("keydown", (event) => this.#move(event));
    // Whatever else has the focus, or is clicked on: the panel is in the way.
    addEventListener("pointerdown", (event) => this.#leave(event.target));
    addEventListener("focusin", (event) => this.#leave(event.target));
  }

  setEnabled(isEnabled) {
    this.#button.disabled = !isEnabled;
    if (!isEnabled) this.#hide();
  }

  #open() {
    this.#panel.hidden = false;
    this.#button.setAttribute("aria-expanded", "true");
    this.#focus(0);
  }

  #close() {
    this.#hide();
    this.#draft.focus();
  }

  #hide() {
    this.#panel.hidden = true;
    this.#button.setAttribute("aria-expanded", "false");
  }

  #leave(target) {
    if (!this.#panel.hidden && !this.#panel.contains(target) && !this.#button.contains(target)) this.#hide();
  }

  /** What was selected is replaced, as by typing. */
  #take(emoji) {
    this.#close();
    this.#draft.setRangeText(emoji, this.#draft.selectionStart, this.#draft.selectionEnd, "end");
    this.#draft.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  #move(event) {
    if (event.key === "Escape") {
      // The draft's own Escape gives up an answer.
      event.stopPropagation();
      this.#close();
      return;
    }
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -ACROSS, ArrowDown: ACROSS }[event.key];
    const at = this.#buttons.indexOf(document.activeElement);
    const wanted = { Home: 0, End: this.#buttons.length - 1 }[event.key] ?? at + step;
    if (Number.isNaN(wanted)) return;
    event.preventDefault();
    if (this.#buttons[wanted]) this.#focus(wanted);
  }

  /** One of them is reached by Tab, the others by arrow keys. */
  #focus(wanted) {
    this.#buttons.forEach((button, index) => (button.tabIndex = index === wanted ? 0 : -1));
    this.#buttons[wanted].focus();
  }
}
