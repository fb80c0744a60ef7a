"""Half-typed and broken texts: no rule raises, and each finding and fix lies inside the text."""

from __future__ import annotations

import random
import re
import tomllib
from pathlib import Path

import pytest

from core.lint import Context, apply_fixes, lint
from core.lint.base import Neighbour, Pace, Receiver
from core.model import CallType, Column, Kind, Table
from core.query import DIALECTS
from core.query.catalogue import Catalogue
from tests.core.lint.test_seeds import EXAMPLE, TABLE

CALLS = tuple(CallType)
PIECES = (
    *"( ) , . ; * = < > >= || :: [ ] { } ' \" ` -- /* */ {{ }} {{last_sync_time}} $1 ? :x @y %s\n \t".split(" "),  # noqa: SIM905 -- words read better so
    *"select from where group by order limit with as join left on using union all case when then else end not null in exists over".split(),  # noqa: SIM905 -- as above
    *"id email users u userId 'a' 1 1.5 0x1F true interval '1 day' date_trunc('day', x) cast(a as int) count(*) a.b.c é 💥 \0".split(  # noqa: SIM905 -- as above
        " "
    ),
)
KINDS = {"id": Kind.INTEGER, "email": Kind.TEXT, "updated_at": Kind.INSTANT, "plan": Kind.BOOLEAN}


def context(dialect: str, call: CallType) -> Context:
    """Return a context in which every rule has something to look at."""
    up = str.upper if dialect == "snowflake" else str
    columns = tuple(Column(name=up(name), kind=kind, type_name=kind) for name, kind in KINDS.items())
    names = ("users", "events", "companies", "t", "u")
    tables = tuple(Table(schema=up("app"), name=up(name), columns=columns) for name in names)
    return Context(
        dialect=dialect,
        call=call,
        catalogue=Catalogue(tables=tables, dialect=dialect),
        receivers=(Receiver(name="cio", type="customerio", columns=2, group_needs_user=True, semantic_events=True),),
        pace=Pace(every=60.0, took=90.0, rows=2_000_000),
        neighbours=(
            Neighbour(
                name="other",
                call=call,
                destinations=("cio",),
                ids={"userId": Kind.TEXT},
                traits={"plan": frozenset({"app.users"})},
            ),
        ),
    )


def look(text: str, dialect: str, call: CallType) -> None:
    """Lint a text, and look at what is found in it."""
    findings = lint(text, context(dialect, call))
    for found in findings:
        assert 0 <= found.start <= found.end <= len(text)
        assert found.message.strip()
        for edit in found.fix.edits if found.fix else ():
            assert 0 <= edit.start <= edit.end <= len(text)
    apply_fixes(text, findings)


def examples() -> list[tuple[str, str]]:
    return [(call, text) for _, call, text, _ in EXAMPLE.findall(TABLE.read_text("utf-8"))]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_prefix_of_every_example_is_looked_at(dialect: str) -> None:
    looked = 0
    for call, text in examples():
        for end in range(len(text) + 1):
            look(text[:end], dialect, CallType(call))
            looked += 1
    assert looked > 2_800


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_generated_broken_texts_are_looked_at(part: int) -> None:
    """20,000 texts in eight parts: examples and cases with words taken out, put in, doubled and swapped."""
    chance = random.Random(part)
    cases = sorted((Path(__file__).parent / "cases").glob("*.toml"))
    known = [case["before"] for path in cases for case in tomllib.loads(path.read_text("utf-8"))["case"]]
    texts = [text for _, text in examples()] + [text for text in known if len(text) < 2_000]
    for _ in range(2_500):
        words = re.findall(r"\w+|\s+|.", chance.choice(texts), re.DOTALL)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(words) + 1)
            match chance.randrange(4):
                case 0:
                    words[place : place + chance.randint(1, 3)] = []
                case 1:
                    words.insert(place, f" {chance.choice(PIECES)} ")
                case 2:
                    words[place:place] = words[place : place + 4]
                case _:
                    other = chance.randrange(len(words) + 1)
                    words[place : place + 1], words[other : other + 1] = (
                        words[other : other + 1],
                        words[place : place + 1],
                    )
        look("".join(words), chance.choice(DIALECTS), chance.choice(CALLS))
