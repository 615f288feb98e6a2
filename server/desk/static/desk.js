// A form is sent once, however often its button is pressed; what was typed in a draft is not left by mistake.
let isDirty = false;
const guarded = document.querySelector("form[data-guard]");
for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // Another form of the page leaves what was typed behind: that is asked first.
    if (form === guarded) isDirty = false;
  });
}
guarded?.addEventListener("input", () => {
  isDirty = true;
});
addEventListener("beforeunload", (event) => {
  if (!isDirty) return;
  event.preventDefault();
  // Who stays may send again.
  for (const form of document.forms) delete form.dataset.sent;
});
const chosen = document.querySelector("input[type=file]");
chosen?.addEventListener("change", () => {
  const name = document.querySelector("#file-name");
  if (name && chosen.files.length) name.value = chosen.files[0].name;
});
// A page taken from the browser's memory may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
