// Keeps the list of what is live current, without a reload.
import { ApiError, call } from "./api.js";
import { number, text } from "./texts.js";

const LOOK_MS = 8000;
const list = document.getElementById("live-list");
const empty = document.getElementById("live-empty");
const template = document.getElementById("live-card");

setInterval(look, LOOK_MS);
addEventListener("visibilitychange", look);

async function look() {
  if (document.hidden) return;
  try {
    const sessions = await call("GET", "/live");
    list.replaceChildren(...sessions.map(card));
    list.hidden = !sessions.length;
    empty.hidden = Boolean(sessions.length);
  } catch (error) {
    // What is shown stays until the service answers again.
    if (!(error instanceof ApiError)) throw error;
  }
}

function card(session) {
  const node = template.content.firstElementChild.cloneNode(true);
  node.querySelector("a").href = `/s/${encodeURIComponent(session.id)}`;
  const parts = {
    state: text(`pill.${session.state}`),
    title: session.title,
    anchor: session.anchor_name,
    category: text(`category.${session.category}`),
    viewers: text("viewers", { n: number(session.viewers) }),
  };
  for (const [part, words] of Object.entries(parts)) node.querySelector(`[data-part="${part}"]`).textContent = words;
  return node;
}
