// Composition of the viewer page: player, room, chat and account, and what they tell each other.
import { Account } from "./account.js";
import { ApiError, call } from "./api.js";
import { Composer } from "./composer.js";
import { Controls } from "./controls.js";
import { Feed } from "./feed.js";
import { Player } from "./player.js";
import { Room } from "./room.js";
import { SignInDialog } from "./sign_in.js";
import { language, number, text } from "./texts.js";
import { isOnAir } from "./view_state.js";

const HISTORY = 200;
const node = (id) => document.getElementById(id);
const { session, via } = JSON.parse(node("start").textContent);

let sessionState = session.state;
let endReason = session.endReason;
let messageCount = session.messages;
let hadAccount = false;

const controls = new Controls();
const feed = new Feed();
const player = new Player({
  video: node("video"),
  still: node("still"),
  sessionId: session.id,
  session: sessionState,
  via,
  on: {
    view: (view, hasPicture) => controls.show(view, hasPicture, endReason),
    session: (state) => setSession(state),
    blocked: () => controls.showMuted(),
  },
});
controls.attach(player, via);

const room = new Room(session.id, {
  status: showStatus,
  hello: greet,
  fact: takeFact,
  reset: reload,
  tick: (envelope) => {
    if (envelope.t === "room.stats") showStats(envelope.d.viewers, envelope.d.messages);
  },
  ack: (body) => composer.acknowledged(body.request_id),
  refused: (body) => {
    composer.refused(body);
    if (body.code === "not_signed_in" || body.code === "token_expired") signInAgain();
  },
  signedOut: () => account.renew(),
});
const account = new Account((me) => {
  showAccount(me);
  feed.setMe(me?.id ?? "");
  composer.setSignedIn(me !== null);
  room.connect();
});
const dialog = new SignInDialog(account);
const composer = new Composer({ room, askSignIn: () => dialog.open(), overdue: () => room.connect() });

node("sign-in").addEventListener("click", () => dialog.open());
node("sign-out").addEventListener("click", () => account.signOut());
addEventListener("online", () => room.connect());
addEventListener("pageshow", (event) => {
  if (event.persisted) room.connect();
});

showStats(session.viewers, messageCount);
showSession();
showSince();
account.restore().then(() => {
  if (!account.me) room.connect();
});

function showStatus(status) {
  const chat = node("chat");
  chat.dataset.socket = status;
  if (status === "open") node("chat-offline").hidden = true;
  else if (status === "closed") node("chat-offline").hidden = false;
}

function greet(ack) {
  setSession(ack.state);
  showStats(ack.viewers, messageCount);
  if (ack.account_id) {
    hadAccount = true;
    account.learn();
  } else if (account.me && hadAccount) {
    // The cookie ran out while the page slept.
    hadAccount = false;
    signInAgain();
  }
  composer.connected();
}

async function signInAgain() {
  if (await account.renew()) room.connect();
  else if (!account.me) dialog.open();
}

function takeFact(envelope) {
  node("chat").dataset.seq = envelope.seq;
  if (envelope.t === "chat.posted") {
    feed.add(envelope.d);
    messageCount += 1;
    feed.setCount(messageCount);
    if (envelope.d.author_id === account.me?.id) composer.posted(envelope.d.text);
  } else if (envelope.t === "session.changed") {
    endReason = envelope.d.reason ?? "";
    setSession(envelope.d.state);
  }
}

/** More was missed than the room repeats: start from the latest messages. */
async function reload(ack) {
  feed.clear();
  try {
    const after = Math.max(0, ack.last_seq - HISTORY);
    const messages = await call("GET", `/sessions/${session.id}/messages?after_seq=${after}&limit=${HISTORY}`);
    for (const message of messages) feed.add({ ...message, message_id: message.id });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

function setSession(state) {
  if (state === sessionState) return;
  sessionState = state;
  if (state === "live" && node("since").hidden) {
    node("since-time").dateTime = new Date().toISOString();
    showSince();
  }
  showSession();
  player.setSession(state);
}

function showSession() {
  const word = sessionState === "scheduled" || sessionState === "preparing" ? "waiting" : sessionState;
  node("player").dataset.sessionState = sessionState;
  node("state-word").textContent = text(`pill.${word}`);
  node("state-pill").classList.toggle("air", word === "live");
  node("state-pill").classList.toggle("warn", word === "interrupted");
  node("viewers").hidden = !isOnAir(sessionState);
  composer.setClosed(sessionState === "ended");
}

function showStats(viewers, messages) {
  node("viewers").textContent = text("viewers", { n: number(viewers) });
  messageCount = messages;
  feed.setCount(messages);
}

function showSince() {
  const moment = new Date(node("since-time").dateTime);
  if (Number.isNaN(moment.getTime())) return;
  node("since").hidden = false;
  node("since-time").textContent = moment.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
}

function showAccount(me) {
  node("account-name").textContent = me?.nickname ?? "";
  node("account-name").hidden = !me;
  node("sign-out").hidden = !me;
  node("sign-in").hidden = Boolean(me);
}
