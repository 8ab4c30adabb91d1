"""Requests to addresses that others typed: only to the public internet, once, and not for long."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from resolvers.outbound import MAX_URL, Outbound, OutboundRefused

NAME = "hooks.example"
NEAR = Outbound(allows_loopback=True)
Write = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Resolver:
    """Answers what it was given, one list after the other, and counts how often it was asked."""

    answers: list[Sequence[str]]
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


@dataclass
class Heard:
    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)


@asynccontextmanager
async def server(write: Write, context: ssl.SSLContext | None = None) -> AsyncIterator[Heard]:
    """Hears requests on the loopback and answers each by `write`."""
    heard = Heard()
    serving: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        serving.add(task)
        heard.requests.append(await reader.readuntil(b"\r\n\r\n"))
        with closing(writer), suppress(ConnectionError, asyncio.CancelledError):
            await write(writer)

    if context:
        context.sni_callback = lambda socket, name, ours: heard.names.append(name)
    started = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with started:
        heard.port = started.sockets[0].getsockname()[1]
        yield heard
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


def saying(head: bytes, body: bytes = b"") -> Write:
    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 " + head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    return write


async def refusal(outbound: Outbound, url: str, **more: object) -> str:
    with pytest.raises(OutboundRefused) as refused:
        await outbound.send("GET", url, **more)  # type: ignore[arg-type]  # limits by name
    return refused.value.reason


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "192.88.99.1",
        "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1", "fc00::1",
        "fec0::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1",
        "2001:db8::1", "100::1",
    ],
)  # fmt: skip
async def test_an_address_that_is_not_public_is_refused_however_it_is_written(
    address: str,
) -> None:
    told = "The name does not lead to the public internet."
    host = f"[{address}]" if ":" in address else address
    assert await refusal(Outbound(), f"https://{host}/") == told
    assert await refusal(Outbound(resolve=Resolver([[address]])), f"https://{NAME}/") == told
    mixed = Resolver([["93.184.216.34", address]])
    assert await refusal(Outbound(resolve=mixed), f"https://{NAME}/") == told
    if "127." not in address and address != "::1":
        assert await refusal(NEAR, f"https://{host}/") == told


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "localhost", "017700000001"])
async def test_other_ways_to_write_the_loopback_are_refused(host: str) -> None:
    assert await refusal(Outbound(), f"https://{host}/") in (
        "The name does not lead to the public internet.",
        "The name is unknown.",
        "This is no address.",
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "https://example.com:22/", "//example.com/",
        "https://", "https://user:word@example.com/", "javascript:alert(1)", "file:///etc/passwd",
        "https://exa mple.com/", "https://example.com:99999/", "", f"https://{'a' * MAX_URL}.com",
    ],
)  # fmt: skip
async def test_an_address_of_another_form_is_refused_before_its_name_is_looked_up(
    url: str,
) -> None:
    resolver = Resolver([["93.184.216.34"]])
    await refusal(Outbound(resolve=resolver), url)
    assert resolver.asked == []


async def test_an_unknown_name_is_refused() -> None:
    assert await refusal(Outbound(resolve=Resolver([[]])), f"https://{NAME}/") == (
        "The name is unknown."
    )


async def test_a_name_is_resolved_once_and_the_request_goes_there() -> None:
    resolver = Resolver([["127.0.0.1"], ["10.0.0.1"]])
    async with server(saying(b"200 OK\r\nX-Kind: Cat", b"hello")) as heard:
        outbound = Outbound(allows_loopback=True, resolve=resolver)
        url = f"http://{NAME}:{heard.port}/a?b=c#d"
        answer = await outbound.send("POST", url, headers={"X-One": "1"}, body=b"body")
    assert (answer.status, answer.headers["x-kind"], answer.body) == (200, "Cat", b"hello")
    assert resolver.asked == [(NAME, heard.port)]
    lines = heard.requests[0].decode().lower().split("\r\n")
    assert lines[0] == "post /a?b=c http/1.1"
    assert {f"host: {NAME}:{heard.port}", "x-one: 1", "accept-encoding: identity"} <= set(lines)


async def test_the_one_way_out_follows_no_redirect() -> None:
    async with server(saying(b"302 Found\r\nLocation: https://169.254.169.254/")) as heard:
        answer = await NEAR.send("GET", f"http://127.0.0.1:{heard.port}/")
    assert (answer.status, len(heard.requests)) == (302, 1)


async def test_an_answer_that_is_too_large_or_too_slow_is_given_up() -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 1000)
            await writer.drain()

    async def silent(writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with server(endless) as heard:
        told = await refusal(NEAR, f"http://127.0.0.1:{heard.port}/", most_bytes=5000)
    assert told == "The answer has more than 5,000 bytes."
    async with server(silent) as heard:
        told = await refusal(NEAR, f"http://127.0.0.1:{heard.port}/", seconds=0.2)
        assert told == "No whole answer within 0.2 seconds."


async def test_a_resolver_that_hangs_is_given_up_too() -> None:
    async def hang(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        raise AssertionError

    told = await refusal(Outbound(resolve=hang), f"https://{NAME}/", seconds=0.2)
    assert told == "No whole answer within 0.2 seconds."


async def test_a_packed_answer_is_not_unpacked() -> None:
    async with server(saying(b"200 OK\r\nContent-Encoding: gzip", b"\x1f\x8bnot gzip")) as heard:
        answer = await NEAR.send("GET", f"http://127.0.0.1:{heard.port}/")
    assert answer.body == b"\x1f\x8bnot gzip"


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
    async with server(saying(b"204 No Content")) as heard:
        assert (await NEAR.send("GET", f"http://127.0.0.1:{heard.port}/")).status == 204


def certificate(folder: Path, name: str) -> Path:
    """A file with key and certificate of its own for a name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    file = folder / f"{name}.pem"
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem)
    )
    return file


@pytest.mark.parametrize("name", [NAME, "other.example"])
async def test_the_certificate_has_to_be_that_of_the_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path, name)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    outbound = Outbound(allows_loopback=True, resolve=Resolver([["127.0.0.1"]]))
    async with server(saying(b"200 OK"), context) as heard:
        url = f"https://{NAME}:{heard.port}/"
        if name == NAME:
            assert (await outbound.send("GET", url)).status == 200
        else:
            assert await refusal(outbound, url) == "The request failed: ConnectError."
    assert heard.names == [NAME]
