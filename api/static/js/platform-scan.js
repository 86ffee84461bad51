// In the browser of WeChat or WeCom the app's own camera reads codes, once this page has proved whose it is. Where that does
// not work, the button never appears, and a photo or the letters do.
// https://developers.weixin.qq.com/doc/service/guide/h5/jssdk.html

const form = document.getElementById("scan");
const button = document.getElementById("platform-scan");

async function begin(wx) {
  const page = location.href.split("#")[0];
  const answer = await fetch(`/scan/proof?url=${encodeURIComponent(page)}`);
  if (!answer.ok) return;
  wx.config({ ...(await answer.json()), beta: true, debug: false, jsApiList: ["scanQRCode"] });
  wx.ready(() => { button.hidden = false; });
  wx.error(() => { button.hidden = true; });
}

function scanned(told) {
  form.elements.scanned.value = told.resultStr;
  form.requestSubmit();
}

if (form && button && window.wx) {
  button.addEventListener("click", () => {
    window.wx.scanQRCode({ desc: button.textContent.trim(), needResult: 1, scanType: ["qrCode"], success: scanned });
  });
  begin(window.wx).catch(() => { button.hidden = true; });
}
