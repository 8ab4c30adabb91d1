"""An OpenID Connect provider on the loopback: it lets everybody in, and can be told to lie.

Signatures are made with `cryptography` alone, so that what checks them is not what made them.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from models.clock import Clock
from tests.serving import serving

CLIENT_ID, CLIENT_SECRET = "leadlight", "a secret of the client"


@cache
def _key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _number(value: int) -> str:
    return _encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass
class Provider:
    """Whom it vouches for, and in what way it is wrong."""

    clock: Clock
    issuer: str = ""
    email: str = "ada@team.example"
    key: str = "first"
    """Name of the key that signs; the published one is `published`."""
    published: str = "first"
    claims: dict[str, Any] = field(default_factory=dict)
    """Claims that it puts into ID tokens in place of the right ones; None takes one out."""
    metadata: dict[str, Any] = field(default_factory=dict)
    forge: Callable[[str], str] = staticmethod(lambda token: token)
    is_down: bool = False
    reads: list[str] = field(default_factory=list)
    """Paths that were asked for."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.configuration),
                Route("/jwks", self.jwks),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
            ]
        )

    async def configuration(self, request: Request) -> Response:
        self.reads.append("configuration")
        if self.is_down:
            return Response(status_code=503)
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
                **self.metadata,
            }
        )

    async def jwks(self, request: Request) -> Response:
        self.reads.append("jwks")
        numbers = _key(self.published).public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.published}
        return JSONResponse({"keys": [{**key, "n": _number(numbers.n), "e": _number(numbers.e)}]})

    async def authorize(self, request: Request) -> Response:
        """As if the person had signed in and agreed."""
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert set(asked["scope"].split()) == {"openid", "email"}
        assert asked["code_challenge_method"] == "S256"
        code = uuid4().hex
        self.codes[code] = asked
        answer = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{answer}", 303)

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        asked = self.codes.pop(str(form.get("code")), None)
        challenge = _encoded(hashlib.sha256(str(form.get("code_verifier")).encode()).digest())
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        is_right = (
            asked is not None
            and form.get("grant_type") == "authorization_code"
            and request.headers.get("authorization") == f"Basic {basic}"
            and asked["code_challenge"] == challenge
            and asked["redirect_uri"] == form.get("redirect_uri")
        )
        if asked is None or not is_right:
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = self.forge(self.id_token(asked["nonce"]))
        return JSONResponse(
            {"access_token": uuid4().hex, "token_type": "Bearer", "id_token": token}
        )

    def id_token(self, nonce: str) -> str:
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "sub": self.email,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "email": self.email,
            "email_verified": True,
            **self.claims,
        }
        told = {name: value for name, value in claims.items() if value is not None}
        return self.signed({"alg": "RS256", "kid": self.key}, told)

    def signed(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        parts = [_encoded(json.dumps(each).encode()) for each in (header, claims)]
        message = ".".join(parts)
        signature = _key(self.key).sign(message.encode(), padding.PKCS1v15(), SHA256())
        return f"{message}.{_encoded(signature)}"


def unsigned(token: str) -> str:
    """The same claims under the algorithm that asks for no signature."""
    _, claims, _ = token.split(".")
    return f"{_encoded(json.dumps({'alg': 'none'}).encode())}.{claims}."


def signed_by_client(token: str) -> str:
    """The same claims, signed with what the client and the provider both know."""
    _, claims, _ = token.split(".")
    message = f"{_encoded(json.dumps({'alg': 'HS256', 'kid': 'first'}).encode())}.{claims}"
    digest = hmac.new(CLIENT_SECRET.encode(), message.encode(), hashlib.sha256).digest()
    return f"{message}.{_encoded(digest)}"


def altered(token: str) -> str:
    """The same signature over another address."""
    header, claims, signature = token.split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    told["email"] = "eve@team.example"
    return f"{header}.{_encoded(json.dumps(told).encode())}.{signature}"


@asynccontextmanager
async def running_provider(clock: Clock) -> AsyncIterator[Provider]:
    """The provider, served until the block ends."""
    provider = Provider(clock)
    async with serving(provider.app()) as served:
        provider.issuer = served.http
        yield provider
