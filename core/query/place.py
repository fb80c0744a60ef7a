"""Findings with their place: offsets in the analyst's text, and the line and column that an editor shows."""

from __future__ import annotations

from core.model import Edit, Finding, Fix, Severity

__all__ = ["finding", "fix", "line_and_column"]


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Give the line and column, both from 1, of an offset; lines end at a line feed."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def finding(
    text: str,
    rule: str,
    message: str,
    start: int,
    end: int,
    *,
    severity: Severity = Severity.ERROR,
    fix: Fix | None = None,
) -> Finding:
    """Give a finding whose offsets are sure to lie inside the text."""
    start = max(0, min(start, len(text)))
    end = max(start, min(end, len(text)))
    line, column = line_and_column(text, start)
    return Finding(
        rule=rule, severity=severity, message=message, start=start, end=end, line=line, column=column, fix=fix
    )


def fix(label: str, start: int, end: int, text: str, *, certain: bool = True) -> Fix:
    """Give a fix of one edit."""
    return Fix(label=label, edits=(Edit(start=start, end=end, text=text),), certain=certain)
