// Asks for what is new twice a second, and draws only what has changed, so that nothing jumps under a finger.

import { drawn, made } from "./drawing.js";

const EVERY = 500;
const NEAR = 60;
const at = (id) => document.getElementById(id);
const phones = new Map();
let shown = { version: "", locale: "" };
let words = {};

async function post(asked) {
  const answer = await fetch("/do", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked),
  });
  if (answer.ok) await look();
}

function filled(text, facts) {
  return text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
}

function phone(one) {
  const title = made("h2", { id: `of-${one.seat}` });
  const who = made("p");
  const talk = made("ol");
  const log = made("div", { className: "log", tabIndex: 0 }, talk);
  log.setAttribute("role", "log");
  log.setAttribute("aria-labelledby", title.id);
  const input = made("input", { type: "text", autocomplete: "off", required: true });
  const send = made("button", { type: "submit" });
  const form = made("form", {}, input, send);
  form.onsubmit = (event) => {
    event.preventDefault();
    const text = input.value.trim();
    input.value = "";
    if (text) post({ do: "say", phone: one.seat, text });
  };
  const photo = made("button", { type: "button", onclick: () => post({ do: "photo", phone: one.seat }) });
  const scan = made("button", { type: "button", onclick: () => post({ do: "scan", phone: one.seat }) });
  const summary = made("summary");
  const list = made("ul");
  const menu = made("details", {}, summary, list);
  const tools = made("div", { className: "tools" }, photo, scan, menu);
  const root = made("section", { className: "phone", data: { platform: one.name } },
    made("header", {}, title, who), log, made("div", { className: "write" }, form, tools));
  root.setAttribute("aria-labelledby", title.id);
  at("phones").append(root);
  return { root, title, who, log, talk, input, send, photo, scan, menu, summary, list, lines: [], items: "", locale: "" };
}

function name(kept, one) {
  const { page, platforms, seats } = words;
  kept.title.textContent = platforms[one.name];
  kept.who.textContent = `${seats[one.seat]} · ${one.who}`;
  kept.input.placeholder = page.write;
  kept.input.setAttribute("aria-label", `${page.write} (${platforms[one.name]})`);
  kept.send.textContent = page.send;
  kept.photo.textContent = page.photo;
  kept.scan.textContent = page.scan;
  kept.summary.textContent = page.menu;
  kept.lines = [];
  kept.talk.replaceChildren();
}

function choices(kept, one) {
  const items = JSON.stringify(one.menu);
  if (items === kept.items) return;
  kept.items = items;
  kept.menu.hidden = !one.menu.length;
  kept.list.replaceChildren(...one.menu.map((label, key) => made("li", {}, made("button", {
    type: "button", textContent: label,
    onclick: () => { kept.menu.open = false; post({ do: "menu", phone: one.seat, key }); },
  }))));
}

function lines(kept, one) {
  one.lines.forEach((line, place) => {
    const said = JSON.stringify(line);
    if (kept.lines[place] === said) return;
    kept.lines[place] = said;
    const node = drawn(line, words.page, (key) => post({ do: "tap", phone: one.seat, line: place, key }));
    if (kept.talk.children[place]) kept.talk.children[place].replaceWith(node);
    else kept.talk.append(node);
  });
}

const isAtEnd = ({ log }) => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;

function ticket(told) {
  const { page, steps } = words;
  at("number").textContent = told ? `${told.number} · ${told.word}` : page.none_yet;
  at("thing").textContent = told ? `${told.thing}${told.stars ? ` · ${"★".repeat(told.stars)}` : ""}` : "";
  at("desk").hidden = !told;
  if (told) at("desk").href = told.desk;
  at("steps").replaceChildren(...Object.entries(steps).map(([step, text]) => made("li", {
    textContent: text, className: told?.taken.includes(step) ? "is-taken" : "",
  })));
}

function progress(play, all) {
  const isOn = play.step > 0;
  at("play").disabled = isOn;
  at("bar").max = play.of;
  at("bar").value = play.step;
  const acting = all.find((one) => one.seat === play.seat);
  const act = isOn ? `${acting.who} ${words.acts[play.act]}` : "";
  at("told").textContent = isOn ? `${filled(words.page.step, play)} · ${act}` : words.page.start;
  const waits = play.stuck && { who: all.find((one) => one.seat === play.stuck.seat).who, act: words.acts[play.stuck.act] };
  at("trouble").textContent = waits ? filled(words.page.stuck, waits) : "";
  at("trouble").hidden = !play.stuck;
  for (const [seat, kept] of phones) {
    const isActing = isOn && seat === play.seat;
    if (isActing && !kept.root.classList.contains("is-acting")) {
      kept.root.scrollIntoView({ inline: "start", block: "nearest" });
    }
    kept.root.classList.toggle("is-acting", isActing);
  }
}

function draw(told) {
  const isOther = told.locale !== shown.locale;
  const following = [...phones.values()].filter(isAtEnd);
  shown = told;
  words = told.words;
  if (isOther) {
    document.documentElement.lang = told.locale.replace("_", "-");
    document.title = `${words.page.title} – Gongdan`;
    for (const node of document.querySelectorAll("[data-word]")) node.textContent = words.page[node.dataset.word];
    at("phones").setAttribute("aria-label", words.page.phones);
  }
  for (const one of told.phones) {
    if (!phones.has(one.seat)) {
      phones.set(one.seat, phone(one));
      following.push(phones.get(one.seat));
    }
    const kept = phones.get(one.seat);
    if (isOther) name(kept, one);
    choices(kept, one);
    lines(kept, one);
  }
  ticket(told.ticket);
  progress(told.play, told.phones);
  for (const { log } of following) log.scrollTop = log.scrollHeight;
}

async function look() {
  try {
    const answer = await fetch(`/state?known=${shown.version}`);
    if (answer.status === 200) draw(await answer.json());
    if (answer.ok) at("trouble").hidden = !shown.play?.stuck;
  } catch {
    at("trouble").textContent = words.page?.lost ?? "…";
    at("trouble").hidden = false;
  }
}

async function follow() {
  await look();
  setTimeout(follow, EVERY);
}

at("play").onclick = () => post({ do: "play" });
at("speak").onclick = () => post({ do: "speak", locale: shown.locale === "en" ? "zh_CN" : "en" });
follow();
