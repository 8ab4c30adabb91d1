// A lead that a person makes: who it is, how to reach it, and what the workspace demands.

import { h } from "./elements.js";
import { upload } from "./files.js";
import { request } from "./graphql.js";
import { randomKey } from "./outbox.js";
import { CREATE_LEAD, LEAD_DEMANDS } from "./people-documents.js";
import { labelled, wholeForm } from "./settings-form.js";
import { currencyInput, given, inputFor } from "./property.js";
import { sheet } from "./sheet.js";

const NAMES = new Set(["first_name", "last_name", "company"]);

/** The button above the list and its dialog; `opened(leadId)` follows when a lead was made. */
export function newLead({ opened, onSignedOut }) {
  const button = h("button", { class: "plain", type: "button", "data-testid": "new-lead",
    onclick: open }, "New lead");
  const part = (label, attributes, hint) => labelled(label, h("input", { autocomplete: "off",
    ...attributes }), hint);
  const first = part("First name", { maxlength: "200" });
  const last = part("Last name", { maxlength: "200" });
  const company = part("Company", { maxlength: "200" });
  const address = part("E-mail", { type: "email", maxlength: "254" });
  const number = part("Phone", { type: "tel", maxlength: "40" });
  const own = new Map([["first_name", first], ["last_name", last], ["company", company]]);
  const demanded = h("div", { class: "halves" });
  let more = []; // { field, one } of the other required fields
  let values = []; // what they say, as the API takes it
  let sent = new Map(); // keys of fields with a file: the upload that holds it
  let key = randomKey();
  let dialog = null;
  let form = null;

  function open() {
    if (!dialog) {
      form = make();
      form.element.addEventListener("input", read);
      form.element.addEventListener("change", read);
      dialog = sheet("New lead", form.element);
      document.body.append(dialog.element);
    }
    form.refresh();
    dialog.open();
    form.ready.then(() => first.control.focus());
  }

  const make = () => wholeForm({
    document: CREATE_LEAD, onSignedOut, isNew: true, label: "Make the lead",
    load: () => request(LEAD_DEMANDS),
    show: ({ fieldGroups }) => {
      clear();
      demand(fieldGroups.flatMap(({ fields }) => fields));
    },
    given: () => ({ idempotencyKey: key, properties: properties(),
      emailAddresses: filled(address), phoneNumbers: filled(number) }),
    placeOf, onSaved: ({ lead }) => {
      dialog.close();
      opened(lead.id);
    },
  }, h("div", { class: "halves" }, first.element, last.element), company.element,
  h("div", { class: "halves" }, address.element, number.element), demanded);

  const filled = ({ control }) => (control.value.trim() ? [control.value.trim()] : []);

  const properties = () => [...[...own].filter(([, { control }]) => control.value.trim())
    .map(([fieldKey, { control }]) => ({ fieldKey, value: { text: control.value.trim() } })),
  ...values];

  async function read() {
    const found = await Promise.all(more.map(async ({ field, one, currency }) => ({
      fieldKey: field.key, value: field.type === "FILE" ? sent.get(field.key) ?? null
        : await given({ key: field.key, field }, one.control, currency?.value) })));
    values = found.filter(({ value }) => value !== null);
    form?.mark();
  }

  // A file goes at once, so that the lead is made at once.
  async function send({ key: fieldKey }, one) {
    const [file] = one.control.files;
    sent.delete(fieldKey);
    one.place.textContent = file ? `${file.name} is being sent …` : "";
    if (file) {
      try {
        const uploadId = await upload(file);
        if (one.control.files[0] !== file) return;
        sent.set(fieldKey, { uploadId });
        one.place.textContent = "";
      } catch (failure) {
        if (failure.isSignedOut) return onSignedOut();
        one.control.value = "";
        one.place.textContent = failure.message;
      }
    }
    read();
  }

  function demand(fields) {
    const required = fields.filter(({ isRequired }) => isRequired);
    for (const [fieldKey, { element }] of own) {
      element.classList.toggle("demanded", required.some((one) => one.key === fieldKey));
    }
    const wanted = required.filter((field) => !NAMES.has(field.key));
    if (JSON.stringify(wanted) === JSON.stringify(more.map(({ field }) => field))) return;
    more = wanted.map((field) => {
      const property = { key: field.key, label: field.label, field };
      return { field, one: labelled(field.label, inputFor(property), field.hint),
        currency: field.type === "MONEY" ? currencyInput(property) : null };
    });
    for (const { field, one, currency } of more) {
      one.element.classList.add("demanded");
      if (field.type === "FILE") one.control.addEventListener("change", () => send(field, one));
      if (currency) one.control.after(currency);
    }
    demanded.replaceChildren(...more.map(({ one }) => one.element));
  }

  function placeOf([part, index]) {
    if (part === "emailAddresses") return address.place;
    if (part === "phoneNumbers") return number.place;
    const fieldKey = part === "properties" ? properties()[Number(index)]?.fieldKey : null;
    return (own.get(fieldKey) ?? more.find(({ field }) => field.key === fieldKey)?.one)?.place;
  }

  function clear() {
    key = randomKey();
    form.element.reset();
    values = [];
    sent = new Map();
  }

  function stop() {
    dialog?.element.remove();
    dialog = form = null;
    more = values = [];
  }

  return { button, stop };
}
