"""Acts on leads and their own fields."""

from datetime import date
from typing import Annotated, Any

import strawberry
from strawberry import Maybe

from models.enums import Priority
from resolvers import leads
from resolvers.leads import NewLead, PropertyEdit
from schema.context import Info, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitError,
    MissingRequiredFieldsError,
    NotFoundError,
    PreconditionError,
    read_version,
)
from schema.mutations.writing import INPUT, LeadWrite, written
from schema.scalars import (
    EmailAddress,
    IdempotencyKey,
    LanguageTag,
    PhoneNumber,
    TimeZone,
    Url,
    Version,
)
from schema.values import ValueInput

PERSON_KEYS = (
    "first_name",
    "last_name",
    "company",
    "job_title",
    "language",
    "birthday",
    "postal_address",
)


@strawberry.input(description="Personal information; absent stays, null clears.")
class PersonInfoInput:
    first_name: Maybe[str | None] = strawberry.field(description="At most 100 characters.")
    last_name: Maybe[str | None] = strawberry.field(description="At most 100 characters.")
    company: Maybe[str | None] = strawberry.field(description="At most 120 characters.")
    job_title: Maybe[str | None] = strawberry.field(description="At most 120 characters.")
    language: Maybe[LanguageTag | None] = strawberry.field(description="Language.")
    birthday: Maybe[date | None] = strawberry.field(description="Birthday.")
    postal_address: Maybe[str | None] = strawberry.field(description="At most 300 characters.")

    def given(self) -> dict[str, Any]:
        """The parts that are there."""
        return {
            key: getattr(self, key).value for key in PERSON_KEYS if getattr(self, key) is not None
        }


@strawberry.input(description="Key and value.")
class PropertyInput:
    field_key: str = strawberry.field(description="Key.")
    value: ValueInput | None = strawberry.field(description="Value; must be given, null clears it.")
    expected_version: Version | None = strawberry.field(
        default=None, description="Version of the property that you saw."
    )


@strawberry.input(description="Input of `createLead`.")
class CreateLeadInput:
    idempotency_key: IdempotencyKey = strawberry.field(description="Makes a repeat safe.")
    person: PersonInfoInput | None = strawberry.field(
        default=None, description="Personal information."
    )
    email_addresses: list[EmailAddress] = strawberry.field(
        default_factory=list, description="At most 20, first is primary."
    )
    phone_numbers: list[PhoneNumber] = strawberry.field(
        default_factory=list, description="At most 20, first is primary."
    )
    properties: list[PropertyInput] = strawberry.field(
        default_factory=list, description="Values of fields; required ones must be there."
    )
    tags: list[str] = strawberry.field(default_factory=list, description="At most 20.")
    assignee_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Assignee; absent: you, if AGENT or if you don't see leads of nobody; else "
        "nobody.",
    )
    source_detail: str | None = strawberry.field(
        default=None, description="At most 200 characters."
    )
    pipeline_id: strawberry.ID | None = strawberry.field(
        default=None, description="Pipeline; absent: the default."
    )
    picture_url: Url | None = strawberry.field(
        default=None,
        description="Picture of the profile that the lead came with, https; the server fetches and "
        "keeps it. One that can't be had leaves the initials.",
    )


@strawberry.type(description="Success of `createLead`.")
class CreateLeadSuccess(LeadWrite):
    """The new lead."""


CreateLeadResult = Annotated[
    CreateLeadSuccess
    | NotFoundError
    | MissingRequiredFieldsError
    | ForbiddenError
    | ConflictError
    | PreconditionError
    | LimitError
    | InvalidInputError,
    strawberry.union("CreateLeadResult", description="Result of `createLead`."),
]


@strawberry.input(description="Input of `changePersonInfo`.")
class ChangePersonInfoInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    person: PersonInfoInput | None = strawberry.field(default=None, description="What to change.")
    title: Maybe[str | None] = strawberry.field(
        description="1 to 120 characters; null or blank: derived again."
    )
    time_zone: Maybe[TimeZone | None] = strawberry.field(description="Zone told by the lead.")
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `changePersonInfo`.")
class ChangePersonInfoSuccess(LeadWrite):
    """The lead after it."""


ChangePersonInfoResult = Annotated[
    ChangePersonInfoSuccess
    | NotFoundError
    | MissingRequiredFieldsError
    | ForbiddenError
    | ConflictError
    | InvalidInputError,
    strawberry.union("ChangePersonInfoResult", description="Result of `changePersonInfo`."),
]


@strawberry.input(description="Input of `changePriority`.")
class ChangePriorityInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    priority: Priority = strawberry.field(description="Priority.")
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `changePriority`.")
class ChangePrioritySuccess(LeadWrite):
    """The lead after it."""


