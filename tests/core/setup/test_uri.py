"""Pasted connection strings: each form, what is taken over, what is said to be left out; never a password in words."""

from __future__ import annotations

from typing import Any

import pytest

from core.setup import Found, from_text

Case = tuple[str, str, dict[str, Any], dict[str, str]]

FORMS: list[Case] = [
    (
        "postgresql://ann:p%40ss@db.acme.example:6432/app?sslmode=verify-full",
        "postgres",
        {"host": "db.acme.example", "port": 6432, "database": "app", "user": "ann", "sslmode": "verify-full"},
        {"password": "p@ss"},
    ),
    ("postgres://db.acme.example/app", "postgres", {"host": "db.acme.example", "database": "app"}, {}),
    ("postgresql+psycopg2://ann@db/app", "postgres", {"host": "db", "database": "app", "user": "ann"}, {}),
    (
        '"postgresql://ann@[::1]:5432/app"',
        "postgres",
        {"host": "::1", "port": 5432, "database": "app", "user": "ann"},
        {},
    ),
    (
        "jdbc:postgresql://db:5433/app?user=ann&password=hunter2",
        "postgres",
        {"host": "db", "port": 5433, "database": "app", "user": "ann"},
        {"password": "hunter2"},
    ),
    (
        "postgresql://ann@warm.abc123.eu-west-1.redshift.amazonaws.com:5439/dev",
        "redshift",
        {"host": "warm.abc123.eu-west-1.redshift.amazonaws.com", "port": 5439, "database": "dev", "user": "ann"},
        {},
    ),
    (
        "redshift://ann:hunter2@wg.123.us-east-1.redshift-serverless.amazonaws.com/dev",
        "redshift",
        {"host": "wg.123.us-east-1.redshift-serverless.amazonaws.com", "database": "dev", "user": "ann"},
        {"password": "hunter2"},
    ),
    (
        "snowflake://ann:s3cret@ab12345.eu-central-1/SALES/PUBLIC?warehouse=WH&role=READER",
        "snowflake",
        {
            "account": "ab12345.eu-central-1",
            "user": "ann",
            "database": "SALES",
            "schema": "PUBLIC",
            "warehouse": "WH",
            "role": "READER",
            "login": "password",
        },
        {"password": "s3cret"},
    ),
    (
        "jdbc:snowflake://org-acc.snowflakecomputing.com/?db=SALES&warehouse=WH&user=ann",
        "snowflake",
        {"account": "org-acc", "user": "ann", "database": "SALES", "warehouse": "WH"},
        {},
    ),
    (
        "bigquery://acme-prod/shop?location=EU",
        "bigquery",
        {"project": "acme-prod", "dataset": "shop", "location": "EU"},
        {},
    ),
    ("duckdb:///data/house.duckdb", "duckdb", {"path": "data/house.duckdb"}, {}),
    ("duckdb:////data/house.duckdb", "duckdb", {"path": "/data/house.duckdb"}, {}),
    (
        "host=db.acme.example port=5432 dbname=app user=ann password='hun''ter2' sslmode=require",
        "postgres",
        {"host": "db.acme.example", "port": 5432, "database": "app", "user": "ann", "sslmode": "require"},
        {"password": "hunter2"},
    ),
    (
        "psql -h db -p 5433 -U ann -d app",
        "postgres",
        {"host": "db", "port": 5433, "database": "app", "user": "ann"},
        {},
    ),
    ("psql --host=db --dbname app --username=ann", "postgres", {"host": "db", "database": "app", "user": "ann"}, {}),
]


def secrets_of(found: Found) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in found.secrets.items()}


@pytest.mark.parametrize(("text", "kind", "settings", "secrets"), FORMS, ids=[case[0][:40] for case in FORMS])
def test_each_form_is_read(text: str, kind: str, settings: dict[str, Any], secrets: dict[str, str]) -> None:
    found = from_text(f"  {text}\n")
    assert found is not None
    assert (found.type, dict(found.settings), secrets_of(found)) == (kind, settings, secrets)
    assert not any(secret in repr(found) + found.summary for secret in secrets.values())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "db.acme.example",
        "mysql://root@db/app",
        "https://acme.example",
        "SELECT 1",
        "postgresql://db:notaport/app",
        "a=1",
        "'",
    ],
)
def test_what_is_no_connection_string_is_nothing(text: str) -> None:
    assert from_text(text) is None


def test_what_no_setting_stands_for_is_named() -> None:
    found = from_text("postgresql://db/app?sslmode=allow&target_session_attrs=any&password=hunter2")
    assert found is not None
    assert len(found.notes) == 2
    assert "'allow'" in found.notes[0]
    assert "target_session_attrs" in found.notes[1]
    assert "hunter2" not in repr(found)
