// The left side: who is on the site now, and all leads by last activity. Asked for again every
// five seconds while the page is in front.

import { lampAt } from "./card.js";
import { LISTS, MORE_LEADS } from "./documents.js";
import { ago, dot, fill, h, initials } from "./elements.js";
import { request } from "./graphql.js";

const EVERY_MS = 5000;

/** `serverNow()` gives ms by the server's clock; `onSignedOut` is told when the session is over. */
export function leadLists({ serverNow, onSignedOut }) {
  const at = (id) => document.getElementById(id);
  const more = at("more");
  const refusal = at("lists-refusal");
  let present = [], leads = [], next = null, timer = 0, isRunning = false, current = null;

  async function refresh() {
    clearTimeout(timer);
    try {
      const answer = await request(LISTS);
      if (!isRunning) return;
      present = answer.visitors.nodes;
      leads = merged(answer.leads.nodes);
      // With more pages shown, the button goes on below the last of them.
      if (leads.length === answer.leads.nodes.length) next = pageEnd(answer.leads.pageInfo);
      refusal.textContent = "";
      draw();
    } catch (failure) {
      if (failure.isSignedOut) return onSignedOut();
      refusal.textContent = failure.message;
      if (isRunning && leads.length > 0) draw(); // the lamps go on without the server
    }
    clearTimeout(timer);
    if (isRunning && !document.hidden) timer = setTimeout(refresh, EVERY_MS);
  }

  const pageEnd = ({ hasNextPage, endCursor }) => (hasNextPage ? endCursor : null);

  function merged(first) {
    const fresh = new Set(first.map(({ id }) => id));
    const isOnePage = leads.length <= first.length;
    return isOnePage ? first : [...first, ...leads.filter(({ id }) => !fresh.has(id))];
  }

  async function showMore() {
    more.disabled = true;
    try {
      const page = (await request(MORE_LEADS, { after: next })).leads;
      const known = new Set(leads.map(({ id }) => id));
      leads = [...leads, ...page.nodes.filter(({ id }) => !known.has(id))];
      next = pageEnd(page.pageInfo);
      draw();
    } catch (failure) {
      if (failure.isSignedOut) return onSignedOut();
      refusal.textContent = failure.message;
    } finally {
      more.disabled = false;
    }
  }

  function draw() {
    const now = serverNow();
    const withLamp = ({ presence, ...lead }) => ({ ...lead, lamp: lampAt(presence, now).state });
    const here = present.map(withLamp).filter(({ lamp }) => lamp !== "OFFLINE");
    fill(at("present"), here, ({ id }) => id, makeRow);
    fill(at("all"), leads.map(withLamp), ({ id }) => id, makeRow);
    at("lists").classList.remove("loading");
    at("nobody").hidden = here.length > 0;
    at("none").hidden = leads.length > 0;
    more.hidden = !next;
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
    refresh();
  }

  function stop() {
    isRunning = false;
    clearTimeout(timer);
    present = leads = [];
    next = null;
    for (const id of ["present", "all"]) {
      at(id).replaceChildren();
      delete at(id).dataset.filled;
    }
  }

  more.addEventListener("click", showMore);
  document.addEventListener("visibilitychange", () => {
    if (isRunning && !document.hidden) refresh();
  });
  return { start, stop, select };
}

const LAMPS = { ONLINE: "Online", SLEEPING: "Sleeping", OFFLINE: "Offline" };

function makeRow({ id, displayName, lamp, state, assignee, lastActivityAt }) {
  return h("li", {}, h("a", { href: `#${id}`, data: { testid: "lead-row", id } },
    h("span", { class: "light", data: { state: lamp }, title: LAMPS[lamp] },
      h("span", { class: "aside" }, LAMPS[lamp])),
    h("span", { class: "row-name" }, displayName),
    assignee ? h("span", { class: "owner", title: assignee.name }, initials(assignee.name),
      h("span", { class: "aside" }, ` assigned to ${assignee.name}`)) : h("span"),
    h("span", { class: "row-state" }, dot(state?.color), state?.name ?? ""),
    h("span", { class: "row-time" }, ago(lastActivityAt))));
}
