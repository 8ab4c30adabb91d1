"""The permission table, as data. `access.py` interprets it; the matrix test is made from it."""

from enum import StrEnum

from models.enums import AccessScope, ApiScope, FieldVisibility, StaffRole

ADMIN, MANAGER, AGENT = StaffRole.ADMIN, StaffRole.MANAGER, StaffRole.AGENT


class Permission(StrEnum):
    EDIT_LEAD = "EDIT_LEAD"
    CHANGE_STATE = "CHANGE_STATE"
    REOPEN_LEAD = "REOPEN_LEAD"
    ASSIGN_LEAD = "ASSIGN_LEAD"
    ASSIGN_SELF = "ASSIGN_SELF"
    SEND_MESSAGE = "SEND_MESSAGE"
    RESET_LEAD_PASSWORD = "RESET_LEAD_PASSWORD"
    WRITE_NOTES = "WRITE_NOTES"
    READ_ALL_NOTES = "READ_ALL_NOTES"
    CONFIGURE_CARD = "CONFIGURE_CARD"
    IMPORT_LEADS = "IMPORT_LEADS"
    VERIFY_HISTORY = "VERIFY_HISTORY"
    EXPORT_LEADS = "EXPORT_LEADS"
    EXPORT_PERSONAL_DATA = "EXPORT_PERSONAL_DATA"
    HIDE_LEAD = "HIDE_LEAD"
    MERGE_LEADS = "MERGE_LEADS"
    ERASE_LEAD = "ERASE_LEAD"
    CONFIGURE_AUTOMATIONS = "CONFIGURE_AUTOMATIONS"
    CONFIGURE_SEGMENTS = "CONFIGURE_SEGMENTS"
    ADMINISTER = "ADMINISTER"


GRANTS: dict[Permission, frozenset[StaffRole]] = {
    Permission.EDIT_LEAD: frozenset({ADMIN, MANAGER, AGENT}),
    Permission.CHANGE_STATE: frozenset({ADMIN, MANAGER, AGENT}),
    Permission.REOPEN_LEAD: frozenset({ADMIN, MANAGER}),
    Permission.ASSIGN_LEAD: frozenset({ADMIN, MANAGER}),
    Permission.ASSIGN_SELF: frozenset({ADMIN, MANAGER}),
    Permission.SEND_MESSAGE: frozenset({ADMIN, MANAGER, AGENT}),
    Permission.RESET_LEAD_PASSWORD: frozenset({ADMIN, MANAGER, AGENT}),
    Permission.WRITE_NOTES: frozenset({ADMIN, MANAGER, AGENT}),
    Permission.READ_ALL_NOTES: frozenset({ADMIN}),
    Permission.CONFIGURE_CARD: frozenset({ADMIN, MANAGER}),
    Permission.IMPORT_LEADS: frozenset({ADMIN, MANAGER}),
    Permission.VERIFY_HISTORY: frozenset({ADMIN}),
    Permission.EXPORT_LEADS: frozenset({ADMIN}),
    Permission.EXPORT_PERSONAL_DATA: frozenset({ADMIN}),
    Permission.HIDE_LEAD: frozenset({ADMIN, MANAGER, AGENT}),
    Permission.MERGE_LEADS: frozenset({ADMIN, MANAGER}),
    Permission.ERASE_LEAD: frozenset({ADMIN}),
    Permission.CONFIGURE_AUTOMATIONS: frozenset({ADMIN, MANAGER}),
    Permission.CONFIGURE_SEGMENTS: frozenset({ADMIN, MANAGER}),
    Permission.ADMINISTER: frozenset({ADMIN}),
}
"""Which roles hold a permission, on top of seeing the row at all."""

BY_SETTING: dict[Permission, tuple[StaffRole, str]] = {
    Permission.ASSIGN_LEAD: (AGENT, "can_agents_assign"),
    Permission.ASSIGN_SELF: (AGENT, "can_agents_self_assign"),
    Permission.EXPORT_LEADS: (MANAGER, "can_managers_export"),
}
"""A role that holds a permission besides, while this setting of the workspace is on."""

API_SCOPES: dict[Permission, ApiScope] = {
    Permission.EDIT_LEAD: ApiScope.WRITE_LEADS,
    Permission.CHANGE_STATE: ApiScope.WRITE_LEADS,
    Permission.REOPEN_LEAD: ApiScope.WRITE_LEADS,
    Permission.ASSIGN_LEAD: ApiScope.WRITE_LEADS,
    Permission.ASSIGN_SELF: ApiScope.WRITE_LEADS,
    Permission.IMPORT_LEADS: ApiScope.WRITE_LEADS,
    Permission.SEND_MESSAGE: ApiScope.SEND_MESSAGES,
    Permission.WRITE_NOTES: ApiScope.NOTES,
    Permission.READ_ALL_NOTES: ApiScope.NOTES,
    # the digest chain runs through the rows of notes, so who checks it learns how many there are
    Permission.VERIFY_HISTORY: ApiScope.NOTES,
    Permission.CONFIGURE_CARD: ApiScope.CONFIGURE,
    Permission.CONFIGURE_AUTOMATIONS: ApiScope.CONFIGURE,
    Permission.EXPORT_LEADS: ApiScope.READ_LEADS,
    Permission.EXPORT_PERSONAL_DATA: ApiScope.ADMINISTER,
    Permission.CONFIGURE_SEGMENTS: ApiScope.CONFIGURE,
    Permission.HIDE_LEAD: ApiScope.WRITE_LEADS,
    Permission.MERGE_LEADS: ApiScope.WRITE_LEADS,
    Permission.ERASE_LEAD: ApiScope.ADMINISTER,
    Permission.ADMINISTER: ApiScope.ADMINISTER,
}
"""What an API token needs to use a permission of its owner; one that is not here it never has."""

NEEDS_READING = frozenset({ApiScope.WRITE_LEADS, ApiScope.NOTES, ApiScope.SEND_MESSAGES})
"""Scopes that are of no use to a token that sees no leads."""

LEAD_SCOPE: dict[StaffRole, AccessScope | str] = {
    ADMIN: AccessScope.ALL,
    MANAGER: "manager_scope",
    AGENT: "agent_scope",
}
"""Which leads a role sees, or the setting of the workspace that says so."""

FIELD_READERS: dict[FieldVisibility, frozenset[StaffRole]] = {
    FieldVisibility.ALL: frozenset({ADMIN, MANAGER, AGENT}),
    FieldVisibility.MANAGERS: frozenset({ADMIN, MANAGER}),
    FieldVisibility.ADMINS: frozenset({ADMIN}),
}
"""Who reads and writes a field."""
