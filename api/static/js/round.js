// A stop of a round: what fails opens its photos, and the device's position goes along where the person lets it.

document.addEventListener("change", ({ target }) => {
  if (target.type !== "radio" || target.value !== "fail") return;
  const photos = target.closest(".check")?.querySelector("details");
  if (photos) photos.open = true;
});

function locate(box, { checked }) {
  const [told, status] = [box.querySelector("[name=position]"), box.querySelector("[role=status]")];
  told.value = "";
  status.textContent = checked ? box.dataset.waiting : "";
  if (!checked) return;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      told.value = [coords.latitude, coords.longitude, coords.accuracy].join(",");
      status.textContent = box.dataset.found;
    },
    () => {
      status.textContent = box.dataset.refused;
    },
    { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
  );
}

const box = document.querySelector("[data-locate]");
if (box && isSecureContext && navigator.geolocation) {
  box.hidden = false;
  const choice = box.querySelector("[name=locate]");
  choice.addEventListener("change", () => locate(box, choice));
}
