"""Lists that hang on one owner (a lead's notes, a conversation's messages), as data.

One description for each list serves its pages and its counts. Pages of many owners are read by one
statement, so that a list of leads costs no statement for each lead.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, tuple_
from sqlmodel import col

from models.changes import Change
from models.conversations import Conversation, Message
from models.due_bands import Moment
from models.enums import (
    ActorKind,
    ChangeKind,
    Channel,
    ConversationState,
    DueBand,
    HistoryType,
)
from models.events import Event
from models.leads import LeadAlias
from models.notes import Note
from models.tasks import Task
from models.visits import PresenceInterval
from resolvers import access, timeline
from resolvers.actors import Actor
from resolvers.due_bands import due_within, in_bands
from resolvers.errors import BadArgument
from resolvers.pages import Key, Page, check_first, read_page, seal
from resolvers.text import sought
from resolvers.timeline import TimelineKind
from resolvers.views import View


@dataclass(frozen=True)
class Log:
    """A lead's log up to a revision."""

    lead_id: UUID
    revision: int


@dataclass(frozen=True)
class Chosen:
    """What narrows or turns a list; each list reads what concerns it."""

    ascending: bool = False
    kind_id: UUID | None = None
    name: str | None = None
    states: tuple[ConversationState, ...] = ()
    channels: tuple[Channel, ...] = ()
    types: tuple[HistoryType, ...] = ()
    actors: tuple[ActorKind, ...] = ()
    items: tuple[TimelineKind, ...] = ()
    bands: tuple[DueBand, ...] = ()
    since: datetime | None = None
    before: datetime | None = None
    until: tuple[Log, ...] = ()
    """Only what was there when these logs stood so; empty: now."""
    beyond: tuple[Log, ...] = ()
    """Only what came after these logs stood so."""
    until_at: datetime | None = None
    """The same instant for what is not in the log."""
    period: str | None = None
    """Which side of `now`."""
    now: datetime | None = field(default=None, compare=False, repr=False)
    """Told by the clock: another moment makes no other list, and no other cursors."""
    moment: Moment | None = field(default=None, repr=False)
    """When and where bands are looked at; the next page may be looked at later."""


@dataclass(frozen=True)
class OwnedList:
    """A list: its rows, whose they are, its order, and who may see which."""

    name: str
    model: Any
    owner: Any
    identity: tuple[Any, ...]
    order: Callable[[Chosen], tuple[Key, ...]]
    where: Callable[[Actor, Chosen], list[ColumnElement[bool]]]
    is_log: bool = False
    """Rows of leads that went into the owner belong to it."""


def newest_first(time: Any, identity: Any) -> Callable[[Chosen], tuple[Key, ...]]:
    """An order by time, turned where the reader chose so."""

    def order(chosen: Chosen) -> tuple[Key, ...]:
        descending = not chosen.ascending
        return (
            Key(time, descending, is_instant=True),
            Key(identity, descending, is_id=True),
        )

    return order


def _note_order(chosen: Chosen) -> tuple[Key, ...]:
    return (Key(col(Note.is_pinned), True), *newest_first(Note.created_at, Note.id)(chosen))


def _note_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    return [col(Note.removed_at).is_(None), access.visible_notes(actor)]


def _within(logs: tuple[Log, ...]) -> ColumnElement[bool]:
    return or_(
        *(
            and_(col(Change.lead_id) == each.lead_id, col(Change.revision) <= each.revision)
            for each in logs
        )
    )


def was_there(identity: Any, kind: ChangeKind, chosen: Chosen) -> list[ColumnElement[bool]]:
    """Rows whose own change had been written; that is one pass over the log by its key."""
    if not chosen.until:
        return []
    written = select(col(Change.subject_id)).where(_within(chosen.until), col(Change.kind) == kind)
    return [identity.in_(written)]


def _event_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    where = was_there(col(Event.id), ChangeKind.EVENT_RECORDED, chosen)
    if chosen.kind_id:
        where.append(col(Event.kind_id) == chosen.kind_id)
    if chosen.name is not None:
        where += [col(Event.name) == sought(chosen.name), col(Event.kind_id).is_(None)]
    return where


def _conversation_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    return [col(Conversation.state).in_(chosen.states)] if chosen.states else []


def _message_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    where = was_there(col(Message.id), ChangeKind.MESSAGE_ADDED, chosen)
    if chosen.channels:
        where.append(col(Message.channel).in_(chosen.channels))
    return where


