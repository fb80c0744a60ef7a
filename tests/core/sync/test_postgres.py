"""150,000 realistic rows of a real Postgres through `backhaul run`: what arrived equals the table, type by type."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.core.sync.workshop import Workshop
from tests.servers.postgres import Database

ROWS = 150_000
COLUMNS = (
    "id, email, first_name, plan, is_active, lifetime_value, score, orders, views, signed_up_on, updated_at, wakes_at, "
    "settings, tags, avatar, device"
)
QUERY = f"""SELECT {COLUMNS.replace("id,", 'id AS "userId",', 1)} FROM people"""
SINCE = " WHERE updated_at >= to_timestamp({{last_sync_time}})"

PEOPLE = f"""
    CREATE TABLE people AS
    SELECT n AS id,
        'person.' || n || '@example.com' AS email,
        (ARRAY['Ada', 'Chloé', E'O\\'Neil "Bo"', '李雷', '👩‍🚀', E'tab\\tand\\nline', 'שלום' || chr(8207)])[1 + n % 7] AS first_name,
        CASE WHEN n % 10 = 0 THEN NULL ELSE (ARRAY['free', 'team'])[1 + n % 2] END AS plan,
        n % 3 = 0 AS is_active,
        ((n::bigint * 7919) % 1000000 / 100.0)::numeric(12, 2) AS lifetime_value,
        (n % 977) / 7.0::float8 AS score,
        (n * 31) % 5000 AS orders,
        9007199254740993 + n AS views,
        date '2020-01-01' + (n % 2000) AS signed_up_on,
        timestamptz '2026-01-01 00:00:00+00' + n * interval '1.5 seconds' + (n % 1000) * interval '1 microsecond' AS updated_at,
        timestamp '2026-03-01 07:30:00' + n * interval '1 minute' AS wakes_at,
        jsonb_build_object('newsletter', n % 2 = 0, 'limits', jsonb_build_array(n, 1.50, NULL)) AS settings,
        ARRAY['a', 'b' || n % 3] AS tags,
        decode(lpad(to_hex(n), 8, '0'), 'hex') AS avatar,
        md5(n::text)::uuid AS device
    FROM generate_series(1, {ROWS}) people (n)
"""


def expected(value: Any) -> Any:
    """Return a value of psycopg's as the call's JSON has it."""
    match value:
        case Decimal():
            return float(value)
        case datetime():
            moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            fraction = moment.microsecond
            text = moment.strftime("%Y-%m-%dT%H:%M:%S")
            if fraction:
                text += f".{fraction // 1000:03d}" if fraction % 1000 == 0 else f".{fraction:06d}"
            return text + "Z"
        case date():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case dict() | list() | str() | int() | float() | None:
            return value
        case _:
            return str(value)


def table(database: Database, where: str = "true") -> dict[str, dict[str, Any]]:
    """Return the rows as the calls that they should be: traits by userId."""
    with database.connect() as connection:
        cursor = connection.execute(f"SELECT {COLUMNS} FROM people WHERE {where}")
        names = [column.name for column in cursor.description][1:]
        return {
            str(row[0]): {name: expected(value) for name, value in zip(names, row[1:], strict=True)} for row in cursor
        }


def run(workshop: Workshop, database: Database, name: str) -> dict[str, dict[str, Any]]:
    """Run a sync as a user would; return the traits that arrived by userId, each once."""
    secrets = {
        "BACKHAUL_SOURCES_PG_PASSWORD": database.reader_password,
        "BACKHAUL_DESTINATIONS_SEG_WRITE_KEY": "key-1",
    }
    words = [sys.executable, "-m", "tui.main", "run", name, "--project", str(workshop.folder)]
    done = subprocess.run(words, env=os.environ | secrets, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    calls = workshop.calls()
    arrived = {call["userId"]: call["traits"] for call in calls}
    assert len(arrived) == len(calls)
    assert {call["type"] for call in calls} <= {"identify"}
    return arrived


@pytest.mark.slow
def test_what_arrives_equals_the_table_type_by_type_incremental_and_full(
    workshop: Workshop, postgres_database: Database
) -> None:
    database = postgres_database
    database.execute(PEOPLE)
    (workshop.folder / "backhaul.toml").write_text('name = "postgres"\n[secrets]\nfrom = "environment"\n')
    (workshop.folder / "sources" / "pg.toml").write_text(
        f'type = "postgres"\nhost = "{database.server.host}"\nport = {database.server.port}\n'
        f'database = "{database.name}"\nuser = "{database.reader}"\n'
    )
    workshop.sync(QUERY + SINCE, name="since", source="pg")
    workshop.sync(QUERY, name="everyone", source="pg")

    assert run(workshop, database, "since") == table(database)
    assert run(workshop, database, "since") == {}
    moved = workshop.last_sync_time(name="since")

    database.execute(
        "UPDATE people SET plan = 'changed', updated_at = now() WHERE id % 1000 = 7",
        f"UPDATE people SET plan = 'edge', updated_at = to_timestamp({moved}) WHERE id = 1",
        f"UPDATE people SET plan = 'late', updated_at = to_timestamp({moved}) - interval '9 minutes' WHERE id = 2",
        f"UPDATE people SET plan = 'too late', updated_at = to_timestamp({moved}) - interval '11 minutes' WHERE id = 3",
    )
    arrived = run(workshop, database, "since")
    assert arrived == table(database, "plan IN ('changed', 'edge', 'late')")
    assert len(arrived) == ROWS // 1000 + 2
    assert run(workshop, database, "since") == {}

    assert run(workshop, database, "everyone") == table(database)
    database.execute("UPDATE people SET settings = '{}' WHERE id % 5000 = 0", "DELETE FROM people WHERE id = 9")
    assert run(workshop, database, "everyone") == table(database, "settings = '{}'")
    assert run(workshop, database, "everyone") == {}
    assert json.loads(json.dumps(arrived))
