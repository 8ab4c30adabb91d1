// Whose lead it is: handing it over, with what is open on it, and taking it.

import { ASSIGN } from "./documents.js";
import { flash, h, offer } from "./elements.js";

/**
 * The controls in the card's header; refusals are told in `refusal`. A choice is asked about before
 * it counts: arrow keys go over the names of a closed select one by one.
 */
export function peoplePart({ leadId, me, assignees, perform, here }, refusal) {
  const assignee = h("select", { id: "assignee", onchange: ask });
  const along = h("input", { type: "checkbox", "data-testid": "move-open" });
  const label = h("label", { class: "along",
    title: "Open tasks and appointments of the present assignee" }, along,
  "Hand over open tasks too");
  const yes = h("button", { class: "primary", type: "button", "data-testid": "hand-over",
    onclick: () => give(assignee.value || null, along.checked) });
  const question = h("span", { class: "hand-over", hidden: true }, label, yes,
    h("button", { class: "link", type: "button", onclick: leave }, "Cancel"));
  const take = h("button", { class: "plain", type: "button", "data-testid": "take",
    onclick: () => give(me.id, Boolean(lead.assignee)) }, "Take this lead");
  const name = h("span", { "data-testid": "assignee-name" });
  const place = h("span", { class: "here", "data-testid": "assignee-here" });
  let lead = null;

  function ask() {
    refusal.textContent = "";
    if (assignee.value === (lead.assignee?.id ?? "")) return leave();
    const name = assignee.selectedOptions[0].textContent;
    yes.textContent = assignee.value ? `Hand over to ${name}` : "Leave it to nobody";
    label.hidden = !lead.assignee || !assignee.value;
    if (question.hidden) along.checked = true;
    question.hidden = false;
  }

  function leave() {
    question.hidden = true;
    assignee.value = lead.assignee?.id ?? "";
  }

  async function give(staffId, withTasks) {
    const input = { leadId, staffId, moveOpenItems: Boolean(withTasks && staffId && lead.assignee) };
    if (!(await perform(ASSIGN, input, refusal))) assignee.value = lead.assignee?.id ?? "";
    question.hidden = true;
  }

  function update(next, touched) {
    const isOther = lead?.assignee?.id !== next.assignee?.id;
    lead = next;
    if (isOther) question.hidden = true;
    const asked = question.hidden ? null : assignee.value;
    choices(assignee, assignees(), lead.assignee);
    if (asked !== null) assignee.value = asked;
    assignee.hidden = !lead.viewerCan.assign;
    name.hidden = lead.viewerCan.assign;
    name.textContent = lead.assignee?.name ?? "Nobody";
    take.hidden = !lead.viewerCan.assignToMe;
    if (touched.includes("assignee")) flash(assignee);
    showPlace();
  }

  function showPlace() {
    const found = lead.assignee && here(lead.assignee);
    place.hidden = !found;
    place.textContent = found?.words ?? "";
    place.dataset.here = found?.isHere ? "yes" : "no";
  }

  const elements = [h("label", { for: "assignee" }, "Assignee"),
    h("span", { class: "beside" }, assignee, name, place), question, take];
  return { elements, update };
}

// Whom one may give the lead to, and whose it is now.
function choices(select, assignees, assignee) {
  const people = assignee && !assignees.some(({ id }) => id === assignee.id)
    ? [assignee, ...assignees] : assignees;
  offer(select, [["", "Nobody"], ...people.map(({ id, name }) => [id, name])]);
  select.value = assignee?.id ?? "";
}
