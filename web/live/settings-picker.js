// Controls of the rules: several of many, and a row that goes.

import { h } from "./elements.js";
import { mutate } from "./graphql.js";

/** Options of a select, `[[value, words]]`. */
export const options = (pairs) => pairs.map(([value, text]) => h("option", { value }, text));

/** A select with these options; `label` is for those who can't see where it stands. */
export const choice = (label, pairs, attributes = {}) =>
  h("select", { "aria-label": label, ...attributes }, options(pairs));

/** Sets a select, also to what it no longer offers. */
export function choose(select, value, gone = "no longer there") {
  const text = value ?? "";
  if (![...select.options].some((one) => one.value === text)) {
    select.append(h("option", { value: text }, gone));
  }
  select.value = text;
}

/**
 * Several of many: chips, and a select that adds one. `pairs` is `[[id, words]]`; answers
 * `{ element, value(), set(ids, others) }`; `others` are more of such pairs, which can't be added.
 */
export function picker(label, pairs, changed) {
  const chips = h("span", { class: "chips" });
  const add = choice(label, [["", "Add …"], ...pairs]);
  const element = h("span", { class: "picker" }, chips, add);
  const names = new Map(pairs);
  let chosen = [];

  add.addEventListener("change", () => {
    if (add.value) set([...chosen, add.value]);
    changed();
  });

  function set(ids, others = []) {
    for (const [id, name] of others) if (!names.has(id)) names.set(id, name);
    chosen = [...new Set(ids)];
    chips.replaceChildren(...chosen.map((id) => h("button", { class: "chip", type: "button",
      title: "Take out", onclick: () => {
        set(chosen.filter((one) => one !== id));
        changed();
        add.focus();
      } }, names.get(id) ?? "no longer there", h("span", { class: "soft" }, "×"))));
    for (const option of add.options) option.hidden = chosen.includes(option.value);
    add.value = "";
  }

  return { element, value: () => chosen, set };
}

/** A button that asks once more before it acts; what `act()` throws is told in its place. */
export function sure(label, question, act) {
  const element = h("span", { class: "asked" });
  const go = () => act().catch(({ message }) => element.replaceChildren(message));
  const ask = () => element.replaceChildren(question, " ",
    h("button", { class: "link danger", type: "button", onclick: go }, "Yes"), " ",
    h("button", { class: "link", type: "button", onclick: rest }, "No"));
  const rest = () => element.replaceChildren(
    h("button", { class: "link", type: "button", onclick: ask }, label));
  rest();
  return element;
}

/** The success of a mutation; throws what it was refused with. */
export async function done(document, input) {
  const answer = await mutate(document, input);
  if (!/Success$/.test(answer.__typename)) {
    throw new Error(answer.problems?.[0]?.message ?? answer.message);
  }
  return answer;
}

/** A switch that acts at once. */
export function powerSwitch(name, isOn, set) {
  const control = h("input", { type: "checkbox", role: "switch", "aria-label": `${name} is on`,
    onchange: () => set(control.checked) });
  control.checked = isOn;
  return h("label", { class: "switch" }, control, h("span", {}, isOn ? "on" : "off"));
}
