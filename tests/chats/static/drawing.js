// What stands in a phone, made of elements: text is only ever text.

export function made(tag, options = {}, ...children) {
  const { data = {}, ...rest } = options;
  const node = Object.assign(document.createElement(tag), rest);
  Object.assign(node.dataset, data);
  node.append(...children);
  return node;
}

function link(text, href, words) {
  const node = made("a", { href, target: "_blank", textContent: text });
  node.title = words.opens;
  return node;
}

const piece = (words) => ([text, href]) => (href ? link(text, href, words) : text);

function key(one, place, words, press) {
  const label = one.label || words.details;
  if (one.href) return link(label, one.href, words);
  return made("button", { type: "button", textContent: label, onclick: () => press(place) });
}

function rows(line, words, press) {
  const kept = new Map();
  line.keys.forEach((one, place) => {
    if (!kept.has(one.row)) kept.set(one.row, made("div", { className: "row" }));
    kept.get(one.row).append(key(one, place, words, press));
  });
  const used = line.used ? [made("p", { className: "used", textContent: line.used })] : [];
  return kept.size || used.length ? [made("div", { className: "keys" }, ...kept.values(), ...used)] : [];
}

function fields(line, words) {
  if (line.look !== "template") return [];
  const values = line.fields.map(([, value]) => made("dd", { textContent: value }));
  return [made("p", { className: "kind", textContent: words.template }), made("dl", { className: "fields" }, ...values)];
}

function notes(line, words) {
  const said = [line.look === "reply" ? words.reply : "", line.edits ? words.edited : ""].filter(Boolean);
  return said.map((text) => made("p", { className: "note", textContent: text }));
}

export function drawn(line, words, press) {
  const picture = line.photo ? [made("img", { src: line.photo, alt: words.picture, width: 400, height: 300 })] : [];
  const text = made("div", { className: "words" }, ...line.pieces.map(piece(words)));
  const isCard = ["card", "template"].includes(line.look);
  const inside = isCard ? rows(line, words, press) : [];
  const bubble = made("div", { className: "bubble" }, ...fields(line, words), ...picture, text, ...inside);
  const below = isCard ? [] : rows(line, words, press);
  const classes = ["line", line.mine && "is-mine", isCard && "is-card"].filter(Boolean).join(" ");
  return made("li", { className: classes }, bubble, ...below, ...notes(line, words));
}
