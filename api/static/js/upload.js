// Sends a body with progress and retries it while the network fails. A retry carries the same Idempotency-Key, so the
// server takes the content once however often it arrives.

const PAUSES = [1000, 3000, 8000];

export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // plain http has no randomUUID
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function attempt(url, body, { key, accept, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("Idempotency-Key", key);
    request.setRequestHeader("Accept", accept);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onload = () => resolve(request);
    request.onerror = () => reject(new Error("network"));
    request.send(body);
  });
}

const isPassing = (status) => status === 429 || status === 502 || status === 503 || status === 504;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Resolves with the finished XMLHttpRequest, whatever its status; rejects when the network stays away.
export async function upload(url, body, { key = newKey(), accept = "application/json", onProgress = () => {} } = {}) {
  for (let turn = 0; ; turn += 1) {
    const isLast = turn === PAUSES.length;
    try {
      const request = await attempt(url, body, { key, accept, onProgress });
      if (isLast || !isPassing(request.status)) return request;
    } catch (error) {
      if (isLast) throw error;
    }
    onProgress(0);
    await pause(PAUSES[turn]);
  }
}
