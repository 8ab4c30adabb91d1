// My day, on the left: appointments, what is due, and important dates; sent by the server whenever
// it looks different.

import { DAY } from "./documents.js";
import { fill, h, clock } from "./elements.js";
import { bandMark, due } from "./tasks.js";

/** `onLegend` is told what the colours of due bands mean. */
export function myDay({ connection, onLegend, onSignedOut }) {
  const element = document.getElementById("day");
  const list = h("ul", { "data-testid": "day" });
  const empty = h("p", { class: "empty" }, "Nothing due today.");
  let stream = null, isRunning = false;

  function show({ appointments, tasks, importantDates, taskLegend }) {
    onLegend(taskLegend);
    const rows = [
      ...appointments.map(({ id, title, startsAt, isAllDay, leadId, leadName, lead }) => ({
        id, title, lead: lead?.id ?? leadId, name: leadName,
        when: isAllDay ? "all day" : clock(startsAt) })),
      ...importantDates.map(({ importantDate: { id, kind }, lead }) => ({
        id, title: kind.name, lead: lead.id, name: lead.displayName, when: "today" })),
      ...tasks.map((task) => ({ id: task.id, title: task.title, lead: task.lead?.id,
        name: task.leadName, when: due(task), band: task.dueBand, taskLegend })),
    ];
    fill(list, rows, ({ id }) => id, makeRow);
    empty.hidden = rows.length > 0;
  }

  function start() {
    isRunning = true;
    element.replaceChildren(h("h2", {}, "My day"), empty, list);
    stream = connection.open(DAY, {}, {
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
