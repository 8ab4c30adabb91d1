"""What people are told apart from open cards: telling, reading, and marking as read.

A notification is written in the transaction of what it tells of. Its words are shown while its
reader may see the lead: who lost it keeps the row, without the name.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlmodel import col

from models.enums import ActorKind, NotificationKind
from models.notifications import Notification, NotificationFeed
from realtime import topics
from resolvers import notices
from resolvers.actors import StaffActor
from resolvers.errors import ProblemCode, invalid
from resolvers.pages import Key, Page, read_page
from resolvers.unit_of_work import UnitOfWork
from resolvers.views import View

MOST_AT_ONCE = 100
MOST_TEXT = 200
HIDDEN_TEXTS = {
    NotificationKind.LEAD_ASSIGNED: "A lead that was yours for a while.",
    NotificationKind.LEAD_UNASSIGNED: "A lead is no longer yours.",
}
"""Instead of the text, for who may not see the lead."""
HIDDEN_TEXT = "About a lead that is no longer yours."
HIDDEN_LEAD = "A lead"
"""Instead of the name of a lead that did something."""


async def notify(
    work: UnitOfWork,
    staff_ids: Collection[UUID],
    kind: NotificationKind,
    text: str,
    lead_id: UUID | None = None,
    subject: tuple[str, UUID] | None = None,
) -> None:
    """Tells people of something, in the same commit; nobody is told of an own act.

    `text` is cut at 200 characters. `lead_id` is the lead that the text may name, `subject` the
    noun and id of what to open, if it is not the lead itself.
    """
    actor = work.actor
    is_person = isinstance(actor, StaffActor) and actor.kind is ActorKind.STAFF
    for staff_id in set(staff_ids) - ({actor.id} if is_person else set()):
        work.notices.append(
            Notification(
                staff_id=staff_id,
                revision=0,
                kind=kind,
                at=work.at,
                actor_kind=actor.kind,
                actor_id=actor.id,
                actor_name=actor.name,
                text=text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 1]}…",
                lead_id=lead_id,
                subject_kind=subject[0] if subject else None,
                subject_id=subject[1] if subject else None,
            )
        )


async def mark_read(work: UnitOfWork, caller: StaffActor, ids: Sequence[UUID] | None) -> int:
    """Marks the caller's own as read, all for None; answers how many are unread now.

    Ids of others, and of what was read before, change nothing.
    """
    if ids is not None and len(ids) > MOST_AT_ONCE:
        raise invalid("notificationIds", ProblemCode.TOO_LARGE, "At most 100 at once.")
    await _lock(work, caller.id)
    unread = select(Notification).where(
        col(Notification.staff_id) == caller.id, col(Notification.read_at).is_(None)
    )
    chosen = unread if ids is None else unread.where(col(Notification.id).in_(ids))
    rows = (await work.session.scalars(chosen.order_by(col(Notification.revision)))).all()
    if rows:
        last = await notices.advance(work.session, caller.id, len(rows))
        for number, row in enumerate(rows, last - len(rows) + 1):
            row.revision, row.read_at = number, work.at
        await work.session.flush()
        work.hint(topics.notifications(caller.id))
    counted = unread.with_only_columns(func.count())
    return await work.session.scalar(counted) or 0


async def _lock(work: UnitOfWork, staff_id: UUID) -> None:
    """Of two that mark at the same time, the second sees what the first left unread."""
    feed = select(NotificationFeed).where(col(NotificationFeed.staff_id) == staff_id)
    await work.session.execute(feed.with_for_update())


def _own(view: View, *, unread_only: bool) -> Select[Any]:
    statement = select(Notification).where(col(Notification.staff_id) == view.actor.id)
    return statement.where(col(Notification.read_at).is_(None)) if unread_only else statement


async def notifications_page(
    view: View, *, unread_only: bool, first: int, after: str | None
) -> Page[Notification]:
    """The viewer's own, newest first."""
    order = (
        Key(col(Notification.at), True, is_instant=True),
        Key(col(Notification.id), True, is_id=True),
    )
    scope = f"notifications:{view.actor.id}:{unread_only}"
    return await read_page(view, _own(view, unread_only=unread_only), order, scope, first, after)


async def count_notifications(view: View, *, unread_only: bool) -> int:
    """How many the viewer has."""
    counted = _own(view, unread_only=unread_only).with_only_columns(func.count())
    return await view.scalar(counted) or 0
