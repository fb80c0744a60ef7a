"""The example queries of the documents that define the system: what lint says of each, for each dialect, as seeds.md has it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from core.lint import Context, apply_fixes, lint
from core.lint.base import Receiver
from core.model import CallType, Severity
from core.query import DIALECTS

TABLE = Path(__file__).parent / "seeds.md"
EXAMPLE = re.compile(r"(## \d+\. (\w+)[^\n]*\n\n```sql\n(.*?)\n```\n)(.*?)(?=\n## |\Z)", re.DOTALL)
RECEIVERS = (Receiver(name="cio", type="customerio", group_needs_user=True, semantic_events=True),)


def context(dialect: str, call: str) -> Context:
    return Context(dialect=dialect, call=CallType(call), receivers=RECEIVERS)


def told(call: str, text: str) -> str:
    """Return the table of what lint says of a query."""
    found: dict[tuple[int, str, str, str], list[str]] = {}
    left = []
    for dialect in DIALECTS:
        for one in lint(text, context(dialect, call)):
            found.setdefault((one.start, f"{one.line}:{one.column}", one.severity, one.rule), []).append(dialect)
        errors = sorted({one.rule for one in fix_all(text, dialect, call)[1]})
        if errors:
            left.append(f"{', '.join(errors)} ({dialect})")
    rows = [
        f"| {place} | {severity} | {rule} | {'all' if len(dialects) == len(DIALECTS) else ', '.join(dialects)} |"
        for (_, place, severity, rule), dialects in sorted(found.items())
    ]
    head = ["| place | severity | rule | dialects |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows, "", f"Errors that no fix fixes: {'; '.join(left) or 'none'}.", ""])


def fix_all(text: str, dialect: str, call: str) -> tuple[str, list[object]]:
    """Return a query after `fix all`, and the errors that are left."""
    for _ in range(10):
        after = apply_fixes(text, lint(text, context(dialect, call)))
        if after == text:
            break
        text = after
    return text, [one for one in lint(text, context(dialect, call)) if one.severity is Severity.ERROR]


def test_lint_says_of_each_example_what_the_table_has() -> None:
    written = TABLE.read_text("utf-8")
    found = EXAMPLE.sub(lambda each: f"{each[1]}\n{told(each[2], each[3])}", written)
    if os.environ.get("BACKHAUL_SNAPSHOTS") == "write":
        TABLE.write_text(found, "utf-8")
    assert len(EXAMPLE.findall(found)) == 19
    assert found == TABLE.read_text("utf-8")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_fix_all_leaves_is_left_alone_by_another_one(dialect: str) -> None:
    for _, call, text, _ in EXAMPLE.findall(TABLE.read_text("utf-8")):
        once, _errors = fix_all(text, dialect, call)
        assert fix_all(once, dialect, call)[0] == once


def test_the_double_alias_of_the_documents_is_explained_at_its_place() -> None:
    text = next(text for _, _, text, _ in EXAMPLE.findall(TABLE.read_text("utf-8")) if "As userId" in text)
    (found,) = lint(text, Context(dialect="snowflake", call=CallType.TRACK))
    assert (found.line, found.column) == (1, 21)
    assert found.message == "A column has one name only: USERID or userId, not both."
