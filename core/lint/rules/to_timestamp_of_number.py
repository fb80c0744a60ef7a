"""Redshift has no to_timestamp of a number.

Why it matters: Postgres, DuckDB and Snowflake make a timestamp of a number of seconds with to_timestamp(n). Redshift's takes a text and its format
(https://docs.aws.amazon.com/redshift/latest/dg/r_TO_TIMESTAMP.html), so the query fails when it runs.

An example:

    SELECT id AS user_id, plan FROM users WHERE updated_at >= to_timestamp({{last_sync_time}})

Fix: count from 1970: timestamp 'epoch' + n * interval '1 second'. Backhaul writes it.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import Token, TokenType

from core.lint.base import Context
from core.model import Edit, Finding, Fix, Severity
from core.query import Query, finding

SEVERITY = Severity.ERROR
DIALECTS = ("redshift",)

_DEEPER = {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Find calls of to_timestamp with one argument."""
    if query.dialect not in DIALECTS:
        return
    for place, token in enumerate(query.tokens[:-1]):
        is_call = query.tokens[place + 1].token_type is TokenType.L_PAREN
        if token.text.lower() != "to_timestamp" or not is_call:
            continue
        inside = _arguments(query.tokens[place + 1 :])
        if inside is None:
            continue
        end = inside[-1].end + 1
        message = "Redshift's to_timestamp takes a text and its format; it makes no timestamp of a number."
        is_text = inside[1].token_type is TokenType.STRING
        suggested = None if is_text else _counted(token.start, inside)
        yield finding(query.text, "to-timestamp-of-number", message, token.start, end, fix=suggested)


def _arguments(tokens: tuple[Token, ...]) -> tuple[Token, ...] | None:
    """Return a call's tokens from bracket to bracket; None where there is no argument, more than one, or no end."""
    depth = 0
    for place, token in enumerate(tokens):
        depth += _DEEPER.get(token.token_type, 0)
        if depth == 1 and token.token_type is TokenType.COMMA:
            return None
        if depth == 0:
            return tokens[: place + 1] if place > 1 else None
    return None


def _counted(start: int, inside: tuple[Token, ...]) -> Fix:
    """Return the fix that counts seconds from 1970; what is more than one word stays in its brackets."""
    opening, closing = inside[0], inside[-1]
    is_one = len(inside) == 3
    before = Edit(start=start, end=opening.end + 1, text="(timestamp 'epoch' + " + ("" if is_one else "("))
    after = Edit(start=closing.start, end=closing.end + 1, text=f"{'' if is_one else ')'} * interval '1 second')")
    return Fix(label="write timestamp 'epoch' + n * interval '1 second'", edits=(before, after), certain=True)
