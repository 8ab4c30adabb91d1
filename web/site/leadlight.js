// Leadlight visitor script: presence and events of one page; chat.js beside it draws the chat box
// and pop-ups. One global (`leadlight`, with `track` and `identify`), no cookies, no host but the one
// it came from:
//   <script src="https://your-leadlight/site/leadlight.js" data-site-key="..." defer></script>
(() => {
  "use strict";
  const tag = document.currentScript;
  const siteKey = tag?.dataset.siteKey;
  if (!siteKey || window.leadlight) return;
  const endpoint = (tag.dataset.endpoint || new URL(tag.src).origin).replace(/\/+$/, "");
  const MESSAGE = "id isMine text at staffMember { name }";
  const POP_UP = "id title text secondsLeft link { text url }";
  const FEED = `subscription Feed($after: Cursor) { visitorFeed(after: $after) {
    ... on VisitMessageAdded { cursor message { ${MESSAGE} } }
    ... on VisitPopUpShown { cursor popUp { ${POP_UP} } }
    ... on VisitStaffChanged { cursor __typename staffMember { name } } } }`;

  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const pause = (tries) => sleep(Math.min(5000, 250 * 2 ** tries) * (0.5 + Math.random() / 2));
  const random = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
  const page = () => ({ url: location.href.split(/[?#]/)[0], title: document.title.slice(0, 200) });

  const TOKEN = `leadlight:${siteKey}:token`;
  let kept = {}; // lasts as long as the page, where the browser forbids storage
  try {
    localStorage["leadlight:probe"] = "";
    kept = localStorage;
  } catch {}

  // ---- the visit, and the one way to ask the server ----
  let isDead = false; // unknown site, or a page that may not use it: stay silent
  let visit = null; // promise of a visit; null: there is none, or its token ended
  let line = Promise.resolve(); // one request at a time: `identify` changes the token of the next

  async function post(name, fields, input) {
    const type = name[0].toUpperCase() + name.slice(1);
    const query = `mutation ${type}($input: ${type}Input!) { ${name}(input: $input) {
      ... on ${type}Success { ${fields} } ... on Error { message } ... on LimitError { retryAfter }
    } }`;
    const body = JSON.stringify({ query, variables: { input } });
    const token = kept[TOKEN];
    const headers = { "Content-Type": "application/json" };
    if (token) headers.Authorization = `Bearer ${token}`;
    const keepalive = body.length < 60000; // browsers refuse more
    const signal = AbortSignal.timeout?.(15000);
    const options = { method: "POST", headers, body, keepalive, signal, credentials: "omit" };
    const response = await fetch(`${endpoint}/graphql`, options);
    const { data, errors } = await response.json().catch(() => ({}));
    if (data?.[name]?.token) kept[TOKEN] = data[name].token;
    if (data && !errors) return { answer: data[name] };
    const { code = `HTTP ${response.status}` } = errors?.[0].extensions ?? {};
    const isRefused = /INPUT|COMPLEX|GONE|HTTP 4(?!08|29)/.test(code);
    const isEnded = code === "UNAUTHENTICATED" && token === kept[TOKEN];
    return { answer: isRefused && { message: errors?.[0].message ?? code }, isEnded };
  }

  // Asks until there is an answer, through outages, limits and the end of the visit; a heartbeat
  // or that somebody types once, as the next one says more. Each attempt calls `makeInput`: ages grow in the meantime.
  async function ask(name, fields, makeInput) {
    for (let tries = 0; ; tries++) {
      const mine = name === "startVisit" || (visit ??= startVisit());
      await mine;
      if (isDead) return { message: "There is no visit." };
      line = line.then(() => post(name, fields, makeInput())).catch(() => ({}));
      const { answer, isEnded } = await line;
      if (answer && !answer.retryAfter) return answer;
      if (isEnded && visit === mine) visit = null;
      else if (name === "heartbeat" || name === "setVisitorTyping") return {};
      else await (answer ? sleep(answer.retryAfter * 1000) : pause(tries));
    }
  }

  async function startVisit() {
    const referrer = /^https?:/.test(document.referrer) ? document.referrer : null;
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const told = { siteKey, referrer, timeZone, language: navigator.language || null };
    const fields = `token cursor activitySeconds
      visit { unreadCount messages(first: 50) { nodes { ${MESSAGE} } } popUps { ${POP_UP} } }`;
    const makeInput = () => ({ ...told, token: kept[TOKEN], page: page() });
    const answer = await ask("startVisit", fields, makeInput);
    isDead = !answer.visit;
    if (isDead) return (await face).remove();
    cursor = answer.cursor;
    activityMs = answer.activitySeconds * 1000;
    toldAt = beatAt = 0;
    known = {};
    (await face).begin(answer.visit);
  }

  async function identify(input) {
    const { token, message = "" } = await ask("identify", "token", () => input);
    return { ok: Boolean(token), message };
  }

  // ---- presence ----
  const pageKey = random();
  let activityMs = 10000;
  let inputAt = Date.now(); // opening the page is input
  let toldAt = 0; // the last input that the server knows of
  let reportAt = 0; // when to tell it of input, at the soonest
  let beatAt = 0; // when to beat, at the latest
  let known = {}; // what the server knows to be on the page
  let turnAt = 0; // when to tell it of another address, at the soonest
  let isBeating = false;
  let hasLeft = false; // from pagehide until a return out of the back-forward cache

  async function beat() {
    const isReport = inputAt > toldAt;
    const isTurn = page().url !== known.url;
    const dueAt = Math.min(beatAt, isReport ? reportAt : Infinity, isTurn ? turnAt : Infinity);
    if (isBeating || hasLeft || isDead || Date.now() < dueAt) return;
    isBeating = true;
    const said = inputAt;
    let shown;
    const { nextBeatSeconds, message } = await ask("heartbeat", "nextBeatSeconds", () => {
      const idleMs = inputAt > toldAt ? Date.now() - inputAt : undefined;
      shown = page();
      const isNews = shown.url !== known.url || shown.title !== known.title;
      return { pageKey, isVisible: !document.hidden, idleMs, page: isNews ? shown : undefined };
    });
    isBeating = false;
    if (nextBeatSeconds) toldAt = said;
    if (nextBeatSeconds || message) known = shown; // what was refused would be again
    if (isReport) reportAt = Date.now() + activityMs;
    beatAt = Date.now() + (nextBeatSeconds ?? 2 + 3 * Math.random()) * 950; // timers may come late
    turnAt = nextBeatSeconds ? Date.now() + 2000 : beatAt;
  }

  // ---- events ----
  let sequence = 0;
  let recorded = Promise.resolve();

  function track(name, parameters) {
    const at = Date.now();
    const pairs = Object.entries(parameters ?? {}).slice(0, 50);
    const texts = pairs.map(([key, value]) => ({ name: key, value: { text: String(value) } }));
    const event = { name, parameters: texts, page: page(), pageKey, sequence: sequence++ };
    const makeInput = () => ({ ...event, agoMs: Date.now() - at });
    recorded = recorded.then(() => ask("recordEvent", "eventId", makeInput));
  }

  // ---- feed ----
  let cursor;
  let drops = 0; // connections since the last one that held
  let hangUp = () => {};

  async function follow() {
    await (visit ??= startVisit());
    if (isDead) return;
    await new Promise(listen);
    await pause(drops++);
    follow();
  }

  function listen(done) {
    const url = `${endpoint.replace(/^http/, "ws")}/graphql`;
    const socket = new WebSocket(url, "graphql-transport-ws");
    const tell = (message) => socket.send(JSON.stringify(message));
    let isHeard = false;
    const watch = setInterval(() => {
      if (!isHeard) return hangUp(); // half-open: it would never close by itself
      isHeard = false;
      tell({ type: "ping" });
    }, 15000);
    hangUp = (code) => {
      clearInterval(watch);
      socket.onclose = socket.onmessage = null;
      socket.close();
      if (code === 4401) visit = null;
      done();
    };
    socket.onopen = () => tell({ type: "connection_init", payload: { token: kept[TOKEN] } });
    socket.onclose = ({ code }) => hangUp(code);
    socket.onmessage = ({ data }) => {
      isHeard = true;
      const { type, payload } = JSON.parse(data);
      const item = payload?.data?.visitorFeed;
      const request = { query: FEED, variables: { after: cursor } };
      if (type === "connection_ack") tell({ id: "feed", type: "subscribe", payload: request });
      else if (type === "ping") tell({ type: "pong" });
      else if (type === "pong") drops = 0;
      else if (item?.cursor) take(item);
      else hangUp(4401); // the visit or the cursor is of no use: take the visit up again
    };
  }

  async function take(item) {
    cursor = item.cursor;
    (await face).take(item);
  }

  // ---- chat box and pop-ups, from a file of their own ----
  const face = new Promise((done) => {
    const script = document.createElement("script");
    const none = { begin() {}, take() {}, remove() {} }; // a page may forbid the file: go on without
    script.src = new URL("chat.js", tag.src).href;
    script.parts = { ask, kept, siteKey, random, MESSAGE, isEnded: () => isDead };
    script.parts.isKnown = Boolean(kept[TOKEN]);
    script.onload = () => done(script.face ?? none);
    script.onerror = () => done(none);
    document.head.append(script);
  });

  // ---- start ----
  for (const name of ["pointerdown", "pointermove", "keydown", "scroll", "touchstart", "focus"]) {
    const options = { capture: true, passive: true };
    addEventListener(name, () => (inputAt = Date.now()), options);
    addEventListener(name, beat, options);
  }
  addEventListener("visibilitychange", () => (beatAt = 0));
  addEventListener("visibilitychange", beat);
  addEventListener("pageshow", () => (hasLeft = false));
  addEventListener("pagehide", () => {
    hasLeft = true;
    const body = JSON.stringify({ token: kept[TOKEN], pageKey });
    if (kept[TOKEN] && !isDead) navigator.sendBeacon(`${endpoint}/visit/leave`, body);
    hangUp();
    toldAt = beatAt = 0;
    known = {};
  });
  setInterval(beat, 500);
  beat();
  track("page_view");
  follow();
  window.leadlight = Object.freeze({ track, identify });
})();
