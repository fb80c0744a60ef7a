"""Pasted connection strings: each form, what is taken over, what is said to be left out; never a password in words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
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
    (
        "psql 'postgresql://ann:p@ss@db/app'",
        "postgres",
        {"host": "db", "database": "app", "user": "ann"},
        {"password": "p@ss"},
    ),
    ('psql "host=db dbname=app user=ann"', "postgres", {"host": "db", "database": "app", "user": "ann"}, {}),
    ("psql postgresql://ann@db/app -c 'SELECT 1'", "postgres", {"host": "db", "database": "app", "user": "ann"}, {}),
    ("psql -W -h db app ann", "postgres", {"host": "db", "database": "app", "user": "ann"}, {}),
    (
        "PGPASSWORD='hunter 2' psql -h db -U ann -d app",
        "postgres",
        {"host": "db", "database": "app", "user": "ann"},
        {"password": "hunter 2"},
    ),
    (
        "PGPASSWORD=hunter2 psql postgresql://ann@db/app",
        "postgres",
        {"host": "db", "database": "app", "user": "ann"},
        {"password": "hunter2"},
    ),
    (
        "export PGHOST=db\nexport PGUSER=ann\nexport PGDATABASE=app;",
        "postgres",
        {"host": "db", "database": "app", "user": "ann"},
        {},
    ),
    ('DATABASE_URL="postgresql://ann@db/app"', "postgres", {"host": "db", "database": "app", "user": "ann"}, {}),
    (
        "export DATABASE_URL=postgres://ann:it's#1@db/app",
        "postgres",
        {"host": "db", "database": "app", "user": "ann"},
        {"password": "it's#1"},
    ),
    (
        r"host = db dbname=app user=ann password='a b\'c'",
        "postgres",
        {"host": "db", "database": "app", "user": "ann"},
        {"password": "a b'c"},
    ),
    ("postgresql+psycopg://ann@db/app", "postgres", {"host": "db", "database": "app", "user": "ann"}, {}),
    (
        "jdbc:postgresql://db/app?user=ann&password=a+b@c#d",
        "postgres",
        {"host": "db", "database": "app", "user": "ann"},
        {"password": "a+b@c#d"},
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


@pytest.mark.parametrize(
    "password", ["p@ss", "p/ss", "p#ss", "p:ss", "p?ss", "@", "a@b/c#d:e", "it's", "50%", "#1", "x=y&z", "/@"]
)
@pytest.mark.parametrize("scheme", ["postgresql", "redshift", "snowflake"])
def test_a_password_is_taken_as_it_was_pasted(scheme: str, password: str) -> None:
    found = from_text(f"{scheme}://ann:{password}@db.acme.example/app")
    assert found is not None
    assert secrets_of(found) == {"password": password}
    assert found.settings["user"] == "ann"
    assert found.settings["database"] == "app"
    assert found.settings.get("host", found.settings.get("account")) == "db.acme.example"


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://ann:12/hunter@db/app",
        "postgresql://ann:hunter@db/a@b",
        "postgresql://ann:hunter@db/app?options=x@hunter",
        "jdbc:postgresql://db/app?user=ann&password=hunter&2",
        "jdbc:postgresql://db/app?user=ann&password=hunter&two=2",
    ],
)
def test_what_can_be_read_in_two_ways_is_asked_about_without_a_word_of_it(text: str) -> None:
    with pytest.raises(UsageError, match="more than one way") as caught:
        from_text(text)
    assert "%40" in caught.value.remedy
    assert "hunter" not in str(caught.value) + caught.value.remedy


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1))
def test_no_part_of_a_password_becomes_a_setting(password: str) -> None:
    secret = f"Zq{password}Zq"  # letters that are in no setting
    try:
        found = from_text(f"postgresql://ann:{secret}@db.acme.example/app")
    except UsageError:
        return
    if found is not None and "%" not in password:
        assert secrets_of(found) == {"password": secret}
        assert "Zq" not in repr(found) + found.summary


def test_what_no_setting_stands_for_is_named() -> None:
    found = from_text("postgresql://db/app?sslmode=allow&target_session_attrs=any&password=hunter2")
    assert found is not None
    assert len(found.notes) == 2
    assert "'allow'" in found.notes[0]
    assert "target_session_attrs" in found.notes[1]
    assert "hunter2" not in repr(found)
