// The visitor's chat box and pop-ups. leadlight.js loads this file, hands over what it needs as `parts`
// of the script element, and finds there, as `face`, what the file can do.
(() => {
  "use strict";
  const script = document.currentScript;
  const { ask, kept, siteKey, random, MESSAGE, isEnded, isKnown } = script.parts;
  const OUTBOX = `leadlight:${siteKey}:out:`; // a key for each message: tabs overwrite none

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
      if (isEnded()) return;
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

  // Who of the team types, until told otherwise; the server says when it ends.
  function showTyping(name) {
    typing.textContent = name ? `${name} is typing …` : "";
    if (name) log.scrollTop = log.scrollHeight;
  }

  let typedAt = 0; // when the server was last told of typing; 0: it thinks of none
  function tellTyping(isTyping) {
    if (isTyping ? Date.now() - typedAt < 5000 : !typedAt) return; // a mark lasts 10 s
    typedAt = isTyping ? Date.now() : 0;
    ask("setVisitorTyping", "until", () => ({ isTyping }));
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
    if (popUpPlace.firstChild || document.hidden || isEnded()) return;
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
    tellTyping(false);
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
  const typing = make("p", { className: "typing", ariaLive: "polite" });
  const log = make("div", { role: "log", tabIndex: 0, ariaLabel: "Messages" }, list, typing);
  const oninput = () => tellTyping(Boolean(input.value.trim()));
  const onblur = () => tellTyping(false);
  const told = { oninput, onblur };
  const input = make("textarea", { rows: 2, maxLength: 5000, placeholder: "Your message", ...told });
  const button = make("button", {}, "Send");
  const form = make("form", { onsubmit: submit }, input, button);
  const box = make("details", { ontoggle: onToggle, onkeydown: onKey }, launcher, log, form);
  const notice = make("div", { className: "notice", ariaLive: "polite" });
  const popUpPlace = make("div", { className: "pop-up", ariaLive: "polite" });
  const chat = make("div", { className: "chat", hidden: true }, popUpPlace, notice, box);
  const { href } = new URL("leadlight.css", script.src);
  const style = make("link", { rel: "stylesheet", href, onload: () => (chat.hidden = false) });
  const host = make("leadlight-chat", { hidden: !isKnown }); // the known may write at once
  host.attachShadow({ mode: "open" }).append(style, chat);
  document.documentElement.append(host);
  input.ariaLabel = input.placeholder;
  const ids = { launcher, messages: list, typing, input, send: button, notice, "pop-up": popUpPlace };
  for (const id of Object.keys(ids)) ids[id].dataset.testid = `leadlight-${id}`;

  addEventListener("visibilitychange", showPopUp);
  addEventListener("visibilitychange", readChat);
  const waiting = Object.keys(kept).filter((key) => key.startsWith(OUTBOX));
  const items = waiting.map((key) => JSON.parse(kept[key]));
  items.sort((one, other) => one.wroteAt - other.wroteAt).forEach(send);

  script.face = {
    // A visit began or was taken up: shows what it has, which may be another visit's than before.
    begin({ messages, unreadCount, popUps }) {
      host.hidden = false;
      list.querySelectorAll("[data-id]").forEach((row) => row.remove());
      messages.nodes.reverse().forEach(show);
      showTyping(null);
      if (!box.open) countUnread(unreadCount);
      readChat();
      popUps.forEach(receive);
    },
    take({ message, popUp, staffMember, __typename }) {
      if (__typename) return showTyping(staffMember?.name); // only this item asks for its kind
      if (popUp) receive(popUp);
      if (!message || !show(message) || message.isMine) return;
      readChat();
      if (box.open) return;
      countUnread(unread + 1);
      notify(message.staffMember?.name ?? "New message", message.text);
    },
    remove: () => host.remove(),
  };
})();
