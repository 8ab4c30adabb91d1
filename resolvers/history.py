"""History as staff read it: what a row of the log says, in one sentence and as diffs."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.changes import RecordedChange
from models.enums import (
    AppointmentKind,
    ChangeKind,
    Channel,
    DeliveryState,
    LeadAccountChange,
    SegmentAct,
    SegmentCause,
)
from models.leads import Lead
from resolvers import access, log
from resolvers.appointments import KIND_NOUNS, Act
from resolvers.conversations.recording import ConversationAct
from resolvers.log import Verification
from resolvers.policy import Permission
from resolvers.values import LoggedValue
from resolvers.views import View


@dataclass(frozen=True)
class Diff:
    """One field before and after, as the log holds values; `field_id` None: everybody's."""

    path: str
    label: str
    before: LoggedValue | None
    after: LoggedValue | None
    field_id: UUID | None


def diffs_of(change: RecordedChange) -> list[Diff]:
    """What a row changed, field by field; empty once erased."""
    data = change.data or {}
    found = [
        Diff(
            each["path"],
            each["label"],
            each["before"],
            each["after"],
            UUID(hex=each["field_id"]) if each.get("field_id") else None,
        )
        for each in data.get("diffs", ())
    ]
    if change.kind is ChangeKind.TAGS_CHANGED:
        found += [tag_diff(tag["name"], is_added=True) for tag in data["added"]]
        found += [tag_diff(tag["name"], is_added=False) for tag in data["removed"]]
    return found


def tag_diff(name: str, *, is_added: bool) -> Diff:
    """A tag that came or went."""
    text: LoggedValue = {"type": "TEXT", "text": name}
    return Diff("tags", "Tag", None if is_added else text, text if is_added else None, None)


def summary_of(change: RecordedChange) -> str:
    """One English sentence without subject: the actor stands beside it."""
    data: dict[str, Any] | None = change.data
    if data is None:
        return "Erased."
    return f"{_summary(change.kind, data)}."


def _summary(kind: ChangeKind, data: dict[str, Any]) -> str:
    match kind:
        case ChangeKind.LEAD_CREATED:
            return "Created the lead"
        case ChangeKind.PROPERTIES_CHANGED:
            return f"Changed {_listed([diff['label'] for diff in data['diffs']])}"
        case ChangeKind.CONTACT_POINTS_CHANGED:
            return _contact_points(data["diffs"])
        case ChangeKind.LEAD_STATE_CHANGED:
            return f"Moved the lead to {data['diffs'][0]['after']['name']}"
        case ChangeKind.LEAD_ASSIGNEE_CHANGED:
            to = data["diffs"][0]["after"]
            return f"Assigned the lead to {to['name']}" if to else "Unassigned the lead"
        case ChangeKind.TAGS_CHANGED:
            return _tags(data)
        case ChangeKind.EVENT_RECORDED:
            return f"Event: {data['event']['name']}"
        case ChangeKind.EVENT_ANNOTATED:
            verbs = {"ADDED": "Wrote", "EDITED": "Changed the text", "REMOVED": "Removed the text"}
            return f"{verbs[data['action']]} on the event {data['event']['name']}"
        case ChangeKind.NOTE_CHANGED:
            verbs = {"ADDED": "Wrote", "EDITED": "Changed", "REMOVED": "Removed"}
            return f"{verbs[data['action']]} a note"
        case ChangeKind.TASK_CHANGED:
            return f"{TASK_VERBS[data['act']]} the task “{data['task']['title']}”"
        case ChangeKind.IMPORTANT_DATE_CHANGED:
            verbs = {"ADDED": "Added", "EDITED": "Changed", "REMOVED": "Removed"}
            return f"{verbs[data['action']]} the date {data['name']}: {data['date']['date']}"
        case ChangeKind.MESSAGE_ADDED:
            if data.get("is_logged"):
                return _logged_message(data["channel"], data["direction"])
            noun = "pop-up" if data["channel"] == "POPUP" else "chat message"
            return f"Wrote a {noun}"
        case ChangeKind.MESSAGE_DELIVERY_CHANGED:
            return _delivery(data["channel"], data["state"])
        case ChangeKind.CONVERSATION_CHANGED:
            return _conversation(data)
        case ChangeKind.APPOINTMENT_CHANGED:
            return _appointment(data)
        case ChangeKind.CALL_CHANGED:
            if data["action"] != "ADDED":
                labels = [_lower(diff["label"]) for diff in data["diffs"]]
                return f"Corrected {_listed(labels)} of a call"
            ways = {"TO_LEAD": "to the lead", "FROM_LEAD": "from the lead"}
            return f"Put down a call {ways[data['direction']]}"
        case ChangeKind.LEAD_ACCOUNT_CHANGED:
            return ACCOUNT_SENTENCES[LeadAccountChange(data["what"])]
        case ChangeKind.SEGMENTS_CHANGED:
            verb = "Entered" if data["act"] == SegmentAct.ENTERED else "Left"
            return f"{verb} the segment “{data['segment']['name']}”{SEGMENT_CAUSES[data['cause']]}"
        case ChangeKind.LEAD_VISIBILITY_CHANGED:
            is_hidden = data["hidden_at"] is not None
            return "Hid the lead from Visitors" if is_hidden else "Came back to Visitors"
        case ChangeKind.LEAD_IDENTIFIED:
            how = "proven by the site" if data["is_verified"] else "as told by the visitor"
            return f"Linked a visit to this lead, {how}"
        case ChangeKind.LEAD_ABSORBED:
            return f"Took in {data['name']}"
        case ChangeKind.LEAD_MERGED:
            return "Went into another lead"
        case ChangeKind.LEAD_UNMERGED:
            return "Gave back a lead that had gone into this one"
        case ChangeKind.LEAD_RESTORED:
            return "Came back out of another lead"
        case ChangeKind.LEAD_ERASED:
            return "Erased the lead and all its data"


