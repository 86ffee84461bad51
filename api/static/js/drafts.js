// What a person typed stays on the device until the server has confirmed it: by a page that names the draft in
// <meta name="draft-done">, or by the "confirmed" event of a form that was sent by script. After a week it is dropped.

const PREFIX = "draft:";
const KEPT_FOR = 7 * 24 * 3600 * 1000;
const NEVER = new Set(["file", "password", "hidden", "submit", "button"]);

const isKept = (control) => control.name && !NEVER.has(control.type) && !("noDraft" in control.dataset);
const isBox = (control) => control.type === "radio" || control.type === "checkbox";

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key));
  } catch {
    return null;
  }
}

function write(key, values) {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify({ at: Date.now(), values }));
  } catch {
    // private mode or a full store: the form works, it is only not kept
  }
}

function remove(key) {
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // nothing was kept there
  }
}

function valuesOf(form, touched) {
  const values = {};
  for (const control of form.elements) {
    if (!touched.has(control.name) || !isKept(control)) continue;
    values[control.name] ??= [];
    if (!isBox(control) || control.checked) values[control.name].push(control.value);
  }
  return values;
}

// Only what the person touched was kept, so it is newer than what the page proposes.
function restore(form, values) {
  for (const control of form.elements) {
    const kept = isKept(control) && values[control.name];
    if (!kept) continue;
    if (isBox(control)) control.checked = kept.includes(control.value);
    else control.value = kept[0] ?? "";
  }
}

function enhance(form) {
  const key = form.dataset.draft || `${location.pathname}#${form.id}`;
  const draft = read(key);
  const values = draft && Date.now() - draft.at < KEPT_FOR ? draft.values : {};
  const touched = new Set(Object.keys(values));
  restore(form, values);
  form.addEventListener("input", (event) => {
    touched.add(event.target.name);
    write(key, valuesOf(form, touched));
  });
  form.addEventListener("confirmed", () => remove(key));
}

function dropOld() {
  for (const name of Object.keys(localStorage)) {
    if (!name.startsWith(PREFIX)) continue;
    const draft = read(name.slice(PREFIX.length));
    if (!draft || Date.now() - draft.at > KEPT_FOR) localStorage.removeItem(name);
  }
}

// The address names what was saved; it is forgotten there too, or loading the page again would take the next draft along.
function forgetInAddress() {
  const address = new URL(location.href);
  if (!address.searchParams.has("draft")) return;
  address.searchParams.delete("draft");
  history.replaceState(history.state, "", address);
}

document.querySelectorAll("meta[name=draft-done]").forEach((meta) => remove(meta.content));
forgetInAddress();
document.querySelectorAll("form[data-draft]").forEach(enhance);
try {
  dropOld();
} catch {
  // no store, nothing old
}
