"""What can't be erased in the transaction: it is done right after it, and tried until it is."""

from uuid import UUID

from resolvers import search
from resolvers.actors import SYSTEM
from resolvers.jobs import Claim
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work


async def finish(services: Services, claim: Claim) -> None:
    """Forgets presence, and empties the database's own journal; bytes of files go beside it.

    TimeoutError while somebody still reads a state of the database from before.
    """
    for each in claim.data["leads"]:
        await services.presence.forget(UUID(hex=each))
    async with unit_of_work(services, SYSTEM) as work:
        await search.sweep(work.session)
    if not await services.database.sweep_out():
        raise TimeoutError("the database's journal is still read")
