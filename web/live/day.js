// My day, on the left, or another one: appointments, what is due, and important dates; sent by the
// server whenever it looks different.

import { DAY } from "./documents.js";
import { localInput } from "./appointments.js";
import { fill, h, clock } from "./elements.js";
import { bandMark, day, due } from "./tasks.js";

/** `onLegend` is told what the colours of due bands mean. */
export function myDay({ connection, onLegend, onSignedOut }) {
  const element = document.getElementById("day");
  const list = h("ul", { "data-testid": "day" });
  const empty = h("p", { class: "empty" });
  const title = h("h2", {}, "My day");
  const step = (sign, label, by) => h("button", { class: "link", type: "button", title: label,
    "aria-label": label, onclick: () => turn(by) }, sign);
  const now = h("button", { class: "link", type: "button", hidden: true,
    onclick: () => choose(null) }, "Today");
  const head = h("div", { class: "day-head" }, title, h("span", { class: "beside" },
    step("‹", "The day before", -1), now, step("›", "The next day", 1)));
  const variables = { date: null }; // null: today, moving on at midnight
  let stream = null, isRunning = false;
  let shown = null; // the day that is on the page
  let today = null; // in the person's own zone, as the server told

  function turn(by) {
    const next = new Date(`${shown ?? localInput(Date.now()).slice(0, 10)}T12:00`);
    next.setDate(next.getDate() + by);
    const date = localInput(next.getTime()).slice(0, 10);
    choose(date === today ? null : date);
  }

  function choose(date) {
    variables.date = date;
    stream?.close();
    delete list.dataset.filled; // another day: nothing in it is news
    follow();
  }

  function show({ date, appointments, tasks, importantDates, taskLegend }) {
    onLegend(taskLegend);
    shown = date;
    if (variables.date === null) today = date;
    const isToday = date === today;
    title.textContent = isToday ? "My day" : new Date(`${date}T12:00`).toLocaleDateString("en-GB",
      { weekday: "short", day: "numeric", month: "short" });
    now.hidden = isToday;
    empty.textContent = isToday ? "Nothing due today." : "Nothing on that day.";
    const rows = [
      ...appointments.map(({ id, title, startsAt, isAllDay, leadId, leadName, lead }) => ({
        id, title, lead: lead?.id ?? leadId, name: leadName,
        when: isAllDay ? "all day" : clock(startsAt) })),
      ...importantDates.map(({ importantDate: { id, kind }, lead }) => ({
        id, title: kind.name, lead: lead.id, name: lead.displayName, when: isToday ? "today" : day(date) })),
      ...tasks.map((task) => ({ id: task.id, title: task.title, lead: task.lead?.id,
        name: task.leadName, when: due(task), band: task.dueBand, taskLegend })),
    ];
    fill(list, rows, ({ id }) => id, makeRow);
    empty.hidden = rows.length > 0;
  }

  function start() {
    isRunning = true;
    element.replaceChildren(head, empty, list);
    choose(null);
  }

  function follow() {
    stream = connection.open(DAY, variables, {
      onItem: ({ dashboard }) => show(dashboard),
      onFailure: (failure) => (failure.isSignedOut ? onSignedOut() : stream.renew()),
      onEnd: () => isRunning && stream.renew(),
    });
  }

  function stop() {
    isRunning = false;
    stream?.close();
    element.replaceChildren();
  }

  return { start, stop };
}

function makeRow({ title, lead, name, when, band, taskLegend }) {
  const words = [h("span", { class: "what" }, title), h("small", {}, `${name} · ${when}`)];
  return h("li", {}, lead ? h("a", { href: `#${lead}` }, words) : h("span", {}, words),
    band && bandMark(taskLegend, band));
}