def _interval_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if chosen.until_at:
        where.append(col(PresenceInterval.from_at) <= chosen.until_at)
    if chosen.since:
        ended = col(PresenceInterval.to_at)
        where.append(or_(ended.is_(None), ended > chosen.since))
    if chosen.before:
        where.append(col(PresenceInterval.from_at) < chosen.before)
    return where


def _task_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [col(Task.removed_at).is_(None)]
    if chosen.moment and chosen.bands:
        where.append(in_bands(chosen.bands, chosen.moment))
    if chosen.moment and (chosen.since or chosen.before):
        where.append(due_within(chosen.since, chosen.before, chosen.moment.zone))
    return where


def _history_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    where = [access.visible_changes(actor)]
    if chosen.types:
        where.append(col(Change.category).in_(chosen.types))
    if chosen.actors:
        where.append(col(Change.actor_kind).in_(chosen.actors))
    if chosen.since:
        where.append(col(Change.at) >= chosen.since)
    if chosen.before:
        where.append(col(Change.at) < chosen.before)
    if chosen.until:
        where.append(_within(chosen.until))
    if chosen.beyond:
        where.append(~_within(chosen.beyond))
    return where


def _timeline_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    where = timeline.items(actor, chosen.items)
    return [*where, _within(chosen.until)] if chosen.until else where


def _history_order(chosen: Chosen) -> tuple[Key, ...]:
    # Rows of merged leads stand between those of the survivor: by time, then by their own number.
    descending = not chosen.ascending
    return (
        Key(col(Change.at), descending, is_instant=True),
        Key(col(Change.lead_id), descending, is_id=True),
        Key(col(Change.revision), descending),
    )


NOTES = OwnedList("notes", Note, col(Note.lead_id), (Note.id,), _note_order, _note_where)
TASKS = OwnedList(
    "tasks",
    Task,
    col(Task.lead_id),
    (Task.id,),
    lambda chosen: (Key(col(Task.place)), Key(col(Task.id), is_id=True)),
    _task_where,
)
EVENTS = OwnedList(
    "events",
    Event,
    col(Event.lead_id),
    (Event.lead_id, Event.id),
    newest_first(col(Event.occurred_at), col(Event.id)),
    _event_where,
)
CONVERSATIONS = OwnedList(
    "conversations",
    Conversation,
    col(Conversation.lead_id),
    (Conversation.id,),
    newest_first(col(Conversation.last_message_at), col(Conversation.id)),
    _conversation_where,
)
LEAD_MESSAGES = OwnedList(
    "messages",
    Message,
    col(Message.lead_id),
    (Message.id,),
    newest_first(col(Message.at), col(Message.id)),
    _message_where,
)
CONVERSATION_MESSAGES = OwnedList(
    "conversation.messages",
    Message,
    col(Message.conversation_id),
    (Message.id,),
    newest_first(col(Message.at), col(Message.id)),
    _message_where,
)
INTERVALS = OwnedList(
    "presenceIntervals",
    PresenceInterval,
    col(PresenceInterval.lead_id),
    (PresenceInterval.lead_id, PresenceInterval.epoch, PresenceInterval.version),
    lambda chosen: (
        Key(col(PresenceInterval.from_at), True, is_instant=True),
        Key(col(PresenceInterval.version), True),
    ),
    _interval_where,
)
HISTORY = OwnedList(
    "history",
    Change,
    col(Change.lead_id),
    (Change.lead_id, Change.revision),
    _history_order,
    _history_where,
    is_log=True,
)
TIMELINE = OwnedList(
    "timeline",
    Change,
    col(Change.lead_id),
    (Change.lead_id, Change.revision),
    _history_order,
    _timeline_where,
    is_log=True,
)


@dataclass(frozen=True)
class Wanted:
    """One page of one owner's list."""

    list: OwnedList
    owner_id: UUID
    first: int
    after: str | None
    chosen: Chosen = Chosen()

    @property
    def scope(self) -> str:
        """What a cursor of this page is good for."""
        return f"{self.list.name}:{self.owner_id.hex}:{self.chosen}"


