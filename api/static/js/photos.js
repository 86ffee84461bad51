// The photo picker: previews, and where the page gives an address, one upload per photo with progress and
// retry; a form submitted meanwhile waits for them. Without this script the file inputs just work.

import { element, show } from "./preview.js";
import { newKey, upload } from "./upload.js";

const SENDING = '.photo-item[data-state="sending"]';

let waiting = null; // a form that was submitted while photos were still on their way

function setState(item, state, text) {
  item.dataset.state = state;
  const line = item.querySelector(".photo-state") ?? element("span", "photo-state", item);
  line.textContent = text;
}

function keepId(picker, item, id) {
  const input = element("input", "", item);
  input.type = "hidden";
  input.name = `${picker.dataset.name}_id`;
  input.value = id;
}

async function sendPhoto(picker, item, file, key) {
  const words = picker.dataset;
  const bar = item.querySelector("progress") ?? element("progress", "", item);
  const onProgress = (share) => {
    bar.value = share;
    setState(item, "sending", words.sending.replace("{percent}", Math.round(share * 100)));
  };
  onProgress(0);
  const body = new FormData();
  body.append("file", file, file.name);
  body.append("kind", words.kind ?? "other");
  const request = await upload(words.upload, body, { key, onProgress }).catch(() => null);
  bar.remove();
  const answer = answerOf(request);
  if (!request || request.status >= 400) return offerRetry(picker, item, file, key, answer.detail);
  setState(item, "sent", words.sent);
  keepId(picker, item, answer.id ?? "");
  submitWaiting();
  picker.dispatchEvent(new CustomEvent("photo-sent", { bubbles: true, detail: answer }));
}

function answerOf(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {}; // no answer, or a page of a proxy
  }
}

function offerRetry(picker, item, file, key, reason) {
  waiting = null;
  setState(item, "failed", reason || picker.dataset.failed);
  const retry = element("button", "photo-retry", item);
  retry.type = "button";
  retry.textContent = picker.dataset.retry;
  retry.onclick = () => {
    retry.remove();
    sendPhoto(picker, item, file, key);
  };
}

// Every choice in either input is collected in the gallery input, so that a plain post of the form carries all of them.
function collect(picker, chosen) {
  const transfer = new DataTransfer();
  for (const file of chosen) transfer.items.add(file);
  picker.querySelector("input[type=file][multiple]").files = transfer.files;
}

function enhance(picker) {
  const chosen = new Set();
  const isSentAtOnce = "upload" in picker.dataset;
  const add = (file) => {
    chosen.add(file);
    const item = show(picker, file, () => {
      chosen.delete(file);
      if (!isSentAtOnce) collect(picker, chosen);
    });
    if (isSentAtOnce) sendPhoto(picker, item, file, newKey());
  };
  picker.addEventListener("change", (event) => {
    if (event.target.type !== "file") return;
    const files = [...event.target.files];
    event.target.value = "";
    files.forEach(add);
    if (!isSentAtOnce) collect(picker, chosen);
  });
  picker.dataset.ready = "";
}

function submitWaiting() {
  if (!waiting || document.querySelector(SENDING)) return;
  const { form, button } = waiting;
  waiting = null;
  form.requestSubmit(button);
}

function holdBack(event) {
  const item = document.querySelector(SENDING);
  if (!item) return;
  event.preventDefault();
  event.stopPropagation();
  waiting = { form: event.target, button: event.submitter };
  item.scrollIntoView({ block: "center" });
}

document.querySelectorAll("[data-photos]").forEach(enhance);
document.addEventListener("submit", holdBack, true);
window.addEventListener("beforeunload", (event) => document.querySelector(SENDING) && event.preventDefault());
