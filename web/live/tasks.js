// Tasks of a lead in the colours and words of their due bands, and the days that matter.

import {
  COMPLETE_TASK, CREATE_TASK, REMOVE_DATE, REOPEN_TASK, SAVE_DATE, SNOOZE_TASK, UPDATE_TASK,
} from "./documents.js";
import { fill, h, moment, offer, refusalPlace } from "./elements.js";
import { randomKey } from "./outbox.js";
import { emptyLine, panel } from "./panels.js";

/** A mark with the colour and the label of a band: never the colour alone. */
export function bandMark(legend, band) {
  const { color, label } = legend.find((one) => one.band === band) ?? { label: band };
  const element = h("span", { class: "band" }, label);
  if (/^#[0-9a-f]{6}$/i.test(color ?? "")) element.style.setProperty("--band", color);
  return element;
}

const day = (date) => new Date(`${date}T12:00`).toLocaleDateString("en", { dateStyle: "medium" });

/** When a task is due, in words; empty if never. */
export const due = ({ dueAt, dueOn }) => (dueAt ? moment(dueAt) : dueOn ? day(dueOn) : "");

/** `legend()` gives `[{ band, color, label }]`. */
export function tasksPanel(leadId, legend, perform) {
  const key = h("ul", { class: "legend", "aria-label": "What the colours mean" });
  const list = h("ol", { class: "tasks", "data-testid": "tasks" });
  const empty = emptyLine("Nothing to do.");
  const refusal = refusalPlace();
  const title = h("input", { maxlength: "200", "aria-label": "A new task",
    placeholder: "Add a task, such as Call back" });
  const date = h("input", { type: "date", "aria-label": "Due on", min: "1900-01-01",
    max: "2199-12-31" });
  const form = h("form", { class: "inline", onsubmit: add }, title, date,
    h("button", { class: "plain" }, "Add"));
  let idempotencyKey = randomKey();
  let lead = null, edited = null; // the task that is being changed

  async function add(event) {
    event.preventDefault();
    const input = { leadId, idempotencyKey, title: title.value.trim(), dueOn: date.value || null };
    if (!input.title || !(await perform(CREATE_TASK, input, refusal))) return;
    idempotencyKey = randomKey();
    title.value = date.value = "";
  }

  function update(next) {
    lead = next;
    draw();
  }

  function draw() {
    const mayEdit = lead.viewerCan.edit;
    const bands = legend();
    fill(key, bands, ({ band }) => band, ({ band }) => h("li", {}, bandMark(bands, band)));
    const rows = lead.tasks.map((task) => ({ ...task, mayEdit, bands,
      isEdited: edited === task.id }));
    fill(list, rows, ({ id }) => id, makeTask);
    empty.hidden = rows.length > 0;
    form.hidden = !mayEdit;
  }

  function makeTask(task) {
    const { id, mayEdit, bands, isEdited, completedAt } = task;
    const act = (document, more = {}) => () =>
      perform(document, { leadId, taskId: id, ...more }, refusal);
    const box = h("input", { type: "checkbox", checked: Boolean(completedAt), disabled: !mayEdit,
      "aria-label": `Done: ${task.title}`,
      onchange: act(completedAt ? REOPEN_TASK : COMPLETE_TASK) });
    if (isEdited) return h("li", { data: { id } }, editor(task));
    const open = () => {
      edited = id;
      draw();
      list.querySelector("form input").focus();
    };
    const tomorrow = () => act(SNOOZE_TASK, { until: nextMorning() })();
    const isAsleep = task.snoozedUntil && !completedAt;
    const facts = [due(task), task.assignee?.name, isAsleep && `put off until `
      + moment(task.snoozedUntil), task.outcomeText].filter(Boolean).join(" · ");
    return h("li", { data: { id, band: task.dueBand } }, box,
      h("div", {}, mayEdit ? h("button", { class: "link what", type: "button", onclick: open },
        task.title) : h("span", { class: "what" }, task.title),
      task.body && h("p", { class: "soft" }, task.body), facts && h("small", {}, facts)),
      h("div", { class: "beside" }, bandMark(bands, task.dueBand),
        mayEdit && !completedAt && h("button", { class: "link", type: "button",
          onclick: isAsleep ? act(SNOOZE_TASK, { until: null }) : tomorrow,
          title: "On the dashboard" }, isAsleep ? "Show again" : "Put off")));
  }

  function editor({ id, title: words, dueOn, dueAt, body, version }) {
    const name = h("input", { maxlength: "200", value: words, "aria-label": "Title" });
    const when = h("input", { type: "date", value: dueOn ?? dueAt?.slice(0, 10) ?? "",
      "aria-label": "Due on" });
    const area = h("textarea", { rows: "2", maxlength: "10000", "aria-label": "Text" });
    area.value = body ?? "";
    const told = refusalPlace();
    const first = when.value;
    const close = () => {
      edited = null;
      draw();
    };
    async function save(event) {
      event.preventDefault();
      const input = { leadId, taskId: id, title: name.value, body: area.value || null,
        expectedVersion: version };
      if (when.value !== first) Object.assign(input, { dueOn: when.value || null, dueAt: null });
      if (await perform(UPDATE_TASK, input, told)) close();
    }
    return h("form", { class: "annotator", onsubmit: save }, name, when, area, told,
      h("div", { class: "beside" }, h("button", { class: "plain" }, "Save"),
        h("button", { class: "link", type: "button", onclick: close }, "Cancel")));
  }

  return { element: panel("Tasks", key, form, refusal, empty, list), update };
}

function nextMorning() {
  const at = new Date();
  at.setDate(at.getDate() + 1);
  at.setHours(9, 0, 0, 0);
  return at.toISOString();
}

/** Days that matter; `kinds()` gives `[{ id, name, archivedAt }]`. */
export function datesPanel(leadId, kinds, perform) {
  const list = h("ul", { class: "dates", "data-testid": "dates" });
  const refusal = refusalPlace();
  const kind = h("select", { "aria-label": "Kind of date" });
  const date = h("input", { type: "date", required: true, "aria-label": "Day" });
  const form = h("form", { class: "inline", onsubmit: add }, kind, date,
    h("button", { class: "plain" }, "Add"));
  let idempotencyKey = randomKey();

  async function add(event) {
    event.preventDefault();
    const input = { leadId, idempotencyKey, kindId: kind.value, date: date.value };
    if (!(await perform(SAVE_DATE, input, refusal))) return;
    idempotencyKey = randomKey();
    date.value = "";
  }

  function update(lead) {
    const mayEdit = lead.viewerCan.edit;
    const open = kinds().filter(({ archivedAt }) => !archivedAt);
    offer(kind, open.map(({ id, name }) => [id, name]));
    const rows = lead.importantDates.map((one) => ({ ...one, mayEdit }));
    fill(list, rows, ({ id }) => id, ({ id, kind: { name }, date: on, note }) => {
      const gone = () => perform(REMOVE_DATE, { leadId, importantDateId: id }, refusal);
      return h("li", { data: { id } }, h("b", {}, name), h("span", {}, day(on)),
        note && h("small", {}, note), mayEdit && h("button", { class: "link", type: "button",
          onclick: gone, "aria-label": `Remove ${name}` }, "Remove"));
    });
    form.hidden = !mayEdit || open.length === 0;
  }

  return { element: panel("Dates", form, refusal, list), update };
}
