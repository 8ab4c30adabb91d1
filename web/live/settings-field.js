// The definition of one field: what it is called, of which type it is, and who sees it.

import { h, refusalPlace, words } from "./elements.js";
import { NEW_FIELD, SAVE_FIELD } from "./settings-documents.js";
import { labelled, toggle, wholeForm } from "./settings-form.js";
import { sorting } from "./settings-list.js";

export const TYPES = ["TEXT", "NUMBER", "DATE", "BOOLEAN", "MONEY", "URL", "DROPDOWN",
  "MULTI_SELECT", "FILE"];
const CHOICES = new Set(["DROPDOWN", "MULTI_SELECT"]);
const BOUNDED = new Set(["NUMBER", "MONEY"]);
const VISIBILITY = [["ALL", "Everybody"], ["MANAGERS", "Admins and managers"],
  ["ADMINS", "Admins only"]];
const NUMBER = /^-?\d+(\.\d+)?$/;
const BLANK = { label: "", key: "", type: "TEXT", hint: null, isRequired: false, visibility: "ALL",
  isPersonalData: true, options: [], minimum: null, maximum: null, unit: null, archivedAt: null };

/** The form of a field as `settings-list.js` wants it; without a row, of a new one in the group. */
export function fieldForm({ row, groupId, read, saved, me, onSignedOut }) {
  const isBuiltIn = Boolean(row?.isBuiltIn);
  const label = labelled("Name", h("input", { maxlength: "80" }));
  const key = labelled("Key for the API", h("input", { maxlength: "64", spellcheck: "false",
    disabled: Boolean(row) }), row ? "It never changes." : "Lower-case letters, digits and _; it "
    + "never changes.");
  const type = labelled("Type", h("select", { disabled: isBuiltIn || row?.type === "INSTANT" },
    (TYPES.includes(row?.type ?? "TEXT") ? TYPES : [row.type, ...TYPES]).map((each) =>
      h("option", { value: each }, words(each)))));
  const typeNote = h("p", { class: "soft note", hidden: true }, "Nothing is lost: values stay as "
    + "they are stored. Those that don't fit the new type are marked on their cards until somebody "
    + "mends them, and fit again if the type comes back.");
  const hint = labelled("Help for who fills it", h("input", { maxlength: "300" }));
  const seen = labelled("Who sees and fills it", h("select", { disabled: isBuiltIn },
    VISIBILITY.filter(([value]) => value !== "ADMINS" || me.role === "ADMIN").map(([value, word]) =>
      h("option", { value }, word))));
  const least = labelled("At least", h("input", { inputmode: "decimal" }));
  const most = labelled("At most", h("input", { inputmode: "decimal" }));
  const unit = labelled("Unit", h("input", { maxlength: "12", placeholder: "m²" }));
  const options = optionsPart(() => form?.mark());
  const required = toggle("Required", "It has to be filled when a lead is made or edited by hand.");
  const personal = toggle("Personal data", "Exported and erased with the person.");
  const archived = toggle("Archived", "No card shows it; values are kept.");
  personal.control.disabled = isBuiltIn;
  archived.element.hidden = !row || isBuiltIn;
  const bounds = h("div", { class: "thirds" }, least.element, most.element, unit.element);
  const told = { label, key, type, hint, visibility: seen, minimum: least, maximum: most, unit };
  let storedType = row?.type ?? null;
  let form = null;

  label.control.addEventListener("input", () => {
    if (!row && !key.isOwn) key.control.value = keyOf(label.control.value);
  });
  key.control.addEventListener("input", () => { key.isOwn = Boolean(key.control.value); });
  type.control.addEventListener("change", shape);

  function shape() {
    const kind = type.control.value;
    bounds.hidden = !BOUNDED.has(kind) || isBuiltIn;
    unit.element.hidden = kind !== "NUMBER";
    options.element.hidden = !CHOICES.has(kind) || isBuiltIn;
    typeNote.hidden = !storedType || kind === storedType;
  }

  function show(data) {
    storedType = row ? data.type : null;
    label.control.value = data.label;
    key.control.value = data.key;
    type.control.value = data.type;
    hint.control.value = data.hint ?? "";
    seen.control.value = data.visibility;
    least.control.value = data.minimum ?? "";
    most.control.value = data.maximum ?? "";
    unit.control.value = data.unit ?? "";
    required.control.checked = data.isRequired;
    personal.control.checked = data.isPersonalData;
    archived.control.checked = Boolean(data.archivedAt);
    options.show(data.options);
    shape();
  }

  function given() {
    const input = { label: label.control.value, hint: hint.control.value.trim() || null,
      isRequired: required.control.checked };
    if (isBuiltIn) return { fieldId: row.id, ...input };
    const kind = type.control.value;
    Object.assign(input, { type: kind, visibility: seen.control.value,
      isPersonalData: personal.control.checked });
    if (BOUNDED.has(kind)) {
      input.minimum = number(least);
      input.maximum = number(most);
    }
    if (kind === "NUMBER") input.unit = unit.control.value.trim() || null;
    // One that was a choice before has its options still: they come back unless others are given.
    const chosen = CHOICES.has(kind) ? options.given() : [];
    if (chosen.length || (CHOICES.has(kind) && CHOICES.has(storedType))) input.options = chosen;
    return row ? { fieldId: row.id, ...input, isArchived: archived.control.checked }
      : { key: key.control.value, groupId, ...input };
  }

  const check = () => [["minimum", least], ["maximum", most]].flatMap(([name, one]) => {
    const text = bounds.hidden ? null : number(one);
    return text === null || NUMBER.test(text) ? [] : [{ path: [name], message: "A number, such "
      + "as 12.5." }];
  });
  const placeOf = ([part, index]) => (part === "options" ? options.placeOf(index)
    : told[part]?.place ?? null);
  const misfits = ({ misfitCount: count }) => (count ? `Saved. ${count} ${count === 1
    ? "lead has a value" : "leads have values"} that ${count === 1 ? "does" : "do"} not fit the `
    + "type; nothing is lost." : "Saved");

  form = wholeForm({ document: row ? SAVE_FIELD : NEW_FIELD, onSignedOut, show, given, check,
    placeOf, saidOf: misfits, onSaved: saved, isNew: !row, label: row ? "Save" : "Make the field",
    load: row ? async () => (await read()).flatMap(({ fields }) => fields)
      .find(({ id }) => id === row.id) : async () => BLANK },
  isBuiltIn && h("p", { class: "soft note" }, "Part of the product: its name, its help and whether "
    + "it is required can change."),
  h("div", { class: "halves" }, label.element, key.element), hint.element,
  h("div", { class: "halves" }, type.element, seen.element), typeNote, bounds, options.element,
  h("div", { class: "pair" }, required.element, personal.element, archived.element));
  return form;
}

