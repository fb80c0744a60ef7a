"""Every fix: the text still parses, the finding is gone and no other came, and applying again changes nothing.

Of each case of a rule, and of each honest query, in each of its dialects.
"""

from __future__ import annotations

from collections import Counter

import pytest

from core.lint import Context, apply_fixes, fix_all, lint
from core.model import CallType, Finding, Severity
from core.query import DIALECTS, parse
from tests.core.lint import test_honest, test_lint

pytestmark = pytest.mark.slow

_REVEALING = {"placeholder-in-text", "unknown-placeholder", "stray-comma", "unknown-table", "unknown-column"}
_REVEALING |= {"select-star", "column-folded", "misleading-character"}
"""Rules whose fix lets more be seen: a query that can be read, or columns that were unknown, or no fields."""


_BENCHMARKS = ("tpcds", "tpch")
"""Honest queries that become no call, and of which there are many: nothing is fixed in them."""


def texts(dialect: str) -> list[tuple[str, Context]]:
    """Return each text with its context."""
    cases = [case.values[1] for case in test_lint.all_cases()]
    asked = [case for case in cases if case["dialect"] == dialect and "{long}" not in case["before"]]
    found = [(case["before"], test_lint.context_of(case)) for case in asked]
    honest = [query for query, spoken in (case.values for case in test_honest.cases()) if spoken == dialect]
    for query in honest:
        if query["file"] in _BENCHMARKS:
            continue
        call = CallType(query["call"]) if "call" in query else None
        tables = test_honest.catalogue_of(query["tables"], dialect) if "tables" in query else None
        about = Context(dialect=dialect, call=call, columns=query.get("columns", {}), catalogue=tables)
        found.append((test_honest.text_of(query, dialect), about))
    return found


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_fix_fixes_its_finding_for_good_and_nothing_else_changes(dialect: str) -> None:
    wrong = []
    for text, context in texts(dialect):
        found = lint(text, context)
        wrong += [problem for each in found if each.fix and (problem := _problem(text, context, found, each))]
        if any(each.fix and each.fix.certain for each in found):
            after, _ = fix_all(text, context)
            assert fix_all(after, context) == (after, 0)
    assert wrong == []


def _problem(text: str, context: Context, found: tuple[Finding, ...], fix: Finding) -> str:
    """Say what is wrong with a fix, "" where nothing is."""
    after = apply_fixes(text, [fix])
    left = lint(after, context)
    if parse(text, context.dialect).tree is not None and parse(after, context.dialect).tree is None:
        return f"{fix.rule}: cannot be read any more: {after}"
    before_count, after_count = _counted(found, fix), _counted(left)
    more = after_count - before_count
    if more[fix.rule, fix.severity] or (more and fix.rule not in _REVEALING):
        return f"{fix.rule}: {dict(more)} more in {after}"
    return ""


def _counted(found: tuple[Finding, ...], without: Finding | None = None) -> Counter[tuple[str, Severity]]:
    return Counter((each.rule, each.severity) for each in found if each is not without)


def test_a_name_that_is_only_near_is_never_written_unasked() -> None:
    case = {"dialect": "duckdb", "tables": {"users": {"id": "integer", "last_name": "text"}}}
    text = "SELECT id AS userId, first_name FROM users WHERE id >= {{last_sync_time}}"
    found = [each for each in lint(text, test_lint.context_of(case)) if each.rule == "unknown-column"]
    assert [edit.text for each in found if each.fix for edit in each.fix.edits] == ["last_name"]
    assert fix_all(text, test_lint.context_of(case)) == (text, 0)


def test_an_event_never_becomes_a_deletion_unasked() -> None:
    case = {
        "dialect": "postgres",
        "call": "track",
        "receivers": [{"name": "cio", "type": "customerio", "semantic_events": True}],
    }
    text = "SELECT id AS user_id, 'User deleted' AS event, at AS timestamp FROM t"
    assert "semantic-event-unknown" in [each.rule for each in lint(text, test_lint.context_of(case))]
    assert fix_all(text, test_lint.context_of(case)) == (text, 0)


def test_a_name_that_may_be_a_column_further_on_is_not_written_anew_unasked() -> None:
    context = Context(dialect="snowflake", call=CallType.IDENTIFY)
    ambiguous = 'SELECT key AS userId, max(plan) AS "plan" FROM t GROUP BY userId'
    assert fix_all(ambiguous, context) == (ambiguous, 0)
    ordered = 'SELECT key AS userId, "plan" FROM t ORDER BY userId'
    assert fix_all(ordered, context) == ('SELECT key AS "userId", "plan" FROM t ORDER BY "userId"', 1)
