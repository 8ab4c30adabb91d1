// How people work with all cards: the workspace itself, notes, and what due dates look like.

import { h, words } from "./elements.js";
import { request } from "./graphql.js";
import { UPDATE_PROJECT, WORK_SETTINGS } from "./settings-documents.js";
import { heading, labelled, wholeForm } from "./settings-form.js";

const isAdmin = (permissions) => permissions.includes("ADMINISTER");
const load = async () => (await request(WORK_SETTINGS)).project;

export const workspaceSection = {
  name: "workspace", title: "Workspace", group: "Work", allowed: isAdmin, render: renderWorkspace,
};
export const duesSection = {
  name: "due-dates", title: "Due dates", group: "Work", allowed: isAdmin, render: renderDues,
};

function renderWorkspace(element, { onSignedOut }) {
  const name = labelled("Name", h("input", { maxlength: "100" }));
  const zones = h("datalist", { id: "zones" }, Intl.supportedValuesOf("timeZone").map((value) =>
    h("option", { value })));
  const zone = labelled("Time zone", h("input", { list: "zones", spellcheck: "false" }),
    "When a day begins, where it is everybody's and not one person's.");
  const region = labelled("Country of phone numbers", h("input", { maxlength: "2",
    spellcheck: "false", autocapitalize: "characters" }), "Two letters, such as DE: where numbers "
    + "without +49 and the like are read.");
  const notes = labelled("New notes are for", h("select", {},
    h("option", { value: "PRIVATE" }, "their author and admins"),
    h("option", { value: "TEAM" }, "the team")), "Offered first; each note may be either.");
  const form = wholeForm({
    document: UPDATE_PROJECT, onSignedOut, load,
    show: (project) => {
      name.control.value = project.name;
      zone.control.value = project.timeZone;
      region.control.value = project.defaultRegion;
      notes.control.value = project.defaultNoteVisibility;
    },
    given: () => ({ name: name.control.value, timeZone: zone.control.value,
      defaultRegion: region.control.value,
      defaultNoteVisibility: notes.control.value }),
    placeOf: ([key]) => ({ name, timeZone: zone, defaultRegion: region,
      defaultNoteVisibility: notes })[key]?.place,
  }, h("div", { class: "halves" }, name.element, zone.element), zones,
  h("div", { class: "halves" }, region.element, notes.element));
  element.append(heading("Workspace", "What holds for everybody."), form.element);
  return form;
}

const MEANS = { OVERDUE: "before now", TODAY: "today", SOON: "within seven days",
  LATER: "after that", NO_DATE: "without a date", DONE: "done" };

function renderDues(element, { onSignedOut }) {
  const rows = Object.keys(MEANS).map((band) => {
    const color = h("input", { type: "color", "aria-label": `Colour of ${words(band)}` });
    const one = labelled(words(band), h("input", { maxlength: "40" }));
    const row = h("li", { class: "row band-row" }, h("span", { class: "soft" }, MEANS[band]), color,
      one.control, one.place);
    one.control.setAttribute("aria-label", `Words for ${words(band)}`);
    return { band, color, text: one.control, place: one.place, row };
  });
  const form = wholeForm({
    document: UPDATE_PROJECT, onSignedOut, load,
    show: ({ taskLegend }) => {
      for (const one of rows) {
        const { color, label } = taskLegend.find(({ band }) => band === one.band);
        one.color.value = color.toLowerCase();
        one.text.value = label;
      }
    },
    given: () => ({ taskLegend: rows.map(({ band, color, text }) => ({ band, color: color.value,
      label: text.value })) }),
    placeOf: ([part, index]) => (part === "taskLegend" ? rows[Number(index)]?.place : null),
  }, h("ol", { class: "rows" }, rows.map(({ row }) => row)));
  element.append(heading("Due dates", "Words and colours of tasks by when they are due. The words "
    + "always stand beside the colour."), form.element);
  return form;
}
