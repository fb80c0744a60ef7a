"""A function or table reaches outside the database, runs SQL given as text, or changes something.

Why it matters: such functions work inside a SELECT and even in a read-only session: they read the server's files, call
other hosts, or change sequences and settings. Backhaul promises that a query reads tables and nothing else.

An example:

    SELECT id, pg_read_file('/etc/passwd') AS content FROM users

Fix: load files into a table first, and query that.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context, reported
from core.model import Finding, Severity
from core.query import Query

SEVERITY = Severity.ERROR


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Return what query.parse found; a table that may be a file is one where the catalogue has it."""
    known = context.catalogue.by_name if context.catalogue else {}
    for found in reported(query, "dangerous-function"):
        name = query.text[found.start : found.end].strip('"').lower()
        if found.severity is Severity.ERROR or name not in known:
            yield found
