// The clauses of a LeadFilter: how each is called and what it compares with. A clause that the API
// learns is one line in `CLAUSES`.

import { all, any, clockTime, currency, day, decimal, flag, instant, kept, many, one, period,
  several, text, texts, way, whole } from "./filter-operands.js";
import { h, words as said } from "./elements.js";
import { choice } from "./settings-picker.js";

const emptiness = (none = "is empty", some = "is not empty") => [
  { key: "isEmpty", words: none, is: true }, { key: "isEmpty", words: some, is: false }];
const within = (key, ways, more = "") =>
  ways.map((each) => ({ ...each, key: `${key}.${each.key}`, words: `${each.words}${more}` }));
const members = (names) => names.split(" ").map((name) => [name, said(name)]);

const someText = text("Text");
const TEXT = [{ key: "contains", words: "contains", of: someText },
  { key: "is", words: "is", of: someText },
  { key: "in", words: "is one of", of: texts("Texts", "Berlin, Paris") },
  { key: "startsWith", words: "begins with", of: someText }];
const number = decimal("Number");
const NUMBER = [{ key: "atLeast", words: "is at least", of: number },
  { key: "atMost", words: "is at most", of: number }, { key: "is", words: "is", of: number },
  { key: "between", words: "is between",
    of: all([["from", "", decimal("From")], ["to", "and", decimal("To")]]) }];
const someDay = day("Day");
const days = whole("Days", 3650);
const DAY = [{ key: "is", words: "is", of: someDay },
  { key: "before", words: "is before", of: someDay },
  { key: "since", words: "is not before", of: someDay },
  { key: "withinNextDays", words: "is today or within the next days", of: days },
  { key: "withinLastDays", words: "is today or within the last days", of: days }];
const times = whole("How many times", 1000000);
const COUNT = [{ key: "atLeast", words: "at least", of: times },
  { key: "atMost", words: "at most", of: times }, { key: "is", words: "exactly", of: times }];
const BOOLEAN = [{ key: "boolean", words: "is yes", is: true },
  { key: "boolean", words: "is no", is: false }];
const FLAG = (yes, no) => flag("Which", [[true, yes], [false, no]]);

const length = period("How long");
const moment = way("Which moment", [{ key: "at", words: "the moment", of: instant("Moment") },
  { key: "ago", words: "so long ago", of: length },
  { key: "ahead", words: "so far ahead", of: length }]);
const when = (never, ever) => way("When", [
  { key: "withinLast", words: "within the last", of: length },
  { key: "notWithinLast", words: "not within the last", of: length },
  { key: "before", words: "before", of: moment }, { key: "since", words: "not before", of: moment },
  { key: "between", words: "between", of: any([["from", "from", instant("From")],
    ["to", "until", instant("Until")]], { needsOne: true }) },
  { key: "on", words: "on the day", of: someDay }, ...(never ? emptiness(never, ever) : [])]);

const textTest = way("How", [...TEXT, ...emptiness()]);
const amountTest = all([["currency", "", currency],
  ["amount", "", way("How", [...NUMBER, ...emptiness("has none", "has some")])]]);
const zones = () => Intl.supportedValuesOf("timeZone").map((zone) => [zone, zone]);

const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const NO_COUNTRIES = new Set("EU EZ QO UN XA XB ZZ".split(" "));
function countries() {
  const names = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });
  const codes = LETTERS.flatMap((first) => LETTERS.map((second) => first + second));
  return codes.filter((code) => !NO_COUNTRIES.has(code) && names.of(code))
    .map((code) => [code, names.of(code)]).sort((one, two) => one[1].localeCompare(two[1]));
}

const TYPES = {
  TEXT: within("text", TEXT), URL: within("text", TEXT), NUMBER: within("number", NUMBER),
  DATE: within("date", DAY), BOOLEAN, FILE: [],
  MONEY: [{ key: "money", words: "amounts to", of: amountTest }],
  DROPDOWN: ["any"], MULTI_SELECT: ["any", "all"],
};

