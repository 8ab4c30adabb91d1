"""Passwords: argon2 in threads, at most two at once, so that sign-ins can't starve the rest."""

import asyncio

from pwdlib import PasswordHash

from resolvers.errors import ProblemCode, invalid

MIN_LENGTH, MAX_LENGTH = 12, 256


def check_new(path: str, password: str) -> None:
    """InvalidInput at `path` for a new password that is too short or too long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        is_short = len(password) < MIN_LENGTH
        code = ProblemCode.TOO_SMALL if is_short else ProblemCode.TOO_LARGE
        raise invalid(path, code, f"{MIN_LENGTH} to {MAX_LENGTH} characters.")


def check_given(path: str, password: str) -> None:
    """InvalidInput at `path` for what nobody's password can be."""
    if not password or len(password) > MAX_LENGTH:
        raise invalid(path, ProblemCode.MALFORMED, f"1 to {MAX_LENGTH} characters.")


class Passwords:
    """Hashes and checks passwords; 64 MiB and about 0.2 s each."""

    def __init__(self, *, parallel: int = 2) -> None:
        self._hasher = PasswordHash.recommended()
        self._turns = asyncio.Semaphore(parallel)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Does the same work for an account that does not exist or has no password."""
        if self._nobody is None:  # made by whoever comes first, so that it tells nothing
            self._nobody = await self.hash("nobody has this password")
        async with self._turns:
            is_right = await asyncio.to_thread(
                self._hasher.verify, password, hashed or self._nobody
            )
        return is_right and bool(hashed)
