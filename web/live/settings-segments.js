// Segments in the settings: who is in each, made and changed clause by clause with the outcome beside.

import { h } from "./elements.js";
import { filterBuilder, filterChoices } from "./filter-builder.js";
import { request } from "./graphql.js";
import { ALL_SEGMENTS, SAVE_SEGMENT, SEGMENT_LEADS, SEGMENT_PREVIEW } from "./segments-documents.js";
import { heading, labelled, wholeForm } from "./settings-form.js";
import { entries, shared } from "./settings-list.js";
import { done, sure } from "./settings-picker.js";

const LOOK_MS = 1500; // while leads are being weighed
const PAUSE_MS = 500;

export const segmentsSection = {
  name: "segments",
  title: "Segments",
  group: "Automation",
  allowed: (permissions) => permissions.includes("CONFIGURE_SEGMENTS"),
  render,
};

const counted = ({ value, isExact }) => (isExact ? value.toLocaleString() : "10,000+");
const leads = (count) => `${counted(count)} ${count.value === 1 ? "lead" : "leads"}`;

async function everySegment() {
  const rows = [];
  for (let after = null; ;) {
    const { segments: { nodes, pageInfo } } = await request(ALL_SEGMENTS, { after });
    rows.push(...nodes);
    if (!pageInfo.hasNextPage) return rows;
    after = pageInfo.endCursor;
  }
}

function render(element, { onSignedOut }) {
  let choices = null;
  let list = null;
  let timer = 0;
  const read = shared(async () => {
    const rows = await everySegment();
    clearTimeout(timer);
    if (rows.some(({ evaluation }) => evaluation)) timer = setTimeout(() => list?.refresh(), LOOK_MS);
    return rows;
  });
  const readChoices = shared(filterChoices);
  const holder = h("div", {}, h("p", { class: "soft" }, "…"));

  async function refresh() {
    try {
      choices = await readChoices();
    } catch (failure) {
      if (failure.isSignedOut) return onSignedOut();
      if (!choices) return holder.replaceChildren(h("p", { class: "refusal" }, failure.message));
    }
    if (list) return list.refresh();
    list = entries({
      read, onSignedOut, adding: "New segment", line,
      empty: "There are no segments yet. A segment is a rule; the leads that it means are in it.",
      form: (row, saved) => segmentForm({ row, read, choices, saved, onSignedOut }),
    });
    holder.replaceChildren(list.element);
  }

  element.append(heading("Segments", "Sets of leads that follow from a rule. Leads enter and leave "
    + "by themselves, with the change that made it so or when time has gone by; the history of each "
    + "says why."), holder);
  refresh();
  return { refresh };
}

const line = ({ name, leadCount, evaluation, rule, archivedAt }) => [
  h("span", { class: "entry-name" }, name, !archivedAt && h("span", { class: "mark",
    data: { testid: "segment-count" } }, leads(leadCount)), evaluation && progress(evaluation)),
  h("span", { class: "sentence" }, rule.words)];

const progress = ({ done: some, total }) => h("progress", { max: String(Math.max(total, 1)),
  value: String(some), title: `${some.toLocaleString()} of ${total.toLocaleString()} leads` });

const person = ({ id, displayName, state }) => h("li", {}, h("a", { href: `#${id}` }, displayName),
  h("small", {}, ` ${state.name}`));

const BLANK = { name: "", description: "", rule: null };

