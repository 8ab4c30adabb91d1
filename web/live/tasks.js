// Tasks of a lead in the colours and words of their due bands.

import { COMPLETE_TASK, FURTHER_TASKS, REOPEN_TASK, SNOOZE_TASK } from "./documents.js";
import { earlierPart } from "./earlier.js";
import { fill, h, moment, refusalPlace } from "./elements.js";
import { emptyLine, panel } from "./panels.js";
import { newTaskForm, taskEditor } from "./task-form.js";

/** A mark with the colour and the label of a band: never the colour alone. */
export function bandMark(legend, band) {
  const { color, label } = legend.find((one) => one.band === band) ?? { label: band };
  const element = h("span", { class: "band" }, label);
  if (/^#[0-9a-f]{6}$/i.test(color ?? "")) element.style.setProperty("--band", color);
  return element;
}

/** A calendar day in words. */
export const day = (date) =>
  new Date(`${date}T12:00`).toLocaleDateString("en", { dateStyle: "medium" });

/** When a task is due, in words; empty if never. */
export const due = ({ dueAt, dueOn }) => (dueAt ? moment(dueAt) : dueOn ? day(dueOn) : "");

const LATER = [["", "Put off …"], ["hour", "for an hour"], ["morning", "until tomorrow 9:00"],
  ["week", "until next week"]];

/** `legend()` gives `[{ band, color, label }]`. */
export function tasksPanel(context) {
  const { leadId, legend, perform } = context;
  const key = h("ul", { class: "legend", "aria-label": "What the colours mean" });
  const list = h("ol", { class: "tasks", "data-testid": "tasks" });
  const empty = emptyLine("Nothing to do.");
  const refusal = refusalPlace();
  const fresh = newTaskForm(context, refusal);
  const further = earlierPart(context, { tab: "tasks", document: FURTHER_TASKS, list,
    label: "Show more" });
  const editors = new Map(); // forms of the tasks that this person is changing, by their ids
  let lead = null;

  function update(next) {
    lead = next;
    draw();
  }

  function draw() {
    const mayEdit = lead.viewerCan.edit;
    const bands = legend();
    fill(key, bands, ({ band }) => band, ({ band }) => h("li", {}, bandMark(bands, band)));
    const known = new Set(lead.tasks.map(({ id }) => id));
    for (const id of editors.keys()) if (!known.has(id) || !mayEdit) editors.delete(id);
    const rows = lead.tasks.map((task) => (editors.has(task.id) ? { id: task.id, isEdited: true }
      : { ...task, mayEdit, bands }));
    fill(list, rows, ({ id }) => id, (row) => (row.isEdited
      ? h("li", { data: { id: row.id } }, editors.get(row.id).element) : makeTask(row)));
    empty.hidden = rows.length > 0;
    fresh.update(lead);
    further.update(lead);
  }

  function edit(task) {
    const form = taskEditor(context, task, () => {
      editors.delete(task.id);
      draw();
    });
    editors.set(task.id, form);
    draw();
    form.focus();
  }

  function makeTask({ mayEdit, bands, ...task }) {
    const { id, completedAt } = task;
    const act = (document, more = {}) =>
      perform(document, { leadId, taskId: id, ...more }, refusal);
    const box = h("input", { type: "checkbox", checked: Boolean(completedAt), disabled: !mayEdit,
      "aria-label": `Done: ${task.title}`,
      onchange: async () => {
        const isDone = await act(completedAt ? REOPEN_TASK : COMPLETE_TASK);
        if (!isDone) box.checked = Boolean(completedAt);
      } });
    const isAsleep = task.snoozedUntil && !completedAt;
    const facts = [due(task), task.assignee?.name ?? "nobody", isAsleep && "put off until "
      + moment(task.snoozedUntil)].filter(Boolean).join(" · ");
    return h("li", { data: { id, band: task.dueBand } }, box,
      h("div", {}, mayEdit ? h("button", { class: "link what", type: "button",
        onclick: () => edit(task) }, task.title) : h("span", { class: "what" }, task.title),
      task.body && h("p", { class: "soft" }, task.body), h("small", {}, facts),
      task.outcomeText && h("p", { class: "annotation" }, task.outcomeText)),
      h("div", { class: "beside" }, bandMark(bands, task.dueBand),
        mayEdit && !completedAt && (isAsleep
          ? h("button", { class: "link", type: "button", title: "On the dashboard",
            onclick: () => act(SNOOZE_TASK, { until: null }) }, "Show again")
          : later((until) => act(SNOOZE_TASK, { until })))));
  }

  const element = panel("Tasks", key, fresh.element, refusal, empty, list, further.element);
  return { element, update };
}

// Acts once it is left or confirmed, not while arrow keys go over the choices.
function later(snooze) {
  const select = h("select", { class: "quiet", title: "Off the dashboard until then",
    "aria-label": "Put off", onchange: () => {
      const until = untilWhen(select.value);
      select.value = "";
      if (until) snooze(until);
    } }, LATER.map(([value, words]) => h("option", { value }, words)));
  return select;
}

function untilWhen(choice) {
  const at = new Date();
  if (choice === "hour") return new Date(at.getTime() + 3_600_000).toISOString();
  if (!choice) return null;
  at.setDate(at.getDate() + (choice === "week" ? 7 - ((at.getDay() + 6) % 7) : 1));
  at.setHours(9, 0, 0, 0);
  return at.toISOString();
}