async def read_pages(view: View, wanted: Sequence[Wanted]) -> list[Page[Any] | BadArgument]:
    """Pages in the order asked for; first pages of one list are read together.

    A page that was asked for wrongly is a BadArgument in its place: the others come all the same.
    """
    together: dict[Hashable, list[Wanted]] = defaultdict(list)
    for each in wanted:
        alone = (each.owner_id, each.after) if each.after is not None else None
        together[(each.list.name, each.first, each.chosen, alone)].append(each)
    pages: dict[Wanted, Page[Any] | BadArgument] = {}
    for group in together.values():
        try:
            check_first(group[0].first)
            pages |= await _read_group(view, group)
        except BadArgument as error:
            pages |= dict.fromkeys(group, error)
    return [pages[each] for each in wanted]


async def _read_group(view: View, group: list[Wanted]) -> dict[Wanted, Page[Any]]:
    if len(group) == 1:
        return {group[0]: await _read_one(view, group[0])}
    return await _read_first_pages(view, group)


async def _read_one(view: View, wanted: Wanted) -> Page[Any]:
    owned = wanted.list
    owners = await _owners(view, owned, [wanted.owner_id])
    statement: Select[Any] = select(owned.model).where(
        owned.owner.in_(owners), *owned.where(view.actor, wanted.chosen)
    )
    return await read_page(
        view, statement, owned.order(wanted.chosen), wanted.scope, wanted.first, wanted.after
    )


async def _owners(view: View, owned: OwnedList, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Whose rows belong to whom: the log of a lead has those of the leads that went into it."""
    owners = dict(zip(ids, ids, strict=True))
    if owned.is_log:
        statement = select(LeadAlias).where(col(LeadAlias.lead_id).in_(ids))
        owners |= {row.alias_id: row.lead_id for row in await view.scalars(statement)}
    return owners


def _owner_column(owned: OwnedList, owners: dict[UUID, UUID]) -> Any:
    others = {key: owner for key, owner in owners.items() if key != owner}
    return case(others, value=owned.owner, else_=owned.owner) if others else owned.owner


async def _read_first_pages(view: View, group: list[Wanted]) -> dict[Wanted, Page[Any]]:
    owned, chosen, first = group[0].list, group[0].chosen, group[0].first
    owners = await _owners(view, owned, [each.owner_id for each in group])
    order = owned.order(chosen)
    clauses = [key.column.desc() if key.descending else key.column for key in order]
    owner = _owner_column(owned, owners)
    number = func.row_number().over(partition_by=owner, order_by=clauses).label("number")
    numbered = (
        select(*owned.identity, number)
        .where(owned.owner.in_(owners), *owned.where(view.actor, chosen))
        .subquery()
    )
    same = tuple_(*owned.identity) == tuple_(*(numbered.c[column.key] for column in owned.identity))
    statement = (
        select(owned.model, owned.owner, *(key.column for key in order))
        .join(numbered, same)
        .where(numbered.c.number <= first + 1)
        .order_by(*clauses)
    )
    rows: dict[UUID, list[Any]] = defaultdict(list)
    for row in await view.rows(statement):
        rows[owners[row[1]]].append(row)
    secrets = view.services.secrets
    return {
        each: Page(
            [row[0] for row in rows[each.owner_id][:first]],
            [seal(secrets, each.scope, row[2:]) for row in rows[each.owner_id][:first]],
            len(rows[each.owner_id]) > first,
            False,
        )
        for each in group
    }


@dataclass(frozen=True)
class Counted:
    """The size of one owner's list."""

    list: OwnedList
    owner_id: UUID
    chosen: Chosen = Chosen()


async def count_rows(view: View, counted: Sequence[Counted]) -> list[int]:
    """Sizes in the order asked for, the sizes of one list by one statement."""
    together: dict[Hashable, list[Counted]] = defaultdict(list)
    for each in counted:
        together[(each.list.name, each.chosen)].append(each)
    sizes: dict[Counted, int] = {}
    for group in together.values():
        owned, chosen = group[0].list, group[0].chosen
        owners = await _owners(view, owned, [each.owner_id for each in group])
        statement = (
            select(owned.owner, func.count())
            .where(owned.owner.in_(owners), *owned.where(view.actor, chosen))
            .group_by(owned.owner)
        )
        found: dict[UUID, int] = defaultdict(int)
        for row in await view.rows(statement):
            found[owners[row[0]]] += row[1]
        sizes |= {each: found[each.owner_id] for each in group}
    return [sizes[each] for each in counted]