const number = ({ control }) => control.value.trim().replace(",", ".") || null;

const keyOf = (label) => label.toLowerCase().normalize("NFKD").replace(/[̀-ͯ]/g, "")
  .replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "").slice(0, 64);

/** Options in order, and the archived ones, which values may still have. */
function optionsPart(changed) {
  const list = h("ol", { class: "rows", "aria-label": "Options in order" });
  const back = h("div", { class: "bring-back", hidden: true });
  const place = refusalPlace();
  const element = h("fieldset", { class: "setting" }, h("legend", {}, "Options"), list, place,
    h("div", { class: "beside" }, h("button", { class: "link", type: "button", onclick: () => {
      list.append(make({ id: null, label: "" }).element);
      list.lastChild.querySelector("input").focus();
      changed();
    } }, "Add an option")), back);
  const order = sorting(list, changed);
  let present = [];
  let archive = [];

  const rows = () => [...list.children].map((row) => present.find((one) => one.element === row));

  function make(option) {
    const label = h("input", { maxlength: "80", "aria-label": "Option", onkeydown: (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // the next option, not the whole form
      element.querySelector(".beside button").click();
    } });
    label.value = option.label;
    const one = { id: option.id, label: () => label.value.trim(), refusal: refusalPlace() };
    one.element = h("li", { class: "row option-row" }, order.tools(() => one.element, one.label),
      label, h("button", { class: "link", type: "button", onclick: () => leaveOut(one) },
        option.id ? "archive" : "remove"), one.refusal);
    present.push(one);
    return one;
  }

  function leaveOut(one) {
    one.element.remove();
    present = present.filter((each) => each !== one);
    if (one.id) archive.push({ id: one.id, label: one.label() });
    showArchive();
    changed();
  }

  function showArchive() {
    back.hidden = !archive.length;
    back.replaceChildren("Archived: ", ...archive.map((option) => h("button", { class: "chip",
      type: "button", title: "Bring it back", onclick: () => {
        archive = archive.filter((each) => each !== option);
        list.append(make(option).element);
        showArchive();
        changed();
      } }, option.label, h("span", { class: "soft" }, "bring back"))));
  }

  function show(options) {
    present = [];
    list.replaceChildren(...options.filter((one) => !one.archivedAt).map((one) =>
      make(one).element));
    archive = options.filter((one) => one.archivedAt);
    showArchive();
  }

  const given = () => rows().map((one) => ({ optionId: one.id, label: one.label() }));
  return { element, show, given, placeOf: (index) => rows()[Number(index)]?.refusal ?? place };
}
