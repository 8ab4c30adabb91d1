"""Every setting, read from environment variables of the same names in capitals."""

import os
import secrets
import shlex
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SECRET_KEY_LENGTH = 32  # characters, at least

_DATABASE_DRIVERS = {
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
}
_BUS_SCHEMES = ("redis://", "rediss://", "unix://")
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # nosec B104  # names, no bind


class SettingsRefused(Exception):
    """The environment can't be used as it is; the message says why, without any secret."""


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _own_address(given: Mapping[str, Any]) -> str:
    host = str(given["host"])
    host = _EVERY_ADDRESS.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{host}:{given['port']}"


def _own_database(given: Mapping[str, Any]) -> str:
    return f"sqlite:///{given['data_dir'] / 'leadlight.db'}"


def _is_postgres(url: str) -> bool:
    return url.startswith("postgresql+")


def _is_demo(given: Mapping[str, Any]) -> bool:
    """Whether a server loads demo data by itself."""
    is_embedded = not _is_postgres(given["database_url"]) and given["redis_url"] is None
    return bool(given["demo"]) and is_embedded


class Settings(BaseSettings):
    """One process's settings; they don't change while it runs."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_ignore_empty=True,
        validate_default=True,
        hide_input_in_errors=True,
        extra="ignore",
    )

    host: str = Field(default="127.0.0.1", description="Address that the server listens on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port that the server listens on.")
    public_url: str = Field(
        default_factory=_own_address,
        description="Address under which people reach the server, without a path. "
        "By default made from `HOST` and `PORT`.",
    )
    data_dir: Path = Field(
        default=Path("data"),
        description="Folder of everything that the program keeps: database, secret, files. "
        "A relative one starts at the working directory.",
    )
    database_url: str = Field(
        default_factory=_own_database,
        repr=False,
        description="`postgresql://user:password@host/name` or `sqlite:///path`. "
        "By default `leadlight.db` in `DATA_DIR`.",
    )
    redis_url: str | None = Field(
        default=None,
        repr=False,
        description="Redis or Valkey that several processes share: `redis://`, `rediss://` or "
        "`unix://`. By default the bus lives inside the one process.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Every key is derived from it; at least 32 characters. Demanded with "
        "PostgreSQL; with SQLite made on first start and kept in `DATA_DIR`.",
    )
    demo: bool = Field(default=True, description="Load demo data into an empty embedded database.")
    worker_inside: bool = Field(
        default_factory=lambda given: not _is_postgres(given["database_url"]),
        description="Run the worker inside the API process. By default true with SQLite, false "
        "with PostgreSQL.",
    )
    worker_lease_seconds: Seconds = Field(
        default=30,
        description="How long a worker may take for one job before another worker begins it anew.",
    )
    allowed_origins: CommaList = Field(
        default=(),
        description="Other origins whose pages may call the API with a token, separated by commas, "
        "such as `https://www.example.com`. Those of the sites may without being named here.",
    )
    trusted_proxies: CommaList = Field(
        default=(),
        description="Addresses or networks, separated by commas, whose `X-Forwarded-For` and "
        "`X-Forwarded-Proto` are believed.",
    )
    location_file: Path | None = Field(
        default=None,
        description="File in MaxMind's form (`.mmdb`, of cities or countries) in which the address "
        "of a visit is looked up once; only country, region and city are kept. Without it they are "
        "unknown. Another file is read after a restart.",
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="Issuer of an OpenID Connect provider that staff may sign in with, as its "
        "metadata spells it. Its ID tokens have to hold `email` and `email_verified`; the address "
        "to register there is `PUBLIC_URL` with `/auth/oidc/callback`.",
    )
    oidc_client_id: str | None = Field(
        default=None, description="Name that the provider knows this deployment by."
    )
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="Secret that goes with `OIDC_CLIENT_ID`."
    )
    check_host: bool = Field(
        default=True,
        description="Answer only requests whose `Host` is that of `PUBLIC_URL`, `HOST` or the "
        "loopback. False for a proxy that names another one.",
    )
    introspection: Literal["staff", "everyone"] = Field(
        default_factory=lambda given: "everyone" if _is_demo(given) else "staff",
        description="Who may ask the API for its schema, and is told names that resemble a wrong "
        "one: `staff` or `everyone`. By default everyone only where demo data is loaded.",
    )
    documents: Literal["open", "trusted-public", "trusted"] = Field(
        default="open",
        description="Which documents are run: `open` any, `trusted-public` any of staff and keys "
        "but only trusted ones of others, `trusted` only trusted ones. Those of our own pages are.",
    )
    documents_dir: Path | None = Field(
        default=None,
        description="Folder with more trusted documents: `*.graphql`, one each, and `*.json`, "
        "objects of texts by `sha256:<hex>`.",
    )
    max_body_bytes: int = Field(
        default=65_536, ge=1_024, description="Largest body of a request to the API."
    )
    max_message_bytes: int = Field(
        default=65_536, ge=1_024, description="Largest message of a client on a socket."
    )
    max_cost: int = Field(
        default=5_000,
        ge=500,
        description="Most that one document may cost: one for each field, times the size of the "
        "pages that it lies in.",
    )
    staff_cost_per_minute: int = Field(
        default=300_000, ge=1, description="Cost that one staff member or key may ask for a minute."
    )
    visitor_cost_per_minute: int = Field(
        default=20_000, ge=1, description="Cost that one visitor may ask for a minute."
    )
    address_cost_per_minute: int = Field(
        default=20_000,
        ge=1,
        description="Cost that all callers without credentials from one address may ask for a "
        "minute.",
    )
    execution_seconds: Seconds = Field(
        default=10, description="A query or mutation that takes longer is ended."
    )
    operations_per_socket: int = Field(
        default=50, ge=1, description="Operations that may run at once on one socket."
    )
    sockets_per_caller: int = Field(
        default=20,
        ge=1,
        description="Sockets that one person or visitor, or nobody from one address, may have "
        "open on one process.",
    )
    sign_in_per_minute: int = Field(
        default=10,
        ge=1,
        description="Sign-in attempts in a minute for one account; three times as many from one "
        "address.",
    )
    sign_in_per_minute_in_all: int = Field(
        default=240, ge=1, description="Sign-in attempts in a minute, all accounts together."
    )
    presence_sleep_seconds: Seconds = Field(
        default=120, description="A visitor without activity for so long is sleeping."
    )
    presence_leave_seconds: Seconds = Field(
        default=10, description="A visitor whose last page closed is offline after so long."
    )
    presence_visible_lease_seconds: Seconds = Field(
        default=75, description="A visible page counts as open for so long after its last report."
    )
    presence_visible_beat_seconds: Seconds = Field(
        default=30, description="A visible page reports so often; less than half of its lease."
    )
    presence_hidden_lease_seconds: Seconds = Field(
        default=150, description="A hidden page counts as open for so long after its last report."
    )
    presence_hidden_beat_seconds: Seconds = Field(
        default=60, description="A hidden page reports so often; less than half of its lease."
    )
    presence_activity_seconds: Seconds = Field(
        default=10, description="Least time between two reports of activity by one page."
    )
    reconcile_seconds: Seconds = Field(
        default=2, description="Open cards compare themselves with the database so often."
    )
    upload_max_bytes: int = Field(
        default=100 * 1024 * 1024,
        ge=1,
        description="Most bytes of one file that staff may upload. Files lie in `DATA_DIR`, which "
        "API processes and workers share.",
    )
    file_max_bytes: int = Field(
        default=10 * 1024 * 1024,
        ge=1,
        description="Most bytes of an upload that becomes a file of a lead.",
    )
    file_store_url: str | None = Field(
        default=None,
        description="`s3://bucket/prefix` of a service that speaks S3, for files of leads instead "
        "of the folder `files` in `DATA_DIR`. Key, region and endpoint are taken from "
        "`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION` and `AWS_ENDPOINT_URL`.",
    )
    file_check_command: str | None = Field(
        default=None,
        description="Command that each file is shown to before it is kept, such as "
        "`clamdscan --no-summary --fdpass`; its path is added. Any exit but 0 refuses the file.",
    )
    shutdown_seconds: Seconds = Field(
        default=5,
        description="Time that open requests and streams have to end when the server stops.",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Bearer token that `/metrics` asks for, 16 characters or more. Without it, "
        "only callers on this machine get metrics.",
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        default=None,
        description="OpenTelemetry collector that takes OTLP over HTTP, such as "
        "`http://127.0.0.1:4318`: gets a span of each operation and of each worker's run. "
        "`OTEL_EXPORTER_OTLP_HEADERS` may hold what it asks for.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level that is logged."
    )

    @property
    def is_postgres(self) -> bool:
        return _is_postgres(self.database_url)

    @property
    def is_embedded(self) -> bool:
        """Whether the one process has all parts inside: SQLite and no Redis."""
        return not self.is_postgres and self.redis_url is None

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("public_url")
    @classmethod
    def _site(cls, value: str) -> str:
        return _origin(value)

    @field_validator("otel_exporter_otlp_endpoint")
    @classmethod
    def _collector(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise ValueError("a collector's address looks like http://127.0.0.1:4318")
        return value.rstrip("/")

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_origin(each) for each in value)

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            try:
                ip_network(each, strict=False)
            except ValueError:
                raise ValueError(f"{each} is neither an address nor a network") from None
        return value

    @field_validator("data_dir")
    @classmethod
    def _folder(cls, value: Path) -> Path:
        # a `?` would begin the options of the database's address
        if "?" in str(value):
            raise ValueError("a folder with ? in its name can't hold the database")
        return value.expanduser().absolute()

    @field_validator("file_store_url")
    @classmethod
    def _bucket(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc or parts.query:
            raise ValueError("a bucket looks like s3://bucket/prefix")
        return value.rstrip("/")

    @field_validator("file_check_command")
    @classmethod
    def _splits(cls, value: str | None) -> str | None:
        if value is not None and not shlex.split(value):
            raise ValueError("a command names a program")
        return value

    @field_validator("location_file")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("there is no such file")
        return value

    @field_validator("documents_dir")
    @classmethod
    def _existing(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError("there is no such folder")
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        scheme, separator, rest = value.partition("://")
        driver = _DATABASE_DRIVERS.get(scheme.lower())
        if not separator or driver is None:
            raise ValueError("only postgresql://... and sqlite:///path are understood")
        if _is_postgres(driver):
            place, mark, options = rest.partition("?")
            # asyncpg's name of what libpq calls sslmode
            return f"{driver}://{place}{mark}{options.replace('sslmode=', 'ssl=')}"
        path = rest.partition("?")[0]
        if path in ("", "/", "/:memory:"):
            raise ValueError("an SQLite database needs a file: sqlite:///path")
        if not path.startswith("/"):
            raise ValueError("an SQLite path comes after three slashes: sqlite:///path")
        return f"{driver}://{rest}"

    @field_validator("redis_url")
    @classmethod
    def _bus(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(_BUS_SCHEMES):
            raise ValueError(f"only {', '.join(_BUS_SCHEMES)} are understood")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SECRET_KEY_LENGTH:
            raise ValueError(f"needs at least {SECRET_KEY_LENGTH} characters")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        is_near = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
        if not parts.hostname or not (parts.scheme == "https" or is_near):
            raise ValueError("an issuer is an https address")
        if parts.query or parts.fragment:
            raise ValueError("an issuer has neither ? nor #")
        return value

    @model_validator(mode="after")
    def _provider_is_whole(self) -> Self:
        given = (self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret)
        if any(given) and not all(given):
            raise ValueError("OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET go together")
        return self

    @model_validator(mode="after")
    def _dearest_document_is_affordable(self) -> Self:
        for each in ("staff", "visitor", "address"):
            if getattr(self, f"{each}_cost_per_minute") < self.max_cost:
                raise ValueError(
                    f"{each.upper()}_COST_PER_MINUTE must not be less than MAX_COST, "
                    "or a document that is allowed is always refused"
                )
        return self

    @model_validator(mode="after")
    def _presence_adds_up(self) -> Self:
        for page in ("visible", "hidden"):
            lease, beat = f"presence_{page}_lease_seconds", f"presence_{page}_beat_seconds"
            if getattr(self, lease) <= 2 * getattr(self, beat):
                raise ValueError(
                    f"{lease.upper()} must be more than twice {beat.upper()}, "
                    "or one lost report shows a visitor as gone"
                )
        if self.presence_leave_seconds > self.presence_visible_lease_seconds:
            raise ValueError(
                "PRESENCE_LEAVE_SECONDS must not be more than PRESENCE_VISIBLE_LEASE_SECONDS, "
                "or leaving would keep a visitor longer than staying silent"
            )
        if self.presence_sleep_seconds <= self.presence_activity_seconds:
            raise ValueError(
                "PRESENCE_SLEEP_SECONDS must be more than PRESENCE_ACTIVITY_SECONDS, "
                "or an active visitor falls asleep between two reports"
            )
        return self


def _origin(address: str) -> str:
    parts = urlsplit(address)
    # `port` is read because it refuses what is no number
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("an address looks like https://www.example.com")
    if "@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("an address here has scheme, host and port, and nothing else")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def load_settings() -> Settings:
    """The settings of this process's environment; raises SettingsRefused."""
    try:
        return Settings()
    except ValidationError as refused:
        # a default made from a refused field is not a problem of its own
        problems = [each for each in refused.errors() if "not_called" not in each["type"]]
        raise SettingsRefused("\n".join(map(_told, problems))) from None


