// Where one writes and chooses photos. Words and photos are kept as a draft until they are in the outbox, which keeps them on.

import { dropFile, fileOf, keepFile, store } from "./chat-store.js";
import { element } from "./preview.js";
import { newKey } from "./upload.js";

const MOST_FILES = 10;
const NOTICE_FOR = 6000;

export class Composer {
  #form = document.querySelector("[data-composer]");
  #text = this.#form.elements.text;
  #chosen = document.getElementById("chat-chosen");
  #notice = document.getElementById("chat-notice");
  #key;
  #words;
  #outbox;
  #files = [];

  constructor(outbox, words, keeper) {
    [this.#outbox, this.#words, this.#key] = [outbox, words, `chat-draft:${keeper}`];
    this.#form.removeAttribute("data-once");
    this.#text.enterKeyHint = "send";
    this.#text.maxLength = 4000;
    this.#listen();
    this.#restore();
  }

  #listen() {
    const picker = this.#form.elements.photos;
    this.#form.onsubmit = (event) => {
      event.preventDefault();
      this.#send();
    };
    this.#text.oninput = () => this.#keep();
    // The Enter that ends the choosing of a Chinese word sends nothing (229 is what Safari says then).
    this.#text.onkeydown = (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#send();
    };
    picker.onchange = () => {
      this.#choose([...picker.files]);
      picker.value = "";
    };
    this.#text.onpaste = (event) => this.#chooseDropped(event, event.clipboardData);
    document.ondragover = (event) => event.preventDefault();
    document.ondrop = (event) => this.#chooseDropped(event, event.dataTransfer);
  }

  #chooseDropped(event, data) {
    const images = [...data.files].filter((file) => file.type.startsWith("image/"));
    if (event.type === "drop" || images.length) event.preventDefault();
    this.#choose(images);
  }

  #send() {
    const text = this.#text.value.trim();
    if (!text && !this.#files.length) return this.#text.focus();
    this.#outbox.add({ kind: this.#files.length ? "image" : "text", text, files: this.#files });
    this.#files = [];
    this.#chosen.replaceChildren();
    this.#text.value = "";
    this.#keep();
    this.#text.focus();
  }

  async #choose(files) {
    if (this.#files.length + files.length > MOST_FILES) this.tell(this.#words.too_many.replace("{count}", MOST_FILES));
    for (const blob of files.slice(0, MOST_FILES - this.#files.length)) {
      const file = { id: newKey(), name: blob.name || "photo", type: blob.type, kind: "photo" };
      this.#files.push(file);
      this.#show(file, blob);
      await keepFile(file.id, blob);
      this.#keep();
    }
    this.#text.focus();
  }

  #show(file, blob) {
    const item = element("li", "chat-choice", this.#chosen);
    const image = element("img", "", item);
    image.alt = file.name;
    image.src = URL.createObjectURL(blob);
    const remove = element("button", "photo-remove", item);
    remove.type = "button";
    remove.setAttribute("aria-label", `${this.#words.remove} ${file.name}`);
    remove.onclick = () => {
      this.#files = this.#files.filter((one) => one !== file);
      item.remove();
      dropFile(file.id);
      this.#keep();
    };
  }

  #keep() {
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight + 2}px`;
    const draft = { text: this.#text.value, files: this.#files };
    if (draft.text || draft.files.length) store.write(this.#key, JSON.stringify(draft));
    else store.remove(this.#key);
  }

  async #restore() {
    const draft = JSON.parse(store.read(this.#key) ?? "{}");
    this.#text.value ||= draft.text ?? "";
    for (const file of draft.files ?? []) {
      const blob = await fileOf(file.id);
      if (!blob) continue;
      this.#files.push(file);
      this.#show(file, blob);
    }
    this.#keep();
  }

  // One sentence above the field, for a while.
  tell(text, isLasting = false) {
    this.#notice.textContent = text;
    this.#notice.hidden = !text;
    if (text && !isLasting) setTimeout(() => this.#notice.textContent === text && (this.#notice.hidden = true), NOTICE_FOR);
  }
}
