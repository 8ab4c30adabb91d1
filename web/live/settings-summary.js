// The summary of a lead: which lines it has, in which order.

import { h, refusalPlace } from "./elements.js";
import { request } from "./graphql.js";
import { CHANGE_SUMMARY, SUMMARY_SETTINGS } from "./settings-documents.js";
import { heading, wholeForm } from "./settings-form.js";
import { sorting } from "./settings-list.js";

const OWN = [["contact", "Contact"], ["createdAt", "Created"], ["source", "Source"]];

export const summarySection = {
  name: "summary",
  title: "Summary",
  group: "The card",
  allowed: (permissions) => permissions.includes("ADMINISTER"),
  render,
};

function render(element, { onSignedOut }) {
  const list = h("ol", { class: "rows", "aria-label": "Lines in order" });
  const more = h("select", { "aria-label": "Add a line", onchange: () => {
    list.append(make(more.value));
    offer();
    form.mark();
  } });
  const places = new Map();
  const order = sorting(list, () => form.mark());
  let labels = new Map();
  let form = null;

  const keys = () => [...list.children].map((row) => row.dataset.key);

  function make(key) {
    const place = refusalPlace();
    places.set(key, place);
    const name = labels.get(key) ?? key;
    const row = h("li", { class: "row option-row", data: { key } }, order.tools(() => row,
      () => name), h("span", {}, name), h("button", { class: "link", type: "button",
      "aria-label": `Leave out ${name}`, onclick: () => {
        row.remove();
        offer();
        form.mark();
      } }, "leave out"), place);
    return row;
  }

  function offer() {
    const there = new Set(keys());
    more.replaceChildren(h("option", { value: "" }, "Add a line …"), ...[...labels]
      .filter(([key]) => !there.has(key)).map(([key, name]) => h("option", { value: key }, name)));
    more.hidden = more.options.length < 2;
  }

  form = wholeForm({ document: CHANGE_SUMMARY, onSignedOut,
    load: () => request(SUMMARY_SETTINGS),
    versionOf: ({ project }) => project.card.version,
    show: ({ project: { card } }) => {
      labels = new Map([...OWN, ...card.fieldGroups.flatMap(({ fields }) => fields
        .map(({ key, label }) => [key, label]))]);
      list.replaceChildren(...card.summaryKeys.filter((key) => key !== "id").map(make));
      offer();
    },
    given: () => ({ fieldKeys: ["id", ...keys()] }),
    placeOf: ([part, index]) => (part === "fieldKeys" && index
      ? places.get(["id", ...keys()][Number(index)]) : null),
  }, h("p", { class: "soft" }, "The lead's id is always the first line."), list, more);
  element.append(heading("Summary", "The lines that come first wherever a lead is summed up. Nobody "
    + "edits them there."), form.element);
  return form;
}
