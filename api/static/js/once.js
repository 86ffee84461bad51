// A form is sent once: the pressed button turns busy and a second press does nothing. A form with data-progress is sent by
// script, so that a slow upload shows how far it is and a lost connection is retried under the same key.

import { newKey, upload } from "./upload.js";

function setBusy(form, button, isBusy) {
  form.dataset.busy = isBusy ? "yes" : "";
  if (!button) return;
  button.setAttribute("aria-busy", String(isBusy));
  button.dataset.word ??= button.lastChild?.textContent ?? "";
  if (button.lastChild) button.lastChild.textContent = isBusy ? button.dataset.busy || button.dataset.word : button.dataset.word;
}

function statusLine(form) {
  const shown = form.querySelector("[data-status]");
  if (shown) return shown;
  const line = document.createElement("div");
  line.className = "progress";
  line.dataset.status = "";
  line.setAttribute("role", "status");
  line.append(document.createElement("span"), document.createElement("progress"));
  form.append(line);
  return line;
}

function tell(form, text, share) {
  const line = statusLine(form);
  line.firstChild.textContent = text;
  line.lastChild.hidden = share === null;
  if (share !== null) line.lastChild.value = share;
}

// What has to be mended is carried over from the answer into this page, so that chosen photos and typed words stay.
function showErrors(form, answer) {
  const summary = answer.querySelector(".error-summary");
  if (!summary) return tell(form, form.dataset.failed ?? "", null);
  document.querySelector(".error-summary")?.remove();
  for (const old of form.querySelectorAll(".error")) old.remove();
  for (const old of form.querySelectorAll(".has-error")) old.classList.remove("has-error");
  for (const error of answer.querySelectorAll(".has-error > .error[id]")) {
    const control = document.getElementById(error.id.replace(/-error$/, ""));
    const box = control?.closest("fieldset, .field");
    box?.classList.add("has-error");
    box?.querySelector("label, legend").after(document.adoptNode(error));
  }
  document.getElementById("main").prepend(document.adoptNode(summary));
  summary.focus();
  form.querySelector("[data-status]")?.remove();
}

function finish(request, form, button) {
  if (request.status < 400) {
    form.dispatchEvent(new Event("confirmed"));
    return location.assign(request.responseURL);
  }
  const answer = new DOMParser().parseFromString(request.responseText, "text/html");
  renewKey(form, answer); // a mended form is another body, and another body needs another key
  setBusy(form, button, false);
  showErrors(form, answer);
}

function renewKey(form, answer) {
  const made = form.id && answer.querySelector(`form[id="${form.id}"] [name=idempotency_key]`)?.value;
  form.dataset.key = made || newKey();
  if (form.elements.idempotency_key) form.elements.idempotency_key.value = form.dataset.key;
}

async function sendByScript(form, button) {
  const body = new FormData(form);
  if (button?.name) body.append(button.name, button.value);
  const key = body.get("idempotency_key") || (form.dataset.key ??= newKey());
  const onProgress = (share) => tell(form, form.dataset.progress.replace("{percent}", Math.round(share * 100)), share);
  const action = button?.getAttribute("formaction") || form.getAttribute("action") || location.href;
  try {
    finish(await upload(action, body, { key, accept: "text/html", onProgress }), form, button);
  } catch {
    tell(form, form.dataset.failed ?? "", null);
    setBusy(form, button, false);
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!("once" in form.dataset) || event.defaultPrevented) return;
  if (form.dataset.busy === "yes") return event.preventDefault();
  setBusy(form, event.submitter, true);
  if (!("progress" in form.dataset)) return;
  event.preventDefault();
  sendByScript(form, event.submitter);
});

// Back in the history shows the page as it was left: make it usable again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-once]")) {
    setBusy(form, form.querySelector("[aria-busy=true]"), false);
  }
});
