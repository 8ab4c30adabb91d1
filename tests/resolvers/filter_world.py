"""Random leads with all that filters look at, written as rows: what is proved is the reading."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import SQLModel, col

from models.contact_points import EmailAddress, LeadEmailAddress, LeadPhoneNumber
from models.conversations import Conversation, Message
from models.enums import (
    ActorKind,
    Channel,
    Consent,
    ConversationState,
    Deliverability,
    EventOrigin,
    FieldType,
    InvalidEmailReason,
    MessageDirection,
    Priority,
    SourceChannel,
    ValueSource,
)
from models.events import Event, EventGroup
from models.fields import FieldDefinition, FieldGroup, FieldOption, Property
from models.leads import Lead
from models.pipelines import PipelineState
from models.tags import LeadTag, Tag
from models.tasks import Task
from models.visits import PresenceInterval
from resolvers.actors import SYSTEM
from resolvers.services import Services
from resolvers.text import fold
from resolvers.unit_of_work import unit_of_work
from resolvers.values import Choice, LoggedValue, TypedValue

NAMES = ["Éva Nagy", "anna", "50%_off", "Łukasz", "Zoë", "אבי", "😀 Shop", 'O\'Hara "Q"', "Ann"]
TAGS = ["VIP", "Wärm", "cold", "100%"]
COUNTRIES = ["DE", "AT", "US"]
REGIONS, CITIES = ["Île-de-France", "Bavaria", "100%"], ["Paris", "Köln", "köln a_b"]
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"]
EVENTS = ["Page view", "Signed up", "Quote"]
COLOURS = ["Blue", "bluish", "Grün", "red_1"]
PLANS = ["Free", "free", "Paid"]
FIELDS = {
    "shoe": FieldType.NUMBER,
    "colour": FieldType.TEXT,
    "signed": FieldType.DATE,
    "member": FieldType.BOOLEAN,
    "house": FieldType.DROPDOWN,
    "likes": FieldType.MULTI_SELECT,
}
STAMP: dict[str, Any] = {
    "source": ValueSource.MANUAL,
    "updated_by_kind": ActorKind.SYSTEM,
    "updated_by_name": "",
}
SIGNED: dict[str, Any] = {"actor_kind": ActorKind.LEAD, "actor_name": ""}


@dataclass(frozen=True)
class Happened:
    """An event as the test knows it."""

    name: str
    at: datetime
    count: int
    parameters: dict[str, LoggedValue]
    last_at: datetime | None = None
    """Of repeats of one page the last one; None: as `at`."""


@dataclass
class Known:
    """A lead as the test knows it."""

    row: Lead
    state: PipelineState
    tags: list[str] = field(default_factory=list)
    emails: list[EmailAddress] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    values: dict[str, TypedValue] = field(default_factory=dict)
    events: list[Happened] = field(default_factory=list)
    stays: list[PresenceInterval] = field(default_factory=list)
    conversations: list[tuple[Conversation, MessageDirection]] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)


@dataclass
class World:
    now: datetime
    staff: Sequence[UUID]
    states: list[PipelineState] = field(default_factory=list)
    fields: dict[str, FieldDefinition] = field(default_factory=dict)
    options: dict[str, list[FieldOption]] = field(default_factory=dict)
    leads: list[Known] = field(default_factory=list)


async def make_world(
    services: Services, random: Random, count: int, staff: Sequence[UUID]
) -> World:
    """So many leads, each of its own kind."""
    world = World(services.clock.now(), staff)
    async with unit_of_work(services, SYSTEM) as work:
        session = work.session
        world.states = list(
            await session.scalars(select(PipelineState).order_by(col(PipelineState.position)))
        )
        group = (await session.scalars(select(FieldGroup))).first()
        assert group
        for number, (key, kind) in enumerate(FIELDS.items()):
            definition = FieldDefinition(
                key=key, label=key.title(), type=kind, group_id=group.id,
                position=100 + number, is_required=key == "colour",
            )  # fmt: skip
            session.add(definition)
            if kind in (FieldType.DROPDOWN, FieldType.MULTI_SELECT):
                world.options[key] = [
                    FieldOption(field_id=definition.id, label=f"{key} {each}", position=each)
                    for each in range(3)
                ]
        tags = [Tag(name=name, name_key=fold(name)) for name in TAGS]
        session.add_all(tags)
        await session.flush()
        world.fields = {row.key: row for row in await session.scalars(select(FieldDefinition))}
        session.add_all(option for options in world.options.values() for option in options)
        for _ in range(count):
            known, rows = _Lead(world, random).make(tags)
            world.leads.append(known)
            for table in rows:
                session.add_all(table)
                await session.flush()
    return world


class _Lead:
    def __init__(self, world: World, random: Random) -> None:
        self.world, self.random = world, random

    def ago(self, days: float = 40) -> datetime:
        """An instant of the last days, to the second, often just at one that filters ask for."""
        whole = self.random.random() < 0.3
        span = self.random.randint(0, int(days)) if whole else self.random.uniform(0, days)
        return (self.world.now - timedelta(days=span)).replace(microsecond=0)

    def some(self, values: Sequence[Any], most: int) -> list[Any]:
        return self.random.sample(list(values), self.random.randint(0, min(most, len(values))))

    def maybe(self, value: Any) -> Any:
        return value if self.random.random() < 0.7 else None

    def place(self) -> dict[str, Any]:
        region, city = (
            self.maybe(self.random.choice(REGIONS)),
            self.maybe(self.random.choice(CITIES)),
        )
        return {
            "country": self.maybe(self.random.choice(COUNTRIES)), "region": region, "city": city,
            "region_key": fold(region, 100) if region else None,
            "city_key": fold(city, 100) if city else None,
        }  # fmt: skip

    def make(self, tags: Sequence[Tag]) -> tuple[Known, list[list[SQLModel]]]:
        """The lead, and its rows in the order in which they can be written."""
        pick, state = self.random.choice, self.random.choice(self.world.states)
        name = pick(NAMES)
        lead = Lead(
            display_name=name, name_key=fold(name, 254), is_anonymous=pick([True, False]),
            created_at=self.ago(), source_channel=pick(list(SourceChannel)), state_id=state.id,
            state_since=self.ago(), assignee_id=self.maybe(pick(self.world.staff)),
            priority=pick(list(Priority)), time_zone=self.maybe(pick(ZONES)),
            **self.place(),
            last_activity_at=self.maybe(self.ago()), hidden_at=self.maybe(self.ago()),
        )  # fmt: skip
        known = Known(lead, state)
        marked = self.some(tags, 3)
        known.tags = [each.name for each in marked]
        links: list[SQLModel] = [
            LeadTag(lead_id=lead.id, tag_id=each.id, at=self.world.now) for each in marked
        ]
        for place in range(self.random.randint(0, 2)):
            known.emails.append(self.address(f"{lead.id.hex}-{place}@{pick(['a', 'b'])}.example"))
            links.append(
                LeadEmailAddress(
                    lead_id=lead.id, email_address_id=known.emails[-1].id, position=place,
                    as_typed=known.emails[-1].key, added_at=self.world.now,
                )
            )  # fmt: skip
        if self.maybe(True):
            known.phones.append(f"+4930{self.random.randint(100000, 999999)}")
            links.append(
                LeadPhoneNumber(
                    lead_id=lead.id, number=known.phones[0], as_typed=known.phones[0],
                    position=0, added_at=self.world.now,
                )
            )  # fmt: skip
        links += [*self.values(known), *self.happenings(known), *self.stays(known)]
        messages = self.conversations(known)
        talks: list[SQLModel] = [each for each, _ in known.conversations]
        return known, [[lead], list(known.emails), talks, [*links, *messages, *self.tasks(known)]]

    def address(self, key: str) -> EmailAddress:
        state = self.random.choice(list(Deliverability))
        reason = InvalidEmailReason.SYNTAX if state is Deliverability.INVALID else None
        return EmailAddress(
            key=key, consent=self.random.choice(list(Consent)), deliverability=state,
            invalid_reason=reason, since=self.world.now,
        )  # fmt: skip

    def values(self, known: Known) -> list[SQLModel]:
        pick = self.random.choice
        number = Decimal(self.random.choice(["0", "12.5", "-3", "42", "41.999999"]))
        day = self.world.now.date() + timedelta(days=self.random.randint(-10, 10))
        house = [Choice(pick(self.world.options["house"]).id.hex, "")]
        likes = [Choice(each.id.hex, "") for each in self.some(self.world.options["likes"], 3)]
        money = TypedValue(FieldType.MONEY, number=Decimal(pick([5, 50, 500])), currency="EUR")
        other = TypedValue(FieldType.MONEY, number=Decimal(50), currency="USD")
        wants = pick(["SALES", "RENTALS", "SALES\nRENTALS"])
        drawn = {
            "shoe": TypedValue(FieldType.NUMBER, number=number),
            "colour": TypedValue(FieldType.TEXT, text=pick(COLOURS)),
            "signed": TypedValue(FieldType.DATE, day=day),
            "member": TypedValue(FieldType.BOOLEAN, number=Decimal(pick([0, 1]))),
            "house": TypedValue(FieldType.DROPDOWN, options=tuple(house)),
            "likes": TypedValue(FieldType.MULTI_SELECT, options=tuple(likes)) if likes else None,
            "value": pick([money, other]),
            "sales_price_min": pick([money, other]),
            "sales_price_max": pick([money, other]),
            "sales_listing_types": TypedValue(FieldType.TEXT, text=wants),
            "title": TypedValue(FieldType.TEXT, text=pick(COLOURS)),
        }
        rows: list[SQLModel] = []
        for key, value in drawn.items():
            field_id = self.world.fields[key].id
            if self.maybe(value) and value:
                known.values[key] = value
                columns = value.columns()
            elif self.maybe(True):
                continue
            else:
                columns = {"stored_type": self.world.fields[key].type}
            rows.append(
                Property(
                    lead_id=known.row.id, field_id=field_id, updated_at=self.world.now,
                    **STAMP, **columns,
                )
            )  # fmt: skip
        return rows

    def happenings(self, known: Known) -> list[SQLModel]:
        rows: list[SQLModel] = []
        groups: dict[str, EventGroup] = {}
        for _ in range(self.random.randint(0, 6)):
            name, at, count = self.random.choice(EVENTS), self.ago(), self.random.randint(1, 3)
            told: dict[str, LoggedValue] = {
                "plan": {"type": "TEXT", "text": self.random.choice(PLANS)},
                "seats": {"type": "NUMBER", "number": self.random.choice(["1", "2.5", "30"])},
                "paid": {"type": "MONEY", "amount": "9.90", "currency": "EUR"},
                "is_new": {"type": "BOOLEAN", "boolean": self.random.choice([True, False])},
                "day": {"type": "DATE", "date": self.ago(9).date().isoformat()},
            }
            chosen = {key: told[key] for key in self.some(list(told), 5)}
            known.events.append(Happened(name, at, count, chosen))
            key = f"name:{fold(name)}"
            stored = [{"name": each, "value": value} for each, value in chosen.items()]
            rows.append(
                Event(
                    lead_id=known.row.id, name=name, group_key=key, origin=EventOrigin.SITE,
                    occurred_at=at, received_at=at, last_at=at, told_at=at, count=count,
                    parameters=stored, **SIGNED,
                )
            )  # fmt: skip
            group = groups.setdefault(
                key,
                EventGroup(lead_id=known.row.id, group_key=key, name=name, count=0, first_at=at,
                           last_at=at),
            )  # fmt: skip
            group.count += count
            group.first_at, group.last_at = min(group.first_at, at), max(group.last_at, at)
        return [*rows, *groups.values()]

    def stays(self, known: Known) -> list[SQLModel]:
        for version in range(self.random.randint(0, 2)):
            begun = self.ago()
            ended = begun + timedelta(minutes=5) if self.maybe(True) else None
            known.stays.append(
                PresenceInterval(
                    lead_id=known.row.id, version=version, epoch="e", from_at=begun, to_at=ended,
                    last_version=version,
                )
            )  # fmt: skip
        return list(known.stays)

    def conversations(self, known: Known) -> list[SQLModel]:
        messages: list[SQLModel] = []
        for _ in range(self.random.randint(0, 2)):
            talk = Conversation(
                lead_id=known.row.id, channel=self.random.choice([Channel.CHAT, Channel.POPUP]),
                state=self.random.choice([ConversationState.OPEN, ConversationState.CLOSED]),
                created_at=self.world.now, last_message_at=self.ago(),
                waiting_since=self.maybe(self.ago()),
            )  # fmt: skip
            direction = self.random.choice([MessageDirection.TO_LEAD, MessageDirection.FROM_LEAD])
            message = Message(
                lead_id=known.row.id, conversation_id=talk.id, channel=talk.channel,
                direction=direction, text="Hello", author_kind=ActorKind.LEAD, author_name="",
                at=talk.last_message_at,
            )  # fmt: skip
            talk.last_message_id = message.id
            known.conversations.append((talk, direction))
            messages.append(message)
        return messages

    def tasks(self, known: Known) -> list[SQLModel]:
        for _ in range(self.random.randint(0, 2)):
            on: date | None = self.world.now.date() + timedelta(days=self.random.randint(-3, 12))
            at = None
            if self.maybe(True) is None:
                on, at = None, self.ago(3)
            known.tasks.append(
                Task(
                    lead_id=known.row.id, title="Call", due_on=self.maybe(on), due_at=at,
                    assignee_id=self.maybe(self.random.choice(self.world.staff)), place=0,
                    completed_at=None if self.maybe(True) else self.world.now,
                    created_at=self.world.now, created_by_kind=ActorKind.SYSTEM,
                    created_by_name="", removed_at=None if self.maybe(True) else self.world.now,
                )
            )  # fmt: skip
        return list(known.tasks)
