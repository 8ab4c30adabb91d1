// One field of the lead, edited in its place: every type of value, what others edit, and clashes.

import { FILE_LINK, SET_EDITING, SET_PROPERTIES } from "./documents.js";
import { copied, flash, h, refusalPlace, words } from "./elements.js";
import { upload } from "./files.js";
import { Failure, mutate, request } from "./graphql.js";

const REPEAT_MS = 8000;
const TYPES = { TextValue: "TEXT", NumberValue: "NUMBER", BooleanValue: "BOOLEAN",
  DateValue: "DATE", MoneyValue: "MONEY", UrlValue: "URL",
  ChoiceValue: "DROPDOWN", ChoicesValue: "MULTI_SELECT", FileValue: "FILE" };
const WRITABLE = new Set(Object.values(TYPES));
const INPUTS = { NUMBER: { inputmode: "decimal" }, MONEY: { inputmode: "decimal" },
  DATE: { type: "date" }, URL: { type: "url" } };

// What the lead wants is listed one word a line.
const LISTS = /^sales_(\w+_types|remarks)$/;
const CURRENCIES = ["EUR", "USD", "GBP", "CHF", "PLN", "SEK", "NOK", "DKK", "CZK", "CAD", "AUD",
  "JPY"];

const typeOf = ({ field, value }) => field?.type ?? TYPES[value?.__typename] ?? "TEXT";

const PERSON = new Set(["first_name", "last_name", "company", "job_title", "language", "birthday",
  "postal_address"]);
const camel = (key) => key.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

/** How diffs, conflicts and marks of editing name a field. */
export function pathOf({ key, field }) {
  if (!field?.isBuiltIn) return `property:${key}`;
  if (key.startsWith("sales_")) return `sales.${camel(key.slice("sales_".length))}`;
  return PERSON.has(key) ? `person.${camel(key)}` : camel(key);
}

/** A field of the lead, edited in its place: `{ element, update, tellEditor }`. */
export function propertyRow(leadId, first, pins, onSignedOut) {
  let property = first;
  let editing = null; // { form, input, version } while somebody types here
  const holder = h("dd");
  const refusal = refusalPlace();
  const copy = h("button", { class: "link", type: "button", "aria-label": `Copy ${first.label}`,
    onclick: () => copied(property.value.copyText).then((isDone) => isDone && flash(element)) },
  "copy");
  const pin = h("button", { class: "link", type: "button", onclick: () => pins.toggle(first.key) });
  const label = h("dt", {}, first.label);
  const hint = h("p", { class: "editor", role: "status" });
  const open = h("button", { class: "link", type: "button", onclick: download,
    "aria-label": `Open ${first.label}` }, "open");
  const tools = h("span", { class: "tools" }, open, copy, pin);
  const element = h("div", { data: { property: first.key } }, label, holder, tools, hint, refusal);

  function update(next, mayEdit) {
    const hasMoved = next.version !== property.version;
    property = next;
    label.textContent = next.label;
    label.title = next.field?.hint ?? "";
    label.classList.toggle("required", Boolean(next.field?.isRequired));
    open.hidden = next.value?.__typename !== "FileValue";
    copy.hidden = next.value?.copyText == null;
    pin.textContent = pins.isPinned(next.key) ? "unpin" : "pin";
    pin.setAttribute("aria-label", `${words(pin.textContent)} ${next.label}`);
    if (!editing) show(mayEdit && next.canEdit && WRITABLE.has(typeOf(next)));
    else if (hasMoved && !editing.isSaving) clash(next.value?.display, null);
  }

  function show(mayEdit) {
    const isNumber = typeOf(property) === "NUMBER" && property.value && !property.isMisfit;
    const unit = isNumber && property.field?.unit ? ` ${property.field.unit}` : "";
    const text = `${property.value?.display ?? ""}${unit}`;
    element.classList.toggle("misfit", Boolean(property.isMisfit));
    element.title = property.isMisfit ? "This value is from before the field changed its type." : "";
    if (!mayEdit) return holder.replaceChildren(text || h("span", { class: "soft" }, "empty"));
    holder.replaceChildren(h("button", { class: "value", type: "button", onclick: edit,
      "aria-label": `Edit ${property.label}` }, text || h("span", { class: "soft" }, "add")));
  }

  function edit() {
    const input = inputFor(property);
    const currency = typeOf(property) === "MONEY" ? currencyInput(property) : null;
    const form = h("form", { class: "inline", onsubmit: save, onkeydown: leaveOnEscape }, input,
      currency, currency && h("datalist", { id: "currencies" },
        CURRENCIES.map((code) => h("option", { value: code }))), h("button", { class: "plain" }, "Save"));
    const marking = setInterval(() => {
      if (element.isConnected) mark(pathOf(property));
      else clearInterval(marking);
    }, REPEAT_MS);
    mark(pathOf(property));
    editing = { form, input, currency, marking, version: property.version, isSaving: false };
    holder.replaceChildren(form);
    input.focus();
  }

  // Links to files end soon, so each click asks for its own.
  async function download() {
    const answer = await request(FILE_LINK, { id: leadId, key: property.key }).catch(() => null);
    const link = answer?.lead?.property?.value?.file?.downloadUrl;
    if (link) location.assign(new URL(link).pathname);
    else refusal.textContent = "The file is gone.";
  }

  function leaveOnEscape(event) {
    if (event.key === "Escape") stop();
  }

  function mark(path) {
    mutate(SET_EDITING, { leadId, path }).catch(() => null); // a courtesy: it may fail
  }

  function stop() {
    clearInterval(editing?.marking);
    mark(null);
    editing = null;
    refusal.replaceChildren();
    show(true);
    holder.firstChild.focus?.();
  }

  async function save(event) {
    event?.preventDefault();
    if (!editing || editing.isSaving) return;
    const { input, currency, version } = editing;
    editing.isSaving = true;
    try {
      const value = await given(property, input, currency?.value);
      const change = { fieldKey: property.key, value, expectedVersion: version };
      const answer = await mutate(SET_PROPERTIES, { leadId, properties: [change] });
      if (/Success$/.test(answer.__typename)) return stop();
      const conflict = answer.conflicts?.[0];
      if (conflict) clash(conflict.current?.display, conflict.changedByName);
      else refusal.textContent = answer.message;
    } catch (failure) {
      if (failure instanceof Failure && failure.isSignedOut) return onSignedOut();
      refusal.textContent = failure.message;
    } finally {
      if (editing) editing.isSaving = false;
    }
  }

  // Somebody else was first. What is typed here stays until the person says which one counts.
  function clash(display, name) {
    const keepMine = () => {
      editing.version = property.version;
      refusal.replaceChildren();
      save();
    };
    refusal.replaceChildren(
      `${name ? `${name} changed this to` : "This has just become"} “${display ?? "empty"}”. `,
      h("button", { class: "link", type: "button", onclick: stop }, "Take it"), " ",
      h("button", { class: "link", type: "button", onclick: keepMine }, "Keep mine"));
  }

  function tellEditor(name) {
    hint.textContent = name ? `${name} is editing this` : "";
    element.classList.toggle("watched", Boolean(name));
  }

  return { element, update, tellEditor };
}

