// What a clause of a filter compares with, each in a control. A maker is called with
// `{ choices, changed }` and what the filter has there so far; it answers `{ element, value() }`,
// where null is what nobody has filled in yet.

import { h } from "./elements.js";
import { choice, choose, options, picker } from "./settings-picker.js";

const UNITS = [["MINUTE", "minutes"], ["HOUR", "hours"], ["DAY", "days"], ["WEEK", "weeks"],
  ["MONTH", "months"]];
const CURRENCIES = ["EUR", "USD", "GBP", "CHF", "PLN", "SEK", "NOK", "DKK", "CZK", "CAD", "AUD",
  "JPY"];

function typed(attributes, given, read = (text) => text) {
  const input = h("input", attributes);
  input.value = given ?? "";
  return { element: input, value: () => (input.value.trim() === "" ? null : read(input.value.trim())) };
}

export const text = (label, placeholder = "") => (_, given) =>
  typed({ "aria-label": label, placeholder, maxlength: "500" }, given);

/** Several texts, with commas between. */
export const texts = (label, placeholder) => (_, given) => typed({ "aria-label": label, placeholder,
  maxlength: "2000" }, given?.join(", "), (words) => {
  const found = words.split(",").map((one) => one.trim()).filter(Boolean);
  return found.length ? found : null;
});

export const decimal = (label) => (_, given) =>
  typed({ "aria-label": label, inputmode: "decimal", class: "short" }, given);

export const whole = (label, max = 10000) => (_, given) => typed({ "aria-label": label,
  type: "number", min: "0", max, step: "1", class: "short" }, given, Number);

export const day = (label) => (_, given) => typed({ "aria-label": label, type: "date" }, given);

export const clockTime = (label) => (_, given) =>
  typed({ "aria-label": label, type: "time" }, given?.slice(0, 5));

/** An instant, shown in the browser's zone; untouched it stays as exact as it was. */
export function instant(label) {
  return (_, given) => {
    const at = given && new Date(given);
    const shown = at ? new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16) : "";
    return typed({ "aria-label": label, type: "datetime-local" }, shown,
      (now) => (now === shown ? given : new Date(now).toISOString()));
  };
}

export function period(label) {
  return (_, given) => {
    const amount = typed({ "aria-label": label, type: "number", min: "1", max: "10000", class: "short" },
      given?.amount ?? 7, Number);
    const unit = choice("Unit", UNITS);
    unit.value = given?.unit ?? "DAY";
    return { element: h("span", { class: "pieces" }, amount.element, unit),
      value: () => (amount.value() === null ? null : { amount: amount.value(), unit: unit.value }) };
  };
}

/** One of `pairs`, `[[value, words]]`, or what gives them from the choices. */
export const one = (label, pairs) => ({ choices }, given) => {
  const select = choice(label, [["", "choose …"], ...listed(pairs, choices)]);
  choose(select, given);
  return { element: select, value: () => select.value || null };
};

/** Several of `pairs`. */
export const several = (label, pairs) => ({ choices, changed }, given) => {
  const chosen = picker(label, listed(pairs, choices), changed);
  chosen.set(given ?? []);
  return { element: chosen.element, value: () => (chosen.value().length ? chosen.value() : null) };
};

const listed = (pairs, choices) => (typeof pairs === "function" ? pairs(choices) : pairs);

/** What can't be taken apart here; it stays as it is. */
export const kept = (_, given) => ({ element: h("span", { class: "soft" }, "as it was written"),
  value: () => given });

/** One of a few values that are no texts: `[[value, words]]`. */
export const flag = (label, pairs) => (_, given) => {
  const select = choice(label, pairs.map(([value, words]) => [String(value), words]));
  select.value = String(given ?? pairs[0][0]);
  return { element: select, value: () => pairs.find(([value]) => String(value) === select.value)[0] };
};

const at = (given, key) => key.split(".").reduce((inner, part) => inner?.[part], given);
const put = (key, value) => key.split(".").reduceRight((inner, part) => ({ [part]: inner }), value);

/**
 * One way of several: `[{ key, words, of }]` with a maker, or `{ key, words, is }` with a value that
 * needs no control; what gives them from the context will do. The literal has the chosen key alone;
 * a dot in a key is a key within. What was typed for one way is kept for the next that takes the same.
 */
