"""People of the team, and actors."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from models.enums import ActorKind, AvatarSource, StaffRole
from models.fields import FieldLayout as LayoutRow
from models.staff import Staff as StaffRow
from models.staff import StaffSession as SessionRow
from resolvers import access, calendar_feed, layouts, leads_list, staff
from resolvers.actors import StaffActor as StaffCaller
from resolvers.policy import Permission
from schema.avatar import Avatar
from schema.context import Info
from schema.errors import seal_version
from schema.field_definitions import FieldGroup
from schema.loaders import SchemaView
from schema.pages import AFTER, FIRST, PageInfo, connection
from schema.scalars import Cursor, EmailAddress, LanguageTag, TimeZone, Url, Version
from schema.values import global_id

if TYPE_CHECKING:
    from schema.automations import Automation
    from schema.teams import Team


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

    @strawberry.field(description="Picture, uploaded by the person; else initials.")
    def avatar(self) -> Avatar:
        file_id = self.row.avatar_id
        return Avatar(
            name=self.row.name,
            view=self.view,
            file_id=file_id,
            given=AvatarSource.UPLOAD if file_id else None,
        )

    @strawberry.field(description="Sign-in address; ADMIN and the person only.")
    def email_address(self) -> EmailAddress | None:
        actor = self.view.actor
        is_told = access.may(actor, Permission.ADMINISTER) or (
            actor.kind is ActorKind.STAFF and actor.id == self.row.id
        )
        return EmailAddress(self.row.email_address) if is_told else None

    @strawberry.field(description="Role.")
    def role(self) -> StaffRole:
        return self.row.role

    @strawberry.field(description="Team, if any.")
    async def team(self) -> Annotated["Team", strawberry.lazy("schema.teams")] | None:
        from schema.teams import team_of

        return await team_of(self.view, await self.view.load.team_of_staff.load(self.row.id))

    @strawberry.field(description="False: can't sign in or be assigned.")
    def is_active(self) -> bool:
        return self.row.is_active

    @strawberry.field(description="Invited and not yet signed in.")
    def is_invited(self) -> bool:
        return self.row.is_invited

    @strawberry.field(
        description="Has a page open, or did something within the last 5 minutes; false at once "
        "after signing out. `teamPresence` tells it live."
    )
    async def is_online(self) -> bool:
        return (await self.view.load.last_use.load(self.row.id)).is_online

    @strawberry.field(
        description="Last use while signed in, to within 2 minutes; null: never signed in."
    )
    async def last_seen_at(self) -> datetime | None:
        return (await self.view.load.last_use.load(self.row.id)).at

    @strawberry.field(description="Zone for days and reminders.")
    def time_zone(self) -> TimeZone:
        return TimeZone(self.row.time_zone)

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)


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
        if self.kind not in (ActorKind.STAFF, ActorKind.API) or self.actor_id is None:
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


@strawberry.type(
    description="Integration with its own token; a personal token acts as its owner, STAFF via API."
)
class ApiActor(Actor):
    """API, under the token's name then; `staff` is who answers for it."""


@strawberry.type(description="Automation rule.")
class AutomationActor(Actor):
    """AUTOMATION, under the rule's name then."""

    @strawberry.field(description="The rule, while it exists and you may know it.")
    async def automation(
        self,
    ) -> Annotated["Automation", strawberry.lazy("schema.automations")] | None:
        from schema.automations import Automation

        row = await self.view.load.automation.load(self.actor_id) if self.actor_id else None
        return Automation(row=row, view=self.view) if row else None


ACTOR_TYPES = [StaffActor, LeadActor, SystemActor, AutomationActor, ApiActor]


def actor_of(view: SchemaView, kind: ActorKind, actor_id: UUID | None, name: str) -> Actor:
    """The actor that a row names."""
    types = {
        ActorKind.STAFF: StaffActor,
        ActorKind.LEAD: LeadActor,
        ActorKind.AUTOMATION: AutomationActor,
        ActorKind.API: ApiActor,
    }
    made: Actor = types.get(kind, SystemActor)(kind=kind, name=name, actor_id=actor_id, view=view)
    return made


async def staff_of(view: SchemaView, staff_id: UUID | None) -> Staff | None:
    """The person with this id."""
    row = await view.load.staff.load(staff_id) if staff_id else None
    return Staff(row=row, view=view) if row else None


@strawberry.type(description="How you see a group of fields.")
class FieldGroupLayout:
    row: strawberry.Private[LayoutRow]
    group: FieldGroup = strawberry.field(description="The group.")

    @strawberry.field(description="Folded.")
    def is_collapsed(self) -> bool:
        return self.row.is_collapsed

    @strawberry.field(description="Keys shown, in order; null: the project's default.")
    async def shown_field_keys(self) -> list[str] | None:
        if self.row.shown is None:
            return None
        rows = await self.group.rows()
        return [field.key for field in layouts.arranged(rows, self.row)]


