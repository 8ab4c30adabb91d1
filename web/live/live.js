// The live page: sign-in, lists, and one live card at a time, named by the address (#lead_...).

import { myPicture } from "./avatar.js";
import { notificationBell } from "./bell.js";
import { apply, blankCard, lampAt } from "./card.js";
import { ACCEPT_INVITATION, CARD_CHOICES, CARD_FIELDS, LIVE_CARD, ME, PRESENCE_NOW, PROVIDERS,
  SIGN_IN, SIGN_OUT } from "./documents.js";
import { myDay } from "./day.js";
import { draftsOf, forgetDrafts } from "./drafts.js";
import { ago, clock, h, pointAt, refreshTimes } from "./elements.js";
import { exporting } from "./export.js";
import { teamHere } from "./here.js";
import { LiveConnection, mutate, request } from "./graphql.js";
import { inboxPlace } from "./inbox.js";
import { importing } from "./import.js";
import { leadLists } from "./lists.js";
import { newLead } from "./new-lead.js";
import { Outbox } from "./outbox.js";
import { profile } from "./profile.js";
import { settingsPlace } from "./settings.js";
import { cardView } from "./view.js";
import { visitorsPlace } from "./visitors.js";

const at = (id) => document.getElementById(id);
const stage = at("stage");

let me = null; // { id, name, role }
// What the workspace offers on every card: people, buttons of events, kinds of dates.
let offered = { staff: [], assignees: [], buttons: [], dateKinds: [], noteVisibility: "TEAM" };
let legend = []; // what the colours of due bands mean
let outbox = null;
let opened = null; // { leadId, card, view, variables, stream, timer }
let pointed = null; // id of a row of the card, behind its lead's in the address
let clockOffset = 0; // ms to add to this machine's clock to get the server's

const serverNow = () => Date.now() + clockOffset;
const connection = new LiveConnection({ onState: showConnection, onSignedOut: signedOut });
const dayList = myDay({ connection, onSignedOut: signedOut, onLegend: (entries) => {
  if (JSON.stringify(entries) === JSON.stringify(legend)) return;
  legend = entries;
  redrawCard();
} });
const lists = leadLists({ connection, serverNow, onSignedOut: signedOut });
const bell = notificationBell({ connection, onSignedOut: signedOut });
const settings = settingsPlace({ element: at("settings"), connection, perform,
  here: (person) => team.of(person),
  onSignedOut: signedOut });
const inbox = inboxPlace({ element: at("inbox"), connection, perform, serverNow,
  staff: () => offered.staff, onLead: showBeside, onSignedOut: signedOut });
const team = teamHere({ connection, onSignedOut: signedOut, changed: () => {
  redrawCard();
  settings.refresh();
} });
const visitors = visitorsPlace({ element: at("visitors"), connection, perform, serverNow,
  onSignedOut: signedOut });
const picture = myPicture(signedOut, showMe);
const myself = profile({ perform, changed: showMe, onSignedOut: signedOut });
const imports = importing({ connection, onSignedOut: signedOut });
const exports = exporting({ chosen: () => lists.chosen(), onSignedOut: signedOut });
const newOne = newLead({ opened: (id) => { location.hash = id; }, onSignedOut: signedOut });
at("list-acts").append(newOne.button, imports.button, exports.button);
at("person-name").addEventListener("click", myself.open);
at("person").before(visitors.button, inbox.button, settings.button, bell.element);
at("person-name").before(...picture.elements);

// ---- session ------------------------------------------------------------------------------------

async function begin() {
  try {
    const { me: found } = await request(ME);
    if (found) await signedIn(found.staff);
    else signedOut();
  } catch (failure) {
    if (failure.isSignedOut) return signedOut();
    showPage(at("sign-in"));
    at("sign-in-refusal").textContent = failure.message;
  }
}

async function signedIn(person) {
  me = person;
  outbox = new Outbox(me.id, () => { redrawCard(); inbox.redraw(); });
  showMe(person);
  showPage(at("desk"));
  lists.start();
  dayList.start();
  connection.start();
  bell.start();
  team.start();
  settings.start(me);
  inbox.start(me, outbox);
  visitors.start();
  imports.start();
  exports.start();
  myself.start();
  outbox.flush();
  openFromAddress();
  refreshOffered();
}

function showMe(person) {
  at("person-name").textContent = person.name;
  picture.show(person);
}

/** Shows the sign-in; `why` is told there, by itself when the session ended somewhere else. */
function signedOut(why = me ? ENDED : "") {
  closeCard();
  lists.stop();
  dayList.stop();
  bell.stop();
  team.stop();
  settings.stop();
  inbox.stop();
  visitors.stop();
  imports.stop();
  exports.stop();
  newOne.stop();
  myself.stop();
  connection.stop();
  me = null;
  showPage(at("sign-in"));
  showGate(invitationToken() ? "join" : "sign-in");
  if (why) at("sign-in-refusal").textContent = why;
}

