"""The only transaction that writes, the only commit, and the only place that tells the bus.

Invariants
- A use-case records what it changed; the rows and their log commit together or not at all.
- A unit of work that recorded nothing has changed nothing: use-cases return early instead.
- The bus is told after the commit. Losing that hint costs time, never a fact.
"""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from models.changes import RecordedChange
from models.enums import ChangeKind, HistoryType, SegmentCause
from models.ids import new_id
from models.notifications import Notification
from models.workspace import Workspace, WorkspaceChange
from realtime import topics
from realtime.hub import encode_hint
from resolvers import job_rows, log, notices, search
from resolvers.actors import Actor, AutomationActor
from resolvers.feed import encode_change
from resolvers.reactions import react
from resolvers.services import Services
from resolvers.upserts import put_rows


@dataclass(frozen=True)
class Weighing:
    """Segments that are weighed for some leads, and why."""

    lead_ids: Sequence[UUID]
    segment_ids: Sequence[UUID]
    cause: SegmentCause


class Versioned(Protocol):
    """A row whose version is the revision of the change that wrote it."""

    version: int


class VersionedRow(dict[str, Any]):
    """A row of many, as a statement takes it; its version is set like that of an object."""

    @property
    def version(self) -> int:
        return int(self["version"])

    @version.setter
    def version(self, revision: int) -> None:
        self["version"] = revision


MANY_LEADS = 20
"""From so many leads on, a unit of work tells only where to look, and nobody of new leads."""


