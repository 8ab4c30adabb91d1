// Pipelines: their states in order, where Won leads to, which moves are forbidden and why.

import { dot, h, refusalPlace } from "./elements.js";
import { request } from "./graphql.js";
import { ALL_PIPELINES, SAVE_PIPELINE } from "./settings-documents.js";
import { heading, labelled, toggle, wholeForm } from "./settings-form.js";
import { entries, shared, sorting } from "./settings-list.js";
import { rulesPart } from "./settings-transitions.js";

const COLOURS = ["#1f6feb", "#0f766e", "#b45309", "#6b3fa0", "#be185d", "#4b5563", "#10723a"];
const KINDS = [["OPEN", "Open"], ["WON", "Won"], ["LOST", "Lost"]];

export const pipelinesSection = {
  name: "pipelines",
  title: "Pipelines",
  group: "The card",
  allowed: (permissions) => permissions.includes("CONFIGURE_CARD"),
  render,
};

function render(element, { onSignedOut }) {
  const read = shared(async () => (await request(ALL_PIPELINES)).pipelines);
  const list = entries({
    read, line, onSignedOut, adding: "New pipeline",
    form: (row, saved) => pipelineForm(row?.id ?? null, read, saved, onSignedOut),
  });
  element.append(heading("Pipelines", "The states that leads pass. Open cards and lists follow at "
    + "once; what is archived keeps its leads and can't be entered any more."), list.element);
  return { refresh: list.refresh };
}

const line = ({ name, states, isDefault, archivedAt }) => [
  h("span", { class: "entry-name" }, name, isDefault && h("span", { class: "mark" }, "default"),
    archivedAt && h("span", { class: "mark" }, "archived")),
  h("span", { class: "strip" }, states.filter((one) => !one.archivedAt).map((state) =>
    h("span", {}, dot(state.color), state.name)))];

const BLANK = { name: "", states: [
  { id: null, name: "New", kind: "OPEN", color: COLOURS[0] },
  { id: null, name: "Won", kind: "WON", color: COLOURS[6] },
  { id: null, name: "Lost", kind: "LOST", color: COLOURS[5] }],
wonState: { name: "Won" }, needsLossReason: false, transitionRules: [], isDefault: false,
archivedAt: null };

function pipelineForm(pipelineId, read, saved, onSignedOut) {
  const name = labelled("Name", h("input", { maxlength: "60" }));
  const states = statesPart(changed);
  const goal = labelled("Won leads to", h("select", {}),
    "Without one, cards in this pipeline have no Won button.");
  const reason = toggle("A reason is demanded when a lead is lost", "Else it may be left empty.");
  const rules = rulesPart(changed);
  const first = toggle("New leads begin here");
  const archived = toggle("Archived", "Its leads stay in it; nobody can enter it.");
  archived.element.hidden = !pipelineId;
  let form = null;

  function changed() {
    offerGoals();
    rules.offer(states.rows());
    form?.mark();
  }

  function offerGoals() {
    const chosen = goal.control.value;
    const won = states.rows().filter((one) => one.kind() === "WON");
    goal.control.replaceChildren(h("option", { value: "" }, "Nowhere"), ...won.map((one) =>
      h("option", { value: one.key }, one.name() || "…")));
    goal.control.value = won.some((one) => one.key === chosen) ? chosen : "";
  }

  const nameOf = (key) => states.rows().find((one) => one.key === key)?.name();

  function show(data) {
    name.control.value = data.name;
    states.show(data.states);
    offerGoals();
    goal.control.value = states.rows().find((one) => one.name() === data.wonState?.name)?.key ?? "";
    reason.control.checked = data.needsLossReason;
    rules.show(states.rows(), data.transitionRules);
    first.control.checked = data.isDefault;
    first.control.disabled = data.isDefault;
    archived.control.checked = Boolean(data.archivedAt);
  }

  function given() {
    const input = { name: name.control.value, states: states.given(),
      wonStateName: nameOf(goal.control.value) ?? null, needsLossReason: reason.control.checked,
      transitionRules: rules.given(nameOf), isDefault: first.control.checked || null };
    return pipelineId ? { ...input, pipelineId, isArchived: archived.control.checked } : input;
  }

  function placeOf([part, index, inner]) {
    if (part === "name") return name.place;
    if (part === "wonStateName") return goal.place;
    if (part === "transitionRules" && index) return rules.placeOf(index);
    return part === "states" ? states.placeOf(index) : null;
  }

  form = wholeForm({ document: SAVE_PIPELINE, onSignedOut, show, given, placeOf, onSaved: saved,
    load: pipelineId ? async () => (await read()).find(({ id }) => id === pipelineId)
      : async () => BLANK,
    isNew: !pipelineId, label: pipelineId ? "Save" : "Make the pipeline" },
  name.element, states.element, goal.element, reason.element, rules.element,
  h("div", { class: "pair" }, first.element, archived.element));
  return form;
}

