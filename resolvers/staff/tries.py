"""How often somebody may try to prove who they are."""

from dataclasses import replace

from resolvers.limits import SIGN_IN_ACCOUNT, SIGN_IN_ALL, SIGN_IN_CLIENT, spend
from resolvers.services import Services


async def count_client(services: Services, client: str) -> None:
    """Counts one try from a network address."""
    amount = 3 * services.api.sign_in_account
    await spend(services.limiter, replace(SIGN_IN_CLIENT, amount=amount), client)


async def count_try(services: Services, address: str) -> None:
    """Counts one try for an account, whether there is one or not, and in all: each hash is dear.

    Passwords and codes count together.
    """
    rules, limiter = services.api, services.limiter
    await spend(limiter, replace(SIGN_IN_ACCOUNT, amount=rules.sign_in_account), address)
    await spend(limiter, replace(SIGN_IN_ALL, amount=rules.sign_in_all), "")
