"""Pictures of people: of leads, one that staff upload or that of the profile that the lead came
with; of staff, one that the person uploads.

A profile's picture is fetched once, by a worker, and kept by us: cards never load it from where it
was, so nobody there learns who looks. What can't be had leaves the initials.
"""

from typing import Any
from uuid import UUID

import structlog
from sqlmodel import col

from models.enums import AvatarSource, ChangeKind, FileUse, HistoryType, JobKind
from models.files import File
from models.ids import new_id
from models.leads import Lead
from resolvers import access, files, naming
from resolvers.actors import StaffActor
from resolvers.errors import NotFound, ProblemCode, invalid
from resolvers.file_intake import Found
from resolvers.file_types import ENDINGS, picture_type_of
from resolvers.files import NewFile
from resolvers.jobs import Claim, enqueue, finishing
from resolvers.outbound import OutboundRefused
from resolvers.policy import Permission
from resolvers.services import Services
from resolvers.staff.profile import own_row
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import LoggedValue, reference

log = structlog.get_logger(__name__)

SECONDS = 10.0
MOST_BYTES = 5 * 1024 * 1024
OK = 200


async def set_avatar(work: UnitOfWork, lead_id: UUID, upload_id: UUID | None) -> UUID:
    """Makes an uploaded picture the lead's, or takes its picture away.

    Precondition for an upload that is not there any more or is no picture.
    """
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    if upload_id is None and lead.avatar_id is None:
        return lead.id
    made = None
    if upload_id is not None:
        new = NewFile(lead.id, FileUse.AVATAR, lead.id, pictures_only=True)
        made = await files.attach(work, upload_id, new)
    await _change(work, lead, made, AvatarSource.UPLOAD)
    return lead.id


async def _change(work: UnitOfWork, lead: Lead, made: File | None, source: AvatarSource) -> None:
    before = naming.columns(lead)
    former = await work.session.get(File, lead.avatar_id) if lead.avatar_id else None
    lead.avatar_id = made.id if made else None
    lead.avatar_source = source if made else None
    diff = {"field_id": None, **_diff(former, made)}
    if former is not None:
        await files.remove(work, col(File.id) == former.id)
    work.record(
        lead.id,
        ChangeKind.PROPERTIES_CHANGED,
        HistoryType.FIELD_CHANGE,
        {"lead": naming.changed(before, lead), "diffs": [diff]},
    )


async def set_own_avatar(work: UnitOfWork, actor: StaffActor, upload_id: UUID | None) -> None:
    """Makes an uploaded picture the person's own, or takes their picture away.

    Precondition for an upload that is not there any more or is no picture.
    """
    staff = await own_row(work, actor)
    former = await work.session.get(File, staff.avatar_id) if staff.avatar_id else None
    made = None
    if upload_id is not None:
        new = NewFile(None, FileUse.AVATAR, staff.id, pictures_only=True)
        made = await files.attach(work, upload_id, new)
    if former is made:
        return
    staff.avatar_id = made.id if made else None
    data = {"staff": staff.id.hex, "name": staff.name, "diffs": [_diff(former, made)]}
    if former is not None:
        await files.remove(work, col(File.id) == former.id)
    work.record_workspace("staff_changed", data)


def _diff(former: File | None, made: File | None) -> dict[str, Any]:
    before, after = _logged(former), _logged(made)
    return {"path": "avatar", "label": "Picture", "before": before, "after": after}


def _logged(file: File | None) -> LoggedValue | None:
    return reference(file.name, None) if file else None


# --- pictures of profiles ------------------------------------------------------------------------


async def want_profile_picture(work: UnitOfWork, lead_id: UUID, path: str, url: str) -> None:
    """Has a worker fetch the picture of the profile that a new lead came with.

    InvalidInput at `path` for an address that is not asked at all.
    """
    try:
        work.services.outbound.check(url)
    except OutboundRefused as refused:
        raise invalid(path, ProblemCode.MALFORMED, refused.reason) from refused
    data = {"lead": lead_id.hex, "url": url}
    await enqueue(work, JobKind.FETCH_AVATAR, data, key=lead_id.hex)


async def fetch_profile_picture(services: Services, claim: Claim) -> None:
    """Fetches it and makes it the lead's, unless the lead has a picture or is gone by now."""
    lead_id, file_id = UUID(hex=claim.data["lead"]), new_id()
    found = await _fetch(services, file_id, claim.data["url"])
    if found is None:
        return
    is_kept = False
    try:
        async with finishing(services, claim) as work:
            is_kept = await _take(work, lead_id, file_id, found)
    finally:
        if not is_kept:
            await services.files.store.remove(file_id)


async def _fetch(services: Services, file_id: UUID, url: str) -> Found | None:
    """What the address gave, once it is in the store; None if that is no picture."""
    try:
        answer = await services.outbound.send("GET", url, seconds=SECONDS, most_bytes=MOST_BYTES)
    except OutboundRefused as refused:
        log.info("a profile's picture could not be had", why=refused.reason)
        return None
    content_type = picture_type_of(answer.body) if answer.status == OK else None
    if content_type is None:
        log.info("a profile's picture is none", status=answer.status)
        return None
    found = await services.files.intake.keep(file_id, content_type, answer.body)
    return found if found.width is not None else None


async def _take(work: UnitOfWork, lead_id: UUID, file_id: UUID, found: Found) -> bool:
    try:
        (lead,) = await access.lock_leads(work.session, lead_id)
    except NotFound:
        return False
    if lead.avatar_id is not None or found.content_type is None or found.size_bytes is None:
        return False
    file = File(
        id=file_id,
        lead_id=lead.id,
        use=FileUse.AVATAR,
        subject_id=lead.id,
        name=f"profile.{ENDINGS[found.content_type]}",
        content_type=found.content_type,
        size_bytes=found.size_bytes,
        width=found.width,
        height=found.height,
        created_at=work.at,
    )
    work.session.add(file)
    await _change(work, lead, file, AvatarSource.SOCIAL)
    return True
