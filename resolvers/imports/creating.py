"""Many new leads in one unit of work, each as `createLead` would have made it."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from models.changes import LeadFeed
from models.enums import FieldType, Priority, SourceChannel
from models.fields import FieldDefinition, Property
from models.ids import new_id
from models.leads import Assignment, Lead
from resolvers import fields, naming
from resolvers.fields import Edit
from resolvers.imports.points import Held, points_for
from resolvers.imports.rows import Contact
from resolvers.leads import first_keeper, first_state, record_created
from resolvers.text import optional
from resolvers.unit_of_work import UnitOfWork, VersionedRow
from resolvers.upserts import put_rows
from resolvers.values import TypedValue

PROPERTY_KEY = ("lead_id", "field_id")


async def create_many(
    work: UnitOfWork, contacts: Sequence[Contact], known: Mapping[str, FieldDefinition], file: str
) -> dict[UUID, Contact]:
    """Adds leads in the first state of the default pipeline; answers their ids.

    They are nobody's, or the importer's own who does not see leads of nobody.
    """
    if not contacts:
        return {}
    state = await first_state(work)
    own = [
        Edit(known["state"], TypedValue(FieldType.TEXT, text=state.id.hex)),
        Edit(known["priority"], TypedValue(FieldType.TEXT, text=Priority.NORMAL.value)),
    ]
    keeper = first_keeper(work.actor)
    if keeper:
        own.append(Edit(known["assignee"], TypedValue(FieldType.TEXT, text=keeper.hex)))
    points, detail = await points_for(work, contacts), optional("file", file, 200)
    made: dict[UUID, Contact] = {}
    leads: list[dict[str, Any]] = []
    for contact in contacts:
        lead, held = _new_lead(work, contact, state.id, keeper, detail), Held()
        points.add(lead.id, contact, held)
        edits = [*contact.edits, *own]
        _call(lead, held, edits)
        rows = [property_row(work, lead.id, each) for each in edits]
        tagged = points.tag(lead.id, contact.tags)
        record_created(work, lead, edits, tagged, held.logged(), rows)
        work.put_many(Property, PROPERTY_KEY, rows)
        leads.append(vars(lead))
        made[lead.id] = contact
    await put_rows(work.session, Lead, leads)
    await put_rows(work.session, LeadFeed, [_new_feed(lead_id) for lead_id in made])
    if keeper:
        await put_rows(work.session, Assignment, [_assigned(work, each, keeper) for each in made])
    await points.put()
    return made


def _new_feed(lead_id: UUID) -> dict[str, Any]:
    return {"lead_id": lead_id, "revision": 0, "floor": 0, "head": b"", "last_at": None}


def _assigned(work: UnitOfWork, lead_id: UUID, keeper: UUID) -> dict[str, Any]:
    return {"lead_id": lead_id, "from_at": work.at, "staff_id": keeper, "to_at": None}


def _new_lead(
    work: UnitOfWork, contact: Contact, state_id: UUID, keeper: UUID | None, detail: str | None
) -> Any:
    """All columns of a lead, as attributes: making a `Lead` of them would take the most time."""
    return SimpleNamespace(
        id=new_id(),
        display_name="",
        name_key="",
        title=None,
        external_id=contact.external_id,
        is_anonymous=True,
        created_at=work.at,
        source_channel=SourceChannel.IMPORT,
        source_detail=detail,
        source_referrer=None,
        source_recorded_at=contact.recorded_at,
        state_id=state_id,
        state_since=work.at,
        assignee_id=keeper,
        assigned_since=work.at if keeper else None,
        priority=Priority.NORMAL,
        time_zone=None,
        country=None,
        region=None,
        city=None,
        avatar_id=None,
        avatar_source=None,
    )


def _call(lead: Lead, held: Held, edits: Sequence[Edit]) -> None:
    for each in edits:
        fields.copy_to_column(lead, each)
    names = {each.field.key: each.value.text for each in edits if each.value}
    naming.call(lead, names, *held.primary)


def property_row(work: UnitOfWork, lead_id: UUID, each: Edit) -> VersionedRow:
    """The row of a value; its version comes with the number of its change."""
    value = each.value or TypedValue(each.field.type)
    return VersionedRow(
        lead_id=lead_id,
        field_id=each.field.id,
        **value.columns(),
        instant_value=None,
        version=0,
        source=fields.source_of(work.actor.kind, work.actor.via),
        updated_at=work.at,
        updated_by_kind=work.actor.kind,
        updated_by_id=work.actor.id,
        updated_by_name=work.actor.name,
    )
