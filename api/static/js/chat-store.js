// What must outlive the page: the token, the draft and unsent messages in localStorage, photos and voice in IndexedDB.
// Where storage is blocked (another site's frame, private mode) all of it lives in memory, and the chat works on.

const memory = new Map();
const files = new Map();
let opening = null;

function attempt(work, otherwise) {
  try {
    return work();
  } catch {
    return otherwise();
  }
}

export const store = {
  read: (key) => memory.get(key) ?? attempt(() => localStorage.getItem(key), () => null),
  write(key, value) {
    attempt(() => localStorage.setItem(key, value), () => memory.set(key, value));
  },
  remove(key) {
    memory.delete(key);
    attempt(() => localStorage.removeItem(key), () => null);
  },
  keys(prefix) {
    const kept = attempt(() => Object.keys(localStorage), () => []);
    return [...new Set([...kept, ...memory.keys()])].filter((key) => key.startsWith(prefix)).sort();
  },
};

function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("gongdan-chat", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("files");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function inDatabase(mode, work) {
  const shelf = (await database()).transaction("files", mode).objectStore("files");
  return new Promise((resolve, reject) => {
    const request = work(shelf);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export async function keepFile(id, blob) {
  files.set(id, blob);
  await inDatabase("readwrite", (shelf) => shelf.put(blob, id)).catch(() => null);
}

export async function fileOf(id) {
  return files.get(id) ?? (await inDatabase("readonly", (shelf) => shelf.get(id)).catch(() => null)) ?? null;
}

export async function dropFile(id) {
  files.delete(id);
  await inDatabase("readwrite", (shelf) => shelf.delete(id)).catch(() => null);
}
