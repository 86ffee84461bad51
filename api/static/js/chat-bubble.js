// One line of the conversation as a bubble. Text only ever becomes text nodes.

import { element } from "./preview.js";
import { audio, picture } from "./chat-files.js";

const LINK = /https?:\/\/[^\s<>"'，。；：！？、）》」]+[^\s<>"'，。；：！？、）》」.,;:!?)]/g;
// A number to call begins with +, 0, 400 or 800; a date or the number of a ticket is none. (No lookbehind: old Safari.)
const PHONE = /(^|[^\w-])(\+\d{1,3}[ -]?\d[\d -]{5,12}\d|0\d{2,3}[ -]?\d[\d -]{5,8}\d|[48]00[ -]?\d{3}[ -]?\d{4})(?![\w-])/g;

const icons = document.getElementById("chat-icons").content;
const icon = (name) => icons.querySelector(`[data-icon=${name}] svg`).cloneNode(true);

function linksIn(text) {
  const links = [...text.matchAll(LINK)].map((match) => ({ at: match.index, words: match[0], href: match[0] }));
  for (const [start, before, words] of matches(text, PHONE)) {
    const at = start + before.length;
    const isFree = !links.some((link) => at >= link.at && at < link.at + link.words.length);
    if (isFree) links.push({ at, words, href: `tel:${words.replace(/[^+\d]/g, "")}` });
  }
  return links.sort((one, other) => one.at - other.at);
}

const matches = (text, pattern) => [...text.matchAll(pattern)].map((match) => [match.index, match[1], match[2]]);

function appendText(box, text) {
  let end = 0;
  for (const { at, words, href } of linksIn(text)) {
    box.append(text.slice(end, at));
    const link = element("a", "", box);
    [link.href, link.textContent] = [href, words.replace(/^https?:\/\//, "")];
    if (href.startsWith("http")) [link.target, link.rel] = ["_blank", "noopener"];
    end = at + words.length;
  }
  box.append(text.slice(end));
}

function textBox(line, words) {
  const box = document.createElement("div");
  box.className = "bubble-box";
  if (line.location) {
    box.append(icon("place"), words.place);
    box.classList.add("bubble-place");
    return box;
  }
  appendText(box, line.text);
  return box;
}

function attached(line) {
  const files = line.files ?? [];
  return line.photo ? [{ key: line.photo, mime: "image/jpeg" }, ...files] : files;
}

function replies(line, onTap) {
  const form = document.createElement("div");
  form.className = "chat-replies";
  const rows = new Map();
  for (const button of line.buttons) {
    if (!rows.has(button.row)) rows.set(button.row, element("div", "replies", form));
    const made = element(button.url ? "a" : "button", "reply", rows.get(button.row));
    made.textContent = button.label;
    if (button.url) [made.href, made.target, made.rel] = [button.url, "_blank", "noopener"];
    else [made.type, made.dataset.token, made.onclick] = ["button", button.token, () => onTap(line, button.token)];
  }
  return form;
}

// `context`: {words, wire, onTap, onOpen}. Lines that show nothing of their own (a tap, a greeting) give null.
export function bubble(line, context) {
  const { words } = context;
  if (line.kind === "action" || (line.kind === "command" && !line.text)) return null;
  const made = document.createElement("div");
  made.className = `bubble bubble-${line.side}${line.is_urgent ? " bubble-emergency" : ""}`;
  if (line.kind === "command" || line.kind === "scan") return scanned(made, line.text, words);
  element("span", "unseen", made).textContent = line.side === "mine" ? words.me : words.us;
  const files = attached(line);
  if (files.length) {
    const group = element("div", `chat-files${files.length > 1 ? " chat-files-many" : ""}`, made);
    for (const file of files) group.append(isSound(file) ? audio(file, context) : picture(file, context));
  }
  if (line.text || line.location) made.append(textBox(line, words));
  if (line.buttons?.length) made.append(replies(line, context.onTap));
  element("span", "bubble-meta", made);
  return made;
}

const isSound = (file) => file.kind === "voice" || file.mime?.startsWith("audio/");

function scanned(made, text, words) {
  made.className = "bubble bubble-system chat-scanned";
  made.append(icon("scan"), words.scanned.replace("{code}", text));
  return made;
}

// A row of buttons is used once; what was pressed stays marked.
export function markUsed(made, token) {
  const pressed = made.querySelector(`[data-token="${CSS.escape(token)}"]`);
  if (!pressed) return;
  for (const button of made.querySelectorAll("button.reply")) button.disabled = true;
  pressed.setAttribute("aria-pressed", "true");
  made.querySelector(".chat-replies").dataset.used = "";
}

export function markFree(made) {
  delete made.querySelector(".chat-replies")?.dataset.used;
  for (const button of made.querySelectorAll("button.reply")) {
    button.disabled = false;
    button.removeAttribute("aria-pressed");
  }
}
