"""From the welcome to a delivered row by the guided set-up, with what people really have in their hands; keys only.

A key in PKCS#1, a host without a keyring, a user who lacks a grant, the file of a service account.
"""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.core.warehouses.snowflake_keys import PLAIN, fingerprint_of, public_body
from tests.journeys.forms import choose, fill
from tests.journeys.tmux import ONE_SLOW, Person, at_the_console
from tests.projects import backhaul
from tests.servers.bigquery.stand_in import PROJECT, Dataset
from tests.servers.postgres import Database
from tests.servers.snowflake.stand_in import ACCOUNT, Warehouse

PEOPLE = "CREATE TABLE users AS SELECT 'u_1' AS id, 'ann@example.com' AS email"
NEEDED = ("dbus-run-session", "gnome-keyring-daemon")
KEYRING = "dbus-run-session -- sh -c 'printf %s a-password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec {}'"
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Return someone who has no connection of any other tool, and no keyring yet, as their environment."""
    home, runtime = tmp_path / "home", tmp_path / "run"
    for made in (home, runtime):
        made.mkdir(mode=0o700)
    return {
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"),
    }


def new_source(person: Person, kind: str) -> None:
    """Go from the welcome to the settings of a new source of a type."""
    person.sees("There is no project in")
    person.press("n")
    person.sees("No source yet")
    person.press("n")
    person.sees("Or choose")
    choose(person, kind)
    person.sees(rf"name +{kind}")


def file_destination(person: Person) -> None:
    """Go from any page to a destination that is a local file, through all steps."""
    person.press("2")
    person.sees("Sources and destinations")
    person.press("N")
    person.sees("New destination")
    choose(person, "file")
    person.sees("How syncs call it")
    person.press("PageDown")
    person.sees("No credential is needed here")
    person.press("PageDown")
    person.sees("all passed")
    person.press("PageDown")
    person.sees("goes into git")
    person.press("C-s")
    person.sees("file is saved")


def deliver(person: Person) -> None:
    """Make a sync of the template's query, preview it, read its plan, and send it."""
    person.press("1")
    person.sees("No sync yet")
    person.press("n")
    person.sees("New sync")
    person.type("people")
    person.press("C-s")
    person.sees(r"FROM users")
    person.press("C-s")
    person.press("C-r")
    person.sees("ann@example.com")
    person.press("Escape", "p")
    person.sees("nothing sent yet")
    person.sees("1 new")
    person.press("r")
    person.sees(r"✓ people: the run is done")


def delivered(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "delivered" / "people.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("size", ONE_SLOW)
def test_a_key_in_pkcs1_is_pasted_converted_registered_and_kept_in_the_keyring(
    shop: Path, home: dict[str, str], snowflake_warehouse: Warehouse, size: tuple[int, int]
) -> None:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"a real Secret Service needs {' and '.join(missing)}, which this host does not have")
    warehouse = snowflake_warehouse
    warehouse.execute(PEOPLE)
    key = rsa.generate_private_key(65537, 2048)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    text = key.private_bytes(serialization.Encoding.PEM, form, PLAIN).decode()
    with at_the_console(shop, size, env=home, within=KEYRING) as person:
        new_source(person, "snowflake")
        values = {"account": ACCOUNT, "user": warehouse.user, "role": "READER", "warehouse": "READING"}
        where = {"host": warehouse.server.host, "port": warehouse.server.port, "protocol": "http"}
        fill(person, **values, database=warehouse.database, **where)
        person.press("PageDown")
        person.sees("goes to the keyring")
        person.paste(text)
        screen = person.sees("in PKCS#1. Snowflake needs PKCS#8: it was")
        assert "converted in memory" in " ".join(screen.split())
        assert f"ALTER USER {warehouse.user} SET RSA_PUBLIC_KEY='{public_body(key)[:30]}" in screen
        assert fingerprint_of(key) in screen
        assert "••••••" not in screen
        person.press("PageDown")
        person.sees("does not take this key", seconds=60)
        person.press("PageUp")
        person.sees("Register the public half")
        person.press("C-y")
        person.sees("characters sent to")
        statement = person.tmux("show-buffer")
        assert statement == f"ALTER USER {warehouse.user} SET RSA_PUBLIC_KEY='{public_body(key)}';"
        warehouse.set_user(keys=[public_body(key)])  # what an administrator does with it
        person.press("C-t")
        person.sees("all passed", seconds=60)
        person.press("PageDown")
        person.sees("goes to the keyring")
        person.press("C-s")
        person.sees("snowflake is saved with its secret")
        file_destination(person)
        deliver(person)
        written = person.history()
    (call,) = delivered(shop)
    assert (call["userId"], call["traits"]["email"]) == ("u_1", "ann@example.com")
    private = text.splitlines()[8:-1]
    assert [line for line in private if line in written] == []
    files = [file.read_bytes() for file in shop.rglob("*") if file.is_file()]
    assert [line for line in private if any(line.encode() in file for file in files)] == []


