// The segments of a card: each with the reason in words, and what time will do to it.

import { ago, h, moment } from "./elements.js";
import { request } from "./graphql.js";
import { LEAD_SEGMENTS, WHY_SEGMENT } from "./segments-documents.js";

/** The part of the card; it asks again whenever the history tells of a segment. */
export function segmentsPart(leadId) {
  const list = h("ul", { class: "in-segments" });
  const element = h("section", { class: "facts", hidden: true, "data-testid": "segments" },
    h("h3", {}, "Segments"), list);
  let known = null; // what the history says of segments
  let isFirst = true;
  let shown = new Set(); // those that were there before light up no more
  let question = 0;

  async function ask() {
    const mine = question += 1;
    const answer = await request(LEAD_SEGMENTS, { id: leadId }).catch(() => null);
    if (!answer?.lead || mine !== question) return;
    const { segments } = answer.lead;
    const open = new Set([...list.querySelectorAll("details[open]")].map((one) => one.dataset.id));
    list.replaceChildren(...segments.map((one) => entry(one, open.has(one.segment.id))));
    isFirst = false;
    shown = new Set(segments.map(({ segment }) => segment.id));
    element.hidden = !segments.length;
  }

  function entry({ segment, since, because }, isOpen) {
    const more = h("p", { class: "soft" });
    const reasons = because.map(({ words }) => words).join(", and ") || "every clause of its rule";
    const details = h("details", { data: { id: segment.id }, open: isOpen, ontoggle: explain },
      h("summary", { title: `Because: ${reasons}` }, segment.name),
      segment.description && h("p", { class: "soft" }, segment.description),
      h("ul", { class: "reasons" }, because.map(({ words }) => h("li", {}, words))), more);
    const isNew = !isFirst && !shown.has(segment.id);

    async function explain() {
      if (!details.open || more.childNodes.length) return;
      const asked = { id: leadId, segment: segment.id };
      const answer = await request(WHY_SEGMENT, asked).catch(() => null);
      const found = answer?.lead?.segmentExplanation;
      if (!found) return;
      more.replaceChildren("In it since ", ago(since), found.flipsAt
        ? `; leaves it by itself ${moment(found.flipsAt)}, if nothing happens before.` : ".");
    }

    return h("li", { class: isNew ? "flash" : "" }, details);
  }

  function update({ history }) {
    const now = history.filter(({ type }) => type === "SEGMENT").map(({ id }) => id).join();
    if (now === known) return;
    isFirst = known === null;
    known = now;
    void ask();
  }

  return { element, update };
}
