// Hiding a lead from Visitors, on its card: a button, or since when it is hidden.

import { h, moment } from "./elements.js";
import { HIDE_LEAD } from "./visitors-documents.js";

/** `{ elements, update(lead) }`; the card tells by its own stream that the lead is back. */
export function hidingPart(leadId, perform, refusal) {
  const button = h("button", { class: "plain", type: "button", "data-testid": "hide",
    title: "Hide from Visitors until the lead does something itself",
    onclick: () => perform(HIDE_LEAD, { leadId }, refusal) }, "Hide");
  const told = h("span", { class: "soft", "data-testid": "hidden" });

  function update({ hiddenAt, viewerCan }) {
    button.hidden = Boolean(hiddenAt) || !viewerCan.hide;
    told.textContent = hiddenAt ? `Hidden from Visitors since ${moment(hiddenAt)}` : "";
    told.hidden = !hiddenAt;
  }

  return { elements: [told, button], update };
}
