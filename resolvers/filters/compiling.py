"""Filters as SQL for both databases: the one place that knows tables.

Every value is bound. A clause is true or false and never NULL, so that `not` finds what is missing;
only a broken clause is NULL, so that neither it nor its opposite matches anything.

A clause about rows of a lead is written in one of two ways. Where it must hold for every lead that
is found, the rows lead to the leads: their index is read first. Below `or` and `not` each lead asks
for its rows, so that no large set has to be built and kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlmodel import col

from models.contact_points import EmailAddress, LeadEmailAddress, LeadPhoneNumber
from models.conversations import Conversation, Message
from models.enums import Consent, Deliverability, PresenceState, StateKind, SubscriptionStatus
from models.leads import Lead
from models.pipelines import PipelineState
from models.segments import SegmentStanding
from models.tags import LeadTag, Tag
from models.tasks import Task
from models.teams import TeamMember
from models.visits import PresenceInterval
from resolvers import due_bands
from resolvers.actors import StaffActor
from resolvers.fields import must_fill
from resolvers.filters import tree
from resolvers.filters.comparing import (
    email_key,
    emptiness,
    in_span,
    is_instant,
    is_text,
    name_key,
    phone_digits,
    place_key,
)
from resolvers.filters.counting import events
from resolvers.filters.grounds import Grounds, problem_of
from resolvers.filters.operands import Empty, Period
from resolvers.filters.times import away, zones_between
from resolvers.filters.valuing import has_property, has_value, price_touches, wants_listing
from resolvers.text import fold

Condition = ColumnElement[bool]


def compile_filter(root: tree.Filter, grounds: Grounds) -> Condition:
    """The condition on `Lead` that a filter means to this viewer at this moment."""
    return _Compiling(grounds).join(root, leads=True)


def compile_clause(clause: tree.Test, grounds: Grounds) -> Condition:
    """As `compile_filter`, for a clause that can be met, asked of each lead by itself."""
    return _Compiling(grounds).test(clause, leads=False)


def broken() -> Condition:
    """What can't be met: not true, and neither is its opposite."""
    return literal(None, Boolean)


STATUS = case(
    (col(EmailAddress.deliverability) == Deliverability.INVALID, SubscriptionStatus.INVALID_EMAIL),
    (col(EmailAddress.consent) == Consent.UNSUBSCRIBED, SubscriptionStatus.UNSUBSCRIBED),
    (col(EmailAddress.deliverability) == Deliverability.HARD, SubscriptionStatus.BOUNCED),
    (
        col(EmailAddress.consent).in_((Consent.PENDING, Consent.WAITING)),
        SubscriptionStatus.WAITING_FOR_CONFIRMATION,
    ),
    (col(EmailAddress.deliverability) == Deliverability.SOFT, SubscriptionStatus.BOUNCED),
    else_=SubscriptionStatus.SUBSCRIBED,
)
"""The status of an address, as `contact_points.shown_status` has it."""


PLACES = {tree.PlacePart.REGION: Lead.region_key, tree.PlacePart.CITY: Lead.city_key}


