// Writing a note: formats, files, who sees it; a new one, or one that is there.

import { ADD_NOTE, EDIT_NOTE } from "./documents.js";
import { h, refusalPlace } from "./elements.js";
import { here, upload } from "./files.js";
import { randomKey } from "./outbox.js";

const TOOLS = [
  ["B", "Bold", "bold"], ["I", "Italic", "italic"], ["H", "Heading", "formatBlock", "h2"],
  ["•", "List", "insertUnorderedList"], ["1.", "Numbered list", "insertOrderedList"],
  ["”", "Quote", "formatBlock", "blockquote"],
];

/**
 * The form of a new note, or with `note` of that one: `{ element, update(note) }`. An edit that
 * somebody else was faster with shows theirs; what is typed stays until the person chooses.
 * `visibility()` is what new notes are for, `done()` follows a success and a change of mind.
 */
export function noteForm({ leadId, perform, visibility = () => "TEAM", note = null,
  drafts = null, done = () => {} }) {
  const input = h("div", { class: "rich", contenteditable: "true", role: "textbox",
    "aria-multiline": "true", "aria-label": note ? "Text of the note" : "New note",
    "data-placeholder": "Write a note", onpaste: takeFiles, onkeydown: sendByKey });
  const seers = h("select", { "aria-label": "Who sees the note",
    onchange: () => { seers.isChosen = true; } },
  h("option", { value: "TEAM" }, "Team"), h("option", { value: "PRIVATE" }, "Me and admins"));
  const picker = h("input", { type: "file", multiple: true, hidden: true,
    "aria-label": "Files for the note", onchange: pick });
  const chips = h("ul", { class: "files", "aria-label": "Files to attach" });
  const add = h("button", { class: "plain" }, note ? "Save" : "Add");
  const leave = note && h("button", { class: "link", type: "button", onclick: done }, "Cancel");
  const refusal = refusalPlace();
  const news = h("div", { class: "sure", hidden: true, role: "alert" });
  const element = h("form", { class: "composer", onsubmit: submit, ondragover: allow,
    ondrop: takeFiles }, toolbar(input, () => picker.click()), input, chips, picker,
  h("div", { class: "beside" }, seers, leave, add), news, refusal);
  let idempotencyKey = randomKey(); // kept until it worked: trying again adds no second note
  let attached = []; // { id } of uploads
  let removed = []; // ids of files that the note had
  let base = note; // what this person's text began with
  let latest = note; // the note as it is now, as far as is known

  if (note) begin(note);
  else if (drafts) keepDraft();

  function keepDraft() {
    input.replaceChildren(...formatted(drafts.read("note"), []));
    input.addEventListener("input", () =>
      drafts.write("note", input.textContent.trim() ? input.innerHTML : ""));
  }

  function begin(from) {
    input.replaceChildren(...formatted(from.html, from.attachments));
    seers.value = from.visibility;
    removed = [];
    const old = from.attachments.map((file) => chipOf(file.name, () => {
      removed.push(file.id);
      input.querySelector(`img[data-attachment="${CSS.escape(file.id)}"]`)?.remove();
    }));
    chips.replaceChildren(...old, ...attached.map((one) => one.chip));
  }

  async function submit(event) {
    event?.preventDefault();
    if (add.disabled || (!input.textContent.trim() && !input.querySelector("img"))) return;
    const uploads = attached.map(({ id }) => id);
    const text = { leadId, html: input.innerHTML,
      ...(seers.value === base?.visibility ? {} : { visibility: seers.value }) };
    add.disabled = true;
    const isDone = note
      ? await perform(EDIT_NOTE, { ...text, noteId: note.id, addUploadIds: uploads,
        removeFileIds: removed, expectedVersion: base.version }, refusal, refused)
      : await perform(ADD_NOTE, { ...text, idempotencyKey, attachmentUploadIds: uploads }, refusal,
        refused);
    add.disabled = false;
    if (!isDone) return;
    idempotencyKey = randomKey();
    attached = [];
    input.replaceChildren();
    chips.replaceChildren();
    drafts?.forget("note");
    seers.isChosen = false;
    done();
  }

  /** The note as it is now; null once it is gone. Without a note, what new ones are for. */
  function update(next) {
    if (!note) {
      if (!seers.isChosen && !input.textContent) seers.value = visibility();
      return;
    }
    if (!next) return void (refusal.textContent = "This note was removed meanwhile. What you wrote "
      + "is still here, to be copied.");
    latest = next;
    if (latest.version === base.version || add.disabled) return;
    if (latest.html === base.html) base = { ...base, version: latest.version };
    else if (!news.dataset.version || news.dataset.version !== latest.version) tell("Somebody");
  }

  function refused(answer) {
    const file = answer.reason === "UPLOAD_TYPE"
      && attached.find(({ name }) => answer.message.startsWith(`${name}: `));
    if (!file) return clash(answer);
    // What it is can't be taken, and stays so: without it, the note can be kept at once.
    file.chip.remove();
    attached = attached.filter((one) => one !== file);
    idempotencyKey = randomKey();
  }

  function clash({ currentVersion, conflicts }) {
    if (!currentVersion) return;
    refusal.textContent = "";
    latest = { ...latest, version: currentVersion };
    tell(conflicts?.[0]?.changedByName ?? "Somebody");
  }

  // Somebody else was first: both texts are there until the person says which one counts.
  function tell(name) {
    news.dataset.version = latest.version;
    news.replaceChildren(h("b", {}, `${name} changed this note while you wrote. Theirs:`),
      h("div", { class: "rich theirs" }, formatted(latest.html, latest.attachments)),
      h("div", { class: "beside" },
        h("button", { class: "plain", type: "button", onclick: () => settle(true) }, "Take theirs"),
        h("button", { class: "plain", type: "button", onclick: () => settle(false) },
          "Keep mine")));
    news.hidden = false;
  }

  function settle(takesTheirs) {
    base = latest;
    news.hidden = true;
    if (takesTheirs) begin(latest);
    else submit();
  }

  function sendByKey(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) element.requestSubmit();
    if (event.key === "Escape" && note) done();
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
      const waiting = h("li", { class: "waiting" }, h("span", {}, `${file.name} …`));
      chips.append(waiting);
      try {
        const sent = { id: await upload(file), name: file.name };
        sent.chip = chipOf(file.name, () => {
          attached = attached.filter((one) => one !== sent);
        });
        attached.push(sent);
        waiting.replaceWith(sent.chip);
      } catch (failure) {
        waiting.remove();
        refusal.textContent = failure.message;
      }
    }
    add.disabled = false;
  }

  return { element, update, focus: () => input.focus() };
}

function chipOf(name, leaveOut) {
  const chip = h("li", {}, h("span", {}, name), h("button", { type: "button", class: "link",
    "aria-label": `Leave out ${name}`, onclick: () => {
      chip.remove();
      leaveOut();
    } }, "×"));
  return chip;
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
    if (event.key === "Escape") {
      event.stopPropagation(); // of the link only, not of the note
      link.hidden = true;
      link.value = "";
      input.focus();
    }
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

const KEPT = new Set(["P", "BR", "STRONG", "EM", "U", "S", "H1", "H2", "H3", "UL", "OL", "LI",
  "BLOCKQUOTE", "CODE", "PRE", "A", "IMG"]);

/**
 * The text of a note as elements. The server sends nothing else; built anew all the same, so that no
 * text ever becomes markup.
 */
export function formatted(html, files) {
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
  if (!file) return null;
  return h("img", { src: here(file.thumbnailUrl), alt: node.alt || file.name, loading: "lazy",
    data: { attachment: file.id } });
}
