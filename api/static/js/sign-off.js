// What the sign-off still lacks follows the pen: a signature that has been given, drawn or typed, is no longer missing.

const form = document.getElementById("sign");

function isGiven(name) {
  return [name, `${name}_typed`].some((field) => form.querySelector(`[name="${field}"]`)?.value.trim());
}

function isExpected(name) {
  return name !== "resident" || form.elements.presence?.value !== "absent";
}

function mark(need) {
  const text = need.querySelector("a, span");
  need.dataset.missing ??= text.textContent;
  const isMet = isGiven(need.dataset.by) && isExpected(need.dataset.by);
  need.classList.toggle("is-met", isMet);
  text.textContent = isMet ? need.dataset.met : need.dataset.missing;
}

function look() {
  document.querySelectorAll(".need[data-by]").forEach(mark);
}

if (form) {
  form.addEventListener("input", look);
  form.addEventListener("change", look);
  look();
}
