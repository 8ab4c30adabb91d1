// A GraphQL client that is not ours follows a card: subscribes, changes it, is cut, resumes.
// node client.mjs URL TOKEN LEAD
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [url, token, id] = process.argv.slice(2);
const endpoint = `${url}/graphql`;
const patience = AbortSignal.timeout(30_000);
patience.addEventListener("abort", () => fail("took longer than 30 s"));

function fail(reason) {
  console.log(`error: ${reason}`);
  process.exit(1);
}

async function changePriority(priority) {
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({
      query: `mutation ($in: ChangePriorityInput!) { changePriority(input: $in) {
        ... on ChangePrioritySuccess { changes { cursor } } ... on Error { message } } }`,
      variables: { in: { leadId: id, priority } },
    }),
  });
  const { data } = await answer.json();
  return data.changePriority.changes[0].cursor;
}

function connect(parameters) {
  let socket;
  const closed = [];
  const client = createClient({
    url: endpoint.replace("http", "ws"),
    webSocketImpl: WebSocket,
    connectionParams: parameters,
    retryAttempts: 5,
    retryWait: () => new Promise((resume) => setTimeout(resume, 50)),
    on: { connected: (made) => (socket = made), closed: (event) => closed.push(event.code) },
  });
  return { client, closed, cut: () => socket.terminate() };
}

const CARD = `subscription ($id: ID!, $after: Cursor) { leadCard(id: $id, after: $after) {
  __typename
  ... on LeadCardSnapshot { cursor } ... on LeadChange { cursor } ... on LeadCardReset { cursor }
} }`;

async function until(items, cursor) {
  const seen = [];
  for (;;) {
    const { done, value } = await items.next();
    if (done) fail("the stream ended");
    if (value.errors) fail(JSON.stringify(value.errors));
    seen.push(value.data.leadCard.__typename);
    if (value.data.leadCard.cursor === cursor) return seen;
  }
}

const follow = (client, after) =>
  client.iterate({ query: CARD, variables: { id, after } })[Symbol.asyncIterator]();

const { client, cut, closed } = connect({ token });
const card = follow(client);
const first = await card.next();
if (first.value.data.leadCard.__typename !== "LeadCardSnapshot") fail("no snapshot");
await until(card, await changePriority("URGENT"));
console.log("ok: a change arrives");

cut();
const missed = await changePriority("LOW");
await until(card, missed);
console.log(`ok: a client that was cut (${closed[0]}) comes back by itself`);

const resumed = follow(client, first.value.data.leadCard.cursor);
const seen = await until(resumed, missed);
if (seen.includes("LeadCardSnapshot") || seen.includes("LeadCardReset")) fail("no resume");
console.log("ok: a cursor gives what was missed");
await card.return();
await resumed.return();
await client.dispose();

for (const parameters of [{ token: "staff_wrong" }, { role: "ADMIN" }]) {
  const forged = connect(parameters);
  try {
    await forged.client.iterate({ query: "{ __typename }" }).next();
    fail("a forged claim was believed");
  } catch (event) {
    if (event.code !== 4401 || forged.closed.length > 1) fail(`closed with ${event.code}`);
  }
}
console.log("ok: forged claims are closed with 4401 and not tried again");
process.exit(0);
