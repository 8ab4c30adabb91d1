"""Acts on definitions of fields, their groups, and each person's layout of them."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry
from strawberry import Maybe

from models.enums import FieldType, FieldVisibility
from models.fields import FieldGroup as FieldGroupRow
from resolvers import fields, layouts, summary
from resolvers.errors import ProblemCode, invalid
from resolvers.fields import NewField, OptionEdit
from resolvers.layouts import LayoutEdit
from resolvers.project import CARD
from schema.context import Info, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitError,
    NotFoundError,
    PreconditionError,
    read_version,
)
from schema.field_definitions import FieldDefinition, FieldGroup
from schema.fields import groups_in
from schema.mutations.writing import INPUT
from schema.project import CardConfiguration, card_configuration_of
from schema.scalars import Decimal, Version
from schema.staff import StaffPreferences

NULLABLE = ("hint", "minimum", "maximum", "unit")
PARTS = ("label", "type", "is_required", "visibility", "is_personal_data", "is_archived")


@strawberry.input(description="Option; ones left out of a list are archived.")
class FieldOptionInput:
    option_id: strawberry.ID | None = strawberry.field(
        default=None, description="The option; absent: a new one, or the one with this label."
    )
    label: str = strawberry.field(description="1 to 80 characters, unique in the field.")


def _options(given: Sequence[FieldOptionInput]) -> list[OptionEdit]:
    return [OptionEdit(each.label, each.option_id) for each in given]


@strawberry.input(description="Input of `createField`.")
class CreateFieldInput:
    key: str = strawberry.field(
        description="Lower snake case, 1 to 64 characters, not reserved, unique."
    )
    label: str = strawberry.field(description="1 to 80 characters.")
    type: FieldType = strawberry.field(description="Type.")
    group_id: strawberry.ID | None = strawberry.field(
        default=None, description="Group; absent: the one for new fields."
    )
    hint: str | None = strawberry.field(default=None, description="At most 300 characters.")
    is_required: bool = strawberry.field(default=False, description="Must be filled.")
    unit: str | None = strawberry.field(default=None, description="At most 12 characters.")
    visibility: FieldVisibility = strawberry.field(
        default=FieldVisibility.ALL, description="Who may read and write it; you, too."
    )
    is_personal_data: bool = strawberry.field(default=True, description="Personal data.")
    options: list[FieldOptionInput] | None = strawberry.field(
        default=None, description="Options in order, at most 200."
    )
    minimum: Decimal | None = strawberry.field(default=None, description="NUMBER, MONEY: at least.")
    maximum: Decimal | None = strawberry.field(default=None, description="NUMBER, MONEY: at most.")


@strawberry.type(description="Success of `createField`.")
class CreateFieldSuccess:
    field: FieldDefinition = strawberry.field(description="The field.")


CreateFieldResult = Annotated[
    CreateFieldSuccess | ForbiddenError | NotFoundError | LimitError | InvalidInputError,
    strawberry.union("CreateFieldResult", description="Result of `createField`."),
]


async def create_field(
    info: Info, input: Annotated[CreateFieldInput, strawberry.argument(description=INPUT)]
) -> CreateFieldResult:
    """Defines a field for all leads."""
    new = NewField(
        input.key,
        input.label,
        input.type,
        input.hint,
        input.unit,
        input.visibility,
        read_id("groupId", "group", input.group_id) if input.group_id else None,
        input.is_required,
        input.is_personal_data,
        None if input.options is None else _options(input.options),
        input.minimum,
        input.maximum,
    )
    async with info.context.work() as work:
        row = await fields.create_field(work, new)
    return CreateFieldSuccess(field=FieldDefinition(row=row))


@strawberry.input(description="Input of `updateField`; absent stays.")
class UpdateFieldInput:
    field_id: strawberry.ID = strawberry.field(description="The field.")
    label: str | None = strawberry.field(default=None, description="1 to 80 characters.")
    type: FieldType | None = strawberry.field(
        default=None, description="New type; values stay as they are stored."
    )
    hint: Maybe[str | None] = strawberry.field(
        description="At most 300 characters; null clears it."
    )
    is_required: bool | None = strawberry.field(default=None, description="Must be filled.")
    visibility: FieldVisibility | None = strawberry.field(
        default=None, description="Who may read and write it; you, too."
    )
    is_personal_data: bool | None = strawberry.field(default=None, description="Personal data.")
    options: list[FieldOptionInput] | None = strawberry.field(
        default=None, description="Options in order, at most 200."
    )
    minimum: Maybe[Decimal | None] = strawberry.field(
        description="NUMBER, MONEY: at least; null: no bound."
    )
    maximum: Maybe[Decimal | None] = strawberry.field(
        description="NUMBER, MONEY: at most; null: no bound."
    )
    unit: Maybe[str | None] = strawberry.field(description="At most 12 characters; null clears.")
    is_archived: bool | None = strawberry.field(
        default=None, description="Archive or bring back; built-in ones can't be."
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )

    def given(self) -> dict[str, Any]:
        """The parts that are there, as the use-case takes them."""
        parts = {key: getattr(self, key) for key in PARTS}
        found = {key: value for key, value in parts.items() if value is not None}
        for key in NULLABLE:
            part = getattr(self, key)
            if part is not None:
                found[key] = part.value
        if self.options is not None:
            found["options"] = _options(self.options)
        return found


@strawberry.type(description="Success of `updateField`.")
class UpdateFieldSuccess:
    field: FieldDefinition = strawberry.field(description="The field.")
    misfit_count: int = strawberry.field(
        description="Leads of yours whose value is of a former type and does not fit."
    )


UpdateFieldResult = Annotated[
    UpdateFieldSuccess
    | ForbiddenError
    | NotFoundError
    | PreconditionError
    | ConflictError
    | InvalidInputError,
    strawberry.union("UpdateFieldResult", description="Result of `updateField`."),
]


async def update_field(
    info: Info, input: Annotated[UpdateFieldInput, strawberry.argument(description=INPUT)]
) -> UpdateFieldResult:
    """Changes a definition."""
    field_id = read_id("fieldId", "field", input.field_id)
    expected = read_version(info, field_id, input.expected_version)
    async with info.context.work() as work:
        row, misfits = await fields.update_field(work, field_id, input.given(), expected)
    return UpdateFieldSuccess(field=FieldDefinition(row=row), misfit_count=misfits)


@strawberry.input(description="Input of `moveField`.")
class MoveFieldInput:
    field_id: strawberry.ID = strawberry.field(description="The field.")
    group_id: strawberry.ID = strawberry.field(description="Group.")
    position: int = strawberry.field(
        description="Place from 0 among those that you see; outside: the nearest end."
    )


@strawberry.type(description="Success of `moveField`.")
class MoveFieldSuccess:
    field_groups: list[FieldGroup] = strawberry.field(description="All groups.")


MoveFieldResult = Annotated[
    MoveFieldSuccess | ForbiddenError | NotFoundError | InvalidInputError,
    strawberry.union("MoveFieldResult", description="Result of `moveField`."),
]


async def move_field(
    info: Info, input: Annotated[MoveFieldInput, strawberry.argument(description=INPUT)]
) -> MoveFieldResult:
    """Puts a field into a group."""
    field_id = read_id("fieldId", "field", input.field_id)
    group_id = read_id("groupId", "group", input.group_id)
    async with info.context.work() as work:
        await fields.move_field(work, field_id, group_id, input.position)
    return MoveFieldSuccess(field_groups=await _all_groups(info))


async def _all_groups(info: Info) -> list[FieldGroup]:
    """Groups after the act."""
    return await groups_in(info.context.view(await info.context.staff()))


@strawberry.input(description="Input of `saveFieldGroup`.")
class SaveFieldGroupInput:
    group_id: strawberry.ID | None = strawberry.field(
        default=None, description="The group; absent: a new one."
    )
    name: str = strawberry.field(description="1 to 60 characters, unique without regard to case.")
    position: int | None = strawberry.field(
        default=None,
        description="Place from 0, outside: the nearest end; absent: where it is, a new one last.",
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `saveFieldGroup`.")
class SaveFieldGroupSuccess:
    group: FieldGroup = strawberry.field(description="The group.")


SaveFieldGroupResult = Annotated[
    SaveFieldGroupSuccess
    | ForbiddenError
    | NotFoundError
    | LimitError
    | ConflictError
    | InvalidInputError,
    strawberry.union("SaveFieldGroupResult", description="Result of `saveFieldGroup`."),
]


async def save_field_group(
    info: Info, input: Annotated[SaveFieldGroupInput, strawberry.argument(description=INPUT)]
) -> SaveFieldGroupResult:
    """Makes or changes a group."""
    group_id = read_id("groupId", "group", input.group_id) if input.group_id else None
    if group_id is None and input.expected_version is not None:
        raise invalid(
            "expectedVersion", ProblemCode.CONTRADICTION, "A new group has no version yet."
        )
    expected = read_version(info, group_id, input.expected_version)
    async with info.context.work() as work:
        row: FieldGroupRow = await fields.save_group(
            work, group_id, input.name, input.position, expected
        )
    view = info.context.view(await info.context.staff())
    return SaveFieldGroupSuccess(group=FieldGroup(row=row, view=view))


@strawberry.input(description="Input of `removeFieldGroup`.")
class RemoveFieldGroupInput:
    group_id: strawberry.ID = strawberry.field(description="The group.")


@strawberry.type(description="Success of `removeFieldGroup`.")
class RemoveFieldGroupSuccess:
    field_groups: list[FieldGroup] = strawberry.field(description="All groups.")


RemoveFieldGroupResult = Annotated[
    RemoveFieldGroupSuccess
    | ForbiddenError
    | NotFoundError
    | PreconditionError
    | InvalidInputError,
    strawberry.union("RemoveFieldGroupResult", description="Result of `removeFieldGroup`."),
]


async def remove_field_group(
    info: Info, input: Annotated[RemoveFieldGroupInput, strawberry.argument(description=INPUT)]
) -> RemoveFieldGroupResult:
    """Removes an empty group."""
    group_id = read_id("groupId", "group", input.group_id)
    async with info.context.work() as work:
        await fields.remove_group(work, group_id)
    return RemoveFieldGroupSuccess(field_groups=await _all_groups(info))


@strawberry.input(description="Input of `changeMyLayout`; absent stays.")
class ChangeMyLayoutInput:
    group_id: strawberry.ID = strawberry.field(description="The group.")
    shown_field_keys: Maybe[list[str] | None] = strawberry.field(
        description="Keys of the group's fields that you want to see, in order, each once; fields "
        "that come later follow. Null: the project's default."
    )
    is_collapsed: bool | None = strawberry.field(default=None, description="Folded.")


@strawberry.type(description="Success of `changeMyLayout`.")
class ChangeMyLayoutSuccess:
    preferences: StaffPreferences = strawberry.field(description="Your preferences.")


ChangeMyLayoutResult = Annotated[
    ChangeMyLayoutSuccess | NotFoundError | InvalidInputError,
    strawberry.union("ChangeMyLayoutResult", description="Result of `changeMyLayout`."),
]


async def change_my_layout(
    info: Info, input: Annotated[ChangeMyLayoutInput, strawberry.argument(description=INPUT)]
) -> ChangeMyLayoutResult:
    """Changes how you see a group."""
    actor = await info.context.staff()
    group_id = read_id("groupId", "group", input.group_id)
    part = input.shown_field_keys
    edit = LayoutEdit(part.value if part else None, part is not None, input.is_collapsed)
    async with info.context.work() as work:
        await layouts.change_layout(work, actor, group_id, edit)
    return ChangeMyLayoutSuccess(preferences=StaffPreferences(view=info.context.view(actor)))


@strawberry.input(description="Input of `changeSummaryFields`.")
class ChangeSummaryFieldsInput:
    field_keys: list[str] = strawberry.field(
        description="`id`, `contact`, `createdAt`, `source` and keys of fields, in order, each "
        "once, at most 20."
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `changeSummaryFields`.")
class ChangeSummaryFieldsSuccess:
    card: CardConfiguration = strawberry.field(description="What cards show.")


ChangeSummaryFieldsResult = Annotated[
    ChangeSummaryFieldsSuccess | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("ChangeSummaryFieldsResult", description="Result of `changeSummaryFields`."),
]


async def change_summary_fields(
    info: Info, input: Annotated[ChangeSummaryFieldsInput, strawberry.argument(description=INPUT)]
) -> ChangeSummaryFieldsResult:
    """Chooses the lines of the summary."""
    expected = read_version(info, CARD, input.expected_version)
    async with info.context.work() as work:
        await summary.change_summary(work, input.field_keys, expected)
    card = await card_configuration_of(info.context.view(work.actor))
    return ChangeSummaryFieldsSuccess(card=card)
