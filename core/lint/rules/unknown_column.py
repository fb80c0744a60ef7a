"""A column is in none of the tables that the query reads.

Why it matters: the query fails when it runs. Names in double quotes keep their case on Snowflake and Postgres, so "Email" is
another column than EMAIL or email. The catalogue shows what the source's user may read, as it was when it was last read: a column
that was made since is known after `backhaul lint --read-catalogue`.

An example (users has a column name):

    SELECT id AS "userId", nam FROM users

Fix: take the name that is there. Backhaul offers the nearest, and writes one of itself only where nothing but the case of its letters differs.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.lint.names import as_written, nearest_name
from core.model import Finding, Severity
from core.query import Query, finding, fix
from core.query.relations import Level, Origin, Relation

SEVERITY = Severity.ERROR

_PSEUDO = frozenset(
    {"ctid", "oid", "xmin", "xmax", "cmin", "cmax", "tableoid", "rowid", "filename", "level", "sysdate", "session_user"}
    | {"_partitiontime", "_partitiondate", "_table_suffix", "_file_name", "current_role", "current_warehouse"}
    | {"_change_type", "_change_timestamp"}
    | {
        "metadata$action",
        "metadata$isupdate",
        "metadata$row_id",
        "metadata$filename",
        "current_schema",
        "current_catalog",
    }
)
"""Names that are no column of the table, and may stand for something all the same."""

_SAYS_USER = ("postgres", "redshift", "duckdb")
"""Where USER, without quotes, is the name of the session's user."""


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find columns that are certainly nowhere."""
    if context.catalogue is None:
        return
    for level in context.levels:
        for column in level.columns:
            if column.name.lower() in _PSEUDO or "start" not in column.this.meta or _is_word(column, query.dialect):
                continue
            origin = level.origin(column)
            if origin.missing:
                yield _found(query, context, level, column, origin)


def _is_word(column: exp.Column, dialect: str) -> bool:
    """Return whether what looks like a column is a word: of a function that sqlglot does not know (dateadd(day, ...)), or USER."""
    if column.args.get("table"):
        return False
    is_user = column.name.lower() == "user" and not column.this.args.get("quoted") and dialect in _SAYS_USER
    return is_user or isinstance(column.parent, exp.Anonymous)


def _found(query: Query, context: Context, level: Level, column: exp.Column, origin: Origin) -> Finding:
    relations = [origin.relation] if origin.relation else list(level.relations.values())
    known = [name for relation in relations for name in _names(relation, context)]
    near = nearest_name(column.name, known)
    where = _where(relations)
    written = as_written(near, query.dialect) if near else ""
    hint = f" Did you mean {written}?" if near else ""
    start, end = column.this.meta["start"], column.this.meta["end"] + 1
    is_same = near.lower() == column.name.lower()
    suggested = fix(f"write {written}", start, end, written, certain=is_same) if near else None
    return finding(
        query.text, "unknown-column", f"There is no column {column.name} {where}.{hint}", start, end, fix=suggested
    )


def _names(relation: Relation, context: Context) -> list[str]:
    """Return the names of a relation's columns as their table has them."""
    if relation.table is not None and context.catalogue is not None:
        return [column.name for column in relation.table.columns]
    return list(relation.columns or ())


def _where(relations: list[Relation]) -> str:
    names = [f"{each.table.schema}.{each.table.name}" if each.table else each.key for each in relations]
    return f"in {names[0]}" if len(names) == 1 else f"in any of {', '.join(names)}"