/** Tests of a field by its type. A test for another type stays as it was written. */
function propertyTest({ type, options }) {
  const pairs = options.filter((each) => !each.archivedAt).map(({ id, label }) => [id, label]);
  const chosen = several("Options", pairs);
  const choices = { any: { key: "anyOption", words: "is one of", of: chosen },
    all: { key: "allOptions", words: "has all of", of: chosen } };
  const ways = TYPES[type].map((each) => choices[each] ?? each);
  const test = way("How", [...ways, ...emptiness()]);
  return (context, given) => {
    const inside = given && Object.values(given)[0]; // emptiness may stand in the type, too
    return test(context, typeof inside?.isEmpty === "boolean" ? inside : given);
  };
}

const parameterTest = way("How", [...within("text", TEXT), ...within("number", NUMBER, " (number)"),
  ...within("date", DAY, " (day)"), ...BOOLEAN, ...emptiness()]);
const parameter = all([["name", "", text("Name of the parameter", "name")], ["is", "", parameterTest]]);

/** Events: which, then what else has to hold for them. */
function event(context, given = {}) {
  const { kindId, name, ...rest } = given;
  const kinds = context.choices.eventKinds;
  const gone = kindId && !kinds.some(([id]) => id === kindId) ? [[kindId, "no longer there"]] : [];
  const which = choice("Which event", [["", "any event"], ...kinds, ...gone, ["named", "named …"]]);
  const called = someText(context, name);
  const more = any([["count", "how many times", way("How often", COUNT)], ["within", "when", when()],
    ["parameters", "whose", many("parameter", parameter)],
    ["firstAt", "the first", when()], ["lastAt", "the last", when()]])(context, rest);
  const draw = () => { called.element.hidden = which.value !== "named"; };
  which.value = kindId ?? (name == null ? "" : "named");
  which.addEventListener("change", draw);
  draw();

  function value() {
    const others = more.value();
    if (!others || (which.value === "named" && called.value() === null)) return null;
    if (which.value === "named") return { name: called.value(), ...others };
    return which.value ? { kindId: which.value, ...others } : others;
  }

  return { element: h("span", { class: "parts" }, h("span", { class: "pieces" }, which,
    called.element), more.element), value };
}

const people = ({ people: pairs }) => pairs;
const assignee = way("Who", ({ isForNobody }) => [
  ...(isForNobody ? [] : [{ key: "isMe", words: "is you", is: true },
    { key: "isMe", words: "is not you", is: false }]),
  { key: "in", words: "is one of", of: several("People", people) },
  { key: "isNobody", words: "is nobody", is: true },
  { key: "isNobody", words: "is somebody", is: false },
  { key: "teamId", words: "is in the team", of: one("Team", ({ teams }) => teams) }]);

