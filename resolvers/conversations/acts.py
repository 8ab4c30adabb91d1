"""What is done with a conversation as a whole: who answers it, closing, opening, putting off.

Whoever may write to the lead may do all of it. One that is already as wanted changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col

from models.changes import Change
from models.conversations import Conversation
from models.enums import ChangeKind, ConversationState, NotificationKind
from models.leads import Lead, LeadAlias
from models.staff import Staff
from resolvers import access
from resolvers.conversations import snoozing
from resolvers.conversations.recording import GIVING, ConversationAct, find, record, tell_assignee
from resolvers.errors import Clash, Conflict, ConflictReason, ProblemCode, invalid
from resolvers.policy import Permission
from resolvers.staff.active import active_staff
from resolvers.staff.callers import actor_for_person
from resolvers.tasks.recording import diff, instant, text
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import LoggedValue, reference

STATE_ACTS = {
    ConversationState.OPEN: ConversationAct.OPENED,
    ConversationState.SNOOZED: ConversationAct.SNOOZED,
    ConversationState.CLOSED: ConversationAct.CLOSED,
}


async def assign_conversation(
    work: UnitOfWork,
    lead_id: UUID,
    conversation_id: UUID,
    staff_id: UUID | None,
    expected: int | None,
) -> None:
    """Gives a conversation to somebody who sees the lead, or to nobody.

    Conflict, which says who has it, unless it is nobody's, the actor's own, or still as it was at
    the version that the actor saw: of two who take it at the same time, the second learns so.
    """
    lead, conversation = await _find(work, lead_id, conversation_id)
    if staff_id == conversation.assignee_id:
        return
    to = await _answerer(work, lead, staff_id) if staff_id else None
    former = await _person(work, conversation.assignee_id)
    is_free = conversation.assignee_id in (None, work.actor.id)
    if conversation.version != expected if expected is not None else not is_free:
        raise await _taken(work, conversation, former, to)
    act = ConversationAct.ASSIGNED if to else ConversationAct.RELEASED
    if to and to.id == work.actor.id:
        act = ConversationAct.TAKEN
    await _give(work, lead, conversation, to, act)


async def change_conversation_state(
    work: UnitOfWork,
    lead_id: UUID,
    conversation_id: UUID,
    state: ConversationState,
    snoozed_until: datetime | None = None,
) -> None:
    """Closes, opens or puts off a conversation; only SNOOZED takes an instant, and needs one."""
    if state is not ConversationState.SNOOZED and snoozed_until is not None:
        raise invalid("snoozedUntil", ProblemCode.CONTRADICTION, "Only SNOOZED has an end.")
    _, conversation = await _find(work, lead_id, conversation_id)
    if state is ConversationState.SNOOZED:
        snoozed_until = snoozing.check_end(work, snoozed_until)
    before = conversation.state, conversation.snoozed_until
    if before == (state, snoozed_until):
        return
    conversation.state = state
    if snoozed_until is not None:
        await snoozing.begin(work, conversation, snoozed_until)
    else:
        await snoozing.end(work, conversation)
    if state is ConversationState.CLOSED:
        conversation.waiting_since = None
    told = [
        diff("state", "Conversation", text(before[0]), text(state)),
        diff("snoozedUntil", "Put off until", instant(before[1]), instant(snoozed_until)),
    ]
    record(work, conversation, STATE_ACTS[state], told)


async def move_open_conversations(
    work: UnitOfWork, lead_id: UUID, former_id: UUID, to_id: UUID
) -> int:
    """Hands on what the former assignee of a locked lead still has to answer; how many."""
    lead = await work.session.get_one(Lead, lead_id)
    to = await work.session.get_one(Staff, to_id)
    moved = [each for each in await _open(work, lead_id) if each.assignee_id == former_id]
    for conversation in moved:
        await _give(work, lead, conversation, to, ConversationAct.HANDED_ON)
    return len(moved)


Held = tuple[UUID | None, int]
"""Who has a conversation, and its version."""


async def follow_lead(work: UnitOfWork, lead: Lead) -> list[tuple[Conversation, Held]]:
    """Takes conversations from people who no longer see their locked lead: it is now its
    assignee who answers, or nobody yet. Answers which, with who had them."""
    moved: list[tuple[Conversation, Held]] = []
    for conversation in await _open(work, lead.id):
        person = conversation.assignee_id
        if person and person != lead.assignee_id and not await _sees(work, lead, person):
            to = await _person(work, lead.assignee_id)
            act = ConversationAct.HANDED_ON if to else ConversationAct.RELEASED
            moved.append((conversation, (person, conversation.version)))
            await _give(work, lead, conversation, to, act)
    return moved


async def _find(
    work: UnitOfWork, lead_id: UUID, conversation_id: UUID
) -> tuple[Lead, Conversation]:
    access.require(work.actor, Permission.SEND_MESSAGE)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    return lead, await find(work, lead, conversation_id)


async def _open(work: UnitOfWork, lead_id: UUID) -> Sequence[Conversation]:
    """Conversations of a lead that somebody has to answer."""
    rows = await work.session.scalars(
        select(Conversation)
        .where(
            col(Conversation.lead_id) == lead_id,
            col(Conversation.state) != ConversationState.CLOSED,
            col(Conversation.assignee_id).is_not(None),
        )
        .order_by(col(Conversation.id))
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def _person(work: UnitOfWork, staff_id: UUID | None) -> Staff | None:
    return await work.session.get(Staff, staff_id) if staff_id else None


async def _sees(work: UnitOfWork, lead: Lead, staff_id: UUID) -> bool:
    person = await actor_for_person(work.session, staff_id)
    return person is not None and access.sees_leads_of(person[0], lead.assignee_id)


async def _answerer(work: UnitOfWork, lead: Lead, staff_id: UUID) -> Staff:
    staff = await active_staff(work, "staffId", staff_id)
    if not await _sees(work, lead, staff_id):
        raise invalid("staffId", ProblemCode.CONTRADICTION, "The lead is not theirs to see.")
    return staff


async def _give(
    work: UnitOfWork,
    lead: Lead,
    conversation: Conversation,
    to: Staff | None,
    act: ConversationAct,
) -> None:
    former = await _person(work, conversation.assignee_id)
    conversation.assignee_id = to.id if to else None
    conversation.version += 1
    record(work, conversation, act, [diff("assignee", "Answered by", _named(former), _named(to))])
    words = f"The conversation with {lead.display_name} is yours to answer."
    await tell_assignee(work, conversation, NotificationKind.CONVERSATION_ASSIGNED, words)


def _named(person: Staff | None) -> LoggedValue | None:
    return reference(person.name, person.id) if person else None


async def _taken(
    work: UnitOfWork, conversation: Conversation, has: Staff | None, wanted: Staff | None
) -> Conflict:
    """Says who has it, and since when."""
    last = await _last_given(work, conversation)
    words = f"{has.name} has this conversation." if has else "Nobody has this conversation now."
    clash = Clash(
        path="assignee",
        field_id=None,
        base=None,
        current=_named(has),
        attempted=_named(wanted),
        changed_by=last.actor_name if last else "",
        changed_at=last.at if last else work.at,
    )
    return Conflict(
        ConflictReason.STALE_VERSION,
        words,
        owner=conversation.id,
        version=conversation.version,
        clashes=(clash,),
    )


async def _last_given(work: UnitOfWork, conversation: Conversation) -> Change | None:
    """The row of the log by which it last changed hands, also from before a merge."""
    lead_id = conversation.lead_id
    former = select(col(LeadAlias.alias_id)).where(col(LeadAlias.lead_id) == lead_id)
    rows = await work.session.scalars(
        select(Change)
        .where(
            or_(col(Change.lead_id) == lead_id, col(Change.lead_id).in_(former)),
            col(Change.kind) == ChangeKind.CONVERSATION_CHANGED,
            col(Change.subject_id) == conversation.id,
        )
        .order_by(col(Change.at).desc(), col(Change.id).desc())
    )
    acts = {*GIVING, ConversationAct.RELEASED}
    return next((row for row in rows if row.data and row.data.get("act") in acts), None)
