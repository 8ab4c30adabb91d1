// The inbox: who waits at the left, one conversation in the middle, the lead's card beside it. It
// opens at #inbox or #inbox/<conversation>.

import { lampAt } from "./card.js";
import { duration, fill, h, initials, words } from "./elements.js";
import { INBOX } from "./inbox-documents.js";
import { soon, talkPart } from "./inbox-talk.js";

const REDRAW_MS = 5000; // lamps and waiting times move without news
const TABS = {
  mine: { title: "Mine", filter: { assignee: { isMe: true } },
    empty: "Nothing is yours to answer." },
  unassigned: { title: "Nobody's", filter: { assignee: { isNobody: true } },
    empty: "Nobody waits to be taken." },
  open: { title: "All open", filter: {}, empty: "Nobody waits." },
  snoozed: { title: "Put off", filter: { states: ["SNOOZED"] }, empty: "Nothing is put off." },
  closed: { title: "Closed", filter: { states: ["CLOSED"] }, empty: "Nothing was closed yet." },
};

/**
 * The place: `{ button, start(me), stop(), show(conversationId), hide(), hear(item), redraw() }`.
 * `onLead(leadId)` is told whose card belongs beside the conversation, null for none.
 */
export function inboxPlace({ element, connection, perform, serverNow, staff, onLead, onSignedOut }) {
  const badge = h("span", { class: "count", hidden: true });
  const button = h("a", { class: "plain gear inbox-button", href: "#inbox", hidden: true,
    "data-testid": "inbox" }, "Inbox", badge);
  const tabs = h("div", { class: "inbox-tabs", role: "tablist", "aria-label": "Conversations" });
  const list = h("ul", { class: "waiting", "data-testid": "conversations" });
  const empty = h("p", { class: "empty", hidden: true });
  const refusal = h("p", { class: "refusal", role: "status" });
  const nav = h("nav", { class: "inbox-list", "aria-label": "Inbox" },
    h("a", { class: "back-link", href: "#" }, "‹ All leads"), h("h2", {}, "Inbox"), tabs, empty,
    list, refusal);
  const talk = talkPart({ perform, serverNow, staff, onLead, onSignedOut,
    onBack: () => { location.hash = "#inbox"; } });
  element.replaceChildren(nav, talk.element);

  let me = null, tab = "mine", rows = new Map(), order = [], counts = null, stream = null;
  let current = null, isShown = false, isRead = false, timer = 0, wasChosen = false;

  function start(person, outbox) {
    stop();
    me = person;
    talk.start(person, outbox);
    button.hidden = false;
    open();
    timer = setInterval(() => document.hidden || draw(), REDRAW_MS);
  }

  function stop() {
    clearInterval(timer);
    stream?.close();
    stream = null;
    talk.stop();
    me = null;
    button.hidden = true;
    [tab, rows, order, counts, isRead, wasChosen] = ["mine", new Map(), [], null, false, false];
    list.replaceChildren();
    delete list.dataset.filled;
  }

  function open() {
    stream?.close();
    [rows, order, isRead] = [new Map(), [], false];
    list.replaceChildren();
    delete list.dataset.filled;
    const variables = { filter: TABS[tab].filter, after: null };
    const mine = stream = connection.open(INBOX, variables, {
      onItem: ({ inbox: item }) => {
        if (mine !== stream) return;
        variables.after = item.cursor;
        refusal.textContent = "";
        take(item);
      },
      onFailure: (failure) => {
        if (failure.isSignedOut) return onSignedOut();
        if (failure.code === "BAD_USER_INPUT") variables.after = null; // of another server
        refusal.textContent = failure.message;
        mine.renew();
      },
      onEnd: () => mine === stream && mine.renew(),
    });
    draw();
  }

  // As the schema says: put what comes among what is known, then show what the order names.
  function take(item) {
    if (item.__typename === "ListReset") return;
    if (item.__typename === "InboxSnapshot") rows = new Map();
    for (const one of item.conversations) rows.set(one.id, one);
    for (const id of item.leftIds ?? []) rows.delete(id);
    order = item.order ?? item.conversations.map(({ id }) => id);
    counts = item.counts;
    isRead = true;
    if (!wasChosen && tab === "mine" && !counts.mine.value) return choose("open");
    wasChosen = true;
    const open = rows.get(current);
    if (open) talk.follow(open);
    draw();
  }

  function choose(name) {
    wasChosen = true;
    if (name === tab) return;
    tab = name;
    open();
  }

  function draw() {
    const unread = counts?.unread.value ?? 0;
    badge.textContent = unread > 99 ? "99+" : unread;
    badge.hidden = !unread;
    button.setAttribute("aria-label", unread ? `Inbox, ${unread} unread` : "Inbox");
    tabs.replaceChildren(...Object.entries(TABS).map(([name, { title }]) => h("button", {
      type: "button", role: "tab", "aria-selected": String(name === tab), data: { tab: name },
      onclick: () => choose(name) }, title, counts && h("span", { class: "many" },
        `${counts[name].value}${counts[name].isExact ? "" : "+"}`))));
    empty.textContent = TABS[tab].empty;
    empty.hidden = !isRead || order.length > 0;
    list.classList.toggle("loading", !isRead);
    const now = serverNow();
    const shown = order.map((id) => rows.get(id)).filter(Boolean).map((one) => ({ ...one,
      lamp: lampAt(one.lead.presence, now).state, lead: { name: one.lead.displayName },
      waits: one.waitingSince ? duration((now - Date.parse(one.waitingSince)) / 1000) : null,
      others: one.viewers.filter(({ staff: { id } }) => id !== me?.id) }));
    if (isRead) fill(list, shown, ({ id }) => id, (row) => makeRow(row, me));
    mark();
  }

  function mark() {
    for (const link of list.querySelectorAll("a")) {
      if (link.dataset.id === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  /** Shows the list and one conversation, null for none. */
  function show(conversationId) {
    isShown = true;
    element.classList.toggle("with-talk", Boolean(conversationId));
    if (current !== conversationId || !conversationId) {
      current = conversationId;
      talk.open(conversationId);
    }
    document.title = "Inbox · Leadlight";
    mark();
  }

  function hide() {
    if (!isShown) return;
    isShown = false;
    current = null;
    talk.open(null);
  }

  const hear = (item) => isShown && talk.hear(item);
  const redraw = () => isShown && talk.redraw();
  return { button, start, stop, show, hide, hear, redraw };
}

const LAMPS = { ONLINE: "Online", SLEEPING: "Sleeping", OFFLINE: "Offline" };

function makeRow(row, me) {
  const { id, lamp, lead, lastMessage, assignee, unreadCount, waits, others } = row;
  const isOurs = lastMessage?.direction === "TO_LEAD";
  const typing = others.filter((one) => one.typingInConversationId === id);
  const others2 = row.isLeadTyping ? `${lead.name} is typing …`
    : typing.length ? `${names(typing)} typing …`
    : others.length ? `${names(others)} looking` : "";
  return h("li", {}, h("a", { href: `#inbox/${id}`, data: { testid: "conversation-row", id } },
    h("span", { class: "light", data: { state: lamp }, title: LAMPS[lamp] },
      h("span", { class: "aside" }, LAMPS[lamp])),
    h("span", { class: "row-name" }, lead.name),
    unreadCount ? h("span", { class: "many unread", title: "Messages that you have not read" },
      String(unreadCount)) : h("span"),
    h("span", { class: "row-words" }, isOurs && h("i", {}, `${lastMessage.author.name}: `),
      lastMessage?.text ?? ""),
    h("span", { class: "row-facts" },
      waits && h("span", { class: "waits" }, `waits ${waits}`),
      row.snoozedUntil && h("span", {}, `back ${soon(row.snoozedUntil)}`),
      row.channel !== "CHAT" && h("span", {}, words(row.channel)),
      others2 && h("span", { class: "others" }, others2),
      assignee && h("span", { class: "owner", title: `${assignee.name} answers` },
        assignee.id === me?.id ? "you" : initials(assignee.name)))));
}

const names = (viewers) => {
  const first = viewers.slice(0, 2).map(({ staff: { name } }) => name.split(" ")[0]).join(", ");
  return viewers.length > 2 ? `${first} +${viewers.length - 2}` : first;
};
