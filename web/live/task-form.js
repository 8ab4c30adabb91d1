// Writing a task: what, until when, and who; a new one, or one that is there.

import { localInput } from "./appointments.js";
import { COMPLETE_TASK, CREATE_TASK, REMOVE_TASK, UPDATE_TASK } from "./documents.js";
import { h, offer, refusalPlace } from "./elements.js";
import { randomKey } from "./outbox.js";

/**
 * A day, and a time of that day if one is meant: `{ elements, show(task), given() }`. Both are those
 * of this browser; `given` answers `dueAt` or `dueOn`.
 */
function dueInputs() {
  const date = h("input", { type: "date", "aria-label": "Due on", min: "1900-01-01",
    max: "2199-12-31" });
  const time = h("input", { type: "time", "aria-label": "Due at", title: "Time, if it matters" });

  function show({ dueAt, dueOn }) {
    const [on, at] = dueAt ? localInput(Date.parse(dueAt)).split("T") : [dueOn ?? "", ""];
    date.value = on;
    time.value = at;
  }

  function given() {
    if (!date.value || !time.value) return { dueAt: null, dueOn: date.value || null };
    return { dueAt: new Date(`${date.value}T${time.value}`).toISOString(), dueOn: null };
  }

  return { elements: [date, time], show, given };
}

function people(staff, me, other) {
  const all = [me, ...staff.filter(({ id }) => id !== me.id)];
  return other && !all.some(({ id }) => id === other.id) ? [...all, other] : all;
}

/** A line for a new task, for oneself unless somebody else is chosen. */
export function newTaskForm({ leadId, me, staff, perform, drafts }, refusal) {
  const title = h("input", { maxlength: "200", "aria-label": "A new task",
    placeholder: "Add a task, such as Call back" });
  const when = dueInputs();
  const who = h("select", { "aria-label": "Who does it" });
  const button = h("button", { class: "plain" }, "Add");
  const element = h("form", { class: "inline", onsubmit: add }, title, when.elements, who, button);
  let idempotencyKey = randomKey(); // kept until it worked: trying again adds no second one
  drafts.keep("task", title);

  async function add(event) {
    event.preventDefault();
    const input = { leadId, idempotencyKey, title: title.value.trim(), ...when.given(),
      assigneeId: who.value || null };
    if (!input.title || button.disabled) return;
    button.disabled = true;
    const isDone = await perform(CREATE_TASK, input, refusal);
    button.disabled = false;
    if (!isDone) return;
    idempotencyKey = randomKey();
    title.value = "";
    when.show({});
    who.value = me.id;
    drafts.forget("task");
  }

  function update(lead) {
    offer(who, people(staff(), me).map(({ id, name }) => [id, id === me.id ? "for me" : name]));
    element.hidden = !lead.viewerCan.edit;
  }

  return { element, update };
}

/** A task in its place, to be changed, done with what came of it, or removed; then `close()`. */
export function taskEditor({ leadId, me, staff, perform }, task, close) {
  const title = h("input", { maxlength: "200", value: task.title, "aria-label": "Title" });
  const when = dueInputs();
  const who = h("select", { "aria-label": "Who does it" });
  const text = h("textarea", { rows: "2", maxlength: "10000", "aria-label": "Text",
    placeholder: "What to know (optional)" });
  const outcome = h("textarea", { rows: "1", maxlength: "2000", "aria-label": "What came of it",
    placeholder: "What came of it (optional)", hidden: Boolean(task.completedAt) });
  const refusal = refusalPlace();
  const sure = h("button", { class: "link", type: "button", onclick: remove }, "Remove");
  const element = h("form", { class: "annotator", onsubmit: save,
    onkeydown: (event) => event.key === "Escape" && close() }, title,
  h("div", { class: "beside" }, when.elements), who, text, outcome, refusal,
  h("div", { class: "beside" }, h("button", { class: "plain" }, "Save"),
    !task.completedAt && h("button", { class: "plain", type: "button", onclick: done }, "Done"),
    h("button", { class: "link", type: "button", onclick: close }, "Cancel"), sure));
  const own = { leadId, taskId: task.id };
  let version = task.version;
  offer(who, [["", "Nobody"], ...people(staff(), me, task.assignee).map(({ id, name }) =>
    [id, name])]);
  who.value = task.assignee?.id ?? "";
  text.value = task.body ?? "";
  when.show(task);
  const first = JSON.stringify(when.given());

  // Only what this person changed: what others changed meanwhile stays as it is.
  function changed() {
    const given = {};
    if (title.value !== task.title) given.title = title.value;
    if (text.value !== (task.body ?? "")) given.body = text.value || null;
    if (who.value !== (task.assignee?.id ?? "")) given.assigneeId = who.value || null;
    if (JSON.stringify(when.given()) !== first) Object.assign(given, when.given());
    return given;
  }

  async function store() {
    const given = changed();
    if (!Object.keys(given).length) return true;
    return perform(UPDATE_TASK, { ...own, ...given, expectedVersion: version }, refusal, clash);
  }

  function clash({ currentVersion, conflicts }) {
    if (!currentVersion) return;
    version = currentVersion;
    refusal.textContent = `${conflicts?.[0]?.changedByName ?? "Somebody"} changed this meanwhile. `
      + "Save again to put yours in its place.";
  }

  async function save(event) {
    event.preventDefault();
    if (await store()) close();
  }

  async function done() {
    const input = { ...own, outcome: outcome.value.trim() || null };
    if ((await store()) && (await perform(COMPLETE_TASK, input, refusal))) close();
  }

  async function remove() {
    if (!sure.dataset.asked) {
      sure.dataset.asked = "yes";
      return void (sure.textContent = "Sure? Remove");
    }
    if (await perform(REMOVE_TASK, own, refusal)) close();
  }

  return { element, focus: () => title.focus() };
}
