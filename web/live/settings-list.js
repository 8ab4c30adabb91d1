// Lists of the settings: rows that are put in order, and lines that each open a form.

import { h, refusalPlace } from "./elements.js";

/**
 * Lets rows of `list` be put in order by their grips. `moved(row, place)` follows each move, by
 * whichever way.
 */
export function sorting(list, moved) {
  let held = null;
  let from = -1;
  const rowOf = (target) => [...list.children].find((row) => row.contains(target));
  const placeOf = (row) => [...list.children].indexOf(row);

  list.addEventListener("dragstart", (event) => {
    if (!event.target.classList?.contains("grip")) return;
    const row = rowOf(event.target);
    if (!row || event.target.closest("ol") !== list) return;
    held = row;
    from = placeOf(row);
    event.dataTransfer.setData("text/plain", "");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setDragImage(row, 12, 12);
    row.classList.add("held");
  });
  list.addEventListener("dragover", (event) => {
    if (!held) return;
    event.preventDefault();
    const next = [...list.children].find((row) => {
      const { top, height } = row.getBoundingClientRect();
      return row !== held && event.clientY < top + height / 2;
    });
    if (held.nextElementSibling !== (next ?? null)) list.insertBefore(held, next ?? null);
  });
  list.addEventListener("drop", (event) => held && event.preventDefault());
  list.addEventListener("dragend", () => {
    held?.classList.remove("held");
    const row = held;
    held = null;
    if (row && placeOf(row) !== from) moved(row, placeOf(row));
  });

  // What a row is called may be typed in the row itself.
  list.addEventListener("input", () => [...list.children].forEach(rename));
  const rename = (row) => row.querySelector(".order")?.rename();

  function step(row, by) {
    const place = placeOf(row) + by;
    if (place < 0 || place >= list.children.length) return;
    list.insertBefore(row, by < 0 ? row.previousElementSibling
      : row.nextElementSibling.nextElementSibling);
    moved(row, place);
  }

  /** The grip and the arrows of a row that is called `name()`. */
  function tools(row, name) {
    const button = (sign, says, by) => h("button", { class: "link", type: "button", title: says,
      onclick: (event) => {
        step(row(), by);
        event.currentTarget.focus();
      } }, sign);
    const buttons = [button("↑", "Move up", -1), button("↓", "Move down", 1)];
    const rename = () => buttons.forEach((one) =>
      one.setAttribute("aria-label", `${one.title} ${name()}`));
    rename();
    return Object.assign(h("span", { class: "order" }, h("span", { class: "grip",
      draggable: "true", "aria-hidden": "true", title: "Drag to move" }, "⠿"), buttons), { rename });
  }

  return { tools };
}

/**
 * Things of one kind, each a line that opens its form; archived ones are folded away.
 * - `read()` answers the rows, `{ id, name, archivedAt }` and whatever else they have, in order;
 * - `line(row)` gives the children of a line;
 * - `form(row, saved)` makes the form of a row, or of a new one for null; it calls `saved()`;
 * - `moved(row, place, refusal)`, if there is one, puts a row in order, and answers when it did.
 * - `extra(row, refusal)`, if there is one, gives one more control of a line.
 * - `archived(count)` says how many are folded away.
 * Answers `{ element, refresh }`.
 */
export function entries({ read, line, form, moved = null, extra = null, adding, empty, onSignedOut,
  archived = (count) => `${count} archived` }) {
  const list = h("ol", { class: "entries" });
  const archive = h("ol", { class: "entries archive", hidden: true });
  const refusal = refusalPlace();
  const none = h("p", { class: "empty", hidden: true }, empty);
  const fresh = h("div", { class: "entry fresh", hidden: true });
  const add = h("button", { class: "plain", type: "button", onclick: begin }, adding);
  const fold = h("button", { class: "link", type: "button", "aria-expanded": "false",
    onclick: () => unfold(archive.hidden) });
  const element = h("div", { class: "entries-place" }, none, list, refusal, fresh,
    h("div", { class: "beside" }, adding && add, fold), archive);
  const order = moved && sorting(list, async (row, place) => {
    refusal.textContent = "";
    await moved(items.get(row.dataset.id).row, place, refusal);
    await refresh(refusal.textContent);
  });
  const items = new Map();

  function unfold(isOpen) {
    archive.hidden = !isOpen;
    fold.setAttribute("aria-expanded", String(isOpen));
  }

  function begin() {
    if (!fresh.hidden) return fresh.querySelector("input")?.focus();
    const drop = () => {
      fresh.replaceChildren();
      fresh.hidden = true;
      add.hidden = false;
    };
    const made = form(null, async () => {
      drop();
      await refresh();
    });
    fresh.replaceChildren(made.element);
    made.element.querySelector(".ends")?.append(
      h("button", { class: "link", type: "button", onclick: drop }, "Cancel"));
    fresh.hidden = false;
    add.hidden = true;
    made.ready.then(() => fresh.querySelector("input")?.focus());
  }

  function make(first) {
    const head = h("button", { class: "entry-line", type: "button", "aria-expanded": "false",
      onclick: () => open(body.hidden) });
    const body = h("div", { class: "entry-body", hidden: true });
    const more = h("span", {});
    const one = { row: first, made: null, draw, element: null };
    one.element = h("li", { class: "entry", data: { id: first.id } }, h("div", { class:
      "entry-head" }, head, more, order?.tools(() => one.element, () => one.row.name)), body);

    function open(isOpen) {
      if (isOpen && !one.made) {
        one.made = form(one.row, () => refresh());
        body.replaceChildren(one.made.element);
      }
      body.hidden = !isOpen;
      head.setAttribute("aria-expanded", String(isOpen));
    }

    function draw(row) {
      one.row = row;
      one.element.querySelector(":scope > .entry-head > .order")?.rename();
      if (extra) more.replaceChildren(row.archivedAt ? "" : extra(row, refusal));
      head.replaceChildren(...line(row).filter((child) => child != null && child !== false));
    }

    return one;
  }

  /** Reads anew; `refused` is what came of the act before. */
  async function refresh(refused = "") {
    let rows;
    try {
      rows = await read();
      refusal.textContent = refused;
    } catch (failure) {
      if (failure.isSignedOut) return onSignedOut();
      return void (refusal.textContent = failure.message);
    }
    const gone = new Set(items.keys());
    for (const row of rows) {
      gone.delete(row.id);
      const one = items.get(row.id) ?? make(row);
      items.set(row.id, one);
      one.draw(row);
      one.made?.refresh();
    }
    for (const id of gone) {
      items.get(id).element.remove();
      items.delete(id);
    }
    arrange(list, rows.filter(({ archivedAt }) => !archivedAt));
    const old = rows.filter(({ archivedAt }) => archivedAt);
    arrange(archive, old);
    fold.textContent = archived(old.length);
    fold.hidden = !old.length;
    if (!old.length) unfold(false);
    none.hidden = !empty || list.children.length > 0;
  }

  function arrange(place, rows) {
    rows.forEach(({ id }, index) => {
      const { element: row } = items.get(id);
      if (place.children[index] !== row) place.insertBefore(row, place.children[index] ?? null);
    });
  }

  refresh();
  return { element, refresh: () => refresh() };
}

/** `ask()` once for all who want it at the same time. */
export function shared(ask) {
  let running = null;
  return () => {
    running ??= ask().finally(() => { running = null; });
    return running;
  };
}
