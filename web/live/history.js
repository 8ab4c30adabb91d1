// The history: every change of the lead, narrowed by what it is and by who made it; the way back to
// how the card was; and for ADMIN the check of the whole, and the file to take away.

import { CHECK_HISTORY, EXPORT_HISTORY, HISTORY } from "./documents.js";
import { narrowedPart } from "./earlier.js";
import { ago, fill, h, moment, refusalPlace } from "./elements.js";
import { mutate, request } from "./graphql.js";
import { localInput } from "./appointments.js";
import { emptyLine } from "./panels.js";

const TYPES = [["All", null], ["Fields", ["FIELD_CHANGE"]], ["Moves", ["STATE", "ASSIGNMENT"]],
  ["Notes", ["NOTE"]], ["Tasks", ["TASK"]], ["Appointments", ["APPOINTMENT"]],
  ["Messages", ["CHAT", "EMAIL", "TEXT_MESSAGE", "CALL"]], ["Events", ["EVENT"]],
  ["Other", ["SUBSCRIPTION", "ACCOUNT", "LIFECYCLE"]]];
const ACTORS = [["By anybody", null], ["Team", ["STAFF"]], ["Lead", ["LEAD"]],
  ["Rules", ["AUTOMATION"]], ["System", ["SYSTEM", "BOT"]]];

/** `{ element, update(lead) }`. */
export function historyPart(context) {
  const list = h("ol", { class: "history", "data-testid": "history" });
  const empty = emptyLine("Nothing of this kind yet.");
  let lead = null;
  const wanted = { types: null, actors: null };
  const chips = [chipsOf("Kinds of changes", TYPES, "types"), chipsOf("Who", ACTORS, "actors")];
  const stream = narrowedPart(context, { document: HISTORY, list, draw, fits,
    newest: () => lead.history });

  function chipsOf(label, choices, key) {
    const buttons = choices.map(([name, members]) => h("button", { type: "button",
      onclick: () => {
        wanted[key] = members;
        choose();
      } }, name));
    const mark = () => buttons.forEach((one, index) =>
      one.setAttribute("aria-pressed", String(choices[index][1] === wanted[key])));
    return { element: h("div", { class: "filters", role: "group", "aria-label": label }, buttons),
      mark };
  }

  function choose() {
    for (const one of chips) one.mark();
    stream.choose({ ...wanted }, wanted.types || wanted.actors ? null : lead.pages.history);
  }

  function fits({ type, actor }, { types, actors }) {
    return (!types || types.includes(type)) && (!actors || actors.includes(actor.kind));
  }

  function draw(rows) {
    fill(list, rows, ({ id }) => id, (row) => makeEntry(row, context.showThen));
    empty.hidden = rows.length > 0;
  }

  function update(next) {
    const isSnapshot = next.pages.history !== lead?.pages.history;
    lead = next;
    if (isSnapshot) return choose();
    stream.redraw();
  }

  return { element: h("div", {}, h("div", { class: "history-filters" },
    chips.map(({ element }) => element)), backPart(context),
  context.me.role === "ADMIN" ? checkPart(context) : "", empty, list, stream.element), update };
}

// The card as it was: at a moment that is chosen here, or right after an entry of the list.
function backPart({ showThen, serverNow }) {
  const at = h("input", { type: "datetime-local", required: true, "aria-label": "Day and time",
    onfocus: () => { at.max = localInput(serverNow()); } });
  const form = h("form", { class: "inline then-form", "data-testid": "then-form",
    onsubmit: (event) => {
      event.preventDefault();
      showThen(new Date(at.value).toISOString(), form);
    } }, at, h("button", { class: "plain" }, "See the card then"));
  return form;
}

const WRONG = { ALTERED: "an entry is not as it was written", MISSING: "an entry is missing",
  REORDERED: "an entry stands at another place than it was written at" };

function checkPart({ leadId, onSignedOut }) {
  const told = h("p", { class: "soft", role: "status", "data-testid": "history-check" });
  const refusal = refusalPlace();
  const button = (label, act) => h("button", { class: "link", type: "button", onclick: async () => {
    told.replaceChildren();
    refusal.textContent = "";
    try {
      await act();
    } catch (failure) {
      if (failure.isSignedOut) return onSignedOut();
      refusal.textContent = failure.message;
    }
  } }, label);

  async function check() {
    const { verifyHistory: found } = await request(CHECK_HISTORY, { id: leadId });
    told.replaceChildren(found ? outcome(found) : "You may not check this history.");
  }

  async function take() {
    const answer = await mutate(EXPORT_HISTORY, { leadId });
    if (!answer.downloadPath) return void (refusal.textContent = answer.message);
    h("a", { href: answer.downloadPath, download: "" }).click();
    told.replaceChildren("The file is signed. Keep this key apart from it, to check it with: ",
      h("code", {}, answer.publicKey));
  }

  return h("div", { class: "history-check" }, h("div", { class: "beside" },
    button("Check history", check), button("Export history", take)), told, refusal);
}

function outcome({ isIntact, checkedCount, erasedCount, problem, firstBadAt, headDigest }) {
  if (!isIntact) {
    return h("b", { class: "refusal" }, `Something is wrong: ${WRONG[problem] ?? "an entry is wrong"}`
      + `${firstBadAt ? `, first on ${moment(firstBadAt)}` : " at the end"}.`);
  }
  const erased = erasedCount ? ` The content of ${erasedCount} was erased.` : "";
  return h("span", {}, `All ${checkedCount} entries are as they were written: none was changed, left `
    + `out or moved.${erased} `, h("small", { title: headDigest }, `Digest ${headDigest.slice(0, 12)}…`));
}

const VIA = { API: "by API", PORTAL: "in the portal", SITE: "on the site", MAIL: "by mail",
  GATEWAY: "by a gateway", IMPORT: "by import" };

function makeEntry(entry, showThen) {
  const { actor, via } = entry;
  return h("li", { data: { id: entry.id, type: entry.type } },
    h("span", { class: "what" }, entry.summary),
    entry.diffs.map(makeDiff),
    h("small", {}, [actor.name, VIA[via]].filter(Boolean).join(" ") + " · ", ago(entry.at), " ",
      h("button", { class: "link as-of", type: "button", title: "The card right after this",
        onclick: (event) => showThen(entry.at, event.currentTarget.closest("li")) },
      "the card then")));
}

function makeDiff({ label, before, after }) {
  return h("span", { class: "diff" }, `${label}: `,
    before && h("del", {}, before.display), before && " ",
    after ? h("ins", {}, after.display) : h("i", {}, "empty"));
}
