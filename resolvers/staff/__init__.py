"""People of the team: how they come in, who they are on each request, and who may do what."""

from resolvers.staff.api_tokens import (
    MAX_TOKENS,
    NewToken,
    api_tokens,
    create_api_token,
    revoke_api_token,
)
from resolvers.staff.by_provider import begin_sign_in, finish_sign_in
from resolvers.staff.callers import (
    IDLE,
    actor_for_session,
    actor_for_token,
    ended_sessions,
    rights_of,
)
from resolvers.staff.online import keep_awake
from resolvers.staff.profile import PreferencesEdit, change_password, change_preferences
from resolvers.staff.sessions import LONGEST, SignedIn, end_session, sessions_of, sign_out
from resolvers.staff.signing_in import sign_in
from resolvers.staff.team import (
    INVITED_FOR,
    StaffEdit,
    accept_invitation,
    create_staff,
    invite_staff,
    update_staff,
)
from resolvers.staff.totp import (
    confirm_totp,
    is_totp_on,
    remove_staff_totp,
    remove_totp,
    start_totp,
)

__all__ = [
    "IDLE",
    "INVITED_FOR",
    "LONGEST",
    "MAX_TOKENS",
    "NewToken",
    "PreferencesEdit",
    "SignedIn",
    "StaffEdit",
    "accept_invitation",
    "actor_for_session",
    "actor_for_token",
    "api_tokens",
    "begin_sign_in",
    "change_password",
    "change_preferences",
    "confirm_totp",
    "create_api_token",
    "create_staff",
    "end_session",
    "ended_sessions",
    "finish_sign_in",
    "invite_staff",
    "is_totp_on",
    "keep_awake",
    "remove_staff_totp",
    "remove_totp",
    "revoke_api_token",
    "rights_of",
    "sessions_of",
    "sign_in",
    "sign_out",
    "start_totp",
    "update_staff",
]
