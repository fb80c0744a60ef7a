r"""SQL: literals, and identifiers in double quotes, as the standard has them (DuckDB, Postgres, Redshift and Snowflake keep to it here).

BigQuery's own quoting stands in its script, which is one of a shell. psql reads what is in double quotes as it is, too; but a line break ends
its own commands (`\password "a`) and a comment, so names with one are refused where a script begins (core.warehouses.base.SetupNames).
"""

from __future__ import annotations

import re

__all__ = ["identifier", "literal", "quoted_identifier"]

_POSTGRES = re.compile(r"[a-z_][a-z0-9_]*")

_RESERVED = frozenset(
    [
        "all",
        "analyse",
        "analyze",
        "and",
        "any",
        "array",
        "as",
        "asc",
        "asymmetric",
        "authorization",
        "between",
        "binary",
        "both",
        "case",
        "cast",
        "check",
        "collate",
        "collation",
        "column",
        "concurrently",
        "constraint",
        "create",
        "cross",
        "current_catalog",
        "current_date",
        "current_role",
        "current_schema",
        "current_time",
        "current_timestamp",
        "current_user",
        "default",
        "deferrable",
        "desc",
        "distinct",
        "do",
        "else",
        "end",
        "except",
        "false",
        "fetch",
        "for",
        "foreign",
        "freeze",
        "from",
        "full",
        "grant",
        "group",
        "having",
        "ilike",
        "in",
        "initially",
        "inner",
        "intersect",
        "into",
        "is",
        "isnull",
        "join",
        "lateral",
        "leading",
        "left",
        "like",
        "limit",
        "localtime",
        "localtimestamp",
        "natural",
        "none",
        "not",
        "notnull",
        "null",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "outer",
        "overlaps",
        "placing",
        "primary",
        "references",
        "returning",
        "right",
        "select",
        "session_user",
        "similar",
        "some",
        "symmetric",
        "system_user",
        "table",
        "tablesample",
        "then",
        "to",
        "trailing",
        "true",
        "union",
        "unique",
        "user",
        "using",
        "variadic",
        "verbose",
        "when",
        "where",
        "window",
        "with",
    ]
)
"""What Postgres takes for no name where it stands without quotes: https://www.postgresql.org/docs/current/sql-keywords-appendix.html"""


def literal(text: str) -> str:
    """Write a text as a string."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Write a name as Postgres has it: as it is where that is safe, else in quotes."""
    return name if _POSTGRES.fullmatch(name) and name not in _RESERVED else quoted_identifier(name)


def quoted_identifier(name: str) -> str:
    """Write a name in quotes."""
    return '"' + name.replace('"', '""') + '"'
