// Leads of the list as a file, and everything about one person: what is to be in it is chosen here,
// the server writes it while the browser saves it.

import { h, refusalPlace } from "./elements.js";
import { mutate, request } from "./graphql.js";
import { EXPORT_COLUMNS, EXPORT_LEADS, EXPORT_PERSON } from "./people-documents.js";
import { sheet } from "./sheet.js";

const USUAL = new Set(["name", "firstName", "lastName", "company", "emailAddresses", "phoneNumbers",
  "tags", "state", "assignee", "createdAt"]);
const KEPT = "leadlight-export-columns"; // what was chosen last, in this browser

/**
 * The button above the list and its dialog, for who may export. `chosen()` is what the list shows:
 * `{ filter, search, words }`.
 */
export function exporting({ chosen, onSignedOut }) {
  const button = h("button", { class: "plain", type: "button", hidden: true,
    "data-testid": "export", onclick: open }, "Export");
  const which = h("p", { class: "soft", "data-testid": "export-which" });
  const formats = h("fieldset", { class: "beside export-formats" }, h("legend", { class: "aside" }, "Format"),
    format("CSV", "CSV, for spreadsheets", true), format("NDJSON", "NDJSON, for programs"));
  const boxes = h("fieldset", { class: "export-columns" });
  const refusal = refusalPlace();
  const told = h("p", { class: "soft", role: "status", "data-testid": "export-told" });
  const act = h("button", { class: "primary", type: "button", "data-testid": "export-go",
    onclick: () => take() }, "Export");
  const dialog = sheet("Export leads", which, formats, h("div", { class: "beside spread" },
    h("strong", {}, "Columns"), h("span", { class: "beside" }, all("All", () => true),
      all("The usual", ({ value }) => USUAL.has(value)), all("None", () => false))), boxes,
  h("p", { class: "soft" }, "Columns with a dot are taken in again when the CSV is imported. Each "
    + "export is on record."), refusal, h("div", { class: "beside ends" }, act, told));
  let columns = [];

  function format(value, label, checked = false) {
    return h("label", { class: "check" }, h("input", { type: "radio", name: "export-format", value,
      checked }), label);
  }

  function all(label, wanted) {
    return h("button", { class: "link", type: "button", onclick: () => {
      for (const box of boxes.querySelectorAll("input")) box.checked = wanted(box);
    } }, label);
  }

  async function open() {
    if (!dialog.element.isConnected) document.body.append(dialog.element);
    refusal.textContent = told.textContent = "";
    which.textContent = chosen().words ?? "All leads that you see.";
    dialog.open();
    await attempt(async () => {
      columns = (await request(EXPORT_COLUMNS)).exportColumns ?? [];
      const last = kept();
      boxes.replaceChildren(...columns.map(({ key, label, isImportable }) => h("label", {
        class: "check", title: key }, h("input", { type: "checkbox", value: key,
        checked: last ? last.has(key) : USUAL.has(key) }), label,
      isImportable ? h("span", { class: "soft", title: "An import takes it in again" }, " ·") : "")));
    });
  }

  const take = () => attempt(async () => {
    const wanted = [...boxes.querySelectorAll("input:checked")].map(({ value }) => value);
    const { value } = formats.querySelector("input:checked");
    keep(wanted);
    const { filter = null, search = null } = chosen();
    const answer = await mutate(EXPORT_LEADS, { columns: wanted, filter, search, format: value });
    if (!answer.downloadPath) return void (refusal.textContent = answer.message);
    const { value: count, isExact } = answer.leadCount;
    told.textContent = `${isExact ? "" : "About "}${count.toLocaleString("en")} ${count === 1
      ? "lead is" : "leads are"} on the way.`;
    save(answer.downloadPath);
  });

  async function attempt(work) {
    refusal.textContent = "";
    act.disabled = true;
    try {
      await work();
    } catch (failure) {
      if (failure.isSignedOut) onSignedOut();
      else refusal.textContent = failure.message;
    } finally {
      act.disabled = false;
    }
  }

  async function start() {
    const answer = await request(EXPORT_COLUMNS).catch(() => null);
    button.hidden = !answer?.exportColumns;
  }

  function stop() {
    dialog.element.remove();
    boxes.replaceChildren();
    button.hidden = true;
  }

  return { button, start, stop };
}

/** At the foot of the card, for who may: everything that is held about the person. */
export function personalDataPart(leadId, onSignedOut) {
  const notes = h("input", { type: "checkbox" });
  const refusal = refusalPlace();
  const take = h("button", { class: "primary", "data-testid": "personal-data-go" }, "Download");
  const form = h("form", { method: "dialog", onsubmit: download }, h("h3", {}, "Personal data"),
    h("p", {}, "A zip with everything that is held about this person, and their files: for the "
      + "person, or for whoever asks on their behalf. It is on record that you took it."),
    h("label", { class: "check" }, notes, "With the notes of the team"), refusal,
    h("div", { class: "beside" }, take,
      h("button", { class: "link", type: "button", onclick: () => dialog.close() }, "Cancel")));
  const dialog = h("dialog", { "aria-label": "Personal data" }, form);
  const element = h("span", { hidden: true }, h("button", { class: "link", type: "button",
    "data-testid": "personal-data", onclick: open }, "Personal data…"), dialog);

  function open() {
    notes.checked = false;
    refusal.textContent = "";
    dialog.showModal();
  }

  async function download(event) {
    event.preventDefault();
    take.disabled = true;
    try {
      const answer = await mutate(EXPORT_PERSON, { leadId, includeNotes: notes.checked });
      if (!answer.downloadPath) return void (refusal.textContent = answer.message);
      save(answer.downloadPath);
      dialog.close();
    } catch (failure) {
      if (failure.isSignedOut) onSignedOut();
      else refusal.textContent = failure.message;
    } finally {
      take.disabled = false;
    }
  }

  return { element, update: ({ viewerCan }) => { element.hidden = !viewerCan.exportPersonalData; } };
}

// The server names the file.
function save(path) {
  h("a", { href: path, download: "" }).click();
}

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT));
    return Array.isArray(found) ? new Set(found) : null;
  } catch {
    return null;
  }
}

function keep(keys) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(keys));
  } catch {
    // a browser that keeps nothing asks anew each time
  }
}
