// Composition of the viewer page: player, room, chat and account, and what they tell each other.
import { Account } from "./account.js";
import { AccountBar } from "./account_bar.js";
import { Backlog } from "./backlog.js";
import { Composer } from "./composer.js";
import { Controls } from "./controls.js";
import { Feed } from "./feed.js";
import { PersonDialog } from "./moderate_person.js";
import { RoomTools } from "./moderate_room.js";
import { Moderation } from "./moderation.js";
import { plannedTime } from "./plan.js";
import { Player } from "./player.js";
import { ReportDialog } from "./report.js";
import { Questions, attachTabs } from "./questions.js";
import { Room } from "./room.js";
import { Standing } from "./standing.js";
import { SignInDialog } from "./sign_in.js";
import { language, number, text } from "./texts.js";
import { isOnAir, pillWord } from "./view_state.js";

const node = (id) => document.getElementById(id);
const { session, nowMs, via } = JSON.parse(node("start").textContent);

let sessionState = session.state;
let endReason = session.endReason;
let messageCount = session.messages;
let hadAccount = false;
let isSentOut = false;
// What the room last said about the session, and up to which number it only repeats what was before.
const told = { state: sessionState, reason: endReason, plan: null, repeatsTo: 0 };

const controls = new Controls(endReason);
const feed = new Feed({
  reply: (message) => composer.replyTo(message),
  report: (message) => reports.open(message),
  moderate: (message) => person.openMessage(message),
});
const player = new Player({
  video: node("video"),
  still: node("still"),
  sessionId: session.id,
  session: sessionState,
  via,
  on: {
    view: (view, hasPicture) => controls.show(view, hasPicture),
    session: (state) => setSession(state, endReason),
    blocked: () => controls.showMuted(),
    line: (chosen) => controls.showLine(chosen),
  },
});
controls.attach(player, via);

const standing = new Standing(session.id, session.anchorId, {
  blocked: (reason) => {
    composer.setBlocked(reason);
    questions.setBlocked(reason);
  },
  askSignIn: () => dialog.open(),
  nowMs: () => nowMs + performance.now(),
  role: (role) => moderation.setRole(role),
});
const moderation = new Moderation(session.id, {
  role: (isAllowed) => {
    tools.setAllowed(isAllowed);
    questions.setModerator(isAllowed);
    if (!isAllowed) person.close();
  },
});
const person = new PersonDialog(moderation);
const tools = new RoomTools(moderation, { manage: (one) => person.openPerson(one) });
const backlog = new Backlog(session.id, { state: showBacklog, loaded: takeBacklog });
const room = new Room(session.id, {
  status: showStatus,
  hello: greet,
  fact: takeFact,
  reset: reload,
  tick: (envelope) => {
    if (envelope.t === "room.stats") showStats(envelope.d.viewers, envelope.d.messages);
    else if (envelope.t === "session.revoked") sendOut(envelope.d);
    else if (envelope.t === "question.seconded") questions.hear(envelope);
    else {
      standing.hear(envelope);
      tools.hear(envelope);
      if (envelope.t === "mod.acted") person.load();
    }
  },
  ack: (body) => {
    composer.acknowledged(body.request_id);
    if (body.is_held) standing.showHeld();
  },
  refused: (body) => {
    composer.refused(body);
    if (body.code === "not_signed_in" || body.code === "token_expired") signInAgain();
  },
  signedOut: () => account.renew(),
});
const account = new Account((me) => {
  showAccount(me);
  feed.setMe(me?.id ?? "");
  questions.setMe(me?.id ?? "");
  composer.setSignedIn(me !== null);
  room.connect();
});
const dialog = new SignInDialog(account, () => node("draft").focus());
const bar = new AccountBar(account, dialog);
const composer = new Composer({ room, askSignIn: () => dialog.open(), overdue: () => room.connect() });
const reports = new ReportDialog(session.id, {
  isSignedIn: () => account.me !== null,
  askSignIn: () => dialog.open(),
  recent: (authorId) => feed.recent(authorId),
});
const questions = new Questions(session.id, { askSignIn: () => dialog.open() });
attachTabs();

node("report-open").addEventListener("click", () => reports.open(null));
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
  if (status === "open" || isSentOut) node("chat-offline").hidden = true;
  else if (status === "closed") node("chat-offline").hidden = false;
}

