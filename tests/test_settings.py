import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from settings import Settings, SettingsRefused, load_secret_key, load_settings, settings_table

ROOT = Path(__file__).resolve().parent.parent
LONG = "k" * 32


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Sets variables beside DATA_DIR, after all that count as settings were removed."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))

    def change(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return change


def test_the_documented_table_is_the_one_in_the_code():
    documented = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert settings_table() in documented


def test_every_setting_is_described():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_without_any_variable_everything_is_inside_one_process(environment, tmp_path):
    settings = load_settings()
    assert settings.is_embedded
    assert settings.worker_inside
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.database_url == f"sqlite+aiosqlite:///{tmp_path}/data/leadlight.db"


def test_an_empty_variable_counts_as_absent(environment):
    environment(REDIS_URL="", PORT="")
    assert load_settings().redis_url is None


def test_settings_do_not_change_while_the_program_runs(environment):
    settings = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@db/leads", "postgresql+asyncpg://u:p@db/leads"),
        ("postgresql://u:p@db/leads", "postgresql+asyncpg://u:p@db/leads"),
        ("postgresql+asyncpg://db/leads", "postgresql+asyncpg://db/leads"),
        (
            "postgresql://u:sslmode=@db/leads?sslmode=require",
            "postgresql+asyncpg://u:sslmode=@db/leads?ssl=require",
        ),
        ("sqlite:///leads.db", "sqlite+aiosqlite:///leads.db"),
        ("sqlite+aiosqlite:////var/leads.db", "sqlite+aiosqlite:////var/leads.db"),
    ],
)
def test_a_database_address_gets_its_asynchronous_driver(environment, given, used):
    environment(DATABASE_URL=given)
    assert load_settings().database_url == used


def test_postgres_moves_the_worker_out_and_redis_ends_being_embedded(environment):
    environment(DATABASE_URL="postgresql://db/leads")
    assert not load_settings().worker_inside
    assert not load_settings().is_embedded
    environment(DATABASE_URL="sqlite:///leads.db", REDIS_URL="redis://bus")
    assert load_settings().worker_inside
    assert not load_settings().is_embedded


@pytest.mark.parametrize(
    ("host", "address"),
    [("0.0.0.0", "http://127.0.0.1:81"), ("::1", "http://[::1]:81"), ("::", "http://[::1]:81")],
)
def test_the_public_address_follows_host_and_port(environment, host, address):
    environment(HOST=host, PORT="81")
    assert load_settings().public_url == address


def test_lists_are_separated_by_commas(environment):
    environment(
        ALLOWED_ORIGINS="https://www.Example.com/, http://localhost:5173",
        TRUSTED_PROXIES="10.0.0.0/8,::1",
    )
    settings = load_settings()
    assert settings.allowed_origins == ("https://www.example.com", "http://localhost:5173")
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1")


