// Inside a Telegram Mini App the colours of the person's theme become --tg-theme-* (tokens.css maps them). Telegram passes
// them in the address of the first page only, so they are kept for the session. A pair that cannot be read is left out.
// https://core.telegram.org/bots/webapps#themeparams

const KEY = "telegram-theme";
const READABLE = 4.5;
const PAIRS = [
  ["text_color", ["section_bg_color", "bg_color", "secondary_bg_color"]],
  ["button_text_color", ["button_color"]],
  ["link_color", ["section_bg_color", "bg_color", "secondary_bg_color"]],
];

function luminance(colour) {
  const [r, g, b] = [1, 3, 5]
    .map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function readable(theme) {
  const kept = { ...theme };
  for (const [front, backs] of PAIRS) {
    const isClear = kept[front] && backs.every((back) => !kept[back] || contrast(kept[front], kept[back]) >= READABLE);
    if (isClear) continue;
    delete kept[front];
    if (front === "text_color") return {}; // without its text colour a theme is no theme
    if (front === "button_text_color") delete kept.button_color;
  }
  return kept;
}

function launchTheme() {
  const passed = new URLSearchParams(location.hash.slice(1)).get("tgWebAppThemeParams");
  try {
    if (passed) sessionStorage.setItem(KEY, passed);
    const theme = JSON.parse(passed ?? sessionStorage.getItem(KEY) ?? "null");
    return theme && Object.fromEntries(Object.entries(theme).filter(([, value]) => /^#[0-9a-f]{6}$/i.test(value)));
  } catch {
    return null;
  }
}

function apply(theme) {
  const isDark = luminance(theme.bg_color) < 0.2;
  document.getElementById("dark").media = isDark ? "screen" : "not all";
  for (const [name, colour] of Object.entries(readable(theme))) {
    document.documentElement.style.setProperty(`--tg-theme-${name.replaceAll("_", "-")}`, colour);
  }
}

const theme = launchTheme();
if (theme?.bg_color) apply(theme);
