// Gongdan's chat in any page: <script src="https://…/chat/widget.js" async></script>. Attributes of the tag, all optional:
// data-lang="zh-CN|en", data-code="…" (a report begins at that code).
(() => {
  const tag = document.currentScript;
  const origin = new URL(tag.src).origin;
  const texts = {{ words|tojson }};
  const wished = [tag.dataset.lang, document.documentElement.lang, ...navigator.languages].filter(Boolean);
  const lang = wished.map((wish) => Object.keys(texts).find((one) => one.slice(0, 2) === wish.slice(0, 2))).find(Boolean) ?? "en";
  const words = texts[lang];
  const style = `
    :host { all: initial; }
    * { box-sizing: border-box; }
    .open, .panel { position: fixed; z-index: 2147483000; font: 600 16px/1.3 system-ui, "PingFang SC", "Noto Sans SC", "Microsoft YaHei", sans-serif; }
    button { border: 0; font: inherit; color: inherit; cursor: pointer; }
    button:focus-visible { outline: 3px solid #5fc3cb; outline-offset: 3px; }
    .open { right: max(16px, env(safe-area-inset-right)); bottom: max(16px, env(safe-area-inset-bottom)); display: flex; align-items: center;
      gap: 8px; min-height: 56px; padding: 0 22px; border-radius: 28px; background: #0a6770; color: #fff; box-shadow: 0 4px 20px rgb(10 20 20 / 30%); }
    .open:hover { background: #074c53; }
    .news { min-width: 24px; padding: 2px 7px; border-radius: 12px; background: #fff; color: #0a6770; font-size: 14px; text-align: center; }
    .panel { right: 16px; bottom: 16px; display: flex; flex-direction: column; width: 400px; height: min(680px, calc(100vh - 32px)); max-width: calc(100vw - 32px);
      overflow: hidden; border-radius: 16px; background: #0a6770; color: #fff; box-shadow: 0 12px 48px rgb(10 20 20 / 35%); }
    .head { display: flex; align-items: center; justify-content: space-between; padding-left: 20px; }
    .close { width: 56px; height: 52px; background: none; font-size: 26px; line-height: 1; }
    iframe { flex: 1; width: 100%; border: 0; background: #f3f5f5; }
    [hidden] { display: none !important; }
    @media (max-width: 480px) { .panel { inset: 0; width: auto; height: auto; max-width: none; border-radius: 0; } }
    @media (prefers-color-scheme: dark) { iframe { background: #0e1414; } }
    @media print { .open, .panel { display: none; } }`;

  const make = (name, className, parent, attributes = {}) => {
    const made = document.createElement(name);
    made.className = className;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    parent.append(made);
    return made;
  };

  const start = () => {
    const host = make("gongdan-chat", "", document.body, { lang });
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];

    const open = make("button", "open", root, { type: "button", "aria-expanded": "false", "aria-haspopup": "dialog" });
    const word = make("span", "", open);
    word.textContent = words.open;
    const news = make("span", "news", open, { role: "status", hidden: "" });
    const panel = make("section", "panel", root, { role: "dialog", "aria-label": words.title, hidden: "" });
    const head = make("div", "head", panel);
    make("span", "", head).textContent = words.title;
    const close = make("button", "close", head, { type: "button", "aria-label": words.close });
    close.textContent = "×";
    let frame = null;
    let unread = 0;

    const count = (total) => {
      unread = total;
      news.hidden = !total;
      news.textContent = total;
      if (total) open.setAttribute("aria-label", `${words.open}, ${words.unread.replace("{count}", total)}`);
      else open.removeAttribute("aria-label");
    };
    const load = () => {
      const address = new URL("/chat", origin);
      address.searchParams.set("embed", "1");
      address.searchParams.set("lang", lang.replace("-", "_"));
      if (tag.dataset.code) address.searchParams.set("code", tag.dataset.code);
      frame = make("iframe", "", panel, { title: words.title, src: address.href, allow: "microphone; geolocation; camera" });
    };
    const show = (isOpen) => {
      if (isOpen && !frame) load();
      panel.hidden = !isOpen;
      open.hidden = isOpen;
      open.setAttribute("aria-expanded", String(isOpen));
      if (isOpen) count(0);
      (isOpen ? frame : open).focus();
    };

    open.onclick = () => show(true);
    close.onclick = () => show(false);
    panel.onkeydown = (event) => event.key === "Escape" && show(false);
    addEventListener("message", (event) => {
      if (event.origin !== origin || event.source !== frame?.contentWindow) return;
      if (event.data?.gongdan === "close") show(false);
      if (event.data?.gongdan === "news" && panel.hidden) count(unread + event.data.count);
    });
  };

  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
