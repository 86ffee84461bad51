// Messages leave one after another, each under an id of its own: kept until the server has confirmed it, sent again after
// every failure, and taken by the server once however often it arrives.

import { dropFile, fileOf, store } from "./chat-store.js";
import { Refused, Unreachable } from "./chat-wire.js";
import { newKey } from "./upload.js";

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 15_000;

// Events: "queued", "progress", "failed", "taken", "gone", each with {message}; "stuck" and "moving".
export class Outbox extends EventTarget {
  #wire;
  #prefix;
  #lost;
  #messages = [];
  #running = false;
  #wake = () => {};

  constructor(wire, keeper, lost) {
    super();
    this.#wire = wire;
    this.#prefix = `chat-out:${keeper}:`;
    this.#lost = lost;
  }

  // What an earlier visit could not send.
  resume() {
    const kept = store.keys(this.#prefix).map((key) => JSON.parse(store.read(key)));
    for (const message of kept.sort((one, other) => one.at - other.at)) this.#add({ ...message, error: "" });
  }

  add(message) {
    const whole = { id: newKey(), at: Date.now(), files: [], error: "", ...message };
    this.#save(whole);
    this.#add(whole);
    return whole;
  }

  retry(message) {
    message.error = "";
    this.#tell("queued", message);
    this.#run();
  }

  remove(message) {
    this.#forget(message);
    this.#tell("gone", message);
  }

  hurry() {
    this.#wake();
  }

  #add(message) {
    this.#messages.push(message);
    this.#tell("queued", message);
    this.#run();
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    let pause = FIRST_PAUSE;
    for (let next = this.#next(); next; next = this.#next()) {
      try {
        await this.#send(next);
        pause = FIRST_PAUSE;
        this.dispatchEvent(new Event("moving"));
      } catch (error) {
        if (!(error instanceof Unreachable)) continue;
        this.dispatchEvent(new Event("stuck"));
        await this.#rest(pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      }
    }
    this.#running = false;
  }

  #next() {
    return this.#messages.find((message) => !message.error);
  }

  async #send(message) {
    try {
      for (const file of message.files) await this.#upload(message, file);
      await this.#wire.say(content(message));
    } catch (error) {
      if (error instanceof Unreachable) throw error;
      message.error = (error instanceof Refused && error.message) || this.#lost;
      this.#tell("failed", message);
      throw error;
    }
    this.#forget(message);
    this.#tell("taken", message);
  }

  async #upload(message, file) {
    if (file.reference) return;
    const blob = await fileOf(file.id);
    if (!blob) throw new Refused(0, { detail: this.#lost });
    const tell = (share) => this.#tell("progress", message, { file, share });
    const { reference } = await this.#wire.upload(new File([blob], file.name, { type: file.type }), file.kind, tell);
    file.reference = reference;
    this.#save(message);
  }

  #save(message) {
    store.write(this.#prefix + message.id, JSON.stringify(message));
  }

  #forget(message) {
    this.#messages = this.#messages.filter((one) => one !== message);
    store.remove(this.#prefix + message.id);
    for (const file of message.files) dropFile(file.id);
  }

  #rest(ms) {
    return new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, ms);
    });
  }

  #tell(type, message, more = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail: { message, ...more } }));
  }
}

function content({ id, kind, text, files, action, message, command, argument, location }) {
  return { id, kind, text, action, message, command, argument, location, media: files.map((file) => file.reference) };
}
