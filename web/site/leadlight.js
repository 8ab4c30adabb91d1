// Leadlight visitor script: presence, events, chat box and pop-ups of one page. One global
// (`leadlight`, with `track` and `identify`), no cookies, no host but the one it came from:
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
    ... on VisitPopUpShown { cursor popUp { ${POP_UP} } } } }`;

  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const pause = (tries) => sleep(Math.min(5000, 250 * 2 ** tries) * (0.5 + Math.random() / 2));
  const random = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
  const page = () => ({ url: location.href.split(/[?#]/)[0], title: document.title.slice(0, 200) });

  const TOKEN = `leadlight:${siteKey}:token`;
  const OUTBOX = `leadlight:${siteKey}:out:`; // a key for each message: tabs overwrite none
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
  // once, as the next one says more. Each attempt calls `makeInput`: ages grow in the meantime.
  async function ask(name, fields, makeInput) {
    for (let tries = 0; ; tries++) {
      const mine = name === "startVisit" || (visit ??= startVisit());
      await mine;
      if (isDead) return { message: "There is no visit." };
      line = line.then(() => post(name, fields, makeInput())).catch(() => ({}));
      const { answer, isEnded } = await line;
      if (answer && !answer.retryAfter) return answer;
      if (isEnded && visit === mine) visit = null;
      else if (name === "heartbeat") return {};
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
    if (isDead) return host.remove();
    host.hidden = false;
    cursor = answer.cursor;
    activityMs = answer.activitySeconds * 1000;
    toldAt = beatAt = 0;
    known = {};
    list.querySelectorAll("[data-id]").forEach((row) => row.remove());
    answer.visit.messages.nodes.reverse().forEach(show);
    if (!box.open) countUnread(answer.visit.unreadCount);
    readChat();
    answer.visit.popUps.forEach(receive);
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

  function take(item) {
    cursor = item.cursor;
    if (item.popUp) receive(item.popUp);
    if (!item.message || !show(item.message) || item.message.isMine) return;
    readChat();
    if (box.open) return;
    countUnread(unread + 1);
    notify(item.message.staffMember?.name ?? "New message", item.message.text);
  }

  // ---- chat ----
  let sending = Promise.resolve();
  let unread = 0;
  let readId;

  // A message waits in storage until the server has it.
  function send(item) {
    const row = addRow(item.text, "mine waiting", "sending …");
    const given = { idempotencyKey: item.key, text: item.text };
    sending = sending.then(async () => {
      const answer = await ask("sendVisitorMessage", `sentMessage { ${MESSAGE} }`, () => given);
      if (isDead) return;
      delete kept[OUTBOX + item.key];
      if (answer.sentMessage) return show(answer.sentMessage);
      row.className = "mine";
      row.lastChild.textContent = `Not sent: ${answer.message}`;
    });
    kept[OUTBOX + item.key] = JSON.stringify(item);
  }

  // True: the message was not there yet. An own one takes the row that waits with its text, as the
  // feed may bring it before the answer to sending it does.
  function show({ id, text, isMine, at, staffMember }) {
    const rows = [...list.children];
    if (rows.some((row) => row.dataset.id === id)) return false;
    const waits = (row) => isMine && row.matches(".waiting") && row.firstChild.data === text;
    const row = rows.find(waits) ?? addRow(text, "", "", list.querySelector(".waiting"));
    const clock = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    row.lastChild.textContent = isMine ? clock : `${staffMember?.name ?? "Automatic"} · ${clock}`;
    row.className = isMine ? "mine" : "";
    row.dataset.id = id;
    return true;
  }

  function countUnread(count) {
    unread = count;
    launcher.textContent = count > 0 ? `Chat (${count} new)` : "Chat";
  }

  // Tells once that the newest message of the team, and so all before it, has been in view.
  function readChat() {
    const [newest] = [...list.querySelectorAll("[data-id]:not(.mine)")].slice(-1);
    const id = newest?.dataset.id;
    if (!id || id === readId || !box.open || document.hidden) return;
    readId = id;
    mark({ messageId: id });
  }

  const mark = (input) => ask("markVisitorMessagesRead", "unreadCount", () => input);

  function addRow(text, className, note, before = null) {
    return list.insertBefore(make("li", { className }, text, make("small", {}, note)), before);
  }

  function notify(title, text) {
    const answer = make("button", { onclick: () => (box.open = true) }, "Answer");
    const close = make("button", { className: "close", ariaLabel: "Dismiss" }, "×");
    close.onclick = () => notice.replaceChildren();
    notice.replaceChildren(make("h2", {}, title), make("p", {}, text), answer, close);
  }

  // ---- pop-ups: one after the other, each in the first tab that somebody looks at ----
  const SHOWN = `leadlight:${siteKey}:shown`;
  const waitingPopUps = [];
  const received = new Set(); // of this page; the feed may bring one again

  function receive(popUp) {
    if (received.has(popUp.id)) return;
    received.add(popUp.id);
    waitingPopUps.push({ ...popUp, endsAt: Date.now() + popUp.secondsLeft * 1000 });
    mark({ messageId: popUp.id, isSeen: false });
    showPopUp();
  }

  function showPopUp() {
    if (popUpPlace.firstChild || document.hidden || isDead) return;
    const shown = (kept[SHOWN] ?? "").split(" "); // by any tab
    const next = waitingPopUps.shift();
    if (!next) return;
    if (shown.includes(next.id) || next.endsAt <= Date.now()) return showPopUp();
    kept[SHOWN] = [...shown.slice(-19), next.id].join(" ");
    mark({ messageId: next.id });
    popUpPlace.append(makePopUp(next));
  }

  function makePopUp({ id, title, text, link, endsAt }) {
    const dismiss = () => {
      clearTimeout(timer);
      popUpPlace.replaceChildren();
      showPopUp();
    };
    const timer = setTimeout(dismiss, Math.min(endsAt - Date.now(), 2 ** 31 - 1));
    const follow = () => {
      mark({ messageId: id, isClicked: true });
      dismiss();
    };
    const close = make("button", { className: "close", ariaLabel: "Dismiss" }, "×");
    close.onclick = dismiss;
    const isSafe = /^https?:/.test(link?.url ?? "");
    const rel = "noopener noreferrer";
    const button = isSafe
      ? make("a", { href: link.url, target: "_blank", rel, onclick: follow }, link.text) : "";
    const heading = make("h2", {}, title);
    const onkeydown = ({ key }) => key === "Escape" && dismiss();
    const inside = [heading, make("p", {}, text), button, close];
    return make("section", { role: "dialog", ariaLabel: title, onkeydown }, ...inside);
  }

  function submit(event) {
    event.preventDefault();
    const text = input.value.normalize().trim();
    input.value = "";
    if (text) send({ key: random(), text, wroteAt: Date.now() });
  }

  function onToggle() {
    if (!box.open) return launcher.focus();
    countUnread(0);
    readChat();
    notice.replaceChildren();
    input.focus();
  }

  function onKey(event) {
    const isSend = event.key === "Enter" && event.target === input && !event.shiftKey;
    if (isSend && !event.isComposing) submit(event);
    if (event.key === "Escape") box.open = false;
  }

  function make(name, properties, ...children) {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  }

  const launcher = make("summary", {}, "Chat");
  const list = make("ol", {});
  const log = make("div", { role: "log", tabIndex: 0, ariaLabel: "Messages" }, list);
  const input = make("textarea", { rows: 2, maxLength: 5000, placeholder: "Your message" });
  const button = make("button", {}, "Send");
  const form = make("form", { onsubmit: submit }, input, button);
  const box = make("details", { ontoggle: onToggle, onkeydown: onKey }, launcher, log, form);
  const notice = make("div", { className: "notice", ariaLive: "polite" });
  const popUpPlace = make("div", { className: "pop-up", ariaLive: "polite" });
  const chat = make("div", { className: "chat", hidden: true }, popUpPlace, notice, box);
  const { href } = new URL("leadlight.css", tag.src);
  const style = make("link", { rel: "stylesheet", href, onload: () => (chat.hidden = false) });
  const host = make("leadlight-chat", { hidden: !kept[TOKEN] }); // the known may write at once
  host.attachShadow({ mode: "open" }).append(style, chat);
  document.documentElement.append(host);
  input.ariaLabel = input.placeholder;
  const ids = { launcher, messages: list, input, send: button, notice, "pop-up": popUpPlace };
  for (const id of Object.keys(ids)) ids[id].dataset.testid = `leadlight-${id}`;

  // ---- start ----
  for (const name of ["pointerdown", "pointermove", "keydown", "scroll", "touchstart", "focus"]) {
    const options = { capture: true, passive: true };
    addEventListener(name, () => (inputAt = Date.now()), options);
    addEventListener(name, beat, options);
  }
  addEventListener("visibilitychange", () => (beatAt = 0));
  addEventListener("visibilitychange", beat);
  addEventListener("visibilitychange", showPopUp);
  addEventListener("visibilitychange", readChat);
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
  const waiting = Object.keys(kept).filter((key) => key.startsWith(OUTBOX));
  const items = waiting.map((key) => JSON.parse(kept[key]));
  items.sort((one, other) => one.wroteAt - other.wroteAt).forEach(send);
  follow();
  window.leadlight = Object.freeze({ track, identify });
})();
