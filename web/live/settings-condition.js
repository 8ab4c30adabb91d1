// If a rule acts: tests of the lead, all or one of which have to hold.

import { h, refusalPlace } from "./elements.js";
import { choice, choose, picker } from "./settings-picker.js";

const TESTS = [["tags", "Tags"], ["state", "State"], ["assignee", "Assignee"],
  ["priority", "Priority"], ["name", "Name"], ["isAnonymous", "Known or not"]];
const WAYS = {
  tags: [["any", "has one of"], ["all", "has all of"], ["not any", "has none of"]],
  state: [["in", "is one of"], ["not in", "is none of"]],
  assignee: [["in", "is one of"], ["not in", "is none of"], ["nobody", "is nobody"],
    ["somebody", "is somebody"]],
  priority: [["in", "is one of"], ["not in", "is none of"]],
  name: [["contains", "contains"], ["not contains", "does not contain"]],
  isAnonymous: [["no", "has an address or a number"], ["yes", "has neither"]],
};
const PRIORITIES = [["URGENT", "Urgent"], ["HIGH", "High"], ["NORMAL", "Normal"], ["LOW", "Low"]];

const list = (text) => text.split(",").map((one) => one.trim()).filter(Boolean);

/** What a test of a filter is, as a row shows it; null for one that no row can show. */
function rowOf(test, isNot = false) {
  const [[key, value]] = Object.entries(test);
  if (key === "not") return isNot ? null : rowOf(value, true);
  const no = isNot ? "not " : "";
  if (key === "priority") return { key, way: `${no}in`, value };
  if (key === "isAnonymous") return { key, way: value === isNot ? "no" : "yes", value: null };
  if (!WAYS[key] || typeof value !== "object") return null;
  const [[inner, given]] = Object.entries(value);
  if (inner === "isNobody") return { key, way: given === isNot ? "somebody" : "nobody", value: null };
  const way = `${no}${inner}`;
  return WAYS[key].some(([each]) => each === way) ? { key, way, value: given } : null;
}

function testOf({ key, way, value }) {
  if (key === "isAnonymous") return { isAnonymous: way === "yes" };
  if (way === "nobody" || way === "somebody") return { assignee: { isNobody: way === "nobody" } };
  const inner = way.replace("not ", "");
  const test = { [key]: key === "priority" ? value : { [inner]: value } };
  return way.startsWith("not ") ? { not: test } : test;
}

/** `{ element, show(condition), given(), place }`; the condition is `{ words, filter }` or null. */
export function conditionPart(parts, changed) {
  const rows = h("ol", { class: "rows", "aria-label": "Conditions" });
  const joined = choice("How many have to hold", [["and", "All of these hold"],
    ["or", "One of these holds"]]);
  const always = h("p", { class: "soft note" }, "Always: whatever the lead is like.");
  const kept = h("div", { class: "kept", hidden: true });
  const place = refusalPlace();
  const add = h("button", { class: "link", type: "button", onclick: () => {
    put({ key: "tags", way: "any", value: [] });
    rows.lastChild.querySelector("select").focus();
    changed();
  } }, "Add a condition");
  const element = h("fieldset", { class: "setting" }, h("legend", {}, "If"), always, joined, rows,
    kept, place, h("div", { class: "beside" }, add));
  let present = [];
  let whole = null; // a filter that rows can't show; it is kept as it is

  function draw() {
    always.hidden = present.length > 0 || whole !== null;
    joined.hidden = present.length < 2;
    kept.hidden = whole === null;
    add.hidden = whole !== null;
  }

  function put(row) {
    const key = choice("What is looked at", TESTS);
    const way = choice("How", []);
    const value = h("span", { class: "value" });
    const one = { given: null };
    let read = () => null;
    key.value = row.key;
    key.addEventListener("change", () => shape({ way: WAYS[key.value][0][0], value: null }));
    way.addEventListener("change", () => shape({ way: way.value, value: read() }));

    function shape(next) {
      way.replaceChildren(...WAYS[key.value].map(([each, text]) =>
        h("option", { value: each }, text)));
      choose(way, next.way);
      const control = valueFor(key.value, way.value, next.value);
      value.replaceChildren(control.element);
      read = control.read;
    }

    shape(row);
    one.given = () => testOf({ key: key.value, way: way.value, value: read() });
    one.element = h("li", { class: "row test-row" }, key, way, value, h("button", { class: "link",
      type: "button", onclick: () => {
        present = present.filter((each) => each !== one);
        one.element.remove();
        draw();
        changed();
      } }, "remove"));
    present.push(one);
    rows.append(one.element);
    draw();
  }

  function valueFor(key, way, value) {
    if (key === "isAnonymous" || way === "nobody" || way === "somebody") {
      return { element: h("span", {}), read: () => null };
    }
    if (key === "tags" || key === "name") {
      const input = h("input", { "aria-label": "Value", maxlength: "500",
        placeholder: key === "tags" ? "VIP, Investor" : "Part of the name" });
      input.value = Array.isArray(value) ? value.join(", ") : value ?? "";
      return { element: input, read: () => (key === "tags" ? list(input.value) : input.value) };
    }
    const pairs = { state: parts.states, assignee: parts.people, priority: PRIORITIES }[key];
    const control = picker("Value", pairs, changed);
    control.set(Array.isArray(value) ? value : []);
    return { element: control.element, read: control.value };
  }

  function show(condition) {
    rows.replaceChildren();
    present = [];
    whole = null;
    const filter = condition && JSON.parse(condition.filter);
    const [[key, value]] = filter ? Object.entries(filter) : [[null, null]];
    const tests = key === "and" || key === "or" ? value : filter ? [filter] : [];
    const found = tests.map((each) => rowOf(each));
    if (found.includes(null)) keep(condition, filter);
    else {
      choose(joined, key === "or" ? "or" : "and");
      found.forEach(put);
    }
    draw();
  }

  function keep(condition, filter) {
    whole = filter;
    kept.replaceChildren(h("p", {}, condition.words), h("small", {}, "Written through the API in a "
      + "form that can't be taken apart here. It stays as it is."), " ",
    h("button", { class: "link", type: "button", onclick: () => {
      whole = null;
      draw();
      changed();
    } }, "Take it away"));
  }

  function given() {
    if (whole) return whole;
    const tests = present.map((one) => one.given());
    if (!tests.length) return null;
    return tests.length === 1 ? tests[0] : { [joined.value]: tests };
  }

  return { element, show, given, place };
}