function segmentForm({ row, read, choices, saved, onSignedOut }) {
  const name = labelled("Name", h("input", { maxlength: "80", placeholder: "Gone quiet" }));
  const about = labelled("What it is for", h("input", { maxlength: "500" }));
  const outcome = outcomePart();
  const builder = filterBuilder({ choices, isForNobody: true, without: ["presence"],
    nothing: "Nobody: add a clause.",
    onChange: () => { outcome.changed(builder); form?.mark(); } });
  const rule = h("fieldset", { class: "setting" }, h("legend", {}, "Who is in it"), builder.element,
    outcome.element);
  const places = { name: name.place, description: about.place };
  const used = h("small", {});
  const people = row && !row.archivedAt ? peoplePart(row.id) : null;
  let form = null;

  function show(data) {
    name.control.value = data.name;
    about.control.value = data.description ?? "";
    builder.set(data.rule && JSON.parse(data.rule.filter));
    used.textContent = data.usedBy?.length ? `Used by ${data.usedBy.join(", ")}.` : "";
    outcome.changed(builder);
    people?.refresh();
  }

  const given = () => ({ ...(row ? { segmentId: row.id } : {}), name: name.control.value,
    description: about.control.value, filter: builder.value() });
  const turn = async (isArchived) => {
    await done(SAVE_SEGMENT, { segmentId: row.id, isArchived });
    await saved();
  };
  form = wholeForm({ document: SAVE_SEGMENT, onSignedOut, show, given, onSaved: saved,
    check: () => [...builder.problems().map(({ path, message }) =>
      ({ path: ["filter", ...path], message })), ...(builder.value() ? []
      : [{ path: ["filter"], message: "Add a clause: a segment of all leads needs no rule." }])],
    placeOf: ([part, ...path]) => (part === "filter" ? builder.placeOf(path) : places[part] ?? null),
    load: row ? async () => (await read()).find(({ id }) => id === row.id) : async () => BLANK,
    isNew: !row, label: row ? "Save" : "Make the segment" },
  name.element, about.element, rule);
  if (!row) return form;
  form.element.querySelector(".ends").append(h("span", { class: "rest" }, used, row.archivedAt
    ? h("button", { class: "link", type: "button", onclick: () => turn(false) }, "Bring back")
    : sure("Archive", "Every lead leaves it. Archive it?", () => turn(true))));
  return { ...form, element: h("div", {}, form.element, people?.element) };
}

/** What a rule would give, asked a moment after the last edit. */
function outcomePart() {
  const said = h("p", { class: "soft", "data-testid": "preview" });
  const sample = h("ul", { class: "sample" });
  const element = h("div", { class: "would-be" }, said, sample);
  let timer = 0;
  let asked = 0;

  function changed(builder) {
    clearTimeout(timer);
    asked += 1;
    timer = setTimeout(() => ask(builder), PAUSE_MS);
  }

  async function ask(builder) {
    const question = asked += 1;
    const filter = builder.value();
    if (!filter || builder.problems().length) return clear();
    try {
      const { segmentPreview: found } = await request(SEGMENT_PREVIEW, { filter });
      if (question !== asked) return;
      said.replaceChildren(h("b", {}, leads(found.count)), ` of yours: ${found.words}.`);
      sample.replaceChildren(...found.sample.map(person));
    } catch {
      if (question === asked) clear(); // what is wrong is said beside the clause
    }
  }

  function clear() {
    said.textContent = "";
    sample.replaceChildren();
  }

  return { element, changed };
}

/** Who is in it, the latest first. */
function peoplePart(id) {
  const list = h("ul", { class: "sample" });
  const more = h("button", { class: "link", type: "button", hidden: true,
    onclick: () => read(cursor) }, "Show more");
  const element = h("details", { class: "members" }, h("summary", {}, "Who is in it now"), list, more);
  let cursor = null;
  element.addEventListener("toggle", () => element.open && read(null));

  async function read(after) {
    const answer = await request(SEGMENT_LEADS, { id, after }).catch(() => null);
    if (!answer?.segment) return;
    const { nodes, pageInfo } = answer.segment.leads;
    if (!after) list.replaceChildren();
    list.append(...nodes.map(person));
    if (!list.childNodes.length) list.append(h("li", { class: "soft" }, "Nobody."));
    cursor = pageInfo.endCursor;
    more.hidden = !pageInfo.hasNextPage;
  }

  return { element, refresh: () => element.open && read(null) };
}
