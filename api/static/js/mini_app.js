// Inside a Telegram Mini App the start data stands in the fragment of the first page's address. It is posted to our server,
// which alone can tell whether Telegram signed it; nothing of it is believed here, and no script of Telegram's is loaded.
// https://core.telegram.org/bots/webapps#initializing-mini-apps

const data = new URLSearchParams(location.hash.slice(1)).get("tgWebAppData");
const form = document.getElementById("telegram");

if (data && form) {
  history.replaceState(null, "", location.pathname + location.search); // going back must not sign in again
  form.elements.init_data.value = data;
  form.submit();
}
