// A LeadFilter edited clause by clause, with its words as the API says them and what is wrong with a
// clause beside it.
//
//   const builder = filterBuilder({ choices: await filterChoices(), onChange });
//   form.append(builder.element);
//   builder.set(JSON.parse(rule.filter));   // a filter, or null: all leads
//   builder.value()                         // the filter as an input, or null
//   builder.problems()                      // [{ path, message }]: what is not filled in yet
//   builder.placeOf(path).textContent = …   // beside the clause at this path, a list or joined by dots
//
// `onChange()` follows each edit. A clause that is not filled in yet has null for an operand, which the
// API refuses: ask `problems()` first. `isForNobody` leaves out what means somebody else for each who
// looks, as stored rules have to, and `without` clauses by their keys; `nothing` says what no clause at
// all means. `explain(filter)` answers `{ clauses }` or throws a Failure; without it a query asks for
// the words a moment after the last edit.

import { clauseOf, idOf, offered } from "./filter-clauses.js";
import { EXPLAIN_FILTER, FILTER_CHOICES } from "./filter-documents.js";
import { drop } from "./filter-operands.js";
import { h, refusalPlace } from "./elements.js";
import { request } from "./graphql.js";
import { choice, choose, options } from "./settings-picker.js";

const PAUSE_MS = 400;
const UNFINISHED = "Please fill this in or take it out.";

/** What clauses can name: people, teams, segments, states, pipelines, kinds of events, fields. */
export async function filterChoices() {
  const { pipelines, staff, teams, segments, eventKinds, fieldGroups } =
    await request(FILTER_CHOICES);
  const pairs = (rows) => rows.map(({ id, name }) => [id, name]);
  return {
    pipelines: pairs(pipelines), people: pairs(staff.nodes), teams: pairs(teams),
    segments: pairs(segments.nodes),
    eventKinds: pairs(eventKinds.filter((each) => !each.archivedAt)),
    states: pipelines.flatMap(({ name, states }) => states.map((each) =>
      [each.id, pipelines.length > 1 ? `${name}: ${each.name}` : each.name])),
    fields: fieldGroups.flatMap(({ fields }) => fields).filter((each) => !each.archivedAt),
  };
}

const explained = async (filter) => (await request(EXPLAIN_FILTER, { filter })).leads.rule;

export function filterBuilder({ choices, onChange = () => {}, isForNobody = false,
  nothing = "All leads.", explain = explained, without = [] }) {
  const context = { choices, isForNobody, nothing, without, changed: () => root && changed() };
  const element = h("div", { class: "filter", role: "group", "aria-label": "Filter",
    oninput: changed, onchange: changed });
  const place = refusalPlace();
  let root = null;
  let timer = 0;
  let asked = 0; // only the answer to the last question counts

  function set(filter) {
    clearTimeout(timer);
    asked += 1;
    root = null; // filling in is no edit
    root = groupNode(filter ?? { and: [] }, context, null);
    element.replaceChildren(root.element, place);
    place.textContent = "";
    if (filter) say();
  }

  function changed() {
    place.textContent = "";
    clearTimeout(timer);
    asked += 1;
    timer = setTimeout(say, PAUSE_MS);
    onChange();
  }

  /** The words of each clause, or what is wrong with one. */
  async function say() {
    const filter = value();
    const question = asked += 1;
    for (const { node } of nodes()) node.tell();
    if (!filter || unfinished().length) return;
    try {
      const { clauses } = await explain(filter);
      if (question !== asked) return;
      for (const each of clauses) at(each.path)?.tell(each.words, each.isBroken);
    } catch (failure) {
      if (question !== asked || failure.code !== "BAD_USER_INPUT") return;
      const [path, message] = placed(failure.message);
      placeOf(path).textContent = message;
    }
  }

  const value = () => root.value();
  const nodes = () => root.all("");
  const unfinished = () => nodes().filter(({ node }) => node.isUnfinished());

  /** The innermost node with the longest path that this one begins with. */
  function at(path) {
    const within = ({ path: mine }) => mine === "" || path === mine || path.startsWith(`${mine}.`);
    const found = nodes().filter(within).sort((one, two) => one.path.length - two.path.length);
    return found.at(-1)?.node;
  }

  function placeOf(path) {
    const node = at(Array.isArray(path) ? path.join(".") : path);
    return node && !node.isRoot ? node.place : place;
  }

  const problems = () => unfinished().map(({ path }) =>
    ({ path: path.split(".").filter(Boolean), message: UNFINISHED }));

  set(null);
  return { element, value, set, problems, placeOf };
}

/** Path and words of an error of an operation: as filters are refused, or as variables are. */
function placed(message) {
  const variable = /has invalid value(?: at \.([\w.[\]]+))?: (.*)$/s.exec(message);
  if (variable) return [(variable[1] ?? "").replace(/\[(\d+)\]/g, ".$1"), variable[2]];
  const [, path, words] = /^([\w.]+): (.*)$/s.exec(message) ?? [null, "", message];
  return [path, words];
}

