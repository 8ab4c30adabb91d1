"""The audit of the workspace: who changed settings and people, and who signed in."""

from typing import Any

from sqlalchemy import select
from sqlmodel import col

from models.workspace import WorkspaceChange
from resolvers import access
from resolvers.history import Diff
from resolvers.pages import Key, Page, read_page
from resolvers.policy import Permission
from resolvers.views import View

SENTENCES = {
    "api_token_created": "Made the API token {name}",
    "api_token_revoked": "Revoked the API token {name}",
    "event_kind_saved": "Saved the kind of event {name}",
    "header_changed": "Changed the header of all cards",
    "history_exported": "Took the history of a lead away",
    "leads_exported": "Asked for {count} leads as {format} with {named}: {words}",
    "leads_export_read": "Was sent {count} leads{how}",
    "personal_data_read": "Was sent {count} bytes of what is known of a lead{how}",
    "personal_data_exported": "Took all that is known of a lead away{how}",
    "field_changed": "Changed the field {label}",
    "automation_removed": "Removed the rule {name}",
    "automation_run_retried": "Tried a run of a rule again",
    "automation_saved": "Saved the rule {name}",
    "important_date_kind_saved": "Saved the kind of dates {name}",
    "field_created": "Defined the field {label}",
    "field_group_removed": "Removed the group of fields {name}",
    "field_group_saved": "Saved the group of fields {name}",
    "field_moved": "Moved the field {label} into {group}",
    "invitation_accepted": "Accepted the invitation",
    "job_retried": "Tried background work again",
    "password_changed": "Changed the own password",
    "pipeline_saved": "Saved the pipeline {name}",
    "preferences_changed": "Changed the own preferences",
    "session_ended": "Ended a session",
    "sign_in_refused": "Refused a sign-in of {name}",
    "signed_in": "Signed in",
    "signed_in_by_provider": "Signed in with {provider}",
    "signed_out": "Signed out",
    "site_saved": "Saved the site {name}",
    "summary_changed": "Chose the lines of the summary",
    "staff_changed": "Changed {name}",
    "staff_created": "Added {name}",
    "staff_invited": "Invited {name} as {role}",
    "project_changed": "Changed the project's settings",
    "team_saved": "Saved the team {name}",
    "recovery_code_used": "Signed in with a recovery code",
    "totp_confirmed": "Turned an authenticator on",
    "totp_removed": "Removed the authenticator of {name}",
    "totp_started": "Began to set an authenticator up",
    "webhook_delivery_resent": "Sent a delivery of a webhook again",
    "webhook_tested": "Sent a test to the webhook at {name}",
    "webhook_removed": "Removed the webhook at {name}",
    "webhook_saved": "Saved the webhook at {name}",
    "webhook_switched_off": "Switched the webhook at {name} off: it kept failing",
    "workspace_created": "Made the workspace",
}
"""By kind; a kind that is not here is told by its own name."""


async def workspace_page(view: View, first: int, after: str | None) -> Page[WorkspaceChange] | None:
    """Changes of the workspace, newest first; None for those who don't administer it."""
    if not access.may(view.actor, Permission.ADMINISTER):
        return None
    order = (Key(col(WorkspaceChange.revision), descending=True),)
    return await read_page(view, select(WorkspaceChange), order, "workspace", first, after)


def summary_of(change: WorkspaceChange) -> str:
    """One English sentence without subject: the actor stands beside it."""
    sentence = SENTENCES.get(change.kind, change.kind.replace("_", " ").capitalize())
    return f"{sentence.format_map(_Told(change.data))}."


class _Told(dict[str, Any]):
    """What a row holds; rows from before a sentence was made may hold less."""

    def __missing__(self, key: str) -> str:
        return "somebody" if key == "name" else "something"


def diffs_of(change: WorkspaceChange) -> list[Diff]:
    """Fields before and after, where the change was an edit."""
    return [
        Diff(each["path"], each["label"], each["before"], each["after"], None)
        for each in change.data.get("diffs", ())
    ]
