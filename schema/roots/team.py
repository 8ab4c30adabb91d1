"""People, their sign-ins and tokens, and the teams."""

import strawberry

from schema import (
    api_tokens,
    notifications,
    teams,
)
from schema.audience import PUBLIC, guarded
from schema.mutations import avatars, totp
from schema.mutations import staff as staff_acts


@strawberry.type
@guarded
class TeamActs:
    """People, their sign-ins and tokens, and the teams."""

    sign_in = strawberry.mutation(
        staff_acts.sign_in,
        directives=[PUBLIC],
        description="Signs a staff member in. Browsers get an HttpOnly cookie; one sign-in a "
        "document, 10 a minute for an account.",
    )
    sign_out = strawberry.mutation(
        staff_acts.sign_out, description="Ends this session; its sockets close."
    )
    accept_invitation = strawberry.mutation(
        staff_acts.accept_invitation,
        directives=[PUBLIC],
        description="Sets the first password of an invited person and signs in.",
    )
    change_password = strawberry.mutation(
        staff_acts.change_password,
        description="Sets a new password and ends your other sessions.",
    )
    end_session = strawberry.mutation(
        staff_acts.end_session,
        description="Signs you out elsewhere; its sockets close within 1 s.",
    )
    change_preferences = strawberry.mutation(
        staff_acts.change_preferences, description="Changes your preferences."
    )
    set_my_avatar = strawberry.mutation(
        avatars.set_my_avatar,
        description="Sets or removes your picture; cropped square, drawn anew.",
    )
    mark_notifications_read = strawberry.mutation(
        notifications.mark_notifications_read,
        description="Marks notifications read, one by one or all.",
    )
    renew_calendar_feed = strawberry.mutation(
        staff_acts.renew_calendar_feed,
        description="Replaces the secret address of your calendar feed; the old one stops.",
    )
    invite_staff = strawberry.mutation(
        staff_acts.invite_staff,
        description="Invites a person; somebody who has not come yet is invited anew, and the "
        "former link is void. ADMIN.",
    )
    start_totp = strawberry.mutation(
        totp.start_totp,
        description="Gives the secret of an authenticator, once; it counts after `confirmTotp`.",
    )
    confirm_totp = strawberry.mutation(
        totp.confirm_totp, description="Demands the authenticator from now on."
    )
    remove_totp = strawberry.mutation(
        totp.remove_totp, description="No longer demands the authenticator."
    )
    remove_staff_totp = strawberry.mutation(
        totp.remove_staff_totp,
        description="Takes away the authenticator of somebody who lost it, with the recovery "
        "codes. ADMIN.",
    )
    create_api_token = strawberry.mutation(
        api_tokens.create_api_token,
        description="Makes a token; its secret is shown once. ADMIN, or for yourself.",
    )
    revoke_api_token = strawberry.mutation(
        api_tokens.revoke_api_token,
        description="Ends a token at once, and what is open with it. Your own, or ADMIN.",
    )
    update_staff = strawberry.mutation(
        staff_acts.update_staff,
        description="Changes name, sign-in address, role, team or activity; you may change your "
        "own name. Letting somebody go, or another address, ends their sessions. ADMIN.",
    )
    save_team = strawberry.mutation(teams.save_team, description="Makes or changes a team. ADMIN.")
