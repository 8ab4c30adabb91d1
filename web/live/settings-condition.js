// If a rule acts: a filter that the lead has to meet.

import { filterBuilder } from "./filter-builder.js";
import { h } from "./elements.js";

/** `{ element, show(condition), given(), placeOf(path), problems() }`; the condition is `{ filter }` or null. */
export function conditionPart(choices, changed) {
  const builder = filterBuilder({ choices, onChange: changed, isForNobody: true,
    nothing: "Always: whatever the lead is like." });
  const element = h("fieldset", { class: "setting" }, h("legend", {}, "If"), builder.element);
  return {
    element, given: builder.value, placeOf: builder.placeOf,
    show: (condition) => builder.set(condition && JSON.parse(condition.filter)),
    problems: () => builder.problems().map(({ path, message }) =>
      ({ path: ["condition", ...path], message })),
  };
}
