// The card as it was at a moment: only to read, with what is different now.

import { period } from "./appointments.js";
import { THEN } from "./documents.js";
import { ago, dot, duration, h, moment, refusalPlace, words } from "./elements.js";
import { eventName } from "./events.js";
import { fileChips } from "./files.js";
import { formatted } from "./note-form.js";
import { request } from "./graphql.js";
import { bandMark, day, due } from "./tasks.js";

const LONG = { dateStyle: "full", timeStyle: "medium" };

/**
 * `{ element, show(at, beside), close() }`. `card` is the element of the live card, which goes on
 * behind; `beside` is where a refusal is told.
 */
export function pastCard({ leadId, legend, onSignedOut }, card) {
  const element = h("section", { class: "then", hidden: true, "data-testid": "then",
    tabindex: "-1", onkeydown: (event) => event.key === "Escape" && close() });
  const refusal = refusalPlace();
  let way = null; // what the person was at, to go back to

  async function show(at, beside) {
    way = beside.closest(".panel");
    refusal.remove();
    refusal.textContent = "";
    beside.append(refusal);
    try {
      const { lead, leadDiff } = await request(THEN, { id: leadId, at });
      if (!lead) return void (refusal.textContent = "The lead did not exist then.");
      draw(lead, leadDiff, at);
    } catch (failure) {
      if (failure.isSignedOut) return onSignedOut();
      refusal.textContent = failure.message;
    }
  }

  function draw(lead, diff, at) {
    const back = h("button", { class: "primary", type: "button", onclick: close }, "Back to now");
    element.replaceChildren(h("div", { class: "then-banner", role: "status" },
      h("p", {}, h("b", {}, `As it was on ${new Date(at).toLocaleString("en-GB", LONG)}`),
        h("span", {}, " Only to read. The card of now goes on behind this one.")), back),
    headOf(lead), changesOf(diff), h("div", { class: "columns" },
      h("div", { class: "column" }, factsOf(lead)),
      h("div", { class: "column" }, workOf(lead, legend())),
      h("div", { class: "column" }, talkOf(leadId, lead))));
    card.classList.add("is-past");
    element.hidden = false;
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "start" });
  }

  function close() {
    if (element.hidden) return;
    element.hidden = true;
    element.replaceChildren();
    card.classList.remove("is-past");
    way?.scrollIntoView({ block: "nearest" });
    way?.querySelector("[aria-selected='true']")?.focus({ preventScroll: true });
  }

  return { element, show, close };
}

const panel = (title, ...children) => h("section", { class: "panel" }, h("h3", {}, title),
  children.flat());

/** A panel with a list, or nothing where there was nothing. */
const listed = (title, rows, make) => (rows.length
  ? panel(title, h("ol", {}, rows.map((row) => h("li", {}, make(row))))) : "");

function headOf({ displayName, title, stateBar, lossReason, value, assignee, priority, createdAt }) {
  const worth = value && new Intl.NumberFormat([], { style: "currency", currency: value.currency })
    .format(value.amount);
  return h("header", { class: "head" }, h("div", { class: "name" }, h("h2", {}, displayName),
    worth && h("p", { class: "worth" }, worth)), title !== displayName && h("p", { class: "title" },
    title), h("ol", { class: "bar", "aria-label": "Pipeline then" }, stateBar.map(makeStep)),
  h("p", { class: "soft" }, [lossReason && `Lost: ${lossReason}`,
    `Assignee: ${assignee?.name ?? "nobody"}`, `Priority: ${words(priority)}`].filter(Boolean)
    .join(" · "), " · created ", ago(createdAt)));
}

const makeStep = ({ state, isCurrent, isPassed, spentSeconds }) =>
  h("li", { class: isPassed && !isCurrent ? "passed" : null }, h("button", { type: "button",
    disabled: true, "aria-current": isCurrent ? "step" : null }, dot(state.color),
  h("span", {}, state.name), (isCurrent || isPassed) && h("small", {}, duration(spentSeconds))));

