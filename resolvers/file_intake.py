"""What becomes of an upload's bytes once they are there, before anybody asks for them.

Done when they arrive, outside any transaction: the type is told by the content, a check of the
operator's may refuse, a picture is drawn anew, and the result is put into the store. An upload that
can't be a file is no failure here: an import may want it. Whoever makes a file of it is refused.
"""

import asyncio
import shlex
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import structlog

from resolvers.file_store import FileStore, Variant
from resolvers.file_types import PICTURES, WrongType, content_type_of

log = structlog.get_logger(__name__)

AT_ONCE = 2
"""Files that one process looks into at a time: a picture takes memory by its pixels."""
CHECK_SECONDS = 30.0


@dataclass(frozen=True)
class Found:
    """What there is in the store now, or why there is nothing."""

    content_type: str | None = None
    size_bytes: int | None = None
    width: int | None = None
    height: int | None = None
    problem: str | None = None


class Intake:
    """Looks into files that came. `check`: a command that is run with the path of each; any end
    but 0 refuses the file."""

    def __init__(self, store: FileStore, most_bytes: int, check: str | None = None) -> None:
        self._store = store
        self.most_bytes = most_bytes
        self._check = shlex.split(check) if check else []
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def take(self, file_id: UUID, name: str, path: Path) -> Found:
        """Puts the file into the store, if it may be one. StoreFailed: nothing can be told yet."""
        size = (await asyncio.to_thread(path.stat)).st_size
        if size > self.most_bytes:
            return Found(problem=f"Files have at most {self.most_bytes:,} bytes.")
        async with self._turns:
            data = await asyncio.to_thread(path.read_bytes)
            try:
                content_type = await asyncio.to_thread(content_type_of, name, data)
            except WrongType as wrong:
                return Found(problem=str(wrong))
            if self._check and not await self._passes(path):
                return Found(problem="The check of files refused it.")
            return await self.keep(file_id, content_type, data)

    async def keep(self, file_id: UUID, content_type: str, data: bytes) -> Found:
        """Puts content of a known type into the store, a picture drawn anew with its previews."""
        if content_type not in PICTURES:
            await self._store.put(file_id, Variant.WHOLE, data)
            return Found(content_type, len(data))
        # Only here, because a library of pictures is loaded for nothing in most processes.
        from resolvers.pictures import Undrawable, redraw

        try:
            picture = await asyncio.to_thread(redraw, data, content_type)
        except Undrawable as why:
            return Found(problem=str(why))
        await self._store.put(file_id, Variant.WHOLE, picture.data)
        await self._store.put(file_id, Variant.PREVIEW, picture.preview)
        await self._store.put(file_id, Variant.SQUARE, picture.square)
        return Found(content_type, len(picture.data), picture.width, picture.height)

    async def _passes(self, path: Path) -> bool:
        null = asyncio.subprocess.DEVNULL
        try:
            running = await asyncio.create_subprocess_exec(
                *self._check, str(path), stdin=null, stdout=null, stderr=null
            )
        except OSError as error:
            log.warning("the check of files can't be run", error=type(error).__name__)
            return False
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                return await running.wait() == 0
        except TimeoutError:
            running.kill()
            await running.wait()
            log.warning("the check of files took too long")
            return False
