// Visitors: who is on the sites now or was within a day, where, whence and on what. It opens at
// #visitors. The rows from the top are live; those below them are pages that stand still.

import { lampAt } from "./card.js";
import { addressOf, ago, fill, h, localTime, placeWords } from "./elements.js";
import { request } from "./graphql.js";
import { applyItem, blankList, distinct } from "./lists.js";
import { HIDE_LEAD, MORE_VISITORS, VISITORS } from "./visitors-documents.js";

const REDRAW_MS = 5000; // lamps move without news
const CHOICES = {
  all: { title: "All", filter: null },
  here: { title: "On the site now", filter: { presence: ["ONLINE", "SLEEPING"] } },
  known: { title: "Known", filter: { isAnonymous: false } },
  unknown: { title: "Unknown", filter: { isAnonymous: true } },
};

/** The place: `{ button, start(), stop(), show(), hide() }`. */
export function visitorsPlace({ element, connection, perform, serverNow, onSignedOut }) {
  const button = h("a", { class: "plain gear", href: "#visitors", hidden: true,
    "data-testid": "visitors" }, "Visitors");
  const tabs = h("div", { class: "inbox-tabs", role: "tablist", "aria-label": "Which visitors" });
  const count = h("p", { class: "soft", role: "status", "data-testid": "visitor-count" });
  const list = h("ul", { class: "visitors", "data-testid": "visitor-list" });
  const empty = h("p", { class: "empty", hidden: true }, "Nobody was here within a day. Open the ",
    h("a", { href: "/demo-site", target: "_blank", rel: "noopener" }, "pretend shop"),
    " in another window: you will appear here.");
  const refusal = h("p", { class: "refusal", role: "status" });
  const more = h("button", { class: "plain wide", type: "button", hidden: true,
    onclick: showMore }, "Show more");
  element.replaceChildren(h("div", { class: "visitors-page" },
    h("a", { class: "back-link", href: "#" }, "‹ All leads"),
    h("div", { class: "visitors-head" }, h("h2", { tabindex: "-1" }, "Visitors"), count), tabs,
    refusal, empty, list, more));

  let choice = "all", rows = blankList(), further = [], next = null, stream = null, timer = 0;
  let isShown = false;

  function start() { button.hidden = false; }

  function stop() {
    hide();
    button.hidden = true;
    choice = "all";
  }

  function show() {
    document.title = "Visitors · Leadlight";
    if (isShown) return;
    isShown = true;
    open();
    timer = setInterval(() => document.hidden || draw(), REDRAW_MS);
  }

  // Nobody watches a list that is not looked at.
  function hide() {
    isShown = false;
    clearInterval(timer);
    stream?.close();
    stream = null;
  }

  function open() {
    stream?.close();
    [rows, further, next] = [blankList(), [], null];
    list.replaceChildren();
    delete list.dataset.filled;
    const variables = { filter: CHOICES[choice].filter, after: null };
    const mine = stream = connection.open(VISITORS, variables, {
      onItem: ({ leadList: item }) => {
        if (mine !== stream) return;
        variables.after = item.cursor;
        refusal.textContent = "";
        applyItem(rows, item);
        draw();
      },
      onFailure: (failure) => {
        if (failure.isSignedOut) return onSignedOut();
        if (failure.code === "BAD_USER_INPUT") variables.after = null; // of another server
        refusal.textContent = failure.message;
        mine.renew();
      },
      onEnd: () => mine === stream && mine.renew(),
    });
    draw();
  }

  async function showMore() {
    const asked = stream;
    more.disabled = true;
    try {
      const variables = { filter: CHOICES[choice].filter, after: next };
      const page = (await request(MORE_VISITORS, variables)).visitors;
      if (asked !== stream) return; // others were chosen meanwhile
      further = [...further, ...page.nodes];
      next = page.pageInfo.endCursor;
      draw();
    } catch (failure) {
      if (failure.isSignedOut) return onSignedOut();
      if (asked === stream) refusal.textContent = failure.message;
    } finally {
      more.disabled = false;
    }
  }

  function choose(name) {
    if (name === choice) return;
    choice = name;
    open();
  }

  async function conceal(leadId) {
    if (!(await perform(HIDE_LEAD, { leadId }, refusal))) return;
    further = further.filter(({ id }) => id !== leadId);
    draw();
  }

  function draw() {
    tabs.replaceChildren(...Object.entries(CHOICES).map(([name, { title }]) => h("button", {
      type: "button", role: "tab", "aria-selected": String(name === choice),
      data: { tab: name }, onclick: () => choose(name) }, title)));
    const now = serverNow();
    const all = distinct([...rows.rows, ...further])
      .map(({ presence, ...lead }) => ({ ...lead, ...lampOf(presence, now) }));
    if (rows.isRead) fill(list, all, ({ id }) => id, (row) => makeRow(row, conceal));
    const { value = 0, isExact = true } = rows.total ?? {};
    count.textContent = rows.isRead ? `${value}${isExact ? "" : "+"} within a day` : "";
    list.classList.toggle("loading", !rows.isRead);
    empty.hidden = !rows.isRead || all.length > 0;
    more.hidden = !rows.isRead || (isExact && value <= all.length);
  }

  return { button, start, stop, show, hide };
}

const LAMPS = { ONLINE: "Online", SLEEPING: "Sleeping", OFFLINE: "Left" };

/** The lamp, and since when it shows that; beyond a told instant it turns by itself. */
function lampOf(presence, now) {
  const { state } = lampAt(presence, now);
  if (state === presence.state) return { lamp: state, since: presence.since };
  return { lamp: state, since: state === "OFFLINE" ? presence.leaseUntil : presence.activeUntil };
}

function makeRow(lead, conceal) {
  const { id, displayName, lamp, since, location, lastVisit, viewerCan } = lead;
  const at = since ?? lead.lastActivityAt;
  return h("li", {}, h("a", { href: `#${id}`, data: { testid: "visitor-row", id } },
    h("span", { class: "light", data: { state: lamp } }),
    h("span", { class: "visitor-who" }, h("b", {}, displayName),
      h("small", {}, `${LAMPS[lamp]} `, at && ago(at), " · ",
        lastVisit?.isReturning ? "came back" : "first visit")),
    h("span", { class: "visitor-page" }, pageOf(lastVisit), sourceOf(lastVisit)),
    h("span", { class: "visitor-place" }, placeWords(location) ?? "Place unknown",
      h("small", {}, localTime(location.timeZone))),
    h("span", { class: "visitor-device" }, lastVisit?.device ?? "")),
  viewerCan.hide && h("button", { class: "link", type: "button", "data-testid": "visitor-hide",
    title: "Hide from Visitors until the lead does something itself",
    "aria-label": `Hide ${displayName}`, onclick: () => conceal(id) }, "Hide"));
}

function pageOf(visit) {
  const { pageUrl, pageTitle } = visit ?? {};
  if (!pageUrl) return h("span", { class: "soft" }, "No page told");
  return h("span", { title: pageUrl }, pageTitle || (addressOf(pageUrl)?.pathname ?? pageUrl));
}

function sourceOf(visit) {
  const { referrer } = visit ?? {};
  const host = addressOf(referrer)?.host ?? "an odd address";
  return h("small", { title: referrer }, referrer ? `from ${host}` : "came directly");
}
