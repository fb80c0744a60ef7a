"""Connections that other tools keep on this machine, in their own files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.setup import Found, on_this_machine

KEY = "-----BEGIN PRIVATE KEY-----\nnot really one\n-----END PRIVATE KEY-----\n"


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def found(home: Path, **environment: str) -> list[tuple[str, str, dict[str, object], dict[str, str]]]:
    return [
        (each.type, each.origin, dict(each.settings), {name: secret.reveal() for name, secret in each.secrets.items()})
        for each in on_this_machine(environment, home)
    ]


def test_a_machine_without_any_has_none(tmp_path: Path) -> None:
    assert on_this_machine({}, tmp_path) == ()


def test_environment_variables_are_a_connection(tmp_path: Path) -> None:
    assert found(tmp_path, DATABASE_URL="postgres://ann:x@db/app", PGHOST="replica", PGUSER="bob", PGPASSWORD="y") == [
        ("postgres", "$DATABASE_URL", {"host": "db", "database": "app", "user": "ann"}, {"password": "x"}),
        ("postgres", "$PGHOST and what goes with it", {"host": "replica", "user": "bob"}, {"password": "y"}),
    ]


def test_a_service_takes_its_password_from_pgpass_as_libpq_does(tmp_path: Path) -> None:
    write(tmp_path / ".pg_service.conf", "[prod]\nhost=db.acme.example\ndbname=app\nuser=ann\nport=5433\n")
    write(
        tmp_path / ".pgpass",
        "# a comment\n*:*:*:nobody:no\ndb.acme.example:5433:*:ann:p\\:a\\\\ss\nother:5432:shop:bob:secret\n",
    )
    assert found(tmp_path) == [
        (
            "postgres",
            "service prod in ~/.pg_service.conf",
            {"host": "db.acme.example", "database": "app", "user": "ann", "port": 5433},
            {"password": "p:a\\ss"},
        ),
        (
            "postgres",
            "~/.pgpass",
            {"host": "other", "database": "shop", "user": "bob", "port": 5432},
            {"password": "secret"},
        ),
    ]


def test_snowflakes_own_files_are_read_with_the_key_that_they_name(tmp_path: Path) -> None:
    write(tmp_path / "rsa_key.p8", KEY)
    write(
        tmp_path / ".snowflake" / "connections.toml",
        f'[prod]\naccount = "ab1"\nuser = "ann"\nrole = "R"\nwarehouse = "W"\nprivate_key_file = "{tmp_path}/rsa_key.p8"\n'
        '[person]\naccount = "ab1"\nuser = "ann"\nauthenticator = "externalbrowser"\n'
        '[old]\naccount = "ab1"\nuser = "ann"\npassword = "s3cret"\n',
    )
    write(tmp_path / ".config" / "snowflake" / "config.toml", '[connections.ci]\naccount = "ab2"\ntoken = "t0ken"\n')
    kinds = found(tmp_path)
    assert [(origin.split()[1], settings["login"], secrets) for _, origin, settings, secrets in kinds] == [
        ("prod", "key", {"private_key": KEY}),
        ("person", "key", {}),
        ("old", "password", {"password": "s3cret"}),
        ("ci", "token", {"token": "t0ken"}),
    ]
    assert "needs a person" in on_this_machine({}, tmp_path)[1].notes[0]


def test_googles_credentials_are_a_service_account_or_a_person(tmp_path: Path) -> None:
    account = json.dumps({"type": "service_account", "project_id": "acme", "private_key": KEY})
    write(tmp_path / "sa.json", account)
    person = json.dumps({"type": "authorized_user", "quota_project_id": "acme-dev"})
    write(tmp_path / ".config" / "gcloud" / "application_default_credentials.json", person)
    assert found(tmp_path, GOOGLE_APPLICATION_CREDENTIALS=str(tmp_path / "sa.json")) == [
        (
            "bigquery",
            "$GOOGLE_APPLICATION_CREDENTIALS",
            {"project": "acme", "login": "service_account"},
            {"service_account": account},
        ),
        (
            "bigquery",
            "gcloud's application default credentials",
            {"project": "acme-dev", "login": "application_default"},
            {},
        ),
    ]


DBT = """
shop:
  target: dev
  outputs:
    dev:
      type: postgres
      host: localhost
      user: ann
      pass: "{{ env_var('DBT_PASSWORD') }}"
      port: 5432
      dbname: shop
      schema: analytics
      threads: 4
    warm:
      type: redshift
      host: c.abc.eu-west-1.redshift.amazonaws.com
      user: ann
      password: x
      port: "{{ env_var('DBT_PORT', '5439') | int }}"
      dbname: dev
    cold:
      type: snowflake
      account: ab12345
      user: ann
      private_key_path: /nowhere/key.p8
      role: R
      database: SALES
      warehouse: W
      schema: PUBLIC
    big:
      type: bigquery
      method: oauth
      project: acme
      dataset: shop
      location: EU
    small:
      type: duckdb
      path: house.duckdb
    other:
      type: spark
config:
  send_anonymous_usage_stats: false
"""


def test_every_output_of_a_dbt_profile_is_a_connection(tmp_path: Path) -> None:
    write(tmp_path / ".dbt" / "profiles.yml", DBT)
    kinds = found(tmp_path, DBT_PASSWORD="pa:ss")
    assert [(kind, settings, secrets) for kind, _, settings, secrets in kinds] == [
        (
            "postgres",
            {"host": "localhost", "database": "shop", "user": "ann", "port": 5432},
            {"password": "pa:ss"},
        ),
        (
            "redshift",
            {"host": "c.abc.eu-west-1.redshift.amazonaws.com", "database": "dev", "user": "ann", "port": 5439},
            {"password": "x"},
        ),
        (
            "snowflake",
            {
                "account": "ab12345",
                "user": "ann",
                "role": "R",
                "warehouse": "W",
                "database": "SALES",
                "schema": "PUBLIC",
                "login": "key",
            },
            {},
        ),
        (
            "bigquery",
            {"project": "acme", "dataset": "shop", "location": "EU", "login": "application_default"},
            {},
        ),
        ("duckdb", {"path": "house.duckdb"}, {}),
    ]
    assert kinds[0][1] == "dbt's shop/dev in ~/.dbt/profiles.yml"
    cold = next(each for each in on_this_machine({}, tmp_path) if each.type == "snowflake")
    assert cold.notes == ("The key file /nowhere/key.p8 is not there.",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".pgpass", "\x00\n:::\n"),
        (".pg_service.conf", "no section\n"),
        (".snowflake/connections.toml", "not = [toml"),
        (".snowflake/connections.toml", "a = 1\n"),
        (".config/gcloud/application_default_credentials.json", "{"),
        (".config/gcloud/application_default_credentials.json", "[]"),
        (".dbt/profiles.yml", "a: [b"),
        (".dbt/profiles.yml", "- 1\n- 2\n"),
        (".dbt/profiles.yml", "a: {outputs: [1]}\n"),
        (".dbt/profiles.yml", "!!python/object/apply:os.system [true]\n"),
    ],
)
def test_a_broken_file_of_another_tool_costs_only_what_is_in_it(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path / name, text)
    found: tuple[Found, ...] = on_this_machine({"DATABASE_URL": "duckdb:///x.duckdb"}, tmp_path)
    assert [each.type for each in found] == ["duckdb"]