const CLAUSES = [
  ["The lead", [["name", "Name", textTest], ["title", "Title", textTest],
    ["emailAddress", "E-mail address", textTest], ["phoneNumber", "Phone number", textTest],
    ["tags", "Tags", way("How", [{ key: "any", words: "has one of", of: texts("Tags", "VIP, Investor") },
      { key: "all", words: "has all of", of: texts("Tags", "VIP, Investor") },
      ...emptiness("has none", "has some")])],
    ["state", "State", way("How", [
      { key: "in", words: "is one of", of: several("States", ({ states }) => states) },
      { key: "kindIn", words: "is of the kind", of: several("Kinds", members("OPEN WON LOST")) },
      { key: "pipelineId", words: "is in the pipeline", of: one("Pipeline", ({ pipelines }) => pipelines) },
      { key: "longerThan", words: "for longer than", of: length },
      { key: "closedWithinLast", words: "won or lost within the last", of: length }])],
    ["assignee", "Assignee", assignee],
    ["segmentId", "Segment", one("Segment", ({ segments }) => segments)],
    ["priority", "Priority", several("Priorities", members("URGENT HIGH NORMAL LOW"))],
    ["value", "Value", amountTest],
    ["createdAt", "Created", when()],
    ["source", "Came by", several("Ways", members("SITE STAFF IMPORT API"))],
    ["subscription", "E-mail subscription", way("How", [{ key: "in", words: "is one of",
      of: several("Statuses", members("SUBSCRIBED WAITING_FOR_CONFIRMATION INVALID_EMAIL "
        + "UNSUBSCRIBED BOUNCED")) }, { key: "hasNoAddress", words: "has no address", is: true },
    { key: "hasNoAddress", words: "has an address", is: false }])],
    ["isAnonymous", "Known or not", FLAG("no address and no number", "an address or a number")],
    ["isIncomplete", "Required fields", FLAG("some are empty", "all are filled")]]],
  ["What it does", [["event", "Events", event],
    ["presence", "Presence", several("Presences", members("ONLINE SLEEPING OFFLINE"))],
    ["lastActivityAt", "Last activity", when("never", "at any time")],
    ["lastSeenAt", "Last seen", when("never", "at any time")],
    ["conversation", "Conversation", any([
      ["states", "that is", several("States", members("OPEN SNOOZED CLOSED"))],
      ["channels", "last on", several("Channels", members("CHAT EMAIL SMS WHATSAPP POPUP"))],
      ["waitingLongerThan", "waiting for longer than", length],
      ["lastMessageAt", "last message", when()],
      ["lastDirection", "last written", one("Direction", [["FROM_LEAD", "by the lead"],
        ["TO_LEAD", "to the lead"], ["TAKEN", "elsewhere"]])]])],
    ["task", "Task", any([["bands", "that is", several("Bands",
      members("OVERDUE TODAY SOON LATER NO_DATE DONE"))], ["assignee", "whose assignee", assignee]])],
    ["isHidden", "Visitors", FLAG("hidden from them", "not hidden")]]],
  ["What it wants", [["listingType", "Looks for", one("Listing", members("SALES RENTALS"))],
    ["price", "Price", amountTest],
    ["location", "Place", way("How", [
      { key: "countries", words: "country is one of", of: several("Countries", countries) },
      { key: "region", words: "region", of: textTest },
      { key: "city", words: "city", of: textTest },
      { key: "timeZones", words: "time zone is one of", of: several("Time zones", zones) },
      { key: "localTimeBetween", words: "local time is between",
        of: all([["from", "", clockTime("From")], ["to", "and", clockTime("To")]]) }])]]],
];
const PLAIN = new Map(CLAUSES.flatMap(([, clauses]) => clauses.map((each) => [each[0], each])));

/** What can be chosen for a clause, `[[group, [[id, words]]]]`. */
export const offered = ({ fields }) => [
  ...CLAUSES.map(([group, clauses]) => [group, clauses.map(([key, label]) => [key, label])]),
  ["Fields", fields.map(({ key, label }) => [`property:${key}`, label])]];

/** The id of a clause, as `offered` has it. */
export function idOf(literal) {
  const [[key, value]] = Object.entries(literal);
  return key === "property" ? `property:${value?.fieldKey}` : key;
}

/** The control of a clause: `{ element, value() }` with the whole clause, null while incomplete. */
export function clauseOf(id, context, literal) {
  const [key, fieldKey] = id.split(":");
  const field = fieldKey && context.choices.fields.find((each) => each.key === fieldKey);
  const maker = field ? propertyTest(field) : PLAIN.get(key)?.[2];
  if (!maker) return kept(context, literal);
  const given = literal?.[key];
  const inner = maker(context, field ? given?.is : given);
  const wrapped = (value) => ({ [key]: field ? { fieldKey, is: value } : value });
  return { element: inner.element,
    value: () => (inner.value() === null ? null : wrapped(inner.value())) };
}
