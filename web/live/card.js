// The card as one value and the only function that changes it. Pure: nothing here knows the page,
// the clock or the network, so the same items always give the same card.

const REMEMBERED = 256;
const SHOWN = 200;
const PAGED = ["notes", "messages", "events", "history", "tasks", "upcoming", "past"];
const NO_MORE = { hasNextPage: false, endCursor: null };

/** Facts about a lead before anything was heard: `status` is loading, open or ended. */
export function blankCard() {
  return { status: "loading", lead: null, cursor: null, recent: [], touched: [], ending: null };
}

/**
 * The card after `item` of `leadCard`. `touched` names the parts that this item changed. An item of
 * the log that was applied already gives the very same card back.
 */
export function apply(card, item) {
  const type = item.__typename;
  if (type === "LeadCardSnapshot") return open(card, item);
  if (type === "LeadCardReset") return { ...card, cursor: null, recent: [], touched: [] };
  if (type === "LeadMerged") return end(card, { why: "MERGED", into: item.into?.id ?? null });
  if (type === "LeadErased") return end(card, { why: "ERASED", at: item.at });
  if (type === "AccessEnded") return end(card, { why: item.endReason });
  if (!card.lead) return card;
  if (type === "PresenceChanged") return withPresence(card, item);
  if (type === "ViewersChanged") {
    const { viewers, viewerCount } = item;
    return { ...card, lead: { ...card.lead, viewers, viewerCount }, touched: [] };
  }
  if (type === "TypingChanged") {
    return { ...card, lead: { ...card.lead, isTyping: item.isLeadTyping }, touched: [] };
  }
  if (type === "SettingsChanged") {
    return { ...card, lead: { ...card.lead, ...item.lead }, touched: ["settings"] };
  }
  if (type === "DueBandsChanged") {
    const tasks = item.tasks.reduce(placed, card.lead.tasks);
    return { ...card, lead: { ...card.lead, tasks }, touched: [] };
  }
  if (type === "EarlierPage") return withEarlier(card, item);
  if (!item.entry || card.recent.includes(item.cursor)) return card;
  const { lead, touched } = change(card.lead, item);
  return {
    ...card,
    lead: {
      ...lead,
      history: upsert(lead.history, item.entry, byTime("at")),
      timeline: item.timelineItem ? upsert(lead.timeline, item.timelineItem, null) : lead.timeline,
    },
    cursor: item.cursor,
    recent: [...card.recent, item.cursor].slice(-REMEMBERED),
    touched,
  };
}

// The snapshot's lead has a key of its own: under one key with the small leads of changes, all their
// fields would be compared with one another before the document runs.
function open(card, { cursor, whole, lead = whole }) {
  const flat = { ...lead, pages: {} };
  for (const place of PAGED) flat.pages[place] = lead[place]?.pageInfo ?? NO_MORE;
  for (const tab of ["notes", "conversations", "messages", "events", "history", "tasks"]) {
    flat[tab] = lead[tab]?.nodes ?? [];
  }
  flat.appointments = [...(lead.upcoming?.nodes ?? []), ...(lead.past?.nodes ?? [])];
  flat.calls = []; // only what was corrected while the card is open
  flat.eventGroups ??= [];
  flat.timeline = lead.timeline?.nodes ?? [];
  flat.timelinePage = lead.timeline?.pageInfo ?? NO_MORE;
  flat.gone = []; // ids of what was removed while the card is open
  flat.presence = newer(card.lead?.presence, lead.presence);
  const recent = [...card.recent, cursor].slice(-REMEMBERED);
  return { ...card, status: "open", lead: flat, cursor, recent, touched: [], ending: null };
}

/** A page of what the card left out, after what it holds; what is known already counts as newer. */
function withEarlier(card, { tab, rows, place, pageInfo }) {
  const known = new Set(card.lead[tab].map(({ id }) => id));
  const gone = new Set(card.lead.gone);
  const fresh = rows.filter(({ id }) => !known.has(id) && !gone.has(id));
  const pages = { ...card.lead.pages, [place]: pageInfo };
  return { ...card, lead: { ...card.lead, [tab]: [...card.lead[tab], ...fresh], pages },
    touched: [] };
}

