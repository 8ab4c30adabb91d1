// Appointments of the lead: what is ahead, what came of the rest, and forms to plan a new one and to
// put down what took place elsewhere.

import { CANCEL_APPOINTMENT, FURTHER_PLANS, RECORD_OUTCOME, SCHEDULE, UPDATE_APPOINTMENT }
  from "./documents.js";
import { earlierPart } from "./earlier.js";
import { clock, fill, h, offer, refusalPlace, words } from "./elements.js";
import { logPart } from "./logging.js";
import { randomKey } from "./outbox.js";
import { emptyLine, panel } from "./panels.js";
import { sureButton } from "./sheet.js";

const HOUR = 3_600_000;
const LATEST = 2 ** 31 - 1; // of a timer, in milliseconds
const REMINDERS = [["", "No reminder"], ["0", "At the start"], ["10", "10 min ahead"],
  ["30", "30 min ahead"], ["60", "1 h ahead"], ["1440", "1 day ahead"]];
const KINDS = ["MEETING", "SHOWING", "CALL"];
const CHANGEABLE = ["title", "startsAt", "endsAt", "isAllDay", "assigneeId", "place", "body",
  "reminderMinutes"];
const OUTCOMES = [["HELD", "It took place"], ["NO_SHOW", "Did not come"], ["MOVED", "Moved"]];

