// The board follows what happens, without a reload: it waits for a new mark and then fetches its rows anew. What is
// chosen stays chosen, the open tab stays open; when the connection is lost it says so and catches up afterwards.

const live = document.getElementById("live");
const lost = document.getElementById("lost");
const news = document.getElementById("news");
const CALM = 300; // ms: a burst of events is fetched once
const SLOWEST = 15000;
const MINUTE = 60000; // what is overdue changes with time alone
const PATIENCE = 40000; // longer than the server waits with its answer: a line that is dead says nothing
let mark = live.dataset.mark;
let pause = 1000;
let asking = new AbortController();
let wake = () => {};

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
  const line = open ? live.querySelector(`[data-number="${open}"]`) : null;
  line?.querySelector(".row").setAttribute("aria-current", "true");
  if (!news || !line) return;
  const seen = document.querySelector('.drawer [name="version"]')?.value;
  news.hidden = !seen || seen === line.dataset.version;
}

export function count() {
  const bulk = document.getElementById("bulk");
  if (!bulk) return;
  const chosen = picked().size;
  const shown = bulk.querySelector(".bulk-count");
  if (chosen) shown.textContent = shown.dataset.count.replace("{count}", chosen);
}

async function get(path) {
  const timer = setTimeout(() => asking.abort(), PATIENCE);
  const headers = { accept: "text/html, application/json" };
  const answer = await fetch(path, { headers, signal: asking.signal }).finally(() => clearTimeout(timer));
  if (!answer.ok) throw new Error(String(answer.status));
  return answer;
}

async function refresh() {
  const joint = live.dataset.rows.includes("?") ? "&" : "?";
  show(await (await get(`${live.dataset.rows}${joint}mark=${encodeURIComponent(mark)}`)).text());
}

function sleep(ms) {
  return new Promise((done) => {
    wake = done;
    setTimeout(done, ms);
  });
}

// The browser knows at once that the network is gone: the question that waits will not be answered any more.
function lose() {
  lost.hidden = false;
  asking.abort();
}

async function follow() {
  let shown = Date.now();
  for (;;) {
    try {
      const wait = lost.hidden ? "" : "&wait=0"; // who was away is told at once that the connection is back
      const told = await (await get(`${live.dataset.live}?mark=${encodeURIComponent(mark)}${wait}`)).json();
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
      asking = new AbortController();
      await sleep(pause);
      pause = Math.min(pause * 2, SLOWEST);
    }
    while (document.hidden) await sleep(1000);
  }
}

live.addEventListener("change", count);
window.addEventListener("offline", lose);
window.addEventListener("online", () => wake());
markOpen();
count();
follow();