ChangePriorityResult = Annotated[
    ChangePrioritySuccess | NotFoundError | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("ChangePriorityResult", description="Result of `changePriority`."),
]


@strawberry.input(description="Input of `setProperties`.")
class SetPropertiesInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    properties: list[PropertyInput] = strawberry.field(description="1 to 50, each key once.")


@strawberry.type(description="Success of `setProperties`.")
class SetPropertiesSuccess(LeadWrite):
    """The lead after it."""


SetPropertiesResult = Annotated[
    SetPropertiesSuccess
    | NotFoundError
    | PreconditionError
    | MissingRequiredFieldsError
    | ConflictError
    | ForbiddenError
    | LimitError
    | InvalidInputError,
    strawberry.union("SetPropertiesResult", description="Result of `setProperties`."),
]


@strawberry.input(description="Input of `assignLead`.")
class AssignLeadInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    staff_id: strawberry.ID | None = strawberry.field(description="Who; null: nobody.")
    move_open_items: bool = strawberry.field(
        default=False,
        description="Move the former assignee's open tasks and appointments too; not to nobody.",
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `assignLead`.")
class AssignLeadSuccess(LeadWrite):
    """The lead after it."""


AssignLeadResult = Annotated[
    AssignLeadSuccess | NotFoundError | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("AssignLeadResult", description="Result of `assignLead`."),
]


def _edits(info: Info, lead_id: Any, given: list[PropertyInput]) -> list[PropertyEdit]:
    return [
        PropertyEdit(
            each.field_key,
            each.value.given() if each.value else None,
            read_version(
                info, lead_id, each.expected_version, f"properties.{index}.expectedVersion"
            )
            if lead_id
            else None,
        )
        for index, each in enumerate(given)
    ]


async def create_lead(
    info: Info, input: Annotated[CreateLeadInput, strawberry.argument(description=INPUT)]
) -> CreateLeadResult:
    """Adds a lead; a repeated key answers the first."""
    assignee, pipeline = input.assignee_id, input.pipeline_id
    new = NewLead(
        person=input.person.given() if input.person else {},
        email_addresses=tuple(input.email_addresses),
        phone_numbers=tuple(input.phone_numbers),
        properties=_edits(info, None, input.properties),
        tags=tuple(input.tags),
        assignee_id=read_id("assigneeId", "staff", assignee) if assignee else None,
        source_detail=input.source_detail,
        pipeline_id=read_id("pipelineId", "pipeline", pipeline) if pipeline else None,
        picture_url=input.picture_url,
    )
    async with info.context.work() as work:
        lead_id = await leads.create_lead(work, new, input.idempotency_key)
    _, fields = await written(info, work, lead_id)
    return CreateLeadSuccess(**fields)


async def change_person_info(
    info: Info, input: Annotated[ChangePersonInfoInput, strawberry.argument(description=INPUT)]
) -> ChangePersonInfoResult:
    """Changes personal information, title or zone."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    own = {
        key: part.value
        for key, part in (("title", input.title), ("time_zone", input.time_zone))
        if part is not None
    }
    expected = read_version(info, lead_id, input.expected_version)
    person = input.person.given() if input.person else {}
    async with info.context.work() as work:
        lead_id = await leads.change_person(work, lead_id, person, own, expected)
    _, fields = await written(info, work, lead_id)
    return ChangePersonInfoSuccess(**fields)


async def change_priority(
    info: Info, input: Annotated[ChangePriorityInput, strawberry.argument(description=INPUT)]
) -> ChangePriorityResult:
    """Sets the priority."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    expected = read_version(info, lead_id, input.expected_version)
    async with info.context.work() as work:
        lead_id = await leads.change_priority(work, lead_id, input.priority, expected)
    _, fields = await written(info, work, lead_id)
    return ChangePrioritySuccess(**fields)


async def set_properties(
    info: Info, input: Annotated[SetPropertiesInput, strawberry.argument(description=INPUT)]
) -> SetPropertiesResult:
    """Sets or clears properties in one change."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    edits = _edits(info, lead_id, input.properties)
    async with info.context.work() as work:
        lead_id = await leads.set_properties(work, lead_id, edits)
    _, fields = await written(info, work, lead_id)
    return SetPropertiesSuccess(**fields)


async def assign_lead(
    info: Info, input: Annotated[AssignLeadInput, strawberry.argument(description=INPUT)]
) -> AssignLeadResult:
    """Gives the lead to somebody active, or to nobody."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    staff_id = read_id("staffId", "staff", input.staff_id) if input.staff_id else None
    expected = read_version(info, lead_id, input.expected_version)
    async with info.context.work() as work:
        lead_id = await leads.assign(
            work, lead_id, staff_id, expected, moves_open_items=input.move_open_items
        )
    _, fields = await written(info, work, lead_id)
    return AssignLeadSuccess(**fields)
