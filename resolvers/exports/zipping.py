"""A zip file that is written while it is read: memory holds one part of one entry."""

import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

AT_ONCE = 64 * 1024
"""Bytes that are worth sending."""
OWNER_ONLY = 0o600 << 16


@dataclass(frozen=True)
class Entry:
    """One file inside; `is_dense`: it would not get smaller."""

    name: str
    parts: AsyncIterator[bytes]
    is_dense: bool = False


class _Outlet(io.RawIOBase):
    """Takes what the writer writes, until it is sent; nothing can be sought in it."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        given = memoryview(data)  # type: ignore[arg-type]  # whatever has bytes
        self._waiting += given
        return given.nbytes

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


async def zipped(entries: AsyncIterator[Entry], at: datetime) -> AsyncIterator[bytes]:
    """The bytes of the file; entries may be of any length, which nobody knows beforehand."""
    outlet = _Outlet()
    archive = zipfile.ZipFile(outlet, "w")
    async for entry in entries:
        info = zipfile.ZipInfo(entry.name, at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_STORED if entry.is_dense else zipfile.ZIP_DEFLATED
        info.external_attr = OWNER_ONLY
        with archive.open(info, "w", force_zip64=True) as inside:
            async for part in entry.parts:
                inside.write(part)
                if len(outlet) >= AT_ONCE:
                    yield outlet.take()
    archive.close()
    yield outlet.take()
