// Which leads the list shows, in which order and with which columns: words, a filter, a sort, and the
// dialog that shapes them. Views keep such a choice under a name.

import { filterBuilder, filterChoices } from "./filter-builder.js";
import { h } from "./elements.js";
import { savedViews } from "./saved-views.js";
import { choice, choose, picker } from "./settings-picker.js";
import { sheet } from "./sheet.js";

const PAUSE_MS = 300;
const SORTS = [["LAST_ACTIVITY_AT", "Last activity"], ["NAME", "Name"], ["CREATED_AT", "Created"],
  ["STATE", "State"], ["STATE_SINCE", "In its state since"], ["PRIORITY", "Priority"],
  ["ASSIGNEE", "Assignee"], ["VALUE", "Value"], ["LAST_MESSAGE_AT", "Last message"]];
const FROM_THE_LEAST = new Set(["NAME", "ASSIGNEE", "STATE"]);
const COLUMNS = [["presence", "Presence"], ["state", "State"], ["assignee", "Assignee"],
  ["lastActivityAt", "Last activity"], ["title", "Title"], ["value", "Value"],
  ["priority", "Priority"], ["emailAddress", "E-mail address"], ["phoneNumber", "Phone number"],
  ["tags", "Tags"], ["source", "Came by"], ["createdAt", "Created"],
  ["stateSince", "In its state since"]];
const AT_HAND = new Set(["name", "presence", "state", "assignee", "lastActivityAt"]);
const ALL = { id: null, name: "All leads", filter: null, search: "",
  sort: { by: "LAST_ACTIVITY_AT", direction: "DESCENDING", fieldKey: null },
  columns: [...AT_HAND] };

/**
 * `{ element, start(), stop(), variables(), columns(), isNarrowed(), count(total), shown() }`.
 * `changed()` follows when other leads, another order or other values are wanted.
 */
