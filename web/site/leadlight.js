// Leadlight visitor script: presence, events and messages of one page; chat.js beside it draws the
// chat box. One global (`leadlight`), no cookies, no host but the one it came from:
//   <script src="https://your-leadlight/site/leadlight.js" data-site-key="..." defer></script>
(() => {
  "use strict";
  const tag = document.currentScript;
  const siteKey = tag?.dataset.siteKey;
  if (!siteKey || window.leadlight) return;
  const endpoint = (tag.dataset.endpoint || new URL(tag.src).origin).replace(/\/+$/, "");
  const messages = "messages(first: 50) { nodes { id isMine text at staffMember { name } } }";
  const START = `mutation Start($input: StartVisitInput!) { startVisit(input: $input) { __typename
    ... on StartVisitSuccess { token cursor nextBeatSeconds activitySeconds
      visit { id ${messages} } } ... on Error { message } } }`;
  const BEAT = `mutation Beat($input: HeartbeatInput!) { heartbeat(input: $input) { __typename
    ... on HeartbeatSuccess { nextBeatSeconds } } }`;
  const RECORD = `mutation Record($input: RecordEventInput!) {
    recordEvent(input: $input) { __typename } }`;
  const SEND = `mutation Send($input: SendVisitorMessageInput!) {
    sendVisitorMessage(input: $input) { __typename ... on Error { message }
      ... on SendVisitorMessageSuccess { sentMessage { id isMine text at } } } }`;
  const IDENTIFY = `mutation Identify($input: IdentifyInput!) { identify(input: $input) { __typename
    ... on IdentifySuccess { token } ... on Error { message } } }`;
  const FEED = `subscription Feed($after: Cursor) { visitorFeed(after: $after) { __typename
    ... on VisitFeedSnapshot { cursor visit { ${messages} } }
    ... on VisitMessageAdded { cursor message { id isMine text at staffMember { name } } }
    ... on VisitPopUpShown { cursor popUp { id title text } }
    ... on VisitFeedReset { cursor resetReason } ... on VisitEnded { at } } }`;

  const delay = (attempt) => Math.min(5000, 250 * 2 ** attempt) * (0.5 + Math.random() / 2);
  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0")).join("");
  const here = () => ({ title: document.title.slice(0, 200) || null,
    url: location.href.length <= 2048 ? location.href : location.origin + location.pathname });

  // Where the browser forbids storage, a memory stands in that lasts as long as the page.
  let kept = {};
  try { kept = window.localStorage ?? kept; } catch { /* the memory it is */ }
  const prefix = `leadlight:${siteKey}:`;
  const recall = (key) => kept[prefix + key] ?? null;
  const forget = (key) => { delete kept[prefix + key]; };
  function keep(key, value) {
    try { kept[prefix + key] = value; } catch { (kept = { ...kept })[prefix + key] = value; }
  }

  // ---- the visit ------------------------------------------------------------------------------
  class Refusal extends Error {} // asked again, it would be refused again
  let isDead = false; // unknown site, or a page that may not use it: stay silent
  let hasLeft = false; // between pagehide and a return from the back-forward cache
  let visitId = null, cursor = null, starting = null;
  let identifying = Promise.resolve(); // the old token ends a moment before the new one is here

  async function post(query, input, token) {
    const body = JSON.stringify({ query, variables: { input } });
    const authorization = token ? { Authorization: `Bearer ${token}` } : {};
    const response = await fetch(`${endpoint}/graphql`, {
      method: "POST", body, credentials: "omit", keepalive: body.length < 60000,
      headers: { "Content-Type": "application/json", Accept: "application/json", ...authorization },
      signal: AbortSignal.timeout?.(15000) });
    const { data, errors } = await response.json().catch(() => ({}));
    if (data && !errors) return Object.values(data)[0];
    const code = errors?.[0]?.extensions?.code;
    const isSignedOut = code === "UNAUTHENTICATED" || response.status === 401;
    const isTemporary = isSignedOut || (code ? /RATE_LIMITED|INTERNAL/.test(code)
      : response.ok || response.status >= 500 || [408, 429].includes(response.status));
    const failure = new (isTemporary ? Error : Refusal)(errors?.[0]?.message ?? "no answer");
    throw Object.assign(failure, { isSignedOut });
  }

  async function call(query, input) {
    if (isDead) throw new Refusal("no visit");
    const token = recall("token");
    return post(query, input, token).catch(async (failure) => {
      if (failure.isSignedOut && recall("token") === token) await startVisit();
      throw failure;
    });
  }

  const startVisit = () => (starting ??= begin().finally(() => { starting = null; }));

  async function begin() {
    await identifying;
    for (let attempt = 0; !isDead; attempt++) {
      const answer = await post(START, { siteKey, token: recall("token"), page: here(),
        referrer: /^https?:/.test(document.referrer) ? document.referrer : null,
        timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone || null,
        language: navigator.language || null, hasConsent: true }).catch((failure) => failure);
      if (answer.__typename === "StartVisitSuccess") return accept(answer);
      const isLimited = answer.__typename === "LimitError";
      isDead = answer instanceof Refusal || (!isLimited && Boolean(answer.__typename));
      if (!isDead) await sleep(isLimited ? 20000 : delay(attempt));
    }
    chat.remove();
  }

  function accept(answer) {
    keep("token", answer.token);
    beatMs = answer.nextBeatSeconds * 1000;
    activityMs = answer.activitySeconds * 1000;
    if (visitId && visitId !== answer.visit.id) chat.clear();
    [visitId, cursor] = [answer.visit.id, answer.cursor];
    chat.open();
    answer.visit.messages.nodes.forEach(chat.show);
  }

  // Sends what waits, one by one, until nothing is left; `send` removes what it has sent.
  function pump(next, send) {
    let isRunning = false;
    return async () => {
      if (isRunning || !visitId) return;
      isRunning = true;
      for (let item = next(), attempt = 0; item && !isDead; item = next()) {
        await send(item).then(() => { attempt = 0; }, () => sleep(delay(attempt++)));
      }
      isRunning = false;
    };
  }

  // A refusal is an answer; everything else is thrown, to be tried again.
  const settled = (query, input) => call(query, input).catch((failure) => {
    if (isDead || !(failure instanceof Refusal)) throw failure;
    return failure;
  }).then((answer) => {
    if (answer.__typename === "LimitError") throw new Error("later");
    return answer;
  });

  // ---- presence -------------------------------------------------------------------------------
  const pageKey = random();
  let beatMs = 30000, activityMs = 10000, timer = 0, nextAt = 0, failures = 0;
  let lastInput = Date.now(), reportedAt = 0, isUnreported = true; // opening the page is input

  function plan(at) {
    if (timer && at >= nextAt) return;
    clearTimeout(timer);
    nextAt = at;
    timer = setTimeout(beat, Math.max(0, at - Date.now()));
  }

  async function beat() {
    clearTimeout(timer);
    timer = 0;
    if (hasLeft || isDead || !visitId) return;
    const sentAt = Date.now(), isReport = isUnreported;
    const input = { pageKey, isVisible: !document.hidden, page: here() };
    if (isReport) input.idleMs = Math.max(0, (reportedAt = sentAt) - lastInput);
    isUnreported = false;
    plan(sentAt + beatMs);
    try {
      beatMs = ((await call(BEAT, input)).nextBeatSeconds ?? beatMs / 1000) * 1000;
      failures = 0;
      plan(sentAt + beatMs);
    } catch {
      isUnreported ||= isReport;
      plan(Date.now() + delay(failures++));
    }
  }

  function onInput() {
    lastInput = Date.now();
    isUnreported = true;
    if (visitId) plan(Math.max(lastInput, reportedAt + activityMs));
  }

  function leave() {
    hasLeft = true;
    const body = JSON.stringify({ token: recall("token"), pageKey });
    if (visitId && !isDead) navigator.sendBeacon(`${endpoint}/visit/leave`, body);
    hangUp();
  }

  function comeBack(event) {
    if (!event.persisted) return;
    hasLeft = false;
    isUnreported = true; // the lease is new: say how long ago the last input was
    beat();
    connect();
  }

  // ---- events and identity --------------------------------------------------------------------
  const events = [];
  let sequence = 0;
  const sendEvents = pump(() => events[0], async ({ at, ...event }) => {
    await settled(RECORD, { ...event, agoMs: Math.max(0, Date.now() - at) });
    events.shift();
  });

  function track(name, parameters) {
    if (isDead || events.length >= 200) return;
    const texts = Object.entries(parameters ?? {}).slice(0, 50)
      .map(([key, value]) => ({ name: key.slice(0, 64), value: { text: String(value) } }));
    events.push({ name: String(name).slice(0, 100), parameters: texts, page: here(), pageKey,
      sequence: sequence++, at: Date.now() });
    sendEvents();
  }

  function identify(input) {
    const send = () => (isDead ? { message: "There is no visit." }
      : post(IDENTIFY, input, recall("token"))); // not `call`: a new visit waits for this answer
    identifying = Promise.resolve(starting).then(send).then((answer) => {
      if (answer.token) keep("token", answer.token);
      return { ok: Boolean(answer.token), message: answer.message ?? "" };
    }).catch((failure) => ({ ok: false, message: failure.message }));
    return identifying;
  }

  // ---- messages -------------------------------------------------------------------------------
  // One storage key a message: two tabs never overwrite each other's outbox.
  const outbox = () => Object.keys(kept).filter((key) => key.startsWith(`${prefix}out:`))
    .map((key) => JSON.parse(kept[key])).sort((one, other) => one.wroteAt - other.wroteAt);
  const sendMessages = pump(() => outbox()[0], async ({ key, text }) => {
    const answer = await settled(SEND, { idempotencyKey: key, text });
    forget(`out:${key}`);
    if (answer.sentMessage) chat.confirm(key, answer.sentMessage);
    else chat.refuse(key, answer.message);
  });

  function say(text) {
    const item = { key: random(), text, wroteAt: Date.now() };
    keep(`out:${item.key}`, JSON.stringify(item));
    chat.wait(item);
    sendMessages();
  }

  // ---- feed -----------------------------------------------------------------------------------
  let socket = null, watch = 0, reconnecting = 0, attempts = 0, isHeard = false;
  const tell = (message) => socket?.readyState === 1 && socket.send(JSON.stringify(message));

  function take(item) {
    if (item.cursor) cursor = item.__typename === "VisitFeedReset" ? null : item.cursor;
    item.visit?.messages.nodes.forEach(chat.show);
    if (item.message) chat.arrive(item.message);
    if (item.popUp) chat.notice(item.popUp.title, item.popUp.text);
    if (item.__typename === "VisitEnded") hangUp(4401);
  }

  function hangUp(code) {
    clearInterval(watch);
    if (socket) socket.onclose = socket.onmessage = null;
    socket?.close();
    socket = null;
    clearTimeout(reconnecting);
    if (!hasLeft && !isDead) reconnecting = setTimeout(async () => {
      if (code === 4401) await startVisit();
      connect();
    }, delay(attempts++));
  }

  function connect() {
    if (socket || hasLeft || isDead || !visitId) return;
    socket = new WebSocket(`${endpoint.replace(/^http/, "ws")}/graphql`, "graphql-transport-ws");
    isHeard = false;
    clearInterval(watch);
    watch = setInterval(() => { // a half-open connection never closes by itself
      if (!isHeard) return hangUp();
      isHeard = false;
      tell({ type: "ping" });
    }, 15000);
    socket.onopen = () => tell({ type: "connection_init", payload: { token: recall("token") } });
    socket.onclose = ({ code }) => hangUp(code);
    socket.onmessage = ({ data }) => {
      isHeard = true;
      const { type, payload } = JSON.parse(data);
      if (type === "connection_ack") {
        const request = { query: FEED, variables: { after: cursor } };
        tell({ id: "feed", type: "subscribe", payload: request });
        sendMessages();
      } else if (type === "ping") tell({ type: "pong" });
      else if (type === "pong") attempts = 0; // only a connection that lasts is a good one
      else if (type === "next" && payload.data) take(payload.data.visitorFeed);
      else hangUp((cursor = null)); // perhaps it was the cursor: begin anew
    };
  }

  // ---- start ----------------------------------------------------------------------------------
  let chat; // what chat.js makes of `say`; without it, presence and events go on
  function run(makeChat) {
    chat = makeChat?.(say) ?? new Proxy({}, { get: () => () => {} });
    if (recall("token")) chat.open(); // the key was good: write while all is away
    outbox().forEach(chat.wait);
    for (const name of ["pointerdown", "pointermove", "keydown", "scroll", "touchstart"]) {
      addEventListener(name, onInput, { capture: true, passive: true });
    }
    addEventListener("focus", onInput);
    document.addEventListener("visibilitychange", beat);
    addEventListener("pagehide", leave);
    addEventListener("pageshow", comeBack);
    addEventListener("online", () => socket || connect());
    track("page_view");
    startVisit().then(() => { beat(); sendEvents(); sendMessages(); connect(); });
  }

  window.leadlight = Object.freeze({ track, identify });
  const box = document.createElement("script");
  box.src = new URL("chat.js", tag.src);
  box.onload = () => run(box.makeChat);
  box.onerror = () => run();
  document.head.append(box);
})();
