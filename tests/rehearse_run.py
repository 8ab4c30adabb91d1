"""What a newcomer does: `make run`, then look at the pages. Only the standard library is needed.

Exits with 1 unless everything is served within three minutes.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("/healthz", "/live", "/demo-site", "/site/leadlight.js", "/schema.graphql")
PATIENCE = 180.0


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the server ends too
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        environment = {**os.environ, "DATA_DIR": f"{folder}/data", "PORT": str(port)}
        for name in ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "DEMO"):
            environment.pop(name, None)
        for word in ("cold", "warm"):
            began = time.monotonic()
            with log.open("w") as output:
                server = subprocess.Popen(
                    ["make", "run"],
                    cwd=ROOT,
                    env=environment,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
                try:
                    problem = look_at_pages(server, port) or look_at_greeting(log)
                finally:
                    os.killpg(server.pid, signal.SIGTERM)
                    server.wait(timeout=30)
            if problem:
                print(f"make run ({word}): {problem}\n{log.read_text()}", file=sys.stderr)
                return 1
            print(f"make run ({word}): served after {time.monotonic() - began:.1f} s")
    return 0


def look_at_pages(server: subprocess.Popen, port: int) -> str | None:
    deadline = time.monotonic() + PATIENCE
    for page in PAGES:
        while not answers(f"http://127.0.0.1:{port}{page}"):
            if server.poll() is not None:
                return "it ended"
            if time.monotonic() > deadline:
                return f"{page} is not served"
            time.sleep(0.1)
    return None


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


def look_at_greeting(log: Path) -> str | None:
    printed = log.read_text()
    wanted = ("/live", "/demo-site", "Admin", "Manager", "Agent")
    missing = [word for word in wanted if word not in printed]
    return f"it does not print {missing}" if missing else None


if __name__ == "__main__":
    sys.exit(main())
