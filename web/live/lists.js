// The left side: who is on the site now, and the leads that were chosen. Both are live lists; rows below
// the watched ones are pages that stand still.

import { lampAt } from "./card.js";
import { ago, dot, fill, h, initials } from "./elements.js";
import { request } from "./graphql.js";
import { leadChoice, valuesOf } from "./lead-choice.js";
import { LEAD_LIST, MORE_LEADS } from "./lead-list-documents.js";

const REDRAW_MS = 5000; // times and lamps move without news
const ALL_VISITORS = { keys: [], withFields: false, withMore: false };

/** `serverNow()` gives ms by the server's clock; `onSignedOut` is told when the session is over. */
export function leadLists({ connection, serverNow, onSignedOut }) {
  const at = (id) => document.getElementById(id);
  const more = at("more");
  const refusal = at("lists-refusal");
  const lists = { VISITORS: blankList(), LEADS: blankList() };
  const choice = leadChoice({ connection, changed: reopen, onSignedOut });
  let further = [], next = null, timer = 0, isRunning = false, current = null;
  at("list-name").append(choice.name, choice.total);
  at("list-choice").append(choice.element);

  function open(collection) {
    const list = lists[collection] = { ...blankList(), rows: lists[collection].rows };
    const variables = { collection, after: null,
      ...(collection === "LEADS" ? choice.variables() : ALL_VISITORS) };
    list.stream = connection.open(LEAD_LIST, variables, {
      onItem: ({ leadList: item }) => {
        variables.after = item.cursor;
        refusal.textContent = "";
        if (item.__typename === "LeadListSnapshot") delete at(PLACES[collection]).dataset.filled;
        applyItem(list, item);
        draw();
      },
      onFailure: (failure) => {
        if (failure.isSignedOut) return onSignedOut();
        refusal.textContent = failure.message;
        if (failure.code === "BAD_USER_INPUT" && !variables.after) return; // not this choice
        if (failure.code === "BAD_USER_INPUT") variables.after = null; // of another server
        list.stream.renew();
      },
      onEnd: () => isRunning && list.stream.renew(),
    });
  }

  /** Other leads, another order or other values are wanted. */
  function reopen() {
    if (!isRunning) return;
    lists.LEADS.stream.close();
    further = [];
    next = null;
    more.disabled = false;
    open("LEADS");
  }

  async function showMore() {
    const list = lists.LEADS;
    more.disabled = true;
    try {
      const page = (await request(MORE_LEADS, { ...choice.variables(), after: next })).leads;
      if (list !== lists.LEADS) return; // others were chosen meanwhile
      further = [...further, ...page.nodes];
      next = page.pageInfo.endCursor;
      refusal.textContent = "";
      draw();
    } catch (failure) {
      if (failure.isSignedOut) return onSignedOut();
      if (list === lists.LEADS) refusal.textContent = failure.message;
    } finally {
      if (list === lists.LEADS) more.disabled = false;
    }
  }

  function draw() {
    const now = serverNow();
    const withLamp = ({ presence, ...lead }) => ({ ...lead, lamp: lampAt(presence, now).state });
    const { VISITORS: visitors, LEADS: watched } = lists;
    const here = visitors.rows.map(withLamp).filter(({ lamp }) => lamp !== "OFFLINE");
    const all = distinct([...watched.rows, ...further]);
    const columns = choice.columns();
    fill(at("present"), here, ({ id }) => id, (lead) => makeRow(lead, null));
    fill(at("all"), all.map((lead) => ({ ...withLamp(lead), columns })), ({ id }) => id,
      (lead) => makeRow(lead, columns));
    at("lists").classList.toggle("loading", !visitors.isRead || !watched.isRead);
    at("nobody").hidden = here.length > 0 || !visitors.isRead;
    at("none").hidden = all.length > 0 || !watched.isRead;
    at("none").textContent = choice.isNarrowed() ? "No lead is like that." : "No leads yet.";
    choice.count(watched.total);
    more.hidden = !watched.total || (watched.total.isExact && watched.total.value <= all.length);
    select(current);
  }

  function select(leadId) {
    current = leadId;
    for (const link of at("lists").querySelectorAll("[data-testid=lead-row]")) {
      if (link.dataset.id === leadId) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  function start() {
    isRunning = true;
    at("lists").classList.add("loading");
    for (const collection of Object.keys(lists)) open(collection);
    choice.start();
    timer = setInterval(() => document.hidden || draw(), REDRAW_MS);
  }

  function stop() {
    isRunning = false;
    clearInterval(timer);
    for (const [name, list] of Object.entries(lists)) {
      list.stream?.close();
      lists[name] = blankList();
    }
    choice.stop();
    further = [];
    next = null;
    more.disabled = false;
    for (const id of Object.values(PLACES)) {
      at(id).replaceChildren();
      delete at(id).dataset.filled;
    }
  }

  more.addEventListener("click", showMore);
  return { start, stop, select, chosen: choice.shown };
}

const PLACES = { VISITORS: "present", LEADS: "all" };
export const blankList = () => ({ rows: [], total: null, isRead: false, stream: null });

// As the schema says: drop what left and what comes anew, then put rows in at their places, the
// least first.
export function applyItem(list, item) {
  if (item.__typename === "ListReset") return;
  list.isRead = true;
  list.total = item.totalCount;
  if (item.__typename === "LeadListSnapshot") {
    list.rows = item.rows.map(({ lead }) => lead);
    return;
  }
  const gone = new Set([...item.leftIds, ...item.rows.map(({ lead }) => lead.id)]);
  const rows = list.rows.filter(({ id }) => !gone.has(id));
  const placed = [...item.rows].sort((one, two) => one.position - two.position);
  for (const { position, lead } of placed) rows.splice(position, 0, lead);
  list.rows = rows;
}

export function distinct(leads) {
  const known = new Set();
  return leads.filter(({ id }) => !known.has(id) && known.add(id));
}

const LAMPS = { ONLINE: "Online", SLEEPING: "Sleeping", OFFLINE: "Offline" };

/** A row; `columns` null: what stands in every row. */
function makeRow({ id, displayName, lamp, state, assignee, lastActivityAt, ...lead }, columns) {
  const shows = (column) => !columns || columns.includes(column);
  const values = valuesOf(lead, columns ?? []);
  return h("li", {}, h("a", { href: `#${id}`, data: { testid: "lead-row", id } },
    shows("presence") ? h("span", { class: "light", data: { state: lamp }, title: LAMPS[lamp] },
      h("span", { class: "aside" }, LAMPS[lamp])) : h("span"),
    h("span", { class: "row-name" }, displayName),
    assignee && shows("assignee") ? h("span", { class: "owner", title: assignee.name },
      initials(assignee.name), h("span", { class: "aside" }, ` assigned to ${assignee.name}`))
      : h("span"),
    shows("state") ? h("span", { class: "row-state" }, dot(state?.color), state?.name ?? "")
      : h("span", { class: "row-state" }),
    shows("lastActivityAt") && h("span", { class: "row-time" }, ago(lastActivityAt)),
    values.length > 0 && h("span", { class: "row-values" }, values.map(([label, text, isPlain]) =>
      h("span", { title: label }, h("span", { class: isPlain && "aside" }, `${label} `),
        h("b", {}, text))))));
}