TASK_VERBS = {
    "ADDED": "Added",
    "EDITED": "Changed",
    "COMPLETED": "Completed",
    "REOPENED": "Opened again",
    "SNOOZED": "Put off",
    "WOKEN": "Took up again",
    "HANDED_ON": "Handed on",
    "FELL_DUE": "Found overdue",
    "REMOVED": "Removed",
}


def _contact_points(diffs: list[dict[str, Any]]) -> str:
    """What came and went, by number; labels and places only when nothing else changed."""
    counts: Counter[tuple[str, str]] = Counter()
    for diff in diffs:
        part, _, identity = diff["path"].partition(":")
        if part in NOUNS and ":" not in identity:
            is_new, is_gone = diff["before"] is None, diff["after"] is None
            verb = "Added" if is_new else "Removed" if is_gone else "Corrected"
            counts[verb, part] += 1
    if counts:
        return "; ".join(
            f"{verb} {NOUNS[part][0] if count == 1 else f'{count} {NOUNS[part][1]}'}"
            for (verb, part), count in counts.items()
        )
    if not diffs:
        return "Confirmed an e-mail address"
    return f"Changed {_listed([diff['label'][0].lower() + diff['label'][1:] for diff in diffs])}"


def _conversation(data: dict[str, Any]) -> str:
    state = data["conversation"]["state"]
    act = data.get("act") or ("CLOSED" if state == "CLOSED" else "OPENED")
    sentence = CONVERSATION_SENTENCES[ConversationAct(act)]
    after = data["diffs"][0]["after"] if data["diffs"] else None
    return sentence.format(name=(after or {}).get("name", ""))


