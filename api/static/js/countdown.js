// Keeps the words of deadlines true while a page stays open. The patterns come translated from the page; rows that are
// added later are found at the next turn.

const TURN = 20000;
const MINUTE = 60000;

function spell(ms, words) {
  const total = Math.max(1, Math.floor(ms / MINUTE));
  const facts = { days: Math.floor(total / 1440), hours: Math.floor((total % 1440) / 60), minutes: total % 60 };
  const pattern = facts.days ? words.days : facts.hours ? words.hours : words.minutes;
  return pattern.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
}

export function refresh(chip, now = Date.now()) {
  const words = chip.dataset;
  const left = Date.parse(words.until) - now;
  if (Number.isNaN(left)) return;
  const isOver = left < 0;
  const text = (isOver ? words.over : words.left).replace("{time}", spell(Math.abs(left), words));
  const time = chip.querySelector("time");
  if (time.textContent !== text) time.textContent = text;
  chip.classList.toggle("is-over", isOver);
  chip.classList.toggle("is-soon", !isOver && left < Number(words.soon) * MINUTE);
}

const refreshAll = () => document.querySelectorAll("[data-until]").forEach((chip) => refresh(chip));

refreshAll();
setInterval(refreshAll, TURN);
document.addEventListener("visibilitychange", refreshAll);
