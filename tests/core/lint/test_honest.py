"""Honest queries: texts that nothing is wrong with, of which no rule may say that something is.

`honest/` holds them: the queries of TPC-H and TPC-DS, statements as the vendors' documents show them, and what analysts in this field
write, with and without {{last_sync_time}}, for all calls and dialects. Each is looked at with its tables known, where it names
them (`tables/`), and without. A false accusation is a fault of the rule, of core.query or of its relations: it is fixed there.

    source     where the query comes from: a place, or what it is an example of
    dialects   a list, or "all"
    call       the call that its rows become; none for a query that stands alone
    columns    the sync's [columns]
    tables     the name of a file in tables/, whose names are folded as the warehouse would
    rightly    errors that are right, with the reason in a comment
    hints      warnings and hints that are right; where it is there, there may be no others
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from core.lint import Context, lint
from core.lint.base import Receiver
from core.model import CallType, Column, Finding, Kind, Severity, Table
from core.query import DIALECTS
from core.query.catalogue import Catalogue

FOLDER = Path(__file__).parent / "honest"
FILES = sorted(FOLDER.glob("*.toml"))
RECEIVERS = (Receiver(name="cio", type="customerio", group_needs_user=True, semantic_events=True),)
LEAST = 300
"""How many queries there are at least, and how many of them were not written for this project."""
LEAST_OF_OTHERS = 150


def queries() -> list[dict[str, Any]]:
    """Return all queries, each with the name of its file and its number there."""
    return [
        {"file": path.stem, "number": number, **query}
        for path in FILES
        for number, query in enumerate(tomllib.loads(path.read_text("utf-8"))["query"], 1)
    ]


def cases() -> list[Any]:
    """Return each query once for each of its dialects."""
    return [
        pytest.param(query, dialect, id=f"{query['file']}-{query['number']}-{dialect}")
        for query in queries()
        for dialect in (DIALECTS if query["dialects"] == "all" else query["dialects"])
    ]


def text_of(query: dict[str, Any], dialect: str) -> str:
    """Return a query's text; one for all dialects has its names in double quotes, which are a string's on BigQuery."""
    shared = query["dialects"] == "all" and dialect == "bigquery"
    return re.sub(r'"(\w+)"', r"`\1`", query["sql"]) if shared else query["sql"]


def catalogue_of(name: str, dialect: str) -> Catalogue:
    """Return the catalogue of a file in tables/, with names as the warehouse folds them."""
    up = str.upper if dialect == "snowflake" else str
    known = tomllib.loads((FOLDER / "tables" / f"{name}.toml").read_text("utf-8"))
    tables = tuple(
        Table(
            schema=up("app"),
            name=up(table),
            columns=tuple(Column(name=up(column), kind=Kind(kind), type_name=kind) for column, kind in columns.items()),
        )
        for table, columns in known.items()
    )
    return Catalogue(tables=tables, dialect=dialect, schema=up("app"))


def found_in(query: dict[str, Any], dialect: str) -> list[Finding]:
    """Return what lint finds in a query, without a catalogue and with the one that it names."""
    catalogues = [None, *([catalogue_of(query["tables"], dialect)] if "tables" in query else [])]
    return [
        found
        for catalogue in catalogues
        for found in lint(
            text_of(query, dialect),
            Context(
                dialect=dialect,
                call=CallType(query["call"]) if "call" in query else None,
                columns=query.get("columns", {}),
                catalogue=catalogue,
                receivers=RECEIVERS if "call" in query else (),
            ),
        )
    ]


@pytest.mark.parametrize(("query", "dialect"), cases())
def test_no_rule_accuses_an_honest_query(query: dict[str, Any], dialect: str) -> None:
    found = found_in(query, dialect)
    right = query.get("rightly", [])
    accusing = [
        f"{each.rule} ({each.line}:{each.column}): {each.message}"
        for each in found
        if each.severity is Severity.ERROR and each.rule not in right
    ]
    assert accusing == [], f"{query['source']}\n{text_of(query, dialect)}"
    assert {each.rule for each in found if each.severity is Severity.ERROR} == set(right)
    if "hints" in query:
        others = {each.rule for each in found if each.severity is not Severity.ERROR}
        assert others == set(query["hints"]), query["source"]


def test_there_are_hundreds_and_half_of_them_are_others() -> None:
    known = queries()
    others = [query for query in known if query["file"] not in ("analysts", "calls")]
    assert len(known) >= LEAST
    assert len(others) >= LEAST_OF_OTHERS
    assert all(query["source"].strip() for query in known)
    assert len({query["sql"] for query in known}) == len(known)


def test_every_dialect_and_every_call_has_its_share() -> None:
    known = [case.values for case in cases()]
    of_dialects = Counter(dialect for _, dialect in known)
    assert min(of_dialects[dialect] for dialect in DIALECTS) >= 150
    of_calls = Counter(query.get("call", "") for query, _ in known)
    assert min(of_calls[call.value] for call in CallType) >= 10
    assert sum("{{last_sync_time}}" in query["sql"] for query, _ in known) >= 100
