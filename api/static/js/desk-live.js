// The board follows what happens, without a reload: it waits for a new mark and then fetches its rows anew. What is
// chosen stays chosen, the open tab stays open; when the connection is lost it says so and catches up afterwards.

const live = document.getElementById("live");
const lost = document.getElementById("lost");
const news = document.getElementById("news");
const CALM = 300; // ms: a burst of events is fetched once
const SLOWEST = 15000;
const MINUTE = 60000; // what is overdue changes with time alone
let mark = live.dataset.mark;
let pause = 1000;

function picked() {
  return new Set([...live.querySelectorAll('[name="pick"]:checked')].map((box) => box.value));
}

function show(html) {
  const kept = picked();
  const tab = live.querySelector(".board-tab:checked")?.id;
  const focus = document.activeElement?.closest?.("[data-number]")?.dataset.number;
  live.innerHTML = html;
  for (const box of live.querySelectorAll('[name="pick"]')) box.checked = kept.has(box.value);
  if (tab) document.getElementById(tab).checked = true;
  if (focus) live.querySelector(`[data-number="${focus}"] .row`)?.focus();
  markOpen();
  count();
}

function markOpen() {
  const open = live.dataset.open;
  const line = open && live.querySelector(`[data-number="${open}"]`);
  line?.querySelector(".row").setAttribute("aria-current", "true");
  if (!news || !line) return;
  const seen = document.querySelector('.drawer [name="version"]')?.value;
  news.hidden = !seen || seen === line.dataset.version;
}

export function count() {
  const bulk = document.getElementById("bulk");
  if (!bulk) return;
  const chosen = picked().size;
  bulk.classList.toggle("is-open", chosen > 0);
  const shown = bulk.querySelector(".bulk-count");
  if (chosen) shown.textContent = shown.dataset.count.replace("{count}", chosen);
}

async function get(path) {
  const answer = await fetch(path, { headers: { accept: "text/html, application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer;
}

async function refresh() {
  const joint = live.dataset.rows.includes("?") ? "&" : "?";
  show(await (await get(`${live.dataset.rows}${joint}mark=${encodeURIComponent(mark)}`)).text());
}

function sleep(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

async function follow() {
  let shown = Date.now();
  for (;;) {
    try {
      const told = await (await get(`${live.dataset.live}?mark=${encodeURIComponent(mark)}`)).json();
      if (told.mark !== mark || !lost.hidden || Date.now() - shown > MINUTE) {
        await sleep(CALM);
        mark = told.mark;
        await refresh();
        shown = Date.now();
      }
      lost.hidden = true;
      pause = 1000;
    } catch {
      lost.hidden = false;
      await sleep(pause);
      pause = Math.min(pause * 2, SLOWEST);
    }
    while (document.hidden) await sleep(1000);
  }
}

live.addEventListener("change", count);
markOpen();
count();
follow();
