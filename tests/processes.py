"""The program as its users run it: real processes, which a test may kill and bring back."""

import os
import signal
import socket
import sys
import time
from pathlib import Path

import httpx2

from tests import warm
from tests.log_watch import personal_in

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 90.0


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


class Process:
    """`python -m cli <command>` with settings from `environment` alone."""

    def __init__(self, folder: Path, *command: str, **environment: object) -> None:
        self.folder = folder
        self.port = int(str(environment.get("PORT", 0)))
        self._command = [sys.executable, "-m", "cli", *command]
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "DATA_DIR": str(folder),
            "DEMO": "false",
            "LOG_LEVEL": "warning",
            **{key: str(value) for key, value in environment.items()},
        }
        self._process: warm.Started | None = None

    @property
    def url(self) -> str:
        """Where a server answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self._log_file.read_text(encoding="utf-8", errors="replace")

    @property
    def _log_file(self) -> Path:
        return self.folder / f"{self._command[3]}-{self.port}.log"

    def run(self) -> str:
        """Runs to its end; answers what it printed, and fails unless it succeeded."""
        done = warm.run(self._command[3:], self._environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, patience: float = START_SECONDS) -> None:
        """Starts it; a server is waited for until it answers, so many seconds at most."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # apart from the log: what is told to who started it may name people
        said = self._log_file.with_suffix(".out")
        self._process = warm.start(self._command[3:], self._environment, said, self._log_file)
        if self.port:
            self._wait_until_healthy(patience)

    def _wait_until_healthy(self, patience: float) -> None:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(f"it ended at its start:\n{self.log}")
            try:
                if httpx2.get(f"{self.url}/healthz", timeout=1).status_code == 200:
                    return
            except httpx2.HTTPError:
                time.sleep(0.05)
        raise AssertionError(f"it does not answer:\n{self.log}")

    def kill(self) -> None:
        """SIGKILL: nothing is finished, no socket is closed with a word."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; answers the exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(how)
        status = process.wait(timeout=20)
        assert personal_in(self.log) == [], "somebody's data is in the log"
        return status
