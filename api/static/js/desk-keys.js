// The desk by keyboard: j and k walk through the rows, o opens, x chooses, a assigns, m merges, n writes a note, / searches,
// Esc closes the drawer, ? tells all this. Nothing happens while somebody types.

const rows = () => [...document.querySelectorAll("#live .row")].filter((row) => row.offsetParent);

function walk(step) {
  const found = rows();
  const here = found.indexOf(document.activeElement);
  const start = here < 0 ? found.findIndex((row) => row.ariaCurrent) : here;
  found[Math.max(0, Math.min(found.length - 1, start + step))]?.focus();
}

function focusIn(id) {
  const form = document.getElementById(id);
  const more = form?.closest("details");
  if (more) more.open = true;
  (form?.matches("a, button") ? form : form?.querySelector("select, textarea, input:not([type=hidden])"))?.focus();
}

function pick() {
  const box = document.activeElement?.closest?.("[data-number]")?.querySelector('[name="pick"]');
  box?.click();
}

function search() {
  const box = document.querySelector(".board-filter");
  if (box) box.open = true;
  document.querySelector('.board-filter [name="q"]')?.focus();
}

const KEYS = {
  j: () => walk(1),
  k: () => walk(-1),
  o: () => document.activeElement?.closest?.(".row")?.click(),
  x: pick,
  a: () => focusIn("do-assign"),
  m: () => focusIn("do-merge"),
  n: () => focusIn("do-words"),
  "/": search,
  "?": () => document.getElementById("keys").showModal(),
  Escape: () => document.querySelector(".drawer [data-close]")?.click(),
};

document.addEventListener("keydown", (event) => {
  const types = event.target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, dialog[open]");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (types && event.key !== "Escape") return;
  if (types) return event.target.closest("dialog") ? undefined : event.target.blur();
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

// A prepared answer goes into the field, where it can still be changed.
for (const button of document.querySelectorAll("[data-fill]")) {
  button.addEventListener("click", () => {
    const field = button.form.elements[button.dataset.fill];
    field.value = [field.value.trim(), button.dataset.text].filter(Boolean).join("\n");
    field.focus();
  });
}