const ENDED = "You were signed out: this session was ended elsewhere, or is too old. Please sign in "
  + "again; what you had begun to write is kept.";

// An invitation's link names its token behind the #, which no server and no log gets to see.
const invitationToken = () => /^#(invitation_[\w-]+)$/.exec(location.hash)?.[1];

function showGate(name) {
  for (const one of ["sign-in", "join"]) at(`${one}-form`).hidden = one !== name;
  showProviders();
  const refusal = REFUSALS[location.hash];
  if (refusal) {
    at("sign-in-refusal").textContent = refusal;
    history.replaceState(null, "", location.pathname);
  }
  at(name === "join" ? "new-password" : "email").focus();
}

function showPage(page) {
  const pages = ["sign-in", "desk", "settings", "inbox", "visitors"];
  for (const name of pages) at(name).hidden = at(name) !== page;
  at("badge").hidden = at("person").hidden = bell.element.hidden = page === at("sign-in");
}

// What came of signing in elsewhere, told behind the # of the address.
const REFUSALS = {
  "#sign_in_refused": "Nobody of the team signs in with the address that was told there.",
  "#sign_in_failed": "Signing in there did not work. Please try again.",
};

async function showProviders() {
  const { signInProviders: found } = await request(PROVIDERS).catch(() => ({ signInProviders: [] }));
  at("providers").replaceChildren(...found.map(({ name, url }) =>
    h("a", { class: "plain", href: url, data: { testid: "sign-in-provider" } },
      `Sign in with ${name}`)));
  at("providers").hidden = !found.length;
}

at("sign-in-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const refusal = at("sign-in-refusal");
  refusal.textContent = "";
  try {
    const { totpCode, ...given } = Object.fromEntries(new FormData(event.target));
    const answer = await mutate(SIGN_IN, { ...given, totpCode: totpCode || null });
    if (answer.me) {
      event.target.reset();
      askForCode(false);
      await signedIn(answer.me.staff);
    } else {
      if (answer.reason === "TOTP_NEEDED") askForCode(true);
      refusal.textContent = answer.reason === "SIGN_IN_REFUSED"
        ? "The address or the password is wrong."
        : answer.retryAfter ? `Too many tries. Please try again at ${clock(Date.now()
          + answer.retryAfter * 1000)}.` : answer.message;
    }
  } catch (failure) {
    refusal.textContent = failure.message;
  }
});

function askForCode(isNeeded) {
  at("totp").hidden = !isNeeded;
  at("totp-code").value = "";
  if (isNeeded) at("totp-code").focus();
}

at("join-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const refusal = at("join-refusal");
  refusal.textContent = "";
  try {
    const password = at("new-password").value;
    const answer = await mutate(ACCEPT_INVITATION, { token: invitationToken(), password });
    if (!answer.me) return void (refusal.textContent = answer.message);
    event.target.reset();
    history.replaceState(null, "", location.pathname);
    await signedIn(answer.me.staff);
  } catch (failure) {
    refusal.textContent = failure.message;
  }
});

at("sign-out").addEventListener("click", async () => {
  connection.stop(); // else its end is taken for one that came from elsewhere
  await request(SIGN_OUT).catch(() => null);
  forgetDrafts();
  signedOut("");
});

function showConnection({ name, since }) {
  at("badge").dataset.state = name;
  at("connection").textContent = name;
  at("since").textContent = name === "offline" ? `since ${clock(since)}` : "";
}

// ---- the card -----------------------------------------------------------------------------------

function openFromAddress() {
  if (!me) return;
  if (location.hash === "#segments") history.replaceState(null, "", "#settings/segments");
  const [isSettings, section] = /^#settings(?:\/([\w-]+))?$/.exec(location.hash) ?? [];
  const [isInbox, talk] = /^#inbox(?:\/(conversation_[0-9a-f]{32}))?$/.exec(location.hash) ?? [];
  const isVisitors = location.hash === "#visitors";
  const page = isSettings ? "settings" : isInbox ? "inbox" : isVisitors ? "visitors" : "desk";
  showPage(at(page));
  if (!isVisitors) visitors.hide();
  if (isSettings) return settings.show(section ?? null, opened ? `#${opened.leadId}` : "#");
  // There is one card on the page: it moves to where it is looked at.
  const place = at(isInbox ? "inbox" : "desk");
  if (stage.parentElement !== place) place.append(stage);
  if (isInbox) return inbox.show(talk ?? null);
  inbox.hide();
  if (isVisitors) return visitors.show();
  document.title = opened?.card.lead ? `${opened.card.lead.displayName} · Leadlight` : "Leadlight";
  const [, leadId, row] = /^#(lead_[0-9a-f]{32})(?:\/(\w+))?$/.exec(location.hash) ?? [];
  pointed = row ?? null;
  lists.select(leadId ?? null);
  if (opened && opened.leadId === leadId && opened.card.status !== "ended") return pointAtRow();
  closeCard();
  at("desk").classList.toggle("with-card", Boolean(leadId));
  if (leadId) openCard(leadId);
  else stage.replaceChildren(invitation());
}