export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A local instant as `datetime-local` inputs write it. */
export function localInput(ms) {
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export const options = (members) =>
  members.map(([value, name]) => h("option", { value }, name));

/** What is ahead and what is past, with forms. */
export function appointmentsPanel(context) {
  const { leadId, perform, serverNow } = context;
  const empty = emptyLine("Nothing is planned.");
  const ahead = h("ol", { class: "agenda", "data-testid": "upcoming" });
  const past = h("ol", { class: "agenda", "data-testid": "past-appointments" });
  const [further, earlier] = [["upcoming", "UPCOMING", ahead, "Show more"],
    ["past", "PAST", past, "Show earlier"]].map(([place, when, list, label]) =>
    earlierPart(context, { tab: "appointments", place, document: FURTHER_PLANS, list, label,
      variables: { when } }));
  const before = h("details", { class: "popup" }, h("summary", {}, "Past"), past, earlier.element);
  const plan = planPart(context);
  const editors = new Map(); // forms of the appointments that this person is changing, by their ids
  const log = logPart(leadId, perform, serverNow);
  let lead = null, timer = 0;

  const row = (one) => (one.isEdited ? h("li", { data: { id: one.id } }, editors.get(one.id).element)
    : makeAppointment(one, one.mayEdit && { leadId, perform, edit }));

  function edit(one) {
    const form = planPart(context, one, () => {
      editors.delete(one.id);
      draw();
    });
    form.update(lead);
    editors.set(one.id, form);
    draw();
  }

  function draw() {
    const now = serverNow();
    const isAhead = (one) => Date.parse(one.endsAt) > now && !one.cancelledAt;
    const start = (one, other) => (one.startsAt < other.startsAt ? -1 : 1);
    const next = lead.appointments.filter(isAhead).sort(start);
    const gone = lead.appointments.filter((one) => !isAhead(one)).sort(start).reverse();
    const { edit: mayEdit } = lead.viewerCan;
    for (const { id, cancelledAt } of lead.appointments) {
      if (cancelledAt || !mayEdit) editors.delete(id);
    }
    const shown = (one) => (editors.has(one.id) ? { id: one.id, isEdited: true }
      : { ...one, mayEdit });
    fill(ahead, next.map(shown), ({ id }) => id, row);
    fill(past, gone.map(shown), ({ id }) => id, row);
    empty.hidden = next.length > 0;
    before.hidden = !gone.length;
    clearTimeout(timer);
    const ends = next.map(({ endsAt }) => Date.parse(endsAt) - now);
    if (ends.length) timer = setTimeout(draw, Math.min(LATEST, ...ends) + 500);
  }

  function update(next) {
    lead = next;
    plan.update(lead);
    further.update(lead);
    earlier.update(lead);
    log.element.hidden = !lead.viewerCan.edit;
    draw();
  }

  const element = panel("Appointments", empty, ahead, further.element, before, plan.element, log.element);
  return { element, update };
}

function makeAppointment(one, acts) {
  const { title, kind, assignee, place, body, outcome, outcomeNote, cancelledAt, overlaps } = one;
  const about = [words(kind) === title ? "" : words(kind), assignee?.name ?? "nobody yet", place]
    .filter(Boolean).join(" · ");
  const others = overlaps.length;
  const came = outcome && OUTCOMES.find(([value]) => value === outcome)[1];
  return h("li", { class: cancelledAt ? "off" : "", data: { id: one.id } },
    h("time", { class: "when", datetime: one.startsAt, "data-fixed": true }, period(one)),
    acts && !cancelledAt ? h("button", { class: "link what", type: "button",
      title: "Move or change it", onclick: () => acts.edit(one) }, title) : h("b", {}, title),
    h("small", {}, about),
    cancelledAt && h("small", {}, "Called off"),
    others > 0 && !cancelledAt && h("small", { class: "refusal" },
      `At the same time as ${others === 1 ? "another" : `${others} others`} of ${assignee.name}`),
    body && h("p", { class: "annotation" }, body),
    came && h("small", { class: "came" }, came),
    outcomeNote && h("p", { class: "annotation" }, outcomeNote),
    acts && !cancelledAt && outcomeForm(one, acts));
}

function outcomeForm({ id, outcome, outcomeNote }, { leadId, perform }) {
  const what = h("select", { "aria-label": "What came of it" }, options(OUTCOMES));
  const note = h("textarea", { rows: "2", maxlength: "20000", "aria-label": "Note on the outcome",
    placeholder: "Note (optional)" });
  const refusal = refusalPlace();
  what.value = outcome ?? "HELD";
  note.value = outcomeNote ?? "";
  const on = { leadId, appointmentId: id };

  function submit(event) {
    event.preventDefault();
    perform(RECORD_OUTCOME, { ...on, outcome: what.value, note: note.value || null }, refusal);
  }

  const off = sureButton("Call off", "Sure? Call off",
    () => perform(CANCEL_APPOINTMENT, on, refusal));
  return h("details", { class: "popup" }, h("summary", {}, outcome ? "Correct" : "What came of it"),
    h("form", { onsubmit: submit, onkeydown: (event) => {
      if (event.key !== "Escape") return;
      const box = event.currentTarget.closest("details");
      box.open = false;
      box.firstChild.focus();
    } }, what, note,
      h("div", { class: "beside" }, h("button", { class: "plain" }, "Save"), !outcome && off),
      refusal));
}

/** `Tue 3 Mar, 10:00–11:00`; whole days as they are where they were planned. */
export function period({ startsAt, endsAt, isAllDay, timeZone }) {
  const form = { weekday: "short", day: "numeric", month: "short" };
  const day = (at) => new Date(at).toLocaleDateString("en-GB", isAllDay ? { ...form, timeZone } : form);
  const first = day(startsAt), last = day(Date.parse(endsAt) - 1);
  if (isAllDay) return first === last ? first : `${first} – ${last}`;
  const end = first === last ? clock(endsAt) : `${day(endsAt)}, ${clock(endsAt)}`;
  return `${first}, ${clock(startsAt)}–${end}`;
}

// A form for a new appointment, folded away; with `one` for that one, in its place until `close()`.
function planPart({ leadId, me, staff, perform, serverNow }, one = null, close = null) {
  const kind = h("select", { "aria-label": "Kind of appointment" },
    options(KINDS.map((member) => [member, words(member)])));
  const title = h("input", { maxlength: "200", "aria-label": "Title of the appointment",
    placeholder: "Title (optional)" });
  const start = h("input", { required: true, "aria-label": "Start" });
  const end = h("input", { required: true, "aria-label": "End" });
  const whole = h("input", { type: "checkbox", onchange: turn });
  const who = h("select", { "aria-label": "Who goes" });
  const place = h("input", { maxlength: "300", "aria-label": "Place", placeholder: "Place or link" });
  const reminder = h("select", { "aria-label": "Reminder" }, options(REMINDERS));
  const body = h("textarea", { rows: "2", maxlength: "10000", "aria-label": "Text",
    placeholder: "What to know (optional)" });
  const refusal = refusalPlace();
  const form = h("form", { class: "plan", onsubmit: submit,
    onkeydown: (event) => event.key === "Escape" && (one ? close() : fold()) },
    h("div", { class: "beside" }, kind, who), title,
    h("div", { class: "beside" }, start, end),
    h("div", { class: "beside" }, h("label", { class: "check" }, whole, "Whole days"), reminder),
    place, body, h("div", { class: "beside" }, h("button", { class: "primary" },
      one ? "Save" : "Plan"), one && h("button", { class: "link", type: "button", onclick: close },
      "Cancel")), refusal);
  const element = one ? h("div", { class: "popup" }, form) : h("details", { class: "popup", "data-testid": "plan", ontoggle: open },
    h("summary", {}, "Plan an appointment"), form);
  let first = null, version = one?.version; // what the form of `one` began with
  let idempotencyKey = randomKey(); // kept until it worked: trying again plans no second one

  function turn() {
    const days = [start, end].map(({ value }) => value.slice(0, 10));
    const times = [start, end].map((one, index) => one.dataset.time ?? `1${index}:00`);
    [start, end].forEach((one, index) => {
      one.dataset.time = whole.checked ? one.value.slice(11) || times[index] : times[index];
      one.type = whole.checked ? "date" : "datetime-local";
      one.value = whole.checked ? days[index] : `${days[index]}T${times[index]}`;
    });
  }

  function open() {
    if (!element.open || start.value) return;
    const next = Math.ceil((serverNow() + 1) / HOUR) * HOUR;
    start.type = end.type = "datetime-local";
    start.value = localInput(next);
    end.value = localInput(next + HOUR);
    reminder.value = "30";
  }

  function fold() {
    element.open = false;
    element.firstChild.focus();
  }

  /** The appointment as it is, in the days and hours of this browser. */
  function show() {
    kind.hidden = true; // what it is stays
    whole.checked = one.isAllDay;
    const last = Date.parse(one.endsAt) - (one.isAllDay ? 1 : 0);
    const [from, to] = [Date.parse(one.startsAt), last].map(localInput);
    start.type = end.type = one.isAllDay ? "date" : "datetime-local";
    start.value = one.isAllDay ? from.slice(0, 10) : from;
    end.value = one.isAllDay ? to.slice(0, 10) : to;
    title.value = one.title;
    place.value = one.place ?? "";
    body.value = one.body ?? "";
    const ahead = one.reminderMinutes == null ? "" : String(one.reminderMinutes);
    if (!REMINDERS.some(([value]) => value === ahead)) {
      reminder.append(h("option", { value: ahead }, `${ahead} min ahead`));
    }
    reminder.value = ahead;
  }

  // Only what this person changed: what others changed meanwhile stays as it is.
  async function store(input) {
    const given = {};
    for (const key of CHANGEABLE) {
      if (input[key] !== first[key]) given[key] = input[key];
    }
    if ("isAllDay" in given || "startsAt" in given || "endsAt" in given) {
      const { startsAt, endsAt, isAllDay } = input;
      Object.assign(given, { startsAt, endsAt, isAllDay });
    }
    if (!Object.keys(given).length || await perform(UPDATE_APPOINTMENT, { leadId,
      appointmentId: one.id, ...given, expectedVersion: version }, refusal, clash)) close();
  }

  function clash({ currentVersion, conflicts }) {
    if (!currentVersion) return;
    version = currentVersion;
    refusal.textContent = `${conflicts?.[0]?.changedByName ?? "Somebody"} changed this meanwhile. `
      + "Save again to put yours in its place.";
  }

  function typed() {
    const until = new Date(whole.checked ? `${end.value}T00:00` : end.value);
    if (whole.checked) until.setDate(until.getDate() + 1); // the last day is meant whole
    return { kind: kind.value, title: title.value || null,
      startsAt: new Date(whole.checked ? `${start.value}T00:00` : start.value).toISOString(),
      endsAt: until.toISOString(), isAllDay: whole.checked, timeZone: zone(),
      assigneeId: who.value || null, place: place.value || null, body: body.value || null,
      reminderMinutes: reminder.value === "" ? null : Number(reminder.value) };
  }

  async function submit(event) {
    event.preventDefault();
    const input = typed();
    if (one) return store(input);
    if (!(await perform(SCHEDULE, { leadId, idempotencyKey, ...input }, refusal))) return;
    idempotencyKey = randomKey();
    form.reset();
    start.value = "";
    element.open = false;
  }

  function update(lead) {
    element.hidden = !lead.viewerCan.edit;
    const people = [me, ...staff().filter(({ id }) => id !== me.id)];
    const goes = one?.assignee;
    if (goes && !people.some(({ id }) => id === goes.id)) people.push(goes);
    offer(who, [...(one ? [["", "Nobody yet"]] : []), ...people.map(({ id, name }) => [id, name])]);
    if (!one || first) return;
    who.value = goes?.id ?? "";
    show();
    first = typed();
  }

  return { element, update };
}
