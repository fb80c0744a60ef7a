"""An analyst writes a query: the documents' wrong one letter by letter, fixed with keys alone, completed, begun again; then its rows and people."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import pytest

from tests.journeys.tmux import ONE_SLOW, Person, at_the_console
from tests.projects import backhaul

WRONG = (
    "SELECT id AS USERID As userId, email, plan",
    "FROM app.user",
    "WHERE updated_at > {{last_sync_time}}",
)


def by_letter(person: Person, text: str) -> None:
    """Type a text, one letter after the other."""
    for letter in text:
        person.tmux("send-keys", "-t", "journey", "-l", letter)
        time.sleep(0.02)


@pytest.mark.parametrize("size", ONE_SLOW)
def test_the_wrong_query_of_the_documents_is_fixed_with_keys_alone(company: Path, size: tuple[int, int]) -> None:
    (company / "syncs" / "users.sql").write_text("\n", "utf-8")
    with at_the_console(company, size) as person:
        person.sees("users → files")
        person.type(":edit users")
        person.press("Enter")
        person.sees("There is no query yet")
        for number, text in enumerate(WRONG):
            if number:
                person.press("Enter")
            by_letter(person, text)
        person.sees("One column has|A column has one name only")
        person.press("Up", "Up", "Up", "Home")
        for _ in range(len("SELECT id AS ")):
            person.press("Right")
        for _ in range(len("USERID As ")):
            person.press("DC")
        person.sees("SELECT id AS userId, email")
        person.sees("no table app.user")
        person.sees("is a Unix time|▲ 1")
        person.press("Escape", "F")  # what is certain; the table's name is a guess, which a person takes
        person.sees(r">= to_timestamp\(\{\{last_sync_time\}\}\)")
        person.sees("no table app.user")
        person.press(".")
        person.sees("FROM app.users")
        person.sees("No problems.")
        person.press("C-s")
        person.sees("saved")
    text = (company / "syncs" / "users.sql").read_text("utf-8")
    assert text.strip() == (
        "SELECT id AS userId, email, plan\nFROM app.users\nWHERE updated_at >= to_timestamp({{last_sync_time}})"
    )
    assert backhaul("lint", "users", folder=company).code == 0


@pytest.mark.parametrize("size", ONE_SLOW)
def test_a_table_and_a_column_are_completed(company: Path, size: tuple[int, int]) -> None:
    (company / "syncs" / "users.sql").write_text("\n", "utf-8")
    with at_the_console(company, size) as person:
        person.sees("users → files")
        person.type(":edit users")
        person.press("Enter")
        person.sees("There is no query yet")
        by_letter(person, "SELECT o. FROM app.ord")
        person.sees("orders +table")
        person.press("Tab")
        person.sees(r"FROM app\.orders")
        by_letter(person, " o")
        for _ in range(len(" FROM app.orders o")):
            person.press("Left")
        by_letter(person, "us")
        person.sees("user_id +column")
        person.press("Tab")
        person.sees(r"SELECT o\.user_id FROM app\.orders o")


@pytest.mark.parametrize("size", ONE_SLOW)
def test_a_template_is_begun_with_and_what_was_run_is_taken_up_again(company: Path, size: tuple[int, int]) -> None:
    with at_the_console(company, size) as person:
        person.sees("users → files")
        person.type(":edit users")
        person.press("Enter")
        person.sees("Everyone with an account")
        person.press("C-r")
        person.sees("first 100 rows, more exist")
        person.press("Escape", "N")
        person.sees("Templates")
        person.press("j", "j", "j", "j", "Enter")
        person.sees("Template [a-z-]+;")
        person.sees_no("Everyone with an account")
        person.press("Escape", "h")
        person.sees("Run before")
        person.press("Enter")
        person.sees("Everyone with an account")


@pytest.mark.parametrize("size", ONE_SLOW)
def test_rows_are_looked_through_a_call_and_a_person_are_read_and_a_file_is_written(
    company: Path, size: tuple[int, int]
) -> None:
    assert backhaul("run", "users", folder=company).code == 0
    with at_the_console(company, size) as person:
        person.sees("users → files")
        person.type(":edit users")
        person.press("Enter")
        person.sees("Everyone with an account")
        person.press("Escape", "0")  # from 0: everyone
        person.sees("first 100 rows, more exist")
        person.press("L")
        person.sees("1,500 rows, all there are|1,500 ✓")
        person.sees("1,500 ✓" if person.wide else "rows")
        person.press("f")
        person.sees("Filter rows")
        person.type("plan:enterprise u_0001")
        person.press("Enter")
        person.sees(r"\d of 1,500 rows")
        person.press("s")
        person.sees("Sort by")
        person.press("j", "j", "Enter")
        person.sees("email ▲")
        person.press("Enter")
        person.sees('"userId": "u_0001')
        person.sees("Known of u_0001")
        person.sees("users → files +acknowledged")
        person.press("Escape", "y")
        person.sees("characters sent to tmux")
        copied = json.loads(person.tmux("show-buffer"))
        person.press("v")
        person.sees("as the warehouse gave it")
        person.press("Escape", "x")
        person.sees("Save .* to")
        person.press("C-u")
        person.type("chosen.csv")
        person.press("Enter")
        person.sees("saved to chosen.csv")
    with (company / "chosen.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert all(row["plan"] == "enterprise" and "u_0001" in row["userId"] for row in rows)
    assert [row["email"] for row in rows] == sorted(row["email"] for row in rows)
    assert copied["userId"] == rows[0]["userId"]
    assert {row["what it is"] for row in rows} == {"known"}
