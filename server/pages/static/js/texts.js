// Texts of this page, handed over by the server in its language.
const node = document.getElementById("texts");
const texts = JSON.parse(node.textContent);

export const language = document.documentElement.lang;

/** The text of an id with its placeholders filled; the id itself when there is none, so that a gap is seen. */
export function text(id, values = {}) {
  const template = texts[id];
  if (template === undefined) return id;
  return template.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? "–"));
}

/** The sentence for a refusal of the service. */
export function refusal(code) {
  return `error.${code}` in texts ? texts[`error.${code}`] : texts["error.other"];
}

export function number(value) {
  return value.toLocaleString(language);
}
