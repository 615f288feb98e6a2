// The head of a page: who is signed in, the way in and the way out.
import { ApiError } from "./api.js";
import { refusal, text } from "./texts.js";

const node = (id) => document.getElementById(id);

export class AccountBar {
  #account;

  constructor(account, dialog) {
    this.#account = account;
    node("sign-in").addEventListener("click", () => dialog.open());
    node("sign-out").addEventListener("click", () => this.#signOut());
  }

  /** `me`: null when nobody is signed in. */
  show(me) {
    node("account-name").textContent = me?.nickname ?? "";
    node("account-name").hidden = !me;
    node("sign-out").hidden = !me;
    node("sign-in").hidden = Boolean(me);
    node("account-notice").hidden = true;
  }

  async #signOut() {
    node("sign-out").disabled = true;
    try {
      await this.#account.signOut();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      node("account-notice").textContent = text("sign.out_failed", { reason: refusal(error.code) });
      node("account-notice").hidden = false;
    } finally {
      node("sign-out").disabled = false;
    }
  }
}
