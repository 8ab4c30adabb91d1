// Whose lead it is: handing it over, with what is open on it, and taking it.

import { ASSIGN } from "./documents.js";
import { flash, h, offer } from "./elements.js";

/** The controls in the card's header; refusals are told in `refusal`. */
export function peoplePart({ leadId, me, assignees, perform }, refusal) {
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
    choices(assignee, assignees(), lead.assignee);
    assignee.disabled = !lead.viewerCan.assign;
    label.hidden = !lead.viewerCan.assign || !lead.assignee;
    take.hidden = !lead.viewerCan.assignToMe;
    if (touched.includes("assignee")) flash(assignee);
  }

  const elements = [h("label", { for: "assignee" }, "Assignee"), assignee, label, take];
  return { elements, update };
}

// Whom one may give the lead to, and whose it is now.
function choices(select, assignees, assignee) {
  const people = assignee && !assignees.some(({ id }) => id === assignee.id)
    ? [assignee, ...assignees] : assignees;
  offer(select, [["", "Nobody"], ...people.map(({ id, name }) => [id, name])]);
  select.value = assignee?.id ?? "";
}
