"""Accounts of leads in the portal."""

from datetime import datetime

import strawberry

from resolvers.accounts import AccountRow
from schema.scalars import EmailAddress


@strawberry.type(description="Portal account of a lead.")
class LeadAccount:
    row: strawberry.Private[AccountRow]

    @strawberry.field(description="Sign-in address.")
    def email_address(self) -> EmailAddress:
        return EmailAddress(self.row[1])

    @strawberry.field(description="Since when.")
    def created_at(self) -> datetime:
        return self.row[0].created_at

    @strawberry.field(description="A staff reset waits for a new password.")
    def must_change_password(self) -> bool:
        return self.row[0].must_change_password
