// Notes of a lead: a form for a new one, and the notes themselves, to be edited in their places.

import { EARLIER_NOTES, EDIT_NOTE, REMOVE_NOTE } from "./documents.js";
import { earlierPart } from "./earlier.js";
import { ago, fill, h, refusalPlace } from "./elements.js";
import { fileChips, steady } from "./files.js";
import { formatted, noteForm } from "./note-form.js";
import { emptyLine, panel } from "./panels.js";
import { sureButton } from "./sheet.js";

/** Pinned order as it comes, and a form for a new one. */
export function notesPanel(context) {
  const { leadId, perform, noteVisibility, drafts } = context;
  const empty = emptyLine("No notes yet.");
  const list = h("ol", { class: "notes" });
  const refusal = refusalPlace();
  const fresh = noteForm({ leadId, perform, visibility: noteVisibility, drafts });
  const earlier = earlierPart(context, { tab: "notes", document: EARLIER_NOTES, list });
  const editors = new Map(); // forms of the notes that this person is editing, by their ids
  let last = null;

  function update(lead) {
    last = lead;
    const notes = new Map(lead.notes.map((note) => [note.id, note]));
    for (const [id, form] of editors) form.update(notes.get(id) ?? null);
    const gone = [...editors.keys()].filter((id) => !notes.has(id));
    const rows = [...gone.map((id) => ({ id, isEdited: true })), ...lead.notes.map((note) =>
      (editors.has(note.id) ? { id: note.id, isEdited: true }
        : { ...note, attachments: steady(note.attachments) }))];
    fill(list, rows, ({ id }) => id, (row) => (row.isEdited
      ? h("li", {}, editors.get(row.id).element) : makeNote(row)));
    empty.hidden = rows.length > 0;
    fresh.element.hidden = !lead.viewerCan.edit;
    fresh.update(null);
    earlier.update(lead);
  }

  function edit(note) {
    const form = noteForm({ leadId, perform, note, done: () => {
      editors.delete(note.id);
      update(last);
    } });
    editors.set(note.id, form);
    update(last);
    form.focus();
  }

  function makeNote(note) {
    const marks = [note.visibility === "PRIVATE" && " · only author and admins",
      note.isPinned && " · pinned", note.editedAt && " · edited"].filter(Boolean).join("");
    const own = { leadId, noteId: note.id };
    const act = (label, document, input) => h("button", { type: "button", class: "link",
      onclick: () => perform(document, input, refusal) }, label);
    return h("li", {}, h("div", { class: "rich" }, formatted(note.html, note.attachments)),
      fileChips(leadId, note.attachments),
      h("small", {}, `${note.author.name} · `, ago(note.createdAt), marks,
        note.canEdit && h("span", { class: "acts" },
          h("button", { type: "button", class: "link", onclick: () => edit(note) }, "Edit"),
          act(note.isPinned ? "Unpin" : "Pin", EDIT_NOTE, { ...own, isPinned: !note.isPinned }),
          sureButton("Remove", "Sure? Remove",
            () => perform(REMOVE_NOTE, own, refusal)))));
  }

  return { element: panel("Notes", fresh.element, refusal, empty, list, earlier.element),
    update };
}
