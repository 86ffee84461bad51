// The signature pad. Strokes are kept as vectors, normalised to the pad: x and y from 0 to 1, t in ms since the first
// point, p the pressure; with the pad's aspect they can be drawn at any size, on screen or on paper.

const round = (value) => Math.round(value * 10000) / 10000;

function pointOf(event, box, startedAt) {
  return {
    x: round((event.clientX - box.left) / box.width),
    y: round((event.clientY - box.top) / box.height),
    t: Math.round(event.timeStamp - startedAt),
    p: round(event.pressure || 0.5),
  };
}

function drawStroke(context, stroke, width, height) {
  context.beginPath();
  const [first, ...rest] = stroke;
  context.moveTo(first.x * width, first.y * height);
  let last = first;
  for (const point of rest) {
    context.quadraticCurveTo(last.x * width, last.y * height, ((last.x + point.x) / 2) * width, ((last.y + point.y) / 2) * height);
    last = point;
  }
  context.lineTo(last.x * width + (rest.length ? 0 : 0.5), last.y * height);
  context.stroke();
}

function draw(canvas, strokes) {
  const { width, height } = canvas.getBoundingClientRect();
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.lineWidth = 2.4;
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = getComputedStyle(canvas).color;
  for (const stroke of strokes) drawStroke(context, stroke, width, height);
}

function stored(input) {
  try {
    return JSON.parse(input.value).strokes;
  } catch {
    return [];
  }
}

function enhance(pad) {
  const canvas = pad.querySelector("canvas");
  const input = pad.querySelector("input[type=hidden]");
  let strokes = stored(input);
  let stroke = null;
  let startedAt = null;

  const store = () => {
    const { width, height } = canvas.getBoundingClientRect();
    input.value = strokes.length ? JSON.stringify({ aspect: round(width / height), strokes }) : "";
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const extend = (event) => {
    const box = canvas.getBoundingClientRect();
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) stroke.push(pointOf(one, box, startedAt));
    draw(canvas, strokes);
  };
  const end = () => {
    if (stroke) store();
    stroke = null;
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || stroke) return; // a palm beside the pen starts no second stroke
    startedAt ??= event.timeStamp;
    stroke = [];
    strokes.push(stroke);
    canvas.setPointerCapture(event.pointerId);
    extend(event);
  });
  canvas.addEventListener("pointermove", (event) => stroke && extend(event));
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  pad.querySelector("[data-clear]").addEventListener("click", () => {
    strokes = [];
    startedAt = null;
    draw(canvas, strokes);
    store();
  });
  new ResizeObserver(() => draw(canvas, strokes)).observe(canvas);
  pad.dataset.ready = "";
}

document.querySelectorAll("[data-signature]").forEach(enhance);
