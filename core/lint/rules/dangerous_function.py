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


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Give what query.parse found."""
    return reported(query, "dangerous-function")
