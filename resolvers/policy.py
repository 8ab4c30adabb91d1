"""The permission table, as data. `access.py` interprets it; the matrix test is made from it."""

from enum import StrEnum

from models.enums import AccessScope, FieldVisibility, StaffRole

ADMIN, MANAGER, AGENT = StaffRole.ADMIN, StaffRole.MANAGER, StaffRole.AGENT


class Permission(StrEnum):
    EDIT_LEAD = "EDIT_LEAD"
    CHANGE_STATE = "CHANGE_STATE"
    ASSIGN_LEAD = "ASSIGN_LEAD"
    SEND_MESSAGE = "SEND_MESSAGE"
    READ_ALL_NOTES = "READ_ALL_NOTES"
    CONFIGURE_CARD = "CONFIGURE_CARD"
    IMPORT_LEADS = "IMPORT_LEADS"
    VERIFY_HISTORY = "VERIFY_HISTORY"
    ADMINISTER = "ADMINISTER"


GRANTS: dict[Permission, frozenset[StaffRole]] = {
    Permission.EDIT_LEAD: frozenset({ADMIN, MANAGER, AGENT}),
    Permission.CHANGE_STATE: frozenset({ADMIN, MANAGER, AGENT}),
    Permission.ASSIGN_LEAD: frozenset({ADMIN, MANAGER}),
    Permission.SEND_MESSAGE: frozenset({ADMIN, MANAGER, AGENT}),
    Permission.READ_ALL_NOTES: frozenset({ADMIN}),
    Permission.CONFIGURE_CARD: frozenset({ADMIN, MANAGER}),
    Permission.IMPORT_LEADS: frozenset({ADMIN, MANAGER}),
    Permission.VERIFY_HISTORY: frozenset({ADMIN}),
    Permission.ADMINISTER: frozenset({ADMIN}),
}
"""Which roles hold a permission, on top of seeing the row at all."""

LEAD_SCOPE: dict[StaffRole, AccessScope | None] = {
    ADMIN: AccessScope.ALL,
    MANAGER: None,
    AGENT: AccessScope.OWN,
}
"""Which leads a role sees; None: the workspace's `manager_scope` says."""

FIELD_READERS: dict[FieldVisibility, frozenset[StaffRole]] = {
    FieldVisibility.ALL: frozenset({ADMIN, MANAGER, AGENT}),
    FieldVisibility.MANAGERS: frozenset({ADMIN, MANAGER}),
    FieldVisibility.ADMINS: frozenset({ADMIN}),
}
"""Who reads and writes a field."""
