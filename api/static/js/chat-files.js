// Photos and voice notes in bubbles: fetched with the conversation's token when they come near the screen, opened large by a tap.

import { element } from "./preview.js";
import { fileOf } from "./chat-store.js";

const loads = new WeakMap();
const near = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    near.unobserve(entry.target);
    loads.get(entry.target)?.();
  }
}, { rootMargin: "600px" });

// A file of this device shows at once; one of the server needs its token, so it comes by fetch as a blob.
async function addressOf(file, wire) {
  const blob = file.id ? await fileOf(file.id) : null;
  return blob ? URL.createObjectURL(blob) : wire.file(file.key);
}

function whenNear(target, load) {
  loads.set(target, load);
  near.observe(target);
}

export function picture(file, { wire, words, onOpen }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "chat-photo";
  button.setAttribute("aria-label", words.enlarge);
  const image = element("img", "", button);
  image.alt = words.photo;
  if (file.key?.endsWith(".png")) button.classList.add("chat-chart"); // drawn by us: shown whole
  if (file.width > 0) image.style.aspectRatio = `${file.width} / ${file.height}`;
  const load = () => addressOf(file, wire).then((address) => (image.src = address), failed);
  const failed = () => (button.dataset.name = file.name || words.no_photo); // HEIC, or gone
  image.onerror = failed;
  button.onclick = () => (image.src && image.naturalWidth ? onOpen(image.src, button) : load());
  whenNear(button, load);
  return button;
}

export function audio(file, { wire, words }) {
  const player = document.createElement("audio");
  player.className = "chat-audio";
  player.controls = true;
  player.setAttribute("aria-label", words.voice);
  whenNear(player, () => addressOf(file, wire).then((address) => (player.src = address), () => null));
  return player;
}

// One dialog for all photos; the browser keeps the focus inside and gives it back.
export function makeViewer(words) {
  const dialog = element("dialog", "chat-viewer", document.body);
  dialog.setAttribute("aria-label", words.photo);
  const close = element("button", "chat-viewer-close", dialog);
  const image = element("img", "", close);
  close.type = "button";
  close.setAttribute("aria-label", words.close);
  image.alt = words.photo;
  close.onclick = () => dialog.close();
  return (address) => {
    image.src = address;
    dialog.showModal();
  };
}
