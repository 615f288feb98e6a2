// The sign-in dialog: phone, code, and why it did not work.
import { ApiError } from "./api.js";
import { refusal, text } from "./texts.js";

const SECOND_MS = 1000;
const node = (id) => document.getElementById(id);

export class SignInDialog {
  #account;
  #done;
  #timer = 0;

  /** `done()` once somebody has signed in and the dialog is closed. */
  constructor(account, done) {
    this.#account = account;
    this.#done = done;
    node("sign-close").addEventListener("click", () => node("sign-dialog").close());
    node("sign-get-code").addEventListener("click", () => this.#getCode());
    node("sign-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  open() {
    this.#say("");
    node("sign-code").value = "";
    if (!node("sign-dialog").open) node("sign-dialog").showModal();
    node("sign-phone").focus();
  }

  #phone() {
    const phone = node("sign-phone").value.replace(/\D/g, "");
    if (/^1[3-9]\d{9}$/.test(phone)) return phone;
    this.#say(text("sign.phone_wrong"));
    node("sign-phone").focus();
    return null;
  }

  async #getCode() {
    const phone = this.#phone();
    if (!phone) return;
    node("sign-get-code").disabled = true;
    this.#say("");
    try {
      const sent = await this.#account.requestCode(phone);
      node("sign-note").textContent = text(sent.is_shown_in_window ? "sign.sent_window" : "sign.sent");
      node("sign-note").hidden = false;
      this.#count(sent.retry_after_s);
      node("sign-code").focus();
    } catch (error) {
      this.#fail(error);
      this.#count(error.retryAfterS ?? 0);
    }
  }

  async #submit() {
    const phone = this.#phone();
    if (!phone) return;
    const code = node("sign-code").value.trim();
    if (!/^\d{6}$/.test(code)) {
      this.#say(text("sign.code_wrong"));
      node("sign-code").focus();
      return;
    }
    node("sign-submit").disabled = true;
    try {
      await this.#account.signIn(phone, code);
      node("sign-dialog").close();
      this.#done();
    } catch (error) {
      this.#fail(error);
    } finally {
      node("sign-submit").disabled = false;
    }
  }

  #count(seconds) {
    clearInterval(this.#timer);
    const button = node("sign-get-code");
    let left = seconds;
    const show = () => {
      button.disabled = left > 0;
      button.textContent = left > 0 ? text("sign.again", { s: left }) : text("sign.get_code");
      if (left <= 0) clearInterval(this.#timer);
      left -= 1;
    };
    show();
    if (left >= 0) this.#timer = setInterval(show, SECOND_MS);
  }

  #fail(error) {
    if (!(error instanceof ApiError)) throw error;
    this.#say(refusal(error.code));
  }

  #say(words) {
    node("sign-error").textContent = words;
    node("sign-error").hidden = !words;
  }
}