/** The states of a pipeline, in order, and the archived ones. */
function statesPart(changed) {
  const list = h("ol", { class: "rows", "aria-label": "States in order" });
  const back = h("div", { class: "bring-back", hidden: true });
  const place = refusalPlace();
  const add = h("button", { class: "link", type: "button", onclick: addNew }, "Add a state");
  const order = sorting(list, changed);
  const element = h("fieldset", { class: "setting" }, h("legend", {}, "States"), list, place,
    h("div", { class: "beside" }, add), back);
  let present = [];
  let archive = [];
  let lastKey = 0;

  const rows = () => [...list.children].map((row) => present.find((one) => one.element === row));

  function make(state) {
    const name = h("input", { maxlength: "60", "aria-label": "Name of the state" });
    const color = h("input", { type: "color", "aria-label": "Colour", title: "Colour" });
    const kind = h("select", { "aria-label": "Kind" }, KINDS.map(([value, word]) =>
      h("option", { value }, word)));
    const refusal = refusalPlace();
    name.value = state.name;
    color.value = state.color.toLowerCase();
    kind.value = state.kind;
    for (const control of [name, kind]) control.addEventListener("input", changed);
    const one = { key: state.id ?? `new-${++lastKey}`, id: state.id, refusal,
      name: () => name.value.trim(), kind: () => kind.value, color: () => color.value,
      element: null };
    const out = h("button", { class: "link", type: "button", onclick: () => leaveOut(one, state) },
      state.id ? "archive" : "remove");
    one.element = h("li", { class: "row state-row" }, order.tools(() => one.element, one.name),
      color, name, kind, out, refusal);
    present.push(one);
    return one;
  }

  function addNew() {
    const color = COLOURS[list.children.length % COLOURS.length];
    const one = make({ id: null, name: "", kind: "OPEN", color });
    const firstEnd = rows().find((each) => each.kind() !== "OPEN")?.element ?? null;
    list.insertBefore(one.element, firstEnd);
    one.element.querySelector("input:not([type])").focus();
    changed();
  }

  function leaveOut(one, state) {
    one.element.remove();
    present = present.filter((each) => each !== one);
    if (one.id) {
      archive.push({ ...state, name: one.name(), kind: one.kind(), color: one.color() });
    }
    showArchive();
    changed();
  }

  function bringBack(state) {
    archive = archive.filter((each) => each !== state);
    list.append(make(state).element);
    showArchive();
    changed();
  }

  function showArchive() {
    back.hidden = !archive.length;
    back.replaceChildren("Archived: ", ...archive.map((state) => h("button", { class: "chip",
      type: "button", title: "Bring it back", onclick: () => bringBack(state) },
    dot(state.color), state.name, h("span", { class: "soft" }, "bring back"))));
  }

  function show(states) {
    present = [];
    list.replaceChildren(...states.filter((one) => !one.archivedAt).map((one) =>
      make(one).element));
    archive = states.filter((one) => one.archivedAt);
    showArchive();
  }

  const given = () => rows().map((one) => ({ stateId: one.id, name: one.name(), kind: one.kind(),
    color: one.color() }));
  const placeOf = (index) => rows()[Number(index)]?.refusal ?? place;
  return { element, rows, show, given, placeOf };
}
