// The properties that this person keeps on top of every card; a click copies the raw value.

import { PIN, UNPIN } from "./documents.js";
import { copied, fill, h, refusalPlace } from "./elements.js";

/** `{ element, update, isPinned(key), toggle(key) }`; `onChange` redraws who shows pins. */
export function pinsPart(perform, onChange) {
  const list = h("ul", { class: "pins", "aria-label": "Pinned" });
  const refusal = refusalPlace();
  const element = h("div", {}, list, refusal);
  let keys = [];
  let told = null; // the pins of the last snapshot: a new one counts, ours in between too

  const isPinned = (key) => keys.includes(key);

  async function toggle(key) {
    const document = isPinned(key) ? UNPIN : PIN;
    if (!(await perform(document, { fieldKey: key }, refusal))) return;
    keys = isPinned(key) ? keys.filter((other) => other !== key) : [...keys, key];
    onChange();
  }

  function makePin({ label, display, copyText }) {
    const button = h("button", { class: "plain", type: "button", disabled: copyText == null,
      title: "Copy", onclick: async () => {
        const text = (await copied(copyText)) ? "Copied" : copyText;
        button.lastChild.textContent = text;
        setTimeout(() => { button.lastChild.textContent = display; }, 2000);
      } }, h("small", {}, label), h("span", {}, display));
    return h("li", {}, button);
  }

  function update(lead) {
    if (lead.pinnedProperties !== told) {
      told = lead.pinnedProperties;
      keys = told.map(({ key }) => key);
    }
    const rows = keys.map((key) => lead.properties.find((one) => one.key === key)).filter(Boolean)
      .map(({ key, label, value }) => ({ key, label, display: value?.display ?? "empty",
        copyText: value?.copyText ?? null }));
    fill(list, rows, ({ key }) => key, makePin);
    element.hidden = rows.length === 0 && !refusal.textContent;
  }

  return { element, update, isPinned, toggle };
}
