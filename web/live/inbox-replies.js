// Prepared answers: looked for, filled for the lead, put into the composer; and the place where
// they are written.

import { h, refusalPlace } from "./elements.js";
import { request } from "./graphql.js";
import { REMOVE_REPLY, REPLIES, SAVE_REPLY } from "./inbox-documents.js";

const VARIABLES = ["lead.name", "lead.firstName", "lead.lastName", "lead.company", "lead.email",
  "lead.phone", "lead.assignee", "me.name"];
const LOOK_MS = 200;

/** `{ button, element, close(), leadOf(ask) }`; `insert(text)` takes the words of a reply. */
export function repliesPart({ perform, insert }) {
  const button = h("button", { class: "plain", type: "button", "aria-expanded": "false",
    "data-testid": "talk-replies", onclick: () => (element.hidden ? open() : close()) }, "Replies");
  const search = h("input", { type: "search", maxlength: "200", placeholder: "Find a reply",
    "aria-label": "Find a reply", oninput: look });
  const list = h("ul", { class: "replies", "data-testid": "reply-list" });
  const missing = h("p", { class: "missing", role: "status", "data-testid": "talk-missing" });
  const refusal = refusalPlace();
  const fresh = h("button", { class: "link", type: "button", "data-testid": "new-reply",
    onclick: () => write(null) }, "New reply");
  const editor = h("form", { class: "reply-editor", hidden: true, onsubmit: save });
  const element = h("div", { class: "replies-place", hidden: true },
    h("div", { class: "beside" }, search, fresh), list, missing, editor, refusal);
  let lead = () => null, timer = 0, edited = null;

  function open() {
    element.hidden = false;
    button.setAttribute("aria-expanded", "true");
    missing.textContent = refusal.textContent = "";
    search.value = "";
    editor.hidden = true;
    read();
    search.focus();
  }

  function close() {
    element.hidden = true;
    button.setAttribute("aria-expanded", "false");
  }

  function look() {
    clearTimeout(timer);
    timer = setTimeout(read, LOOK_MS);
  }

  async function read() {
    const variables = { lead: lead(), search: search.value.trim() || null };
    if (!variables.lead) return;
    try {
      const { nodes } = (await request(REPLIES, variables)).cannedReplies;
      list.replaceChildren(...nodes.map(makeReply));
      if (!nodes.length) list.append(h("li", { class: "empty" }, variables.search
        ? "No reply has these words." : "No replies yet. Write the first one."));
    } catch (failure) {
      refusal.textContent = failure.message;
    }
  }

  function makeReply(reply) {
    const { name, isShared, canEdit, filled } = reply;
    return h("li", {}, h("button", { type: "button", class: "reply", data: { testid: "reply" },
      onclick: () => choose(filled) }, h("b", {}, name),
      h("small", {}, isShared ? "team" : "yours"), h("span", {}, filled?.text ?? "")),
    canEdit && h("button", { class: "link", type: "button", onclick: () => write(reply) }, "Edit"));
  }

  function choose(filled) {
    if (!filled) return;
    insert(filled.text);
    if (!filled.missing.length) return close();
    missing.textContent = `Nothing is known for ${filled.missing.join(", ")}: look at the gaps.`;
  }

  function write(reply) {
    edited = reply;
    const name = h("input", { name: "name", maxlength: "60", required: true, value: reply?.name,
      "aria-label": "Name of the reply", placeholder: "Name", data: { testid: "reply-name" } });
    const body = h("textarea", { name: "body", rows: "4", maxlength: "10000", required: true,
      "aria-label": "Text of the reply", placeholder: "Hello {{lead.firstName}} …",
      data: { testid: "reply-body" } });
    body.value = reply?.body ?? "";
    const chips = VARIABLES.map((one) => h("button", { type: "button", class: "chip",
      onclick: () => body.setRangeText(`{{${one}}}`, body.selectionStart, body.selectionEnd, "end") },
    one));
    editor.replaceChildren(name, body, h("div", { class: "chips" }, chips),
      h("div", { class: "beside" },
        h("label", { class: "check" }, h("input", { type: "checkbox", name: "isShared",
          checked: Boolean(reply?.isShared) }), "For the team"),
        reply && h("button", { class: "link", type: "button", onclick: remove }, "Remove"),
        h("button", { class: "link", type: "button", onclick: () => { editor.hidden = true; } },
          "Cancel"),
        h("button", { class: "primary", data: { testid: "reply-save" } }, "Save")));
    editor.hidden = false;
    name.focus();
  }

  async function save(event) {
    event.preventDefault();
    const given = new FormData(editor);
    const input = { cannedReplyId: edited?.id ?? null, name: given.get("name"),
      body: given.get("body"), isShared: given.has("isShared"),
      expectedVersion: edited?.version ?? null };
    if (!(await perform(SAVE_REPLY, input, refusal))) return;
    editor.hidden = true;
    read();
  }

  async function remove() {
    if (!(await perform(REMOVE_REPLY, { cannedReplyId: edited.id }, refusal))) return;
    editor.hidden = true;
    read();
  }

  return { button, element, close, leadOf: (ask) => { lead = ask; } };
}
