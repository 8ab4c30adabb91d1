// Moves between states that a pipeline forbids, each with the reason that people are told.

import { h, refusalPlace } from "./elements.js";

/** The part of a pipeline's form; states are known by their rows' keys, so renaming is harmless. */
export function rulesPart(changed) {
  const list = h("ol", { class: "rows", "aria-label": "Forbidden moves" });
  const empty = h("p", { class: "empty" }, "Every move is allowed.");
  const place = refusalPlace();
  const add = h("button", { class: "link", type: "button", onclick: () => {
    put({ from: null, to: null, reason: "" });
    list.lastChild.querySelector("select").focus();
    changed();
  } }, "Forbid a move");
  const element = h("fieldset", { class: "setting" }, h("legend", {}, "Forbidden moves"), empty,
    list, place, h("div", { class: "beside" }, add));
  let states = []; // [key, name] of the rows
  let rules = [];

  function put({ from, to, reason }) {
    const one = { from: h("select", { "aria-label": "From" }),
      to: h("select", { "aria-label": "To" }),
      reason: h("input", { maxlength: "200", placeholder: "Why not, as people are told",
        "aria-label": "Why not" }), refusal: refusalPlace() };
    one.reason.value = reason;
    fillIn(one.from, "any state", from);
    fillIn(one.to, "choose a state", to);
    one.element = h("li", { class: "row rule-row" }, one.from, h("span", { class: "soft" }, "to"),
      one.to, one.reason, h("button", { class: "link", type: "button", onclick: () => {
        rules = rules.filter((each) => each !== one);
        one.element.remove();
        empty.hidden = rules.length > 0;
        changed();
      } }, "remove"), one.refusal);
    rules.push(one);
    list.append(one.element);
    empty.hidden = true;
  }

  function fillIn(select, none, key) {
    const known = states.some(([each]) => each === key);
    select.replaceChildren(h("option", { value: "" }, none),
      ...(key && !known ? [h("option", { value: key }, "a state that is gone")] : []),
      ...states.map(([value, name]) => h("option", { value }, name || "…")));
    select.value = key ?? "";
  }

  /** The states are called otherwise, or are others. */
  function offer(rows) {
    states = rows.map((one) => [one.key, one.name()]);
    for (const one of rules) {
      fillIn(one.from, "any state", one.from.value);
      fillIn(one.to, "choose a state", one.to.value);
    }
  }

  function show(rows, data) {
    rules = [];
    list.replaceChildren();
    states = rows.map((one) => [one.key, one.name()]);
    for (const rule of data) put({ from: rule.from?.id, to: rule.to.id, reason: rule.reason });
    empty.hidden = rules.length > 0;
  }

  /** `nameOf(key)` is what a state is called now; a state that is gone has no name. */
  const given = (nameOf) => rules.map(({ from, to, reason }) => ({
    from: from.value ? nameOf(from.value) ?? "" : null, to: nameOf(to.value) ?? "",
    reason: reason.value }));
  const placeOf = (index) => rules[Number(index)]?.refusal ?? place;
  return { element, offer, show, given, placeOf };
}
