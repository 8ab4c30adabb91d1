"""Where bytes of files lie: a folder of ours, or a bucket behind the protocol of S3."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.ids import new_id
from resolvers.file_store import FileStore, StoreFailed, Variant

LARGE = bytes(range(256)) * 4096 * 3


class Bucket:
    """As much of S3 as a store needs, over HTTP; keeps what it is sent."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.failing = 0
        self._serving: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.create_task(self._serve(reader, writer)))

    async def close(self) -> None:
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                method, path, headers = await self._head(reader)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.requests.append((method, path, headers))
                status, answer = self._answer(method, path, body)
                writer.write(
                    b'HTTP/1.1 %d X\r\nContent-Length: %d\r\nETag: "1"\r\n'
                    b"Last-Modified: Mon, 02 Mar 2026 09:00:00 GMT\r\n\r\n" % (status, len(answer))
                )
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _head(self, reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
        first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        method, path, _ = first.split(" ")
        pairs = (line.split(": ", 1) for line in rest)
        return method, path, {name.lower(): value for name, value in pairs}

    def _answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if self.failing:
            self.failing -= 1
            return 503, b""
        if method == "PUT":
            self.objects[path] = body
            return 200, b""
        if path not in self.objects:
            return 404, b""
        if method == "DELETE":
            del self.objects[path]
            return 204, b""
        return 200, self.objects[path]


@pytest.fixture
async def bucket(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bucket]:
    found = Bucket()
    server = await asyncio.start_server(found.accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "our-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "our-secret")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    try:
        yield found
    finally:
        server.close()
        await found.close()


async def read(store: FileStore, file_id: object, variant: Variant = Variant.WHOLE) -> bytes:
    size, parts = await store.read(file_id, variant)  # type: ignore[arg-type]  # an id
    data = b"".join([part async for part in parts])
    assert len(data) == size
    return data


async def goes_round(store: FileStore) -> None:
    first, second = new_id(), new_id()
    await store.put(first, Variant.WHOLE, LARGE)
    await store.put(first, Variant.PREVIEW, b"small")
    await store.put(second, Variant.WHOLE, b"other")
    assert await read(store, first) == LARGE
    assert await read(store, first, Variant.PREVIEW) == b"small"
    await store.remove(first)
    await store.remove(first)
    for variant in Variant:
        with pytest.raises(FileNotFoundError):
            await store.read(first, variant)
    assert await read(store, second) == b"other"


async def test_a_folder_keeps_bytes_until_they_are_removed(tmp_path: Path) -> None:
    await goes_round(FileStore(tmp_path / "a" / "files"))
    folder = tmp_path / "a" / "files"
    assert len([*folder.iterdir()]) == 1
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_a_bucket_keeps_bytes_until_they_are_removed(tmp_path: Path, bucket: Bucket) -> None:
    await goes_round(FileStore(tmp_path, "s3://pictures/leads"))
    assert len(bucket.objects) == 1
    for _, path, headers in bucket.requests:
        assert path.startswith("/pictures/leads/")
        assert "Credential=our-key/" in headers["authorization"]
        assert "/eu-west-1/s3/" in headers["authorization"]


async def test_a_bucket_that_fails_is_asked_again_and_then_given_up(
    tmp_path: Path, bucket: Bucket
) -> None:
    store, file_id = FileStore(tmp_path, "s3://pictures"), new_id()
    bucket.failing = 1
    await store.put(file_id, Variant.WHOLE, b"one")
    assert await read(store, file_id) == b"one"
    for act in (
        store.put(file_id, Variant.WHOLE, b"two"),
        store.read(file_id, Variant.WHOLE),
        store.remove(file_id),
    ):
        bucket.failing = 100
        with pytest.raises(StoreFailed):
            await act
    bucket.failing = 0
    assert await read(store, file_id) == b"one"