// Once: the address is that of the card again, so that the same link can be followed again.
function pointAtRow() {
  if (!pointed || !opened.view) return;
  pointAt(stage, pointed);
  pointed = null;
  history.replaceState(null, "", `#${opened.leadId}`);
}

/** Beside a conversation stands the card of its lead. */
function showBeside(leadId) {
  if (!me || at("inbox").hidden) return;
  if (opened && opened.leadId === leadId && opened.card.status !== "ended") return;
  closeCard();
  if (leadId) openCard(leadId);
  else stage.replaceChildren();
}

function openCard(leadId) {
  const variables = { id: leadId, after: null };
  opened = { leadId, variables, card: blankCard(), view: null, timer: 0 };
  stage.replaceChildren(skeleton());
  const mine = opened;
  refreshOffered();
  mine.stream = connection.open(LIVE_CARD, variables, {
    onItem: ({ leadCard }) => mine === opened && take(leadCard),
    onFailure: (failure) => mine === opened && refused(failure),
    onEnd: () => mine === opened && mine.card.status !== "ended" && mine.stream.renew(),
  });
}

async function refreshOffered() {
  const found = await request(CARD_CHOICES).catch(() => null); // the card works without it too
  if (!found) return;
  offered = { staff: found.staff.nodes, assignees: found.assignees.nodes,
    buttons: found.eventKinds, dateKinds: found.importantDateKinds,
    noteVisibility: found.project.defaultNoteVisibility };
  redrawCard();
}

// Definitions and groups of fields may have changed: the stream only says that something has.
async function refreshFields(mine) {
  const answer = await request(CARD_FIELDS, { id: mine.leadId }).catch(() => null);
  if (!answer?.lead || mine !== opened || !mine.card.lead) return;
  mine.card = { ...mine.card, lead: { ...mine.card.lead, ...answer.lead }, touched: [] };
  redrawCard();
}

function closeCard() {
  opened?.stream.close();
  clearTimeout(opened?.timer);
  opened = null;
}

function take(item) {
  const card = apply(opened.card, item);
  inbox.hear(item);
  const told = item.presence?.at ?? item.whole?.presence?.at;
  if (told) hearClock(told, item.__typename === "LeadCardSnapshot");
  if (item.__typename === "SettingsChanged") {
    refreshOffered();
    refreshFields(opened);
    settings.refresh();
  }
  if (item.__typename === "LeadCardReset") {
    refreshOffered(); // rights may be others
    settings.askRights();
  }
  if (card === opened.card) return;
  opened.card = card;
  opened.variables.after = card.cursor;
  if (card.status === "ended") return showEnding(card.ending);
  if (card.lead) drawCard();
}

// A stated instant is never later than the server's clock: the latest one told is the closest.
function hearClock(told, isFirst) {
  const offset = Date.parse(told) - Date.now();
  clockOffset = isFirst ? offset : Math.max(clockOffset, offset);
}

function drawCard() {
  if (!opened.view) {
    const mine = opened;
    opened.view = cardView({ leadId: opened.leadId, drafts: draftsOf(me.id, opened.leadId), me, outbox, perform,
      take: (item) => mine === opened && take(item),
      staff: () => offered.staff, assignees: () => offered.assignees,
      buttons: () => offered.buttons, dateKinds: () => offered.dateKinds,
      noteVisibility: () => offered.noteVisibility, legend: () => legend, here: team.of, serverNow, onSignedOut: signedOut });
    stage.replaceChildren(backLink(), opened.view.element);
    opened.view.update(opened.card);
    if (at("inbox").hidden) at("card-name").focus({ preventScroll: true });
    pointAtRow();
  } else {
    opened.view.update(opened.card);
  }
  if (!at("desk").hidden) document.title = `${opened.card.lead.displayName} · Leadlight`;
  drawLamp();
}

function redrawCard() {
  if (!opened?.view || opened.card.status !== "open") return;
  opened.card = { ...opened.card, touched: [] };
  drawCard();
}

