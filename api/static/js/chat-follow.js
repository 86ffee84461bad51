// Follows the conversation by long polling: whoever delivered a line, it is seen; after a lost connection everything
// that was missed comes in one answer.

import { Unreachable } from "./chat-wire.js";

const WAIT = 20;
const FIRST_PAUSE = 800;
const LONGEST_PAUSE = 15_000;

// `onLines` takes the lines of each answer, `onState` whether there is a connection.
export async function follow(wire, newest, onLines, onState) {
  let wake = () => {};
  let isHurried = false;
  const hurry = () => {
    isHurried = true;
    wire.hurry();
    wake();
  };
  addEventListener("online", hurry);
  addEventListener("offline", () => onState(false));
  document.addEventListener("visibilitychange", () => document.hidden || hurry());
  let [pause, wait] = [FIRST_PAUSE, 0];
  for (;;) {
    try {
      isHurried = false;
      const { lines } = await wire.lines(newest(), wait);
      onState(true);
      onLines(lines);
      [pause, wait] = [FIRST_PAUSE, WAIT];
    } catch (error) {
      if (!(error instanceof Unreachable)) console.error(error);
      wait = 0; // the first answer after a gap comes at once
      if (isHurried) continue;
      if (pause > FIRST_PAUSE || !navigator.onLine) onState(false);
      await new Promise((resolve) => {
        wake = resolve;
        setTimeout(resolve, pause * (0.8 + Math.random() * 0.4));
      });
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }
}
