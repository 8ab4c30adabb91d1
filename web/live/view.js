// One lead's card on the page: the header with lamp, pipeline, assignee and priority, and the
// columns below it. It only draws what card.js says and sends what a person does.

import { accountPart } from "./account.js";
import { appointmentsPanel } from "./appointments.js";
import { avatarPart } from "./avatar.js";
import { contactPart } from "./contact.js";
import { CHANGE_PRIORITY } from "./documents.js";
import {
  addressOf, ago, copied, fill, flash, h, initials, localTime, moment, placeWords, refusalPlace,
  words,
}
  from "./elements.js";
import { datesPanel } from "./dates.js";
import { erasePart } from "./erasure.js";
import { eventsPanel, quickPart } from "./events.js";
import { personalDataPart } from "./export.js";
import { tagsPart } from "./facts.js";
import { fieldsPart } from "./fields.js";
import { hidingPart } from "./hiding.js";
import { mergingPart } from "./merging.js";
import { notesPanel } from "./notes.js";
import { chatPanel } from "./panels.js";
import { peoplePart } from "./people.js";
import { pinsPart } from "./pins.js";
import { segmentsPart } from "./segments.js";
import { slimPart, statesPart } from "./states.js";
import { summaryPart } from "./summary.js";
import { tasksPanel } from "./tasks.js";
import { pastCard } from "./past.js";
import { pastPanel } from "./timeline.js";

const PRIORITIES = ["URGENT", "HIGH", "NORMAL", "LOW"];

/** `context` is `{ leadId, me, staff(), assignees(), buttons(), dateKinds(), noteVisibility(),
 * legend(), here(person), outbox, perform, take(item), serverNow(), onSignedOut }`. */
export function cardView(context) {
  const element = h("article", { class: "card", "aria-labelledby": "card-name" });
  const head = headView(context);
  const slim = slimPart(head.element);
  const { leadId, perform, onSignedOut } = context;
  const pins = pinsPart(perform, () => update(last));
  const facts = [summaryPart(leadId), fieldsPart(context, pins), contactPart(leadId, perform),
    tagsPart(leadId, perform), segmentsPart(leadId), mergingPart(leadId, perform),
    accountPart(leadId, perform, onSignedOut)];
  const chat = chatPanel(context);
  const notes = notesPanel(context);
  const appointments = appointmentsPanel(context);
  const events = eventsPanel(context);
  const then = pastCard(context, element);
  const past = pastPanel({ ...context, showThen: then.show });
  const tasks = tasksPanel(context);
  const dates = datesPanel(context);
  const erase = erasePart(leadId, perform);
  const personal = personalDataPart(leadId, onSignedOut);
  erase.element.prepend(personal.element);
  const announcer = h("p", { class: "aside", role: "status" });
  const quick = quickPart(leadId, context.buttons, perform);
  element.append(then.element, slim.element, quick.element, head.element, pins.element,
    h("div", { class: "columns" },
      h("div", { class: "column" }, facts.map((one) => one.element), dates.element),
      h("div", { class: "column" }, chat.element, appointments.element, notes.element),
      h("div", { class: "column" }, tasks.element, events.element, past.element)),
    erase.element, announcer);
  const parts = [quick, head, pins, ...facts, chat, appointments, notes, tasks, dates, events, past,
    erase, personal];
  let newest = null;
  let last = null;

  function update(card) {
    const { lead, touched } = card;
    last = { ...card, touched: [] };
    for (const one of parts) one.update(lead, touched);
    slim.update(lead, worth(lead));
    const [entry] = lead.history;
    if (newest && entry && entry.id !== newest && entry.actor.name !== context.me.name) {
      announcer.textContent = entry.summary;
    }
    newest = entry?.id ?? "none";
  }

  return { element, update, showLamp: head.showLamp };
}

