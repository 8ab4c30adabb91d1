"""What every workspace begins with: settings, a pipeline, fields, kinds of events; its epoch."""

import secrets
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from models.enums import FieldType, StateKind
from models.events import EventKind
from models.fields import FieldDefinition, FieldGroup
from models.ids import new_id
from models.important_dates import ImportantDateKind
from models.pipelines import Pipeline, PipelineState
from models.workspace import Workspace
from resolvers.actors import SYSTEM
from resolvers.services import Services
from resolvers.text import fold
from resolvers.unit_of_work import unit_of_work
from resolvers.upserts import insert_new

STATES = (
    ("New", StateKind.OPEN, "#6B7280"),
    ("Contacted", StateKind.OPEN, "#2563EB"),
    ("Qualified", StateKind.OPEN, "#7C3AED"),
    ("Proposal", StateKind.OPEN, "#B45309"),
    ("Converted", StateKind.WON, "#15803D"),
    ("Lost", StateKind.LOST, "#B91C1C"),
)
GROUPS = ("Contact info", "Deal details", "Preferences", "More")
TEXT, DATE, MONEY = FieldType.TEXT, FieldType.DATE, FieldType.MONEY
BUILT_IN = (
    ("first_name", "First name", TEXT, True),
    ("last_name", "Last name", TEXT, True),
    ("company", "Company", TEXT, True),
    ("job_title", "Job title", TEXT, True),
    ("language", "Language", TEXT, True),
    ("birthday", "Birthday", DATE, True),
    ("postal_address", "Postal address", TEXT, True),
    ("title", "Title", TEXT, True),
    ("time_zone", "Time zone", TEXT, True),
    ("state", "State", TEXT, False),
    ("assignee", "Assignee", TEXT, False),
    ("priority", "Priority", TEXT, False),
)
"""Key, label, type and whether it is listed among the properties."""
SALES = (
    ("sales_listing_types", "Listing types", TEXT, True),
    ("sales_property_types", "Property types", TEXT, True),
    ("sales_price_min", "Price from", MONEY, True),
    ("sales_price_max", "Price to", MONEY, True),
    ("sales_move_in_from", "Move in from", DATE, True),
    ("sales_move_in_to", "Move in until", DATE, True),
    ("sales_remarks", "Sales remarks", TEXT, True),
)
"""As BUILT_IN: what the lead wants."""
DEAL = (("value", "Value", MONEY, True),)
"""As BUILT_IN: the deal with the lead."""
EVENT_KINDS = (
    ("Page view", "eye", False),
    ("Signed up", "user-plus", False),
    ("Requested a quote", "file-text", False),
    ("Phone call", "phone", True),
    ("Left a voicemail", "voicemail", True),
    ("Meeting", "users", True),
)
"""Name, icon and whether each card has a button for it."""
DATE_KINDS = ("Closing", "P&S due")
"""Names of the first kinds of important dates."""


async def begin_workspace(services: Services) -> None:
    """Makes what a new database needs; the same call again changes nothing."""
    async with unit_of_work(services, SYSTEM) as work:
        session = work.session
        settings = Workspace(
            id=1, epoch=secrets.token_hex(8), won_needs_required_fields=True
        ).model_dump()
        if not await insert_new(session, Workspace, settings, ["id"]):
            return
        pipeline = Pipeline(id=new_id(), name="Sales", is_default=True)
        session.add(pipeline)
        await session.flush()
        for position, (name, kind, color) in enumerate(STATES):
            session.add(
                PipelineState(
                    pipeline_id=pipeline.id,
                    name=name,
                    kind=kind,
                    position=position,
                    color=color,
                    is_goal=kind is StateKind.WON,
                )
            )
        groups = {}
        for position, name in enumerate(GROUPS):
            group = FieldGroup(id=new_id(), name=name, position=position)
            session.add(group)
            groups[name] = group.id
        await session.flush()
        session.add_all(_built_in_fields(groups["Contact info"], BUILT_IN))
        session.add_all(_built_in_fields(groups["Deal details"], (*SALES, *DEAL)))
        for position, (name, icon, is_quick) in enumerate(EVENT_KINDS):
            session.add(
                EventKind(
                    name=name,
                    name_key=fold(name),
                    icon=icon,
                    is_quick=is_quick,
                    position=position,
                )
            )
        for position, name in enumerate(DATE_KINDS):
            session.add(ImportantDateKind(name=name, name_key=fold(name), position=position))
        work.record_workspace("workspace_created", {})


async def current_epoch(services: Services) -> str:
    """The database's epoch: positions of another one are of no use."""
    async with services.database.read_session() as session:
        return (await session.scalars(select(col(Workspace.epoch)))).one()


async def renew_epoch(services: Services) -> None:
    """Makes all positions that clients hold void; they begin again with a snapshot.

    Needed after a restore: numbers that were given out before would be given out again.
    """
    async with unit_of_work(services, SYSTEM) as work:
        epoch = secrets.token_hex(8)
        await work.session.execute(update(Workspace).values(epoch=epoch))
        work.record_workspace("epoch_renewed", {})


def _built_in_fields(
    group_id: UUID, fields: tuple[tuple[str, str, FieldType, bool], ...]
) -> list[FieldDefinition]:
    return [
        FieldDefinition(
            key=key,
            label=label,
            type=kind,
            is_built_in=True,
            is_listed=is_listed,
            is_personal_data=is_listed,
            group_id=group_id,
            position=position,
        )
        for position, (key, label, kind, is_listed) in enumerate(fields)
    ]
