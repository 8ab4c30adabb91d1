// Rules that act by themselves: when, if and then; on or off; what became of them.

import { ago, h } from "./elements.js";
import { request } from "./graphql.js";
import { filterChoices } from "./filter-builder.js";
import { actionsPart } from "./settings-actions.js";
import { conditionPart } from "./settings-condition.js";
import { heading, labelled, wholeForm } from "./settings-form.js";
import { entries, shared } from "./settings-list.js";
import { done, powerSwitch, sure } from "./settings-picker.js";
import { ALL_RULES, DROP_RULE, RULE_PARTS, SAVE_RULE } from "./settings-rules-documents.js";
import { runsPart } from "./settings-runs.js";
import { triggerPart } from "./settings-trigger.js";

export const rulesSection = {
  name: "rules",
  title: "Rules",
  group: "Automation",
  allowed: (permissions) => permissions.includes("CONFIGURE_AUTOMATIONS"),
  render,
};

function render(element, { onSignedOut }) {
  const read = shared(async () => (await request(ALL_RULES)).automations);
  const readParts = shared(async () => {
    const [found, choices] = await Promise.all([request(RULE_PARTS), filterChoices()]);
    return { ...offered(found), choices };
  });
  const holder = h("div", {}, h("p", { class: "soft" }, "…"));
  let parts = null; // what rules can name
  let list = null;

  async function save(row, edit, refusal) {
    try {
      await done(SAVE_RULE, { automationId: row.id, ...edit });
    } catch (failure) {
      if (failure.isSignedOut) onSignedOut();
      else refusal.textContent = failure.message;
    }
  }

  function onOff(row, refusal) {
    return powerSwitch(row.name, row.isEnabled, async (isEnabled) => {
      refusal.textContent = "";
      await save(row, { isEnabled }, refusal);
      await list.refresh();
    });
  }

  async function refresh() {
    try {
      parts = await readParts();
    } catch (failure) {
      if (failure.isSignedOut) return onSignedOut();
      if (!parts) return holder.replaceChildren(h("p", { class: "refusal" }, failure.message));
    }
    if (list) return list.refresh();
    list = entries({
      read, onSignedOut, adding: "New rule", line, extra: onOff,
      empty: "There are no rules yet. A rule does by itself what somebody would have to remember.",
      moved: (row, position, refusal) => save(row, { position }, refusal),
      form: (row, saved) => ruleForm({ row, read, parts, saved, onSignedOut }),
    });
    holder.replaceChildren(list.element);
  }

  element.append(heading("Rules", "Each runs once for each change that starts it, moments after "
    + "the change, in this order. What it does stands in the history under its name."),
  holder);
  refresh();
  return { refresh };
}

const NAMED = new Set(["EVENT_RECORDED", "FIELD_CHANGED"]); // their words begin with a name
const line = ({ name, trigger, condition, actions, problems, isEnabled }) => [
  h("span", { class: "entry-name" }, name, problems.length > 0
    && h("span", { class: "mark bad" }, "needs repair")),
  h("span", { class: `sentence${isEnabled ? "" : " off"}` }, h("b", {}, "When "),
    NAMED.has(trigger.kind) ? trigger.words : lower(trigger.words), condition && [h("b", {}, " if "), condition.words],
    h("b", {}, " then "), actions.map(({ words }) => lower(words)).join("; "))];

const lower = (text) => text[0].toLowerCase() + text.slice(1);

/** What parts of rules can name, as options. */
function offered({ pipelines, staffMembers, eventKinds, fieldGroups, webhooks }) {
  const fields = fieldGroups.flatMap((group) => group.fields);
  const several = pipelines.length > 1;
  return {
    fields,
    states: pipelines.flatMap(({ name, states }) => states.map((one) =>
      [one.id, several ? `${name}: ${one.name}` : one.name])),
    lost: new Set(pipelines.flatMap(({ states }) => states)
      .filter(({ kind }) => kind === "LOST").map(({ id }) => id)),
    people: staffMembers.nodes.filter((one) => one.isActive).map(({ id, name }) => [id, name]),
    eventKinds: eventKinds.filter((one) => !one.archivedAt).map(({ id, name }) => [id, name]),
    paths: fields.filter((one) => !one.archivedAt).map(({ path, label }) => [path, label]),
    webhooks: webhooks.map(({ id, url, isEnabled }) =>
      [id, `${new URL(url).host}${isEnabled ? "" : " (off)"}`]),
  };
}

const BLANK = { name: "", trigger: { kind: "STATE_ENTERED" }, condition: null,
  actions: [{ kind: "ADD_TASK", people: [], tags: [] }], problems: [] };

/** The form of a rule, with its runs below. */
function ruleForm({ row, read, parts, saved, onSignedOut }) {
  const mark = () => form?.mark();
  const problems = h("ul", { class: "problems", hidden: true });
  const name = labelled("Name", h("input", { maxlength: "80",
    placeholder: "Hand over qualified leads" }), "It stands in the history of what the rule does.");
  const trigger = triggerPart(parts, mark);
  const condition = conditionPart(parts.choices, mark);
  const actions = actionsPart(parts, mark);
  const by = h("small", {});
  const places = { name: name.place, trigger: trigger.place };
  let form = null;

  function show(data) {
    problems.replaceChildren(...data.problems.map((text) => h("li", {}, text)));
    problems.hidden = !data.problems.length;
    name.control.value = data.name;
    trigger.show(data.trigger);
    condition.show(data.condition);
    actions.show(data.actions);
    by.replaceChildren(...(data.updatedAt
      ? [`Saved by ${data.updatedBy.name} `, ago(data.updatedAt)] : []));
    return data.version;
  }

  const given = () => ({ ...(row ? { automationId: row.id } : {}), name: name.control.value,
    trigger: trigger.given(), condition: condition.given(), actions: actions.given() });
  const remove = async () => {
    await done(DROP_RULE, { automationId: row.id });
    await saved();
  };
  form = wholeForm({ document: SAVE_RULE, onSignedOut, show, given, onSaved: saved,
    check: condition.problems,
    placeOf: ([part, ...path]) => (part === "actions" ? actions.placeOf(path[0])
      : part === "condition" ? condition.placeOf(path) : places[part] ?? null),
    load: row ? async () => (await read()).find(({ id }) => id === row.id) : async () => BLANK,
    isNew: !row, label: row ? "Save" : "Make the rule" },
  problems, name.element, trigger.element, condition.element, actions.element);
  if (!row) return form;
  form.element.querySelector(".ends").append(h("span", { class: "rest" }, by,
    sure("Remove the rule", "What waits is not done any more. Remove it?", remove)));
  const runs = runsPart(row.id, onSignedOut);
  return { ...form, element: h("div", {}, form.element, runs.element) };
}
