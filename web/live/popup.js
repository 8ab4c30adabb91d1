// A pop-up for the lead: written on the card, shown on the page that the lead has open, now or when
// it comes back.

import { SEND_MESSAGE } from "./documents.js";
import { h, refusalPlace } from "./elements.js";
import { randomKey } from "./outbox.js";

const WAITS = [["", "now or not at all"], ["1", "for an hour"], ["24", "for a day"],
  ["168", "for a week"]];

/** The form, folded away until it is wanted. */
export function popUpPart(leadId, perform, serverNow) {
  const title = field({ maxlength: "200", required: true, "aria-label": "Title of the pop-up",
    placeholder: "Title" });
  const text = h("textarea", { rows: "2", maxlength: "20000", required: true,
    "aria-label": "Text of the pop-up", placeholder: "Text" });
  const button = field({ maxlength: "40", "aria-label": "Button of the pop-up",
    placeholder: "Button, such as See it (optional)" });
  const address = field({ type: "url", "aria-label": "Address behind the button",
    placeholder: "https://…" });
  const wait = h("select", { "aria-label": "How long it waits for the lead" },
    WAITS.map(([hours, words]) => h("option", { value: hours }, `Show ${words}`)));
  const refusal = refusalPlace();
  const form = h("form", { onsubmit: submit }, title, text,
    h("div", { class: "beside" }, button, address),
    h("div", { class: "beside" }, wait, h("button", { class: "primary" }, "Show pop-up")), refusal);
  const element = h("details", { class: "popup", "data-testid": "popup" },
    h("summary", {}, "Pop-up"), form);
  let draft = null, wasPresent = null;

  async function submit(event) {
    event.preventDefault();
    const typed = [title, text, button, address, wait].map(({ value }) => value.trim());
    if (draft?.typed.join("\n") !== typed.join("\n")) draft = { typed, input: written(...typed) };
    if (!(await perform(SEND_MESSAGE, draft.input, refusal))) return; // trying again is the same
    draft = wasPresent = null;
    form.reset();
    element.open = false;
  }

  function written(subject, words, label, url, hours) {
    const until = serverNow() + Number(hours) * 3_600_000;
    return { leadId, idempotencyKey: randomKey(), channel: "POPUP", subject, text: words,
      link: label || url ? { text: label, url } : null,
      expiresAt: hours ? new Date(until).toISOString() : null };
  }

  function update(lead) {
    const { sendMessage, channels } = lead.viewerCan;
    element.hidden = !sendMessage || !channels.includes("POPUP");
    const isPresent = lead.presence.state !== "OFFLINE";
    if (isPresent === wasPresent || element.open) return;
    wasPresent = isPresent; // who is not here can only be waited for
    wait.value = isPresent ? "" : "24";
  }

  return { element, update };
}

const field = (attributes) => h("input", attributes);
