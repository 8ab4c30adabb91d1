// The fields of all leads in their groups, in the order that everybody begins with.

import { h, refusalPlace, words } from "./elements.js";
import { request } from "./graphql.js";
import { ALL_FIELDS, DROP_GROUP, KEEP_GROUP, PLACE_FIELD } from "./settings-documents.js";
import { fieldForm } from "./settings-field.js";
import { heading, wholeForm } from "./settings-form.js";
import { entries, shared, sorting } from "./settings-list.js";

export const fieldsSection = {
  name: "fields",
  title: "Fields",
  group: "The card",
  allowed: (permissions) => permissions.includes("CONFIGURE_CARD"),
  render,
};

const SEEN_BY = { MANAGERS: "admins and managers", ADMINS: "admins only" };

function render(element, { me, perform, onSignedOut }) {
  const read = shared(async () => (await request(ALL_FIELDS)).fieldGroups);
  const refusal = refusalPlace();
  const holder = h("ol", { class: "field-groups" });
  const name = h("input", { maxlength: "60", "aria-label": "New group",
    placeholder: "Name of a new group" });
  const add = h("form", { class: "inline", onsubmit: addGroup }, name,
    h("button", { class: "plain" }, "Add a group"));
  const blocks = new Map();
  let groups = [];
  const order = sorting(holder, async (row, place) => {
    const { id, name: called } = groups.find((one) => one.id === row.dataset.group);
    await perform(KEEP_GROUP, { groupId: id, name: called, position: place }, refusal);
    await refresh();
  });
  element.append(heading("Fields", "What is known of a lead, in groups. Each person may fold, leave "
    + "out and order them in their own way; this is what everybody begins with."), holder, refusal,
  add);

  async function addGroup(event) {
    event.preventDefault();
    if (!(await perform(KEEP_GROUP, { name: name.value }, refusal))) return;
    name.value = "";
    await refresh();
  }

  async function refresh() {
    try {
      groups = await read();
    } catch (failure) {
      if (failure.isSignedOut) return onSignedOut();
      return void (refusal.textContent = failure.message);
    }
    for (const [id, block] of blocks) {
      if (groups.some((one) => one.id === id)) continue;
      block.element.remove();
      blocks.delete(id);
    }
    groups.forEach((group, index) => {
      const block = blocks.get(group.id) ?? groupBlock(group);
      blocks.set(group.id, block);
      if (holder.children[index] !== block.element) {
        holder.insertBefore(block.element, holder.children[index] ?? null);
      }
    });
    for (const group of groups) blocks.get(group.id).update(group);
  }

  function groupBlock(first) {
    let group = first;
    const title = h("input", { maxlength: "60", class: "group-title",
      "aria-label": "Name of the group" });
    const form = wholeForm({ document: KEEP_GROUP, onSignedOut, onSaved: refresh,
      load: async () => (await read()).find(({ id }) => id === first.id),
      show: (data) => { title.value = data.name; },
      given: () => ({ groupId: first.id, name: title.value }) }, title);
    form.element.classList.add("slim-form");
    const remove = h("button", { class: "link", type: "button", onclick: async () => {
      if (await perform(DROP_GROUP, { groupId: first.id }, refusal)) await refresh();
    } }, "remove the group");
    const list = entries({
      read: async () => (await read()).find(({ id }) => id === first.id)?.fields
        .map((field) => ({ ...field, name: field.label })) ?? [],
      line, onSignedOut, adding: "New field", empty: "No fields here.",
      form: (row, saved) => fieldForm({ row, groupId: first.id, read, me, onSignedOut,
        saved: () => Promise.all([saved(), refresh()]) }),
      moved: (row, place, where) => perform(PLACE_FIELD, { fieldId: row.id, groupId: first.id,
        position: place }, where),
      extra: (row, where) => elsewhere(row, where),
    });
    const element = h("li", { class: "field-group", data: { group: first.id } },
      h("div", { class: "group-head" }, order.tools(() => element, () => group.name), form.element,
        remove), list.element);

    function elsewhere(row, where) {
      const select = h("select", { class: "elsewhere", "aria-label": `Group of ${row.name}`,
        onchange: async () => {
          const given = { fieldId: row.id, groupId: select.value, position: 999 };
          if (await perform(PLACE_FIELD, given, where)) await refresh();
          select.value = "";
        } }, h("option", { value: "" }, "move to …"),
      groups.filter(({ id }) => id !== first.id).map(({ id, name: other }) =>
        h("option", { value: id }, other)));
      return select;
    }

    function update(next) {
      group = next;
      remove.hidden = next.fields.some(({ archivedAt }) => !archivedAt);
      form.refresh();
      list.refresh();
    }

    return { element, update };
  }

  refresh();
  return { refresh };
}

const line = ({ label, key, type, isRequired, isBuiltIn, visibility }) => [
  h("span", { class: "entry-name" }, label, isRequired && h("span", { class: "mark" }, "required"),
    SEEN_BY[visibility] && h("span", { class: "mark" }, SEEN_BY[visibility])),
  h("span", { class: "strip" }, h("span", {}, words(type)), h("code", {}, key),
    isBuiltIn && h("span", {}, "built in"))];
