// Erasing a lead for ever: a dialog that asks for its name first.

import { ERASE_LEAD } from "./documents.js";
import { h, refusalPlace } from "./elements.js";

/** The foot of the card, for who may erase. The card itself ends by its own stream. */
export function erasePart(leadId, perform) {
  const open = h("button", { class: "link", type: "button", "data-testid": "erase",
    onclick: ask }, "Erase this lead…");
  const name = h("strong");
  const typed = h("input", { autocomplete: "off", "aria-label": "Name of the lead",
    "data-testid": "erase-name", oninput: judge });
  const sure = h("button", { class: "grave", "data-testid": "erase-sure", disabled: true },
    "Erase for ever");
  const refusal = refusalPlace();
  const form = h("form", { method: "dialog", onsubmit: erase }, h("h3", {}, "Erase this lead"),
    h("p", {}, "The card goes with everything in it: messages, notes, files, events, and the words "
      + "of its history. Nobody can bring it back."),
    h("p", {}, "Type ", name, " to go on."), typed, refusal,
    h("div", { class: "beside" }, sure,
      h("button", { class: "link", type: "button", onclick: () => dialog.close() }, "Cancel")));
  const dialog = h("dialog", { "aria-label": "Erase this lead" }, form);
  const element = h("footer", { class: "erase", hidden: true }, open, dialog);

  function ask() {
    typed.value = "";
    refusal.textContent = "";
    judge();
    dialog.showModal();
  }

  function judge() {
    sure.disabled = typed.value.trim() !== name.textContent.trim();
  }

  async function erase(event) {
    event.preventDefault();
    sure.disabled = true;
    if (await perform(ERASE_LEAD, { leadId, confirmLeadId: leadId }, refusal)) dialog.close();
    else judge();
  }

  function update({ displayName, viewerCan }) {
    name.textContent = displayName;
    element.hidden = !viewerCan.erase;
    judge();
  }

  return { element, update };
}
