"""The main job from Snowflake: an identify sync with {{last_sync_time}} through `backhaul run`; what arrived equals the table."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from core.lint.times import conversion
from core.model import Kind
from tests.core.sync.workshop import Workshop
from tests.servers.snowflake.stand_in import PASSWORD, Warehouse

ROWS = 30_000
PEOPLE = f"""
    CREATE TABLE people AS
    SELECT n AS id, 'person.' || n || '@example.com' AS email, IFF(n % 10 = 0, NULL, 'free') AS plan,
        (n * 7919 % 1000000 / 100)::NUMBER(12, 2) AS lifetime_value, n * 1000003 AS views,
        PARSE_JSON('{{"newsletter": true}}') AS settings,
        DATEADD(second, n, '2026-01-01 00:00:00'::TIMESTAMP_NTZ) AS last_updated
    FROM (SELECT ROW_NUMBER() OVER (ORDER BY 1) AS n FROM TABLE(GENERATOR(ROWCOUNT => {ROWS})))
"""
QUERY = """
    SELECT ID AS "userId", EMAIL AS "email", PLAN AS "plan", LIFETIME_VALUE AS "lifetime_value", VIEWS AS "views",
        SETTINGS AS "settings", LAST_UPDATED AS "last_updated"
    FROM people
    WHERE LAST_UPDATED >= {since}
"""


def backhaul(workshop: Workshop, *words: str) -> str:
    """Run a command as a user would."""
    secrets = {"BACKHAUL_SOURCES_SNOW_PASSWORD": PASSWORD, "BACKHAUL_DESTINATIONS_SEG_WRITE_KEY": "key-1"}
    command = [sys.executable, "-m", "tui.main", *words, "--project", str(workshop.folder)]
    done = subprocess.run(command, env=os.environ | secrets, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    return done.stdout


def traits(n: int, **changed: Any) -> dict[str, Any]:
    """Return the traits that row `n` should become."""
    seconds = f"{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}"
    return {
        "email": f"person.{n}@example.com",
        "plan": None if n % 10 == 0 else "free",
        "lifetime_value": (n * 7919 % 1_000_000) / 100,
        "views": n * 1_000_003,
        "settings": {"newsletter": True},
        "last_updated": f"2026-01-01T{seconds}Z",
        **changed,
    }


def test_what_arrives_equals_the_table_and_then_only_what_changed(
    workshop: Workshop, snowflake_warehouse: Warehouse
) -> None:
    warehouse = snowflake_warehouse
    warehouse.execute(PEOPLE)
    (workshop.folder / "backhaul.toml").write_text('name = "snowflake"\n[secrets]\nfrom = "environment"\n')
    (workshop.folder / "sources" / "snow.toml").write_text(
        f'type = "snowflake"\naccount = "BACKHAUL"\nuser = "{warehouse.user}"\nrole = "READER"\nwarehouse = "READING"\n'
        f'database = "{warehouse.database}"\nlogin = "password"\nhost = "127.0.0.1"\nport = {warehouse.server.port}\n'
        'protocol = "http"\n'
    )
    since = conversion("snowflake", Kind.TIMESTAMP)
    workshop.sync(QUERY.format(since=since), source="snow")

    assert "clock" in backhaul(workshop, "check", "snow")
    assert "no findings" in backhaul(workshop, "lint", "people").lower()
    assert "userId" in backhaul(workshop, "preview", "people", "--limit", "3")
    backhaul(workshop, "plan", "people")
    assert workshop.calls() == []

    backhaul(workshop, "run", "people")
    calls = workshop.calls()
    assert {call["type"] for call in calls} == {"identify"}
    assert {call["userId"]: call["traits"] for call in calls} == {str(n): traits(n) for n in range(1, ROWS + 1)}
    assert len(calls) == ROWS

    moved = workshop.last_sync_time()
    warehouse.execute(
        "UPDATE people SET plan = 'changed', last_updated = '2999-01-01' WHERE id IN (7, 20000)",
        f"UPDATE people SET plan = 'late', last_updated = TO_TIMESTAMP_NTZ({moved - 540}) WHERE id = 9",
        f"UPDATE people SET plan = 'too late', last_updated = TO_TIMESTAMP_NTZ({moved - 660}) WHERE id = 10",
    )
    backhaul(workshop, "run", "people")
    arrived = {call["userId"]: call["traits"] for call in workshop.calls()}
    assert {who: found["plan"] for who, found in arrived.items()} == {"7": "changed", "20000": "changed", "9": "late"}
    assert arrived["7"] == traits(7, plan="changed", last_updated="2999-01-01T00:00:00Z")
    backhaul(workshop, "run", "people")
    assert workshop.calls() == []
