"""Ways to sign in besides the password."""

import strawberry

from schema.context import Info
from schema.scalars import Url


@strawberry.type(description="Other way to sign in.")
class SignInProvider:
    name: str = strawberry.field(description="Name on the button.")
    url: Url = strawberry.field(description="Where the browser goes.")


async def sign_in_providers(info: Info) -> list[SignInProvider]:
    """Ways to sign in that the deployment has."""
    services = info.context.services
    if services.provider is None:
        return []
    url = Url(f"{services.public_url}/auth/oidc/start")
    return [SignInProvider(name=services.provider.name, url=url)]
