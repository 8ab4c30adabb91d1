"""API tokens: ways in for programs, made and revoked by people."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import col

from models.enums import ApiScope
from models.ids import encode_id, new_id
from models.staff import ApiToken, Staff
from resolvers import access
from resolvers.actors import StaffActor
from resolvers.errors import (
    Conflict,
    ConflictReason,
    Forbidden,
    LimitReached,
    NotFound,
    ProblemCode,
    invalid,
)
from resolvers.policy import API_SCOPES, NEEDS_READING, Permission
from resolvers.secrets import hash_token, new_token
from resolvers.staff.callers import standing_tokens
from resolvers.text import fold, required
from resolvers.unit_of_work import UnitOfWork
from resolvers.views import View

MAX_TOKENS = 100


@dataclass(frozen=True)
class NewToken:
    """What a token is to be. A personal one acts as its owner, another under its own name."""

    name: str
    scopes: Collection[ApiScope]
    is_personal: bool = True
    expires_at: datetime | None = None


async def create_api_token(
    work: UnitOfWork, actor: StaffActor, new: NewToken
) -> tuple[ApiToken, str]:
    """Makes a token; the secret is shown once and stored as a hash only."""
    if not new.is_personal:
        access.require(actor, Permission.ADMINISTER)
    name = required("name", new.name, 80)
    _check_scopes(actor, new.scopes)
    if new.expires_at is not None and new.expires_at <= work.at:
        raise invalid("expiresAt", ProblemCode.TOO_SMALL, "The end has to be in the future.")
    await _check_room(work, actor, name)
    token = new_token("api")
    row = ApiToken(
        id=new_id(),
        owner_id=actor.id,
        name=name,
        is_personal=new.is_personal,
        scopes=[each for each in ApiScope if each in new.scopes],
        token_hash=hash_token(token),
        created_at=work.at,
        expires_at=new.expires_at,
    )
    work.session.add(row)
    work.record_workspace(
        "api_token_created",
        {
            "api_token": row.id.hex,
            "name": name,
            "is_personal": row.is_personal,
            "scopes": row.scopes,
        },
    )
    return row, token


def _check_scopes(actor: StaffActor, scopes: Collection[ApiScope]) -> None:
    if not scopes:
        raise invalid("scopes", ProblemCode.REQUIRED, "Say what the token is for.")
    if ApiScope.READ_LEADS not in scopes and NEEDS_READING & set(scopes):
        raise invalid(
            "scopes", ProblemCode.CONTRADICTION, "Without READ_LEADS the token sees no lead."
        )
    # everybody reads what they see
    for scope in (each for each in scopes if each is not ApiScope.READ_LEADS):
        permissions = [each for each, needed in API_SCOPES.items() if needed is scope]
        if permissions and not any(access.may(actor, each) for each in permissions):
            raise Forbidden(permissions[0])


async def _check_room(work: UnitOfWork, actor: StaffActor, name: str) -> None:
    # Locked, so that of two at once with one name the second sees the first.
    await work.session.scalar(
        select(col(Staff.id)).where(col(Staff.id) == actor.id).with_for_update(key_share=True)
    )
    stands = standing_tokens(work.at)
    total = await work.session.scalar(select(func.count()).select_from(ApiToken).where(*stands))
    if (total or 0) >= MAX_TOKENS:
        raise LimitReached(f"There can be at most {MAX_TOKENS} API tokens.", MAX_TOKENS)
    same = (col(ApiToken.owner_id) == actor.id, col(ApiToken.name) == name)
    if await work.session.scalar(select(col(ApiToken.id)).where(*same, *stands).limit(1)):
        raise Conflict(ConflictReason.DUPLICATE, "You have a token of this name.")


async def revoke_api_token(work: UnitOfWork, actor: StaffActor, token_id: UUID) -> None:
    """Ends a token and what is open with it; NotFound for another's, unless ADMIN asks."""
    row = await work.session.scalar(
        select(ApiToken)
        .where(col(ApiToken.id) == token_id, *standing_tokens(work.at))
        .with_for_update()
    )
    if row is None or not (row.owner_id == actor.id or access.may(actor, Permission.ADMINISTER)):
        raise NotFound("API token", encode_id("api_token", token_id))
    row.revoked_at = work.at
    work.record_workspace(
        "api_token_revoked", {"api_token": row.id.hex, "name": row.name}, access=True
    )


async def revoke_all(work: UnitOfWork, owner_id: UUID) -> None:
    """Ends all tokens of a person who leaves; the caller records it, with `access`."""
    await work.session.execute(
        update(ApiToken)
        .where(col(ApiToken.owner_id) == owner_id, col(ApiToken.revoked_at).is_(None))
        .values(revoked_at=work.at)
    )


async def api_tokens(view: View, actor: StaffActor) -> Sequence[ApiToken]:
    """Tokens that stand, by name: all for ADMIN, one's own for others."""
    stands = standing_tokens(view.services.clock.now())
    statement = select(ApiToken).where(*stands).order_by(col(ApiToken.id))
    if not access.may(actor, Permission.ADMINISTER):
        if not actor.is_person:
            return []
        statement = statement.where(col(ApiToken.owner_id) == actor.id)
    rows = await view.scalars(statement.limit(MAX_TOKENS))
    return sorted(rows, key=lambda row: (fold(row.name), row.id))
