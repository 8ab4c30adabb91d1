// What became of a rule: the runs that it had, and those that it would have had.

import { ago, h, refusalPlace } from "./elements.js";
import { mutate, request } from "./graphql.js";
import { RETRY_RUN, RULE_RUNS, RULE_TRY } from "./settings-rules-documents.js";

const OUTCOMES = { DONE: ["Done", "good"], SKIPPED: ["Skipped", "calm"],
  WAITING: ["Waiting", "busy"], RETRYING: ["Tries again", "busy"], FAILED: ["Failed", "bad"],
  LOOP_STOPPED: ["Stopped", "bad"], WOULD_RUN: ["Would act", "good"] };
const AGAIN = new Set(["FAILED", "LOOP_STOPPED", "RETRYING"]);
const LOOK_MS = 2500;
const DAYS = [["1", "the last day"], ["7", "the last 7 days"], ["30", "the last 30 days"]];

/** A mark in words and colour. */
export const mark = (text, tone) => h("span", { class: "outcome", data: { tone } }, text);

/** When something is tried again, in words. */
export const nextTry = (at) => (Date.parse(at) - Date.now() < 60_000 ? " The next try is near."
  : [" Next try ", ago(at), "."]);

/** Pages of a list: `read(after)` answers `{ nodes, pageInfo }`, `make(node)` an `li`. */
export function paged({ read, make, empty, onSignedOut, label }) {
  const list = h("ol", { class: "happened", "aria-label": label });
  const none = h("p", { class: "empty", hidden: true }, empty);
  const refusal = refusalPlace();
  const more = h("button", { class: "link", type: "button", hidden: true,
    onclick: () => look(cursor) }, "Show older ones");
  const element = h("div", { class: "paged" }, none, list, refusal, more);
  let cursor = null;
  let seen = "";

  async function look(after = null) {
    try {
      const { nodes, pageInfo } = await read(after);
      const first = JSON.stringify(nodes);
      if (!after && first === seen) return nodes;
      if (!after) {
        seen = first;
        list.replaceChildren();
      }
      list.append(...nodes.map(make));
      cursor = pageInfo.endCursor;
      more.hidden = !pageInfo.hasNextPage;
      none.hidden = list.children.length > 0;
      refusal.textContent = "";
      return nodes;
    } catch (failure) {
      if (failure.isSignedOut) onSignedOut();
      else refusal.textContent = failure.message;
      return [];
    }
  }

  const clear = () => {
    seen = "";
    list.replaceChildren();
    more.hidden = none.hidden = true;
  };
  return { element, look, clear, refusal, isWhole: () => list.children.length <= 10 };
}

/**
 * Reads the first page of a list again and again while it is looked at, since the worker adds to it
 * moments after what causes it; not once somebody has gone on to older ones.
 */
export function watch(element, list) {
  async function look() {
    const isSeen = !document.hidden && !element.closest("[hidden]");
    if (isSeen && list.isWhole()) await list.look();
    if (element.isConnected) setTimeout(look, LOOK_MS);
  }

  setTimeout(look);
}

const about = ({ lead, cause }) => [lead ? h("a", { href: `#${lead.id}` }, lead.displayName)
  : h("span", { class: "soft" }, "A lead that you may not see"),
h("span", {}, cause?.summary ?? ""), cause && h("span", { class: "soft" }, `by ${cause.actor.name}`)];

/** The runs of a rule, and a try of it on the past. */
export function runsPart(ruleId, onSignedOut) {
  const runs = paged({ onSignedOut, label: "Runs, newest first",
    empty: "It has not run yet. It runs for what happens from now on.",
    read: async (after) => (await request(RULE_RUNS, { id: ruleId, after })).automation?.runs
      ?? { nodes: [], pageInfo: {} },
    make: (run) => h("li", {}, mark(...OUTCOMES[run.outcome]), h("div", { class: "what" },
      h("p", {}, ...about(run)), run.problem && h("p", { class: "problem" }, run.problem,
        run.nextTryAt && nextTry(run.nextTryAt)),
      run.changes.length > 0 && h("p", { class: "soft" },
        run.changes.map(({ entry }) => entry.summary).join(" "))),
    h("span", { class: "soft" }, ago(run.at)),
    AGAIN.has(run.outcome) && h("button", { class: "link", type: "button",
      onclick: () => again(run.id) }, "Try again")) });
  const days = h("select", { "aria-label": "How far back" }, DAYS.map(([value, text]) =>
    h("option", { value }, text)));
  days.value = "7";
  const said = h("p", { class: "note", role: "status" });
  let since = null;
  let counts = { WOULD_RUN: 0, SKIPPED: 0 };
  const tried = paged({ onSignedOut, empty: "", label: "What would have been",
    read: async (after) => (await request(RULE_TRY, { id: ruleId, since, after })).automationDryRun
      ?? { nodes: [], pageInfo: {} },
    make: (run) => {
      counts[run.outcome] += 1;
      return h("li", {}, mark(...(run.outcome === "SKIPPED" ? ["Would skip", "calm"]
        : OUTCOMES[run.outcome])), h("div", { class: "what" }, h("p", {}, ...about(run))),
      h("span", { class: "soft" }, ago(run.at)));
    } });
  const go = h("button", { class: "plain", type: "button", onclick: dryRun }, "Try it on the past");
  const element = h("div", { class: "after-form" },
    h("section", {}, h("div", { class: "beside ends" }, h("h3", {}, "What it would have done"),
      go, days), h("small", {}, "As it was saved. Nothing is done, and nobody is told. Conditions "
      + "are tried on the leads as they are now."), said, tried.element),
    h("section", {}, h("h3", {}, "Runs"), runs.element));

  async function dryRun() {
    since = new Date(Date.now() - days.value * 86400_000 + 60_000).toISOString();
    counts = { WOULD_RUN: 0, SKIPPED: 0 };
    tried.clear();
    said.textContent = "Looking …";
    await tried.look();
    const { WOULD_RUN: acts, SKIPPED: skips } = counts;
    const kept = skips && `its condition would have kept it from ${skips}`;
    said.textContent = tried.refusal.textContent ? ""
      : acts ? `It would have acted ${acts === 1 ? "once" : `${acts} times`}${kept ? `; ${kept} more`
        : ""}.`
        : kept ? `It would not have acted: ${kept}.` : "Nothing in this time would have started it.";
  }

  async function again(runId) {
    try {
      const answer = await mutate(RETRY_RUN, { runId });
      if (!/Success$/.test(answer.__typename)) runs.refusal.textContent = answer.message;
      await runs.look();
    } catch (failure) {
      if (failure.isSignedOut) onSignedOut();
      else runs.refusal.textContent = failure.message;
    }
  }

  watch(element, runs);
  return { element };
}