export function leadChoice({ connection, changed, onSignedOut }) {
  let chosen = structuredClone(ALL);
  let choices = null;
  let timer = 0;

  const name = h("h2", { "data-testid": "list-name" }, ALL.name);
  const total = h("span", { class: "count", role: "status", "data-testid": "lead-count" });
  const search = h("input", { type: "search", maxlength: "200", placeholder: "Search",
    "aria-label": "Search leads", oninput: soon });
  const sort = choice("Sort by", SORTS, { onchange: () => {
    const [by, fieldKey = null] = sort.value.split(":");
    take({ sort: { by, fieldKey, direction: FROM_THE_LEAST.has(by) ? "ASCENDING" : "DESCENDING" } });
  } });
  const direction = h("button", { class: "plain", type: "button", onclick: () => take({ sort: {
    ...chosen.sort,
    direction: chosen.sort.direction === "ASCENDING" ? "DESCENDING" : "ASCENDING" } }) });
  const filter = h("button", { class: "plain", type: "button", "aria-haspopup": "dialog",
    onclick: open }, "Filter");
  const broken = h("p", { class: "refusal" });
  const views = savedViews({ connection, onSignedOut, chosen: () => chosen,
    take: (view) => {
      chosen = structuredClone(view ?? ALL);
      begin();
      if (builder) shape();
    } });
  const isNarrowed = () => Boolean(chosen.filter || chosen.search);
  const element = h("div", { class: "list-choice" }, views.element, search,
    h("div", { class: "beside" }, filter, sort, direction), broken);
  const inside = h("div", { class: "choice-inside" });
  const dialog = sheet("Filter and columns", inside);
  let builder = null;
  let columns = null;

  async function open() {
    if (!dialog.element.isConnected) document.body.append(dialog.element);
    if (!choices) await offer();
    if (choices) shape();
    dialog.open();
  }

  async function offer() {
    try {
      choices = await filterChoices();
    } catch (failure) {
      if (failure.isSignedOut) return onSignedOut();
      return inside.replaceChildren(h("p", { class: "refusal" }, failure.message));
    }
    const fields = choices.fields.filter(({ isBuiltIn }) => !isBuiltIn);
    const sortable = fields.filter(({ type }) => type !== "FILE");
    sort.append(...sortable.map(({ key, label }) =>
      h("option", { value: `PROPERTY:${key}` }, label)));
    builder = filterBuilder({ choices, onChange: soon });
    columns = picker("Columns", [...COLUMNS, ...fields.map(({ key, label }) =>
      [`property:${key}`, label])], () => take({ columns: ["name", ...columns.value()] }));
    inside.replaceChildren(builder.element, h("h3", {}, "Columns"), columns.element,
      views.form);
    draw();
  }

  function shape() {
    builder.set(chosen.filter);
    columns.set(chosen.columns.filter((one) => one !== "name"));
    views.shape();
  }

  // What is not filled in yet narrows nothing so far.
  const typed = () => ({ search: search.value.trim(),
    filter: builder?.problems().length === 0 ? builder.value() : chosen.filter });

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(() => take({}), PAUSE_MS);
  }

  function take(part) {
    const before = JSON.stringify(chosen);
    Object.assign(chosen, typed(), part);
    if (JSON.stringify(chosen) !== before) begin();
  }

  function begin() {
    clearTimeout(timer);
    draw();
    changed();
  }

  function draw() {
    name.textContent = chosen.name;
    if (search.value.trim() !== chosen.search) search.value = chosen.search;
    const { by, fieldKey, direction: way } = chosen.sort;
    choose(sort, fieldKey ? `${by}:${fieldKey}` : by, choices ? "no longer there" : "a field");
    direction.textContent = way === "ASCENDING" ? "↑" : "↓";
    direction.setAttribute("aria-label", way === "ASCENDING" ? "From the least" : "From the most");
    filter.textContent = chosen.filter ? "Filter ·" : "Filter";
    filter.title = chosen.words ?? "";
    broken.textContent = (chosen.broken ?? []).map((words) =>
      `“${words}”: what it names is gone.`).join(" ");
    views.select(chosen.id);
  }

  /** What the documents of the list are asked with. */
  function variables() {
    const keys = chosen.columns.filter((one) => one.startsWith("property:"))
      .map((one) => one.slice("property:".length));
    return { filter: chosen.filter, search: chosen.search || null, sort: chosen.sort, keys,
      withFields: keys.length > 0,
      withMore: chosen.columns.some((one) => !AT_HAND.has(one) && !one.startsWith("property:")) };
  }

  /** What the list shows, for who takes it elsewhere. */
  const shown = () => ({ filter: chosen.filter, search: chosen.search || null, sort: chosen.sort,
    words: chosen.id ? `The leads of the view “${chosen.name}”.`
      : isNarrowed() ? "The leads that the list shows now." : null });

  function count(found) {
    total.textContent = !found ? "" : `${found.isExact ? "" : "about "}${
      found.value.toLocaleString("en")}`;
  }

  function stop() {
    clearTimeout(timer);
    chosen = structuredClone(ALL);
    choices = builder = null;
    views.stop();
    dialog.close();
    inside.replaceChildren();
    draw();
  }

  draw();
  return { name, total, element, start: views.start, stop, variables, columns: () => chosen.columns,
    isNarrowed, count, shown };
}

const VALUES = {
  title: ({ title }) => title,
  value: ({ value }) => value && `${value.amount} ${value.currency}`,
  priority: ({ priority }) => priority && priority[0] + priority.slice(1).toLowerCase(),
  emailAddress: ({ primaryEmailAddress: first }) => first?.address,
  phoneNumber: ({ phoneNumbers }) => phoneNumbers?.[0]?.number,
  tags: ({ tags }) => tags?.map((each) => each.name).join(", "),
  source: ({ source }) => source && source.channel.toLowerCase(),
  createdAt: ({ createdAt }) => createdAt && day(createdAt),
  stateSince: ({ stateSince }) => stateSince && day(stateSince),
};
const LABELS = Object.fromEntries(COLUMNS);
const PLAIN = new Set(["title", "value", "emailAddress", "phoneNumber", "tags"]);
const day = (at) => new Date(at).toLocaleDateString("en", { dateStyle: "medium" });

/** What a row tells besides: `[[label, text, isPlain]]` in the order of columns; plain needs no label. */
export function valuesOf(lead, columns) {
  const fields = new Map((lead.properties ?? []).map((each) => [`property:${each.key}`, each]));
  return columns.flatMap((column) => {
    const field = fields.get(column);
    const text = field ? field.value?.display : VALUES[column]?.(lead);
    return text ? [[field?.label ?? LABELS[column], text, PLAIN.has(column)]] : [];
  });
}