function optionsOf({ field, value }) {
  const chosen = new Set((value?.options ?? (value?.option ? [value.option] : []))
    .map(({ id }) => id));
  return (field?.options ?? []).filter(({ id, archivedAt }) => !archivedAt || chosen.has(id))
    .map(({ id, label }) => h("option", { value: id, selected: chosen.has(id) }, label));
}

/** A control for a field that has the value, if any, that `property` says. */
export function inputFor(property) {
  const type = typeOf(property);
  const named = { "aria-label": property.label };
  if (type === "FILE") return h("input", { type: "file", ...named });
  if (type === "MULTI_SELECT") {
    return h("select", { multiple: true, size: "4", ...named }, optionsOf(property));
  }
  if (type === "DROPDOWN") {
    return h("select", named, h("option", { value: "" }, "empty"), optionsOf(property));
  }
  const now = property.value?.copyText ?? property.value?.display ?? "";
  const isLong = LISTS.test(property.key) || now.includes("\n");
  const input = type === "BOOLEAN"
    ? h("select", named, h("option", { value: "" }, "empty"),
      h("option", { value: "true" }, "Yes"), h("option", { value: "false" }, "No"))
    : h(isLong ? "textarea" : "input", { ...INPUTS[type], ...named });
  input.value = property.isMisfit && type !== "TEXT" ? "" : now;
  return input;
}

/** Any code of ISO 4217 may be typed; the common ones are offered. */
export function currencyInput({ label, value }) {
  const input = h("input", { class: "currency", list: "currencies", maxlength: "3", required: true,
    autocapitalize: "characters", "aria-label": `Currency of ${label}` });
  input.value = /[A-Z]{3}/.exec(value?.display ?? "")?.[0] ?? CURRENCIES[0];
  return input;
}

/** What the input says, as the API takes it; null clears. */
export async function given(property, input, currency) {
  const type = typeOf(property);
  if (type === "FILE") {
    return input.files.length ? { uploadId: await upload(input.files[0]) } : null;
  }
  if (type === "MULTI_SELECT") {
    const optionIds = [...input.selectedOptions].map(({ value }) => value);
    return optionIds.length ? { optionIds } : null;
  }
  if (type === "DROPDOWN") return input.value ? { optionId: input.value } : null;
  return typed(type, input.value.trim(), currency);
}

// Numbers go as they were typed: guessing what a comma means would change an amount by a thousand.
function typed(type, text, currency) {
  if (!text) return null;
  if (type === "NUMBER") return { number: text };
  if (type === "BOOLEAN") return { boolean: text === "true" };
  if (type === "DATE") return { date: text };
  if (type === "URL") return { url: text };
  if (type === "MONEY") return { money: { amount: text, currency: currency.trim().toUpperCase() } };
  return { text };
}
