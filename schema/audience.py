"""Who may call a root field, said in the schema itself."""

from enum import StrEnum

import strawberry
from strawberry.schema_directive import Location


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