@dataclass(frozen=True)
class _Compiling:
    grounds: Grounds

    def join(self, part: tree.Filter, *, leads: bool) -> Condition:
        """The condition of a part; `leads`: it must hold for every lead that is found."""
        match part:
            case tree.All(parts):
                return and_(true(), *(self.join(each, leads=leads) for each in parts))
            case tree.AnyOf(parts):
                return or_(false(), *(self.join(each, leads=False) for each in parts))
            case tree.Not(inner):
                return not_(self.join(inner, leads=False))
        if problem_of(part, self.grounds):
            return broken()
        return self.test(part, leads=leads)

    def test(self, clause: tree.Test, *, leads: bool) -> Condition:
        """The condition of a clause that can be met."""
        match clause:
            case tree.Ids(ids):
                return col(Lead.id).in_(ids)
            case tree.TextOf():
                return self.text(clause, leads=leads)
            case tree.InstantOf():
                return self.instant(clause, leads=leads)
            case tree.PriorityIn(values):
                return col(Lead.priority).in_(values)
            case tree.SourceIn(channels):
                return col(Lead.source_channel).in_(channels)
            case tree.HasTags() | tree.HasNoTag():
                return self.tags(clause, leads=leads)
            case tree.PresenceIn(states):
                return self.presence(states)
            case tree.ZoneIn(zones):
                return _known(col(Lead.time_zone), col(Lead.time_zone).in_(zones))
            case tree.LocalTimeBetween(since, before):
                zones = tuple(zones_between(since, before, self.grounds.now.at))
                return _known(col(Lead.time_zone), col(Lead.time_zone).in_(zones))
            case tree.CountryIn(codes):
                return _known(col(Lead.country), col(Lead.country).in_(codes))
            case tree.PlaceIs(part, place_test):
                return is_text(place_test, col(PLACES[part]), place_key)
            case tree.StatusIn() | tree.HasNoAddress():
                return _subscription(clause, leads=leads)
            case tree.Events():
                return events(clause, self.grounds, leads=leads)
            case tree.HasConversation():
                return self.conversation(clause, leads=leads)
            case tree.HasTask():
                return self.task(clause, leads=leads)
            case tree.InSegment(segment_id):
                return _in_segment(segment_id, leads=leads)
        return self.value(clause, leads=leads)

    def value(self, clause: tree.Test, *, leads: bool) -> Condition:
        """Clauses on values of fields, on the state and on the assignee."""
        grounds = self.grounds
        match clause:
            case tree.PropertyIs(key, test):
                return has_value(key, test, grounds, leads=leads)
            case tree.ValueIs(test):
                return has_value("value", test, grounds, leads=leads)
            case tree.PriceTouches(test):
                return price_touches(test, grounds)
            case tree.WantsListing(kind):
                return wants_listing(kind, grounds, leads=leads)
            case (
                tree.AssigneeIn()
                | tree.AssigneeIsMe()
                | tree.AssigneeInTeam()
                | tree.AssigneeIsNobody()
            ):
                return self.assignee(clause, col(Lead.assignee_id))
            case tree.Marked(mark, is_so):
                condition = self.mark(mark)
                return condition if is_so else not_(condition)
            case tree.StateIn(ids):
                return col(Lead.state_id).in_(ids)
            case tree.StateKindIn(kinds):
                return _in_state(col(PipelineState.kind).in_(kinds))
            case tree.InPipeline(pipeline_id):
                return _in_state(col(PipelineState.pipeline_id) == pipeline_id)
            case tree.InStateLonger(period):
                is_longer: Condition = col(Lead.state_since) < self.ago(period)
                return is_longer
            case tree.ClosedWithin(period):
                closed = _in_state(col(PipelineState.kind).in_((StateKind.WON, StateKind.LOST)))
                return and_(closed, col(Lead.state_since) >= self.ago(period))
        raise AssertionError(f"no SQL for {type(clause).__name__}")

    def ago(self, period: Period) -> Any:
        return away(period, self.grounds.now, -1)

    def text(self, clause: tree.TextOf, *, leads: bool) -> Condition:
        test = clause.test
        match clause.field:
            case tree.TextField.NAME:
                return is_text(test, col(Lead.name_key), name_key)
            case tree.TextField.TITLE:
                return has_value("title", test, self.grounds, leads=leads)
            case tree.TextField.EMAIL_ADDRESS:
                rows: Select[Any] = select(col(LeadEmailAddress.lead_id)).join(
                    EmailAddress, col(EmailAddress.id) == col(LeadEmailAddress.email_address_id)
                )
                owner, column, key = LeadEmailAddress.lead_id, EmailAddress.key, email_key
            case tree.TextField.PHONE_NUMBER:
                rows = select(col(LeadPhoneNumber.lead_id))
                owner, column, key = LeadPhoneNumber.lead_id, LeadPhoneNumber.number, phone_digits
        if isinstance(test, Empty):
            some = found(rows, owner, leads=leads and not test.is_empty)
            return not_(some) if test.is_empty else some
        return found(rows.where(is_text(test, col(column), key)), owner, leads=leads)

    def instant(self, clause: tree.InstantOf, *, leads: bool) -> Condition:
        now = self.grounds.now
        match clause.field:
            case tree.InstantField.CREATED:
                return is_instant(clause.test, col(Lead.created_at), now)
            case tree.InstantField.LAST_ACTIVITY:
                return is_instant(clause.test, col(Lead.last_activity_at), now)
        # Who is on a site now was seen now: their stay has no end yet.
        owner, test = col(PresenceInterval.lead_id), clause.test
        here = literal(now.at, PresenceInterval.__table__.c.to_at.type)  # type: ignore[attr-defined]
        seen_at = func.max(func.coalesce(col(PresenceInterval.to_at), here))
        if isinstance(test, Empty):
            some = found(select(owner), owner, leads=leads and not test.is_empty)
            return not_(some) if test.is_empty else some
        rows = select(owner).group_by(owner).having(in_span(test, seen_at, now))
        return found(rows, owner, leads=leads)

    def tags(self, clause: tree.HasTags | tree.HasNoTag, *, leads: bool) -> Condition:
        owner = col(LeadTag.lead_id)
        if isinstance(clause, tree.HasNoTag):
            some = found(select(owner), owner, leads=leads and not clause.value)
            return not_(some) if clause.value else some
        rows = select(owner).join(Tag, col(Tag.id) == col(LeadTag.tag_id))
        keys = [fold(name) for name in clause.names]
        if not clause.is_all:
            return found(rows.where(col(Tag.name_key).in_(keys)), owner, leads=leads)
        tests = [found(rows.where(col(Tag.name_key) == key), owner, leads=leads) for key in keys]
        return and_(true(), *tests)

    def presence(self, states: Sequence[PresenceState]) -> Condition:
        """Presence is not in the database: who is there now is handed to the statement by id."""
        present = self.grounds.present
        condition = col(Lead.id).in_([each for each, state in present.items() if state in states])
        if PresenceState.OFFLINE in states:
            return or_(condition, col(Lead.id).not_in(list(present)))
        return condition

    def assignee(self, test: tree.AssigneeTest, column: Any) -> Condition:
        match test:
            case tree.AssigneeIn(ids):
                return _known(column, column.in_(ids))
            case tree.AssigneeIsMe(is_so):
                if not isinstance(self.grounds.actor, StaffActor):
                    return false()
                mine = _known(column, column == self.grounds.actor.id)
                return mine if is_so else not_(mine)
            case tree.AssigneeInTeam(team_id):
                members = select(col(TeamMember.staff_id)).where(col(TeamMember.team_id) == team_id)
                return _known(column, column.in_(members))
            case tree.AssigneeIsNobody(is_so):
                return emptiness(Empty(is_so), column)

    def mark(self, mark: tree.Mark) -> Condition:
        match mark:
            case tree.Mark.HIDDEN:
                return col(Lead.hidden_at).is_not(None)
            case tree.Mark.ANONYMOUS:
                return col(Lead.is_anonymous).is_(True)
        fields = self.grounds.fields.values()
        missing = [
            not_(has_property(field, true(), leads=False))
            for field in fields
            if must_fill(self.grounds.actor, field)
        ]
        return or_(false(), *missing)

    def conversation(self, clause: tree.HasConversation, *, leads: bool) -> Condition:
        now = self.grounds.now
        rows: Select[Any] = select(col(Conversation.lead_id))
        if clause.states:
            rows = rows.where(col(Conversation.state).in_(clause.states))
        if clause.channels:
            rows = rows.where(col(Conversation.channel).in_(clause.channels))
        if clause.waiting_longer:
            rows = rows.where(col(Conversation.waiting_since) < self.ago(clause.waiting_longer))
        if clause.last_message_at:
            at = col(Conversation.last_message_at)
            rows = rows.where(is_instant(clause.last_message_at, at, now))
        if clause.last_direction:
            rows = rows.join(Message, col(Message.id) == col(Conversation.last_message_id))
            rows = rows.where(col(Message.direction) == clause.last_direction)
        return found(rows, col(Conversation.lead_id), leads=leads)

    def task(self, clause: tree.HasTask, *, leads: bool) -> Condition:
        rows = select(col(Task.lead_id)).where(col(Task.removed_at).is_(None))
        if clause.bands:
            rows = rows.where(due_bands.in_bands(clause.bands, self.grounds.now))
        if clause.assignee:
            rows = rows.where(self.assignee(clause.assignee, col(Task.assignee_id)))
        return found(rows, col(Task.lead_id), leads=leads)


