// The chat's HTTP. A token proves the conversation; one that the server no longer knows is replaced by a new conversation.

import { store } from "./chat-store.js";

export class Unreachable extends Error {}

export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? "");
    this.status = status;
  }
}

const PATIENCE = 15_000;
const isPassing = (status) => status === 0 || status === 408 || status === 429 || status >= 500;

export class Wire extends EventTarget {
  #key;
  #lang;
  #used = "";
  #beginning = null;
  #polling = null;

  constructor(lang, keeper) {
    super();
    this.#lang = lang;
    this.#key = `chat-token:${keeper}`;
  }

  lines(after, wait) {
    this.#polling = new AbortController();
    return this.#ask(`lines?after=${after}&wait=${wait}`, {}, wait * 1000 + PATIENCE, this.#polling).then((got) => this.#renewed(got));
  }

  // The server gives a new token in place of one that is half used up.
  async #renewed(got) {
    const answer = await got.json();
    if (answer.token) store.write(this.#key, answer.token);
    return answer;
  }

  // The network came back or the phone woke up: what still waits on a dead connection is asked anew.
  hurry() {
    this.#polling?.abort();
  }

  say(message) {
    return this.#ask("messages", json("POST", message));
  }

  // The page was switched to another language since the last visit: the answers follow.
  async speak() {
    const key = this.#key.replace("token", "lang");
    const [before, now] = [store.read(key), this.#lang];
    if (before && before !== now) await this.#ask("language", json("PUT", { locale: now.replace("-", "_") }));
    store.write(key, now);
  }

  async file(key) {
    return URL.createObjectURL(await (await this.#ask(`photos/${key}`, {}, 60_000)).blob());
  }

  // XMLHttpRequest, because fetch does not tell how far an upload is.
  async upload(file, kind, onProgress) {
    const token = await this.#token();
    const body = new FormData();
    body.append("kind", kind);
    body.append("file", file, file.name || "voice");
    const request = await new Promise((resolve, reject) => {
      const made = new XMLHttpRequest();
      made.open("POST", "/chat/files");
      for (const [name, value] of Object.entries(this.#headers(token))) made.setRequestHeader(name, value);
      made.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
      made.onload = () => resolve(made);
      made.onerror = () => reject(new Unreachable());
      made.send(body);
    });
    if (request.status === 401) return this.#renew(token).then(() => this.upload(file, kind, onProgress));
    const answer = parsed(request.responseText);
    if (request.status < 300 && answer) return answer;
    throw isPassing(request.status) ? new Unreachable() : new Refused(request.status, answer);
  }

  async #ask(path, options = {}, patience = PATIENCE, stop = new AbortController()) {
    const token = await this.#token();
    const answer = await this.#fetch(path, options, token, patience, stop);
    if (answer.status === 401) return this.#renew(token).then(() => this.#ask(path, options, patience));
    if (answer.ok) return answer;
    throw isPassing(answer.status) ? new Unreachable() : new Refused(answer.status, parsed(await answer.text()));
  }

  async #fetch(path, options, token, patience, stop = new AbortController()) {
    const timer = setTimeout(() => stop.abort(), patience);
    try {
      const headers = { ...options.headers, ...this.#headers(token) };
      return await fetch(`/chat/${path}`, { ...options, headers, signal: stop.signal, cache: "default" });
    } catch {
      throw new Unreachable();
    } finally {
      clearTimeout(timer);
    }
  }

  #headers(token) {
    return { "Accept-Language": this.#lang, ...(token && { Authorization: `Bearer ${token}` }) };
  }

  // Another tab may have begun anew, too: then this one follows.
  async #token() {
    const token = store.read(this.#key) ?? (await this.#begin());
    if (this.#used && chatOf(this.#used) !== chatOf(token)) this.dispatchEvent(new Event("renewed"));
    this.#used = token;
    return token;
  }

  #begin() {
    this.#beginning ??= this.#fetch("sessions", { method: "POST" }, "", PATIENCE)
      .then(async (answer) => {
        if (!answer.ok) throw new Unreachable();
        const { token } = await answer.json();
        store.write(this.#key, token);
        return token;
      })
      .finally(() => (this.#beginning = null));
    return this.#beginning;
  }

  async #renew(token) {
    if (store.read(this.#key) === token) store.remove(this.#key);
    await this.#token();
  }
}

// A new token may be for the same conversation.
function chatOf(token) {
  return token.split(".")[0];
}

function json(method, content) {
  return { method, body: JSON.stringify(content), headers: { "Content-Type": "application/json" } };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
