"""`backhaul setup-sql`: the script runs on a real server, and the user that it makes reads and cannot write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from core import keys
from core import project as projects
from core.cli import main
from core.errors import QueryFailedError
from core.model import Secret
from core.warehouses import warehouse_type
from core.warehouses.base import SetupNames
from tests.servers.postgres import Database, Server
from tests.servers.redshift import Redshift, prepare

TABLES = (
    "CREATE SCHEMA shop",
    "CREATE TABLE shop.orders (id integer)",
    "INSERT INTO shop.orders VALUES (1)",
    "CREATE TABLE public.private (id integer)",
)


@pytest.fixture
def shop(postgres: Server) -> Iterator[Database]:
    database = postgres.create_database()
    database.execute(*TABLES)
    rules = postgres.folder / "data" / "pg_hba.conf"
    if (
        '"Back haul"' not in rules.read_text()
    ):  # Redshift knows MD5; whoever has a SCRAM verifier is asked by that still
        rules.write_text(f'host all "Back haul" 127.0.0.1/32 md5\n{rules.read_text()}')
        database.execute("SELECT pg_reload_conf()")
    yield database
    database.execute('DROP OWNED BY "Back haul"' if has_role(database, "Back haul") else "SELECT 1")
    database.leave()
    with postgres.connect() as connection:
        connection.execute('DROP ROLE IF EXISTS "Back haul"')


def has_role(database: Database, name: str) -> bool:
    with database.connect() as connection:
        return connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone() is not None


def statements(script: str) -> list[str]:
    lines = [line for line in script.splitlines() if line and not line.startswith(("--", "\\"))]
    assert all(line.endswith(";") for line in lines)
    return lines


@pytest.mark.parametrize("kind", ["postgres", "redshift"])
def test_the_user_that_the_script_makes_reads_what_was_chosen_and_writes_nothing(
    kind: str, shop: Database, redshift_front: Redshift
) -> None:
    plugin = warehouse_type(kind)
    prepare(shop)
    password = Secret("Grüße 🎈 'x'")
    names = SetupNames(user="Back haul", schemas=("shop",), verifier=plugin.verifier_of(password, "Back haul"))
    script = plugin.setup_script(names)
    assert password.reveal() not in script
    for statement in statements(script):
        if kind == "redshift":  # words that only Redshift knows
            statement = statement.replace(" NOCREATEUSER", "").replace(" SESSION TIMEOUT 3600", "")  # noqa: PLW2901
            statement = statement.replace("SET enable_", "SET redshift.enable_")  # noqa: PLW2901
        shop.execute(statement)
    shop.execute("CREATE TABLE shop.later (id integer)")

    port = shop.server.port if kind == "postgres" else redshift_front.port
    settings = plugin.Settings(host=shop.server.host, port=port, database=shop.name, user="Back haul")
    warehouse = plugin(settings, lambda _: password, None)
    assert [step.name for step in warehouse.steps() if step.passed is False] == []
    with warehouse.open() as session:
        assert {table.name for table in session.catalogue()} == {"orders", "later"}
        assert session.stream("SELECT id FROM shop.orders").batches.read_all().num_rows == 1
        with pytest.raises(QueryFailedError) as refused:
            session.stream("SELECT id FROM public.private")
        assert "permission denied" in refused.value.message

    text = make_conninfo(
        host=shop.server.host, port=shop.server.port, dbname=shop.name, user="Back haul", password=password.reveal()
    )
    for statement in (
        "INSERT INTO shop.orders VALUES (2)",
        "CREATE TABLE shop.mine (i integer)",
        "DELETE FROM shop.orders",
    ):
        with psycopg.connect(text) as connection:
            connection.execute("SET TRANSACTION READ WRITE")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_without_a_password_psql_is_made_to_ask_for_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["setup-sql", "postgres", "--user", "reader", "--schema", "a", "--schema", "B", "--database", "app"]) == 0
    )
    out = capsys.readouterr().out
    assert "CREATE ROLE reader LOGIN NOSUPERUSER" in out
    assert "GRANT CONNECT ON DATABASE app TO reader;" in out
    assert 'GRANT USAGE ON SCHEMA "B" TO reader;' in out
    assert out.endswith("\\password reader\n")


def test_the_ledger_in_the_warehouse_gets_the_one_schema_that_may_be_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["setup-sql", "redshift", "--ledger"]) == 0
    assert "CREATE SCHEMA __backhaul AUTHORIZATION backhaul;" in capsys.readouterr().out


def test_a_name_cannot_smuggle_a_statement_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["setup-sql", "postgres", "--user", 'x"; DROP TABLE a; --']) == 0
    assert 'CREATE ROLE "x""; DROP TABLE a; --" LOGIN' in capsys.readouterr().out


def test_no_type_lists_the_types(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["setup-sql"]) == 2
    assert "duckdb, postgres, redshift" in capsys.readouterr().err


def test_bigquery_gets_a_shell_script_with_the_project_and_the_datasets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["setup-sql", "bigquery", "--gcp-project", "my-project", "--schema", "shop"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("#!/bin/sh")
    assert "project=my-project" in out
    assert "roles/bigquery.dataViewer" in out


def test_snowflakes_script_registers_the_public_half_of_a_key_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh = keys.generate()
    assert fresh.key is not None
    (tmp_path / "key.pem").write_text(fresh.key.reveal())
    words = ["--user", "svc", "--database", "My DB", "--schema", "ANALYTICS", "--key", str(tmp_path / "key.pem")]
    assert main(["setup-sql", "snowflake", *words]) == 0
    out = capsys.readouterr().out
    assert f"RSA_PUBLIC_KEY = '{fresh.public_key}'" in out
    assert 'GRANT SELECT ON FUTURE TABLES IN SCHEMA "My DB".ANALYTICS TO ROLE svc;' in out
    assert "CREDIT_QUOTA" in out
    assert "ALTER USER svc SET QUOTED_IDENTIFIERS_IGNORE_CASE = FALSE" in out
    assert not any(line in out for line in fresh.key.reveal().splitlines()[1:-1])


def test_a_new_password_is_kept_and_stands_in_no_script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, str] = {}
    monkeypatch.setattr("core.secrets.store", lambda _project, name, secret: kept.update({name: secret.reveal()}))
    projects.initialise(tmp_path, "acme")
    settings = {"type": "postgres", "host": "db", "database": "app", "user": "reader"}
    projects.write_file(tmp_path / "sources" / "prod.toml", settings)
    words = ["--source", "prod", "--new-password", "sources/prod.password", "--project", str(tmp_path)]
    assert main(["setup-sql", *words]) == 0
    out = capsys.readouterr().out
    (password,) = kept.values()
    assert "CREATE ROLE reader LOGIN PASSWORD 'SCRAM-SHA-256$" in out
    assert "GRANT CONNECT ON DATABASE app TO reader;" in out
    assert "what stands here is its verifier only" in out
    assert password not in out
