// When a rule acts: one kind of change, and what it is narrowed to.

import { h, refusalPlace } from "./elements.js";
import { choice, choose, picker } from "./settings-picker.js";

const KINDS = [
  ["STATE_ENTERED", "A lead moves to a state"], ["STATE_LEFT", "A lead leaves a state"],
  ["LEAD_CREATED", "A lead comes to be"], ["ASSIGNED", "The assignee changes"],
  ["FIELD_CHANGED", "A field changes"], ["EVENT_RECORDED", "An event is recorded"],
  ["MESSAGE_RECEIVED", "The lead writes"], ["TASK_OVERDUE", "A task becomes overdue"],
  ["SEGMENT_ENTERED", "A lead enters a segment"], ["SEGMENT_LEFT", "A lead leaves a segment"]];
const KEYS = { STATE_ENTERED: "stateEntered", STATE_LEFT: "stateLeft", LEAD_CREATED: "leadCreated",
  ASSIGNED: "assigned", FIELD_CHANGED: "fieldChanged", MESSAGE_RECEIVED: "messageReceived",
  TASK_OVERDUE: "taskOverdue", SEGMENT_ENTERED: "segmentEnteredId", SEGMENT_LEFT: "segmentLeftId" };
const OTHERS = [["tags", "Tags"], ["email_addresses", "E-mail addresses"],
  ["phone_numbers", "Phone numbers"], ["state", "State"], ["assignee", "Assignee"]];
const CHANNELS = [["CHAT", "chat"], ["EMAIL", "e-mail"], ["SMS", "text message"],
  ["WHATSAPP", "WhatsApp"]];

/** `{ element, show(trigger), given(), place }`; `parts` is what there is to choose from. */
export function triggerPart(parts, changed) {
  const kind = choice("When", KINDS);
  const from = choice("From the state", [["", "any state"], ...parts.states]);
  const to = choice("To the state", [["", "any state"], ...parts.states]);
  const path = choice("Field", [...OTHERS, ...parts.paths]);
  const event = choice("Event", [...parts.eventKinds, ["", "another name …"]]);
  const name = h("input", { maxlength: "100", "aria-label": "Name of the event",
    placeholder: "Name, such as Brochure sent" });
  const segment = choice("Segment", parts.choices.segments);
  const channels = picker("Ways", CHANNELS, changed);
  const place = refusalPlace();
  const narrow = h("div", { class: "narrow" });
  const element = h("fieldset", { class: "setting" }, h("legend", {}, "When"), kind, narrow, place);
  kind.addEventListener("change", draw);
  event.addEventListener("change", draw);

  function draw() {
    const is = kind.value;
    narrow.replaceChildren(...(is === "STATE_ENTERED" ? ["to", to, "from", from]
      : is === "STATE_LEFT" ? ["from", from, "to", to]
        : is.startsWith("SEGMENT_") ? [segment] : is === "FIELD_CHANGED" ? [path]
          : is === "EVENT_RECORDED" ? [event, event.value ? "" : name]
            : is === "MESSAGE_RECEIVED" ? ["by", channels.element, h("small", {}, "Nothing "
              + "chosen: by any way.")] : []));
    narrow.hidden = !narrow.childNodes.length;
  }

  function show(trigger) {
    choose(kind, trigger.kind);
    choose(from, trigger.fromState?.id, "an archived state");
    choose(to, trigger.toState?.id, "an archived state");
    choose(path, trigger.path ?? "tags", "an archived field");
    if (trigger.segment) choose(segment, trigger.segment.id, "an archived segment");
    if (trigger.eventKind) choose(event, trigger.eventKind.id, "an archived kind");
    else if (trigger.kind === "EVENT_RECORDED") choose(event, "");
    name.value = trigger.eventName ?? "";
    channels.set(trigger.channels ?? []);
    draw();
  }

  function given() {
    const is = kind.value;
    if (is.startsWith("STATE_")) {
      return { [KEYS[is]]: { fromStateId: from.value || null, toStateId: to.value || null } };
    }
    if (is.startsWith("SEGMENT_")) return { [KEYS[is]]: segment.value };
    if (is === "FIELD_CHANGED") return { fieldChanged: path.value };
    if (is === "EVENT_RECORDED") {
      return event.value ? { eventKindId: event.value } : { eventName: name.value };
    }
    return { [KEYS[is]]: is === "MESSAGE_RECEIVED" ? channels.value() : true };
  }

  return { element, show, given, place };
}
