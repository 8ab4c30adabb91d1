"""What a person keeps in the header of every card."""

from typing import Annotated

import strawberry

from resolvers import pins
from schema.context import Info
from schema.errors import InvalidInputError, LimitError, NotFoundError
from schema.mutations.writing import INPUT
from schema.staff import StaffPreferences


@strawberry.input(description="Input of `pinProperty`.")
class PinPropertyInput:
    field_key: str = strawberry.field(description="Key.")
    position: int | None = strawberry.field(
        default=None,
        description="Place from 0, beyond the end is the end; absent: where it is, a new one last.",
    )


@strawberry.type(description="Success of `pinProperty`.")
class PinPropertySuccess:
    preferences: StaffPreferences = strawberry.field(description="Your preferences.")


PinPropertyResult = Annotated[
    PinPropertySuccess | NotFoundError | LimitError | InvalidInputError,
    strawberry.union("PinPropertyResult", description="Result of `pinProperty`."),
]


@strawberry.input(description="Input of `unpinProperty`.")
class UnpinPropertyInput:
    field_key: str = strawberry.field(description="Key.")


@strawberry.type(description="Success of `unpinProperty`.")
class UnpinPropertySuccess:
    preferences: StaffPreferences = strawberry.field(description="Your preferences.")


UnpinPropertyResult = Annotated[
    UnpinPropertySuccess | InvalidInputError,
    strawberry.union("UnpinPropertyResult", description="Result of `unpinProperty`."),
]


async def pin_property(
    info: Info, input: Annotated[PinPropertyInput, strawberry.argument(description=INPUT)]
) -> PinPropertyResult:
    """Puts a property into the header."""
    actor = await info.context.staff()
    async with info.context.work() as work:
        await pins.pin_property(work, actor, input.field_key, input.position)
    return PinPropertySuccess(preferences=StaffPreferences(view=info.context.view(actor)))


async def unpin_property(
    info: Info, input: Annotated[UnpinPropertyInput, strawberry.argument(description=INPUT)]
) -> UnpinPropertyResult:
    """Takes a property from the header."""
    actor = await info.context.staff()
    async with info.context.work() as work:
        await pins.unpin_property(work, actor, input.field_key)
    return UnpinPropertySuccess(preferences=StaffPreferences(view=info.context.view(actor)))
