"""Who can be given something to do."""

from uuid import UUID

from models.staff import Staff
from resolvers.errors import ProblemCode, invalid
from resolvers.unit_of_work import UnitOfWork


async def active_staff(work: UnitOfWork, path: str, staff_id: UUID) -> Staff:
    """Somebody who can be given leads; InvalidInput for unknown or inactive people."""
    staff = await work.session.get(Staff, staff_id)
    if staff is None or not staff.is_active:
        raise invalid(path, ProblemCode.UNKNOWN, "This is no active member of the team.")
    return staff
