// A search that answers while one types: <input data-find="/address?…" data-into="id">. The typed words go along as the
// input's own name, and with data-name on the target the choice that is made there, so that it stays chosen.

const PAUSE = 180;

function watch(input) {
  const target = document.getElementById(input.dataset.into);
  let timer = 0;
  let asked = 0;

  async function look() {
    const address = new URL(input.dataset.find, location.href);
    address.searchParams.set(input.name, input.value);
    const chosen = target.dataset.name && document.querySelector(`[name="${target.dataset.name}"]:checked`);
    if (chosen) address.searchParams.set(target.dataset.name, chosen.value);
    const turn = ++asked;
    try {
      const answer = await fetch(address, { headers: { accept: "text/html" } });
      if (answer.ok && turn === asked) target.innerHTML = await answer.text();
    } catch {
      // The connection is gone; the next key asks again, and the form itself still works.
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
}

for (const input of document.querySelectorAll("[data-find]")) watch(input);