@pytest.mark.parametrize("size", ONE_SLOW)
def test_on_a_host_without_a_keyring_another_place_is_chosen_and_named(
    shop: Path, home: dict[str, str], postgres_database: Database, size: tuple[int, int]
) -> None:
    database = postgres_database
    database.execute(PEOPLE)
    surroundings = {**home, **NO_KEYRING}
    with at_the_console(shop, size, env=surroundings) as person:
        new_source(person, "postgres")
        where = {"host": "127.0.0.1", "database": database.name, "user": database.reader}
        fill(person, **where, port=database.server.port, sslmode="disable")
        person.press("PageDown")
        person.sees("This host has no keyring")
        person.type(database.reader_password)
        person.press("PageDown")
        person.sees("✗ Choose where it is read")
        person.press("Right")
        person.sees("‹ environment ›")
        screen = person.sees("BACKHAUL_SOURCES_POSTGRES_PASSWORD")
        assert database.reader_password not in screen
        person.press("PageDown")
        person.sees("all passed")
        person.press("PageDown")
        screen = person.sees("goes into git")
        assert "BACKHAUL_SOURCES_POSTGRES_PASSWORD" in screen
        assert 'from = "environment"' in screen
        person.press("C-s")
        person.sees("postgres is saved")
        person.press("C-q")
        person.sees("ended with 0")
        assert database.reader_password not in person.history()
    assert tomllib.loads((shop / "backhaul.toml").read_text("utf-8"))["secrets"] == {"from": "environment"}
    surroundings["BACKHAUL_SOURCES_POSTGRES_PASSWORD"] = database.reader_password
    with at_the_console(shop, size, env=surroundings) as person:
        person.sees("No sync yet")
        file_destination(person)
        deliver(person)
    assert [call["userId"] for call in delivered(shop)] == ["u_1"]


@pytest.mark.parametrize("size", ONE_SLOW)
def test_a_missing_grant_is_spelt_out_and_once_it_is_run_the_row_is_delivered(
    shop: Path, home: dict[str, str], postgres_database: Database, size: tuple[int, int]
) -> None:
    database = postgres_database
    database.execute(f"ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM {database.reader}", PEOPLE)
    surroundings = {**home, **NO_KEYRING, "BACKHAUL_SOURCES_POSTGRES_PASSWORD": database.reader_password}
    with at_the_console(shop, size, env=surroundings) as person:
        new_source(person, "postgres")
        where = {"host": "127.0.0.1", "database": database.name, "user": database.reader}
        fill(person, **where, port=database.server.port, sslmode="disable")
        person.press("PageDown")
        person.sees("This host has no keyring")
        person.type(database.reader_password)
        person.press("Tab", "Right")
        person.sees("‹ environment ›")
        person.press("PageDown")
        screen = person.sees("tests again")
        assert f"{database.reader} can read no table" in screen
        assert f'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{database.reader}";' in screen
        person.press("C-y")
        person.sees("characters sent to")
        database.execute(*person.tmux("show-buffer").splitlines())
        person.press("C-t")
        person.sees("all passed")
        person.press("PageDown")
        person.sees("goes into git")
        person.press("C-s")
        person.sees("postgres is saved")
        file_destination(person)
        deliver(person)
        database.execute("CREATE TABLE late AS SELECT 1 AS id")
        written = person.history()
    assert [call["userId"] for call in delivered(shop)] == ["u_1"]
    assert database.reader_password not in written
    (shop / "syncs" / "people.sql").write_text('SELECT id::text AS "userId" FROM late\n', "utf-8")
    refused = backhaul("run", "people", folder=shop, env=surroundings)
    assert refused.code == 1
    assert f"GRANT SELECT ON public.late TO {database.reader};" in refused.err


@pytest.mark.parametrize("size", ONE_SLOW)
def test_the_file_of_a_service_account_is_checked_and_kept_whole_in_the_keyring(
    shop: Path, home: dict[str, str], bigquery_dataset: Dataset, tmp_path: Path, size: tuple[int, int]
) -> None:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"a real Secret Service needs {' and '.join(missing)}, which this host does not have")
    dataset = bigquery_dataset
    dataset.execute("CREATE TABLE users AS SELECT 'u_1' AS id, 'ann@example.com' AS email")
    file, other = tmp_path / "account.json", tmp_path / "other.json"
    file.write_text(dataset.key_file(), "utf-8")
    file.chmod(0o600)
    other.write_text('{"installed": {"client_id": "x"}}', "utf-8")
    with at_the_console(shop, size, env=home, within=KEYRING) as person:
        new_source(person, "bigquery")
        where = {"dataset": dataset.name, "location": dataset.location, "endpoint": dataset.server.address}
        fill(person, project=PROJECT, **where)
        person.press("PageDown")
        person.sees("goes to the keyring")
        person.type(str(other))
        person.press("PageDown")
        person.sees("OAuth")
        person.press("C-u")
        person.type(str(file))
        person.press("PageDown")
        person.sees("all passed", seconds=60)
        person.press("PageDown")
        person.sees("goes to the keyring")
        person.press("C-s")
        person.sees("bigquery is saved with its secret")
        file_destination(person)
        deliver(person)
        written = person.history()
    (call,) = delivered(shop)
    assert (call["userId"], call["traits"]["email"]) == ("u_1", "ann@example.com")
    lines = json.loads(file.read_text("utf-8"))["private_key"].splitlines()[1:-1]
    assert [line for line in lines if line in written] == []
