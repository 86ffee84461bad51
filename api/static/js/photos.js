// The photo picker: previews, and where the page gives an address, one upload per photo with progress and retry. Previews
// are drawn on a canvas, because the content policy allows no blob: pictures. Without this script the file inputs just work.

import { newKey, upload } from "./upload.js";

const SIDE = 240;

async function preview(file, frame) {
  try {
    const bitmap = await createImageBitmap(file);
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SIDE;
    const side = Math.min(bitmap.width, bitmap.height);
    canvas.getContext("2d").drawImage(
      bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, SIDE, SIDE,
    );
    bitmap.close();
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", file.name);
    frame.prepend(canvas);
  } catch {
    const name = document.createElement("span"); // HEIC cannot be drawn by most browsers; the server can read it
    name.className = "photo-name";
    name.textContent = file.name;
    frame.prepend(name);
  }
}

function element(tag, className, parent) {
  const made = document.createElement(tag);
  made.className = className;
  parent.append(made);
  return made;
}

function show(picker, file, onRemove) {
  const item = element("li", "photo-item", picker.querySelector(".photos-chosen"));
  const frame = element("div", "photo-frame", item);
  preview(file, frame);
  const remove = element("button", "photo-remove", frame);
  remove.type = "button";
  remove.setAttribute("aria-label", `${picker.dataset.remove} ${file.name}`);
  remove.onclick = () => {
    item.remove();
    onRemove();
  };
  return item;
}

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
  const answer = request && JSON.parse(request.responseText || "{}");
  if (!request || request.status >= 400) return offerRetry(picker, item, file, key, answer?.detail);
  setState(item, "sent", words.sent);
  keepId(picker, item, answer.id ?? "");
  picker.dispatchEvent(new CustomEvent("photo-sent", { bubbles: true, detail: answer }));
}

function offerRetry(picker, item, file, key, reason) {
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

document.querySelectorAll("[data-photos]").forEach(enhance);
