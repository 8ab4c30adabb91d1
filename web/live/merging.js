// Cards that may be the same person: why, side by side, made one, and two again.

import { DUPLICATES, MERGE_LEADS, UNMERGE_LEAD } from "./documents.js";
import { ago, h, refusalPlace } from "./elements.js";
import { request } from "./graphql.js";

/** The part of the card; it asks again whenever what a person is known by has changed. */
export function mergingPart(leadId, perform) {
  const list = h("ul", { class: "alike" });
  const gone = h("ul", { class: "alike" });
  const refusal = refusalPlace();
  const compare = compareDialog(leadId, perform);
  const element = h("section", { class: "facts", hidden: true, "data-testid": "duplicates" },
    h("h3", {}, "Same person?"), list, gone, refusal, compare.element);
  let known = "";

  async function ask() {
    const answer = await request(DUPLICATES, { id: leadId }).catch(() => null);
    if (!answer) return;
    list.replaceChildren(...answer.duplicates.map(suggested));
    gone.replaceChildren(...answer.merges.map(merged));
    element.hidden = !answer.duplicates.length && !answer.merges.length;
  }

  function suggested(one) {
    return h("li", {}, h("div", {}, h("a", { href: `#${one.other.id}` }, one.other.displayName),
      h("small", {}, one.reasons.join(" "))),
    h("button", { class: "plain", type: "button", "data-testid": "compare",
      onclick: () => compare.open(one) }, "Compare"));
  }

  function merged({ id, mergedName, at, actor }) {
    const undo = h("button", { class: "plain", type: "button", "data-testid": "unmerge",
      onclick: async () => {
        undo.disabled = true;
        if (await perform(UNMERGE_LEAD, { mergeId: id }, refusal)) await ask();
        undo.disabled = false;
      } }, "Take apart");
    return h("li", {}, h("div", {}, mergedName, h("small", {}, `Merged by ${actor.name}, `, ago(at))),
      undo);
  }

  function update({ viewerCan, displayName, emailAddresses, phoneNumbers, history }) {
    if (!viewerCan.merge) {
      element.hidden = true;
      return;
    }
    const joints = history.filter(({ type }) => type === "LIFECYCLE").map(({ id }) => id);
    const now = JSON.stringify([displayName, emailAddresses, phoneNumbers, joints]);
    if (now === known) return;
    known = now;
    void ask();
  }

  return { element, update };
}

// Two cards side by side. Of each line the side that stays is chosen; gaps fill themselves.
function compareDialog(leadId, perform) {
  const rows = h("tbody");
  const [left, right] = [h("th", { scope: "col" }), h("th", { scope: "col" })];
  const refusal = refusalPlace();
  const form = h("form", { method: "dialog", onsubmit: merge }, h("h3", {}, "Make one card of two"),
    h("p", {}, "Messages, notes, tasks, files, events and addresses of both are kept. The merge can "
      + "be taken apart again."),
    h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, ""), left, right)), rows),
    refusal,
    h("div", { class: "beside" },
      h("button", { class: "primary", "data-testid": "merge-sure" }, "Merge into this card"),
      h("button", { class: "link", type: "button", onclick: () => element.close() }, "Cancel")));
  const element = h("dialog", { class: "compare", "aria-label": "Make one card of two" }, form);
  let other = null;

  function open(pair) {
    other = pair.other;
    left.replaceChildren("This card", h("small", {}, "since ", ago(pair.lead.createdAt)));
    right.replaceChildren("The other", h("small", {}, "since ", ago(other.createdAt)));
    rows.replaceChildren(...lines(pair.lead, other));
    refusal.textContent = "";
    element.showModal();
  }

  async function merge(event) {
    event.preventDefault();
    const takeFields = [...rows.querySelectorAll("input[value=other]:checked")]
      .map(({ name }) => name);
    const input = { leadId, mergedLeadId: other.id, takeFields };
    if (await perform(MERGE_LEADS, input, refusal)) element.close();
  }

  return { element, open };
}

function lines(own, other) {
  const facts = [["Name", ({ displayName }) => displayName], ["State", ({ state }) => state.name],
    ["Assignee", ({ assignee }) => assignee?.name ?? ""],
    ["Addresses", (lead) => lead.emailAddresses.map(({ address }) => address).join(", ")],
    ["Numbers", (lead) => lead.phoneNumbers.map(({ number }) => number).join(", ")],
    ["Tags", (lead) => lead.tags.map(({ name }) => name).join(", ")]]
    .map(([label, read]) => [label, read(own), read(other)])
    .filter(([, mine, theirs]) => mine || theirs)
    .map(([label, mine, theirs]) => h("tr", {}, h("th", { scope: "row" }, label),
      h("td", {}, mine), h("td", {}, theirs)));
  const theirs = new Map(other.properties.map((one) => [one.key, one.value?.display ?? ""]));
  const fields = own.properties
    .map(({ key, label, value }) => ({ key, label, mine: value?.display ?? "",
      yours: theirs.get(key) ?? "" }))
    .filter(({ mine, yours }) => mine || yours)
    .map(choice);
  return [...facts, ...fields];
}

function choice({ key, label, mine, yours }) {
  const isOpen = mine && yours && mine !== yours;
  const side = (text, value) => h("td", {}, isOpen ? h("label", { class: "check" },
    h("input", { type: "radio", name: key, value, checked: value === "own" }), text) : text);
  return h("tr", {}, h("th", { scope: "row" }, label), side(mine, "own"), side(yours, "other"));
}
