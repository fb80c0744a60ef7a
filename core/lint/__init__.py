"""Lint: what is wrong with a sync's query, where, why, and how to fix it.

    base.py     what a rule is given (Context) and what it is (Rule)
    columns.py  which field each output column becomes
    times.py    comparisons with {{last_sync_time}}
    renaming.py another name for a column, with all that uses it
    rules/      one file a rule

`-- backhaul: ignore rule-name, other-rule` at the end of a line switches rules off for that line. What makes a query
impossible to run (an error of query.parse) cannot be switched off: the query would be refused all the same.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

import core.lint.rules as rule_files  # before `rules` below takes the name as an attribute of this package
from core.errors import UsageError
from core.lint.base import Context, Rule
from core.lint.columns import mapped
from core.lint.times import comparisons, explain_comparison
from core.model import Finding, Fix, Severity
from core.plugins import nearest
from core.query import DIALECTS, PieceKind, Query, finding, line_and_column, parse
from core.query.levels import levels

__all__ = [
    "MOST",
    "Context",
    "Rule",
    "apply_fixes",
    "chosen_fixes",
    "explain_comparison",
    "fix_all",
    "lint",
    "page",
    "rules",
]

MOST = 1_000
"""So many findings of one rule are given: a query of 10,000 columns may have one for each, and nobody reads them."""


_MOST_ROUNDS = 10
_IGNORE = re.compile(r"backhaul:\s*ignore\s+([a-z][a-z-]*(?:\s*,\s*[a-z][a-z-]*)*)")


def lint(text: str, context: Context, query: Query | None = None) -> tuple[Finding, ...]:
    """Return all findings about a query, in the order of their places. `query` is the text as it was parsed, if it was.

    Of one rule at most MOST are given; the last of them says that there are more.
    """
    query = query or parse(text, context.dialect)
    try:
        findings = _findings(query, context)
    except RecursionError:
        message = "The query has too many parts inside one another for the rules to follow; they say nothing of it."
        too_deep = finding(text, "query-too-complex", message, 0, len(text), severity=Severity.WARNING)
        findings = [*query.findings, too_deep]
    return tuple(sorted(findings, key=lambda found: (found.start, found.end, found.rule)))


def _findings(query: Query, context: Context) -> list[Finding]:
    if query.tree is not None and not context.levels:
        found = levels(query.tree, context.dialect, context.catalogue)
        context = replace(context, levels=found, comparisons=tuple(comparisons(query)))
    if context.mapped is None:
        context = replace(context, mapped=tuple(mapped(query, context)))
    ignored = {(line, rule) for line, rule in _ignored(query)}
    refused = {found for found in query.findings if found.severity is Severity.ERROR}
    findings: list[Finding] = []
    for rule in rules():
        wanted = (
            found
            for found in rule.check(query, context)
            if found in refused or (rule.name not in context.disabled and (found.line, rule.name) not in ignored)
        )
        told = list(islice(wanted, MOST))
        if len(told) == MOST and next(wanted, None) is not None:
            told[-1] = replace(told[-1], message=f"{told[-1].message} More of these exist; {MOST:,} are shown.")
        findings += told
    return findings


def apply_fixes(text: str, findings: Iterable[Finding]) -> str:
    """Apply the fixes of findings; one that overlaps an earlier one is left for the next time."""
    for edit in reversed([edit for fix in chosen_fixes(findings) for edit in fix.edits]):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def fix_all(text: str, context: Context) -> tuple[str, int]:
    """Apply all fixes that are certain, round by round, until none is left; return the text, and how many there were."""
    fixed = 0
    for _ in range(_MOST_ROUNDS):
        certain = [found for found in lint(text, context) if found.fix and found.fix.certain]
        after = apply_fixes(text, certain)
        if after == text:
            break
        fixed += len(chosen_fixes(certain))
        text = after
    return text, fixed


def chosen_fixes(findings: Iterable[Finding]) -> tuple[Fix, ...]:
    """Return the fixes that can be applied together, in the order of their places."""
    chosen: list[Fix] = []
    reached = 0
    fixes = (found.fix for found in findings if found.fix is not None and found.fix.edits)
    for fix in sorted(fixes, key=lambda fix: fix.edits[0].start):
        if fix.edits[0].start >= reached and not (chosen and fix.edits == chosen[-1].edits):
            chosen.append(fix)
            reached = fix.edits[-1].end
    return tuple(chosen)


@functools.cache
def rules() -> tuple[Rule, ...]:
    """Return all rules, by name."""
    found = sorted(module.name for module in pkgutil.iter_modules(rule_files.__path__))
    return tuple(_load(name) for name in found)


def page(rule_name: str) -> str:
    """Return a rule's page. Raises UsageError where there is no such rule, with the nearest name."""
    for rule in rules():
        if rule.name == rule_name:
            return rule.page
    known = [rule.name for rule in rules()]
    raise UsageError(
        f"There is no rule {rule_name!r}.{nearest(rule_name, known)}", remedy=f"The rules: {', '.join(known)}."
    )


def _load(file: str) -> Rule:
    module = importlib.import_module(f"core.lint.rules.{file}")
    return Rule(
        name=file.replace("_", "-"),
        severity=module.SEVERITY,
        page=(module.__doc__ or "").strip(),
        dialects=getattr(module, "DIALECTS", DIALECTS),
        check=module.check,
    )


def _ignored(query: Query) -> Iterator[tuple[int, str]]:
    """Yield each line and rule that a comment switches off."""
    for piece in query.pieces:
        if piece.kind is not PieceKind.COMMENT:
            continue
        match = _IGNORE.search(query.text, piece.start, piece.end)
        if match:
            line, _column = line_and_column(query.text, piece.start)
            for name in match.group(1).split(","):
                yield line, name.strip()