@strawberry.type(description="Preferences of a staff member.")
class StaffPreferences:
    view: strawberry.Private[SchemaView]

    async def _row(self) -> StaffRow:
        assert self.view.actor.id is not None
        row = await self.view.load.staff.load(self.view.actor.id)
        assert row is not None
        return row

    @strawberry.field(description="Language of messages and formats.")
    async def language(self) -> LanguageTag:
        return LanguageTag((await self._row()).language)

    @strawberry.field(description="Your zone.")
    async def time_zone(self) -> TimeZone:
        return TimeZone((await self._row()).time_zone)

    @strawberry.field(
        description="You chose the zone; false: it is what the project had when you were added."
    )
    async def is_time_zone_chosen(self) -> bool:
        return (await self._row()).is_time_zone_chosen

    @strawberry.field(description="Version for `expectedVersion`.")
    async def version(self, info: Info) -> Version:
        row = await self._row()
        return seal_version(info, row.id, row.version)

    @strawberry.field(description="Groups of fields that you see in your own way, in order.")
    async def field_layouts(self) -> list[FieldGroupLayout]:
        found = await self.view.load.layouts.load(None)
        return [
            FieldGroupLayout(row=found[group.id], group=FieldGroup(row=group, view=self.view))
            for group in await self.view.load.field_groups.load(None)
            if group.id in found
        ]

    @strawberry.field(description="Properties on top of each card, in order; at most 12.")
    async def pinned_field_keys(self) -> list[str]:
        return [field.key for field in await self.view.load.pins.load(None)]


@strawberry.type(description="Sign-in of a staff member.")
class StaffSession:
    row: strawberry.Private[SessionRow]
    current_id: strawberry.Private[UUID]

    @strawberry.field(description="The session.")
    def id(self) -> strawberry.ID:
        return global_id("session", self.row.id)

    @strawberry.field(description="Browser and system, as told by it.")
    def device(self) -> str:
        return self.row.device

    @strawberry.field(description="Since when.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @strawberry.field(description="Last use, to within 2 minutes.")
    def last_used_at(self) -> datetime:
        return self.row.last_used_at

    @strawberry.field(description="The one asking.")
    def is_current(self) -> bool:
        return self.row.id == self.current_id


@strawberry.type(description="The signed-in staff member's own things.")
class Me:
    view: strawberry.Private[SchemaView]
    caller: strawberry.Private[StaffCaller]

    @strawberry.field(description="You.")
    async def staff(self) -> Staff:
        return await self._person()

    async def _person(self) -> Staff:
        person = await staff_of(self.view, self.caller.id)
        assert person is not None
        return person

    @strawberry.field(description="An authenticator is demanded at sign-in.")
    async def is_totp_on(self) -> bool:
        return await staff.is_totp_on(self.view, self.caller.id)

    @strawberry.field(
        description="What your role grants, apart from rows; for an API token, what it is for."
    )
    def permissions(self) -> list[Permission]:
        return [each for each in Permission if access.may(self.caller, each)]

    @strawberry.field(
        description="Secret address of your calendar feed, an iCalendar file; null for an API "
        "token."
    )
    async def calendar_feed_url(self) -> Url | None:
        url = await calendar_feed.feed_url(self.view, self.caller)
        return Url(url) if url else None

    @strawberry.field(description="Your preferences.")
    def preferences(self) -> StaffPreferences:
        return StaffPreferences(view=self.view)

    @strawberry.field(
        description="Where you are signed in, newest first; at most 50. Empty for an API token."
    )
    async def sessions(self) -> list[StaffSession]:
        if not self.caller.is_person:
            return []
        rows = await staff.sessions_of(self.view, self.caller.id)
        return [StaffSession(row=row, current_id=self.caller.session_id) for row in rows]


async def me(info: Info) -> Me | None:
    """The caller, if it is a person or acts as one."""
    caller = await info.context.staff_or_none()
    if caller is None or caller.kind is not ActorKind.STAFF:
        return None
    return Me(view=await info.context.reading(), caller=caller)


async def staff_members(
    info: Info,
    first: Annotated[int, strawberry.argument(description=FIRST)],
    after: Annotated[Cursor | None, strawberry.argument(description=AFTER)] = None,
    active_only: Annotated[
        bool, strawberry.argument(description="Only who can be assigned leads now.")
    ] = False,
    assignable_only: Annotated[
        bool, strawberry.argument(description="Only those of them to whom you may assign leads.")
    ] = False,
) -> StaffConnection:
    """All staff, by name."""
    view = await info.context.reading()
    page = await leads_list.staff_page(
        view,
        active_only=active_only,
        assignable_only=assignable_only,
        first=first,
        after=after,
    )
    return connection(StaffConnection, StaffEdge, page, lambda row: Staff(row=row, view=view))
