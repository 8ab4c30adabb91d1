"""Addresses with their subscription status, and phone numbers."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from models.contact_points import EmailAddress as AddressRow
from models.contact_points import LeadEmailAddress as LeadAddressRow
from models.contact_points import LeadPhoneNumber as PhoneRow
from models.enums import InvalidEmailReason, SubscriptionStatus
from resolvers.contact_points import MAX_OTHERS, shown_status
from schema.loaders import SchemaView
from schema.scalars import EmailAddress, PhoneNumber
from schema.values import global_id

if TYPE_CHECKING:
    from schema.leads import Lead


@strawberry.type(
    description="May an address be mailed? One status for an address, on all leads that have it."
)
class EmailSubscription:
    row: strawberry.Private[AddressRow]

    @strawberry.field(
        description="What is shown: INVALID_EMAIL before UNSUBSCRIBED before hard BOUNCED before "
        "WAITING_FOR_CONFIRMATION before soft BOUNCED before SUBSCRIBED."
    )
    def subscription_status(self) -> SubscriptionStatus:
        return shown_status(self.row)

    @strawberry.field(description="Since when.")
    def since(self) -> datetime:
        return self.row.since

    @strawberry.field(description="INVALID_EMAIL: why.")
    def invalid_reason(self) -> InvalidEmailReason | None:
        return self.row.invalid_reason


@strawberry.type(
    description="Address of a lead. Its status belongs to the address, shared by all leads."
)
class LeadEmailAddress:
    row: strawberry.Private[LeadAddressRow]
    shared: strawberry.Private[AddressRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The entry.")
    def id(self) -> strawberry.ID:
        return global_id("address", self.row.id)

    @strawberry.field(description="The address.")
    def address(self) -> EmailAddress:
        return EmailAddress(self.shared.key)

    @strawberry.field(description="As it was typed.")
    def as_typed(self) -> str:
        return self.row.as_typed

    @strawberry.field(description="Used first.")
    def is_primary(self) -> bool:
        return self.row.position == 0

    @strawberry.field(description="Proven by a site; else only said.")
    def is_verified(self) -> bool:
        return self.row.is_verified

    @strawberry.field(description="Since when on this lead.")
    def added_at(self) -> datetime:
        return self.row.added_at

    @strawberry.field(description="May it be mailed, and why not.")
    def subscription(self) -> EmailSubscription:
        return EmailSubscription(row=self.shared)

    @strawberry.field(description="Other leads with it that you may see, newest first; at most 20.")
    async def other_leads(self) -> list[Annotated["Lead", strawberry.lazy("schema.leads")]]:
        from schema.leads import Lead

        rows = await self.view.load.leads_with_address.load(self.shared.id)
        others = [row for row in rows if row.id != self.row.lead_id]
        return [Lead(row=row, view=self.view) for row in others[:MAX_OTHERS]]


@strawberry.type(description="Phone number of a lead.")
class LeadPhoneNumber:
    row: strawberry.Private[PhoneRow]

    @strawberry.field(description="The entry.")
    def id(self) -> strawberry.ID:
        return global_id("phone", self.row.id)

    @strawberry.field(description="The number.")
    def number(self) -> PhoneNumber:
        return PhoneNumber(self.row.number)

    @strawberry.field(description="As it was typed.")
    def as_typed(self) -> str:
        return self.row.as_typed

    @strawberry.field(description="Used first.")
    def is_primary(self) -> bool:
        return self.row.position == 0

    @strawberry.field(description="Home, work or other; at most 40 characters.")
    def label(self) -> str | None:
        return self.row.label


async def addresses_of(view: SchemaView, lead_id: UUID) -> list[LeadEmailAddress]:
    """A lead's addresses, primary first."""
    rows = await view.load.addresses_of_lead.load(lead_id)
    return [LeadEmailAddress(row=row, shared=shared, view=view) for row, shared in rows]


async def phones_of(view: SchemaView, lead_id: UUID) -> list[LeadPhoneNumber]:
    """A lead's numbers, primary first."""
    return [LeadPhoneNumber(row=row) for row in await view.load.phones_of_lead.load(lead_id)]
