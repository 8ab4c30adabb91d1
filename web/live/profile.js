// What a person sets about themselves: behind their name in the bar.

import { myPicture } from "./avatar.js";
import { ago, h, refusalPlace } from "./elements.js";
import { fold } from "./fold.js";
import { mutate, request } from "./graphql.js";
import { CHANGE_PASSWORD, CHANGE_PREFERENCES, END_SESSION, MY_ACCOUNT, MY_CALENDAR, MY_ZONE,
  RENEW_CALENDAR, UPDATE_PERSON } from "./people-documents.js";
import { keysPart } from "./profile-keys.js";
import { twoStepPart } from "./profile-two-step.js";
import { labelled, wholeForm } from "./settings-form.js";
import { shared } from "./settings-list.js";
import { secretPlace, sheet, sureButton } from "./sheet.js";

const LANGUAGES = [["en", "English"], ["de", "German"], ["fr", "French"], ["es", "Spanish"],
  ["it", "Italian"], ["nl", "Dutch"], ["pl", "Polish"], ["pt", "Portuguese"]];

/**
 * The dialog: `open()`, and `start()` and `stop()` follow the session. `changed(staff)` is told of a
 * new name or picture.
 */
export function profile({ perform, changed, onSignedOut }) {
  let dialog = null;
  let parts = [];

  /** The browser's zone is taken once: for who never had one of their own. */
  async function start() {
    const answer = await request(MY_ZONE).catch(() => null);
    const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!answer?.me || answer.me.preferences.isTimeZoneChosen || !timeZone) return;
    await mutate(CHANGE_PREFERENCES, { timeZone }).catch(() => null);
  }

  function stop() {
    dialog?.element.remove();
    dialog = null;
    parts = [];
  }

  async function open() {
    if (!dialog) make();
    dialog.open();
    await Promise.all(parts.map(({ refresh }) => refresh?.()));
  }

  function make() {
    const ask = shared(async () => (await request(MY_ACCOUNT)).me);
    const around = { ask, perform, onSignedOut };
    parts = [aboutPart({ ...around, changed }), placePart(around), passwordPart(around),
      twoStepPart(around), sessionsPart(around), keysPart(around), calendarPart(around)];
    dialog = sheet("You", ...parts.map(({ element }) => element));
    dialog.element.classList.add("profile");
    document.body.append(dialog.element);
  }

  return { open, start, stop };
}

function aboutPart({ ask, changed, onSignedOut }) {
  const name = labelled("Name", h("input", { maxlength: "100", autocomplete: "name" }));
  const address = h("p", { class: "soft" });
  const picture = myPicture(onSignedOut, changed);
  let mine = null;
  const form = wholeForm({
    document: UPDATE_PERSON, onSignedOut, load: ask,
    show: ({ staff }) => {
      mine = staff;
      name.control.value = staff.name;
      address.textContent = `You sign in as ${staff.emailAddress}. An admin can change that.`;
      picture.show(staff);
    },
    given: () => ({ staffId: mine?.id, name: name.control.value }),
    placeOf: ([key]) => (key === "name" ? name.place : null),
    onSaved: () => changed(mine),
  }, h("div", { class: "beside" }, ...picture.elements.reverse(), name.element), address);
  return form;
}

function placePart({ ask, onSignedOut }) {
  const part = fold("Language and zone", "my-place");
  const language = labelled("Language", h("select", {}), "Of what is written to you.");
  const zone = labelled("Time zone", h("input", { list: "my-zones", spellcheck: "false" }),
    "When your day begins, and when you are reminded.");
  const zones = h("datalist", { id: "my-zones" }, Intl.supportedValuesOf("timeZone").map((value) =>
    h("option", { value })));
  const form = wholeForm({
    document: CHANGE_PREFERENCES, onSignedOut, load: ask,
    show: ({ preferences }) => {
      const known = LANGUAGES.some(([value]) => value === preferences.language) ? LANGUAGES
        : [...LANGUAGES, [preferences.language, preferences.language]];
      language.control.replaceChildren(...known.map(([value, word]) => h("option", { value }, word)));
      language.control.value = preferences.language;
      zone.control.value = preferences.timeZone;
      part.tell(preferences.timeZone);
    },
    given: () => ({ language: language.control.value, timeZone: zone.control.value }),
    placeOf: ([key]) => ({ language, timeZone: zone })[key]?.place,
  }, h("div", { class: "halves" }, language.element, zone.element), zones);
  part.element.append(form.element);
  return { element: part.element, refresh: form.refresh };
}