CONVERSATION_SENTENCES = {
    ConversationAct.TAKEN: "Took a conversation",
    ConversationAct.ASSIGNED: "Gave a conversation to {name}",
    ConversationAct.RELEASED: "Gave a conversation to nobody",
    ConversationAct.HANDED_ON: "Handed a conversation on to {name}",
    ConversationAct.OPENED: "Opened a conversation",
    ConversationAct.CLOSED: "Closed a conversation",
    ConversationAct.SNOOZED: "Put off a conversation",
    ConversationAct.WOKEN: "Took up a conversation again",
}
SEGMENT_CAUSES = {
    SegmentCause.CHANGE: "",
    SegmentCause.TIME: ", since time went by",
    SegmentCause.RULE: ", since its rule is another one",
}
ACCOUNT_SENTENCES = {
    LeadAccountChange.CREATED: "Made a portal account",
    LeadAccountChange.RESET_BY_STAFF: "Reset the password of the portal account; the lead was not "
    "told",
}
NOUNS = {
    "email_addresses": ("an e-mail address", "e-mail addresses"),
    "phone_numbers": ("a phone number", "phone numbers"),
}


def _delivery(channel: str, state: str) -> str:
    noun = "pop-up" if channel == Channel.POPUP else "chat message"
    match DeliveryState(state):
        case DeliveryState.QUEUED | DeliveryState.DELIVERED:
            return f"Received a {noun}"
        case DeliveryState.OPENED:
            return f"Saw a {noun}"
        case DeliveryState.CLICKED:
            return f"Followed the button of a {noun}"
        case DeliveryState.EXPIRED:
            return f"Ended a {noun} that was not seen in time"


def _logged_message(channel: str, direction: str) -> str:
    nouns = {"EMAIL": "a mail", "SMS": "a text message", "WHATSAPP": "a WhatsApp message"}
    ways = {"TO_LEAD": "to the lead", "FROM_LEAD": "from the lead", "TAKEN": "about the lead"}
    return f"Put down {nouns[channel]} {ways[direction]}"


OUTCOMES = {
    "HELD": "It took place",
    "NO_SHOW": "The lead did not come",
    "MOVED": "Moved to another time",
}


def _appointment(data: dict[str, Any]) -> str:
    """What was done with an appointment; its title is told unless it says no more than the kind."""
    made = data["appointment"]
    noun = KIND_NOUNS[AppointmentKind(made["kind"])]
    title = "" if made["title"].lower() == noun else f": {made['title']}"
    match Act(data["act"]):
        case Act.SCHEDULED:
            return f"Planned a {noun}{title}"
        case Act.LOGGED:
            return f"Put down a {noun}{title}"
        case Act.CHANGED:
            labels = [_lower(diff["label"]) for diff in data["diffs"]]
            return f"Changed {_listed(labels)} of a {noun}{title}"
        case Act.HANDED_OVER:
            to = data["diffs"][0]["after"]
            return f"Gave a {noun} to {to['name'] if to else 'nobody'}{title}"
        case Act.OUTCOME:
            return f"{OUTCOMES[made['outcome']]}, a {noun}{title}"
        case Act.CANCELLED:
            return f"Called off a {noun}{title}"


def _lower(label: str) -> str:
    return label[0].lower() + label[1:]


def _listed(labels: list[str]) -> str:
    if len(labels) < 4:
        return ", ".join(labels)
    return f"{', '.join(labels[:2])} and {len(labels) - 2} more fields"


def _tags(data: dict[str, Any]) -> str:
    parts = []
    if data["added"]:
        parts.append(f"Added {_listed([tag['name'] for tag in data['added']])}")
    if data["removed"]:
        parts.append(f"Removed {_listed([tag['name'] for tag in data['removed']])}")
    return "; ".join(parts)


async def verify_history(view: View, lead_id: UUID) -> Verification | None:
    """Whether the lead's digest chain is whole, also once it is erased; None for those who may not
    know."""
    if not access.may(view.actor, Permission.VERIFY_HISTORY):
        return None
    is_there = await view.scalar(
        select(col(Lead.id)).where(col(Lead.id) == lead_id, access.visible_leads(view.actor))
    ) or await view.run(access.erased_at, view.actor, lead_id)
    found: Verification | None = await view.run(log.verify, lead_id) if is_there else None
    return found
