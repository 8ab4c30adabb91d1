// The chat box of the visitor script, drawn in a shadow root so that neither style touches the
// other. leadlight.js loads it and calls `makeChat(say)`; it knows no network and no storage.
document.currentScript.makeChat = (say) => {
  "use strict";
  const CSS = `
    :host { all: initial; position: fixed; right: 20px; bottom: 20px; z-index: 2147483000;
      --ink: #22262b; --soft: #5c6269; --paper: #fffdf9; --line: #ddd6c8; --tint: #f3eee3;
      --deep: #125b63; --on-deep: #fff;
      font: 16px/1.45 system-ui, -apple-system, "Segoe UI", sans-serif; color: var(--ink); }
    @media (prefers-color-scheme: dark) { :host { --ink: #ece7dc; --soft: #aeb3b5; --paper: #1e2326;
      --line: #3a4145; --tint: #2a3034; --deep: #7cc6c4; --on-deep: #10282a; } }
    * { box-sizing: border-box; font: inherit; color: inherit; }
    [hidden] { display: none !important; }
    button { cursor: pointer; border: 0; border-radius: 10px; }
    :focus-visible { outline: 3px solid #d08a1d; outline-offset: 2px; }
    .launcher { display: flex; align-items: center; gap: 9px; margin-left: auto; padding: 12px 18px;
      border-radius: 99px; background: var(--deep); color: var(--on-deep); font-weight: 600;
      box-shadow: 0 6px 24px #0003; }
    .badge { min-width: 22px; padding: 0 6px; border-radius: 99px; background: #f4c25b;
      color: #2a1d00; font-size: 14px; text-align: center; }
    .panel, .notice { width: min(360px, calc(100vw - 40px)); margin: 0 0 12px auto;
      overflow: hidden; background: var(--paper); border: 1px solid var(--line);
      border-radius: 16px; box-shadow: 0 12px 48px #0004; }
    .panel { display: grid; grid-template-rows: auto 1fr auto; height: min(480px, 100vh - 110px); }
    .head { display: flex; justify-content: space-between; align-items: center; gap: 12px;
      padding: 12px 10px 12px 18px; background: var(--deep); color: var(--on-deep); }
    .head h2, .notice h2 { margin: 0; font-weight: 650; }
    .close { width: 34px; height: 34px; background: none; font-size: 22px; line-height: 1; }
    .log { overflow-y: auto; padding: 14px 16px; }
    ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 9px; }
    li { justify-self: start; max-width: 86%; padding: 8px 12px; border-radius: 14px 14px 14px 4px;
      background: var(--tint); white-space: pre-wrap; overflow-wrap: anywhere; }
    li.mine { justify-self: end; border-radius: 14px 14px 4px 14px; background: var(--deep);
      color: var(--on-deep); }
    small { display: block; font-size: 12.5px; color: var(--soft); white-space: normal; }
    li.mine small { color: inherit; }
    .empty { margin: 4px 0; color: var(--soft); }
    form { display: flex; gap: 8px; padding: 10px; border-top: 1px solid var(--line); }
    textarea { flex: 1; min-width: 0; padding: 9px 12px; resize: none; background: var(--paper);
      border: 1px solid var(--soft); border-radius: 10px; }
    ::placeholder { color: var(--soft); opacity: 1; }
    .send { padding: 0 16px; background: var(--deep); color: var(--on-deep); font-weight: 600; }
    .notice { position: relative; padding: 14px 44px 14px 18px; }
    .notice p { margin: 2px 0 0; white-space: pre-wrap; overflow-wrap: anywhere; }
    .reply { margin-top: 8px; padding: 4px 12px; background: var(--tint); font-weight: 600; }
    .notice .close { position: absolute; top: 6px; right: 6px; }
    .aside { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    @media (max-width: 480px) { :host { right: 12px; bottom: 12px; }
      .panel { width: calc(100vw - 24px); height: min(70vh, 100vh - 90px); } }`;

  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }
  const button = (attributes, ...children) =>
    make("button", { type: "button", ...attributes }, ...children);

  const host = make("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // allowed under a policy that forbids inline styles
  sheet.replaceSync(CSS);
  root.adoptedStyleSheets = [sheet];

  const list = make("ol", { "data-testid": "leadlight-messages" });
  const empty = make("p", { class: "empty" }, "Ask us anything. A person reads along.");
  const log = make("div", { class: "log", role: "log", tabindex: "0", "aria-label": "Messages" },
    empty, list);
  const input = make("textarea", { id: "text", rows: "2", maxlength: "5000",
    placeholder: "Your message", "data-testid": "leadlight-input" });
  const form = make("form", {}, make("label", { for: "text", class: "aside" }, "Your message"),
    input, make("button", { class: "send", "data-testid": "leadlight-send" }, "Send"));
  const close = button({ class: "close", "aria-label": "Close the chat" }, "×");
  const panel = make("section", { class: "panel", id: "panel", role: "dialog",
    "aria-labelledby": "title", hidden: "" },
  make("div", { class: "head" }, make("h2", { id: "title" }, "Chat with us"), close), log, form);
  const badge = make("span", { class: "badge", hidden: "" });
  const launcher = button({ class: "launcher", "aria-expanded": "false", "aria-controls": "panel",
    "data-testid": "leadlight-launcher" }, make("span", {}, "Chat"), badge);
  const notices = make("div", { "aria-live": "polite" });
  root.append(notices, panel, launcher);

  let unread = 0;
  function setUnread(count) {
    unread = count;
    badge.hidden = count === 0;
    badge.replaceChildren(String(count), make("span", { class: "aside" }, " unread"));
  }

  function toggle(isOpen) {
    panel.hidden = !isOpen;
    launcher.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return launcher.focus();
    setUnread(0);
    notices.replaceChildren();
    toEnd();
    input.focus();
  }

  function submit() {
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    say(text);
  }

  const toEnd = () => { log.scrollTop = log.scrollHeight; };
  const find = (key, value) => [...list.children].find((row) => row.dataset[key] === value);
  const clock = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

  // Rows stand by time; what is still being sent stands last.
  function place(row) {
    const isNearEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    const at = row.dataset.at || "~";
    list.insertBefore(row, [...list.children].find((other) =>
      other !== row && (other.dataset.at || "~") > at) ?? null);
    empty.hidden = true;
    if (isNearEnd) toEnd();
  }

  function mark(row, message) {
    row.dataset.id = message.id;
    row.dataset.at = message.at;
    const author = message.isMine ? "" : `${message.staffMember?.name ?? "Automatic"} · `;
    row.lastChild.replaceChildren(author + clock(message.at));
    place(row);
  }

  function makeRow(text, isMine) {
    return make("li", isMine ? { class: "mine" } : {}, text, make("small"));
  }

  function show(message) {
    if (!find("id", message.id)) mark(makeRow(message.text, message.isMine), message);
  }

  function wait({ key, text }) {
    const row = makeRow(text, true);
    row.dataset.key = key;
    row.lastChild.append("sending …");
    place(row);
    toEnd();
  }

  // The feed may bring an own message before the answer to sending it does: then the waiting row
  // with that text is it. `confirm` puts right what two equal texts may have crossed.
  function arrive(message) {
    const waiting = message.isMine && [...list.children].find((row) => row.dataset.key
      && !row.dataset.id && row.firstChild.data === message.text);
    if (waiting && !find("id", message.id)) return mark(waiting, message);
    const isNew = !find("id", message.id);
    show(message);
    if (!isNew || message.isMine || !panel.hidden) return;
    setUnread(unread + 1);
    notice(message.staffMember?.name ?? "New message", message.text, () => toggle(true));
  }

  function confirm(key, message) {
    const row = find("key", key);
    if (row && !row.dataset.id && !find("id", message.id)) mark(row, message);
    else if (row && !row.dataset.id) row.remove();
    show(message);
  }

  function refuse(key, reason) {
    const row = find("key", key);
    row?.lastChild.replaceChildren(`Not sent: ${reason}`);
    delete row?.dataset.key;
  }

  function notice(title, text, open) {
    const shut = button({ class: "close", "aria-label": "Dismiss" }, "×");
    const card = make("div", { class: "notice", "data-testid": "leadlight-notice" },
      make("h2", {}, title), make("p", {}, text), shut);
    shut.addEventListener("click", () => card.remove());
    if (open) card.append(button({ class: "reply" }, "Answer"));
    card.querySelector(".reply")?.addEventListener("click", open);
    notices.replaceChildren(card);
  }

  launcher.addEventListener("click", () => toggle(panel.hidden));
  close.addEventListener("click", () => toggle(false));
  panel.addEventListener("keydown", (event) => event.key === "Escape" && toggle(false));
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });

  return { show, wait, arrive, confirm, refuse, notice,
    open: () => document.body.append(host), remove: () => host.remove(),
    clear: () => list.querySelectorAll("[data-id]").forEach((row) => row.remove()) };
};
