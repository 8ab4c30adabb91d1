"""Acts of staff on themselves and on the team: signing in, passwords, preferences, invitations."""

from typing import Annotated

import strawberry
from strawberry import Maybe

from models.enums import StaffRole
from models.staff import Staff as StaffRow
from resolvers import calendar_feed, staff
from resolvers.actors import StaffActor
from resolvers.staff import PreferencesEdit, StaffEdit
from schema.context import Context, Info, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitError,
    NotFoundError,
    PreconditionError,
    read_version,
)
from schema.mutations.writing import INPUT
from schema.scalars import EmailAddress, LanguageTag, TimeZone, Url, Version
from schema.staff import Me, Staff


@strawberry.input(description="Input of `signIn`.")
class SignInInput:
    email_address: EmailAddress = strawberry.field(description="Sign-in address.")
    password: str = strawberry.field(
        description="Password, 1 to 256 characters; send it as a variable."
    )
    totp_code: str | None = strawberry.field(
        default=None,
        description="Code of the authenticator, 6 digits, or a recovery code; after TOTP_NEEDED.",
    )
    wants_token: bool = strawberry.field(
        default=False, description="True: answer a bearer token instead of setting a cookie."
    )


@strawberry.type(description="Success of `signIn`.")
class SignInSuccess:
    me: Me = strawberry.field(description="You.")
    token: str | None = strawberry.field(
        description="Bearer token, shown once; null for cookie sign-in."
    )


SignInResult = Annotated[
    SignInSuccess | PreconditionError | LimitError | InvalidInputError,
    strawberry.union("SignInResult", description="Result of `signIn`."),
]


@strawberry.type(description="Success of `signOut`.")
class SignOutSuccess:
    is_signed_out: bool = strawberry.field(description="Always true.")


SignOutResult = Annotated[
    SignOutSuccess | InvalidInputError,
    strawberry.union("SignOutResult", description="Result of `signOut`."),
]


@strawberry.input(description="Input of `acceptInvitation`.")
class AcceptInvitationInput:
    token: str = strawberry.field(description="Token from the link; send it as a variable.")
    password: str = strawberry.field(
        description="Password, 12 to 256 characters; send it as a variable."
    )
    wants_token: bool = strawberry.field(
        default=False, description="True: answer a bearer token instead of setting a cookie."
    )


@strawberry.type(description="Success of `acceptInvitation`.")
class AcceptInvitationSuccess:
    me: Me = strawberry.field(description="You.")
    token: str | None = strawberry.field(
        description="Bearer token, shown once; null for cookie sign-in."
    )


AcceptInvitationResult = Annotated[
    AcceptInvitationSuccess | PreconditionError | LimitError | InvalidInputError,
    strawberry.union("AcceptInvitationResult", description="Result of `acceptInvitation`."),
]


@strawberry.input(description="Input of `changePassword`.")
class ChangePasswordInput:
    current_password: str = strawberry.field(description="Present password; send it as a variable.")
    new_password: str = strawberry.field(
        description="New one, 12 to 256 characters; send it as a variable."
    )


@strawberry.type(description="Success of `changePassword`.")
class ChangePasswordSuccess:
    ended_session_count: int = strawberry.field(description="Sessions ended.")


ChangePasswordResult = Annotated[
    ChangePasswordSuccess | PreconditionError | LimitError | InvalidInputError,
    strawberry.union("ChangePasswordResult", description="Result of `changePassword`."),
]


@strawberry.input(description="Input of `endSession`.")
class EndSessionInput:
    session_id: strawberry.ID = strawberry.field(description="The session.")


@strawberry.type(description="Success of `endSession`.")
class EndSessionSuccess:
    session_id: strawberry.ID = strawberry.field(description="The session that ended.")


EndSessionResult = Annotated[
    EndSessionSuccess | NotFoundError | InvalidInputError,
    strawberry.union("EndSessionResult", description="Result of `endSession`."),
]


