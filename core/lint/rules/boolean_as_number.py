"""A yes or no is given as 1 and 0.

Why it matters: destinations keep 1 as a number. A segment of those for whom is_active is true then finds nobody, and 0 is not false everywhere.

An example (Snowflake):

    SELECT ID AS "userId", IFF(PAID > 0, 1, 0) AS "is_active" FROM users

Fix: give true and false: `IFF(PAID > 0, TRUE, FALSE)`, or `PAID > 0`; a column of numbers with `IFF(IS_ACTIVE = 1, TRUE, FALSE)` on
Snowflake, `CASE WHEN is_active = 1 THEN TRUE ELSE FALSE END` elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.lint.columns import items, named, trait_of
from core.model import Finding, Kind, Severity
from core.query import Query

SEVERITY = Severity.HINT

_QUESTION = re.compile(
    r"^(is|has|had|can|was|did|wants|should)_|^(is|has|can)[A-Z]|_(enabled|disabled|active|verified|flag)$",
    re.IGNORECASE,
)
_NUMBERS = (Kind.INTEGER, Kind.DECIMAL)


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find numbers under a name that asks a question, and conditions that end in 1 and 0."""
    for entry, item in items(query, context):
        if trait_of(entry) is None or not _QUESTION.search(entry.column.name):
            continue
        if _ends_in_numbers(item) or context.kind(item) in _NUMBERS:
            how = "IFF(..., TRUE, FALSE)" if query.dialect == "snowflake" else "CASE WHEN ... THEN TRUE ELSE FALSE END"
            message = f"{entry.column.name} is given as a number; destinations keep 1 as 1, not as true. Write {how}."
            yield named(query, "boolean-as-number", entry, message, SEVERITY)


def _ends_in_numbers(item: exp.Expr) -> bool:
    """Return whether a condition's results are 1 and 0."""
    item = item.unnest()
    if isinstance(item, exp.Cast) and item.to.this in exp.DataType.INTEGER_TYPES:
        return isinstance(item.this.unnest(), exp.Predicate | exp.Boolean | exp.Not | exp.And | exp.Or)
    if isinstance(item, exp.If):
        ends = [item.args.get("true"), item.args.get("false")]
    elif isinstance(item, exp.Case):
        ends = [branch.args.get("true") for branch in item.args["ifs"]] + [item.args.get("default")]
    else:
        return False
    values = [end.name for end in ends if isinstance(end, exp.Literal) and not end.is_string]
    return len(values) == len([end for end in ends if end is not None]) and set(values) == {"0", "1"}
