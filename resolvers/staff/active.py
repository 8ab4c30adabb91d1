"""Who can be given something to do, and who is told when something stops working."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.enums import StaffRole
from models.staff import Staff
from resolvers.errors import ProblemCode, invalid
from resolvers.unit_of_work import UnitOfWork


async def administrators(session: AsyncSession) -> list[UUID]:
    """Who is told when something of the workspace stops working."""
    statement = select(col(Staff.id)).where(col(Staff.role) == StaffRole.ADMIN)
    return list(await session.scalars(statement.where(col(Staff.is_active))))


async def active_staff(work: UnitOfWork, path: str, staff_id: UUID) -> Staff:
    """Somebody who can be given leads; InvalidInput for unknown or inactive people."""
    staff = await work.session.get(Staff, staff_id)
    if staff is None or not staff.is_active:
        raise invalid(path, ProblemCode.UNKNOWN, "This is no active member of the team.")
    return staff
