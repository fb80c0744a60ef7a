"""The queries of the editor's benchmark, of 200 characters and of 8 KB, and the source that they are about: 2,000 tables, 60,000 columns."""

from __future__ import annotations

from core.model import Column, Kind, Table

__all__ = ["COLUMNS", "TABLES", "large", "small", "tables"]

TABLES, COLUMNS = 2_000, 30
_SINCE = {"snowflake": "to_timestamp_ntz({{last_sync_time}})", "duckdb": "to_timestamp({{last_sync_time}})"}


def tables(dialect: str) -> tuple[Table, ...]:
    """Return the tables: S0.TABLE_0 and so on, named as the warehouse would."""
    made = (str.upper if dialect == "snowflake" else str.lower)("column_{}_{}")
    table, schema, first = "table_{}", "s{}", [("id", Kind.TEXT), ("email", Kind.TEXT), ("last_updated", Kind.INSTANT)]
    if dialect == "snowflake":
        table, schema, first = table.upper(), schema.upper(), [(name.upper(), kind) for name, kind in first]
    found = []
    for number in range(TABLES):
        named = [*first, *((made.format(number, place), Kind.TEXT) for place in range(COLUMNS - len(first)))]
        columns = tuple(Column(name=name, kind=kind, type_name=kind.value) for name, kind in named)
        found.append(Table(schema=schema.format(number % 20), name=table.format(number), columns=columns, rows=1_000))
    return tuple(found)


def small(dialect: str) -> str:
    """Return a query of 200 characters."""
    return f"""SELECT t.id AS "userId", t.email AS "email", t.column_7_3 AS "plan",
    t.column_7_4 AS seats
FROM s7.table_7 t
WHERE t.last_updated >= {_SINCE[dialect]} AND t.email <> ''
""".ljust(200)


def large(dialect: str, size: int = 8_192) -> str:
    """Return a query of a size and somewhat more: one WITH for each step, two tables in each, and all steps joined."""
    steps: list[str] = []
    text = ""
    while len(text) < size:
        steps.append(_step(len(steps), dialect))
        text = "\n".join(["WITH " + ",\n".join(steps), *_joined(len(steps)), "ORDER BY step_0.email"])
    return text


def _step(number: int, dialect: str) -> str:
    after = number + 1
    return f"""step_{number} AS (
    SELECT t.id, t.email, t.column_{number}_1, t.column_{number}_2, sum(length(u.column_{after}_3)) AS total_{number},
        CASE WHEN max(u.column_{after}_4) = 'x' THEN 'gold' WHEN count(*) > 10 THEN 'silver' ELSE 'none' END AS rank_{number}
    FROM s{number % 20}.table_{number} t JOIN s{after % 20}.table_{after} u ON u.id = t.id
    WHERE t.last_updated >= {_SINCE[dialect]} AND u.column_{after}_5 IN ('a', 'b', 'c')
    GROUP BY t.id, t.email, t.column_{number}_1, t.column_{number}_2
)"""


def _joined(count: int) -> list[str]:
    """Return the query of the steps: who a person is, then what each step knows."""
    columns = [f"step_{number}.total_{number}, step_{number}.rank_{number}" for number in range(count)]
    joins = [f"LEFT JOIN step_{number} ON step_{number}.id = step_0.id" for number in range(1, count)]
    return [
        'SELECT step_0.id AS "userId", step_0.email AS "email",',
        ",\n".join(f"    {each}" for each in columns),
        "FROM step_0",
        *joins,
    ]
