"""The visitor's side: it never tells what else is known about the person.

Its types share no object type with those of staff, so no selection can lead from one to the other.
"""

from datetime import datetime
from typing import Annotated

import strawberry

from models.conversations import Message as MessageRow
from models.enums import ActorKind, Channel, MessageDirection
from resolvers import deliveries
from resolvers.actors import VisitorActor
from resolvers.deliveries import NOW_OR_NEVER
from resolvers.lists import LEAD_MESSAGES, Chosen, Wanted
from schema.context import Info
from schema.loaders import SchemaView
from schema.pages import AFTER, FIRST, PageInfo, connection
from schema.scalars import Cursor, Url
from schema.values import global_id


@strawberry.type(description="Person of the team as the visitor sees it.")
class VisitStaff:
    name: str = strawberry.field(description="First name.")


def visit_staff(name: str) -> VisitStaff:
    """A person of the team: nothing but the first name."""
    return VisitStaff(name=name.partition(" ")[0])


@strawberry.type(description="Message as the visitor sees it.")
class VisitMessage:
    row: strawberry.Private[MessageRow]

    @strawberry.field(description="The message.")
    def id(self) -> strawberry.ID:
        return global_id("message", self.row.id)

    @strawberry.field(description="Written by the visitor.")
    def is_mine(self) -> bool:
        return self.row.direction is MessageDirection.FROM_LEAD

    @strawberry.field(description="Who of the team wrote it; null: the visitor.")
    def staff_member(self) -> VisitStaff | None:
        if self.row.author_kind not in (ActorKind.STAFF, ActorKind.API):
            return None
        return visit_staff(self.row.author_name)

    @strawberry.field(description="Plain text.")
    def text(self) -> str:
        return self.row.text

    @strawberry.field(description="When.")
    def at(self) -> datetime:
        return self.row.at


@strawberry.type(description="Row of VisitMessageConnection.")
class VisitMessageEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: VisitMessage = strawberry.field(description="The row.")


@strawberry.type(description="Page of messages of the visit.")
class VisitMessageConnection:
    edges: list[VisitMessageEdge] = strawberry.field(description="With cursors.")
    nodes: list[VisitMessage] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")


@strawberry.type(description="Button of a pop-up.")
class VisitLink:
    text: str = strawberry.field(description="What it says.")
    url: Url = strawberry.field(description="Where it leads.")


@strawberry.type(description="Pop-up to show.")
class VisitPopUp:
    id: strawberry.ID = strawberry.field(description="The pop-up.")
    title: str = strawberry.field(description="Title.")
    text: str = strawberry.field(description="Plain text.")
    link: VisitLink | None = strawberry.field(description="Its button; null: none.")
    expires_at: datetime = strawberry.field(description="Shown only until then.")
    seconds_left: int = strawberry.field(
        description="From now until then, for pages whose clock is wrong."
    )


def pop_up_of(row: MessageRow, now: datetime) -> VisitPopUp:
    """A pop-up as the page shows it."""
    until = row.expires_at or row.at + NOW_OR_NEVER
    link = VisitLink(text=row.link_text or "", url=Url(row.link_url)) if row.link_url else None
    return VisitPopUp(
        id=global_id("message", row.id),
        title=row.subject or "",
        text=row.text,
        link=link,
        expires_at=until,
        seconds_left=max(0, int((until - now).total_seconds())),
    )


@strawberry.type(
    description="Visit of a site, known by its token. It never tells what else is known about the "
    "person."
)
class Visit:
    caller: strawberry.Private[VisitorActor]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The visit.")
    def id(self) -> strawberry.ID:
        return global_id("visit", self.caller.visit_id)

    @strawberry.field(description="The site proved who it is.")
    def is_identified(self) -> bool:
        return self.caller.is_identified

    @strawberry.field(description="The chat of this visit, newest message first.")
    async def messages(
        self,
        first: Annotated[int, strawberry.argument(description=FIRST)],
        after: Annotated[Cursor | None, strawberry.argument(description=AFTER)] = None,
    ) -> VisitMessageConnection:
        chosen = Chosen(channels=(Channel.CHAT,))
        wanted = Wanted(LEAD_MESSAGES, self.caller.lead_id, first, after, chosen)
        page = await self.view.load.page.load(wanted)
        return connection(
            VisitMessageConnection, VisitMessageEdge, page, lambda row: VisitMessage(row=row)
        )

    @strawberry.field(description="Messages of the team that were not seen yet.")
    async def unread_count(self) -> int:
        return await deliveries.unread_of(self.view, self.caller.lead_id)

    @strawberry.field(description="Pop-ups to show now, oldest first; at most 5.")
    async def pop_ups(self) -> list[VisitPopUp]:
        now = self.view.services.clock.now()
        rows = await deliveries.pop_ups_of(self.view, self.caller.lead_id)
        return [pop_up_of(row, now) for row in rows]


async def visit(info: Info) -> Visit | None:
    """The visit whose token came with the request."""
    caller = await info.context.visitor_or_none()
    return Visit(caller=caller, view=info.context.view(caller)) if caller else None
