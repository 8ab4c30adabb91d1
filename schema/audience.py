"""Who may call a root field, said in the schema itself."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, TypeVar

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

from schema.context import Info

T = TypeVar("T")


class Audience(StrEnum):
    PUBLIC = "PUBLIC"
    VISITOR = "VISITOR"
    STAFF = "STAFF"


_registered = strawberry.enum(Audience, name="Audience", description="Kinds of callers.")
for _value in _registered.__strawberry_definition__.values:  # type: ignore[attr-defined]  # set by enum()
    _value.description = {
        "PUBLIC": "Anyone, signed in or not.",
        "VISITOR": "Holder of a visit token.",
        "STAFF": "Staff member.",
    }[_value.name]


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="audience",
    description="Who may call a root field; without it: STAFF. Rows and fields are then decided "
    "by the permission table.",
)
class AudienceDirective:
    of: list[Audience] = strawberry.directive_field(name="of")


PUBLIC = AudienceDirective(of=[Audience.PUBLIC])
VISITOR = AudienceDirective(of=[Audience.VISITOR])


class _SignedIn(FieldExtension):
    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **kwargs: Any
    ) -> Any:
        await info.context.staff()
        return await next_(source, info, **kwargs)


def guarded(root: type[T]) -> type[T]:
    """Fields of a root that name no audience refuse others before they look at their input."""
    for field in vars(root).values():
        if isinstance(field, StrawberryField) and not field.directives:
            field.extensions.append(_SignedIn())
    return root
