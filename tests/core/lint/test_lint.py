"""The machinery of lint: order, switching off, fixes, pages; and each rule by its cases."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import core.query
from core.errors import UsageError
from core.lint import Context, apply_fixes, explain_comparison, lint, page, rules
from core.lint.base import Neighbour, Pace, Receiver, Rule
from core.model import CallType, Column, Kind, Severity, Table
from core.query import DIALECTS
from core.query.catalogue import Catalogue

CASES = Path(__file__).parent / "cases"
NAMES = [rule.name for rule in rules()]


def all_cases() -> list[Any]:
    """Return each case once for each of its dialects: `dialect`, or `dialects` (a list, or "all")."""
    found = []
    for path in sorted(CASES.glob("*.toml")):
        for number, case in enumerate(tomllib.loads(path.read_text())["case"], 1):
            for dialect in dialects_of(case):
                one = {**case, "dialect": dialect}
                found.append(pytest.param(path.stem, one, id=f"{path.stem}-{number}-{dialect}"))
    return found


def dialects_of(case: dict[str, Any]) -> tuple[str, ...]:
    dialects = case.get("dialects") or [case["dialect"]]
    return DIALECTS if dialects == "all" else tuple(dialects)


def context_of(case: dict[str, Any]) -> Context:
    return Context(
        dialect=case["dialect"],
        call=CallType(case["call"]) if "call" in case else None,
        columns=case.get("columns", {}),
        catalogue=catalogue_of(case) if "tables" in case else None,
        receivers=tuple(Receiver(**each) for each in case.get("receivers", ())),
        pace=Pace(**case["pace"]) if "pace" in case else None,
        neighbours=tuple(neighbour_of(each) for each in case.get("neighbours", ())),
    )


def neighbour_of(known: dict[str, Any]) -> Neighbour:
    return Neighbour(
        name=known["name"],
        call=CallType(known["call"]),
        destinations=tuple(known.get("destinations", ())),
        ids={field: Kind(kind) for field, kind in known.get("ids", {}).items()},
        traits={trait: frozenset(tables) for trait, tables in known.get("traits", {}).items()},
    )


def catalogue_of(case: dict[str, Any]) -> Catalogue:
    """Return the catalogue of a case: its tables, each with the kinds of its columns."""
    tables = []
    for name, columns in case["tables"].items():
        schema, _, table = name.rpartition(".")
        kinds = tuple(Column(name=column, kind=Kind(kind), type_name=kind) for column, kind in columns.items())
        tables.append(Table(schema=schema or "main", name=table, columns=kinds))
    return Catalogue(tables=tuple(tables), dialect=case["dialect"], schema="main")


@pytest.mark.parametrize(("rule", "case"), all_cases())
def test_a_case_gives_its_findings_and_its_fix(rule: str, case: dict[str, Any]) -> None:
    context = context_of(case)
    before = case["before"].replace("{long}", " " * 300_000)
    found = [finding for finding in lint(before, context) if finding.rule == rule]
    assert [f"{one.line}:{one.column} {one.severity}" for one in found] == case["findings"]
    for one, words in zip(found, case.get("messages", []), strict=False):
        assert words in one.message
    after = apply_fixes(before, found)
    assert after == case.get("after", before)
    left = [finding for finding in lint(after, context) if finding.rule == rule]
    assert apply_fixes(after, left) == after


@pytest.mark.parametrize("rule", NAMES)
def test_each_rule_has_a_page_and_cases(rule: str) -> None:
    text = page(rule)
    assert re.search(r"\A\S.*\n\nWhy it matters: ", text)
    assert "\nAn example" in text
    assert "\nFix: " in text


@pytest.mark.parametrize("rule", rules(), ids=NAMES)
def test_each_rule_has_cases_in_every_dialect_where_it_applies_and_one_for_its_fix(rule: Rule) -> None:
    cases = tomllib.loads((CASES / f"{rule.name}.toml").read_text())["case"]
    found = {dialect for case in cases if case["findings"] for dialect in dialects_of(case)}
    assert found == set(rule.dialects)
    if re.search(r"fix=|renamed\(", inspect.getsource(inspect.getmodule(rule.check) or rule.check)):
        assert any("after" in case for case in cases)


def test_each_file_of_cases_belongs_to_a_rule() -> None:
    assert sorted(path.stem for path in CASES.glob("*.toml")) == NAMES


def test_each_name_that_parsing_reports_under_is_a_rule() -> None:
    folder = Path(core.query.__file__).parent
    source = "".join(path.read_text() for path in folder.glob("*.py"))
    reported = set(re.findall(r'finding\(\s*text,\s*"([a-z-]+)"', source))
    assert len(reported) >= 8
    assert reported <= set(NAMES)


def test_an_unknown_rule_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="Did you mean 'column-folded'"):
        page("column-fold")


def test_findings_come_in_the_order_of_their_places() -> None:
    text = "SELECT id AS userId, x AS type,, y FROM t\nWHERE updated_at >= {{last_sync_time}}"
    starts = [one.start for one in lint(text, Context(dialect="snowflake", call=CallType.IDENTIFY))]
    assert len(starts) > 2
    assert starts == sorted(starts)


def test_a_comment_switches_a_rule_off_for_its_line_only() -> None:
    text = "SELECT id AS userId, -- backhaul: ignore column-folded, no-trait\n  plan AS plan FROM t"
    context = Context(dialect="snowflake", call=CallType.IDENTIFY)
    assert [one.line for one in lint(text, context) if one.rule == "column-folded"] == [2]


def test_a_string_that_looks_like_the_comment_switches_nothing_off() -> None:
    text = "SELECT id AS userId, '-- backhaul: ignore column-folded' AS \"x\" FROM t"
    context = Context(dialect="snowflake", call=CallType.IDENTIFY)
    assert "column-folded" in [one.rule for one in lint(text, context)]


def test_a_project_switches_a_rule_off_everywhere() -> None:
    context = Context(dialect="duckdb", disabled=("last-sync-time-missing",))
    assert lint("SELECT a AS b FROM t", context) == ()


def test_what_makes_a_query_impossible_cannot_be_switched_off() -> None:
    text = "SELECT pg_read_file('x') AS x -- backhaul: ignore dangerous-function"
    found = lint(text, Context(dialect="postgres", disabled=("dangerous-function",)))
    assert [one.rule for one in found] == ["dangerous-function"]


def test_fixes_that_overlap_are_applied_one_at_a_time() -> None:
    text = "SELECT a,,, b FROM t"
    context = Context(dialect="duckdb")
    fix_all = apply_fixes(text, lint(text, context))
    assert fix_all == "SELECT a, b FROM t"
    assert apply_fixes(fix_all, lint(fix_all, context)) == fix_all


def test_a_finding_that_is_given_twice_is_fixed_once() -> None:
    text = "SELECT a,, b FROM t"
    found = lint(text, Context(dialect="duckdb"))
    assert apply_fixes(text, [*found, *found]) == "SELECT a, b FROM t"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_conversion_of_each_dialect_is_itself_without_findings(dialect: str) -> None:
    sentence = explain_comparison(dialect)
    conversion = sentence.split("compare a timestamp with ")[1].removesuffix(".")
    text = f"SELECT user_id, plan FROM t WHERE updated_at >= {conversion}"
    assert [one for one in lint(text, Context(dialect=dialect)) if one.severity is Severity.ERROR] == []
    assert [one for one in lint(text, Context(dialect=dialect)) if one.rule == "last-sync-time-as-timestamp"] == []


def test_a_table_of_duckdb_that_is_named_like_a_file_is_one_where_the_catalogue_has_it() -> None:
    table = Table(schema="main", name="customers.csv", columns=(Column(name="id", kind=Kind.TEXT, type_name="text"),))
    known = Context(dialect="duckdb", catalogue=Catalogue(tables=(table,), dialect="duckdb", schema="main"))
    text = 'SELECT id, id AS plan FROM "{}"'
    assert "dangerous-function" not in [each.rule for each in lint(text.format("customers.csv"), known)]
    assert "dangerous-function" in [each.rule for each in lint(text.format("orders.csv"), known)]