const end = (card, ending) => ({ ...card, status: "ended", ending, touched: [] });

function withPresence(card, { presence }) {
  const next = newer(card.lead.presence, presence);
  if (next === card.lead.presence) return card;
  const touched = next.state === card.lead.presence.state ? [] : ["presence"];
  const address = ({ sessions }) => sessions[0]?.pageUrl;
  if (address(next) !== address(card.lead.presence)) touched.push("page");
  return { ...card, lead: { ...card.lead, presence: next }, touched };
}

// Instants are text of one form and zone, so their order is the order of the texts.
function newer(old, fresh) {
  return old && old.at > fresh.at ? old : fresh;
}

function change(lead, item) {
  const make = CHANGES[item.__typename];
  return make ? make(lead, item) : { lead, touched: [] };
}

const CHANGES = {
  PropertiesChanged(lead, item) {
    const keys = item.properties.map(({ key }) => `property:${key}`);
    const properties = item.properties
      .reduce((all, one) => replace(all, one, "key"), lead.properties);
    const touched = [...keys, ...named(lead, item)];
    const { missingRequiredFields } = item;
    return { lead: { ...lead, ...item.lead, properties, missingRequiredFields }, touched };
  },
  ContactPointsChanged(lead, { lead: head, emailAddresses, phoneNumbers }) {
    const touched = ["contact", "name"];
    return { lead: { ...lead, ...head, emailAddresses, phoneNumbers }, touched };
  },
  LeadStateChanged(lead, item) {
    return { lead: { ...lead, ...item.lead, state: item.toState }, touched: ["state"] };
  },
  LeadAssigneeChanged(lead, { toAssignee, lead: head }) {
    return { lead: { ...lead, ...head, assignee: toAssignee }, touched: ["assignee"] };
  },
  LeadAccountChanged(lead, { account, lead: head }) {
    return { lead: { ...lead, ...head, account }, touched: ["account"] };
  },
  LeadVisibilityChanged(lead, { hiddenAt }) {
    return { lead: { ...lead, hiddenAt }, touched: [] };
  },
  TagsChanged(lead, { added, removed }) {
    const gone = new Set([...removed, ...added.map(({ name }) => name)]);
    const tags = [...lead.tags.filter(({ name }) => !gone.has(name)), ...added]
      .sort((one, other) => one.name.localeCompare(other.name));
    return { lead: { ...lead, tags }, touched: ["tags"] };
  },
  EventRecorded(lead, { event, group }) {
    const events = upsert(lead.events, event, byTime("occurredAt"));
    const others = lead.eventGroups.filter(({ name }) => name !== group.name);
    const eventGroups = [...others, group].sort(byTime("lastAt"));
    const isOwn = event.actor.kind === "LEAD";
    return { lead: { ...seen(lead, isOwn && event.lastAt), events, eventGroups }, touched: [] };
  },
  EventAnnotated(lead, { event }) {
    const events = lead.events.map((old) => (old.id === event?.id ? event : old));
    return { lead: { ...lead, events }, touched: [] };
  },
  NoteChanged(lead, { noteId, note }) {
    const notes = note ? upsert(lead.notes, note, byTime("createdAt"))
      : lead.notes.filter(({ id }) => id !== noteId);
    return { lead: { ...lead, notes, gone: left(lead, note, noteId) }, touched: [] };
  },
  TaskChanged(lead, { taskId, task }) {
    const tasks = task ? placed(lead.tasks, task) : lead.tasks.filter(({ id }) => id !== taskId);
    return { lead: { ...lead, tasks, gone: left(lead, task, taskId) }, touched: [] };
  },
  ImportantDateChanged(lead, { importantDateId, importantDate }) {
    const others = lead.importantDates.filter(({ id }) => id !== importantDateId);
    const importantDates = (importantDate ? [...others, importantDate] : others)
      .sort((one, other) => (one.date < other.date ? -1 : 1));
    return { lead: { ...lead, importantDates }, touched: [] };
  },
  MessageAdded(lead, { message, conversation }) {
    const messages = upsert(lead.messages, message, byTime("at"));
    const conversations = upsert(lead.conversations, conversation, null);
    const isOwn = message.direction === "FROM_LEAD";
    return { lead: { ...seen(lead, isOwn && message.at), messages, conversations }, touched: [] };
  },
  MessageDeliveryChanged(lead, { message }) {
    const messages = lead.messages.map((old) => (old.id === message.id ? message : old));
    return { lead: { ...lead, messages }, touched: [] };
  },
  AppointmentChanged(lead, { appointment }) {
    const appointments = upsert(lead.appointments, appointment, null);
    return { lead: { ...lead, appointments }, touched: [] };
  },
  CallChanged(lead, { call }) {
    return { lead: { ...lead, calls: upsert(lead.calls, call, null) }, touched: [] };
  },
  ConversationChanged(lead, { conversation }) {
    return {
      lead: { ...lead, conversations: upsert(lead.conversations, conversation, null) }, touched: [],
    };
  },
};

