// A voice note and the place where one stands: offered only where the browser can give them.

import { keepFile } from "./chat-store.js";
import { newKey } from "./upload.js";

const LONGEST = 60;
const FORMATS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

export function offerVoice(outbox, words, tell) {
  const button = document.querySelector("[data-voice]");
  if (!isSecureContext || !navigator.mediaDevices || !window.MediaRecorder) return;
  button.hidden = false;
  button.onclick = async () => {
    try {
      record(await navigator.mediaDevices.getUserMedia({ audio: true }), outbox);
    } catch {
      tell(words.no_microphone);
    }
  };
}

function record(stream, outbox) {
  const recorder = new MediaRecorder(stream, { mimeType: FORMATS.find((format) => MediaRecorder.isTypeSupported(format)) });
  const bar = document.getElementById("chat-recorder");
  const parts = [];
  let isWanted = false;
  const stop = (wanted) => {
    isWanted = wanted;
    if (recorder.state !== "inactive") recorder.stop();
  };
  const clock = count(() => stop(true));
  recorder.ondataavailable = (event) => parts.push(event.data);
  recorder.onstop = () => {
    clearInterval(clock);
    for (const track of stream.getTracks()) track.stop();
    show(bar, false);
    if (isWanted) send(new Blob(parts, { type: recorder.mimeType }), outbox);
  };
  bar.querySelector("[data-cancel]").onclick = () => stop(false);
  bar.querySelector("[data-finish]").onclick = () => stop(true);
  show(bar, true);
  recorder.start();
}

function count(onEnd) {
  const shown = document.getElementById("chat-recorded");
  let seconds = 0;
  shown.textContent = "0:00";
  return setInterval(() => {
    seconds += 1;
    shown.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds >= LONGEST) onEnd();
  }, 1000);
}

function show(bar, isRecording) {
  bar.hidden = !isRecording;
  document.querySelector("[data-composer]").hidden = isRecording;
  (isRecording ? bar.querySelector("[data-finish]") : document.querySelector("[data-voice]")).focus();
}

async function send(blob, outbox) {
  const file = { id: newKey(), name: "voice", type: blob.type, kind: "voice" };
  await keepFile(file.id, blob);
  outbox.add({ kind: "voice", text: "", files: [file] });
}

export function offerPlace(outbox, words, tell) {
  const button = document.querySelector("[data-location]");
  if (!isSecureContext || !navigator.geolocation) return;
  button.hidden = false;
  button.onclick = () => {
    tell(words.finding, true);
    navigator.geolocation.getCurrentPosition(
      ({ coords: { latitude, longitude } }) => {
        tell("");
        outbox.add({ kind: "location", text: "", location: { latitude, longitude } });
      },
      () => tell(words.no_place),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    );
  };
}
