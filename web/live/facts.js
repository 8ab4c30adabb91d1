// The quiet column of the card: properties and tags. Each part is `{ element, update }`.

import { ADD_TAGS, REMOVE_TAGS, SET_PROPERTIES } from "./documents.js";
import { copied, fill, flash, h, refusalPlace, words } from "./elements.js";
import { Failure, mutate } from "./graphql.js";

function part(title, ...children) {
  return h("section", { class: "facts" }, h("h3", {}, title), ...children);
}

const TYPES = { TextValue: "TEXT", NumberValue: "NUMBER", BooleanValue: "BOOLEAN",
  DateValue: "DATE", MoneyValue: "MONEY", UrlValue: "URL" };
const WRITABLE = new Set(Object.values(TYPES));
const INPUTS = { NUMBER: { inputmode: "decimal" }, MONEY: { inputmode: "decimal" },
  DATE: { type: "date" }, URL: { type: "url" } };

// What the lead wants is listed one word a line.
const LISTS = /^sales_(\w+_types|remarks)$/;

const typeOf = ({ field, value }) => field?.type ?? TYPES[value?.__typename] ?? "TEXT";

/** The properties, each editable in its place. */
export function propertiesPart(leadId, pins, onSignedOut) {
  const list = h("dl", { class: "properties" });
  const empty = h("p", { class: "empty" }, "Nothing is known yet.");
  const rows = new Map();

  function update(lead, touched) {
    empty.hidden = lead.properties.length > 0;
    for (const property of lead.properties) {
      const known = rows.get(property.key);
      const row = known ?? propertyRow(leadId, property, pins, onSignedOut);
      if (!known) {
        rows.set(property.key, row);
        list.append(row.element);
      }
      row.update(property, lead.viewerCan.edit);
      if (touched.includes(`property:${property.key}`)) flash(row.element);
    }
  }

  return { element: part("Properties", empty, list), update };
}

function propertyRow(leadId, first, pins, onSignedOut) {
  let property = first;
  let editing = null; // { form, input, version } while somebody types here
  const holder = h("dd");
  const refusal = refusalPlace();
  const copy = h("button", { class: "link", type: "button", "aria-label": `Copy ${first.label}`,
    onclick: () => copied(property.value.copyText).then((isDone) => isDone && flash(element)) },
  "copy");
  const pin = h("button", { class: "link", type: "button", onclick: () => pins.toggle(first.key) });
  const element = h("div", { data: { property: first.key } }, h("dt", {}, first.label), holder,
    h("span", { class: "tools" }, copy, pin), refusal);

  function update(next, mayEdit) {
    const hasMoved = next.version !== property.version;
    property = next;
    copy.hidden = next.value?.copyText == null;
    pin.textContent = pins.isPinned(next.key) ? "unpin" : "pin";
    pin.setAttribute("aria-label", `${words(pin.textContent)} ${next.label}`);
    if (!editing) show(mayEdit && next.canEdit && WRITABLE.has(typeOf(next)));
    else if (hasMoved && !editing.isSaving) clash(next.value?.display, null);
  }

  function show(mayEdit) {
    const text = property.value?.display ?? "";
    if (!mayEdit) return holder.replaceChildren(text || h("span", { class: "soft" }, "empty"));
    holder.replaceChildren(h("button", { class: "value", type: "button", onclick: edit,
      "aria-label": `Edit ${property.label}` }, text || h("span", { class: "soft" }, "add")));
  }

  function edit() {
    const type = typeOf(property);
    const now = property.value?.copyText ?? property.value?.display ?? "";
    const isLong = LISTS.test(property.key) || now.includes("\n");
    const input = type === "BOOLEAN"
      ? h("select", { "aria-label": property.label }, h("option", { value: "" }, "empty"),
        h("option", { value: "true" }, "Yes"), h("option", { value: "false" }, "No"))
      : h(isLong ? "textarea" : "input", { ...INPUTS[type], "aria-label": property.label });
    input.value = now;
    const form = h("form", { class: "inline", onsubmit: save, onkeydown: leaveOnEscape }, input,
      h("button", { class: "plain" }, "Save"));
    editing = { form, input, version: property.version, isSaving: false };
    holder.replaceChildren(form);
    input.focus();
  }

  function leaveOnEscape(event) {
    if (event.key === "Escape") stop();
  }

  function stop() {
    editing = null;
    refusal.replaceChildren();
    show(true);
    holder.firstChild.focus?.();
  }

  async function save(event) {
    event?.preventDefault();
    if (!editing || editing.isSaving) return;
    const { input, version } = editing;
    editing.isSaving = true;
    const value = typed(typeOf(property), input.value.trim(), property.value);
    const change = { fieldKey: property.key, value, expectedVersion: version };
    try {
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

  return { element, update };
}

function typed(type, text, old) {
  if (!text) return null;
  if (type === "NUMBER") return { number: text.replace(",", ".") };
  if (type === "BOOLEAN") return { boolean: text === "true" };
  if (type === "DATE") return { date: text };
  if (type === "URL") return { url: text };
  if (type === "MONEY") {
    const currency = /[A-Z]{3}/.exec(old?.display ?? "")?.[0] ?? "EUR";
    return { money: { amount: text.replace(",", "."), currency } };
  }
  return { text };
}

/** Tags, each with a button that takes it off, and a form for one more. */
export function tagsPart(leadId, perform) {
  const list = h("ul", { class: "tags" });
  const input = h("input", { maxlength: "64", "aria-label": "New tag", placeholder: "Add a tag" });
  const refusal = refusalPlace();
  const form = h("form", { class: "inline", onsubmit: submit }, input,
    h("button", { class: "plain" }, "Add"));
  let mayEdit = false;

  async function submit(event) {
    event.preventDefault();
    const tag = input.value.trim();
    if (tag && (await perform(ADD_TAGS, { leadId, tags: [tag] }, refusal))) input.value = "";
  }

  function makeTag({ name }) {
    const remove = () => perform(REMOVE_TAGS, { leadId, tags: [name] }, refusal);
    return h("li", {}, name, mayEdit && h("button", { type: "button", onclick: remove,
      "aria-label": `Remove the tag ${name}` }, "×"));
  }

  function update(lead) {
    mayEdit = lead.viewerCan.edit;
    form.hidden = !mayEdit;
    fill(list, lead.tags, ({ id }) => id, makeTag);
  }

  return { element: part("Tags", list, form, refusal), update };
}
