// Who of the team is here: told live by one stream, for the card and the list of people.

import { moment } from "./elements.js";
import { TEAM_PRESENCE } from "./people-documents.js";

/** `{ start(), stop(), of(person) }`; `changed()` follows whenever somebody comes or goes. */
export function teamHere({ connection, changed, onSignedOut }) {
  let here = null; // ids; null before anything was told
  let left = new Map(); // ids of those who went meanwhile, and when that was told
  let stream = null;

  function start() {
    stop();
    stream = connection.open(TEAM_PRESENCE, {}, {
      onItem: ({ teamPresence }) => take(teamPresence.online.map(({ id }) => id)),
      onFailure: (failure) => (failure.isSignedOut ? onSignedOut() : stream?.renew()),
      onEnd: () => stream?.renew(),
    });
  }

  function stop() {
    stream?.close();
    stream = here = null;
    left = new Map();
  }

  function take(ids) {
    const next = new Set(ids);
    for (const id of here ?? []) if (!next.has(id)) left.set(id, new Date().toISOString());
    here = next;
    changed();
  }

  /** Where `{ id, isActive, lastSeenAt }` is, `{ isHere, words }`; null before that is known. */
  function of({ id, isActive, lastSeenAt }) {
    if (isActive === false) return { isHere: false, words: "no longer in the team" };
    if (!here) return null;
    if (here.has(id)) return { isHere: true, words: "here" };
    const seen = left.get(id) ?? lastSeenAt;
    return { isHere: false, words: seen ? `last here ${moment(seen)}` : "not here yet" };
  }

  return { start, stop, of };
}
