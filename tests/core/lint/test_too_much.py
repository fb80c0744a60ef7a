"""Texts that are too long, too deep or too many of something: lint answers within seconds, and says in a sentence what it leaves out."""

from __future__ import annotations

import random

import pytest

from core.complete import complete
from core.complete.describing import described
from core.lint import MOST
from core.lint import lint as find
from core.model import CallType, Finding
from core.query import parse
from core.query.syntax import LONGEST
from tests.core.lint.test_broken import context, look

pytestmark = pytest.mark.slow


def lint(text: str, dialect: str) -> tuple[Finding, ...]:
    """Lint a text, and look at it as completion and hover do."""
    known = context(dialect, CallType.IDENTIFY)
    findings = find(text, known)
    for offset in (len(text) // 2, len(text)):
        complete(text, offset, known)
        described(text, offset, known)
    return findings


def binary(size: int) -> str:
    """Return what a program file looks like once an editor has read it as text."""
    return random.Random(7).randbytes(size).decode("utf-8", "replace")


MEGABYTE = ("SELECT id, email FROM users WHERE email = 'it''s' -- a comment\n" * 17_000)[: 1024 * 1024]
WIDE = 'SELECT id AS "userId",\n' + ",\n".join(f"{number} AS Name_{number}" for number in range(10_000))
FULL = LONGEST - 100
CASES = {
    "a megabyte": (MEGABYTE, "The query has 1,048,576 characters; at most 262,144 are read."),
    "a binary file": (binary(100_000), "A carriage return without a line feed, or a NUL, is read in two ways."),
    "open brackets": ("SELECT " + "(" * 5_000, "The query nests too deep to be read."),
    "nested brackets": ("SELECT " + "(" * 5_000 + "1" + ")" * 5_000, "The query nests too deep to be read."),
    "nested CASEs": ("SELECT " + "CASE WHEN " * 5_000, "The query nests too deep to be read."),
    "placeholders": ("SELECT " + ", ".join(["{{last_sync_time}}"] * 9_000), "more than 1,000 placeholders"),
    "no placeholders": ("SELECT " + ", ".join(["{{last_sync_tim}}"] * 9_000), "more than 1,000 placeholders"),
    "braces": ("{{" * (FULL // 2), "more than 1,000 placeholders"),
    "quotes": ("'" * (FULL + 1), "This string is never closed."),
    "opened comments": ("/* " * (FULL // 3), "This comment is never closed."),
    "commas": ("SELECT 1" + "," * FULL, f"More of these exist; {MOST:,} are shown."),
    "semicolons": (";" * FULL, "There is no query yet."),
    "branches of a UNION": (" UNION ALL ".join(["SELECT 1 AS a"] * 8_000), "An identify call needs a column userId"),
    "names": ("SELECT " + "a" * FULL + " FROM users", "There is no column"),
}


@pytest.mark.parametrize("dialect", ["bigquery"])
@pytest.mark.parametrize("name", CASES)
def test_what_is_too_much_is_said_in_a_sentence(name: str, dialect: str) -> None:
    text, sentence = CASES[name]
    found = lint(text, dialect)
    if name == "names" and dialect == "bigquery":
        sentence = "column"
    assert any(sentence in each.message for each in found), [each.message[:200] for each in found][:10]


def test_of_a_rule_that_finds_something_in_each_of_ten_thousand_columns_a_thousand_are_told() -> None:
    found = lint(f"{WIDE}\nFROM users u", "snowflake")
    folded = [each for each in found if each.rule == "column-folded"]
    assert len(folded) == MOST
    assert folded[-1].message.endswith(f"More of these exist; {MOST:,} are shown.")
    assert not folded[-2].message.endswith("are shown.")


def test_a_rule_that_finds_just_as_many_as_are_told_says_nothing_of_more() -> None:
    columns = ", ".join(f"{number} AS Name_{number}" for number in range(MOST))
    found = lint(f'SELECT id AS "userId", {columns} FROM users', "snowflake")
    folded = [each for each in found if each.rule == "column-folded"]
    assert len(folded) == MOST
    assert not any("More of these exist" in each.message for each in folded)


@pytest.mark.parametrize("part", range(4))
def test_binary_of_any_kind_is_looked_at(part: int) -> None:
    chance = random.Random(part)
    for _ in range(40):
        text = chance.randbytes(chance.randint(1, 400)).decode(chance.choice(["utf-8", "latin-1", "utf-16"]), "replace")
        look(f"SELECT id, {text} FROM users", chance.choice(["duckdb", "snowflake", "bigquery"]), CallType.IDENTIFY)


def test_numbers_that_a_placeholder_could_be_taken_for_are_not_taken() -> None:
    text = "SELECT 100000000000000 AS a, 1000000000000011 AS b, 'x' AS c WHERE {{last_sync_time}} > 1"
    query = parse(text, "postgres")
    assert len(set(query.stand_ins)) == 1
    assert query.stand_ins[0] not in text
    assert query.render(7) == text.replace("{{last_sync_time}}", "7".ljust(18))


def test_the_branches_of_a_long_union_keep_their_order_and_their_columns() -> None:
    text = " UNION ALL ".join(f"SELECT id AS name_{number} FROM users" for number in range(5))
    query = parse(f"SELECT name_0 FROM (WITH users AS (SELECT 1 AS id) {text}) x", "postgres")
    assert query.tree is not None
    from core.query.levels import levels

    found = levels(query.tree, "postgres")
    assert [level.role for level in found] == ["with", *["derived"] * 5, "root"]
    names = [level.select.expressions[0].alias_or_name for level in found[1:-1]]
    assert names == [f"name_{number}" for number in range(5)]
    assert list(found[-1].relations["x"].columns or ()) == ["name_0"]
