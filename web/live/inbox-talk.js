// One conversation: what was said, who looks and types, who answers, and the composer.

import { clock, fill, h, moment, refusalPlace, words } from "./elements.js";
import { mutate, request } from "./graphql.js";
import { GIVE, ONE_TALK, READ, TURN, TYPE } from "./inbox-documents.js";
import { repliesPart } from "./inbox-replies.js";
import { typingLine } from "./panels.js";

const REPEAT_MS = 8000; // a mark of typing lasts 15 s

/** `{ element, start, stop, open(id), follow(row), hear(item), redraw() }`. */
export function talkPart({ perform, serverNow, staff, onLead, onSignedOut, onBack }) {
  const name = h("h2", { tabindex: "-1", "data-testid": "talk-name" });
  const about = h("p", { class: "soft", "data-testid": "talk-state" });
  const beside = h("p", { class: "company", role: "status", "data-testid": "company" });
  const take = h("button", { class: "primary", type: "button", "data-testid": "talk-take",
    onclick: () => give(me.id) }, "Take");
  const answerer = h("select", { "aria-label": "Who answers", "data-testid": "talk-answerer",
    onchange: () => give(answerer.value || null) });
  const snooze = h("select", { "aria-label": "Put off", "data-testid": "talk-snooze",
    onchange: putOff });
  const turn = h("button", { class: "plain", type: "button", "data-testid": "talk-turn",
    onclick: () => change({ state: isOpen() ? "CLOSED" : "OPEN" }) });
  const cardButton = h("button", { class: "plain card-toggle", type: "button", onclick: () =>
    element.parentElement.classList.toggle("with-card") }, "Card");
  const back = h("button", { class: "link talk-back", type: "button", onclick: onBack }, "‹ Inbox");
  const refusal = refusalPlace();
  const earlier = h("button", { class: "link", type: "button", onclick: readEarlier },
    "Earlier messages");
  const list = h("ol", { class: "messages", "data-testid": "talk" });
  const pending = h("ol", { class: "messages pending" });
  const log = h("div", { class: "log", role: "log", tabindex: "0", "aria-label": "Messages" },
    earlier, list, pending);
  const input = h("textarea", { rows: "3", maxlength: "20000", "aria-label": "Answer",
    placeholder: "Answer … Enter sends", "data-testid": "talk-answer", oninput: typed, onkeydown: keys,
    onblur: () => mark(false) });
  const replies = repliesPart({ perform, insert });
  const form = h("form", { class: "composer", onsubmit: send }, input,
    h("div", { class: "beside" }, replies.button,
      h("button", { class: "primary", "data-testid": "talk-send" }, "Send")));
  const note = h("p", { class: "soft" });
  const typing = typingLine("talk-types");
  const shown = h("div", { class: "talk-shown", hidden: true },
    h("header", { class: "talk-head" }, back, h("div", { class: "talk-who" }, name, about, beside),
      h("div", { class: "talk-acts" }, take, answerer, snooze, turn, cardButton)),
    refusal, log, typing.element, replies.element, form, note);
  const calm = h("div", { class: "calm" });
  const element = h("section", { class: "talk", "aria-label": "Conversation" }, calm, shown);

  let me = null, outbox = null, current = null, talk = null, messages = [], page = null;
  let markedAt = 0, readId = null;

  function start(person, box) { [me, outbox] = [person, box]; }
  function stop() { open(null); me = null; }

  function open(id) {
    if (talk) mark(false);
    [current, talk, messages, page, readId] = [id, null, [], null, null];
    refusal.textContent = "";
    input.value = "";
    replies.close();
    delete list.dataset.filled;
    shown.hidden = true;
    if (!id) {
      tell("Choose a conversation", "Who waits longest stands first.");
      return onLead(null);
    }
    tell("", "");
    refresh();
  }

  const tell = (title, text) => calm.replaceChildren(h("h2", {}, title), h("p", {}, text));

  async function refresh() {
    const id = current;
    try {
      const { conversation } = await request(ONE_TALK, { id, after: null });
      if (id !== current) return;
      if (!conversation) return gone();
      const isFirst = !talk;
      talk = conversation;
      page = isFirst ? conversation.messages.pageInfo : page;
      for (const one of conversation.messages.nodes) upsert(one);
      draw(isFirst);
      onLead(conversation.lead.id);
      if (isFirst) name.focus({ preventScroll: true });
      markRead();
    } catch (failure) {
      if (failure.isSignedOut) return onSignedOut();
      if (id === current) refusal.textContent = failure.message;
    }
  }

  function gone() {
    shown.hidden = true;
    talk = null;
    tell("This conversation is gone", "Its lead was erased, or is not one of yours any more.");
  }

  async function readEarlier() {
    const id = current;
    const answer = await request(ONE_TALK, { id, after: page.endCursor }).catch(() => null);
    if (!answer?.conversation || id !== current) return;
    const height = log.scrollHeight;
    for (const one of answer.conversation.messages.nodes) upsert(one);
    page = answer.conversation.messages.pageInfo;
    draw();
    log.scrollTop += log.scrollHeight - height;
  }

  function upsert(message) {
    messages = [...messages.filter(({ id }) => id !== message.id), message]
      .sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
  }

  /** The row of the list says something newer. */
  function follow({ id, lead, lastMessage, ...row }) {
    if (!talk || id !== talk.id) return;
    const isNews = lastMessage && !messages.some((one) => one.id === lastMessage.id);
    talk = { ...talk, ...row };
    draw();
    if (isNews || lead.id !== talk.lead.id) refresh();
  }

  /** An item of the card beside: it tells of messages and turns as they happen. */
  function hear(item) {
    if (!talk) return;
    const kind = item.__typename;
    if (kind === "ViewersChanged") {
      talk = { ...talk, viewers: item.viewers };
      draw();
    } else if (kind === "TypingChanged") {
      talk = { ...talk, isLeadTyping: item.isLeadTyping && talk.channel === "CHAT" };
      draw();
    } else if (kind === "LeadErased" || kind === "AccessEnded") gone();
    else if (["MessageAdded", "MessageDeliveryChanged", "ConversationChanged"].includes(kind)) {
      if (kind === "MessageDeliveryChanged" || item.conversation.id === talk.id) refresh();
    }
  }

  const isOpen = () => talk.state === "OPEN";

  function draw(isFirst = false) {
    if (!talk || !me) return;
    const isNearEnd = isFirst || log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    calm.replaceChildren();
    shown.hidden = false;
    name.textContent = talk.lead.displayName;
    about.textContent = [words(talk.channel), talk.subject, stateWords(talk)]
      .filter(Boolean).join(" · ");
    about.dataset.state = talk.state;
    showCompany();
    typing.tell(talk.isLeadTyping, talk.lead.displayName);
    drawActs();
    earlier.hidden = !page?.hasNextPage;
    outbox.settle(messages);
    fill(list, messages, ({ id }) => id, makeMessage);
    const isChat = talk.channel === "CHAT";
    pending.replaceChildren(...(isChat ? outbox.of(talk.lead.id) : []).map(makeWaiting));
    const { sendMessage, channels } = talk.lead.viewerCan;
    form.hidden = !isChat || !sendMessage || !channels.includes("CHAT");
    note.textContent = !form.hidden ? "" : isChat ? "The chat does not reach this lead now."
      : `Answers by ${words(talk.channel).toLowerCase()} are written on the card.`;
    if (isNearEnd) log.scrollTop = log.scrollHeight;
  }

  function showCompany() {
    const others = talk.viewers.filter(({ staff: { id } }) => id !== me.id);
    const typing = others.filter((one) => one.typingInConversationId === talk.id);
    const named = (some) => some.map(({ staff: one }) => one.name).join(", ");
    const text = typing.length ? `${named(typing)} ${typing.length > 1 ? "are" : "is"} typing …`
      : others.length ? `${named(others)} ${others.length > 1 ? "look" : "looks"} at this too` : "";
    if (beside.textContent !== text) beside.textContent = text;
    beside.classList.toggle("typing", typing.length > 0);
  }

  function drawActs() {
    const { assignee, lead: { viewerCan: { sendMessage } } } = talk;
    take.hidden = !sendMessage || assignee?.id === me.id;
    take.textContent = assignee ? "Take over" : "Take";
    const people = staff().filter(({ isActive }) => isActive !== false);
    if (assignee && !people.some(({ id }) => id === assignee.id)) people.push(assignee);
    answerer.replaceChildren(h("option", { value: "" }, "Nobody answers"),
      ...people.map((one) => h("option", { value: one.id },
        one.id === me.id ? "You answer" : `${one.name} answers`)));
    answerer.value = assignee?.id ?? "";
    snooze.replaceChildren(h("option", { value: "" }, "Put off …"), ...laters().map(([title, at]) =>
      h("option", { value: at.toISOString() }, `${title} · ${soon(at)}`)));
    snooze.hidden = talk.state === "CLOSED";
    turn.textContent = isOpen() ? "Close" : talk.state === "CLOSED" ? "Open again" : "Open now";
    for (const one of [answerer, snooze, turn]) one.disabled = !sendMessage;
  }

  // Without a version the server refuses what another has taken meanwhile; having seen who has it,
  // one takes over knowingly.
  async function give(staffId) {
    const { id: conversationId, lead, version } = talk;
    const input = { leadId: lead.id, conversationId, staffId, expectedVersion: version };
    await perform(GIVE, input, refusal, ({ conflicts }) => {
      const [one] = conflicts ?? [];
      if (one?.changedByName) refusal.textContent += ` Since ${clock(one.changedAt)}.`;
    });
    refresh();
  }

  async function change(given) {
    const input = { leadId: talk.lead.id, conversationId: talk.id, ...given };
    await perform(TURN, input, refusal);
    refresh();
  }

  function putOff() {
    const snoozedUntil = snooze.value;
    snooze.value = "";
    if (snoozedUntil) change({ state: "SNOOZED", snoozedUntil });
  }

  function laters() {
    const now = new Date(serverNow());
    const on = (days, hour) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
    const toMonday = (8 - now.getDay()) % 7 || 7;
    const all = [["In an hour", new Date(now.getTime() + 3600e3)], ["This evening", on(0, 18)],
      ["Tomorrow", on(1, 9)], ["Next week", on(toMonday, 9)]];
    return all.filter(([, at]) => at > now);
  }

  async function markRead() {
    const last = messages.at(-1);
    if (!last || last.id === readId || document.hidden || !talk.unreadCount) return;
    readId = last.id;
    await mutate(READ, { conversationId: talk.id, messageId: last.id }).catch(() => null);
  }

  function insert(text) {
    const gap = input.value && !/\s$/.test(input.value) ? "\n" : "";
    input.value += gap + text;
    input.focus();
    typed();
  }

  function typed() { mark(Boolean(input.value.trim())); }

  function mark(isTyping) {
    if (!talk || (!isTyping && !markedAt)) return;
    if (isTyping && Date.now() - markedAt < REPEAT_MS) return;
    markedAt = isTyping ? Date.now() : 0;
    const input = { leadId: talk.lead.id, typingInConversationId: isTyping ? talk.id : null };
    mutate(TYPE, input).catch(() => null); // nothing is lost with it
  }

  function keys(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  }

  function send(event) {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    replies.close();
    mark(false);
    outbox.add(talk.lead.id, text);
    log.scrollTop = log.scrollHeight;
  }

  function makeWaiting(item) {
    const told = item.refusal ? h("small", {}, `Not sent: ${item.refusal} `,
      h("button", { class: "link", type: "button", onclick: () => outbox.discard(item.key) },
        "Discard")) : h("small", {}, "sending …");
    return h("li", { class: "to-lead" }, item.text, told);
  }

  document.addEventListener("visibilitychange", () => document.hidden || (talk && markRead()));
  replies.leadOf(() => talk?.lead.id);
  return { element, start, stop, open, follow, hear, redraw: () => draw() };
}

function stateWords({ state, snoozedUntil, waitingSince }) {
  if (state === "SNOOZED") return `put off, back ${soon(snoozedUntil)}`;
  if (state === "CLOSED") return "closed";
  return waitingSince ? `waits since ${moment(waitingSince)}` : "open, answered";
}

function makeMessage({ id, direction, channel, subject, text, author, at, seenAt }) {
  return h("li", { class: direction === "TO_LEAD" ? "to-lead" : "from-lead", data: { id } },
    channel !== "CHAT" && subject && h("b", {}, subject), text,
    h("small", {}, `${author.name} · ${moment(at)}`, seenAt && ` · seen ${clock(seenAt)}`));
}

/** A day and time to come, short: `today 18:00`, `Mon 9 Mar, 09:00`. */
export function soon(at) {
  const day = new Date(at);
  const time = day.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (day.toDateString() === new Date().toDateString()) return `today ${time}`;
  return `${day.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" })}, ${time}`;
}
