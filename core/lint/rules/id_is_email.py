"""An email address is given as the userId.

Why it matters: the day a person changes the address, a second person is made, and the history is torn in two. Where your app sends its own
ids, people are there twice from the first run on.

An example:

    SELECT email AS "userId", plan AS "plan" FROM users

Fix: give the id of your own database, and the email as a trait. Where some people have no id yet, fall back on the address only for them:
`COALESCE(CAST(user_id AS VARCHAR), email) AS "userId"`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.lint.columns import field_of, items, named
from core.model import Finding, Severity
from core.query import Query

SEVERITY = Severity.WARNING


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find userIds that are nothing but an email address."""
    for entry, item in items(query, context):
        if field_of(entry) != "userId":
            continue  # a previousId may well be the address that a person had before
        source = item.unnest()
        while isinstance(source, exp.Lower | exp.Trim | exp.Cast | exp.Upper):
            source = source.this
        if isinstance(source, exp.Column) and _is_email(source.name):
            message = "userId is an email address. An address changes; give your own id, and the address as a trait."
            yield named(query, "id-is-email", entry, message, SEVERITY)


def _is_email(name: str) -> bool:
    lowered = name.lower()
    return "email" in lowered.replace("_", "").replace("-", "") and not lowered.endswith(("id", "_hash"))