// Turns the lamp down by itself when the told instants pass and the server, asked once more, has
// nothing newer to say.
function drawLamp() {
  const mine = opened;
  clearTimeout(mine.timer);
  const { presence } = mine.card.lead;
  const { state, nextAt } = lampAt(presence, serverNow());
  mine.view.showLamp(state, presence);
  if (nextAt === null || nextAt === Infinity) return;
  mine.timer = setTimeout(async () => {
    await lookAgain(mine, presence);
    if (mine === opened) drawLamp();
  }, Math.max(0, nextAt - LOOK_AHEAD_MS - serverNow()));
}

const LOOK_AHEAD_MS = 1200;

async function lookAgain(mine, presence) {
  const due = new Promise((done) => setTimeout(done, LOOK_AHEAD_MS));
  const asked = request(PRESENCE_NOW, { id: mine.leadId }, LOOK_AHEAD_MS)
    .then(({ lead }) => lead?.presence, () => null);
  const fresh = await asked;
  const isNews = fresh && mine === opened && opened.card.lead?.presence === presence
    && (fresh.activeUntil !== presence.activeUntil || fresh.leaseUntil !== presence.leaseUntil
      || fresh.state !== presence.state);
  if (!isNews) return due;
  take({ __typename: "PresenceChanged", cursor: opened.card.cursor, presence: fresh });
}

function refused(failure) {
  if (failure.isSignedOut) return signedOut();
  if (failure.code === "GONE") return showEnding({ why: "ERASED" });
  if (failure.code === "BAD_USER_INPUT") {
    if (!opened.variables.after) return showEnding({ why: "NOT_FOUND" });
    opened.variables.after = null; // a cursor of another server: begin anew
  }
  opened.stream.renew();
}

/** Sends a write; true when it was accepted, else the refusal is told in `place`, and whole to
 * `onRefusal` if there is one. */
async function perform(document, input, place, onRefusal = () => {}) {
  place.textContent = "";
  try {
    const answer = await mutate(document, input);
    if (/Success$/.test(answer.__typename)) return true;
    place.textContent = answer.message;
    onRefusal(answer);
  } catch (failure) {
    if (failure.isSignedOut) signedOut();
    else place.textContent = failure.message;
  }
  return false;
}

// ---- other pages of the stage -------------------------------------------------------------------

const ENDINGS = {
  NOT_FOUND: ["No such lead", "It does not exist, or it is not one of yours."],
  REASSIGNED: ["Given to somebody else", "This lead is no longer yours, so its card has closed."],
  RIGHTS_CHANGED: ["Your rights changed", "You may no longer see this card."],
  SIGNED_OUT: ["Signed out", "Sign in again to go on."],
  ERASED: ["This lead was erased", "Everything that was known about the person is gone."],
  MERGED: ["Merged into another lead", "The other card is not one of yours."],
};

function showEnding({ why, into, at: instant }) {
  clearTimeout(opened.timer);
  opened.stream.close();
  opened.card = { ...opened.card, status: "ended" };
  if (!at("desk").hidden) document.title = "Leadlight";
  if (into && !at("inbox").hidden) return showBeside(into);
  if (into) return void (location.hash = into);
  if (why === "SIGNED_OUT") return signedOut();
  const [title, text] = ENDINGS[why] ?? ["This card has closed", "You may not see it any longer."];
  const heading = h("h2", { tabindex: "-1" }, title);
  stage.replaceChildren(h("div", { class: "calm", data: { ending: why } }, heading,
    h("p", {}, text, instant && [" Erased ", ago(instant), "."]), h("p", {}, h("a", { href: "#" }, "Back to the list"))));
  heading.focus({ preventScroll: true });
}

function invitation() {
  document.title = "Leadlight";
  return h("div", { class: "calm" }, h("h2", {}, "Choose a lead"),
    h("p", {}, "Its card opens here and stays alive: presence, messages, events and edits appear "
      + "without a reload."),
    h("p", {}, "To see it move, open the ",
      h("a", { href: "/demo-site", target: "_blank", rel: "noopener" }, "pretend shop"),
      " in another window."));
}

const backLink = () => h("a", { class: "back", href: "#" }, "‹ All leads");

function skeleton() {
  const bone = (size) => h("span", { class: `bone ${size}` });
  const block = () => h("div", { class: "column" }, bone("line"), bone("wide"), bone("wide"),
    bone("line"), bone("wide"));
  return h("div", { class: "card skeleton", role: "status" }, h("span", { class: "aside" },
    "The card is loading."), bone("title"), bone("line"), bone("wide"),
  h("div", { class: "columns" }, block(), block(), block()));
}

addEventListener("hashchange", openFromAddress);
setInterval(() => refreshTimes(document), 10000);
begin();
