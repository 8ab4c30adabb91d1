// Events of a lead: the buttons that record one at a click, the list, and what is written on them.

import { ADD_EVENT, ANNOTATE_EVENT, EARLIER_EVENTS, QUICK_EVENT } from "./documents.js";
import { earlierPart } from "./earlier.js";
import { ago, fill, h, refusalPlace, words } from "./elements.js";
import { icon } from "./icons.js";
import { randomKey } from "./outbox.js";
import { emptyLine, panel } from "./panels.js";

/** A button for each quick kind of event; `buttons()` gives `[{ id, name, icon }]`. */
export function quickPart(leadId, buttons, perform) {
  const list = h("ul", { class: "quick", "aria-label": "Record an event", "data-testid": "quick" });
  const refusal = refusalPlace();

  function makeButton(kind) {
    let idempotencyKey = randomKey(); // a second click before the answer is the same event
    const button = h("button", { type: "button", onclick: click }, icon(kind.icon), kind.name);
    async function click() {
      button.setAttribute("aria-busy", "true");
      const input = { leadId, kindId: kind.id, idempotencyKey };
      const isDone = await perform(QUICK_EVENT, input, refusal);
      button.removeAttribute("aria-busy");
      if (isDone) idempotencyKey = randomKey();
    }
    return h("li", {}, button);
  }

  function update(lead) {
    fill(list, lead.viewerCan.edit ? buttons() : [], ({ id }) => id, makeButton);
  }

  return { element: h("div", { class: "quick-row" }, list, refusal), update };
}

/** Events, counted by name and one by one. */
export function eventsPanel(context) {
  const { leadId, perform } = context;
  const empty = emptyLine("Nothing recorded yet.");
  const groups = h("ul", { class: "groups", "aria-label": "Events by name" });
  const list = h("ol", { class: "events", "data-testid": "events" });
  const earlier = earlierPart(context, { tab: "events", document: EARLIER_EVENTS, list });
  const input = h("input", { maxlength: "100", "aria-label": "Name of a new event",
    placeholder: "Add an event, such as Showing held" });
  const refusal = refusalPlace();
  const form = h("form", { class: "inline", onsubmit: submit }, input,
    h("button", { class: "plain" }, "Add"));
  let idempotencyKey = randomKey();
  let mayEdit = false, shown = [];
  const drafts = new Map(); // by event: what is being written on it, upon which version

  async function submit(event) {
    event.preventDefault();
    const name = input.value.trim();
    if (!name || !(await perform(ADD_EVENT, { leadId, idempotencyKey, name }, refusal))) return;
    idempotencyKey = randomKey();
    input.value = "";
  }

  function update(lead) {
    fill(groups, lead.eventGroups, ({ name }) => name, makeGroup);
    mayEdit = lead.viewerCan.edit;
    shown = lead.events;
    draw();
    empty.hidden = lead.events.length > 0;
    form.hidden = !mayEdit;
    earlier.update(lead);
  }

  const draw = () => fill(list, shown.map((event) => ({ ...event, mayEdit,
    isOpen: drafts.has(event.id) })), ({ id }) => id, makeEvent);

  function makeEvent({ isOpen, ...event }) {
    const times = event.count > 1 ? h("span", { class: "count" }, `× ${event.count}`) : null;
    return h("li", { data: { id: event.id } },
      h("span", { class: "what" }, eventName(event.name), " ", times),
      event.pageUrl && h("span", { class: "where" }, path(event.pageUrl)),
      isOpen ? writer(event) : written(event),
      h("small", {}, `${event.actor.name} · `, ago(event.lastAt ?? event.occurredAt)));
  }

  function written({ id, version, annotation, mayEdit: isAllowed }) {
    const open = () => {
      drafts.set(id, { text: annotation?.body ?? "", version });
      draw();
      list.querySelector(`[data-id="${id}"] textarea`).focus();
    };
    return [annotation && h("p", { class: "annotation" }, annotation.body),
      isAllowed && h("button", { class: "link", type: "button", onclick: open },
        annotation ? "Change the text" : "Add a text")];
  }

  function writer({ id, name }) {
    const draft = drafts.get(id);
    const area = h("textarea", { rows: "3", maxlength: "20000", "aria-label": `Text for ${name}`,
      oninput: () => { draft.text = area.value; } });
    const told = refusalPlace();
    const close = () => {
      drafts.delete(id);
      draw();
    };
    area.value = draft.text;
    async function save(event) {
      event.preventDefault();
      const input = { leadId, eventId: id, body: draft.text, expectedVersion: draft.version };
      if (await perform(ANNOTATE_EVENT, input, told, clash)) close();
    }
    function clash({ conflicts, currentVersion }) {
      if (!conflicts?.length) return;
      const [{ changedByName, current }] = conflicts;
      draft.version = currentVersion;
      told.textContent = `${changedByName} wrote meanwhile: “${current?.display ?? ""}”. `
        + "Save again to replace it.";
    }
    return h("form", { class: "annotator", onsubmit: save,
      onkeydown: ({ key }) => key === "Escape" && close() }, area, told,
      h("div", { class: "beside" }, h("button", { class: "plain" }, "Save"),
        h("button", { class: "link", type: "button", onclick: close }, "Cancel")));
  }

  return { element: panel("Events", groups, form, refusal, empty, list, earlier.element),
    update };
}

function makeGroup({ name, count }) {
  return h("li", {}, eventName(name), h("b", {}, ` ${count}`));
}

// Names that a script made, such as price_list_opened, read as words; others stay as they are.
export const eventName = (name) => (/^[a-z0-9_]+$/.test(name) ? words(name) : name);

function path(url) {
  try {
    const { pathname, search } = new URL(url);
    return pathname + search;
  } catch {
    return url;
  }
}