const left = ({ gone }, thing, id) => (thing ? gone : [...gone, id]);

function named(lead, { lead: head }) {
  const touched = [];
  if (head.displayName !== lead.displayName || head.title !== lead.title) touched.push("name");
  if (head.priority !== lead.priority) touched.push("priority");
  if (worth(head) !== worth(lead)) touched.push("value");
  return touched;
}

const worth = ({ value }) => (value ? `${value.amount} ${value.currency}` : "");

function seen(lead, at) {
  return at && !(lead.lastActivityAt > at) ? { ...lead, lastActivityAt: at } : lead;
}

// Open tasks by due date, then done ones, newest first.
function placed(tasks, task) {
  const due = ({ dueAt, dueOn }) => dueAt ?? (dueOn ? `${dueOn}T24` : "9");
  const order = (one, other) => {
    if (one.completedAt && other.completedAt) return one.completedAt < other.completedAt ? 1 : -1;
    if (one.completedAt || other.completedAt) return one.completedAt ? 1 : -1;
    return due(one) < due(other) ? -1 : due(one) > due(other) ? 1 : 0;
  };
  return capped([task, ...tasks.filter(({ id }) => id !== task.id)].sort(order), tasks);
}

const byTime = (field) => (one, other) => (one[field] < other[field] ? 1 : -1);

function replace(rows, row, key) {
  return rows.some((old) => old[key] === row[key])
    ? rows.map((old) => (old[key] === row[key] ? row : old)) : [...rows, row];
}

// What was asked for stays; what comes by itself does not grow without an end.
const capped = (next, rows) => next.slice(0, Math.max(SHOWN, rows.length));

// Newest first; without an order the row goes to the top.
function upsert(rows, row, order) {
  const next = [row, ...rows.filter(({ id }) => id !== row.id)];
  return capped(order ? next.sort(order) : next, rows);
}

const TOLERANCE_MS = 1500;

/**
 * What the lamp shows at `now` (ms, the server's clock) when nothing was heard since `presence`:
 * `{ state, nextAt }`, where `nextAt` is when to look again, or null. A state that the server
 * itself calls unsure is kept; it will say so when it knows.
 */
export function lampAt(presence, now) {
  const { state } = presence;
  if (state === "OFFLINE" || presence.isProvisional) return { state, nextAt: null };
  const until = (at) => (at ? Date.parse(at) + TOLERANCE_MS : Infinity);
  const off = until(presence.leaseUntil);
  const sleep = state === "ONLINE" ? until(presence.activeUntil) : Infinity;
  if (now >= off) return { state: "OFFLINE", nextAt: null };
  if (now >= sleep) return { state: "SLEEPING", nextAt: off };
  return { state, nextAt: Math.min(off, sleep) };
}
