// The head of every card: its button that wins a lead.

import { h } from "./elements.js";
import { request } from "./graphql.js";
import { CHANGE_HEADER, HEADER_SETTINGS, UPDATE_PROJECT } from "./settings-documents.js";
import { heading, labelled, toggle, wholeForm } from "./settings-form.js";

export const headerSection = {
  name: "lead-won",
  title: "Lead Won",
  group: "The card",
  allowed: (permissions) => permissions.includes("CONFIGURE_CARD"),
  render,
};

function render(element, { permissions, onSignedOut }) {
  const shown = toggle("Show the button", "Where a pipeline has a state that it leads to.");
  const text = labelled("Text of the button", h("input", { maxlength: "40" }));
  const won = labelled("Text once the lead is won", h("input", { maxlength: "40" }));
  const reopen = toggle("Allow to reopen", "Admins and managers then take a won lead back to its "
    + "last open state.");
  const preview = h("p", { class: "preview", "aria-hidden": "true" });
  const places = { wonButtonText: text, wonText: won };
  const header = wholeForm({
    document: CHANGE_HEADER, onSignedOut,
    load: () => request(HEADER_SETTINGS),
    versionOf: ({ project }) => project.card.version,
    show: ({ project: { card } }) => {
      shown.control.checked = card.header.isWonButtonShown;
      text.control.value = card.header.wonButtonText;
      won.control.value = card.header.wonText;
      reopen.control.checked = card.header.isReopenAllowed;
      draw();
    },
    given: () => ({ isWonButtonShown: shown.control.checked, wonButtonText: text.control.value,
      wonText: won.control.value, isReopenAllowed: reopen.control.checked }),
    placeOf: ([key]) => places[key]?.place,
  }, shown.element, text.element, won.element, reopen.element, preview);
  header.element.addEventListener("input", draw);

  function draw() {
    preview.replaceChildren(...(shown.control.checked
      ? [h("span", { class: "primary" }, text.control.value || "…"), "then",
        h("span", { class: "done" }, `✓ ${won.control.value || "…"}`),
        reopen.control.checked ? h("span", { class: "link" }, "Reopen") : ""]
      : [h("span", { class: "soft" }, "No card has the button.")]));
  }

  const demand = permissions.includes("ADMINISTER") ? demandForm(onSignedOut) : null;
  element.append(heading("Lead Won", "The button on every card that wins a lead in one act. Open "
    + "cards follow at once."), header.element, demand?.element ?? "");
  return { refresh: () => Promise.all([header.refresh(), demand?.refresh()]) };
}

function demandForm(onSignedOut) {
  const needs = toggle("Winning needs all required fields", "Who wins a lead with empty ones is "
    + "told which to fill first.");
  return wholeForm({
    document: UPDATE_PROJECT, onSignedOut,
    load: () => request(HEADER_SETTINGS),
    versionOf: ({ project }) => project.version,
    show: ({ project }) => { needs.control.checked = project.wonNeedsRequiredFields; },
    given: () => ({ wonNeedsRequiredFields: needs.control.checked }),
  }, needs.element);
}
