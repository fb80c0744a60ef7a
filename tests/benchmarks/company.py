"""The rows of the benchmarks: 12 mixed columns in a real Postgres, as many as asked for."""

from __future__ import annotations

__all__ = ["QUERY", "create"]

QUERY = """SELECT id AS "userId", email, first_name, last_name, plan, is_active, lifetime_value, score, orders,
    signed_up_on AS "createdAt", updated_at, settings
FROM people"""


def create(connection, rows: int) -> None:
    """Make the table `people`; readable by everyone."""
    connection.execute(
        f"""
        CREATE TABLE people AS
        SELECT 'user_' || n AS id,
            'person.' || n || '@example.com' AS email,
            (ARRAY['Ada', 'Ben', 'Chloé', 'Dmitri', 'Eda'])[1 + n % 5] AS first_name,
            (ARRAY['Larsen', 'Okafor', 'García', 'Nowak'])[1 + n % 4] || n % 1000 AS last_name,
            CASE WHEN n % 10 = 0 THEN NULL ELSE (ARRAY['free', 'team', 'enterprise'])[1 + n % 3] END AS plan,
            n % 3 = 0 AS is_active,
            ((n::bigint * 7919) % 1000000 / 100.0)::numeric(12, 2) AS lifetime_value,
            (n % 977) / 7.0::float8 AS score,
            (n * 31) % 5000 AS orders,
            date '2020-01-01' + (n % 2000) AS signed_up_on,
            timestamptz '2026-01-01 00:00:00+00' + n * interval '1.5 seconds' AS updated_at,
            jsonb_build_object('newsletter', n % 2 = 0, 'tags', jsonb_build_array('a', n % 7)) AS settings
        FROM generate_series(1, {rows}) AS people (n)
        """
    )
    connection.execute("GRANT SELECT ON people TO PUBLIC")
    connection.execute("VACUUM ANALYZE people") if connection.autocommit else None
