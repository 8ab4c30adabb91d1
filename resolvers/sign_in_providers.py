"""Signing in elsewhere: OpenID Connect, by code, with PKCE.

What a provider says is believed only inside an ID token: signed by a key that it publishes now,
made for us, for this very attempt, and not over. Loaded only where a provider is configured, for it
brings an HTTP client along.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from models.clock import Clock
from resolvers.errors import Precondition, PreconditionReason, ProviderFailed
from resolvers.secrets import Secrets, Unsealable

ATTEMPT_LASTS = timedelta(minutes=10)
METADATA_LASTS = timedelta(hours=1)
TIMEOUT = 5.0
LEEWAY = 60
"""Seconds that the provider's clock may be off."""
# Keys that only the provider has; never `none`, nor a secret that we hold as well.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
SCOPE = "oidc-attempt"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True)
class Attempt:
    """What one way through the provider is bound to; kept sealed in the browser's cookie."""

    state: str
    nonce: str
    verifier: str
    ends_at: float

    def is_answered_by(self, state: str) -> bool:
        """Whether an answer is for this attempt."""
        return secrets.compare_digest(self.state.encode(), state.encode())


@dataclass(frozen=True)
class Metadata:
    """What the provider publishes of itself, and when that was read."""

    endpoints: Mapping[str, str]
    algorithms: tuple[str, ...]
    read_at: datetime


class OidcProvider:
    """The one provider of a deployment."""

    def __init__(
        self, issuer: str, client_id: str, client_secret: str, *, clock: Clock, vault: Secrets,
        redirect_uri: str,
    ) -> None:  # fmt: skip
        self.issuer = issuer
        self._client_id, self._client_secret = client_id, client_secret
        self._clock, self._vault, self._redirect_uri = clock, vault, redirect_uri
        self._metadata: Metadata | None = None
        self._keys: KeySet | None = None

    @property
    def name(self) -> str:
        """What people are shown: the host that they will be taken to."""
        return urlsplit(self.issuer).hostname or self.issuer

    async def begin(self) -> tuple[str, str]:
        """Where the browser goes, and what its cookie has to hold until it is back."""
        metadata = await self._read_metadata()
        ends_at = (self._clock.now() + ATTEMPT_LASTS).timestamp()
        attempt = Attempt(
            secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), ends_at
        )
        async with self._client() as client:
            url, _ = client.create_authorization_url(
                metadata.endpoints["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        position = [attempt.state, attempt.nonce, attempt.verifier, ends_at]
        return str(url), self._vault.seal_page(SCOPE, orjson.dumps(position))

    def attempt_of(self, cookie: str) -> Attempt | None:
        """The attempt that a cookie holds; None for a foreign or an old one."""
        try:
            attempt = Attempt(*orjson.loads(self._vault.unseal_page(SCOPE, cookie)))
        except Unsealable:
            return None
        return attempt if self._clock.now().timestamp() < attempt.ends_at else None

    async def finish(self, attempt: Attempt, code: str) -> str:
        """The address that the provider vouches for; Precondition if it vouches for none.

        ProviderFailed for an answer that can't be believed.
        """
        if not code:
            raise ProviderFailed("no code")  # the person said no there
        metadata = await self._read_metadata()
        try:
            async with self._client() as client:
                token = await client.fetch_token(
                    metadata.endpoints["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=attempt.verifier,
                )
        except (AuthlibBaseError, httpx2.HTTPError, ValueError) as error:
            raise ProviderFailed(f"no token: {type(error).__name__}") from error
        claims = await self._claims(metadata, dict(token), attempt)
        address = claims.get("email")
        # Without the second claim anybody could enter another's address at the provider.
        if not isinstance(address, str) or claims.get("email_verified") is not True:
            raise Precondition(
                PreconditionReason.SIGN_IN_REFUSED, "The provider did not verify the address."
            )
        return address

    async def _claims(
        self, metadata: Metadata, token: Mapping[str, Any], attempt: Attempt
    ) -> Mapping[str, Any]:
        text = token.get("id_token")
        if not isinstance(text, str):
            raise ProviderFailed("no ID token")
        try:
            decoded = await self._decode(metadata, text)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                },
                {
                    "nonce": attempt.nonce,
                    "client_id": self._client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(now=int(self._clock.now().timestamp()), leeway=LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderFailed(f"a bad ID token: {type(error).__name__}") from error
        return dict(claims)

    async def _decode(self, metadata: Metadata, text: str) -> Any:
        registry = JWSRegistry(algorithms=list(metadata.algorithms), strict_check_header=False)
        if self._keys is not None:
            try:
                return jwt.decode(text, self._keys, registry=registry)
            except JoseError:
                pass  # the provider may have changed its keys since
        self._keys = KeySet.import_key_set(await self._get(metadata.endpoints["jwks_uri"]))
        return jwt.decode(text, self._keys, registry=registry)

    async def _read_metadata(self) -> Metadata:
        now, known = self._clock.now(), self._metadata
        if known is not None and now - known.read_at < METADATA_LASTS:
            return known
        found = await self._get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer:
            raise ProviderFailed("the metadata is of another issuer")
        endpoints = {name: found.get(name) for name in ENDPOINTS}
        if not all(isinstance(each, str) and self._is_safe(each) for each in endpoints.values()):
            raise ProviderFailed("the metadata lacks an endpoint")
        told = found.get("id_token_signing_alg_values_supported") or ["RS256"]
        algorithms = tuple(each for each in ALGORITHMS if each in told)
        if not algorithms:
            raise ProviderFailed("the provider signs in no way that can be checked")
        self._metadata = Metadata(endpoints, algorithms, now)
        return self._metadata

    def _is_safe(self, endpoint: str) -> bool:
        """In the clear only where the issuer itself is so, on this machine."""
        return endpoint.startswith(("https://", f"{urlsplit(self.issuer).scheme}://"))

    async def _get(self, url: str) -> Any:
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT) as client:
                answer = await client.get(url)
                answer.raise_for_status()
                found = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderFailed(f"{url}: {type(error).__name__}") from error
        if not isinstance(found, dict):
            raise ProviderFailed(f"{url}: no JSON object")
        return found

    def _client(self) -> Any:
        return AsyncOAuth2Client(
            self._client_id,
            self._client_secret,
            scope="openid email",
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT,
        )
