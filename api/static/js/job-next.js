// The next thing to do follows what was just added: once every photo has arrived, the page is asked what is next now.

const SENDING = '.photo-item[data-state="sending"]';

async function renew() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [shown, next] = [document, page].map((one) => one.querySelector(".actions"));
  if (shown && next) shown.replaceWith(document.adoptNode(next));
}

document.addEventListener("photo-sent", () => {
  if (document.querySelector(SENDING)) return;
  renew().catch(() => {}); // the connection is gone: the page says the next thing when it is loaded again
});
