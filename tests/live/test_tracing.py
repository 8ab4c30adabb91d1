"""Spans that a collector gets: of operations and of the worker, and nothing of what they held."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from models.enums import StaffRole
from settings import Settings
from tests.conftest import make_settings
from tests.factories import sign_in_new
from tests.live.deployment import running
from tests.processes import ROOT, free_port

MARKER = "PLANTED-MARKER"
CREATE_LEAD = f"""mutation AddVisitor($name: String) {{
  # {MARKER}
  createLead(input: {{idempotencyKey: "k", person: {{firstName: $name, lastName: "{MARKER}"}}}}) {{
    __typename
  }}
}}"""


class Collector:
    """Takes OTLP over HTTP on the loopback and keeps it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.paths: set[str] = set()
        kept = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kept.paths.add(self.path)
                kept.bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing on the terminal."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def spans(self) -> dict[str, Any]:
        """The last span of each name."""
        found: dict[str, Any] = {}
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    found |= {span.name: span for span in scope.spans}
        return found

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def collector() -> Iterator[Collector]:
    started = Collector()
    yield started
    started.stop()


def attributes(span: Any) -> dict[str, str]:
    return {each.key: each.value.string_value for each in span.attributes}


@pytest.mark.realtime
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_collector_gets_a_span_of_each_operation_and_nothing_it_was_about(
    settings: Settings, tmp_path: Path, collector: Collector
) -> None:
    traced = make_settings(
        settings.database_url, tmp_path, otel_exporter_otlp_endpoint=f"{collector.url}/"
    )
    async with running(traced) as server:
        token = (await sign_in_new(server.services, StaffRole.ADMIN)).token
        await server.ask(token, CREATE_LEAD, name=MARKER)
        await server.ask(token, "{ me { staff { id } } }")
        answer = await server.client.post(
            f"{server.served.http}/graphql",
            json={"query": f'query Wrong {{ unknown(name: "{MARKER}") }}'},
            headers={"x-request-id": "request-0001"},
        )
    assert answer.json()["errors"]
    assert collector.paths == {"/v1/traces"}
    spans = collector.spans()
    assert {"mutation AddVisitor", "query", "query Wrong", "worker store_all"} <= spans.keys()
    made = spans["mutation AddVisitor"]
    told = attributes(made)
    assert told.pop("leadlight.request_id")
    assert told == {"graphql.operation.type": "mutation", "leadlight.code": "OK"}
    assert made.start_time_unix_nano < made.end_time_unix_nano
    wrong = attributes(spans["query Wrong"])
    assert wrong["leadlight.request_id"] == "request-0001"
    assert wrong["leadlight.code"] == "BAD_USER_INPUT"
    assert attributes(spans["worker store_all"]) == {"leadlight.code": "OK"}
    everything = b"".join(collector.bodies)
    for secret in (MARKER, "Ada Ames", "createLead", token):
        assert secret.encode() not in everything


@pytest.mark.realtime
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_collector_that_is_away_keeps_nobody_from_working(
    settings: Settings, tmp_path: Path
) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    traced = make_settings(settings.database_url, tmp_path, otel_exporter_otlp_endpoint=away)
    async with running(traced) as server:
        token = (await sign_in_new(server.services, StaffRole.ADMIN)).token
        assert (await server.ask(token, CREATE_LEAD, name="Lars"))["createLead"]


def test_without_a_collector_neither_tracing_nor_an_exporter_is_loaded() -> None:
    program = (
        "import sys; from app import create_app; from settings import Settings; "
        "create_app(Settings()); print(*sys.modules, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    loaded = done.stdout.split()
    assert "tracing" in loaded
    # the Redis client loads OpenTelemetry's metrics by itself wherever they are installed
    costly = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "google.protobuf", "requests")
    assert [name for name in loaded if name.startswith(costly)] == []
