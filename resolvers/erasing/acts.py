"""Erasing a lead, in one transaction.

Invariants
- Rows go, files go with their bytes, and what waits to be done about the lead is not done.
- The log keeps its rows without data, names and salts: what was committed to can't be found out
  any more, and that nothing was dropped or swapped can still be shown.
- Leads that had gone into it go with it: their ids answer as its own does.
- The status of an address survives under a keyed hash: who did not want to be written to is not
  written to when the address comes back.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, or_, select, update
from sqlmodel import col

from models.accounts import LeadAccount
from models.appointments import Appointment
from models.changes import Change, LeadFeed
from models.contact_points import EmailAddress, ErasedAddress, LeadEmailAddress
from models.enums import ChangeKind, Consent, Deliverability, HistoryType, JobKind
from models.events import EventText
from models.files import File
from models.jobs import Job
from models.leads import Lead
from models.notifications import Notification
from models.tasks import Task
from models.uploads import Upload
from models.wordings import Wording
from models.workspace import Erasing, Idempotency
from realtime import topics
from resolvers import access, files, jobs
from resolvers.day_hints import touch_days
from resolvers.erasing.rows import delete_rows, parts, rows_of, with_aliases
from resolvers.errors import Gone, ProblemCode, invalid
from resolvers.merging.guests import guests_of
from resolvers.policy import Permission
from resolvers.unit_of_work import UnitOfWork
from resolvers.upserts import put_rows, table_of

CONTACTS = (
    ChangeKind.LEAD_CREATED,
    ChangeKind.CONTACT_POINTS_CHANGED,
    ChangeKind.LEAD_ABSORBED,
    ChangeKind.LEAD_MERGED,
)
"""Kinds whose data hold addresses."""


@dataclass(frozen=True)
class Erased:
    """What became of it."""

    lead_id: UUID
    at: datetime
    count: int
    """Rows and files that are gone."""


async def erase_lead(work: UnitOfWork, lead_id: UUID, confirmed: UUID) -> Erased:
    """Destroys the lead with all its data for ever; open cards end.

    Raises:
        Gone: it was erased before, and the actor may know.
        InvalidInput: `confirmed` is not the lead's id.
    """
    if erased_at := await access.erased_at(work.session, work.actor, lead_id):
        raise Gone(erased_at)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    access.require(work.actor, Permission.ERASE_LEAD)
    if confirmed != lead_id:
        message = "This is not the id of the lead."
        raise invalid("confirmLeadId", ProblemCode.CONTRADICTION, message)
    lead_ids = await with_aliases(work.session, lead.id)
    await _open_logs(work, lead_ids)
    await _touch(work, lead, lead_ids)
    addresses = await _addresses(work, lead_ids)
    count, ids = await _delete_rows(work, lead_ids)
    await _forget_waiting(work, [*lead_ids, *ids])
    await _forget_addresses(work, addresses)
    await _empty_where_it_was(work, lead_ids)
    await _empty_logs(work, lead_ids)
    await work.session.flush()
    work.session.expunge_all()  # rows that are gone must not be written again
    for each in lead_ids:
        work.record(each, ChangeKind.LEAD_ERASED, HistoryType.LIFECYCLE, {})
    work.record_workspace("lead_erased", {"lead": lead.id.hex})
    leads = [each.hex for each in lead_ids]
    await jobs.enqueue(work, JobKind.FINISH_ERASURE, {"leads": leads}, key=lead.id.hex)
    return Erased(lead.id, work.at, count)


async def _open_logs(work: UnitOfWork, lead_ids: Sequence[UUID]) -> None:
    """Lets rows pass that are written once, for this transaction.

    What was written on a thing while it was on another lead names that one.
    """
    others = set(lead_ids)
    for table, where in rows_of(lead_ids):
        if table.name in (EventText.__tablename__, Wording.__tablename__, "task_text"):
            others |= set(await work.session.scalars(select(table.c.lead_id).where(where)))
    await work.session.execute(
        insert(table_of(Erasing)), [{"lead_id": each} for each in sorted(others)]
    )


async def _touch(work: UnitOfWork, lead: Lead, lead_ids: Sequence[UUID]) -> None:
    """Has those look again whose notifications or day the lead was in."""
    told = select(col(Notification.staff_id)).where(col(Notification.lead_id).in_(lead_ids))
    for staff_id in await work.session.scalars(told.distinct()):
        work.hint(topics.notifications(staff_id))
    people = {lead.assignee_id}
    for table in (Task, Appointment):
        column = col(table.assignee_id)
        people |= set(
            await work.session.scalars(
                select(column).where(col(table.lead_id).in_(lead_ids)).distinct()
            )
        )
    touch_days(work, *people)


async def _addresses(work: UnitOfWork, lead_ids: Sequence[UUID]) -> set[str]:
    """Every address that the leads have or had."""
    found = set(
        await work.session.scalars(
            select(col(EmailAddress.key))
            .join(LeadEmailAddress, col(LeadEmailAddress.email_address_id) == col(EmailAddress.id))
            .where(col(LeadEmailAddress.lead_id).in_(lead_ids))
        )
    )
    told = select(col(Change.data)).where(
        col(Change.lead_id).in_(lead_ids), col(Change.kind).in_(CONTACTS)
    )
    for data in await work.session.scalars(told):
        found |= set(_in_log(data))
    return found


def _in_log(data: Any) -> Iterator[str]:
    """Addresses anywhere in a row of the log."""
    if isinstance(data, dict):
        if isinstance(data.get("address"), str):
            yield data["address"]
        for each in data.values():
            yield from _in_log(each)
    elif isinstance(data, list):
        for each in data:
            yield from _in_log(each)


async def _delete_rows(work: UnitOfWork, lead_ids: Sequence[UUID]) -> tuple[int, list[UUID]]:
    """Deletes the leads and all that is theirs; how many rows, and their ids."""
    session = work.session
    file_ids = list(
        await session.scalars(select(col(File.id)).where(col(File.lead_id).in_(lead_ids)))
    )
    count, ids = len(file_ids), file_ids
    for each in lead_ids:
        await files.erase_files(work, each)
    for some in parts(file_ids):
        await session.execute(delete(table_of(Upload)).where(col(Upload.id).in_(some)))
    for table, where in (*rows_of(lead_ids), (table_of(Lead), col(Lead.id).in_(lead_ids))):
        number, gone = await delete_rows(session, table, where)
        count += number
        ids = [*ids, *gone]
    return count, ids


async def _forget_waiting(work: UnitOfWork, ids: Sequence[UUID]) -> None:
    """Takes back what waits or was told about any of these, and keys that led to them."""
    for some in parts(ids):
        names = [each.hex for each in some]
        # A key is the id of what the job is about, or begins with it.
        is_about = func.substr(col(Job.key), 1, 32).in_(names)
        await work.session.execute(delete(table_of(Job)).where(is_about))
        # One about a task names no lead: who does it may not see that.
        told = delete(table_of(Notification)).where(col(Notification.subject_id).in_(some))
        for staff_id in await work.session.scalars(told.returning(col(Notification.staff_id))):
            work.hint(topics.notifications(staff_id))
        is_theirs = or_(
            col(Idempotency.result_id).in_(some),
            col(Idempotency.caller).in_([f"LEAD:{name}" for name in names]),
        )
        await work.session.execute(delete(table_of(Idempotency)).where(is_theirs))


async def _forget_addresses(work: UnitOfWork, keys: set[str]) -> None:
    """Forgets addresses that no lead has any more, all but the status of those it binds."""
    is_used = or_(
        exists().where(col(LeadEmailAddress.email_address_id) == col(EmailAddress.id)),
        exists().where(col(LeadAccount.email_address_id) == col(EmailAddress.id)),
    )
    for some in parts(sorted(keys)):
        gone = and_(col(EmailAddress.key).in_(some), ~is_used)
        rows = (await work.session.scalars(select(EmailAddress).where(gone))).all()
        digests = {row.key: work.services.secrets.address_digest(row.key) for row in rows}
        before = col(ErasedAddress.digest).in_(digests.values())
        await work.session.execute(delete(table_of(ErasedAddress)).where(before))
        kept = [
            {"digest": digests[row.key], **row.model_dump(include=STATUS)}
            for row in rows
            if _binds(row)
        ]
        await put_rows(work.session, ErasedAddress, kept)
        ids = [row.id for row in rows]
        await work.session.execute(
            delete(table_of(EmailAddress)).where(col(EmailAddress.id).in_(ids))
        )


STATUS = {"consent", "deliverability", "since"}


def _binds(address: EmailAddress) -> bool:
    """Whether the status says more than that nothing is known."""
    is_open = address.consent in (Consent.SUBSCRIBED, Consent.PENDING)
    is_clean = address.deliverability in (Deliverability.OK, Deliverability.INVALID)
    return not (is_open and is_clean) and address.deliverability is not Deliverability.INVALID


async def _empty_where_it_was(work: UnitOfWork, lead_ids: Sequence[UUID]) -> None:
    """Takes the content out of other logs for as long as the lead was merged into those leads.

    Their card is told anew when a merge is undone, so nothing later is lost by it.
    """
    gone = set(lead_ids)
    hosts: set[UUID] = set()
    for data in await work.session.scalars(
        select(col(Change.data)).where(
            col(Change.lead_id).in_(lead_ids), col(Change.kind) == ChangeKind.LEAD_MERGED
        )
    ):
        hosts |= {UUID(hex=data["into"])} if data else set()
    for host in sorted(hosts - gone):
        await put_rows(work.session, Erasing, [{"lead_id": host}], ["lead_id"])
        await _empty_visits(work, host, gone)


async def _empty_visits(work: UnitOfWork, host: UUID, gone: Set[UUID]) -> None:
    """Takes the content out of the changes from each merge of one of these to its undoing."""
    for guest in await guests_of(work.session, host):
        if guest.alias_id in gone:
            await _empty(work, guest.changes())
            await work.session.execute(
                update(table_of(LeadFeed))
                .where(col(LeadFeed.lead_id) == host, col(LeadFeed.floor) < guest.given_back)
                .values(floor=guest.given_back)
            )


async def _empty(work: UnitOfWork, *where: ColumnElement[bool]) -> None:
    await work.session.execute(
        update(table_of(Change)).where(*where).values(data=None, salt=None, actor_name="")
    )


async def _empty_logs(work: UnitOfWork, lead_ids: Sequence[UUID]) -> None:
    """Takes the content out of the logs, and ends them with the change that is recorded next."""
    await _empty(work, col(Change.lead_id).in_(lead_ids))
    await work.session.execute(delete(table_of(Erasing)))
    await work.session.execute(
        update(table_of(LeadFeed))
        .where(col(LeadFeed.lead_id).in_(lead_ids))
        .values(floor=col(LeadFeed.revision) + 1, erased_at=work.at)
    )
