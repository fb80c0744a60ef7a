"""A character looks like SQL and is not: a typographic quote or dash, a foreign space, something invisible.

Why it matters: text that was pasted from a document, a chat or a web page contains them. Most warehouses read them as letters, so that nothing
fails: `id AS “userId”` gives a column named `“userid”`, and the calls go out without a userId. In strings, quoted names and comments
they are allowed.

An example:

    SELECT id AS “userId”, email FROM users

Fix: write the plain character. Backhaul does it.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context, reported
from core.model import Finding, Severity
from core.query import Query

SEVERITY = Severity.ERROR


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Return what query.parse found."""
    return reported(query, "misleading-character")
