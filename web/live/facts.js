// The tags in the quiet column of the card. The part is `{ element, update }`.

import { ADD_TAGS, REMOVE_TAGS } from "./documents.js";
import { fill, h, refusalPlace } from "./elements.js";

function part(title, ...children) {
  return h("section", { class: "facts" }, h("h3", {}, title), ...children);
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
