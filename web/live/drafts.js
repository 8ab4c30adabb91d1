// What is half typed, kept by lead until it is sent: another card may be opened, or the page loaded
// again. In this tab only, and gone when somebody signs out.

const PREFIX = "leadlight:draft:";

/** `{ keep(name, input), read(name), write(name, text), forget(name) }` of a person and a lead. */
export function draftsOf(staffId, leadId) {
  const key = (name) => `${PREFIX}${staffId}:${leadId}:${name}`;
  const read = (name) => sessionStorage.getItem(key(name)) ?? "";
  const forget = (name) => sessionStorage.removeItem(key(name));

  function write(name, text) {
    if (!text.trim()) return forget(name);
    try {
      sessionStorage.setItem(key(name), text);
    } catch {
      // The browser has no room: the text is on the screen all the same.
    }
  }

  /** An input whose text is kept, and brought back now. */
  function keep(name, input) {
    input.value = read(name);
    input.addEventListener("input", () => write(name, input.value));
  }

  return { keep, read, write, forget };
}

/** Another person may sign in here next. */
export function forgetDrafts() {
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith(PREFIX)) sessionStorage.removeItem(name);
  }
}
