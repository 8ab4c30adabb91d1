// Whose lead it is: handing it over, with what is open on it, and taking it.

import { ASSIGN } from "./documents.js";
import { flash, h } from "./elements.js";

/** The controls in the card's header; refusals are told in `refusal`. */
export function peoplePart({ leadId, me, staff, perform }, refusal) {
  const assignee = h("select", { id: "assignee", onchange: () => give(assignee.value || null) });
  const along = h("input", { type: "checkbox", id: "move-open", "data-testid": "move-open" });
  const label = h("label", { class: "along", for: "move-open",
    title: "Open tasks and appointments of the present assignee go along" }, along, "with open items");
  const take = h("button", { class: "plain", type: "button", "data-testid": "take",
    onclick: () => give(me.id) }, "Take this lead");
  let lead = null;

  async function give(staffId) {
    const input = { leadId, staffId, moveOpenItems: along.checked && Boolean(staffId) };
    if (await perform(ASSIGN, input, refusal)) along.checked = false;
    else assignee.value = lead.assignee?.id ?? "";
  }

  function update(next, touched) {
    lead = next;
    choices(assignee, staff(), lead.assignee);
    assignee.disabled = !lead.viewerCan.assign;
    label.hidden = !lead.viewerCan.assign || !lead.assignee;
    take.hidden = !lead.viewerCan.assignToMe;
    if (touched.includes("assignee")) flash(assignee);
  }

  const elements = [h("label", { for: "assignee" }, "Assignee"), assignee, label, take];
  return { elements, update };
}

function choices(select, staff, assignee) {
  const people = assignee && !staff.some(({ id }) => id === assignee.id)
    ? [assignee, ...staff] : staff;
  if (select.options.length !== people.length + 1) {
    select.replaceChildren(h("option", { value: "" }, "Nobody"),
      ...people.map(({ id, name }) => h("option", { value: id }, name)));
  }
  select.value = assignee?.id ?? "";
}