const denied = (literal, isNot) => (isNot ? { not: literal } : literal);

/** Takes the `not`s off a filter: `[what is inside, whether it is denied]`. */
function undenied(literal, isNot = false) {
  return literal.not === undefined ? [literal, isNot] : undenied(literal.not, !isNot);
}

function notSwitch(isNot) {
  const button = h("button", { class: "not", type: "button", "aria-pressed": String(isNot),
    title: "The opposite", onclick: () => {
      button.setAttribute("aria-pressed", String(!isOn()));
      button.dispatchEvent(new Event("change", { bubbles: true }));
    } }, "not");
  const isOn = () => button.getAttribute("aria-pressed") === "true";
  return { element: button, isOn };
}

/** A clause that tests; `literal` null: to be chosen yet. */
function clauseNode(literal, isNot, context, remove) {
  const not = notSwitch(isNot);
  const what = choice("What is looked at", [["", "choose …"]]);
  const holder = h("span", { class: "value" });
  const words = h("small", {});
  const place = refusalPlace();
  const element = h("li", { class: "clause" }, not.element, what, holder, drop("this clause", remove),
    words, place);
  let control = null;

  const fits = ([id]) => !context.without.includes(id);
  what.append(...offered(context.choices).map(([label, pairs]) => [label, pairs.filter(fits)])
    .filter(([, pairs]) => pairs.length).map(([label, pairs]) => h("optgroup", { label }, options(pairs))));
  what.addEventListener("change", () => take(null));

  function take(given) {
    control = what.value ? clauseOf(what.value, context, given) : null;
    holder.replaceChildren(control?.element ?? "");
  }

  function value() {
    if (!control) return { and: [] };
    return denied(control.value() ?? { [what.value.split(":")[0]]: null }, not.isOn());
  }

  choose(what, literal ? idOf(literal) : "", literal && idOf(literal) === "ids" ? "Chosen leads"
    : "no longer there");
  take(literal);
  return { element, value, place, isRoot: false, isUnfinished: () => !control || control.value() === null,
    all(path) {
      return [{ path: not.isOn() ? below(path, "not") : path, node: this }];
    },
    tell(text = "", isBroken = false) {
      place.textContent = "";
      words.textContent = isBroken ? `${text}: what it names is gone, so it never matches` : text;
      element.classList.toggle("broken", isBroken);
    },
    focus: () => what.focus() };
}

/** Clauses that are joined; `remove` null: the whole filter, which needs no brackets around one. */
function groupNode(literal, context, remove) {
  const [inside, isNot] = undenied(literal);
  const joins = Boolean(inside.and ?? inside.or);
  const not = notSwitch(joins && isNot);
  const joined = choice("How many have to hold", [["and", "all of these hold"],
    ["or", "one of these holds"]]);
  const head = h("span", { class: "pieces" }, not.element, joined,
    remove && drop("this group", remove));
  const list = h("ol", {});
  const words = h("small", {});
  const place = refusalPlace();
  const add = h("button", { class: "link", type: "button", onclick: () => addClause() },
    "Add a clause");
  const addGroup = h("button", { class: "link", type: "button",
    onclick: () => put((away) => groupNode({ and: [] }, context, away)).addClause() }, "Add a group");
  const element = h(remove ? "li" : "div", { class: "clauses" }, head, list, words,
    h("span", { class: "pieces" }, add, addGroup), place);
  let present = [];

  function draw() {
    head.hidden = !remove && present.length < 2 && !not.isOn();
    joined.hidden = present.length < 2;
    words.textContent = present.length ? "" : remove ? "Nothing in this group yet."
      : context.nothing;
  }

  function put(make) {
    const node = make(() => {
      present = present.filter((each) => each !== node);
      node.element.remove();
      draw();
      add.focus();
      context.changed();
    });
    present.push(node);
    list.append(node.element);
    draw();
    context.changed();
    return node;
  }

  const addClause = () => put((away) => clauseNode(null, false, context, away)).focus();

  function show(part) {
    const [inner, isDenied] = undenied(part);
    return put((away) => (inner.and || inner.or ? groupNode(part, context, away)
      : clauseNode(inner, isDenied, context, away)));
  }

  function value() {
    const parts = present.map((each) => each.value());
    if (!remove && !parts.length) return null;
    return denied(!remove && parts.length === 1 ? parts[0] : { [joined.value]: parts }, not.isOn());
  }

  function all(path) {
    const mine = not.isOn() ? below(path, "not") : path;
    const isBare = !remove && present.length === 1;
    return [{ path, node }, ...present.flatMap((each, index) =>
      each.all(isBare ? mine : below(mine, `${joined.value}.${index}`)))];
  }

  const node = { element, value, all, addClause, place, isRoot: !remove,
    isUnfinished: () => Boolean(remove) && !present.length,
    tell: () => { place.textContent = ""; } };
  joined.value = inside.or ? "or" : "and";
  (joins ? inside.and ?? inside.or : [literal]).forEach(show);
  draw();
  return node;
}

const below = (path, key) => (path ? `${path}.${key}` : key);