def _in_segment(segment_id: UUID, *, leads: bool) -> Condition:
    owner = col(SegmentStanding.lead_id)
    rows = select(owner).where(
        col(SegmentStanding.segment_id) == segment_id, col(SegmentStanding.since).is_not(None)
    )
    return found(rows, owner, leads=leads)


def found(rows: Select[Any], owner: Any, *, leads: bool) -> Condition:
    """Leads that have such rows; `rows` select their owner."""
    if leads:
        return col(Lead.id).in_(rows)
    return rows.where(owner == col(Lead.id)).correlate(Lead).exists()


def _known(column: Any, condition: Condition) -> Condition:
    return and_(column.is_not(None), condition)


def _in_state(condition: Condition) -> Condition:
    return col(Lead.state_id).in_(select(col(PipelineState.id)).where(condition))


def _subscription(clause: tree.StatusIn | tree.HasNoAddress, *, leads: bool) -> Condition:
    owner = col(LeadEmailAddress.lead_id)
    if isinstance(clause, tree.HasNoAddress):
        some = found(select(owner), owner, leads=leads and not clause.value)
        return not_(some) if clause.value else some
    rows = (
        select(owner)
        .join(EmailAddress, col(EmailAddress.id) == col(LeadEmailAddress.email_address_id))
        .where(col(LeadEmailAddress.position) == 0, STATUS.in_(clause.statuses))
    )
    return found(rows, owner, leads=leads)