@strawberry.input(description="Input of `changePreferences`; what is absent stays.")
class ChangePreferencesInput:
    language: LanguageTag | None = strawberry.field(default=None, description="Language.")
    time_zone: TimeZone | None = strawberry.field(default=None, description="Zone.")
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `changePreferences`.")
class ChangePreferencesSuccess:
    me: Me = strawberry.field(description="You.")


ChangePreferencesResult = Annotated[
    ChangePreferencesSuccess | ConflictError | InvalidInputError,
    strawberry.union("ChangePreferencesResult", description="Result of `changePreferences`."),
]


@strawberry.input(description="Input of `inviteStaff`.")
class InviteStaffInput:
    name: str = strawberry.field(description="1 to 100 characters.")
    email_address: EmailAddress = strawberry.field(description="Sign-in address.")
    role: StaffRole = strawberry.field(description="Role.")
    team_id: strawberry.ID | None = strawberry.field(
        default=None, description="Team; absent: none, or where an earlier invitation put them."
    )


@strawberry.type(description="Success of `inviteStaff`.")
class InviteStaffSuccess:
    staff: Staff = strawberry.field(description="The person.")
    invitation_url: Url = strawberry.field(
        description="Link for the person, shown this once and good once, for 7 days. No letter "
        "is sent: hand it over yourself."
    )


InviteStaffResult = Annotated[
    InviteStaffSuccess | ForbiddenError | NotFoundError | ConflictError | InvalidInputError,
    strawberry.union("InviteStaffResult", description="Result of `inviteStaff`."),
]


@strawberry.input(description="Input of `updateStaff`; what is absent stays.")
class UpdateStaffInput:
    staff_id: strawberry.ID = strawberry.field(description="The person.")
    name: str | None = strawberry.field(default=None, description="1 to 100 characters.")
    email_address: EmailAddress | None = strawberry.field(
        default=None,
        description="Address to sign in with from now on; ends the person's sessions, but yours, "
        "and an invited person's link: invite them again. ADMIN.",
    )
    role: StaffRole | None = strawberry.field(
        default=None, description="Role; one active ADMIN must remain."
    )
    is_active: bool | None = strawberry.field(
        default=None,
        description="False: let the person go, or take the invitation back. True: take a former "
        "person in again.",
    )
    team_id: Maybe[strawberry.ID | None] = strawberry.field(description="Team; null for none.")
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `updateStaff`.")
class UpdateStaffSuccess:
    staff: Staff = strawberry.field(description="The person.")


UpdateStaffResult = Annotated[
    UpdateStaffSuccess
    | ForbiddenError
    | NotFoundError
    | PreconditionError
    | ConflictError
    | InvalidInputError,
    strawberry.union("UpdateStaffResult", description="Result of `updateStaff`."),
]


def _me(context: Context, caller: StaffActor) -> Me:
    return Me(view=context.view(caller), caller=caller)


def _hand_over(context: Context, token: str, *, wants_token: bool) -> str | None:
    """Puts a session's token into the cookie; answers it where it must be told instead."""
    if wants_token or context.set_session is None:
        return token
    context.set_session(token)
    return None


async def sign_in(
    info: Info, input: Annotated[SignInInput, strawberry.argument(description=INPUT)]
) -> SignInResult:
    """Opens a session; the token goes into a cookie unless the caller wants it."""
    context = info.context
    opened = await staff.sign_in(
        context.services,
        input.email_address,
        input.password,
        input.totp_code,
        device=context.device,
        client=context.client,
    )
    token = _hand_over(context, opened.token, wants_token=input.wants_token)
    return SignInSuccess(me=_me(context, opened.actor), token=token)


async def sign_out(info: Info) -> SignOutResult:
    """Ends the session and its sockets."""
    context = info.context
    await staff.sign_out(context.services, await context.person())
    if context.set_session:
        context.set_session(None)
    return SignOutSuccess(is_signed_out=True)


