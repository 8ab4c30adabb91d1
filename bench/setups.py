"""The two ways to run the program, started for real: one process with SQLite, or two processes
that share PostgreSQL and Valkey."""

import asyncio
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from settings import Settings
from tests.processes import Process, free_port
from tests.servers import running_postgres, running_redis

SECRET_KEY = "benchmark-" * 4
_COMPLAINTS = ("WARNING", "ERROR", "CRITICAL", "Traceback", "{")


class Server(Process):
    """An API process on the loopback."""

    @property
    def resident_kib(self) -> int:
        """Memory of the process that is in RAM now."""
        assert self._process is not None
        pid = self._process.pid
        status = Path(f"/proc/{pid}/status")
        if not status.exists():
            return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(pid)]))
        lines = status.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

    @property
    def processor_seconds(self) -> float:
        """Processor time that the process has taken, its own and the system's for it."""
        assert self._process is not None
        parts = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8").split()
        return (int(parts[13]) + int(parts[14])) / os.sysconf("SC_CLK_TCK")

    @property
    def status(self) -> int | None:
        """Exit status; None while it runs."""
        assert self._process is not None
        return self._process.poll()

    @property
    def resident_kib_or_none(self) -> int | None:
        """As `resident_kib`; None once it has ended."""
        try:
            return self.resident_kib
        except (StopIteration, OSError, subprocess.CalledProcessError):
            return None

    def stop(self) -> int:
        """Ends the process, by force if it does not end when it is asked; that is an error too."""
        process = self._process
        try:
            return super().stop()
        except subprocess.TimeoutExpired:
            assert process is not None
            process.kill()
            process.wait()
            raise

    def restart(self) -> None:
        """Ends the process and starts it as a fresh one."""
        self.stop()
        self.start()


@dataclass(frozen=True)
class Setup:
    """`settings` open the same database and bus in this process; `servers` are not started yet."""

    name: str
    settings: Settings
    servers: tuple[Server, ...]
    environment: Mapping[str, object]

    def command(self, *command: str, **more: object) -> Server:
        """Another process of the program, not started yet; `more` are settings of its own."""
        return Server(self.settings.data_dir, *command, **self.environment, **more)

    def start(self) -> None:
        """Starts the servers; each answers before the next one starts."""
        for server in self.servers:
            server.start()

    def stop(self) -> None:
        for server in self.servers:
            server.stop()

    def complaints(self) -> list[str]:
        """Lines of warnings and worse that the servers have logged."""
        lines = [line for server in self.servers for line in server.log.splitlines()]
        return [line for line in lines if line.startswith(_COMPLAINTS)]


@contextmanager
def embedded() -> Iterator[Setup]:
    """SQLite and everything else inside one process."""
    with TemporaryDirectory(prefix="leadlight-bench-") as folder:
        address = f"sqlite:///{folder}/leadlight.db"
        yield from _stopped(_setup("SQLite", Path(folder), 1, address, None))


@contextmanager
def shared() -> Iterator[Setup]:
    """PostgreSQL, Valkey and two API processes."""
    with (
        TemporaryDirectory(prefix="leadlight-bench-") as folder,
        running_postgres() as postgres,
        running_redis() as redis,
        _database(postgres.url) as address,
    ):
        yield from _stopped(_setup("PostgreSQL", Path(folder), 2, address, redis.url))


def _stopped(setup: Setup) -> Iterator[Setup]:
    try:
        yield setup
    finally:
        setup.stop()


def _setup(name: str, folder: Path, count: int, address: str, bus: str | None) -> Setup:
    values = {
        "DATABASE_URL": address,
        "SECRET_KEY": SECRET_KEY,
        "REDIS_URL": bus or "",
        # what is measured is work, not its limits
        "STAFF_COST_PER_MINUTE": 10**9,
        "ADDRESS_COST_PER_MINUTE": 10**9,
        "SIGN_IN_PER_MINUTE": 10**6,
        "SIGN_IN_PER_MINUTE_IN_ALL": 10**6,
    }
    ports = [free_port() for _ in range(count)]
    servers = tuple(Server(folder, "serve", PORT=port, **values) for port in ports)
    settings = Settings.model_validate(
        {
            "data_dir": folder,
            "database_url": address,
            "redis_url": bus,
            "secret_key": SECRET_KEY,
            "demo": False,
        }
    )
    return Setup(name, settings, servers, values)


@contextmanager
def _database(admin: str) -> Iterator[str]:
    """The address of a new database, dropped at the end."""
    name = f"bench_{uuid4().hex}"
    asyncio.run(_run(admin, f"CREATE DATABASE {name}"))
    try:
        yield urlunsplit(urlsplit(admin)._replace(path=f"/{name}"))
    finally:
        asyncio.run(_run(admin, f"DROP DATABASE {name} WITH (FORCE)"))


async def _run(admin: str, statement: str) -> None:
    connection = await asyncpg.connect(admin)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
