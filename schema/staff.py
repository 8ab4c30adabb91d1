"""People of the team, actors, sign-in."""

from typing import Annotated
from uuid import UUID

import strawberry

from models.enums import ActorKind, StaffRole
from models.staff import Staff as StaffRow
from resolvers import leads_list, policy, staff
from resolvers.actors import StaffActor as StaffCaller
from resolvers.policy import Permission
from schema.context import Context, Info
from schema.errors import InvalidInputError, LimitError, PreconditionError
from schema.loaders import SchemaView
from schema.pages import AFTER, FIRST, PageInfo, connection
from schema.scalars import Cursor, EmailAddress, TimeZone
from schema.values import global_id


@strawberry.type(description="Person of the team.")
class Staff:
    row: strawberry.Private[StaffRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The person.")
    def id(self) -> strawberry.ID:
        return global_id("staff", self.row.id)

    @strawberry.field(description="1 to 100 characters.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(description="Sign-in address; ADMIN and the person only.")
    def email_address(self) -> EmailAddress | None:
        actor = self.view.actor
        is_told = isinstance(actor, StaffCaller) and (
            actor.id == self.row.id or actor.role is StaffRole.ADMIN
        )
        return EmailAddress(self.row.email_address) if is_told else None

    @strawberry.field(description="Role.")
    def role(self) -> StaffRole:
        return self.row.role

    @strawberry.field(description="False: can't sign in or be assigned.")
    def is_active(self) -> bool:
        return self.row.is_active

    @strawberry.field(description="Zone for days and reminders.")
    def time_zone(self) -> TimeZone:
        return TimeZone(self.row.time_zone)


@strawberry.type(description="Row of StaffConnection.")
class StaffEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: Staff = strawberry.field(description="The row.")


@strawberry.type(description="Page of staff.")
class StaffConnection:
    edges: list[StaffEdge] = strawberry.field(description="With cursors.")
    nodes: list[Staff] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")


@strawberry.interface(description="Who did something. Names are kept as they were then.")
class Actor:
    kind: ActorKind = strawberry.field(description="Kind of actor.")
    name: str = strawberry.field(description="Name at that time.")
    actor_id: strawberry.Private[UUID | None]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The staff member that answers for it, if any and still there.")
    async def staff(self) -> Staff | None:
        if self.kind is not ActorKind.STAFF or self.actor_id is None:
            return None
        row = await self.view.load.staff.load(self.actor_id)
        return Staff(row=row, view=self.view) if row else None


@strawberry.type(description="Person of the team.")
class StaffActor(Actor):
    """STAFF."""


@strawberry.type(description="The lead itself.")
class LeadActor(Actor):
    """LEAD."""


@strawberry.type(description="This program.")
class SystemActor(Actor):
    """SYSTEM, and everything that acts on its own."""


ACTOR_TYPES = [StaffActor, LeadActor, SystemActor]


def actor_of(view: SchemaView, kind: ActorKind, actor_id: UUID | None, name: str) -> Actor:
    """The actor that a row names."""
    types = {ActorKind.STAFF: StaffActor, ActorKind.LEAD: LeadActor}
    made: Actor = types.get(kind, SystemActor)(kind=kind, name=name, actor_id=actor_id, view=view)
    return made


async def staff_of(view: SchemaView, staff_id: UUID | None) -> Staff | None:
    """The person with this id."""
    row = await view.load.staff.load(staff_id) if staff_id else None
    return Staff(row=row, view=view) if row else None


@strawberry.type(description="Preferences of a staff member.")
class StaffPreferences:
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="Properties on top of each card, in order; at most 12.")
    async def pinned_field_keys(self) -> list[str]:
        return [field.key for field in await self.view.load.pins.load(None)]


@strawberry.type(description="The signed-in staff member's own things.")
class Me:
    view: strawberry.Private[SchemaView]
    caller: strawberry.Private[StaffCaller]

    @strawberry.field(description="You.")
    async def staff(self) -> Staff:
        person = await staff_of(self.view, self.caller.id)
        assert person is not None
        return person

    @strawberry.field(description="What your role grants, apart from rows.")
    def permissions(self) -> list[Permission]:
        return [each for each, roles in policy.GRANTS.items() if self.caller.role in roles]

    @strawberry.field(description="Your preferences.")
    def preferences(self) -> StaffPreferences:
        return StaffPreferences(view=self.view)


@strawberry.input(description="Input of `signIn`.")
class SignInInput:
    email_address: EmailAddress = strawberry.field(description="Sign-in address.")
    password: str = strawberry.field(
        description="Password, 1 to 256 characters; send it as a variable."
    )
    wants_token: bool = strawberry.field(
        default=False, description="True: answer a bearer token instead of setting a cookie."
    )


@strawberry.type(description="Success of `signIn`.")
class SignInSuccess:
    me: Me = strawberry.field(description="You.")
    token: str | None = strawberry.field(
        description="Bearer token, shown once; null for cookie sign-in."
    )


SignInResult = Annotated[
    SignInSuccess | PreconditionError | LimitError | InvalidInputError,
    strawberry.union("SignInResult", description="Result of `signIn`."),
]


@strawberry.type(description="Success of `signOut`.")
class SignOutSuccess:
    is_signed_out: bool = strawberry.field(description="Always true.")


SignOutResult = Annotated[
    SignOutSuccess | InvalidInputError,
    strawberry.union("SignOutResult", description="Result of `signOut`."),
]


async def me(info: Info) -> Me | None:
    """The caller, if signed in."""
    caller = await info.context.staff_or_none()
    return Me(view=await info.context.reading(), caller=caller) if caller else None


async def staff_members(
    info: Info,
    first: Annotated[int, strawberry.argument(description=FIRST)],
    after: Annotated[Cursor | None, strawberry.argument(description=AFTER)] = None,
    active_only: Annotated[
        bool, strawberry.argument(description="Only who can be assigned leads now.")
    ] = False,
) -> StaffConnection:
    """All staff, by name."""
    view = await info.context.reading()
    page = await leads_list.staff_page(view, active_only=active_only, first=first, after=after)
    return connection(StaffConnection, StaffEdge, page, lambda row: Staff(row=row, view=view))


async def sign_in(
    info: Info,
    input: Annotated[SignInInput, strawberry.argument(description="What to do it with.")],
) -> SignInResult:
    """Opens a session; the token goes into a cookie unless the caller wants it."""
    context: Context = info.context
    signed_in = await staff.sign_in(
        context.services,
        input.email_address,
        input.password,
        device=context.device,
        client=context.client,
    )
    wants_token = input.wants_token or context.set_session is None
    if context.set_session and not wants_token:
        context.set_session(signed_in.token)
    view = context.view(signed_in.actor)
    return SignInSuccess(
        me=Me(view=view, caller=signed_in.actor), token=signed_in.token if wants_token else None
    )


async def sign_out(info: Info) -> SignOutResult:
    """Ends the session and its sockets."""
    context: Context = info.context
    caller = await context.staff()
    await staff.sign_out(context.services, caller)
    if context.set_session:
        context.set_session(None)
    return SignOutSuccess(is_signed_out=True)