async def accept_invitation(
    info: Info, input: Annotated[AcceptInvitationInput, strawberry.argument(description=INPUT)]
) -> AcceptInvitationResult:
    """Sets the first password and opens a session."""
    context = info.context
    opened = await staff.accept_invitation(
        context.services,
        input.token,
        input.password,
        device=context.device,
        client=context.client,
    )
    token = _hand_over(context, opened.token, wants_token=input.wants_token)
    return AcceptInvitationSuccess(me=_me(context, opened.actor), token=token)


async def change_password(
    info: Info, input: Annotated[ChangePasswordInput, strawberry.argument(description=INPUT)]
) -> ChangePasswordResult:
    """Sets a new password."""
    context = info.context
    ended = await staff.change_password(
        context.services, await context.person(), input.current_password, input.new_password
    )
    return ChangePasswordSuccess(ended_session_count=ended)


async def end_session(
    info: Info, input: Annotated[EndSessionInput, strawberry.argument(description=INPUT)]
) -> EndSessionResult:
    """Ends one of the caller's sessions."""
    session_id = read_id("sessionId", "session", input.session_id)
    caller = await info.context.person()
    async with info.context.work() as work:
        await staff.end_session(work, caller, session_id)
    if session_id == caller.session_id and info.context.set_session:
        info.context.set_session(None)
    return EndSessionSuccess(session_id=input.session_id)


async def change_preferences(
    info: Info, input: Annotated[ChangePreferencesInput, strawberry.argument(description=INPUT)]
) -> ChangePreferencesResult:
    """Changes the caller's preferences."""
    caller = await info.context.person()
    expected = read_version(info, caller.id, input.expected_version)
    edit = PreferencesEdit(input.language, input.time_zone, expected)
    async with info.context.work() as work:
        await staff.change_preferences(work, caller, edit)
    return ChangePreferencesSuccess(me=_me(info.context, caller))


@strawberry.type(description="Success of `renewCalendarFeed`.")
class RenewCalendarFeedSuccess:
    me: Me = strawberry.field(description="You.")


RenewCalendarFeedResult = Annotated[
    RenewCalendarFeedSuccess | InvalidInputError,
    strawberry.union("RenewCalendarFeedResult", description="Result of `renewCalendarFeed`."),
]


async def renew_calendar_feed(info: Info) -> RenewCalendarFeedResult:
    """Gives the caller another address of their diary."""
    caller = await info.context.person()
    async with info.context.work() as work:
        await calendar_feed.renew(work, caller)
    return RenewCalendarFeedSuccess(me=_me(info.context, caller))


async def invite_staff(
    info: Info, input: Annotated[InviteStaffInput, strawberry.argument(description=INPUT)]
) -> InviteStaffResult:
    """Invites a person."""
    team_id = read_id("teamId", "team", input.team_id) if input.team_id else None
    async with info.context.work() as work:
        row, token = await staff.invite_staff(
            work, input.name, input.email_address, input.role, team_id
        )
    url = f"{info.context.services.public_url}/live#{token}"
    return InviteStaffSuccess(staff=await _staff(info, row), invitation_url=Url(url))


async def update_staff(
    info: Info, input: Annotated[UpdateStaffInput, strawberry.argument(description=INPUT)]
) -> UpdateStaffResult:
    """Changes a person."""
    staff_id = read_id("staffId", "staff", input.staff_id)
    expected = read_version(info, staff_id, input.expected_version)
    team = input.team_id.value if input.team_id else None
    edit = StaffEdit(
        input.name,
        input.role,
        input.is_active,
        expected,
        input.email_address,
        moves=input.team_id is not None,
        team_id=read_id("teamId", "team", team) if team else None,
    )
    async with info.context.work() as work:
        row = await staff.update_staff(work, staff_id, edit)
    return UpdateStaffSuccess(staff=await _staff(info, row))


async def _staff(info: Info, row: StaffRow) -> Staff:
    return Staff(row=row, view=info.context.view(await info.context.staff()))