export const way = (label, given) => (context, literal) => {
  const offered = typeof given === "function" ? given(context) : given;
  const has = ({ key, of, is }) => (of ? at(literal, key) != null : at(literal, key) === is);
  const found = literal && offered.find(has);
  const ways = literal && !found ? [...offered, { key: "", words: "as it was written", of: kept }]
    : offered;
  const name = ({ key, is }) => (is === undefined ? key : `${key} ${is}`);
  const select = choice(label, ways.map((each) => [name(each), each.words]));
  const holder = h("span", { class: "pieces" });
  let chosen = null;
  let inner = null;

  function take(next, value) {
    chosen = next;
    inner = next.of ? next.of(context, value) : { element: "", value: () => next.is };
    holder.replaceChildren(inner.element);
    holder.hidden = !next.of;
  }

  select.addEventListener("change", () => {
    const next = ways.find((each) => name(each) === select.value);
    take(next, next.of && next.of === chosen.of ? inner.value() ?? undefined : undefined);
  });
  const first = found || ways.at(literal ? -1 : 0);
  select.value = name(first);
  take(first, literal && (first.key ? at(literal, first.key) : literal));
  return {
    element: h("span", { class: "pieces" }, select, holder),
    value: () => (inner.value() === null ? null
      : chosen.key ? put(chosen.key, inner.value()) : inner.value()),
  };
};

/** An object whose parts are all needed: `[[key, words, maker]]`. */
export const all = (parts) => (context, given) => {
  const made = parts.map(([key, words, maker]) => [key, words, maker(context, given?.[key])]);
  return {
    element: h("span", { class: "pieces" }, made.flatMap(([, words, { element }]) =>
      (words ? [words, element] : [element]))),
    value: () => (made.some(([, , part]) => part.value() === null) ? null
      : Object.fromEntries(made.map(([key, , part]) => [key, part.value()]))),
  };
};

/** An object with any of its parts: those there are, and a select that adds another. */
export const any = (parts, { needsOne = false } = {}) => (context, given) => {
  const rows = h("span", { class: "parts" });
  const add = choice("Add a condition to it", []);
  let present = [];

  function draw() {
    const left = parts.filter(([key]) => !present.some((each) => each.key === key));
    add.replaceChildren(...options([["", "with …"], ...left.map(([key, words]) => [key, words])]));
    add.hidden = !left.length;
  }

  function show([key, words, maker], value) {
    const part = maker(context, value);
    const mine = { key, part };
    mine.element = h("span", { class: "pieces part" }, words, part.element, drop(words, () => {
      present = present.filter((each) => each !== mine);
      mine.element.remove();
      draw();
      add.focus();
      context.changed();
    }));
    present.push(mine);
    rows.append(mine.element);
    draw();
  }

  add.addEventListener("change", () => {
    if (!add.value) return;
    show(parts.find(([key]) => key === add.value));
    present.at(-1).element.querySelector("input, select")?.focus();
    context.changed();
  });
  draw();
  for (const part of parts) if (given?.[part[0]] != null) show(part, given[part[0]]);
  return {
    element: h("span", { class: "parts" }, rows, add),
    value: () => ((needsOne && !present.length) || present.some(({ part }) => part.value() === null)
      ? null : Object.fromEntries(present.map(({ key, part }) => [key, part.value()]))),
  };
};

/** Any number of the same, at least one. */
export const many = (label, maker) => (context, given) => {
  const rows = h("span", { class: "parts" });
  let present = [];

  function line(value) {
    const made = maker(context, value);
    const row = h("span", { class: "pieces" }, made.element, drop(label, () => {
      present = present.filter((each) => each !== made);
      row.remove();
      context.changed();
    }));
    present.push(made);
    rows.append(row);
  }

  (given ?? [undefined]).forEach((each) => line(each));
  const add = h("button", { class: "link", type: "button", onclick: () => {
    line();
    rows.lastChild.querySelector("input, select").focus();
    context.changed();
  } }, `another ${label}`);
  return {
    element: h("span", { class: "parts" }, rows, add),
    value: () => (!present.length || present.some((each) => each.value() === null) ? null
      : present.map((each) => each.value())),
  };
};

/** A small button that takes something out. */
export const drop = (what, act) => h("button", { class: "link drop", type: "button",
  "aria-label": `Remove ${what}`, title: "Remove", onclick: act }, "×");

export const currency = (_, given) => {
  const input = h("input", { class: "currency", maxlength: "3", list: "filter-currencies",
    autocapitalize: "characters", "aria-label": "Currency" });
  input.value = given ?? CURRENCIES[0];
  return {
    element: h("span", {}, input, h("datalist", { id: "filter-currencies" },
      CURRENCIES.map((code) => h("option", { value: code })))),
    value: () => input.value.trim().toUpperCase() || null,
  };
};
