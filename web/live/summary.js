// The summary of the lead: the lines that the team chose, which nobody edits here.

import { LEAD_SUMMARY } from "./documents.js";
import { copied, fill, flash, h, moment } from "./elements.js";
import { request } from "./graphql.js";

/** The part of the card, read anew when what it may show has changed. */
export function summaryPart(leadId) {
  const list = h("dl", { class: "properties" });
  const element = h("section", { class: "facts summary", hidden: true,
    "data-testid": "summary" }, h("h3", {}, "Summary"), list);
  let shown = ""; // what the lines were read for
  let asked = 0;

  async function read() {
    const mine = ++asked;
    const answer = await request(LEAD_SUMMARY, { id: leadId }).catch(() => null);
    if (!answer?.lead || mine !== asked) return;
    element.hidden = false;
    fill(list, answer.lead.summary, ({ key }) => key, makeLine);
  }

  function update(lead, touched) {
    const now = [lead.version, ...lead.properties.map(({ version }) => version),
      ...lead.emailAddresses.map(({ address, isPrimary }) => `${address} ${isPrimary}`),
      ...lead.phoneNumbers.map(({ number, isPrimary }) => `${number} ${isPrimary}`)].join();
    if (now === shown && !touched.includes("settings")) return;
    shown = now;
    read();
  }

  return { element, update };
}

function makeLine({ key, label, value }) {
  const text = value?.dateTime ? moment(value.dateTime) : value?.display;
  const row = h("div", { data: { line: key } }, h("dt", {}, label), h("dd", {}, text
    ?? h("span", { class: "soft" }, "empty"), key === "id" && h("button", { class: "link tools",
    type: "button", "aria-label": "Copy the lead's id", onclick: () => copied(text)
      .then((isDone) => isDone && flash(row)) }, "copy")));
  return row;
}
