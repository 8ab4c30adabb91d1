"""A process that has loaded the program once and forks for each start of it.

Loading all modules takes three seconds of processor time, and tests start hundreds of servers and
workers. What runs is the same code with the same environment; the rehearsal of `make run`, imports
and the README's commands start it cold.
"""

import atexit
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MODULES = ("cli.__main__", "app", "resolvers.worker", "realtime.sockets", "uvicorn.protocols")


class Started:
    """A running program; what tests use of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._status: int | None = None

    def poll(self) -> int | None:
        """Its exit status, minus the signal that ended it; None while it runs."""
        if self._status is None:
            self._status = _parent().ask({"poll": self.pid})
        return self._status

    def send_signal(self, how: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, how)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float = 60.0) -> int:
        """Its exit status; TimeoutError after so many seconds."""
        deadline = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"process {self.pid} goes on after {timeout:g} s")
            time.sleep(0.01)
        return status


def start(command: Sequence[str], environment: Mapping[str, str], said: Path, log: Path) -> Started:
    """`python -m cli <command>` with this environment alone, its output added to both files."""
    pid = _parent().ask(
        {"command": command, "environment": environment, "said": str(said), "log": str(log)}
    )
    return Started(pid)


def run(
    command: Sequence[str], environment: Mapping[str, str], timeout: float = 60.0
) -> "subprocess.CompletedProcess[str]":
    """The same to its end; what it printed is told apart, as by `subprocess.run`."""
    with tempfile.TemporaryDirectory(prefix="leadlight-run-") as folder:
        said, log = Path(folder, "out"), Path(folder, "err")
        status = start(command, environment, said, log).wait(timeout)
        out, err = (each.read_text("utf-8", "replace") for each in (said, log))
        return subprocess.CompletedProcess(list(command), status, out, err)


class _Parent:
    """The side of the tests."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, request: dict[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        with self._turn:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        """Nothing that it started outlives it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


_BEGINNING = threading.Lock()


def _parent() -> _Parent:
    with _BEGINNING:  # servers are started by several threads at once
        return _only_parent()


@cache
def _only_parent() -> _Parent:
    made = _Parent()
    atexit.register(made.end)
    return made


# --- the process that forks ------------------------------------------------------------------


def _serve() -> None:
    for name in MODULES:
        importlib.import_module(name)
    gc.freeze()  # what is forked shares it and need not look through it
    running: set[int] = set()
    for line in sys.stdin:
        request = json.loads(line)
        if "poll" in request:
            answer = _status(request["poll"], running)
        else:
            answer = _fork(request)
            running.add(answer)
        print(json.dumps(answer), flush=True)
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _status(pid: int, running: set[int]) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    if not ended:
        return None
    running.discard(pid)
    return os.waitstatus_to_exitcode(status)


def _fork(request: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        code = _run(request)
    except BaseException:
        code = 1
        sys.excepthook(*sys.exc_info())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _run(request: dict[str, Any]) -> int:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for file, descriptor in ((request["said"], 1), (request["log"], 2)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644), descriptor)
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["cli", *request["command"]]
    from cli.program import main

    try:
        main()
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
            return 1
        return ended.code or 0
    return 0


if __name__ == "__main__":
    _serve()
