// The web chat: ties the conversation on the screen to the lines that come and the messages that leave.

import { makeViewer } from "./chat-files.js";
import { Composer } from "./chat-composer.js";
import { follow } from "./chat-follow.js";
import { Outbox } from "./chat-outbox.js";
import { View } from "./chat-view.js";
import { offerPlace, offerVoice } from "./chat-voice.js";
import { Wire } from "./chat-wire.js";

const foot = document.getElementById("chat-foot");
const { lang, code, keeper } = foot.dataset;
const isEmbedded = "embed" in foot.dataset;
const words = JSON.parse(document.getElementById("chat-words").textContent);
const title = document.title;

const wire = new Wire(lang, keeper);
const outbox = new Outbox(wire, keeper, words.lost);
const onTap = (line, token) => outbox.add({ kind: "action", text: "", action: token, message: String(line.number) });
const view = new View({ words, wire, onTap, onOpen: makeViewer(words) }, lang);
const composer = new Composer(outbox, words, keeper);
let isGreeted = false;
let unread = 0;

outbox.addEventListener("queued", ({ detail: { message } }) => view.wait(message));
outbox.addEventListener("progress", ({ detail: { message, share } }) => view.progress(message, share));
outbox.addEventListener("gone", ({ detail: { message } }) => view.drop(message));
outbox.addEventListener("stuck", () => setConnected(false));
outbox.addEventListener("moving", () => setConnected(true));
outbox.addEventListener("taken", ({ detail: { message } }) => {
  view.taken(message);
  view.writing(true);
});
outbox.addEventListener("failed", ({ detail: { message } }) => {
  view.fail(message, [
    [words.retry, () => outbox.retry(message)],
    [words.remove, () => outbox.remove(message)],
  ]);
  if (message.kind === "action") {
    composer.tell(message.error);
    outbox.remove(message);
  }
});

function setConnected(isConnected) {
  const shown = document.getElementById("chat-offline");
  shown.hidden = isConnected;
  shown.textContent = isConnected ? "" : words.offline;
  if (isConnected) outbox.hurry();
}

// A code in the address begins a report there, once: a reload does not begin it again.
function greet(isNew) {
  if (isGreeted) return;
  isGreeted = true;
  if (code) history.replaceState(null, "", withoutCode());
  if (code || isNew) outbox.add({ kind: "command", command: "start", argument: code, text: "" });
}

function withoutCode() {
  const address = new URL(location.href);
  address.searchParams.delete("code");
  return address;
}

function onLines(lines) {
  const isFirst = view.newest === 0;
  const answers = view.take(lines);
  greet(isFirst && !lines.length);
  if (!isFirst) count(answers.length);
}

// What was not seen yet is counted in the title, and on the button of the page that holds this one.
function count(more) {
  unread = document.hidden ? unread + more : 0;
  document.title = unread ? `(${unread}) ${title}` : title;
  if (isEmbedded && more) parent.postMessage({ gongdan: "news", count: more }, "*");
}

wire.addEventListener("renewed", () => {
  view.clear();
  isGreeted = false;
});
document.addEventListener("visibilitychange", () => count(0));
document.addEventListener("keydown", (event) => {
  const isFree = isEmbedded && event.key === "Escape" && !document.querySelector("dialog[open]");
  if (isFree) parent.postMessage({ gongdan: "close" }, "*");
});
// iOS lays its keyboard over the page; the visible part is what the page may use.
visualViewport?.addEventListener("resize", () => {
  document.body.style.height = `${visualViewport.height}px`;
  scrollTo(0, 0);
});

offerVoice(outbox, words, (text) => composer.tell(text));
offerPlace(outbox, words, (text, isLasting) => composer.tell(text, isLasting));
foot.inert = false;
await wire.speak().catch(() => null);
outbox.resume();
follow(wire, () => view.newest, onLines, setConnected);
