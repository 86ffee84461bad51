// Who signs in here is nobody yet, or about to be somebody else: the chats of people who were signed in on this device
// are let go. One without an account stays, because nothing else leads back to it.

const OF_A_PERSON = /^chat-token:./;

try {
  Object.keys(localStorage).filter((key) => OF_A_PERSON.test(key)).forEach((key) => localStorage.removeItem(key));
} catch {
  // another site's frame or private mode: nothing was kept
}
