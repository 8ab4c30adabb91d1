"""Where the bytes of files lie: a folder, or a bucket of a service that speaks S3.

A bucket is named as `s3://bucket/prefix`; the key, region and endpoint are taken from the usual
variables (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`). Keys
hold ids only, so that neither a name nor a type that somebody chose ever reaches a path.
"""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, S3Store

if TYPE_CHECKING:
    from obstore import GetResult

PART = 256 * 1024
TIMEOUT = timedelta(seconds=20)


class Variant(StrEnum):
    """What is kept of a file: itself, and of pictures a preview and a square one."""

    WHOLE = ""
    PREVIEW = ".preview"
    SQUARE = ".square"


class StoreFailed(Exception):
    """The store could not be asked, or did not do it; trying again may help."""


class FileStore:
    """Bytes by id and variant; what is written is whole or not there."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self._folder = folder
        self._url = url
        self._opened: LocalStore | S3Store | None = None

    def _store(self) -> LocalStore | S3Store:
        if self._opened is None:
            if self._url is not None:
                # http only where the operator's own endpoint says so; no minutes of retries; one
                # DELETE for each key, which more services understand than many in one POST
                self._opened = S3Store.from_url(
                    self._url,
                    config={"disable_bulk_delete": True},
                    client_options={"allow_http": True, "timeout": TIMEOUT},
                    retry_config={"max_retries": 3, "retry_timeout": TIMEOUT},
                )
            else:
                self._folder.mkdir(parents=True, exist_ok=True)
                os.chmod(self._folder, 0o700)  # as the data folder's other secrets
                self._opened = LocalStore(self._folder)
        return self._opened

    async def put(self, file_id: UUID, variant: Variant, data: bytes) -> None:
        """Writes, over what was there."""
        try:
            await obstore.put_async(self._store(), _key(file_id, variant), data)
        except (BaseError, OSError) as error:
            raise StoreFailed(f"could not write: {type(error).__name__}") from error

    async def read(self, file_id: UUID, variant: Variant) -> tuple[int, AsyncIterator[bytes]]:
        """Size and parts; FileNotFoundError if nothing is there."""
        try:
            found = await obstore.get_async(self._store(), _key(file_id, variant))
        except (NotFoundError, FileNotFoundError) as error:
            raise FileNotFoundError from error
        except (BaseError, OSError) as error:
            raise StoreFailed(f"could not read: {type(error).__name__}") from error
        return found.meta["size"], _parts(found)

    async def remove(self, file_id: UUID) -> None:
        """Removes all variants; those that are not there are no failure."""
        for variant in Variant:
            try:
                await obstore.delete_async(self._store(), _key(file_id, variant))
            except (NotFoundError, FileNotFoundError):
                continue
            except (BaseError, OSError) as error:
                raise StoreFailed(f"could not remove: {type(error).__name__}") from error


def _key(file_id: UUID, variant: Variant) -> str:
    return f"{file_id.hex}{variant}"


async def _parts(found: "GetResult") -> AsyncIterator[bytes]:
    async for part in found.stream(min_chunk_size=PART):
        yield bytes(part)