function changesOf(diff) {
  if (!diff) return panel("Since then", h("p", { class: "empty" }, "Nothing has changed since."));
  const { diffs, changes: { totalCount, nodes } } = diff;
  const tell = (one) => one?.display ?? "empty";
  const rows = diffs.map(({ label, before, after }) => h("tr", {}, h("th", { scope: "row" }, label),
    h("td", {}, tell(before)), h("td", {}, h("ins", {}, tell(after)))));
  return panel("What is different now", rows.length
    ? h("div", { class: "wide-table" }, h("table", { class: "then-table",
      "data-testid": "then-diffs" }, h("thead", {}, h("tr", {}, h("td", {}),
      h("th", { scope: "col" }, "Then"), h("th", { scope: "col" }, "Now"))), h("tbody", {}, rows)))
    : h("p", { class: "empty" }, "No field, address, number or tag."),
  totalCount > 0 && h("details", { class: "popup" }, h("summary", {},
    totalCount === 1 ? "One change since" : `${totalCount} changes since`), h("ol", {},
    nodes.map(({ at, summary, actor }) => h("li", {}, summary, " ",
      h("small", {}, `${actor.name} · `, ago(at)))),
    totalCount > nodes.length && h("li", {}, h("small", {}, "… and later ones")))));
}

function factsOf({ fieldGroups, properties, emailAddresses, phoneNumbers, tags, importantDates }) {
  const known = new Map(properties.map((one) => [one.key, one]));
  const groups = fieldGroups.map(({ group, properties: keys }) => [group.name,
    keys.map(({ key }) => known.get(key)).filter((one) => one?.value)])
    .filter(([, filled]) => filled.length);
  return [panel("Fields", groups.length ? groups.map(([name, filled]) => h("section", {
    class: "group" }, h("h4", {}, name), h("dl", { class: "properties" }, filled.map((one) =>
    h("div", {}, h("dt", {}, one.label), h("dd", {}, one.value.display))))))
    : h("p", { class: "empty" }, "None was filled.")),
  listed("Contact", [...emailAddresses, ...phoneNumbers], ({ address, number, isPrimary }) =>
    [address ?? number, isPrimary && h("small", {}, " primary")].filter(Boolean)),
  tags.length ? panel("Tags", h("ul", { class: "tags" }, tags.map(({ name }) => h("li", {}, name))))
    : "",
  listed("Dates", importantDates, ({ kind, date, note }) => [h("b", {}, kind.name), ` ${day(date)}`,
    note && h("small", {}, ` · ${note}`)].filter(Boolean))];
}

function workOf({ tasks, upcoming, past, notes }, legend) {
  return [listed("Appointments", [...upcoming.nodes, ...past.nodes], (one) => [
    h("b", {}, one.title), h("small", {}, ` ${[period(one), one.cancelledAt && "called off",
      one.outcome && words(one.outcome)].filter(Boolean).join(" · ")}`)]),
  listed("Tasks", tasks.nodes, (task) => [h("span", {}, task.title, " "),
    bandMark(legend, task.dueBand), h("small", {}, ` ${[due(task), task.assignee?.name ?? "nobody"]
      .filter(Boolean).join(" · ")}`)]),
  listed("Notes", notes.nodes, (note) => [h("div", { class: "rich" },
    formatted(note.html, note.attachments)), h("small", {}, `${note.author.name} · `,
    ago(note.createdAt))])];
}

function talkOf(leadId, { messages, events, notes }) {
  const files = notes.nodes.flatMap(({ attachments }) => attachments);
  return [listed("Messages", messages.nodes, ({ text, subject, author, at }) => [
    h("span", { class: "what" }, [subject, text].filter(Boolean).join(": ")),
    h("small", {}, `${author.name} · ${moment(at)}`)]),
  listed("Events", events.nodes, ({ name, count, actor, lastAt, occurredAt }) => [
    h("span", { class: "what" }, eventName(name), count > 1 && h("span", { class: "count" },
      ` × ${count}`)), h("small", {}, `${actor.name} · `, ago(lastAt ?? occurredAt))]),
  files.length ? panel("Files", fileChips(leadId, files)) : ""];
}
