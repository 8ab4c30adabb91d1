// Follows a lead's card until you stop it, and prints what happens on it, each change once.
//
//   TOKEN=... node follow-card.mjs lead_...
//
// LEADLIGHT_URL names the server; http://127.0.0.1:8000 by default.

import { createClient } from "graphql-ws";
import WebSocket from "ws";

const { TOKEN, LEADLIGHT_URL = "http://127.0.0.1:8000" } = process.env;
const id = process.argv[2];
if (!TOKEN || !id) stop("Usage: TOKEN=... node follow-card.mjs lead_...", 2);

const CARD = `subscription FollowCard($id: ID!, $after: Cursor) {
  leadCard(id: $id, after: $after) {
    __typename
    ... on LeadCardSnapshot { cursor lead { displayName state { name } presence { state } } }
    ... on LeadCardReset { resetReason }
    ... on LeadChange { cursor at entry { summary actor { name } } }
    ... on PresenceChanged { presence { state } }
    ... on ViewersChanged { viewerCount }
    ... on LeadMerged { into { id } }
    ... on AccessEnded { endReason }
  }
}`;

// graphql-ws writes this object into the subscription at every connection: its `after` is all that
// resuming takes.
const variables = { id, after: null };
const recent = []; // cursors of the last 256 changes that were applied
let ending = null;
let silence;

const client = createClient({
  url: `${LEADLIGHT_URL.replace(/^http/, "ws")}/graphql`,
  webSocketImpl: WebSocket, // a browser has its own: leave this line out there
  connectionParams: { token: TOKEN },
  retryAttempts: Infinity, // codes that no retry can mend end it all the same, see `lost`
  shouldRetry: () => true, // by default a refused connection, which closes nothing, would be final
  retryWait: (attempt) => pause(Math.min(5000, 250 * 2 ** attempt) * (0.5 + Math.random() / 2)),
  connectionAckWaitTimeout: 10_000,
  keepAlive: 10_000,
  on: {
    // a connection that died without a word is only noticed by asking
    ping: (isTheirs) => isTheirs || (silence = setTimeout(() => client.terminate(), 5_000)),
    pong: () => clearTimeout(silence),
    closed: () => clearTimeout(silence),
  },
});

function follow() {
  client.subscribe({ query: CARD, variables }, {
    next: ({ data, errors }) => (data ? apply(data.leadCard) : refused(errors)),
    error: (why) => (Array.isArray(why) ? refused(why) : lost(why)),
    complete: () => (ending ? stop(ending) : pause(1000).then(follow)),
  });
}

function apply(item) {
  switch (item.__typename) {
    case "LeadCardSnapshot": {
      remember(item.cursor);
      const { displayName, state, presence } = item.lead;
      return console.log(`${displayName}: ${state.name}, ${presence.state}`);
    }
    case "LeadCardReset": // a snapshot follows; what was shown before it is void
      variables.after = null;
      recent.length = 0;
      return console.log(`Starting over: ${item.resetReason}`);
    case "PresenceChanged": // stands beside the log: always apply it
      return console.log(`Presence: ${item.presence.state}`);
    case "ViewersChanged":
      return console.log(`Viewers: ${item.viewerCount}`);
    case "LeadMerged":
      return (ending = `Merged into ${item.into?.id ?? "a lead that is not yours"}`);
    case "AccessEnded":
      return (ending = `Access ended: ${item.endReason}`);
    default: // every other item is a change of the log
      if (!item.entry || recent.includes(item.cursor)) return;
      remember(item.cursor);
      console.log(`${item.at} ${item.entry.actor.name}: ${item.entry.summary}`);
  }
}

function remember(cursor) {
  variables.after = cursor;
  recent.push(cursor);
  if (recent.length > 256) recent.shift();
}

function lost({ code, reason, message }) {
  stop(code ? `Closed: ${code} ${reason}` : message);
}

function refused(errors) {
  stop(errors.map(({ message, extensions }) => `${extensions?.code}: ${message}`).join("\n"));
}

function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

function stop(why, status = 1) {
  console.error(why);
  process.exit(status);
}

follow();
