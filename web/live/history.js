// The history: every change of the lead, narrowed by what it is and by who made it.

import { HISTORY } from "./documents.js";
import { narrowedPart } from "./earlier.js";
import { ago, fill, h } from "./elements.js";
import { emptyLine } from "./panels.js";

const TYPES = [["All", null], ["Fields", ["FIELD_CHANGE"]], ["Moves", ["STATE", "ASSIGNMENT"]],
  ["Notes", ["NOTE"]], ["Tasks", ["TASK"]], ["Appointments", ["APPOINTMENT"]],
  ["Messages", ["CHAT", "EMAIL", "TEXT_MESSAGE", "CALL"]], ["Events", ["EVENT"]],
  ["Other", ["SUBSCRIPTION", "ACCOUNT", "LIFECYCLE"]]];
const ACTORS = [["By anybody", null], ["Team", ["STAFF"]], ["Lead", ["LEAD"]],
  ["Rules", ["AUTOMATION"]], ["System", ["SYSTEM", "BOT"]]];

/** `{ element, update(lead) }`. */
export function historyPart(context) {
  const list = h("ol", { class: "history", "data-testid": "history" });
  const empty = emptyLine("Nothing of this kind yet.");
  let lead = null;
  const wanted = { types: null, actors: null };
  const chips = [chipsOf("Kinds of changes", TYPES, "types"), chipsOf("Who", ACTORS, "actors")];
  const stream = narrowedPart(context, { document: HISTORY, list, draw, fits,
    newest: () => lead.history });

  function chipsOf(label, choices, key) {
    const buttons = choices.map(([name, members]) => h("button", { type: "button",
      onclick: () => {
        wanted[key] = members;
        choose();
      } }, name));
    const mark = () => buttons.forEach((one, index) =>
      one.setAttribute("aria-pressed", String(choices[index][1] === wanted[key])));
    return { element: h("div", { class: "filters", role: "group", "aria-label": label }, buttons),
      mark };
  }

  function choose() {
    for (const one of chips) one.mark();
    stream.choose({ ...wanted }, wanted.types || wanted.actors ? null : lead.pages.history);
  }

  function fits({ type, actor }, { types, actors }) {
    return (!types || types.includes(type)) && (!actors || actors.includes(actor.kind));
  }

  function draw(rows) {
    fill(list, rows, ({ id }) => id, makeEntry);
    empty.hidden = rows.length > 0;
  }

  function update(next) {
    const isSnapshot = next.pages.history !== lead?.pages.history;
    lead = next;
    if (isSnapshot) return choose();
    stream.redraw();
  }

  return { element: h("div", {}, h("div", { class: "history-filters" },
    chips.map(({ element }) => element)), empty, list,
    stream.element), update };
}

const VIA = { API: "by API", PORTAL: "in the portal", SITE: "on the site", MAIL: "by mail",
  GATEWAY: "by a gateway", IMPORT: "by import" };

function makeEntry(entry) {
  const { actor, via } = entry;
  return h("li", { data: { id: entry.id, type: entry.type } },
    h("span", { class: "what" }, entry.summary),
    entry.diffs.map(makeDiff),
    h("small", {}, [actor.name, VIA[via]].filter(Boolean).join(" ") + " · ", ago(entry.at)));
}

function makeDiff({ label, before, after }) {
  return h("span", { class: "diff" }, `${label}: `,
    before && h("del", {}, before.display), before && " ",
    after ? h("ins", {}, after.display) : h("i", {}, "empty"));
}
