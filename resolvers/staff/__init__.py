"""People of the team: how they come in, who they are on each request, and who may do what."""

from resolvers.staff.profile import PreferencesEdit, change_password, change_preferences
from resolvers.staff.sessions import (
    IDLE,
    LONGEST,
    SignedIn,
    actor_for_session,
    actor_for_token,
    end_session,
    ended_sessions,
    scope_of,
    sessions_of,
    sign_out,
)
from resolvers.staff.signing_in import sign_in
from resolvers.staff.team import (
    INVITED_FOR,
    StaffEdit,
    accept_invitation,
    create_staff,
    invite_staff,
    update_staff,
)

__all__ = [
    "IDLE",
    "INVITED_FOR",
    "LONGEST",
    "PreferencesEdit",
    "SignedIn",
    "StaffEdit",
    "accept_invitation",
    "actor_for_session",
    "actor_for_token",
    "change_password",
    "change_preferences",
    "create_staff",
    "end_session",
    "ended_sessions",
    "invite_staff",
    "scope_of",
    "sessions_of",
    "sign_in",
    "sign_out",
    "update_staff",
]
