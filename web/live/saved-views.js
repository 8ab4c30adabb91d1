// Saved views: a choice of leads, order and columns under a name, one's own or the team's, with how
// many leads each has now.

import { REMOVE_VIEW, SAVED_VIEWS, SAVE_VIEW } from "./lead-list-documents.js";
import { h, refusalPlace } from "./elements.js";
import { request } from "./graphql.js";
import { MY_PERMISSIONS } from "./settings-documents.js";
import { done, sure } from "./settings-picker.js";

/**
 * `{ element, form, start(), stop(), select(id), shape() }`: the views as tabs, and the form that saves
 * what is `chosen()` now. `take(view)` follows a choice; null: all leads.
 */
export function savedViews({ connection, chosen, take, onSignedOut }) {
  const element = h("div", { class: "filters views", role: "group", "aria-label": "Saved views",
    hidden: true });
  const name = h("input", { maxlength: "80", "aria-label": "Name of the view",
    placeholder: "Hot this week" });
  const shared = h("input", { type: "checkbox" });
  const sharing = h("label", { class: "along" }, shared, "for the team");
  const refusal = refusalPlace();
  const save = h("button", { class: "primary", type: "button", onclick: () => attempt(true) }, "Save");
  const asNew = h("button", { class: "plain", type: "button", onclick: () => attempt(false) });
  const removing = h("span", {});
  const owner = h("small", {});
  const form = h("form", { class: "view-form", onsubmit: (event) => {
    event.preventDefault();
    attempt(Boolean(current()?.canEdit));
  } }, h("h3", {}, "View"), h("div", { class: "beside" }, name, sharing),
  refusal, h("div", { class: "beside" }, save, asNew, removing, owner));
  let views = [];
  let stream = null;
  let selected = null;
  let wanted = null; // a view that was just made, until the stream tells it
  let isRunning = false;
  let mayShare = false;

  const current = () => views.find(({ id }) => id === selected);

  function start() {
    isRunning = true;
    stream = connection.open(SAVED_VIEWS, {}, {
      onItem: ({ savedViews: item }) => tell(item.savedViews),
      onFailure: (failure) => (failure.isSignedOut ? onSignedOut() : stream.renew()),
      onEnd: () => isRunning && stream.renew(),
    });
    request(MY_PERMISSIONS).then(({ me }) => {
      mayShare = Boolean(me?.permissions.includes("CONFIGURE_SEGMENTS"));
      shape();
    }).catch(() => null);
  }

  function tell(found) {
    const before = current();
    views = found;
    draw();
    const next = wanted && views.find(({ id }) => id === wanted);
    if (next) {
      wanted = null;
      take(choiceOf(next));
      shape();
    } else if (before && !current()) take(null);
    else if (before && before.version !== current().version) {
      take(choiceOf(current()));
      shape();
    }
  }

  function draw() {
    const tab = (id, text, count, title) => h("button", { type: "button", title,
      "aria-pressed": String(id === selected), onclick: () => take(
        id && choiceOf(views.find((each) => each.id === id))) }, text,
    count && h("span", { class: "count" }, ` ${count.isExact ? "" : "≈ "}${
      count.value.toLocaleString("en")}`));
    element.hidden = !views.length;
    element.replaceChildren(tab(null, "All leads", null, ""), ...views.map((view) =>
      tab(view.id, view.name, view.leadCount, `${view.isShared ? "The team’s" : "Yours"}: ${
        view.rule?.words ?? "all leads"}`)));
  }

  /** Brings the form up to what is chosen; what is typed for another view goes. */
  function shape() {
    const view = current();
    const mine = Boolean(view?.canEdit);
    name.value = view?.name ?? "";
    shared.checked = Boolean(view?.isShared);
    sharing.hidden = !mayShare;
    save.hidden = !mine;
    asNew.textContent = view ? "Save as another" : "Save as a view";
    owner.textContent = view?.isShared ? `Of the team, made by ${view.owner.name}` : "";
    refusal.textContent = "";
    removing.replaceChildren(mine ? sure("Remove", "Remove this view?", () =>
      done(REMOVE_VIEW, { savedViewId: view.id })) : "");
  }

  async function attempt(isSame) {
    const view = isSame ? current() : null;
    const { filter, search, sort, columns } = chosen();
    refusal.textContent = "";
    try {
      const answer = await done(SAVE_VIEW, { name: name.value, filter, search: search || null,
        sort, columns, isShared: shared.checked && mayShare,
        ...(view ? { savedViewId: view.id, expectedVersion: view.version } : {}) });
      wanted = answer.savedView.id;
      tell(views); // it may be there already
    } catch (failure) {
      if (failure.isSignedOut) onSignedOut();
      else refusal.textContent = failure.message;
    }
  }

  function select(id) {
    selected = id;
    draw();
  }

  function stop() {
    isRunning = false;
    stream?.close();
    views = [];
    selected = wanted = null;
    draw();
  }

  return { element, form, start, stop, select, shape };
}

/** A saved view as a choice of the list. */
function choiceOf({ id, name, rule, search, sortBy, sortDirection, sortFieldKey, columns }) {
  return { id, name, filter: rule && JSON.parse(rule.filter), search: search ?? "", columns,
    words: rule?.words, broken: (rule?.clauses ?? []).filter((each) => each.isBroken)
      .map((each) => each.words),
    sort: { by: sortBy, direction: sortDirection, fieldKey: sortFieldKey } };
}
