"""Requests to addresses that somebody else typed: pictures to fetch, webhooks to call.

Such an address may point at us from behind: at this machine, the network around it, a cloud's
metadata. So `Outbound.send`

- takes `https` on ports 443 and 8443 only, without user name or password in the address;
- resolves the name once, refuses unless every address that it stands for is a public one, and
  connects to one of these, so that a name that changes meanwhile gains nothing. `Host`, SNI and
  the check of the certificate are those of the name;
- follows no redirect: a 3xx is an answer like any other, for the caller to refuse;
- uses no proxy and no credentials of the environment, and unpacks nothing;
- ends after `seconds` in all, and after `most_bytes` of the answer.

`OutboundRefused` says why nothing, or nothing more, was taken: its `reason` is for people and holds
nothing of what was read. `allows_loopback` is for tests and nothing else: `http` and any port on a
loopback address. Tests give `resolve` a resolver of theirs.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

PORTS = frozenset({443, 8443})
HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
MAX_URL = 2048
SECONDS = 5.0
MOST_BYTES = 64 * 1024
CHUNK = 16 * 1024
# Python calls some of these global: they lead elsewhere, or to whoever runs the translation.
NOT_PUBLIC = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/3",
        "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2002::/16",
        "5f00::/16", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip


class OutboundRefused(Exception):
    """The address may not be asked, or did not answer as it should; `reason` is for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Answer:
    """What came back; names of headers in lower case, the body as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """The addresses that the system's resolver has for a name; empty for none."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(each[4][0]) for each in found]


def is_public(address: Address) -> bool:
    """Whether an address is of the public internet and stands for no other one."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if not address.is_global or address.is_multicast:
        return False
    return not any(address in network for network in NOT_PUBLIC)


@dataclass(frozen=True)
class Outbound:
    """Sends requests to addresses of others; see the module for what it refuses."""

    allows_loopback: bool = False
    resolve: Resolve = resolve_by_system

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        seconds: float = SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> Answer:
        """One request and its whole answer; OutboundRefused when there is none to be had."""
        # Only here, because an HTTP client is loaded for nothing in most processes.
        import httpx2

        target = self.check(url)
        try:
            async with asyncio.timeout(seconds):
                chosen = await self._choose(target)
                request = _request(method, target, chosen, headers or {}, body)
                transport = httpx2.AsyncHTTPTransport(retries=0)  # unlike a client: no proxy
                async with transport:
                    return await _take(await transport.handle_async_request(request), most_bytes)
        except TimeoutError as error:
            raise OutboundRefused(f"No whole answer within {seconds:g} seconds.") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            raise OutboundRefused(f"The request failed: {type(error).__name__}.") from error

    def check(self, url: str) -> "httpx2.URL":
        """The address, if its form allows a request; where it leads is looked at when sending."""
        import httpx2

        if len(url) > MAX_URL:
            raise OutboundRefused("The address is too long.")
        try:
            target = httpx2.URL(url)
        except (httpx2.InvalidURL, ValueError, UnicodeError) as error:
            raise OutboundRefused("This is no address.") from error
        host = target.raw_host.decode("ascii")
        if target.userinfo or not HOST.fullmatch(host):
            raise OutboundRefused("An address has a host and no credentials.")
        if self.allows_loopback and target.scheme in ("http", "https"):
            return target
        if target.scheme != "https" or (target.port or 443) not in PORTS:
            raise OutboundRefused("Only https on port 443 or 8443 is asked.")
        return target

    async def _choose(self, target: "httpx2.URL") -> Address:
        """The address to connect to, one of those that the name stands for now."""
        host = target.host
        try:
            found = [ip_address(host)]
        except ValueError:
            ascii_host = target.raw_host.decode("ascii")
            told = await self.resolve(ascii_host, target.port or 443)
            found = [ip_address(each) for each in told]
        if not found:
            raise OutboundRefused("The name is unknown.")
        if not all(self._may_reach(each, target) for each in found):
            raise OutboundRefused("The name does not lead to the public internet.")
        return next((each for each in found if each.version == 4), found[0])

    def _may_reach(self, address: Address, target: "httpx2.URL") -> bool:
        if self.allows_loopback and address.is_loopback:
            return True
        is_plain = target.scheme == "https" and (target.port or 443) in PORTS
        return is_plain and is_public(address)


def _request(
    method: str, target: "httpx2.URL", chosen: Address, headers: Mapping[str, str], body: bytes
) -> "httpx2.Request":
    import httpx2

    host = target.raw_host.decode("ascii")
    return httpx2.Request(
        method,
        target.copy_with(host=str(chosen), fragment=None),
        headers={
            "accept-encoding": "identity",
            "user-agent": "Leadlight",
            **headers,
            "host": target.netloc.decode("ascii"),
            "connection": "close",
        },
        content=body,
        extensions={"sni_hostname": host},
    )


async def _take(response: "httpx2.Response", most_bytes: int) -> Answer:
    try:
        parts, length = [], 0
        async for part in response.aiter_raw(CHUNK):
            length += len(part)
            if length > most_bytes:
                raise OutboundRefused(f"The answer has more than {most_bytes:,} bytes.")
            parts.append(part)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, b"".join(parts))
    finally:
        await response.aclose()