class UnitOfWork:
    """One act: its transaction, its actor, its instant, and what it recorded."""

    def __init__(self, services: Services, actor: Actor, session: AsyncSession) -> None:
        self.services = services
        self.actor = actor
        self.session = session
        self.at = services.clock.now()
        self.committed: dict[UUID, list[RecordedChange]] = {}
        """After the commit: the changes of each lead, numbered."""
        self.notices: list[Notification] = []
        """What people are to be told; see `notifications.notify`."""
        self._hints: set[str] = set()
        self.touched: dict[UUID, frozenset[str]] = {}
        """What was written of leads beside their logs; see `touch`."""
        self.weighings: list[Weighing] = []
        """Segments to weigh for leads of which nothing was written."""
        self.jobs: job_rows.Wanted = {}
        """Background work that the commit begins; see `resolvers/jobs.py`."""
        self._stamps: list[tuple[Versioned, RecordedChange]] = []
        self._many: dict[type[SQLModel], tuple[Sequence[str], list[VersionedRow]]] = {}
        self._workspace: list[WorkspaceChange] = []
        self._raises_access = False
        self._raises_card = False
        self._card_version = 0
        self._renews_rules = False
        self._epoch = ""

    def record(
        self,
        lead_id: UUID,
        kind: ChangeKind,
        category: HistoryType,
        data: dict[str, Any],
        *,
        subject: tuple[str, UUID] | None = None,
        stamps: Sequence[Versioned] = (),
    ) -> RecordedChange:
        """Notes a change of a lead; `stamps` are rows whose version becomes its revision."""
        change = RecordedChange(
            lead_id=lead_id,
            revision=0,
            id=new_id(),
            at=self.at,
            kind=kind,
            category=category,
            subject_kind=subject[0] if subject else None,
            subject_id=subject[1] if subject else None,
            actor_kind=self.actor.kind,
            actor_id=self.actor.id,
            actor_name=self.actor.name,
            via=self.actor.via,
            access_version=0,
            cause_id=self.actor.cause_id if isinstance(self.actor, AutomationActor) else None,
            data=data,
            salt=None,
            commitment=b"",
            digest=b"",
        )
        change.data = data  # the very object, not a copy: some acts complete it as they go on
        self.committed.setdefault(lead_id, []).append(change)
        self._stamps.extend((row, change) for row in stamps)
        return change

    def put_many(
        self, table: type[SQLModel], unique: Sequence[str], rows: Sequence[VersionedRow]
    ) -> None:
        """Rows to insert, or to overwrite by `unique`, once their changes have numbers.

        They must be `stamps` of recorded changes, and have all columns.
        """
        self._many.setdefault(table, (unique, []))[1].extend(rows)

    def record_workspace(
        self,
        kind: str,
        data: dict[str, Any],
        *,
        access: bool = False,
        card: bool = False,
        rules: bool = False,
    ) -> WorkspaceChange:
        """Notes a change of the workspace; answers its row, which is numbered by the commit.

        With `access`, rights are read anew everywhere, with `rules` automations and webhooks; with
        `card`, open cards are told that what all cards show is different.
        """
        self._raises_access = self._raises_access or access
        self._raises_card = self._raises_card or card
        self._renews_rules = self._renews_rules or rules
        noted = WorkspaceChange(
            revision=0,
            at=self.at,
            kind=kind,
            actor_kind=self.actor.kind,
            actor_id=self.actor.id,
            actor_name=self.actor.name,
            via=self.actor.via,
            data=data,
        )
        self._workspace.append(noted)
        return noted

    def touch(self, lead_id: UUID, *mentions: str) -> None:
        """Lets rules that look at something follow what no change of the log tells.

        `mentions` are those of `segments/mentions.py`.
        """
        self.touched[lead_id] = self.touched.get(lead_id, frozenset()) | frozenset(mentions)

    def renew_rules(self) -> None:
        """Has each process read rules, webhooks and segments anew from this commit on."""
        self._renews_rules = True

    def hint(self, topic: str) -> None:
        """Lets whoever listens to a topic of the bus look again after the commit."""
        self._hints.add(topic)

    async def seal(self) -> None:
        """Numbers and writes what was recorded; the last thing before the commit."""
        if self._workspace:
            await self._reshape_segments()
            await self._number_workspace()
        place = await log.append(self.session, self.committed)
        for row, change in self._stamps:
            row.version = change.revision
        await self.session.flush()
        for table, (unique, rows) in self._many.items():
            await put_rows(self.session, table, rows, unique, replaces=True)
        await log.store(self.session, self.committed)
        await search.keep(self.session, self.committed)
        self._epoch, rules_key = await self._follow_segments(place)
        if self.committed:
            changes = [change for each in self.committed.values() for change in each]
            rules = self.services.rules
            self.jobs |= await react(self.session, rules, rules_key, changes, self.actor, self.at)
        await notices.store(self.session, self.notices)
        if self.jobs:
            await job_rows.store(self.session, self.jobs)
            if any(row and row["due_at"] <= self.at for row in self.jobs.values()):
                self.hint(topics.jobs())

    async def _follow_segments(self, place: log.Place) -> log.Place:
        if not self.committed and not self.touched and not self.weighings:
            return place
        # Imported late: rules are read through modules that write through this one.
        from resolvers.segments.following import follow

        return await follow(self, place)

    async def _reshape_segments(self) -> None:
        from resolvers.segments.reshaping import reshape

        await reshape(self, {each.kind for each in self._workspace})

    async def _number_workspace(self) -> None:
        values: dict[str, Any] = {
            "revision": col(Workspace.revision) + len(self._workspace),
            "access_version": col(Workspace.access_version) + int(self._raises_access),
            "card_version": col(Workspace.card_version) + int(self._raises_card),
        }
        if self._renews_rules:
            # Random: a number that a rolled-back act counted up to would come again.
            values["rules_key"] = secrets.randbits(62)
        numbers = await self.session.execute(
            update(Workspace)
            .values(values)
            .returning(col(Workspace.revision), col(Workspace.card_version)),
            execution_options={"synchronize_session": False},
        )
        last, self._card_version = numbers.one()
        for number, change in enumerate(self._workspace, last - len(self._workspace) + 1):
            change.revision = number
            self.session.add(change)

    async def tell(self) -> None:
        """Hints to open cards that there is something to see."""
        if self._renews_rules:
            self.services.segments.key = None
        bus = self.services.bus
        are_many = len(self.committed) >= MANY_LEADS
        for lead_id, changes in self.committed.items():
            first, last = changes[0].revision, changes[-1].revision
            if are_many and first == 1:
                continue  # nobody can have the card of a lead that was not there
            bodies = [] if are_many else [encode_change(change) for change in changes]
            is_erased = changes[-1].kind is ChangeKind.LEAD_ERASED
            hint = encode_hint(
                self._epoch,
                first,
                last,
                None if are_many or None in bodies else bodies,
                floor=last if is_erased else None,
            )
            await bus.publish(topics.lead(lead_id), hint)
        if self.committed:
            await bus.publish(topics.leads(), "")
        if self._raises_access:
            await bus.publish(topics.access(), "")
        told = {topics.notifications(notice.staff_id) for notice in self.notices}
        for topic in self._hints | told:
            await bus.publish(topic, "")
        if self._raises_card:
            await bus.publish(topics.card_settings(), str(self._card_version))


@asynccontextmanager
async def unit_of_work(services: Services, actor: Actor) -> AsyncIterator[UnitOfWork]:
    """Runs one act; an exception inside rolls everything back and tells nobody."""
    async with services.database.writing() as session, session.begin():
        work = UnitOfWork(services, actor, session)
        yield work
        await work.seal()
    await work.tell()
