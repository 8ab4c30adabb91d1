// Leads from a file: what is in it, where each column goes, and how far the import has come.

import { h, refusalPlace, words } from "./elements.js";
import { here, upload } from "./files.js";
import { mutate, request } from "./graphql.js";
import { randomKey } from "./outbox.js";
import { IMPORT_FIELDS, IMPORT_LEADS, IMPORT_PREVIEW, IMPORT_PROGRESS } from "./people-documents.js";
import { MY_PERMISSIONS } from "./settings-documents.js";
import { sheet } from "./sheet.js";

const TARGETS = [["firstName", "First name"], ["lastName", "Last name"], ["name", "Whole name"],
  ["company", "Company"], ["jobTitle", "Job title"], ["language", "Language"],
  ["birthday", "Birthday"], ["postalAddress", "Postal address"], ["title", "Title"],
  ["timeZone", "Time zone"], ["recordedAt", "When it was made"], ["emailAddress", "E-mail"],
  ["phoneNumber", "Phone"], ["tags", "Tags"], ["externalId", "Its number elsewhere"]];

/** The button above the list and its dialog, for who may import. */
export function importing({ connection, onSignedOut }) {
  const button = h("button", { class: "plain", type: "button", hidden: true,
    "data-testid": "import", onclick: open }, "Import");
  const picker = h("input", { type: "file", accept: ".csv,.tsv,.txt,text/csv", onchange: () => take(),
    "aria-label": "File with leads" });
  const refusal = refusalPlace();
  const stage = h("div", { class: "import-stage", "aria-live": "polite" });
  let dialog = null;
  let fields = [];
  let uploadId = null;
  let found = null; // the preview
  let targets = new Map(); // by number of the column, as chosen here
  let key = randomKey();
  let stream = null;

  async function open() {
    if (!dialog) {
      dialog = sheet("Import leads", h("p", { class: "soft" }, "A table with a line of headings: CSV "
        + "with commas, semicolons or tabs. Nothing is written before you say so."), picker, refusal,
      stage);
      document.body.append(dialog.element);
    }
    dialog.open();
    const answer = await request(IMPORT_FIELDS).catch(() => null);
    fields = (answer?.fieldGroups ?? []).flatMap((group) => group.fields)
      .filter(({ isBuiltIn }) => !isBuiltIn);
  }

  async function attempt(act) {
    refusal.textContent = "";
    try {
      await act();
    } catch (failure) {
      if (failure.isSignedOut) onSignedOut();
      else refusal.textContent = failure.message;
    }
  }

  const take = () => attempt(async () => {
    const [file] = picker.files;
    if (!file) return;
    stage.replaceChildren(h("p", { class: "soft" }, `Reading ${file.name} …`));
    uploadId = found = null;
    targets = new Map();
    key = randomKey();
    stream?.close();
    try {
      uploadId = await upload(file);
      await look();
    } finally {
      if (!found) stage.replaceChildren();
    }
  });

  const chosen = () => found.columns.map(({ number, target }) => ({ column: String(number),
    target: targets.has(number) ? targets.get(number) : target }));

  async function look() {
    const { importPreview } = await request(IMPORT_PREVIEW, { uploadId,
      columns: found ? chosen() : null }, 60_000);
    if (!importPreview) return void (refusal.textContent = "You may not import leads.");
    found = importPreview;
    draw();
  }

  const redirect = (number, target) => attempt(async () => {
    targets.set(number, target || null);
    key = randomKey();
    await look();
  });

  function draw() {
    const { rowCount, rejectedCount, rejected, separator, encoding } = found;
    const good = rejectedCount === 0 ? "all can be taken"
      : `${rejectedCount} of the first ${Math.min(rowCount, 1000)} would be rejected`;
    stage.replaceChildren(
      h("p", { "data-testid": "import-told" }, h("strong", {}, `${rowCount} ${rowCount === 1 ? "row"
        : "rows"}`), `, ${good}. `, h("span", { class: "soft" }, `${encoding}, ${separator}`)),
      h("div", { class: "wide-table" }, h("table", { class: "import-table" }, h("thead", {},
        h("tr", {}, h("th", {}, "Column"), h("th", {}, "Goes to"), h("th", {}, "Such as"))),
      h("tbody", {}, found.columns.map(columnRow)))),
      rejected.length ? h("details", {}, h("summary", {}, "What is wrong"), h("ul", {},
        rejected.map(({ line, reason }) => h("li", {}, h("small", {}, `Line ${line}: `), reason))))
        : "",
      h("div", { class: "beside ends" }, h("button", { class: "primary", type: "button",
        onclick: begin }, rejectedCount ? "Import the others" : "Import"), h("small", {},
        "Who has one of the addresses, or the number elsewhere, is brought up to date.")));
  }

  function columnRow({ column, number, target, samples }) {
    const known = [...TARGETS, ...fields.map(({ key: name, label }) => [`property:${name}`, label])];
    if (target && !known.some(([value]) => value === target)) {
      known.push([target, `New field “${words(target.replace("property:", ""))}”`]);
    }
    const choice = h("select", { "aria-label": `Where ${column} goes`,
      onchange: () => redirect(number, choice.value) }, h("option", { value: "" }, "left out"),
    known.map(([value, word]) => h("option", { value, selected: value === target }, word)));
    return h("tr", {}, h("td", {}, column || `Column ${number}`), h("td", {}, choice),
      h("td", { class: "soft" }, samples.slice(0, 2).join(" · ")));
  }

  const begin = (event) => attempt(async () => {
    const { currentTarget: act } = event;
    act.disabled = true;
    try {
      const answer = await mutate(IMPORT_LEADS, { idempotencyKey: key, uploadId, columns: chosen() });
      if (!answer.progress) return void (refusal.textContent = answer.message);
      picker.value = "";
      follow(answer.progress);
    } finally {
      act.disabled = false;
    }
  });

  function follow(first) {
    told(first);
    stream = connection.open(IMPORT_PROGRESS, { id: first.id }, {
      onItem: ({ progress }) => told(progress),
      onFailure: (failure) => {
        if (failure.isSignedOut) return onSignedOut();
        refusal.textContent = failure.message;
        stream.close();
      },
      onEnd: () => stream.close(),
    });
  }

  function told({ done, total, endedAt, failure, created, updated, unchanged, rejected, file }) {
    const bar = h("progress", { max: String(total ?? 1), "aria-label": "Rows done",
      ...(total === null ? {} : { value: String(done) }) });
    const title = failure ? `It failed: ${failure}` : endedAt ? "Done" : `${done} of ${total ?? "?"}`;
    stage.replaceChildren(bar, h("p", { "data-testid": "import-progress" }, h("strong", {}, title),
      ` · ${created} new, ${updated} changed, ${unchanged} as they were, ${rejected} rejected`),
    file ? h("p", {}, h("a", { href: here(file.downloadUrl), download: file.name },
      "Rejected rows with the reasons"), h("small", {}, " Mend them there and import that file."))
      : "");
  }

  async function start() {
    const answer = await request(MY_PERMISSIONS).catch(() => null);
    button.hidden = !answer?.me?.permissions.includes("IMPORT_LEADS");
  }

  function stop() {
    stream?.close();
    stream = null;
    dialog?.element.remove();
    dialog = null;
    found = uploadId = null;
    picker.value = "";
    refusal.textContent = "";
    stage.replaceChildren();
    button.hidden = true;
  }

  return { button, start, stop };
}
