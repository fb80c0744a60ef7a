"""Nothing is sent, lost or shown by a key that meant something else: sending, a guard's choices, pasted passwords, a generated key."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import duckdb
import pytest

from tests.journeys.forms import choose, fill
from tests.journeys.tmux import SIZES, Person, at_the_console

NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
PASSWORD = "Zq7/wizard#p@ss:1"
QUERY = 'SELECT id AS "userId", name FROM people'


@pytest.fixture
def people(company: Path) -> Path:
    """The demo with a sync `people` that has never run, and one of whose rows has no id."""
    with duckdb.connect(str(company / "warehouse.duckdb")) as connection:
        connection.execute("CREATE TABLE people AS SELECT 'u_' || n AS id, 'n' || n AS name FROM range(40) t(n)")
        connection.execute("INSERT INTO people VALUES (NULL, 'nobody')")
    (company / "syncs" / "people.sql").write_text(QUERY, "utf-8")
    (company / "syncs" / "people.toml").write_text(
        'id = "people1"\nsource = "warehouse"\ndestinations = ["files"]\ncall = "identify"\nenabled = false\n', "utf-8"
    )
    return company


def delivered(folder: Path) -> list[str]:
    file = folder / "delivered" / "people.jsonl"
    return [json.loads(line)["userId"] for line in file.read_text("utf-8").splitlines()] if file.exists() else []


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "160x45"])
def test_leaving_the_editor_and_pressing_its_keys_elsewhere_sends_nothing(people: Path, size: tuple[int, int]) -> None:
    with at_the_console(people, size) as person:
        person.sees("companies → files")
        person.type(":edit people")
        person.press("Enter")
        person.sees("FROM people")
        person.press("Escape", "Escape", "C-r")
        person.sees("u_1")
        person.sees("FROM people|Preview")  # the editor, still
        person.press("1")
        person.sees("State +Sync")
        person.press("C-r")
        person.sees(r"\^R started a run here before. Now press r")
        person.press("S", "R")
        person.sees("Now press T")
        person.press("4")
        person.sees("Log")
        assert "people" not in person.screen().split("Log")[0]
    assert delivered(people) == []


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "160x45"])
def test_a_first_delivery_shows_its_plan_and_what_a_guard_blocks_is_chosen_on_the_spot(
    people: Path, size: tuple[int, int]
) -> None:
    with at_the_console(people, size) as person:
        person.sees("companies → files")
        person.type(":run people")
        person.press("Enter")
        person.sees('Blocked by guard "invalid_rows"')
        person.sees("r  reject this row and send 40 · open the query · cancel")
        assert delivered(people) == []
        person.press("r")
        screen = person.sees('people is blocked by guard "invalid_rows"')
        assert "Reject this row and send 40" in screen
        assert 'invalid_rows = "reject"' in screen
        person.press("Escape")
        person.sees_no("people is blocked")
        person.press("r")
        person.sees("Reject this row and send 40")
        person.press("Enter")
        person.sees("people: the run needs a look")
        person.type(":settings people")
        person.press("Enter")
        person.sees("invalid rows +‹ stop ›")
    assert len(delivered(people)) == 40


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "160x45"])
def test_a_password_with_odd_characters_is_taken_from_a_pasted_command_and_written_nowhere(
    company: Path, size: tuple[int, int]
) -> None:
    with at_the_console(company, size, env=NO_KEYRING) as person:
        _new_source(person)
        person.paste(f"psql 'postgresql://ann:{PASSWORD}@db.invalid:6432/app'")
        screen = person.sees("db.invalid")
        assert "6432" in screen
        person.press("PageDown")
        person.sees("hidden; from the pasted text")
        person.sees("‹ not chosen yet ›")
        person.press("Right")
        person.sees("‹ environment ›")
        person.press("Escape")
        person.sees("Leave the set-up")
        person.press("Enter")
        person.sees("warehouse.duckdb")
        person.press("n")  # the draft, at its second step: the name has the keys
        person.sees("db.invalid")
        person.paste(f"export DATABASE_URL=postgresql://ann:{PASSWORD}@other.invalid/app")
        person.sees("other.invalid")
        person.press("Escape")
        person.sees("Leave the set-up")
        person.press("Enter")
        person.sees("warehouse.duckdb")
        written = person.history()
    assert "wizard" not in written
    for file in company.rglob("*"):
        assert not file.is_file() or b"Zq7" not in file.read_bytes(), file


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "160x45"])
def test_a_key_generated_without_a_keyring_is_in_the_file_that_was_named(
    company: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    file = tmp_path / "rsa_key.p8"
    with at_the_console(company, size, env=NO_KEYRING) as person:
        _new_source(person)
        choose(person, "snowflake")
        fill(person, account="MYORG-ACME", user="SVC", role="READER", warehouse="WH", database="ANALYTICS")
        person.press("PageDown")
        person.sees("This host has no keyring")
        person.press("M-m")
        person.sees("Write the private key to")
        person.press("C-u")
        person.type(str(file))
        person.press("Enter")
        person.sees("ALTER USER SVC SET RSA_PUBLIC_KEY")
        person.press("Tab", "Tab", "Tab")
        person.type("q1:?4r")  # beside its field, a secret drives nothing
        person.sees("ALTER USER SVC SET RSA_PUBLIC_KEY")
    assert "PRIVATE KEY" in file.read_text("utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "secrets" not in tomllib.loads((company / "backhaul.toml").read_text("utf-8"))


def _new_source(person: Person) -> None:
    person.sees("users → files")
    person.press("2")
    person.sees("warehouse.duckdb")
    person.press("n")
    person.sees("Or choose")
