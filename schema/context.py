"""What a field of the schema gets: who asks, and views to read through."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from strawberry.types import Info as StrawberryInfo

import schema.enums  # noqa: F401  # registers the enums before any type names one
from models.ids import decode_id
from resolvers import staff, visits
from resolvers.actors import SYSTEM, Actor, StaffActor, VisitorActor
from resolvers.errors import ProblemCode, invalid
from resolvers.limits import Balance, CallerKind
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from schema.loaders import SchemaView
from schema.operation_errors import Code, operation_error

STAFF_TOKENS, VISIT_TOKEN = ("staff_", "api_"), "visit_"


@dataclass
class Context:
    """One operation: its caller, known when first asked for, and its views, closed at its end."""

    services: Services
    token: str | None = None
    client: str = ""
    """Names the caller's network for limits, without telling which it is."""
    address: str = ""
    """Network address of the caller, for looking up a place; kept nowhere."""
    device: str = ""
    origin: str | None = None
    may_introspect: bool = False
    needs_trust: bool = False
    """Whether only trusted documents of this caller are run. Like the above known by `enter`."""
    request_id: str = field(default_factory=lambda: uuid4().hex)
    session_key: str | None = None
    """Session whose sockets these are; None before anybody signed in."""
    set_session: Callable[[str | None], None] | None = None
    """Sets or clears the session cookie; None where there is no response to set it on."""
    connection_params: dict[str, object] | None = None
    views: list[SchemaView] = field(default_factory=list)
    _staff: StaffActor | None = None
    _visitor: VisitorActor | None = None
    _kind: CallerKind = CallerKind.NOBODY

    def for_operation(self) -> "Context":
        """A socket serves many operations; each reads its caller's rights anew."""
        return replace(self, views=[], _staff=None, _visitor=None)

    async def enter(self) -> None:
        """Reads who calls, and what that lets them send."""
        if await self.staff_or_none():
            self._kind = CallerKind.STAFF
        elif await self.visitor_or_none():
            self._kind = CallerKind.VISITOR
        else:
            self._kind = CallerKind.NOBODY
        self.may_introspect = self.services.api.may_introspect(self._kind)
        self.needs_trust = self.services.api.needs_trust(self._kind)

    @property
    def caller(self) -> str:
        """Whose limits count, once `enter` knows: a person, a token, a visitor, or an address."""
        if self._staff is not None and not self._staff.is_person:
            return f"token:{self._staff.session_id.hex}"
        if self._staff is not None:
            return f"staff:{self._staff.id.hex}"
        if self._visitor is not None:
            return f"visitor:{self._visitor.lead_id.hex}"
        return f"address:{self.client}"

    async def charge(self, cost: int) -> Balance:
        """Takes the cost of a document from what the caller may spend."""
        per_minute = self.services.api.cost_per_minute(self._kind)
        return await self.services.buckets.take(self.caller, cost, per_minute)

    async def release(self) -> None:
        """Gives connections of the database back."""
        views, self.views = self.views, []
        for view in views:
            await view.close()

    async def staff_or_none(self) -> StaffActor | None:
        """The signed-in person or the holder of an API token, read once an operation."""
        if self._staff is None and self.token and self.token.startswith(STAFF_TOKENS):
            self._staff = await staff.actor_for_token(self.services, self.token)
        return self._staff

    async def staff(self) -> StaffActor:
        """The signed-in person; an error with code UNAUTHENTICATED for anyone else."""
        actor = await self.staff_or_none()
        if actor is None:
            raise operation_error(Code.UNAUTHENTICATED, "Please sign in.")
        return actor

    async def person(self) -> StaffActor:
        """The signed-in person for acts on their own account, which no API token may do."""
        actor = await self.staff()
        if not actor.is_person:
            raise operation_error(Code.UNAUTHENTICATED, "An API token can't do this: sign in.")
        return actor

    async def visitor_or_none(self) -> VisitorActor | None:
        """The holder of the visit token, if that is what came along."""
        if self._visitor is None and self.token and self.token.startswith(VISIT_TOKEN):
            self._visitor = await visits.actor_for_token(self.services, self.token)
        return self._visitor

    async def visitor(self) -> VisitorActor:
        """The visitor; an error with code UNAUTHENTICATED without a visit token that stands."""
        actor = await self.visitor_or_none()
        if actor is None:
            raise operation_error(Code.UNAUTHENTICATED, "Please start a visit.")
        return actor

    def view(self, actor: Actor) -> SchemaView:
        """A new reading of the database, closed when the operation's answer is made."""
        view = SchemaView(self.services, actor)
        self.views.append(view)
        return view

    def adopt(self, view: SchemaView) -> SchemaView:
        """Closes a view that a stream's item came with once the item is answered."""
        self.views.append(view)
        return view

    async def reading(self) -> SchemaView:
        """The one view of a query by staff: all its fields see one state of the database."""
        actor = await self.staff()
        return self.views[0] if self.views else self.view(actor)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[UnitOfWork]:
        """A unit of work of the signed-in person; read its outcome through a new view."""
        async with unit_of_work(self.services, await self.staff()) as work:
            yield work

    @property
    def nobody(self) -> Actor:
        """Reads what anyone may see."""
        return SYSTEM


Info = StrawberryInfo[Context, Any]


def read_id(path: str, noun: str, text: str) -> Any:
    """The UUID of an id in an input; InvalidInput at `path` for a malformed one."""
    try:
        return decode_id(noun, text)
    except ValueError as error:
        raise invalid(
            path, ProblemCode.MALFORMED, f"An id of the form {noun}_<32 hexadecimal digits>."
        ) from error


def argument_id(noun: str, text: str) -> Any:
    """The UUID of an id in a query's argument; BAD_USER_INPUT for a malformed one."""
    try:
        return decode_id(noun, text)
    except ValueError as error:
        raise operation_error(
            Code.BAD_USER_INPUT, f"An id of the form {noun}_<32 hexadecimal digits> is expected."
        ) from error
