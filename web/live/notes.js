// Notes: a composer with formats and files, and the notes themselves.

import { ADD_NOTE, EDIT_NOTE, REMOVE_NOTE } from "./documents.js";
import { ago, fill, h, refusalPlace } from "./elements.js";
import { fileChips, here, steady, upload } from "./files.js";
import { randomKey } from "./outbox.js";
import { emptyLine, panel } from "./panels.js";

const TOOLS = [
  ["B", "Bold", "bold"], ["I", "Italic", "italic"], ["H", "Heading", "formatBlock", "h2"],
  ["•", "List", "insertUnorderedList"], ["1.", "Numbered list", "insertOrderedList"],
  ["”", "Quote", "formatBlock", "blockquote"],
];

/** Pinned order as it comes, and a form for a new one. */
export function notesPanel(leadId, perform) {
  const empty = emptyLine("No notes yet.");
  const list = h("ol", { class: "notes" });
  const refusal = refusalPlace();
  const form = composer(leadId, perform, refusal);

  function update(lead) {
    const rows = lead.notes.map((note) => ({ ...note, attachments: steady(note.attachments) }));
    fill(list, rows, ({ id }) => id, (note) => makeNote(leadId, note, perform, refusal));
    empty.hidden = lead.notes.length > 0;
    form.hidden = !lead.viewerCan.edit;
  }

  return { element: panel("Notes", form, refusal, empty, list), update };
}

function composer(leadId, perform, refusal) {
  const input = h("div", { class: "rich", contenteditable: "true", role: "textbox",
    "aria-multiline": "true", "aria-label": "New note", "data-placeholder": "Write a note",
    onpaste: takeFiles, onkeydown: sendByKey });
  const visibility = h("select", { "aria-label": "Who sees the note" },
    h("option", { value: "TEAM" }, "Team"), h("option", { value: "PRIVATE" }, "Only me"));
  const picker = h("input", { type: "file", multiple: true, hidden: true,
    "aria-label": "Files for the note", onchange: pick });
  const chips = h("ul", { class: "files", "aria-label": "Files to attach" });
  const add = h("button", { class: "plain" }, "Add");
  const form = h("form", { class: "composer", onsubmit: submit, ondragover: allow,
    ondrop: takeFiles }, toolbar(input, () => picker.click()), input, chips, picker,
    h("div", { class: "beside" }, visibility, add));
  let idempotencyKey = randomKey(); // kept until it worked: trying again adds no second note
  let attached = [];

  async function submit(event) {
    event.preventDefault();
    if (!input.textContent.trim() || add.disabled) return;
    const note = { leadId, idempotencyKey, html: input.innerHTML, visibility: visibility.value,
      attachmentUploadIds: attached.map(({ id }) => id) };
    if (!(await perform(ADD_NOTE, note, refusal))) return;
    idempotencyKey = randomKey();
    attached = [];
    input.replaceChildren();
    chips.replaceChildren();
  }

  function sendByKey(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  }

  function pick() {
    attach([...picker.files]);
    picker.value = "";
  }

  function allow(event) {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  }

  function takeFiles(event) {
    const files = [...(event.clipboardData ?? event.dataTransfer)?.files ?? []];
    if (!files.length) return;
    event.preventDefault();
    attach(files);
  }

  async function attach(files) {
    refusal.textContent = "";
    add.disabled = true;
    for (const file of files) {
      const chip = h("li", { class: "waiting" }, h("span", {}, `${file.name} …`));
      chips.append(chip);
      try {
        const sent = { id: await upload(file) };
        attached.push(sent);
        chip.className = "";
        chip.replaceChildren(h("span", {}, file.name),
          h("button", { type: "button", class: "link", "aria-label": `Leave out ${file.name}`,
            onclick: () => { attached = attached.filter((one) => one !== sent); chip.remove(); },
          }, "×"));
      } catch (failure) {
        chip.remove();
        refusal.textContent = failure.message;
      }
    }
    add.disabled = false;
  }

  return form;
}

function toolbar(input, attach) {
  const link = h("input", { type: "url", hidden: true, "aria-label": "Address of the link",
    placeholder: "https://… and Enter", onkeydown: takeLink });
  let range = null;

  // The page's own ways to edit are old, but every browser has them, and the server decides what
  // is kept of what they make.
  function format(command, value) {
    input.focus();
    document.execCommand(command, false, value);
  }

  function askLink() {
    const selection = getSelection();
    range = selection.rangeCount ? selection.getRangeAt(0) : null;
    link.hidden = !link.hidden;
    if (!link.hidden) link.focus();
  }

  function takeLink(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    link.hidden = true;
    input.focus();
    if (range && input.contains(range.commonAncestorContainer)) {
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    }
    const address = link.value.trim();
    link.value = "";
    if (!/^(https?|mailto|tel):/i.test(address)) return;
    if (getSelection().isCollapsed) document.execCommand("insertText", false, address);
    else document.execCommand("createLink", false, address);
  }

  const button = (sign, label, act) => h("button", { type: "button", title: label,
    "aria-label": label, onmousedown: (event) => event.preventDefault(), onclick: act }, sign);
  return h("div", { class: "formats", role: "toolbar", "aria-label": "Format" },
    TOOLS.map(([sign, label, ...how]) => button(sign, label, () => format(...how))),
    button("Link", "Link", askLink), button("Attach", "Attach files", attach), link);
}

function makeNote(leadId, note, perform, refusal) {
  const marks = [note.visibility === "PRIVATE" && " · only author and admins",
    note.isPinned && " · pinned", note.editedAt && " · edited"].filter(Boolean).join("");
  const own = { leadId, noteId: note.id };
  const act = (label, document, input) => h("button", { type: "button", class: "link",
    onclick: () => perform(document, input, refusal) }, label);
  return h("li", {}, h("div", { class: "rich" }, formatted(note.html, note.attachments)),
    fileChips(leadId, note.attachments),
    h("small", {}, `${note.author.name} · `, ago(note.createdAt), marks,
      note.canEdit && h("span", { class: "acts" },
        act(note.isPinned ? "Unpin" : "Pin", EDIT_NOTE, { ...own, isPinned: !note.isPinned }),
        act("Remove", REMOVE_NOTE, own))));
}

const KEPT = new Set(["P", "BR", "STRONG", "EM", "U", "S", "H1", "H2", "H3", "UL", "OL", "LI",
  "BLOCKQUOTE", "CODE", "PRE", "A", "IMG"]);

// The server sends nothing else; built anew all the same, so that no text ever becomes markup.
function formatted(html, files) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  return [...body.childNodes].map((node) => rebuilt(node, files));
}

function rebuilt(node, files) {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  const children = [...node.childNodes].map((child) => rebuilt(child, files));
  if (!KEPT.has(node.tagName)) return h("span", {}, children);
  if (node.tagName === "IMG") return picture(node, files);
  if (node.tagName !== "A") return h(node.tagName.toLowerCase(), {}, children);
  const href = node.getAttribute("href") ?? "";
  if (!/^(https?|mailto|tel):/i.test(href)) return h("span", {}, children);
  return h("a", { href, rel: "noopener noreferrer nofollow ugc", target: "_blank" }, children);
}

function picture(node, files) {
  const file = files.find(({ id }) => id === node.dataset.attachment);
  if (!file?.thumbnailUrl) return null;
  return h("img", { src: here(file.thumbnailUrl), alt: node.alt || file.name, loading: "lazy" });
}
