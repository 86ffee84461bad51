// One chosen photo as a tile. It is drawn on a canvas, because the content policy allows no blob: pictures.

const SIDE = 240;

async function preview(file, frame) {
  try {
    const bitmap = await createImageBitmap(file);
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SIDE;
    const side = Math.min(bitmap.width, bitmap.height);
    canvas.getContext("2d").drawImage(
      bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, SIDE, SIDE,
    );
    bitmap.close();
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", file.name);
    frame.prepend(canvas);
  } catch {
    const name = document.createElement("span"); // HEIC cannot be drawn by most browsers; the server can read it
    name.className = "photo-name";
    name.textContent = file.name;
    frame.prepend(name);
  }
}

export function element(tag, className, parent) {
  const made = document.createElement(tag);
  made.className = className;
  parent.append(made);
  return made;
}

export function show(picker, file, onRemove) {
  const item = element("li", "photo-item", picker.querySelector(".photos-chosen"));
  const frame = element("div", "photo-frame", item);
  preview(file, frame);
  const remove = element("button", "photo-remove", frame);
  remove.type = "button";
  remove.setAttribute("aria-label", `${picker.dataset.remove} ${file.name}`);
  remove.onclick = () => {
    item.remove();
    onRemove();
  };
  return item;
}
