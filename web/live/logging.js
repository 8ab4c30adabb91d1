// Putting down what took place elsewhere: a call, a meeting, a mail or another message.

import { LOG_CALL, LOG_MEETING, LOG_MESSAGE } from "./documents.js";
import { h, refusalPlace } from "./elements.js";
import { randomKey } from "./outbox.js";

const WHAT = [["CALL", "Call"], ["MEETING", "Meeting"], ["SHOWING", "Showing"], ["EMAIL", "E-mail"],
  ["SMS", "Text message"], ["WHATSAPP", "WhatsApp"]];
const WAYS = [["TO_LEAD", "To the lead"], ["FROM_LEAD", "From the lead"]];
const TAKEN = [...WAYS, ["TAKEN", "About the lead, from …"]];
const OUTCOMES = [["ANSWERED", "Talked"], ["NO_ANSWER", "Nobody answered"], ["BUSY", "Engaged"],
  ["VOICEMAIL", "Left a message"], ["WRONG_NUMBER", "Wrong number"]];
const MINUTE = 60_000;

const choices = (members) => members.map(([value, name]) => h("option", { value }, name));

/** One form for all of them, folded away until it is wanted. */
export function logPart(leadId, perform, serverNow) {
  const what = h("select", { "aria-label": "What took place", onchange: turn }, choices(WHAT));
  const way = h("select", { "aria-label": "Direction", onchange: turn }, choices(WAYS));
  const outcome = h("select", { "aria-label": "Outcome of the call" }, choices(OUTCOMES));
  const subject = h("input", { maxlength: "200", "aria-label": "Subject" });
  const from = h("input", { maxlength: "100", "aria-label": "From whom", placeholder: "From whom" });
  const at = h("input", { type: "datetime-local", "aria-label": "When; empty: now" });
  const length = h("input", { type: "number", min: "0", max: "1440", value: "0",
    "aria-label": "Minutes" });
  const minutes = h("label", { class: "check" }, length, "min");
  const text = h("textarea", { rows: "3", maxlength: "20000", "aria-label": "Words" });
  const refusal = refusalPlace();
  const form = h("form", { class: "plan", onsubmit: submit },
    h("div", { class: "beside" }, what, way), h("div", { class: "beside" }, outcome, minutes),
    from, subject, at, text,
    h("div", { class: "beside" }, h("button", { class: "primary" }, "Log")), refusal);
  const element = h("details", { class: "popup", "data-testid": "log" },
    h("summary", {}, "Log a call, meeting or mail"), form);
  let idempotencyKey = randomKey(); // kept until it worked: trying again adds nothing twice

  const isCall = () => what.value === "CALL";
  const isMeeting = () => ["MEETING", "SHOWING"].includes(what.value);

  function turn() {
    const isMessage = !isCall() && !isMeeting();
    const ways = isMessage ? TAKEN : WAYS;
    if (way.options.length !== ways.length) way.replaceChildren(...choices(ways));
    way.hidden = isMeeting();
    outcome.hidden = !isCall();
    minutes.hidden = isMessage;
    subject.hidden = isCall() || ["SMS", "WHATSAPP"].includes(what.value);
    subject.placeholder = isMeeting() ? "Title (optional)" : "Subject (optional)";
    from.hidden = !isMessage || way.value !== "TAKEN";
    text.required = isMessage;
    text.placeholder = isMessage ? "What was written" : "Note (optional)";
    if (isMeeting() && length.value === "0") length.value = "60";
  }

  function written() {
    const on = { leadId, idempotencyKey };
    const when = at.value ? new Date(at.value).getTime() : null;
    const words = text.value.trim() || null;
    if (isCall()) {
      return [LOG_CALL, { ...on, direction: way.value, outcome: outcome.value, note: words,
        durationSeconds: Math.round(Number(length.value) * 60), occurredAt: instant(when) }];
    }
    if (isMeeting()) {
      const lasted = Math.max(1, Number(length.value)) * MINUTE;
      const start = when ?? serverNow() - lasted;
      return [LOG_MEETING, { ...on, kind: what.value, title: subject.value || null, note: words,
        startsAt: instant(start), endsAt: instant(start + lasted) }];
    }
    return [LOG_MESSAGE, { ...on, channel: what.value, direction: way.value, at: instant(when),
      subject: subject.hidden ? null : subject.value || null, text: words,
      takenFrom: from.hidden ? null : from.value || null }];
  }

  async function submit(event) {
    event.preventDefault();
    if (!(await perform(...written(), refusal))) return;
    idempotencyKey = randomKey();
    form.reset();
    turn();
    element.open = false;
  }

  turn();
  return { element };
}

const instant = (ms) => (ms === null ? null : new Date(ms).toISOString());
