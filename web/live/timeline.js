// The timeline: what people did and said in one stream, in a tab beside the history.

import { period } from "./appointments.js";
import { TIMELINE } from "./documents.js";
import { narrowedPart } from "./earlier.js";
import { ago, fill, h, moment, words } from "./elements.js";
import { eventName } from "./events.js";
import { historyPart } from "./history.js";
import { emptyLine } from "./panels.js";

const FILTERS = [["All", []], ["Notes", ["NOTE"]], ["Calls", ["CALL"]], ["E-mails", ["EMAIL"]],
  ["Meetings", ["MEETING"]], ["Tasks", ["TASK"]], ["Messages", ["MESSAGE"]],
  ["Events", ["EVENT"]], ["Moves", ["CHANGE"]]];

/** Two tabs, one shown at a time: what people did, and every change. */
export function pastPanel(context) {
  const parts = [timelinePart(context), historyPart(context)];
  const names = ["Timeline", "History"];
  const tabs = names.map((name, index) => h("button", { type: "button", role: "tab",
    id: `tab-${index}`, "aria-controls": `past-${index}`, onclick: () => show(index),
    onkeydown: turn }, name));
  const bodies = parts.map((one, index) => h("div", { role: "tabpanel", id: `past-${index}`,
    "aria-labelledby": `tab-${index}` }, one.element));
  const element = h("section", { class: "panel past" },
    h("div", { class: "tabs", role: "tablist", "aria-label": "What happened" }, tabs), bodies);

  function show(chosen) {
    tabs.forEach((tab, index) => {
      tab.setAttribute("aria-selected", String(index === chosen));
      tab.tabIndex = index === chosen ? 0 : -1;
      bodies[index].hidden = index !== chosen;
    });
  }

  function turn(event) {
    if (!/^Arrow(Left|Right)$/.test(event.key)) return;
    const other = tabs.find((tab) => tab !== event.target);
    show(tabs.indexOf(other));
    other.focus();
  }

  show(0);
  return { element, update: (lead) => parts.forEach((one) => one.update(lead)) };
}

function timelinePart(context) {
  const list = h("ol", { class: "timeline", "data-testid": "timeline" });
  const empty = emptyLine("Nothing of this kind yet.");
  const choice = h("div", { class: "filters", role: "group", "aria-label": "Kinds" },
    FILTERS.map(([name, kinds]) => h("button", { type: "button", onclick: () => choose(kinds) },
      name)));
  let lead = null, kinds = FILTERS[0][1];
  const stream = narrowedPart(context, { document: TIMELINE, list, draw,
    newest: () => lead.timeline, fits: ({ kind }) => kinds.length === 0 || kinds.includes(kind) });

  function choose(wanted) {
    kinds = wanted;
    stream.choose({ kinds }, kinds.length > 0 ? null : lead.timelinePage);
  }

  function draw(items) {
    const gone = new Set(lead.gone);
    const now = new Map([...lead.notes, ...lead.messages, ...lead.events,
      ...lead.appointments, ...lead.calls, ...lead.tasks]
      .map((thing) => [thing.id, thing]));
    const rows = items.filter(({ subject }) => !gone.has(subject.id))
      .map((item) => ({ ...item, subject: { ...item.subject, ...now.get(item.subject.id) } }));
    fill(list, rows, ({ id }) => id, makeItem);
    empty.hidden = rows.length > 0;
    FILTERS.forEach(([, wanted], index) =>
      choice.children[index].setAttribute("aria-pressed", String(wanted === kinds)));
  }

  function update(next) {
    const isSnapshot = next.timelinePage !== lead?.timelinePage;
    lead = next;
    if (isSnapshot) return choose(kinds);
    stream.redraw();
  }

  return { element: h("div", {}, choice, empty, list, stream.element), update };
}

const CHANNELS = { CHAT: "Chat", POPUP: "Pop-up", EMAIL: "E-mail", SMS: "Text message",
  WHATSAPP: "WhatsApp" };
const WAYS = { TO_LEAD: " to the lead", FROM_LEAD: " from the lead", TAKEN: " about the lead" };
const CALLED = { ANSWERED: "They talked", NO_ANSWER: "Nobody answered", BUSY: "Engaged",
  VOICEMAIL: "A message was left", WRONG_NUMBER: "Wrong number" };
const CAME = { HELD: "It took place", NO_SHOW: "The lead did not come", MOVED: "Moved" };
const SAYS = {
  Note: ({ text }) => ["Note", text],
  Message: (one) => [`${CHANNELS[one.channel]}${one.isLogged ? WAYS[one.direction] : ""}`,
    [one.subject, one.text].filter(Boolean).join(": "),
    [one.takenFrom && `From ${one.takenFrom}`, one.isBackdated && `On ${moment(one.at)}`]
      .filter(Boolean).join(" · ")],
  Call: (one) => [`Call${WAYS[one.direction]}`, [CALLED[one.callOutcome],
    one.durationSeconds >= 60 && `${Math.round(one.durationSeconds / 60)} min`,
    one.phoneNumber, one.isBackdated && moment(one.occurredAt)].filter(Boolean).join(" · "),
  one.note],
  Appointment: (one) => [words(one.kind), `${one.title}, ${period(one)}`,
    [one.cancelledAt && "Called off", one.outcome && CAME[one.outcome], one.outcomeNote]
      .filter(Boolean).join(": ")],
  Task: ({ title, completedAt }) => ["Task", title, completedAt && "Done"],
  Event: ({ name, count, annotation }) => ["Event",
    `${eventName(name)}${count > 1 ? ` × ${count}` : ""}`, annotation?.body],
  HistoryEntry: ({ summary }) => ["Change", summary],
};

function makeItem({ id, kind, at, actor, subject }) {
  const [label, text, more] = SAYS[subject.__typename](subject);
  return h("li", { data: { id, kind } }, h("span", { class: "label" }, label),
    h("span", { class: "what" }, text), more && h("p", { class: "annotation" }, more),
    h("small", {}, `${actor.name} · `, ago(at)));
}
