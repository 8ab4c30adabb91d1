// The bell in the top bar: what concerns the signed-in person, with a count of what is unread.

import { MARK_READ, NOTIFICATIONS, NOTIFICATION_STREAM } from "./documents.js";
import { ago, fill, h, pointAt } from "./elements.js";
import { mutate, request } from "./graphql.js";

const SHOWN = 30;

/** The bell; `start()` and `stop()` follow the session. */
export function notificationBell({ connection, onSignedOut }) {
  const count = h("span", { class: "count", "data-testid": "unread", hidden: true });
  const button = h("button", { class: "bell", type: "button", "aria-expanded": "false",
    "aria-controls": "notifications", "data-testid": "bell", onclick: toggle },
  drawing(), h("span", { class: "aside" }, "Notifications"), count);
  const list = h("ul", {});
  const empty = h("p", { class: "empty" }, "Nothing yet. You are told here when a lead becomes "
    + "yours and when something of yours is due.");
  const all = h("button", { class: "link", type: "button", onclick: () => read(null) },
    "Mark all as read");
  const panel = h("section", { id: "notifications", class: "notices", hidden: true,
    "aria-label": "Notifications", "data-testid": "notifications" },
  h("div", { class: "beside" }, h("h2", {}, "Notifications"), all), empty, list);
  const element = h("div", { class: "bell-place" }, button, panel);
  const variables = { after: null };
  let rows = [];
  let unread = 0;
  let stream = null;

  function start() {
    stop();
    variables.after = null;
    stream = connection.open(NOTIFICATION_STREAM, variables, {
      onItem: ({ notifications: item }) => take(item),
      onFailure: (failure) => {
        if (failure.isSignedOut) return onSignedOut();
        variables.after = null; // a cursor of another server: begin anew
        stream.renew();
      },
      onEnd: () => stream.renew(),
    });
  }

  function stop() {
    stream?.close();
    stream = null;
    rows = [];
    unread = 0;
    close();
    draw();
    delete list.dataset.filled; // the first rows are no news
  }

  // The stream says where it begins before anything else: what was there before is read then.
  function take({ cursor, unreadCount, notification }) {
    variables.after = cursor;
    unread = unreadCount;
    if (notification) put(notification);
    else refresh();
    draw();
  }

  function put(row) {
    rows = [row, ...rows.filter(({ id }) => id !== row.id)]
      .sort((one, other) => (one.at < other.at ? 1 : -1)).slice(0, SHOWN);
  }

  async function refresh() {
    const answer = await request(NOTIFICATIONS, { first: SHOWN }).catch(() => null);
    if (!answer) return;
    rows = answer.notifications.nodes;
    draw();
  }

  async function read(notificationIds) {
    try {
      await mutate(MARK_READ, { notificationIds }); // the stream tells the rest, here and elsewhere
    } catch (failure) {
      if (failure.isSignedOut) onSignedOut();
    }
  }

  function draw() {
    count.textContent = unread > 99 ? "99+" : String(unread);
    count.hidden = !unread;
    button.setAttribute("aria-label", unread ? `Notifications, ${unread} unread` : "Notifications");
    all.hidden = !unread;
    empty.hidden = rows.length > 0;
    fill(list, rows, ({ id }) => id, make);
  }

  // What it is about is a row of a card, or of one's own day where the lead is somebody else's.
  function make({ id, text, at, readAt, lead: named, about, actor }) {
    const isNew = !readAt;
    const lead = named ?? about?.lead;
    const open = () => {
      if (isNew) read([id]);
      if (lead || about?.id) close();
      if (!lead && about?.id) pointAt(document.getElementById("day"), about.id);
    };
    const words = [h("span", { class: "row-name" }, text),
      h("span", { class: "row-state" }, `${actor.name} · `, ago(at))];
    const place = [lead?.id, about?.id].filter(Boolean).join("/");
    const way = lead ? h("a", { href: `#${place}`, onclick: open }, words)
      : h("button", { type: "button", onclick: open }, words);
    return h("li", { data: { unread: isNew } }, way);
  }

  function toggle() {
    if (!panel.hidden) return close();
    panel.hidden = false;
    button.setAttribute("aria-expanded", "true");
  }

  function close() {
    panel.hidden = true;
    button.setAttribute("aria-expanded", "false");
  }

  addEventListener("keydown", ({ key }) => key === "Escape" && close());
  addEventListener("pointerdown", ({ target }) => element.contains(target) || close());
  return { element, start, stop };
}

const SVG = "http://www.w3.org/2000/svg";

function drawing() {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 16 16");
  picture.setAttribute("aria-hidden", "true");
  picture.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", "M3.5 11.5V7a4.5 4.5 0 0 1 9 0v4.5l1 1h-11zM6.5 14.5h3");
  picture.append(path);
  return picture;
}
