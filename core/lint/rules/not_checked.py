"""Backhaul does not know all that is in the query; the warehouse does.

Why it matters: it is one query and only reads, so much is proven, and it runs. But the rules cannot look into it: a column with a wrong name or a
comparison with {{last_sync_time}} that limits nothing is not found here. So it is on warehouses whose session is read-only by itself (Postgres,
Redshift, DuckDB); on the others such a text is refused.

An example (Postgres):

    SELECT id AS "userId", sum(total) FILTER (WHERE paid) OVER w EXCLUDE TIES AS total FROM orders

Fix: look at a preview before the sync is turned on. If the text has a slip, the warehouse says where.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context, reported
from core.model import Finding, Severity
from core.query import Query

SEVERITY = Severity.WARNING
DIALECTS = ("duckdb", "postgres", "redshift")


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Return what query.parse found."""
    return reported(query, "not-checked")
