// How the lead is reached: e-mail addresses with their subscription, phone numbers with labels.

import { ADD_ADDRESS, MAKE_PRIMARY, REMOVE_ADDRESS, REMOVE_NUMBER, SAVE_NUMBER }
  from "./documents.js";
import { fill, flash, h, refusalPlace, words } from "./elements.js";
import { sureButton } from "./sheet.js";

/** The part of the card; one form takes an address or a number and tells which by its @. */
export function contactPart(leadId, perform) {
  const list = h("ul", { class: "contact" });
  const empty = h("p", { class: "empty" }, "No address or number is known.");
  const refusal = refusalPlace();
  const input = h("input", { maxlength: "254", "aria-label": "New address or number",
    placeholder: "Add an address or number", "data-testid": "contact-input" });
  const form = h("form", { class: "inline", onsubmit: submit }, input,
    h("button", { class: "plain" }, "Add"));
  const element = h("section", { class: "facts" }, h("h3", {}, "Contact"), empty, list, form,
    refusal);
  let lead = null;

  async function submit(event) {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    const isAddress = text.includes("@") || !/\d/.test(text);
    const isDone = isAddress ? await perform(ADD_ADDRESS, { leadId, address: text }, refusal)
      : await perform(SAVE_NUMBER, { leadId, number: text }, refusal);
    if (isDone) input.value = "";
  }

  const button = (text, label, onclick) => lead.viewerCan.edit
    && h("button", { class: "link", type: "button", "aria-label": label, onclick }, text);

  const removal = (act, about) => lead.viewerCan.edit
    && sureButton("remove", "sure? remove", act, about);

  function makeAddress({ id, address, isPrimary, subscription }) {
    const status = subscription?.subscriptionStatus;
    const promote = () => perform(MAKE_PRIMARY, { leadId, emailAddressId: id }, refusal);
    const remove = () => perform(REMOVE_ADDRESS, { leadId, emailAddressId: id,
      newPrimaryId: isPrimary ? heir(id) : null }, refusal);
    return h("li", {}, h("span", {}, address, isPrimary && h("small", {}, " primary")),
      h("span", { class: "acts" },
        status && h("span", { class: "status", data: { status } }, words(status)),
        !isPrimary && button("first", `Use ${address} first`, promote),
        removal(remove, address)));
  }

  // Who goes first when the primary address is taken away: the next one in the list.
  const heir = (id) => lead.emailAddresses.find((other) => other.id !== id)?.id ?? null;

  function makeNumber({ id, number, label, isPrimary }) {
    const remove = () => perform(REMOVE_NUMBER, { leadId, phoneNumberId: id }, refusal);
    const promote = () => perform(SAVE_NUMBER, { leadId, phoneNumberId: id, number,
      isPrimary: true }, refusal);
    return h("li", {}, h("span", {}, number, label && h("small", {}, ` ${label}`),
      isPrimary && h("small", {}, " primary")),
    h("span", { class: "acts" }, !isPrimary && button("first", `Use ${number} first`, promote),
      removal(remove, number)));
  }

  function update(next, touched) {
    lead = next;
    form.hidden = !lead.viewerCan.edit;
    const lines = [...lead.emailAddresses, ...lead.phoneNumbers];
    fill(list, lines, ({ id }) => id, (line) => (line.address ? makeAddress(line)
      : makeNumber(line)));
    empty.hidden = lines.length > 0;
    if (touched.includes("contact")) flash(element);
  }

  return { element, update };
}
