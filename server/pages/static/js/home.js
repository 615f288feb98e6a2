// Keeps the list of what is live current, without a reload and without touching what has not changed.
import { ApiError, call } from "./api.js";
import { number, text } from "./texts.js";

const LOOK_MS = 8000;
const node = (id) => document.getElementById(id);
const list = node("live-list");
let isLooking = false;

setInterval(look, LOOK_MS);
addEventListener("visibilitychange", look);
addEventListener("online", look);

async function look() {
  if (document.hidden || isLooking) return;
  isLooking = true;
  try {
    show(await call("GET", "/live"));
    node("live-offline").hidden = true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // What is shown stays until the service answers again.
    node("live-offline").hidden = false;
  } finally {
    isLooking = false;
  }
}

/** Cards keep their place in the page: a card with the focus keeps it, a click that began on it arrives. */
function show(sessions) {
  const known = new Map([...list.children].map((card) => [card.dataset.id, card]));
  const wanted = new Set(sessions.map((session) => session.id));
  for (const [id, card] of known) if (!wanted.has(id)) card.remove();
  sessions.forEach((session, index) => {
    const card = known.get(session.id) ?? newCard(session.id);
    fill(card, session);
    if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
  });
  list.hidden = !sessions.length;
  node("live-empty").hidden = Boolean(sessions.length);
}

function newCard(id) {
  const card = node("live-card").content.firstElementChild.cloneNode(true);
  card.dataset.id = id;
  card.querySelector("a").href = `/s/${encodeURIComponent(id)}`;
  return card;
}

function fill(card, session) {
  const parts = {
    state: text(`pill.${session.state}`),
    title: session.title,
    anchor: session.anchor_name,
    category: text(`category.${session.category}`),
    viewers: text("viewers", { n: number(session.viewers) }),
  };
  for (const [part, words] of Object.entries(parts)) {
    const place = card.querySelector(`[data-part="${part}"]`);
    if (place.textContent !== words) place.textContent = words;
  }
  const pill = card.querySelector(".pill");
  pill.classList.toggle("air", session.state === "live");
  pill.classList.toggle("warn", session.state !== "live");
}
