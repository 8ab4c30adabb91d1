// What a rule does: acts in order, each with what it needs.

import { h, refusalPlace } from "./elements.js";
import { sorting } from "./settings-list.js";
import { choice, choose, picker } from "./settings-picker.js";

const KINDS = [["CHANGE_STATE", "Move to the state"], ["ASSIGN", "Assign to"],
  ["ASSIGN_IN_TURN", "Assign in turn to"], ["ADD_TASK", "Add a task"],
  ["ADD_TAGS", "Add tags"], ["SET_PROPERTY", "Set a field"], ["SEND_MESSAGE", "Send a chat message"],
  ["NOTIFY", "Notify"], ["CALL_WEBHOOK", "Call a webhook"]];
const UNITS = [["MINUTE", "minutes"], ["HOUR", "hours"], ["DAY", "days"], ["WEEK", "weeks"],
  ["MONTH", "months"]];
const BOOLEANS = [["true", "Yes"], ["false", "No"]];
const SETTABLE = new Set(["TEXT", "NUMBER", "DATE", "BOOLEAN", "MONEY", "URL", "DROPDOWN",
  "MULTI_SELECT"]);

const list = (text) => text.split(",").map((one) => one.trim()).filter(Boolean);
const field = (label, placeholder, maxlength) =>
  h("input", { "aria-label": label, placeholder, maxlength });

/** `{ element, show(actions), given(), placeOf(index) }`. */
export function actionsPart(parts, changed) {
  const rows = h("ol", { class: "rows", "aria-label": "Actions in order" });
  const place = refusalPlace();
  const order = sorting(rows, changed);
  const element = h("fieldset", { class: "setting" }, h("legend", {}, "Then"), rows, place,
    h("div", { class: "pair" }, h("button", { class: "link", type: "button", onclick: () => {
      put({ kind: "ADD_TASK", people: [], tags: [] });
      rows.lastChild.querySelector("select").focus();
      changed();
    } }, "Add an action"), h("small", {}, "Texts know {{lead.name}}, {{lead.firstName}}, "
      + "{{lead.state}} and {{assignee.name}}. All actions are done, or none.")));
  let present = [];

  const inOrder = () => [...rows.children].map((row) => present.find((one) => one.element === row));

  function put(action) {
    const kind = choice("Action", KINDS.filter(([each]) => each !== "CALL_WEBHOOK"
      || parts.webhooks.length || action.kind === each));
    const more = h("div", { class: "action-parts" });
    const one = { refusal: refusalPlace(), given: null };
    kind.value = action.kind;
    kind.addEventListener("change", () => shape({ kind: kind.value, people: [], tags: [] }));

    function shape(next) {
      const made = MAKERS[kind.value](next, parts, changed);
      more.replaceChildren(...made.elements);
      one.given = made.given;
    }

    shape(action);
    one.element = h("li", { class: "row action-row" }, order.tools(() => one.element,
      () => kind.selectedOptions[0].textContent), kind, more, h("button", { class: "link",
      type: "button", onclick: () => {
        present = present.filter((each) => each !== one);
        one.element.remove();
        changed();
      } }, "remove"), one.refusal);
    present.push(one);
    rows.append(one.element);
  }

  function show(actions) {
    present = [];
    rows.replaceChildren();
    actions.forEach(put);
  }

  const given = () => inOrder().map((one) => one.given());
  return { element, show, given, placeOf: (index) => inOrder()[Number(index)]?.refusal ?? place };
}

