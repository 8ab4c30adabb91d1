// The fields of the lead in their groups, as this person sees them: folded, ordered, left out. Who
// may shapes the groups of everybody at the same place.

import { CARD_FIELDS, CHANGE_LAYOUT, CREATE_FIELD, FIELD_GROUPS, MOVE_FIELD, REMOVE_GROUP,
  SAVE_GROUP } from "./documents.js";
import { flash, h, refusalPlace, words } from "./elements.js";
import { request } from "./graphql.js";
import { pathOf, propertyRow } from "./property.js";

const TYPES = ["TEXT", "NUMBER", "DATE", "BOOLEAN", "MONEY", "URL", "DROPDOWN", "MULTI_SELECT",
  "FILE"];

/** `{ element, update }`; `context` as of the card's view. */
export function fieldsPart({ leadId, me, perform, onSignedOut }, pins) {
  const mayShape = me.role !== "AGENT";
  const rows = new Map();
  const sections = new Map();
  const refusal = refusalPlace();
  const missing = h("p", { class: "missing", role: "status" });
  const customise = h("button", { class: "link", type: "button", "aria-pressed": "false",
    onclick: toggle }, "Customise");
  const holder = h("div", { class: "groups" });
  const newGroup = h("input", { maxlength: "60", "aria-label": "New group",
    placeholder: "Add a group for everybody" });
  const groupForm = h("form", { class: "inline", hidden: true, onsubmit: addGroup }, newGroup,
    h("button", { class: "plain" }, "Add"));
  const element = h("section", { class: "facts fields" }, h("div", { class: "facts-head" },
    h("h3", {}, "Fields"), customise), missing, refusal, holder, groupForm);
  let told = null; // the groups of the last item that told some: ours may be newer
  let groups = [];
  let known = []; // every group with all its fields, while somebody customises
  let isCustomising = false;
  let dragged = null;

  function update(lead, touched) {
    if (lead.fieldGroups !== told) {
      told = groups = lead.fieldGroups;
      if (isCustomising) readKnown();
    }
    for (const property of lead.properties) {
      const row = rows.get(property.key) ?? propertyRow(leadId, property, pins, onSignedOut);
      rows.set(property.key, row);
      row.update(property, lead.viewerCan.edit);
      const path = pathOf(property);
      const editor = lead.viewers.find((one) => one.editingPath === path && one.staff.id !== me.id);
      row.tellEditor(editor?.staff.name);
      if (touched.includes(`property:${property.key}`)) flash(row.element);
    }
    const gaps = (lead.missingRequiredFields ?? []).map(({ label }) => label);
    missing.textContent = gaps.length ? `Still to fill: ${gaps.join(", ")}` : "";
    draw();
  }

  function draw() {
    element.classList.toggle("customising", isCustomising);
    groupForm.hidden = !(isCustomising && mayShape);
    groups.forEach((one, index) => {
      const section = sections.get(one.group.id) ?? groupSection(one);
      sections.set(one.group.id, section);
      section.update(one);
      if (holder.children[index] !== section.element) {
        holder.insertBefore(section.element, holder.children[index] ?? null);
      }
    });
    while (holder.children.length > groups.length) holder.lastChild.remove();
  }

  async function toggle() {
    isCustomising = !isCustomising;
    customise.textContent = isCustomising ? "Done" : "Customise";
    customise.setAttribute("aria-pressed", String(isCustomising));
    if (isCustomising) await readKnown();
    draw();
  }

  async function readKnown() {
    const answer = await request(FIELD_GROUPS).catch(() => null);
    if (answer) known = answer.fieldGroups;
    draw();
  }

  const fieldOf = (key) => known.flatMap(({ fields }) => fields).find((one) => one.key === key);

  /** Changes this person's own view of a group, and reads what came of it. */
  async function lay(groupId, given) {
    if (!(await perform(CHANGE_LAYOUT, { groupId, ...given }, refusal))) return;
    const answer = await request(CARD_FIELDS, { id: leadId }).catch(() => null);
    if (!answer?.lead) return;
    groups = answer.lead.fieldGroups;
    draw();
  }

  const keysOf = (groupId) =>
    groups.find(({ group }) => group.id === groupId).properties.map(({ key }) => key);

  function show(groupId, keys) {
    return lay(groupId, { shownFieldKeys: keys });
  }

  function step(groupId, key, by) {
    const keys = keysOf(groupId);
    const place = keys.indexOf(key) + by;
    if (place < 0 || place >= keys.length) return null;
    const others = keys.filter((one) => one !== key);
    return show(groupId, [...others.slice(0, place), key, ...others.slice(place)]);
  }

  /** Within a group for oneself; into another one for everybody. */
  function put(key, fromId, groupId, place) {
    if (fromId !== groupId) {
      const fieldId = fieldOf(key)?.id;
      return fieldId && perform(MOVE_FIELD, { fieldId, groupId, position: place }, refusal);
    }
    const others = keysOf(groupId).filter((one) => one !== key);
    return show(groupId, [...others.slice(0, place), key, ...others.slice(place)]);
  }

  async function addGroup(event) {
    event.preventDefault();
    const name = newGroup.value.trim();
    if (name && (await perform(SAVE_GROUP, { name }, refusal))) newGroup.value = "";
  }

  function groupSection(first) {
    const { id } = first.group;
    const list = h("dl", { class: "properties", ondragover: over, ondrop: drop });
    const fold = h("button", { class: "fold", type: "button",
      onclick: () => lay(id, { isCollapsed: fold.getAttribute("aria-expanded") === "true" }) });
    const empty = h("p", { class: "empty" }, "No fields here.");
    const hidden = h("select", { onchange: unhide });
    const removal = h("button", { class: "link", type: "button",
      onclick: () => perform(REMOVE_GROUP, { groupId: id }, refusal) }, "remove group");
    const label = h("input", { maxlength: "80", placeholder: "New field for everybody",
      "aria-label": `New field in ${first.group.name}` });
    const kind = h("select", { "aria-label": "Type" },
      TYPES.map((type) => h("option", { value: type }, words(type))));
    const choices = h("input", { placeholder: "Options, comma between", hidden: true,
      "aria-label": "Options" });
    kind.addEventListener("change", () => { choices.hidden = !/^(DROP|MULTI)/.test(kind.value); });
    const form = h("form", { class: "inline new-field", onsubmit: addField }, label, kind, choices,
      h("button", { class: "plain" }, "Add"));
    const tools = h("div", { class: "group-tools" }, hidden, mayShape && removal, mayShape && form);
    const box = h("section", { class: "group", data: { group: id } },
      h("h4", {}, fold), list, empty, tools);
    let one = first;

    function update(next) {
      one = next;
      fold.textContent = next.group.name;
      fold.setAttribute("aria-expanded", String(!next.isCollapsed));
      hidden.setAttribute("aria-label", `Show a field in ${next.group.name}`);
      const isOpen = !next.isCollapsed || isCustomising;
      list.hidden = !isOpen;
      const shown = next.properties.map(({ key }) => rows.get(key)).filter(Boolean);
      empty.hidden = !isOpen || shown.length > 0;
      shown.forEach(({ element: row }, index) => {
        if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
      });
      while (list.children.length > shown.length) list.lastChild.remove();
      for (const { key } of next.properties) arm(key);
      tools.hidden = !isCustomising;
      if (isCustomising) offer();
    }

    function offer() {
      const keys = new Set(one.properties.map(({ key }) => key));
      const out = (known.find((other) => other.id === id)?.fields ?? [])
        .filter(({ key }) => !keys.has(key));
      hidden.replaceChildren(h("option", { value: "" }, "Show…"),
        ...out.map(({ key, label: name }) => h("option", { value: key }, name)));
      hidden.hidden = out.length === 0;
      removal.hidden = (known.find((other) => other.id === id)?.fields ?? []).length > 0;
    }

    /** The tools of one row while somebody customises. */
    function arm(key) {
      const row = rows.get(key)?.element;
      if (!row) return;
      row.querySelector(".arrange")?.remove();
      row.draggable = isCustomising;
      row.ondragstart = isCustomising ? (event) => {
        dragged = { key, from: id };
        event.dataTransfer.setData("text/plain", key);
      } : null;
      if (!isCustomising) return;
      const name = row.querySelector("dt").textContent;
      const button = (text, says, act) => h("button", { class: "link", type: "button",
        "aria-label": `${says} ${name}`, onclick: act }, text);
      const elsewhere = h("select", { "aria-label": `Move ${name} to another group`,
        onchange: ({ target }) => put(key, id, target.value, 999) },
      h("option", { value: "" }, "move to…"), groups.filter(({ group }) => group.id !== id)
        .map(({ group }) => h("option", { value: group.id }, group.name)));
      row.append(h("span", { class: "arrange" }, h("span", { class: "grip", "aria-hidden": "true" },
        "⠿"), button("↑", "Move up", () => step(id, key, -1)),
      button("↓", "Move down", () => step(id, key, 1)),
      button("hide", "Hide", () => show(id, keysOf(id).filter((each) => each !== key))),
      mayShape && elsewhere));
    }

    function over(event) {
      if (dragged && (mayShape || dragged.from === id)) event.preventDefault();
    }

    function drop(event) {
      event.preventDefault();
      const others = [...list.children].filter((row) => row.dataset.property !== dragged.key);
      const after = others.findIndex((row) => {
        const { top, height } = row.getBoundingClientRect();
        return event.clientY < top + height / 2;
      });
      put(dragged.key, dragged.from, id, after < 0 ? others.length : after);
      dragged = null;
    }

    function unhide() {
      if (hidden.value) show(id, [...keysOf(id), hidden.value]);
    }

    async function addField(event) {
      event.preventDefault();
      const name = label.value.trim();
      const key = name.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "_")
        .replace(/^[^a-z]+|_+$/g, "").slice(0, 64);
      if (!name) return;
      const options = choices.hidden ? null : choices.value.split(",")
        .map((each) => each.trim()).filter(Boolean).map((each) => ({ label: each }));
      const given = { key: key || "field", label: name, type: kind.value, groupId: id, options };
      if (await perform(CREATE_FIELD, given, refusal)) label.value = choices.value = "";
    }

    return { element: box, update };
  }

  return { element, update };
}
