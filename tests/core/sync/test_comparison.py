"""The comparison, as a property: applying a plan to the old ledger gives the new one; a plan against itself is empty."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import project as projects
from core.model import Secret
from core.sync.comparison import unchanged_filter
from core.sync.run import Run
from tests.core.sync.workshop import lines

VALUES = st.one_of(st.none(), st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=8))
IDS = st.integers(0, 30).map(lambda number: f"u{number}")
TABLES = st.dictionaries(IDS, st.tuples(VALUES, st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))))
Table = dict[str, tuple[str | None, float | None]]


def write_table(folder: Path, table: Table) -> None:
    import duckdb

    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("CREATE OR REPLACE TABLE people (id VARCHAR, name VARCHAR, score DOUBLE)")
        for key, (name, score) in table.items():
            connection.execute("INSERT INTO people VALUES (?, ?, ?)", [key, name, score])


def run(folder: Path) -> list[dict]:
    """Run the sync, and return the calls that it wrote."""
    delivered = folder / "delivered" / "people.jsonl"
    before = len(lines(delivered)) if delivered.exists() else 0
    project = projects.load(folder)

    async def go() -> None:
        runner = Run(project, project.syncs["people"], lambda _: Secret(""))
        *_, ended = [event async for event in runner.events()]
        assert ended.state == "succeeded", ended

    asyncio.run(go())
    return lines(delivered)[before:] if delivered.exists() else []


def traits(calls: list[dict]) -> Table:
    found = {call["userId"]: (call["traits"]["name"], call["traits"]["score"]) for call in calls}
    assert len(found) == len(calls)
    return found


def known(folder: Path) -> Table:
    """Return what the ledger says was acknowledged."""
    import duckdb

    from core.ledger import LocalLedger
    from core.state.folder import StateFolder

    state = StateFolder(projects.load(folder))
    with state.store() as store, duckdb.connect() as connection:
        ledger = store.row("current_ledger", sync="s", destination="files")
        local = LocalLedger(store, state.ledger, ledger["id"] if ledger else "")
        local.load(connection, "known")
        calls = local.calls()
        rows = (
            connection.execute(f"SELECT call FROM ({calls}) JOIN known USING (key, number)").fetchall() if calls else []
        )
    return traits([json.loads(row[0]) for row in rows])


@pytest.mark.slow
@pytest.mark.parametrize("many", [unchanged_filter.MANY, 1])
@given(old=TABLES, new=TABLES)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_plan_applied_to_the_old_ledger_gives_the_new_one_and_a_plan_against_itself_is_empty(
    many: int, old: Table, new: Table
) -> None:
    """With `many` = 1, all rows but the first of a result go through the sieve."""
    with tempfile.TemporaryDirectory() as temporary, pytest.MonkeyPatch.context() as patched:
        patched.setattr(unchanged_filter, "MANY", many)
        patched.setattr(unchanged_filter, "PLACES", 1)
        patched.setattr(unchanged_filter, "TELLING", 1)
        folder = Path(temporary)
        projects.initialise(folder, "property")
        projects.write_file(folder / "sources" / "db.toml", {"type": "duckdb", "path": "warehouse.duckdb"})
        projects.write_file(folder / "destinations" / "files.toml", {"type": "file"})
        (folder / "syncs" / "people.sql").write_text('SELECT id AS "userId", name, score FROM people')
        sync = {"id": "s", "source": "db", "destinations": ["files"], "call": "identify"}
        projects.write_file(folder / "syncs" / "people.toml", sync)

        write_table(folder, old)
        assert traits(run(folder)) == old
        assert known(folder) == old
        write_table(folder, new)
        sent = traits(run(folder))
        assert sent == {key: row for key, row in new.items() if old.get(key) != row or key not in old}
        assert known(folder) == old | sent
        assert run(folder) == []