const MAKERS = {
  CHANGE_STATE({ state, lossReason }, { states, lost }) {
    const to = choice("State", [["", "choose a state"], ...states]);
    const why = field("Why it is lost", "Why it is lost; some pipelines ask", "500");
    const shape = () => { why.hidden = !lost.has(to.value); };
    choose(to, state?.id, "an archived state");
    why.value = lossReason ?? "";
    to.addEventListener("change", shape);
    shape();
    return { elements: [to, why], given: () => ({ changeState: { stateId: to.value,
      lossReason: why.hidden ? null : why.value.trim() || null } }) };
  },
  ASSIGN({ people: [first] }, { people }) {
    const who = person("choose somebody", people, first);
    return { elements: [who], given: () => ({ assignToId: who.value }) };
  },
  ASSIGN_IN_TURN(action, { people }, changed) {
    const who = picker("People in turn", people, changed);
    who.set(action.people.map(({ id }) => id), gone(action.people));
    return { elements: [who.element], given: () => ({ assignInTurnToIds: who.value() }) };
  },
  ADD_TASK({ text, dueAfter, people: [first] }, { people }) {
    const title = field("Title of the task", "Call {{lead.firstName}}", "200");
    const amount = h("input", { type: "number", min: "1", max: "10000", "aria-label": "Due after",
      placeholder: "–", class: "short" });
    const unit = choice("Unit", UNITS);
    const who = person("for the assignee", people, first);
    title.value = text ?? "";
    amount.value = dueAfter?.amount ?? "";
    unit.value = dueAfter?.unit ?? "DAY";
    const due = () => (amount.value ? { amount: Number(amount.value), unit: unit.value } : null);
    return { elements: [title, h("span", { class: "pieces" }, "due after", amount, unit, who)],
      given: () => ({ addTask: { title: title.value, dueAfter: due(),
        assigneeId: who.value || null } }) };
  },
  ADD_TAGS({ tags }) {
    const names = field("Tags", "VIP, Investor", "500");
    names.value = tags.join(", ");
    return { elements: [names], given: () => ({ addTags: list(names.value) }) };
  },
  SET_PROPERTY({ fieldKey, value }, { fields }, changed) {
    const settable = fields.filter(({ type, key, archivedAt }) => key === fieldKey
      || (SETTABLE.has(type) && !archivedAt));
    const which = choice("Field", settable.map(({ key, label }) => [key, label]));
    const holder = h("span", { class: "pieces" });
    if (fieldKey) choose(which, fieldKey, "an archived field");
    let read = null;
    const shape = (given) => {
      const control = valueControl(fields.find(({ key }) => key === which.value), given, changed);
      holder.replaceChildren("to", control.element);
      read = control.read;
    };
    which.addEventListener("change", () => shape(null));
    shape(value);
    return { elements: [which, holder],
      given: () => ({ setProperty: { fieldKey: which.value, value: read() } }) };
  },
  SEND_MESSAGE({ text }) {
    const words = h("textarea", { rows: "2", maxlength: "10000", "aria-label": "Message",
      placeholder: "{{assignee.name}} will help you." });
    words.value = text ?? "";
    return { elements: [words],
      given: () => ({ sendMessage: { channel: "CHAT", text: words.value } }) };
  },
  NOTIFY(action, { people }, changed) {
    const who = picker("Whom", people, changed);
    const words = field("Text", "{{lead.name}} is yours", "200");
    who.set(action.people.map(({ id }) => id), gone(action.people));
    words.value = action.text ?? "";
    return { elements: [words, h("span", { class: "pieces" }, "to", who.element,
      h("small", {}, "Nobody chosen: the assignee."))],
    given: () => ({ notify: { staffIds: who.value(), text: words.value } }) };
  },
  CALL_WEBHOOK({ webhookId }, { webhooks }) {
    const which = choice("Webhook", [["", "choose a webhook"], ...webhooks]);
    choose(which, webhookId, "a webhook that admins know");
    return { elements: [which], given: () => ({ callWebhookId: which.value }) };
  },
};

const gone = (people) => people.map(({ id, name }) => [id, `${name} (left)`]);

function person(nobody, people, chosen) {
  const select = choice("Who", [["", nobody], ...people]);
  choose(select, chosen?.id, `${chosen?.name ?? ""} (left)`);
  return select;
}

/** A control for a value of a field's type; empty clears the field. */
function valueControl(definition, value, changed) {
  const { type = "TEXT", options = [] } = definition ?? {};
  const fresh = options.filter(({ archivedAt }) => !archivedAt).map(({ id, label }) => [id, label]);
  if (type === "BOOLEAN" || type === "DROPDOWN") {
    const select = choice("Value", [["", "nothing"], ...(type === "BOOLEAN" ? BOOLEANS : fresh)]);
    choose(select, type === "BOOLEAN" ? value?.boolean?.toString() : value?.option?.id,
      `${value?.display ?? ""} (archived)`);
    return { element: select, read: () => (!select.value ? null
      : type === "BOOLEAN" ? { boolean: select.value === "true" } : { optionId: select.value }) };
  }
  if (type === "MULTI_SELECT") {
    const several = picker("Values", fresh, changed);
    several.set((value?.options ?? []).map(({ id }) => id));
    return { element: several.element, read: () => (several.value().length
      ? { optionIds: several.value() } : null) };
  }
  const input = h("input", { "aria-label": "Value", placeholder: "nothing",
    type: type === "DATE" ? "date" : "text", maxlength: "10000" });
  const currency = h("input", { "aria-label": "Currency", class: "short", maxlength: "3",
    placeholder: "EUR" });
  input.value = value?.text ?? value?.number ?? value?.date ?? value?.url ?? value?.money?.amount
    ?? "";
  currency.value = value?.money?.currency ?? "EUR";
  const read = () => {
    const text = input.value.trim();
    if (!text) return null;
    if (type === "MONEY") return { money: { amount: text, currency: currency.value.toUpperCase() } };
    return { [{ NUMBER: "number", DATE: "date", URL: "url" }[type] ?? "text"]: text };
  };
  return { element: type === "MONEY" ? h("span", { class: "pieces" }, input, currency) : input,
    read };
}