function greet(ack) {
  told.state = ack.state;
  told.repeatsTo = ack.last_seq;
  // All messages from the first on are repeated: they are counted anew, not on top of the service's figure.
  if (room.lastSeq === 0) messageCount = 0;
  if (room.lastSeq >= ack.last_seq) settle();
  showViewers(ack.viewers);
  if (isSentOut) {
    isSentOut = false;
    player.setSession(sessionState);
  }
  standing.greet(ack);
  questions.load();
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
    feed.add({ ...envelope.d, seq: envelope.seq });
    messageCount += 1;
    if (envelope.d.author_id === account.me?.id) composer.posted(envelope.d.text);
  } else if (envelope.t === "chat.hidden") {
    feed.hide(envelope.d.ids);
    composer.hidden(envelope.d.ids);
  } else if (envelope.t === "chat.restored") {
    for (const message of envelope.d.messages) feed.add(message);
  } else if (envelope.t === "question.changed") {
    questions.hear(envelope);
  } else if (envelope.t === "room.rules") {
    standing.hear(envelope);
    tools.hear(envelope);
  } else if (envelope.t === "session.changed") {
    told.state = envelope.d.state;
    told.reason = envelope.d.reason ?? "";
  } else if (envelope.t === "session.planned") {
    told.plan = envelope.d;
  }
  // While the room repeats what was missed only the outcome counts, not the way to it.
  if (envelope.seq >= told.repeatsTo) settle();
}

/** Out of the room: no picture, nothing more to read or write. The room lets in again who was readmitted. */
function sendOut(body) {
  isSentOut = true;
  player.setSession("removed");
  feed.clear();
  questions.clear();
  standing.sendOut(body);
  moderation.setRole("viewer");
}

function settle() {
  feed.setCount(messageCount);
  if (told.plan) showPlan(told.plan);
  setSession(told.state, told.reason);
}

/** More was missed than the room repeats: start from the latest messages. */
function reload(ack) {
  feed.clear();
  settle();
  backlog.load(ack.last_seq);
}

function takeBacklog(found, messages) {
  for (const message of messages) feed.add({ ...message, message_id: message.id });
  feed.settle();
  showStats(found.viewers, found.messages);
  // Newer facts may have come meanwhile; an end is final, and its reason only known from here.
  if (found.state === told.state) told.reason = found.end_reason ?? "";
  told.plan = { title: found.title, category: found.category, starts_ms: Date.parse(found.starts_at) };
  settle();
}

function showBacklog(state) {
  node("chat").dataset.backlog = state;
  node("chat-backlog").hidden = state === "loaded";
  node("chat-backlog").textContent = state === "loaded" ? "" : text(`chat.backlog_${state}`);
}

function setSession(state, reason) {
  if (reason !== endReason) {
    endReason = reason;
    controls.setEndReason(reason);
  }
  // An end is final: an answer from before it may still come.
  if (state === sessionState || sessionState === "ended") return;
  sessionState = state;
  if (state === "live" && node("since").hidden) {
    node("since-time").dateTime = new Date().toISOString();
    showSince();
  }
  showSession();
  player.setSession(state);
}

function showSession() {
  const word = pillWord(sessionState, session.plannedTime);
  node("player").dataset.sessionState = sessionState;
  node("state-word").textContent = text(`pill.${word}`);
  node("state-pill").classList.toggle("air", word === "live");
  node("state-pill").classList.toggle("warn", word === "interrupted");
  node("viewers").hidden = !isOnAir(sessionState);
  node("planned").hidden = !session.plannedTime || isOnAir(sessionState) || sessionState === "ended";
  controls.setPlannedTime(word === "scheduled" ? session.plannedTime : "");
  composer.setClosed(sessionState === "ended");
  questions.setClosed(sessionState === "ended");
}

/** What it will be may change until it begins. */
function showPlan(plan) {
  told.plan = null;
  const title = document.querySelector("h1");
  document.title = document.title.replace(title.textContent, () => plan.title);
  title.textContent = plan.title;
  node("category").textContent = text(`category.${plan.category}`);
  // By the service's clock: that of this machine may be wrong.
  session.plannedTime = plannedTime(plan.starts_ms, nowMs + performance.now());
  node("planned").querySelector("dd").textContent = text("player.planned_time", { time: session.plannedTime });
  showSession();
}

function showViewers(viewers) {
  node("viewers").textContent = text("viewers", { n: number(viewers) });
}

function showStats(viewers, messages) {
  showViewers(viewers);
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
  bar.show(me);
  // Nobody reports themselves.
  node("report-open").hidden = me?.id === session.anchorId;
}
