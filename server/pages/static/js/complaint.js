// Composition of the page to complain of an infringement: the form, its files, the sign-in, and what became of it.
import { Account } from "./account.js";
import { AccountBar } from "./account_bar.js";
import { ApiError, call } from "./api.js";
import { complaintOf, described, length } from "./complaint_wish.js";
import { OnceKey } from "./ids.js";
import { MyComplaints } from "./my_complaints.js";
import { Proofs } from "./proofs.js";
import { SignInDialog } from "./sign_in.js";
import { number, refusal, text } from "./texts.js";

const LINES = ["claimant", "contact", "links", "person", "from", "until", "description"];
const FIELDS = ["claimant", "contact", "right", "links", "person", "from", "until", "description", "identity", "rights", "declared"];
const node = (id) => document.getElementById(id);
const form = node("complaint-form");
const { limits, about } = JSON.parse(node("start").textContent);
const key = new OnceKey();

let isWanted = false; // sent as soon as somebody is signed in
let unsure = null; // sent, and no answer came
let isBusy = false;
let ownerId = ""; // whose the files are

const account = new Account(becomes);
const dialog = new SignInDialog(account, () => {
  if (!isBusy) node("complaint-submit").focus();
});
const bar = new AccountBar(account, dialog);
const proofs = new Proofs(limits, {
  changed: arrange,
  wrong: (kind, words) => say(kind, words),
  ensure: async () => (account.me ? (await account.ensure()) || asks() : asks()),
});
const mine = new MyComplaints(() => account.me !== null);

if (about) node("links").value = `${location.origin}/s/${about}`;
const untouched = JSON.stringify(values());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
form.addEventListener("input", (event) => {
  const field = event.target.name || event.target.id;
  if (FIELDS.includes(field)) say(field, "");
  node("complaint-done").hidden = true;
  arrange();
});
node("sign-dialog").addEventListener("close", () => {
  if (!account.me) isWanted = false;
});
addEventListener("online", () => {
  if (unsure && !isBusy) send(unsure);
});
addEventListener("beforeunload", (event) => {
  if (unsure || !proofs.isEmpty || JSON.stringify(values()) !== untouched) event.preventDefault();
});
arrange();
becomes(null);
account.restore();

function becomes(me) {
  bar.show(me);
  node("complaint-signed-out").hidden = Boolean(me);
  mine.load();
  if (!me) return;
  // What another person sent is theirs.
  if (ownerId && ownerId !== me.id) proofs.again();
  else proofs.go();
  ownerId = me.id;
  if (isWanted) submit();
}

/** False: somebody has to sign in before that. */
function asks() {
  dialog.open();
  return false;
}

function values() {
  const chosen = new FormData(form);
  return {
    ...Object.fromEntries(LINES.map((name) => [name, node(name).value])),
    kind: chosen.get("kind") ?? "person",
    right: chosen.get("right") ?? "",
    isDeclared: node("declared").checked,
  };
}

function arrange() {
  const typed = values();
  node("claimant-label").textContent = text(`complaint.claimant_${typed.kind}`);
  for (const kind of ["identity", "rights"]) node(`${kind}-hint`).textContent = text(`complaint.${kind}_${typed.kind}`);
  const count = text("complaint.count", { n: number(length(described(typed, text))), most: number(limits.descriptionChars) });
  node("description-count").textContent = count;
}

function submit() {
  if (isBusy) return;
  if (unsure) {
    send(unsure);
    return;
  }
  isWanted = false;
  const typed = { ...values(), identity: proofs.ids("identity"), rights: proofs.ids("rights") };
  const { wish, wrong } = complaintOf(typed, limits, text, Date.now());
  for (const name of ["from", "until"]) if (node(name).validity.badInput) wrong[name] = text("complaint.half_time");
  if (proofs.isUnfinished) {
    for (const kind of ["identity", "rights"]) {
      delete wrong[kind];
      if (node(`${kind}-list`).querySelector('li:not([data-state="kept"])')) wrong[kind] = text("complaint.unfinished");
      else if (!proofs.ids(kind).length) wrong[kind] = text(`complaint.no_${kind}`);
    }
  }
  // Files can only be sent by somebody who is signed in: that is asked for first where nothing else is missing.
  const isOnlyWaiting = !account.me && proofs.isUnfinished && Object.keys(wrong).every((field) => field in { identity: 1, rights: 1 });
  if (isOnlyWaiting) {
    dialog.open();
    return;
  }
  if (tell(wrong)) return;
  if (!account.me) {
    isWanted = true;
    dialog.open();
    return;
  }
  send(wish);
}

async function send(wish) {
  hold(true);
  fail("");
  const error = await post(wish);
  hold(false);
  // Only now: a field that is held takes no focus.
  if (error) refused(error);
}

/** Why it was not taken; null: it was, or that is not known yet, or somebody has to sign in first. */
async function post(wish) {
  let isSent = Boolean(unsure);
  try {
    if (!(await account.ensure())) {
      isWanted = true;
      dialog.open();
      return null;
    }
    isSent = true;
    await call("POST", "/complaints", wish, { "Idempotency-Key": key.of(wish) });
    unsure = null;
    key.spend();
    done();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Without an answer it may have been taken: until one comes it is the same complaint, and stays as it is.
    unsure = isSent && error.code === "network" ? wish : null;
    if (!unsure) return error;
  }
  return null;
}

function refused(error) {
  const field = String(error.detail.field ?? "").split(".")[0];
  if (error.code === "not_found" && field === "proofs") {
    proofs.again();
    fail(text("complaint.proofs_again"));
  } else if (error.code === "input_invalid" && FIELDS.includes(field)) {
    tell({ [field]: text("complaint.not_taken") });
  } else if (error.code === "network") {
    fail(text("complaint.offline"));
  } else {
    fail(text("complaint.refused", { reason: error.code === "account_closed" ? text("complaint.closed") : refusal(error.code) }));
  }
}

function done() {
  form.reset();
  node("links").value = about ? `${location.origin}/s/${about}` : "";
  proofs.clear();
  tell({});
  arrange();
  mine.load();
  node("complaint-done").hidden = false;
  node("complaint-done").focus();
}

function hold(isHeld) {
  isBusy = isHeld;
  node("complaint-fields").disabled = isHeld || Boolean(unsure);
  node("complaint-submit").disabled = isHeld;
  node("complaint-submit").textContent = text(isHeld ? "complaint.sending" : unsure ? "complaint.send_again" : "complaint.submit");
  node("complaint-unsure").hidden = isHeld || !unsure;
}

/** Each mistake at its field; the first of them has the focus. Whether there are any. */
function tell(wrong) {
  for (const field of FIELDS) say(field, wrong[field] ?? "");
  const first = FIELDS.find((field) => wrong[field]);
  fail(first ? text("complaint.mistakes", { n: Object.keys(wrong).length }) : "");
  if (!first) return false;
  if (first === "right") form.querySelector('[name="right"]').focus();
  else node(node(`${first}-files`) ? `${first}-files` : first).focus();
  return true;
}

function say(field, words) {
  node(`${field}-error`).textContent = words;
  node(`${field}-error`).hidden = !words;
  const place = node(`${field}-files`) ?? node(field);
  if (words) place.setAttribute("aria-invalid", "true");
  else place.removeAttribute("aria-invalid");
}

function fail(words) {
  node("complaint-error").textContent = words;
  node("complaint-error").hidden = !words;
}
