"""The permission table as a page for people: made from the data that decides, so it can't be
wrong."""

from collections.abc import Iterator

from graphql import GraphQLEnumType, GraphQLField

from models.enums import AccessScope, StaffRole
from resolvers.policy import BY_SETTING, FIELD_READERS, GRANTS, LEAD_SCOPE, Permission
from schema.audience import Audience, AudienceDirective
from schema.operations import LeadlightSchema

_HEAD = """# Who may see and do what

Made by `python -m cli export-permissions` from the tables in `resolvers/policy.py` and from the
schema; a test compares. `resolvers/access.py` turns the tables into predicates of SQL that every
query, list, count, stream and act uses. What one may not see does not exist: null in queries,
`NotFoundError` in mutations, no row, no count, no gap. Rights are read again before each item of a
stream; who loses a lead loses its stream in the same moment.
"""
_ROWS = """
A visitor sees their own visit and conversation, never a card. A private note is seen by its author
and by who may `READ_ALL_NOTES`, and so is every trace of it in history.
"""
_WIDTHS = """OWN is leads assigned to the person, TEAM besides those assigned to members of the
teams that the person is in or manages, ALL all. With `can_agents_self_assign` everybody sees leads
of nobody too. Who sees TEAM hands leads over within it only."""
_AUDIENCES = {
    Audience.PUBLIC: "Anyone, signed in or not",
    Audience.VISITOR: "Holder of a visit token",
    Audience.STAFF: "Signed-in staff",
}


def permissions_page(schema: LeadlightSchema) -> str:
    """Markdown of the whole page."""
    return "\n".join([_HEAD, *_leads(), _ROWS, *_grants(schema), "", *_fields(), *_roots(schema)])


def _leads() -> Iterator[str]:
    yield "## Leads"
    yield ""
    for role, scope in LEAD_SCOPE.items():
        is_fixed = isinstance(scope, AccessScope)
        yield f"- {role.value}: {'all leads' if is_fixed else f'as the setting `{scope}` says'}."
    yield ""
    yield _WIDTHS


def _grants(schema: LeadlightSchema) -> Iterator[str]:
    yield "## Permissions\n"
    yield "| permission | what for | " + " | ".join(role.value for role in StaffRole) + " |"
    yield "|---|---|" + "---|" * len(StaffRole)
    described = schema._schema.type_map["Permission"]
    assert isinstance(described, GraphQLEnumType)
    for permission, roles in GRANTS.items():
        meaning = described.values[permission.value].description
        marks = " | ".join(_mark(permission, role, role in roles) for role in StaffRole)
        yield f"| `{permission.value}` | {meaning} | {marks} |"


def _mark(permission: Permission, role: StaffRole, is_held: bool) -> str:
    by_role, setting = BY_SETTING.get(permission, (None, ""))
    if is_held:
        return "yes"
    return f"with `{setting}`" if role is by_role else ""


def _fields() -> Iterator[str]:
    yield "## Properties of a lead\n"
    yield "| visibility of the field | " + " | ".join(role.value for role in StaffRole) + " |"
    yield "|---|" + "---|" * len(StaffRole)
    for visibility, roles in FIELD_READERS.items():
        yield f"| `{visibility.value}` | {_marks(roles)} |"


def _marks(roles: frozenset[StaffRole]) -> str:
    return " | ".join("yes" if role in roles else "" for role in StaffRole)


def _roots(schema: LeadlightSchema) -> Iterator[str]:
    yield "\n## Root fields"
    for audience, who in _AUDIENCES.items():
        yield f"\n{who}:\n"
        roots: dict[str, list[str]] = {}
        for operation in operations_for(schema, audience):
            root, _, name = operation.partition(".")
            roots.setdefault(root, []).append(f"`{name}`")
        yield from (f"- {root}: {', '.join(names)}" for root, names in roots.items())


def operations_for(schema: LeadlightSchema, audience: Audience) -> list[str]:
    """Root fields that such callers may ask for, as `Query.me`."""
    graphql = schema._schema
    roots = filter(None, (graphql.query_type, graphql.mutation_type, graphql.subscription_type))
    return [
        f"{root.name}.{name}"
        for root in roots
        for name, field in root.fields.items()
        if audience in _audience(field)
    ]


def _audience(field: GraphQLField) -> list[Audience]:
    """Whom the field is for; staff where it does not say."""
    definition = field.extensions["strawberry-definition"]
    said = [each.of for each in definition.directives if isinstance(each, AudienceDirective)]
    return said[0] if said else [Audience.STAFF]
