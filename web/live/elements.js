// Small tools for the page's elements. Text only ever becomes a text node.

/**
 * An element. Keys of `attributes`: `on<event>` listens, `data` sets the dataset, true and false
 * switch boolean attributes, everything else is an attribute.
 */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "data") Object.assign(element.dataset, value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

/**
 * Makes the children of `parent` stand for `rows`, in order. An element is kept as long as its row
 * says the same; `make(row)` makes one. New and changed rows flash, except in the first filling.
 */
export function fill(parent, rows, keyOf, make) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const isFirst = !parent.dataset.filled;
  parent.dataset.filled = "yes";
  rows.forEach((row, index) => {
    const key = keyOf(row);
    let element = old.get(key);
    const content = JSON.stringify(row);
    if (element?.content !== content) {
      const fresh = Object.assign(make(row), { content });
      fresh.dataset.key = key;
      if (element) supersede(element, fresh);
      if (!isFirst) flash(fresh);
      element = fresh;
    }
    old.delete(key);
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index]);
  });
  for (const element of old.values()) element.remove();
}

function supersede(element, fresh) {
  const hadFocus = element.contains(document.activeElement);
  element.replaceWith(fresh);
  const ways = "textarea, a, button";
  if (hadFocus) (fresh.matches(ways) ? fresh : fresh.querySelector(ways))?.focus();
}

/** Offers `[value, words]` in a select, anew only when they differ; what is chosen stays so. */
export function offer(select, choices) {
  const said = JSON.stringify(choices);
  if (select.dataset.offered === said) return;
  const chosen = select.value;
  select.dataset.offered = said;
  select.replaceChildren(...choices.map(([value, word]) => h("option", { value }, word)));
  if (choices.some(([value]) => value === chosen)) select.value = chosen;
}

/** Marks an element as just changed, for 1.5 s. */
export function flash(element) {
  element.classList.remove("flash");
  void element.offsetWidth;
  element.classList.add("flash");
  element.addEventListener("animationend", () => element.classList.remove("flash"), { once: true });
}

/** Brings the row with this key into view, opens what it is folded into, and marks it. */
export function pointAt(root, key) {
  const element = root.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!element) return;
  for (let box = element.closest("details"); box; box = box.parentElement.closest("details")) {
    box.open = true;
  }
  element.scrollIntoView({ block: "center" });
  flash(element);
}

const NEAR = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const STEPS = [["day", 86400], ["hour", 3600], ["minute", 60]];

function relative(at) {
  const seconds = (Date.parse(at) - Date.now()) / 1000;
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? [null, 1];
  if (!unit) return "just now";
  if (unit === "day" && Math.abs(seconds) > 6 * 86400) {
    return new Date(at).toLocaleDateString("en", { dateStyle: "medium" });
  }
  return NEAR.format(Math.round(seconds / size), unit);
}

/** A `time` element that keeps telling how long ago `at` is; see `refreshTimes`. */
export function ago(at) {
  if (!at) return h("span", {}, "never");
  const title = new Date(at).toLocaleString("en", { dateStyle: "medium", timeStyle: "medium" });
  return h("time", { datetime: at, title }, relative(at));
}

function inZone(timeZone) {
  try {
    return new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone });
  } catch {
    return "Some time"; // a zone that is newer than this browser
  }
}

/** A clock that keeps telling the time in an IANA zone; null: unknown. */
export function localTime(zone) {
  if (!zone) return h("span", {}, "Local time unknown");
  return h("span", {}, h("span", { data: { zone } }, inZone(zone)), ` in ${zone}`);
}

const COUNTRIES = new Intl.DisplayNames(["en"], { type: "region", fallback: "code" });

/** A place in words, `Würzburg, Germany`; null: unknown. */
export function placeWords({ country, region, city }) {
  if (!country) return null;
  return [city ?? region, COUNTRIES.of(country)].filter(Boolean).join(", ");
}

/** An address that somebody else wrote, parsed; null for none and for one that is none. */
export const addressOf = (url) => (url && URL.canParse(url) ? new URL(url) : null);

/** True when the text is in the clipboard. */
export const copied = (text) =>
  navigator.clipboard?.writeText(text).then(() => true, () => false) ?? Promise.resolve(false);

/** Brings every `ago`, `localTime` and running length below `root` up to date. */
export function refreshTimes(root) {
  for (const element of root.querySelectorAll("[data-zone]")) {
    element.textContent = inZone(element.dataset.zone);
  }
  for (const element of root.querySelectorAll("[data-spent]")) {
    const { spent, at } = element.dataset;
    element.textContent = duration(Number(spent) + (Date.now() - at) / 1000);
  }
  for (const element of root.querySelectorAll("time:not([data-fixed])")) {
    const text = relative(element.dateTime);
    if (element.textContent !== text) element.textContent = text;
  }
}

const LENGTHS = [["d", 86400], ["h", 3600], ["min", 60]];

/** A length of time in its largest unit, `3 d`. */
export function duration(seconds) {
  const [unit, size] = LENGTHS.find(([, length]) => seconds >= length) ?? ["min", Infinity];
  return size === Infinity ? "< 1 min" : `${Math.floor(seconds / size)} ${unit}`;
}

/** A clock time of today, `14:05`. */
export const clock = (at) =>
  new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

/** A clock time, with its day unless that is today. */
export function moment(at) {
  const day = new Date(at);
  if (day.toDateString() === new Date().toDateString()) return clock(at);
  return `${day.toLocaleDateString("en", { dateStyle: "medium" })} ${clock(at)}`;
}

/** Words of an enum member: `LAST_ACTIVITY` reads `Last activity`. */
export function words(member) {
  const text = member.toLowerCase().replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
}

/** A dot in the colour of a pipeline state. */
export function dot(color) {
  const element = h("span", { class: "dot", "aria-hidden": "true" });
  if (/^#[0-9a-f]{6}$/i.test(color ?? "")) element.style.setProperty("--dot", color);
  return element;
}

/** One or two letters for a person. */
export const initials = (name) =>
  name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => word[0].toUpperCase()).join("");

/** A place beside a control where a refusal is told. */
export const refusalPlace = () => h("p", { class: "refusal", role: "alert" });
