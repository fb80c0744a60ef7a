"""The rows of the benchmarks: 12 mixed columns in a real Postgres, in tables of exactly as many rows as asked for.

Backhaul and all that it is compared with read the same view of a table, `people_<rows>_now`, whole. The view has versions: from one
to the next, exactly one row in a hundred differs. No version writes to the table, so it neither grows nor loses its order, and each of
the first hundred versions costs Postgres the same.
"""

from __future__ import annotations

from typing import Any

__all__ = ["VERSIONS", "create", "index", "query", "show", "touch"]

VERSIONS = 100
"""So many times the rows can change; in the last version each row differs from the first one."""

_COLUMNS = """id AS "userId", email, first_name, last_name, plan, is_active, lifetime_value, score, orders,
    signed_up_on AS "createdAt", updated_at, settings"""


def query(rows: int) -> str:
    """Return the query of the sync, which is also what the others are given."""
    return f"SELECT {_COLUMNS}\nFROM people_{rows}_now"


def create(connection: Any, rows: int, *, larger: int | None = None) -> None:
    """Make the table of so many rows and the first version of its view; out of a larger table, which is quicker, where there is one.

    What was written is on the disk when this returns, so that nothing of it is written while something is measured.
    """
    if rows % VERSIONS:
        raise ValueError(f"the rows must be a multiple of {VERSIONS}, so that one in a hundred is a whole number")
    connection.execute("SET max_parallel_workers_per_gather = 0")  # in the order of n
    connection.execute("SET synchronize_seqscans = off")
    content = _GENERATED.format(rows=rows) if larger is None else f"SELECT * FROM people_{larger} WHERE n <= {rows}"
    connection.execute(f"CREATE UNLOGGED TABLE people_{rows} AS {content}")
    connection.execute(f"VACUUM (FREEZE, ANALYZE) people_{rows}")
    connection.execute("CHECKPOINT")
    show(connection, rows, 0)


def show(connection: Any, rows: int, version: int) -> None:
    """Let the view show a version. Rows differ in their last name: in version 3 those with n % 100 of 0, 1 and 2 have a star."""
    if not 0 <= version <= VERSIONS:
        raise ValueError(f"there are {VERSIONS} versions, not {version}")
    connection.execute(
        f"""
        CREATE OR REPLACE VIEW people_{rows}_now AS
        SELECT id, email, first_name,
            CASE WHEN n % {VERSIONS} < {version} THEN last_name || '*' ELSE last_name END AS last_name,
            plan, is_active, lifetime_value, score, orders, signed_up_on, updated_at, settings
        FROM people_{rows}
        """
    )


def index(connection: Any, rows: int) -> None:
    """Make what an incremental query needs: an index on updated_at; and one on n, for `touch`."""
    connection.execute(f"CREATE INDEX ON people_{rows} (updated_at)")
    connection.execute(f"CREATE INDEX ON people_{rows} (n)")
    connection.execute(f"ANALYZE people_{rows}")
    connection.execute("CHECKPOINT")


def touch(connection: Any, rows: int, number: int, count: int = 100) -> None:
    """Change `count` rows now, spread over the table; another `number` takes other rows."""
    step = rows // count
    chosen = f"SELECT generate_series({1 + number % step}, {rows}, {step})"
    done = connection.execute(f"UPDATE people_{rows} SET updated_at = now() WHERE n = ANY(ARRAY({chosen}))")
    if done.rowcount != count:
        raise RuntimeError(f"{done.rowcount} rows were changed, not {count}")


_GENERATED = """
    SELECT n, 'user_' || n AS id,
        'person.' || n || '@example.com' AS email,
        (ARRAY['Ada', 'Ben', 'Chloé', 'Dmitri', 'Eda'])[1 + n % 5] AS first_name,
        (ARRAY['Larsen', 'Okafor', 'García', 'Nowak'])[1 + n % 4] || n % 1000 AS last_name,
        CASE WHEN n % 10 = 0 THEN NULL ELSE (ARRAY['free', 'team', 'enterprise'])[1 + n % 3] END AS plan,
        n % 3 = 0 AS is_active,
        ((n::bigint * 7919) % 1000000 / 100.0)::numeric(12, 2) AS lifetime_value,
        (n % 977) / 7.0::float8 AS score,
        (n * 31) % 5000 AS orders,
        date '2020-01-01' + (n % 2000) AS signed_up_on,
        timestamptz '2020-01-01 00:00:00+00' + n * interval '1.5 seconds' AS updated_at,
        jsonb_build_object('newsletter', n % 2 = 0, 'tags', jsonb_build_array('a', n % 7)) AS settings
    FROM generate_series(1, {rows}) AS people (n)
"""