def _told(problem: ErrorDetails) -> str:
    name = "".join(f"{part}: " for part in problem["loc"][:1]).upper()
    return name + problem["msg"].removeprefix("Value error, ")


def load_secret_key(settings: Settings) -> bytes:
    """The secret that every key is derived from, as UTF-8.

    With SQLite it is made in the data folder when there is none. Raises SettingsRefused where
    PostgreSQL is used without SECRET_KEY, or the file holds too short a secret.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    if settings.is_postgres:
        raise SettingsRefused(
            f"SECRET_KEY: needed with PostgreSQL, the same {SECRET_KEY_LENGTH} characters or more "
            "for every process"
        )
    file = settings.data_dir / "secret_key"
    if not file.exists():
        _write_secret(file)
    secret = file.read_text(encoding="utf-8").strip()
    if len(secret) < SECRET_KEY_LENGTH:
        raise SettingsRefused(f"{file}: holds fewer than {SECRET_KEY_LENGTH} characters")
    return secret.encode()


def _write_secret(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(secrets.token_urlsafe(48) + "\n")
    try:
        # a link never replaces: of two first starts at once, both read the same secret
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def settings_table() -> str:
    """The table of docs/settings.md: name, default, meaning."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        rows.append(f"| `{name.upper()}` | {_shown(field.default)} | {field.description} |")
    return "\n".join(rows)


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, str | int | float | Path):
        return f"`{default}`"
    return ""


if __name__ == "__main__":
    print(settings_table())
