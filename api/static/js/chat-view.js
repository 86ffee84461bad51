// The conversation on the screen: lines in their order, unsent messages after them, days between them.

import { element } from "./preview.js";
import { bubble, markFree, markUsed } from "./chat-bubble.js";

const WRITING_FOR = 8000;
const SAME_MOMENT = 120_000;

export class View {
  newest = 0;
  #shown = new Map(); // number of a line → its bubble
  #waiting = new Map(); // id of an unsent message → its bubble
  #list = document.querySelector(".messages-list");
  #scroller = document.querySelector(".messages");
  #below = document.getElementById("chat-below");
  #writing = null;
  #last = null; // {at, side, meta} of the newest line
  #context;
  #times;

  constructor(context, lang) {
    this.#context = context;
    this.#times = times(lang);
    this.#below.onclick = () => this.toEnd();
    this.#scroller.onscroll = () => this.#isAtEnd() && (this.#below.hidden = true);
    this.#scroller.setAttribute("aria-live", "off"); // history is not read out
  }

  clear() {
    this.newest = 0;
    this.#last = null;
    this.#shown.clear();
    this.#list.replaceChildren(...this.#waiting.values());
  }

  // Returns the lines that are new and not our own.
  take(lines) {
    const fresh = lines.filter((line) => line.number > this.newest);
    const wasAtEnd = this.#isAtEnd();
    for (const line of fresh) this.#add(line);
    const answers = fresh.filter((line) => line.side === "theirs");
    if (answers.length) this.writing(false);
    if (wasAtEnd) this.toEnd();
    else if (answers.length) this.#below.hidden = false;
    setTimeout(() => this.#scroller.setAttribute("aria-live", "polite"), 500);
    return answers;
  }

  #add(line) {
    this.newest = line.number;
    if (line.kind === "action") return this.#mark(line.message, line.token);
    const made = this.#waiting.get(line.id) ?? bubble(line, this.#context);
    if (!made) return;
    this.#waiting.delete(line.id);
    made.removeAttribute("data-state");
    const old = line.replaces ? this.#shown.get(Number(line.replaces)) : null;
    if (old) {
      old.replaceWith(made);
      this.#shown.set(Number(line.replaces), made);
    } else this.#append(line, made);
    this.#shown.set(line.number, made);
    this.#date(line, made, Boolean(old));
  }

  #append(line, made) {
    const at = new Date(line.at);
    const day = this.#times.day(at);
    const next = this.#waiting.values().next().value ?? this.#dots();
    if (!made.isConnected || made.nextElementSibling !== next) this.#list.insertBefore(made, next);
    if (this.#last?.day !== day) {
      const mark = document.createElement("div");
      mark.className = "chat-day";
      mark.textContent = day;
      made.before(mark);
    }
    made.classList.toggle("bubble-same", this.#last?.day === day && this.#last.side === line.side);
    this.#last = { ...this.#last, day };
  }

  // The time stands under the last of several bubbles that one side said in one moment.
  #date(line, made, isReplaced) {
    const meta = made.querySelector(".bubble-meta");
    const at = new Date(line.at);
    if (meta) meta.replaceChildren(this.#times.clock(at));
    if (isReplaced) return;
    if (meta && this.#last?.meta && this.#last.side === line.side && at - this.#last.at < SAME_MOMENT) this.#last.meta.hidden = true;
    this.#last = { ...this.#last, at, side: line.side, meta };
  }

  // A message that is not confirmed yet; it stays the same bubble when it is.
  wait(message) {
    if (message.kind === "action") return this.#mark(message.message, message.action);
    let made = this.#waiting.get(message.id);
    if (!made) {
      made = bubble({ ...message, text: message.text ?? message.argument ?? "", side: "mine" }, this.#context);
      if (!made) return;
      this.#waiting.set(message.id, made);
      this.#list.insertBefore(made, this.#dots());
    }
    made.dataset.state = "sending";
    this.#say(message, this.#context.words.sending);
    this.toEnd();
  }

  progress(message, share) {
    this.#say(message, `${this.#context.words.sending} ${Math.round(share * 100)} %`);
  }

  fail(message, actions) {
    const made = this.#waiting.get(message.id);
    if (message.kind === "action") return this.#free(message.message);
    if (!made) return;
    made.dataset.state = "failed";
    this.#say(message, `${this.#context.words.failed}: ${message.error}`);
    const row = element("span", "chat-agains", made.querySelector(".bubble-meta"));
    for (const [word, act] of actions) {
      const button = element("button", "chat-again", row);
      [button.type, button.textContent, button.onclick] = ["button", word, act];
    }
    this.toEnd();
  }

  drop(message) {
    this.#waiting.get(message.id)?.remove();
    this.#waiting.delete(message.id);
  }

  // The server has it; its line may still be on its way.
  taken(message) {
    this.#say(message, this.#context.words.sent);
  }

  // Three dots until the answer is there, and not for ever.
  writing(isWriting) {
    this.#writing?.remove();
    if (!isWriting) return;
    this.#writing = element("div", "bubble bubble-theirs bubble-writing", this.#list);
    const box = element("div", "bubble-box", this.#writing);
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", this.#context.words.writing);
    for (let dot = 0; dot < 3; dot += 1) element("i", "", box);
    if (this.#isAtEnd()) this.toEnd();
    const mine = this.#writing;
    setTimeout(() => mine.remove(), WRITING_FOR);
  }

  #dots() {
    return this.#writing?.isConnected ? this.#writing : null;
  }

  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#below.hidden = true;
  }

  #isAtEnd() {
    return Math.abs(this.#scroller.scrollTop) < 80; // the scroller is reversed: its end is 0
  }

  #mark(number, token) {
    const made = this.#shown.get(Number(number));
    if (made) markUsed(made, token);
  }

  #free(number) {
    const made = this.#shown.get(Number(number));
    if (made) markFree(made);
  }

  #say(message, text) {
    const wasAtEnd = this.#isAtEnd();
    this.#waiting.get(message.id)?.querySelector(".bubble-meta")?.replaceChildren(text);
    if (wasAtEnd) this.toEnd();
  }
}

function times(lang) {
  const clock = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const near = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  const far = new Intl.DateTimeFormat(lang, { month: "long", day: "numeric", weekday: "short" });
  const days = (at) => Math.round((new Date(at).setHours(12, 0, 0, 0) - new Date().setHours(12, 0, 0, 0)) / 86_400_000);
  const large = (text) => text[0].toLocaleUpperCase(lang) + text.slice(1);
  return { clock: (at) => clock.format(at), day: (at) => (days(at) > -2 ? large(near.format(days(at), "day")) : far.format(at)) };
}