def test_tests_may_compress_time(environment):
    environment(
        PRESENCE_SLEEP_SECONDS="0.4",
        PRESENCE_LEAVE_SECONDS="0.2",
        PRESENCE_ACTIVITY_SECONDS="0.05",
        PRESENCE_VISIBLE_LEASE_SECONDS="0.3",
        PRESENCE_VISIBLE_BEAT_SECONDS="0.1",
    )
    assert load_settings().presence_sleep_seconds == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("PORT", "eighty", "PORT: "),
        ("PRESENCE_LEAVE_SECONDS", "80", "PRESENCE_LEAVE_SECONDS must not be more"),
        ("PORT", "70000", "PORT: "),
        ("DATABASE_URL", "mysql://u:swordfish@db/x", "DATABASE_URL: only postgresql://"),
        ("DATABASE_URL", "leads.db", "DATABASE_URL: only postgresql://"),
        ("DATABASE_URL", "sqlite://", "DATABASE_URL: an SQLite database needs a file"),
        ("DATABASE_URL", "sqlite:///:memory:", "DATABASE_URL: an SQLite database needs a file"),
        ("DATABASE_URL", "sqlite://leads.db", "DATABASE_URL: an SQLite path comes after three"),
        ("REDIS_URL", "memcached://:swordfish@bus", "REDIS_URL: only redis://, rediss://, unix://"),
        ("SECRET_KEY", "swordfish", "SECRET_KEY: needs at least 32"),
        ("DATA_DIR", "what?", "DATA_DIR: a folder with ?"),
        ("PUBLIC_URL", "leads.example.com", "PUBLIC_URL: an address looks like"),
        ("PUBLIC_URL", "https://example.com/crm", "PUBLIC_URL: an address here has"),
        ("PUBLIC_URL", "https://u:swordfish@example.com", "PUBLIC_URL: an address here has"),
        ("ALLOWED_ORIGINS", "https://ok.example,*", "ALLOWED_ORIGINS: an address looks like"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "OTEL_EXPORTER_OTLP_ENDPOINT: a coll"),
        ("TRUSTED_PROXIES", "proxy.example", "TRUSTED_PROXIES: proxy.example is neither"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL: "),
        ("RECONCILE_SECONDS", "0", "RECONCILE_SECONDS: "),
        ("RECONCILE_SECONDS", "inf", "RECONCILE_SECONDS: "),
        ("PRESENCE_VISIBLE_BEAT_SECONDS", "37.5", "PRESENCE_VISIBLE_LEASE_SECONDS must be more"),
        ("PRESENCE_HIDDEN_BEAT_SECONDS", "75", "PRESENCE_HIDDEN_LEASE_SECONDS must be more"),
        ("PRESENCE_ACTIVITY_SECONDS", "120", "PRESENCE_SLEEP_SECONDS must be more"),
    ],
)
def test_a_refusal_names_the_variable_and_no_secret(environment, variable, value, told):
    environment(**{variable: value})
    with pytest.raises(SettingsRefused) as refused:
        load_settings()
    assert str(refused.value).startswith(told)
    assert "\n" not in str(refused.value)
    assert "swordfish" not in str(refused.value)


def test_every_problem_is_told_at_once(environment):
    environment(HOST="::", PORT="x", REDIS_URL="x")
    with pytest.raises(SettingsRefused) as refused:
        load_settings()
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "PORT",
        "REDIS_URL",
    ]


def test_addresses_with_passwords_and_the_secret_are_not_shown(environment):
    environment(
        DATABASE_URL="postgresql://u:swordfish@db/x",
        REDIS_URL="redis://:swordfish@bus",
        SECRET_KEY=f"swordfish{LONG}",
    )
    assert "swordfish" not in repr(load_settings())


def test_the_secret_is_made_once_and_only_its_owner_may_read_it(environment):
    settings = load_settings()
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: load_secret_key(settings), range(8)))
    assert len(secrets) == 1
    assert len(secrets.pop()) >= 32
    assert os.listdir(settings.data_dir) == ["secret_key"]
    assert (settings.data_dir / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_secret_from_the_environment_wins(environment):
    environment(SECRET_KEY=LONG)
    settings = load_settings()
    assert load_secret_key(settings) == LONG.encode()
    assert not settings.data_dir.exists()


def test_a_damaged_secret_file_is_refused(environment):
    settings = load_settings()
    settings.data_dir.mkdir()
    (settings.data_dir / "secret_key").write_text("short\n")
    with pytest.raises(SettingsRefused, match="fewer than 32"):
        load_secret_key(settings)


def test_postgres_demands_a_secret(environment):
    environment(DATABASE_URL="postgresql://db/leads")
    with pytest.raises(SettingsRefused, match="SECRET_KEY: needed with PostgreSQL"):
        load_secret_key(load_settings())
    environment(SECRET_KEY=LONG)
    assert load_secret_key(load_settings()) == LONG.encode()
