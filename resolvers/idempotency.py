"""Idempotency: the same key and body lead to the first result, another body is refused."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, select
from sqlmodel import col

from models.enums import ActorKind
from models.workspace import Idempotency
from resolvers.errors import Conflict, ConflictReason, ProblemCode, invalid
from resolvers.unit_of_work import UnitOfWork
from resolvers.upserts import insert_new

KEPT = timedelta(hours=24)
MAX_KEY = 64


async def claim(
    work: UnitOfWork, act: str, key: str, body: dict[str, Any], result_id: UUID
) -> UUID:
    """Takes the key for a new result, or answers the id of the result that it led to before.

    The answer equals `result_id` exactly when the caller is to go on and make it. Conflict
    KEY_REUSED when the key came with another body.
    """
    if not key or len(key) > MAX_KEY or not key.isascii() or not key.isprintable():
        raise invalid("idempotencyKey", ProblemCode.MALFORMED, "1 to 64 ASCII characters.")
    caller = work.actor.caller if work.actor.kind is not ActorKind.SYSTEM else "system"
    digest = hashlib.sha256(
        orjson.dumps([act, body], option=orjson.OPT_SORT_KEYS, default=str)
    ).digest()
    place = (col(Idempotency.caller) == caller, col(Idempotency.key) == key)
    # An expired key is free again; the row is removed here, where it is met.
    await work.session.execute(
        delete(Idempotency).where(*place, col(Idempotency.created_at) < work.at - KEPT)
    )
    row = {
        "caller": caller,
        "key": key,
        "body_hash": digest,
        "result_id": result_id,
        "created_at": work.at,
    }
    if await insert_new(work.session, Idempotency, row, ["caller", "key"]):
        return result_id
    first = (await work.session.scalars(select(Idempotency).where(*place))).one()
    if first.body_hash != digest:
        raise Conflict(
            ConflictReason.KEY_REUSED, "This idempotency key was used with another body."
        )
    return first.result_id
