// Who is signed in here. Tokens are cookies that scripts cannot read; this knows only that there are some.
import { ApiError, call } from "./api.js";
import { forget, isLasting, recall, remember } from "./storage.js";
import { text } from "./texts.js";

const FLAG = "ad_signed_in";
const DEVICE = "ad_device";
const REFRESHED_MS = "ad_refreshed_ms";
const RENEW_RATIO = 0.7;
const RECENT_MS = 60_000;

export class Account {
  #onChange;
  #timer = 0;
  #renewing = null;
  me = null;

  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** Go on with an earlier sign-in of this browser, if there was one. */
  async restore() {
    if (recall(FLAG)) await this.renew();
  }

  /** The socket says that a cookie was good for this account. */
  async learn() {
    if (this.me) return;
    try {
      this.#become(await call("GET", "/me"));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  /** Whether the sign-in is good now, mended where it can be. Throws ApiError when the service cannot be asked. */
  async ensure() {
    try {
      this.#become(await call("GET", "/me"));
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
    }
    // What was refreshed a moment ago and is refused all the same is worth nothing.
    forget(REFRESHED_MS);
    if (await this.renew()) return true;
    if (this.me) throw new ApiError("network");
    return false;
  }

  /** Throws ApiError. */
  requestCode(phone) {
    return call("POST", "/auth/code", { phone });
  }

  /** Throws ApiError. */
  async signIn(phone, code) {
    const wish = { phone, code, device_name: text("sign.device"), device_id: recall(DEVICE) };
    const pair = await call("POST", "/auth/sign-in", wish);
    remember(DEVICE, pair.device_id);
    this.#accept(pair);
  }

  /** End the sign-in of this browser. Throws ApiError when that could not be had: then one is still signed in. */
  async signOut() {
    await alone(async () => {
      try {
        await call("POST", "/auth/sign-out");
      } catch (error) {
        // No cookie at all: there is nothing left that could be ended.
        if (!(error instanceof ApiError && error.status === 401)) throw error;
      }
    });
    this.forget();
  }

  forget() {
    clearTimeout(this.#timer);
    forget(FLAG);
    this.#become(null);
  }

  /** New tokens for old; true when signed in afterwards. */
  renew() {
    this.#renewing ??= alone(() => this.#refresh()).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #refresh() {
    try {
      if (Date.now() - Number(recall(REFRESHED_MS)) < RECENT_MS) {
        this.#become(await call("GET", "/me"));
        this.#later(RECENT_MS);
        return true;
      }
      this.#accept(await call("POST", "/auth/refresh"));
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) this.forget();
      else this.#later(RECENT_MS / 4);
      return false;
    }
  }

  #accept(pair) {
    remember(FLAG, "1");
    remember(REFRESHED_MS, String(Date.now()));
    this.#later(pair.access_expires_in_s * 1000 * RENEW_RATIO);
    this.#become(pair.account);
  }

  #later(afterMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.renew(), afterMs);
  }

  #become(me) {
    const changed = this.me?.id !== me?.id;
    this.me = me;
    if (changed) this.#onChange(me);
  }
}

/** One at a time over all tabs: a token shown twice ends the device. */
async function alone(work) {
  // Where nothing may be stored the browser refuses locks too.
  if (!navigator.locks || !isLasting) return work();
  return navigator.locks.request("ad-renew", work);
}