function passwordPart({ onSignedOut }) {
  const part = fold("Password", "my-password");
  const old = labelled("Present password", h("input", { type: "password",
    autocomplete: "current-password", maxlength: "256" }));
  const fresh = labelled("New password", h("input", { type: "password",
    autocomplete: "new-password", maxlength: "256" }), "12 characters or more.");
  const form = wholeForm({
    document: CHANGE_PASSWORD, onSignedOut, isNew: true, label: "Change it",
    load: async () => ({}), show: () => { old.control.value = fresh.control.value = ""; },
    given: () => ({ currentPassword: old.control.value, newPassword: fresh.control.value }),
    placeOf: ([key]) => ({ currentPassword: old, newPassword: fresh })[key]?.place,
    saidOf: ({ endedSessionCount: count }) => (count
      ? `Changed; signed out in ${count} other ${count === 1 ? "place" : "places"}` : "Changed"),
  }, h("div", { class: "halves" }, old.element, fresh.element));
  part.element.append(form.element);
  return { element: part.element };
}

function sessionsPart({ ask, perform, onSignedOut }) {
  const part = fold("Where you are signed in", "my-sessions");
  const list = h("ul", { class: "own-list" });
  const refusal = refusalPlace();
  part.element.append(list, refusal);

  async function refresh() {
    const me = await ask().catch((failure) => failure.isSignedOut && onSignedOut());
    if (!me) return;
    const { sessions } = me;
    part.tell(sessions.length === 1 ? "here only" : `${sessions.length} places`);
    list.replaceChildren(...sessions.map(({ id, device, lastUsedAt, isCurrent }) => h("li", {},
      h("span", { title: device }, browserOf(device), isCurrent && h("span", { class: "mark" }, "this one")),
      h("small", {}, "used ", ago(lastUsedAt)),
      isCurrent ? "" : h("button", { class: "link", type: "button", "aria-label":
        `Sign out ${browserOf(device)}`, onclick: () => end(id) }, "Sign out"))));
  }

  async function end(sessionId) {
    if (await perform(END_SESSION, { sessionId }, refusal)) await refresh();
  }

  return { element: part.element, refresh };
}

// In this order: browsers also name those that they want to be taken for.
const BROWSERS = [/(Firefox)/, /(Edg)/, /(OPR)/, /(Chrome)/, /(Safari)/, /(curl|python)/];

/** What a browser calls itself, in two words. */
function browserOf(device) {
  const [, name] = BROWSERS.map((one) => one.exec(device)).find(Boolean) ?? [];
  const [, system] = /(Android|iPhone|iPad|Windows|Mac OS|Linux)/.exec(device) ?? [];
  const called = { Edg: "Edge", OPR: "Opera" }[name] ?? name ?? "Another program";
  return system ? `${called} on ${system}` : called;
}

function calendarPart({ onSignedOut }) {
  const part = fold("Calendar", "my-calendar");
  const refusal = refusalPlace();
  const address = secretPlace("calendar-address");
  const show = h("button", { class: "plain", type: "button", onclick: () => tell(async () =>
    (await request(MY_CALENDAR)).me) }, "Show the address");
  const renew = sureButton("Another address", "The present one stops: sure?", () => tell(async () =>
    (await request(RENEW_CALENDAR)).renewCalendarFeed.me));
  part.element.append(h("p", { class: "soft" }, "Your appointments and tasks in another calendar: "
    + "give it this address to subscribe to. Whoever has it reads them."),
  h("div", { class: "beside" }, show, renew), refusal, address.element);

  async function tell(read) {
    refusal.textContent = "";
    try {
      const { calendarFeedUrl } = await read();
      address.show("Keep it to yourself.", calendarFeedUrl);
    } catch (failure) {
      if (failure.isSignedOut) onSignedOut();
      else refusal.textContent = failure.message;
    }
  }

  return { element: part.element };
}
