// The place where the workspace is shaped: a list of sections, and one of them at a time. It opens
// at #settings or #settings/<name>; the card that was open stays alive behind it.

import { MY_PERMISSIONS } from "./settings-documents.js";
import { h } from "./elements.js";
import { request } from "./graphql.js";
import { accessSection, teamsSection } from "./settings-access.js";
import { fieldsSection } from "./settings-fields.js";
import { headerSection } from "./settings-header.js";
import { dateKindsSection, eventKindsSection } from "./settings-kinds.js";
import { peopleSection } from "./settings-people.js";
import { pipelinesSection } from "./settings-pipelines.js";
import { rulesSection } from "./settings-rules.js";
import { segmentsSection } from "./settings-segments.js";
import { summarySection } from "./settings-summary.js";
import { webhooksSection } from "./settings-webhooks.js";
import { duesSection, workspaceSection } from "./settings-work.js";

/**
 * Every section, in order. A section is `{ name, title, group, allowed, render }`:
 * - `name` is its part of the address, `title` its words in the list, `group` the heading above it;
 * - `allowed(permissions)` says whether it is there at all for somebody with these permissions;
 * - `render(element, context)` fills its element, once for a sign-in, and may answer
 *   `{ refresh() }`, which is called whenever it comes into sight again: it brings what is shown up
 *   to date, and leaves alone what somebody has typed.
 * `context` is `{ connection, me, permissions, perform, here(person), onSignedOut }`.
 */
export const SECTIONS = [pipelinesSection, headerSection, fieldsSection, summarySection,
  eventKindsSection, dateKindsSection, duesSection, workspaceSection, peopleSection, accessSection,
  teamsSection, segmentsSection, rulesSection, webhooksSection];

/** The place: `{ button, start(me), stop(), show(name, from), refresh(), askRights() }`. */
export function settingsPlace({ element, connection, perform, here, onSignedOut }) {
  const list = h("ul", {});
  const back = h("a", { class: "back-link", href: "#" }, "‹ Back to the leads");
  const nav = h("nav", { class: "sections", "aria-label": "Settings" }, back,
    h("h2", {}, "Settings"), list);
  const stage = h("div", { class: "stage section-stage" });
  const button = h("a", { class: "plain gear", href: "#settings", hidden: true,
    "data-testid": "settings" }, "Settings");
  const opened = new Map(); // name: { element, refresh }
  let context = null;
  let current = null;
  element.replaceChildren(nav, stage);

  function start(me) {
    stop();
    context = { connection, me, perform, here, onSignedOut, permissions: [] };
    return askRights();
  }

  /** What this person may set may have changed; sections that stay keep what is typed in them. */
  async function askRights() {
    const mine = context;
    const answer = await request(MY_PERMISSIONS).catch(() => null);
    if (!mine || context !== mine || !answer?.me) return;
    const { permissions } = answer.me;
    if (JSON.stringify(permissions) === JSON.stringify(mine.permissions)) return;
    mine.permissions = permissions;
    list.replaceChildren(...links(allowed()));
    button.hidden = !allowed().length;
    if (!element.hidden) show(current);
  }

  function stop() {
    context = null;
    opened.clear();
    stage.replaceChildren();
    list.replaceChildren();
    button.hidden = true;
  }

  const allowed = () => SECTIONS.filter((one) => one.allowed(context.permissions));

  function links(sections) {
    return sections.flatMap(({ name, title, group }, index) => [
      group !== sections[index - 1]?.group && h("li", { class: "label" }, group),
      h("li", {}, h("a", { href: `#settings/${name}`, data: { section: name } }, title)),
    ]).filter(Boolean);
  }

  /** Shows the section of that name, or the first one; `from` is where the way back leads. */
  function show(name, from = null) {
    current = name;
    if (from !== null) {
      back.href = from || "#";
      askRights();
    }
    back.textContent = /lead_/.test(back.href) ? "‹ Back to the card" : "‹ Back to the leads";
    document.title = "Settings · Leadlight";
    const found = context?.permissions.length
      ? allowed().find((one) => one.name === name) ?? (name ? null : allowed()[0]) : undefined;
    for (const one of opened.values()) one.element.hidden = true;
    for (const link of list.querySelectorAll("a")) {
      if (link.dataset.section === found?.name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    stage.querySelector(".calm")?.remove();
    if (found) reveal(found);
    else if (found === null) stage.append(refused());
  }

  function reveal(section) {
    let one = opened.get(section.name);
    if (one) one.refresh?.();
    else {
      const holder = h("section", { class: "section", "aria-label": section.title,
        data: { testid: `section-${section.name}` } });
      stage.append(holder);
      one = { refresh: section.render(holder, context)?.refresh, element: holder };
      opened.set(section.name, one);
    }
    one.element.hidden = false;
    list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }

  const refused = () => h("div", { class: "calm" }, h("h2", {}, "Nothing to set here"),
    h("p", {}, "There is no such section, or your role may not change it."));

  /** Something that this place shows has changed elsewhere. */
  const refresh = () => element.hidden || !context || opened.get(current ?? allowed()[0]?.name)
    ?.refresh?.();

  // A section with something unsaved is marked in the list.
  element.addEventListener("formstate", () => {
    for (const link of list.querySelectorAll("a")) {
      const section = opened.get(link.dataset.section)?.element;
      link.classList.toggle("unsaved", Boolean(section?.querySelector(".whole.changed")));
      link.title = link.classList.contains("unsaved") ? "Something here is not saved yet" : "";
    }
  });
  addEventListener("beforeunload", (event) => {
    if (element.querySelector(".whole.changed")) event.preventDefault();
  });
  addEventListener("focus", refresh);
  return { button, start, stop, show, refresh, askRights };
}
