// Days that matter to a lead: a kind, a day, a note, and whether the dashboard tells of it.

import { REMOVE_DATE, SAVE_DATE } from "./documents.js";
import { fill, h, offer, refusalPlace } from "./elements.js";
import { randomKey } from "./outbox.js";
import { panel } from "./panels.js";
import { sureButton } from "./sheet.js";
import { day } from "./tasks.js";

/** `dateKinds()` gives `[{ id, name, archivedAt }]`. */
export function datesPanel({ leadId, dateKinds, perform }) {
  const list = h("ul", { class: "dates", "data-testid": "dates" });
  const refusal = refusalPlace();
  const editors = new Map(); // forms of the dates that this person is changing, by their ids
  const fresh = dateForm({ leadId, dateKinds, perform });
  let lead = null;

  function update(next) {
    lead = next;
    const mayEdit = lead.viewerCan.edit;
    const known = new Set(lead.importantDates.map(({ id }) => id));
    for (const id of editors.keys()) if (!known.has(id) || !mayEdit) editors.delete(id);
    const rows = lead.importantDates.map((one) => (editors.has(one.id)
      ? { id: one.id, isEdited: true } : { ...one, mayEdit }));
    fill(list, rows, ({ id }) => id, (row) => (row.isEdited
      ? h("li", { data: { id: row.id } }, editors.get(row.id).element) : makeDate(row)));
    fresh.element.hidden = !mayEdit || !fresh.offerKinds();
  }

  function edit(one) {
    const form = dateForm({ leadId, dateKinds, perform, one, close: () => {
      editors.delete(one.id);
      update(lead);
    } });
    form.offerKinds();
    editors.set(one.id, form);
    update(lead);
  }

  function makeDate({ mayEdit, ...one }) {
    const { id, kind: { name }, date, note, isOnDashboard } = one;
    const button = (word, act) => h("button", { class: "link", type: "button", onclick: act,
      "aria-label": `${word} ${name}` }, word);
    const told = [note, !isOnDashboard && "not on the dashboard"].filter(Boolean).join(" · ");
    return h("li", { data: { id } }, h("b", {}, name), h("span", {}, day(date)),
      mayEdit && h("span", { class: "beside" }, button("Edit", () => edit(one)), sureButton("Remove",
        "Sure? Remove", () => perform(REMOVE_DATE, { leadId, importantDateId: id }, refusal), name)),
      told && h("small", {}, told));
  }

  return { element: panel("Dates", fresh.element, refusal, list), update };
}

function dateForm({ leadId, dateKinds, perform, one = null, close = () => {} }) {
  const kind = h("select", { "aria-label": "Kind of date" });
  const date = h("input", { type: "date", required: true, "aria-label": "Day" });
  const note = h("input", { maxlength: "500", "aria-label": "Note on the date",
    placeholder: "Note (optional)" });
  const shown = h("input", { type: "checkbox", checked: true });
  const refusal = refusalPlace();
  const element = h("form", { class: "inline", onsubmit: save,
    onkeydown: (event) => event.key === "Escape" && close() }, kind, note, date,
  h("button", { class: "plain" }, one ? "Save" : "Add"),
  h("label", { class: "check" }, shown, "on the dashboard"),
  one && h("button", { class: "link", type: "button", onclick: close }, "Cancel"), refusal);
  let idempotencyKey = randomKey();
  let version = one?.version;

  /** False when no kind can be chosen. */
  function offerKinds() {
    const open = dateKinds().filter(({ id, archivedAt }) => !archivedAt || id === one?.kind.id);
    offer(kind, open.map(({ id, name }) => [id, name]));
    return open.length > 0;
  }

  if (one) {
    offerKinds();
    kind.value = one.kind.id;
    date.value = one.date;
    note.value = one.note ?? "";
    shown.checked = one.isOnDashboard;
  }

  async function save(event) {
    event.preventDefault();
    const input = { leadId, kindId: kind.value, date: date.value, note: note.value.trim() || null,
      isOnDashboard: shown.checked,
      ...(one ? { importantDateId: one.id, expectedVersion: version } : { idempotencyKey }) };
    if (!(await perform(SAVE_DATE, input, refusal, clash))) return;
    idempotencyKey = randomKey();
    element.reset();
    close();
  }

  function clash({ currentVersion, conflicts }) {
    if (!currentVersion) return;
    version = currentVersion;
    refusal.textContent = `${conflicts?.[0]?.changedByName ?? "Somebody"} changed this meanwhile. `
      + "Save again to put yours in its place.";
  }

  return { element, offerKinds };
}
