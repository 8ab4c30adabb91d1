// A part of a dialog that opens at a click on its line.

import { h } from "./elements.js";

/** `{ element, tell(text) }`: what is told stands in its line, open or not. */
export function fold(title, testid, ...children) {
  const state = h("span", { class: "soft" });
  const element = h("details", { class: "fold-part", "data-testid": testid },
    h("summary", {}, h("span", { class: "entry-name" }, title), " ", state), children);
  return { element, tell: (text) => { state.textContent = text; } };
}
