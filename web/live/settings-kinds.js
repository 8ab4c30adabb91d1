// Kinds of events, with a button on each card or without, and kinds of important dates.

import { h } from "./elements.js";
import { request } from "./graphql.js";
import { ICONS, icon } from "./icons.js";
import { ALL_DATE_KINDS, ALL_EVENT_KINDS, SAVE_DATE_KIND, SAVE_EVENT_KIND }
  from "./settings-documents.js";
import { heading, labelled, toggle, wholeForm } from "./settings-form.js";
import { entries, shared } from "./settings-list.js";

export const eventKindsSection = {
  name: "event-kinds",
  title: "Quick events",
  group: "Work",
  allowed: (permissions) => permissions.includes("ADMINISTER"),
  render: (element, { perform, onSignedOut }) => {
    const read = shared(async () => (await request(ALL_EVENT_KINDS)).eventKinds);
    const list = entries({
      read, onSignedOut, adding: "New kind", empty: "No kinds of events yet.",
      line: (row) => [h("span", { class: "beside entry-name" }, icon(row.icon), row.name),
        row.isQuick && h("span", { class: "strip" }, "button on each card")],
      form: (row, saved) => eventForm(row, read, saved, onSignedOut),
      moved: ({ id, name, icon: sign, isQuick }, position, place) => perform(SAVE_EVENT_KIND,
        { kindId: id, name, icon: sign, isQuick, position }, place),
    });
    element.append(heading("Quick events", "What can be noted on a card with one click, and the other "
      + "kinds of events. What happened keeps the name that it had then."), list.element);
    return { refresh: list.refresh };
  },
};

export const dateKindsSection = {
  name: "date-kinds",
  title: "Important dates",
  group: "Work",
  allowed: (permissions) => permissions.includes("CONFIGURE_CARD"),
  render: (element, { perform, onSignedOut }) => {
    const read = shared(async () => (await request(ALL_DATE_KINDS)).importantDateKinds);
    const list = entries({
      read, onSignedOut, adding: "New kind", empty: "No kinds of dates yet.",
      line: ({ name }) => [h("span", { class: "entry-name" }, name)],
      form: (row, saved) => dateForm(row, read, saved, onSignedOut),
      moved: ({ id, name }, position, place) => perform(SAVE_DATE_KIND,
        { kindId: id, name, position }, place),
    });
    element.append(heading("Important dates", "Kinds of days that matter to a lead. One that is "
      + "archived can't be chosen any more; dates keep it."), list.element);
    return { refresh: list.refresh };
  },
};

const loader = (row, read, blank) => async () =>
  (row ? (await read()).find(({ id }) => id === row.id) : blank);

function eventForm(row, read, saved, onSignedOut) {
  const name = labelled("Name", h("input", { maxlength: "60" }));
  const group = `icon-${row?.id ?? "new"}`;
  const icons = h("div", { class: "icons", role: "radiogroup", "aria-label": "Icon" },
    ICONS.map((each) => h("label", { title: each }, h("input", { type: "radio", name: group,
      value: each, "aria-label": each }), icon(each))));
  const quick = toggle("A button on each card", "Twelve at most.");
  const archived = toggle("Archived", "It can't be noted any more.");
  archived.element.hidden = !row;
  const chosen = () => icons.querySelector(":checked")?.value ?? "";
  return wholeForm({
    document: SAVE_EVENT_KIND, onSignedOut, onSaved: saved, isNew: !row,
    label: row ? "Save" : "Make the kind",
    load: loader(row, read, { name: "", icon: "star", isQuick: true, archivedAt: null }),
    show: (kind) => {
      name.control.value = kind.name;
      for (const one of icons.querySelectorAll("input")) one.checked = one.value === kind.icon;
      quick.control.checked = kind.isQuick;
      archived.control.checked = Boolean(kind.archivedAt);
    },
    given: () => ({ name: name.control.value, icon: chosen(), isQuick: quick.control.checked,
      ...(row ? { kindId: row.id, isArchived: archived.control.checked } : {}) }),
    placeOf: ([key]) => ({ name, isQuick: quick })[key]?.place,
  }, name.element, icons, h("div", { class: "pair" }, quick.element, archived.element));
}

function dateForm(row, read, saved, onSignedOut) {
  const name = labelled("Name", h("input", { maxlength: "60" }));
  const archived = toggle("Archived", "It can't be chosen any more.");
  archived.element.hidden = !row;
  return wholeForm({
    document: SAVE_DATE_KIND, onSignedOut, onSaved: saved, isNew: !row,
    label: row ? "Save" : "Make the kind",
    load: loader(row, read, { name: "", archivedAt: null }),
    show: (kind) => {
      name.control.value = kind.name;
      archived.control.checked = Boolean(kind.archivedAt);
    },
    given: () => ({ name: name.control.value,
      ...(row ? { kindId: row.id, isArchived: archived.control.checked } : {}) }),
    placeOf: ([key]) => (key === "name" ? name.place : null),
  }, name.element, archived.element);
}
