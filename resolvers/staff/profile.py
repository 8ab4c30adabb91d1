"""What a person changes about themselves: password and preferences."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from models.staff import Staff
from resolvers.actors import StaffActor
from resolvers.day_hints import touch_days
from resolvers.errors import Conflict, ConflictReason, Precondition, PreconditionReason
from resolvers.passwords import check_given, check_new
from resolvers.services import Services
from resolvers.staff.sessions import end_sessions
from resolvers.staff.tries import count_try
from resolvers.text import language_tag, time_zone
from resolvers.unit_of_work import UnitOfWork, unit_of_work


async def change_password(services: Services, actor: StaffActor, current: str, new: str) -> int:
    """Sets a new password and ends the person's other sessions; how many those were."""
    check_new("newPassword", new)
    proven = await prove(services, actor, current)
    hashed = await services.passwords.hash(new)
    async with unit_of_work(services, actor) as work:
        staff = await own_row(work, actor)
        if staff.password_hash != proven.password_hash:
            raise wrong_password()
        staff.password_hash = hashed
        ended = await end_sessions(work, actor.id, but=actor.session_id)
        work.record_workspace(
            "password_changed", {"staff": actor.id.hex, "ended": ended}, access=True
        )
    return ended


async def prove(services: Services, actor: StaffActor, password: str) -> Staff:
    """The person's row, once the password shows that it is they; tries count as for sign-in."""
    async with services.database.read_session() as session:
        staff = await session.get_one(Staff, actor.id)
    await count_try(services, staff.email_address)
    check_given("currentPassword", password)
    if not await services.passwords.verify(password, staff.password_hash or None):
        raise wrong_password()
    return staff


def wrong_password() -> Precondition:
    """The present password was needed and something else was given."""
    return Precondition(PreconditionReason.SIGN_IN_REFUSED, "The present password is wrong.")


async def own_row(work: UnitOfWork, actor: StaffActor) -> Staff:
    """The person's row, locked until the transaction ends."""
    statement = select(Staff).where(col(Staff.id) == actor.id).with_for_update(key_share=True)
    return (await work.session.scalars(statement)).one()


@dataclass(frozen=True)
class PreferencesEdit:
    """What to change; None leaves it."""

    language: str | None = None
    time_zone: str | None = None
    expected: int | None = None


async def change_preferences(work: UnitOfWork, actor: StaffActor, edit: PreferencesEdit) -> None:
    """Changes the person's language and zone."""
    wanted = {
        "language": language_tag("language", edit.language) if edit.language is not None else None,
        "time_zone": time_zone("timeZone", edit.time_zone) if edit.time_zone is not None else None,
    }
    staff = await own_row(work, actor)
    if edit.expected is not None and staff.version > edit.expected:
        raise Conflict(
            ConflictReason.STALE_VERSION,
            "Your preferences were changed in the meantime.",
            owner=staff.id,
            version=staff.version,
        )
    changed = {
        name: value
        for name, value in wanted.items()
        if value is not None and value != getattr(staff, name)
    }
    chooses = edit.time_zone is not None and not staff.is_time_zone_chosen
    if not changed and not chooses:
        return
    staff.is_time_zone_chosen = staff.is_time_zone_chosen or chooses
    for name, value in changed.items():
        setattr(staff, name, value)
    staff.version += 1
    # What day it is is read with the person's rights, so whatever is open reads them again.
    work.record_workspace(
        "preferences_changed", {"staff": staff.id.hex, **changed}, access="time_zone" in changed
    )
    touch_days(work, staff.id)