function headView({ leadId, me, assignees, perform, here }) {
  const name = h("h2", { id: "card-name", "data-testid": "card-name", tabindex: "-1" });
  const title = h("p", { class: "title" });
  const lamp = h("p", { class: "lamp", "data-testid": "presence", role: "status" });
  const value = h("p", { class: "worth", "data-testid": "value", title: "What the deal is worth" });
  const pages = h("p", { class: "soft", "data-testid": "pages" });
  const born = h("p", { class: "soft" });
  const reach = h("p", { class: "reach", "data-testid": "reach" });
  const theirs = h("p", { class: "soft", "data-testid": "local-time" });
  const states = statesPart({ leadId, me, perform });
  const viewers = h("ul", { class: "viewers", "aria-label": "Looking at this card" });
  const refusal = refusalPlace();
  const people = peoplePart({ leadId, me, assignees, perform, here }, refusal);
  const avatar = avatarPart(leadId, perform, refusal);
  const priority = h("select", { id: "priority", onchange: rank },
    PRIORITIES.map((member) => h("option", { value: member }, words(member))));
  const link = h("button", { class: "plain", type: "button", onclick: copy }, "Copy link");
  const hiding = hidingPart(leadId, perform, refusal);
  const element = h("header", { class: "head" },
    h("div", { class: "who" },
      avatar.element, h("div", {}, h("div", { class: "name" }, name, lamp, value), pages, title, reach, born, theirs),
      h("div", { class: "beside" }, viewers, hiding.elements, link)),
    states.element,
    h("div", { class: "controls" },
      people.elements,
      h("label", { for: "priority" }, "Priority"), priority, refusal, states.acts));
  let lead = null;

  async function rank() {
    const input = { leadId, priority: priority.value };
    if (!(await perform(CHANGE_PRIORITY, input, refusal))) priority.value = lead.priority;
  }

  async function copy() {
    link.textContent = (await copied(lead.url)) ? "Copied" : lead.url;
    setTimeout(() => { link.textContent = "Copy link"; }, 4000);
  }

  function update(next, touched) {
    const old = lead;
    lead = next;
    avatar.update(lead);
    name.textContent = lead.displayName;
    title.textContent = lead.title === lead.displayName ? "" : lead.title;
    if (old?.lastActivityAt !== lead.lastActivityAt || !old) born.replaceChildren(...origin(lead));
    if (JSON.stringify(old?.location) !== JSON.stringify(lead.location)) {
      const place = placeWords(lead.location);
      theirs.replaceChildren(...(place ? [place, " · "] : []), localTime(lead.location.timeZone));
    }
    if (old?.phoneNumbers !== lead.phoneNumbers || old?.emailAddresses !== lead.emailAddresses) {
      reach.replaceChildren(...waysTo(lead));
    }
    hiding.update(lead);
    states.update(lead, touched);
    people.update(lead, touched);
    priority.value = lead.priority;
    priority.disabled = !lead.viewerCan.edit;
    value.textContent = worth(lead);
    value.hidden = !lead.value;
    if (old?.viewers !== lead.viewers) showViewers(viewers, lead);
    if (touched.includes("name")) flash(name);
    if (touched.includes("priority")) flash(priority);
    if (touched.includes("value")) flash(value);
    if (touched.includes("presence")) flash(lamp);
    if (touched.includes("page")) flash(pages);
  }

  /** `state` is what the lamp shows now, which may be less than what the server said last. */
  function showLamp(state, presence) {
    const text = lampText(state, presence);
    showPages(pages, state === "OFFLINE" ? [] : presence.sessions);
    if (lamp.dataset.state === state && lamp.textContent === text) return;
    lamp.dataset.state = state;
    lamp.replaceChildren(h("span", { class: "light", "aria-hidden": "true" }), text);
  }

  return { element, update, showLamp };
}

// On narrow windows the panel with addresses and numbers is far below.
function waysTo({ phoneNumbers, emailAddresses }) {
  const first = (all) => all.find(({ isPrimary }) => isPrimary) ?? all[0];
  const number = first(phoneNumbers)?.number;
  const address = first(emailAddresses)?.address;
  return [number && h("a", { href: `tel:${number.replace(/[^+\d]/g, "")}` }, number),
    address && h("a", { href: `mailto:${encodeURIComponent(address)}` }, address)].filter(Boolean);
}

function worth({ value }) {
  if (!value) return "";
  const { amount, currency } = value;
  return new Intl.NumberFormat([], { style: "currency", currency }).format(amount);
}

function lampText(state, { lastActiveAt, lastSeenAt, isProvisional }) {
  const unsure = isProvisional ? " (checking)" : "";
  if (state === "ONLINE") return `Online${unsure}`;
  if (state === "SLEEPING") {
    return `Sleeping${lastActiveAt ? ` since ${moment(lastActiveAt)}` : ""}${unsure}`;
  }
  return `Offline${lastSeenAt ? `, last here ${moment(lastSeenAt)}` : ""}${unsure}`;
}

// `on /lamps/fern, 2 tabs`: the page that the lead looks at, and how many there are.
function showPages(place, sessions) {
  const [first] = sessions;
  const path = legible(addressOf(first?.pageUrl)?.pathname ?? "");
  const where = path && (first.isVisible ? `on ${path}` : `${path} in the background`);
  const count = sessions.length > 1 ? `${sessions.length} tabs` : "";
  const text = [where, count].filter(Boolean).join(", ");
  if (place.textContent !== text) place.textContent = text;
  place.title = sessions.map(({ pageTitle, pageUrl, device }) =>
    [pageTitle, pageUrl, device].filter(Boolean).join(" · ")).join("\n");
  place.hidden = !text;
}

function legible(path) {
  try {
    return decodeURI(path);
  } catch {
    return path; // a lone % or bytes of another encoding
  }
}

function origin({ isAnonymous, source, createdAt, lastActivityAt }) {
  const from = source ? `${words(source.channel)}${source.detail ? `, ${source.detail}` : ""}` : "";
  return [isAnonymous ? "Anonymous visitor · " : "", from && `Source: ${from} · `, "created ",
    ago(createdAt), " · ", lastActivityAt ? "active " : "no activity yet",
    lastActivityAt && ago(lastActivityAt)].filter(Boolean);
}

function showViewers(list, { viewers, viewerCount }) {
  const more = viewerCount - viewers.length;
  fill(list, viewers, ({ staff }) => staff.id, ({ staff }) =>
    h("li", { title: `${staff.name} looks at this card` }, h("span", { "aria-hidden": "true" },
      initials(staff.name)), h("span", { class: "aside" }, staff.name)));
  if (more > 0) list.append(h("li", {}, `+${more}`));
}
