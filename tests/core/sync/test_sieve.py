"""The sieve changes no outcome: random tables and their later versions, planned with it and without, come to the same."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from core.preview.plan import PlannedDelivery, plan_sync
from core.sync.comparison import unchanged_filter
from core.sync.comparison.unchanged_filter import UnchangedFilter
from tests.core.sync.workshop import Workshop

NEVER = 10**9
QUERIES = {
    "people": 'SELECT id AS "userId", score, name FROM things',
    "people by two ids": 'SELECT id AS "userId", anonymous AS "anonymousId", score, name FROM things',
    "groups": 'SELECT name AS "groupId", id AS "userId", score FROM things',
    "events with ids": "SELECT id AS \"messageId\", 'u' AS \"userId\", 'done' AS event, score FROM things",
    "events without ids": "SELECT coalesce(id, 'nobody') AS \"userId\", 'done' AS event, score FROM things",
}
CALLS = {"people": "identify", "people by two ids": "identify", "groups": "group"}


class Things:
    """A table that changes: rows are added, changed, changed back, removed, doubled, lose their id or find one."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self.rows: list[dict[str, Any]] = [self.row(number) for number in range(self.random.randint(0, 30))]

    def row(self, number: int) -> dict[str, Any]:
        known = self.random.random() < 0.8
        return {
            "id": f"u{number}" if known else None,
            "anonymous": f"a{number}" if self.random.random() < 0.6 or not known else None,
            "score": self.random.randint(0, 2),
            "name": self.random.choice(["Ada", "Ben", 'Q"', None]) or "none",
        }

    def change(self, *, faults: bool) -> None:
        """Change some rows; with `faults`, also into what cannot be sent."""
        for row in self.rows:
            if self.random.random() < 0.3:
                row["score"] = self.random.randint(0, 2)
            if row["id"] is None and self.random.random() < 0.3:
                row["id"] = "u" + str(row["anonymous"])[1:]
        self.rows = [row for row in self.rows if self.random.random() < 0.9]
        self.rows += [self.row(100 + self.random.randint(0, 900)) for _ in range(self.random.randint(0, 4))]
        if faults:
            self.rows += [dict(row) for row in self.rows if self.random.random() < 0.1]
            self.rows += [{**row, "score": 9} for row in self.rows if self.random.random() < 0.1]
        self.random.shuffle(self.rows)

    def clean(self, *, anonymous: bool) -> None:
        """Take out what would stop a run: rows without an id, and all but the first of those that share one."""
        seen: set[Any] = set()
        whole = [row for row in self.rows if row["id"] is not None or (anonymous and row["anonymous"] is not None)]
        keep = []
        for row in whole:
            name = row["id"] or row["anonymous"]
            if name not in seen:
                keep.append(row)
            seen.add(name)
        self.rows = keep

    def write(self, workshop: Workshop) -> None:
        def text(value: Any) -> str:
            return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"

        values = ", ".join(
            f"({text(row['id'])}, {text(row['anonymous'])}, {row['score']}, {text(row['name'])})" for row in self.rows
        )
        rows = f"VALUES {values}" if values else "SELECT NULL, NULL, 0, NULL WHERE false"
        workshop.execute(
            "CREATE OR REPLACE TABLE things (id VARCHAR, anonymous VARCHAR, score INTEGER, name VARCHAR)",
            f"INSERT INTO things {rows}",
        )


def looked_at(found: PlannedDelivery) -> dict[str, Any]:
    """Return what a plan says, but for the order of rows."""
    return {
        "comparison": replace(found.comparison, position=0),
        "questions": {(each.guard, each.message, frozenset(each.evidence)) for each in found.questions},
        "changed": {
            (change.identity["userId"] if "userId" in change.identity else str(change.identity), change.call)
            for change in found.changes
        },
        "added": set(found.added),
        "refused": sorted(found.refused),
        "removed": set(found.removed),
    }


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 20))])
@pytest.mark.parametrize("name", QUERIES)
def test_a_plan_is_the_same_with_the_sieve_and_without(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, name: str, seed: int
) -> None:
    workshop.destination("files", type="file")
    guards = {"max_changed": 1.0, "max_vanished": 1.0, "max_unknown": 1.0, "max_null": 1.0, "invalid_rows": "stop"}
    settings: dict[str, Any] = {"call": CALLS.get(name, "track"), "guards": guards}
    things = Things(f"{name} {seed}")
    sent = 0
    for version in range(4):
        things.change(faults=False)
        things.clean(anonymous="two" in name)
        things.write(workshop)
        destinations = ["seg", "files"] if version else ["seg"]
        workshop.sync(QUERIES[name], **settings, destinations=destinations)
        outcome = workshop.run(yes=True)
        sent += outcome.acknowledged
        assert outcome.state in ("succeeded", "partial", "stopped"), outcome.ended
    assert sent
    left = []
    monkeypatch.setattr(unchanged_filter, "PLACES", 1)
    monkeypatch.setattr(unchanged_filter, "TELLING", 1)
    for version in range(3):
        things.change(faults=version > 0)
        things.write(workshop)
        plans = []
        for passing, many in ((NEVER, NEVER), (0, NEVER), (3, NEVER), (NEVER, 1)):
            monkeypatch.setattr(unchanged_filter, "PASSING", passing)
            monkeypatch.setattr(unchanged_filter, "MANY", many)
            with monkeypatch.context() as watching:
                close = UnchangedFilter.close
                watching.setattr(
                    UnchangedFilter, "close", lambda self, close=close: (left.append(self.left), close(self))
                )
                found = plan_sync(workshop.load(), workshop.the_sync(), workshop.secret, samples=1_000)
            plans.append([looked_at(each) for each in found])
        without, *others = plans
        for each in others:
            assert each == without
    assert any(left), "no row was ever left behind"


def test_a_row_that_was_refused_is_never_left_behind(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What became of it has to be known: here it is again as it was acknowledged, so it needs no other try."""
    monkeypatch.setattr("core.sync.comparison.unchanged_filter.PASSING", 0)
    workshop.people(6)
    workshop.sync()
    workshop.run()
    workshop.receiver.refuse("wrong")
    workshop.execute("UPDATE people SET plan = 'wrong' WHERE id = 'u_3'")
    workshop.run()
    workshop.receiver.refuse()
    (ledger,) = workshop.rows("current_ledger", sync="id-people", destination="seg")
    assert len(workshop.rows("open_rejected", ledger=ledger["id"])) == 1
    workshop.execute("UPDATE people SET plan = 'free' WHERE id = 'u_3'")
    workshop.calls()
    assert workshop.run().state == "succeeded"
    assert workshop.calls() == []
    assert workshop.rows("open_rejected", ledger=ledger["id"]) == []


def test_a_ledger_of_an_older_backhaul_without_hashes_of_ids_is_judged_row_by_row(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    from core.ledger.files import file_digest

    monkeypatch.setattr("core.sync.comparison.unchanged_filter.PASSING", 0)
    workshop.people(6)
    workshop.sync()
    workshop.run()
    workshop.calls()
    (keys,) = (workshop.folder / ".backhaul" / "ledger").glob("*.keys.parquet")
    older = keys.with_suffix(".older")
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT key, fingerprint, quick FROM '{keys}') TO '{older}' (FORMAT parquet)")
    older.replace(keys)
    digest, size = file_digest(keys)
    with workshop.store() as store:
        store._connection.execute("UPDATE segments SET keys_digest = ?, keys_bytes = ?", (digest, size))
    workshop.execute("UPDATE people SET plan = 'team' WHERE id = 'u_3'", "DELETE FROM people WHERE id = 'u_5'")
    outcome = workshop.run()
    assert (outcome.planned.unchanged, outcome.planned.changed, outcome.planned.removed) == (4, 1, 1)
    assert workshop.users() == ["u_3"]
    assert workshop.run().planned.calls == 0


VISITORS = 'SELECT id AS "userId", visitor AS "anonymousId", plan FROM people'


@pytest.fixture(params=[0, 64])
def passed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A result is large from ten rows on: four rows at two places of it pass, filtered or copied. How many did is noted."""
    monkeypatch.setattr(unchanged_filter, "_FEW_RUNS", request.param)
    monkeypatch.setattr(unchanged_filter, "MANY", 10)
    monkeypatch.setattr(unchanged_filter, "TELLING", 4)
    monkeypatch.setattr(unchanged_filter, "PLACES", 2)
    counts: list[int] = []
    sift = UnchangedFilter.sift

    def noted(self: UnchangedFilter, batch: pa.RecordBatch) -> pa.RecordBatch:
        found = sift(self, batch)
        counts.append(found.num_rows)
        return found

    monkeypatch.setattr(UnchangedFilter, "sift", noted)
    return counts


def test_rows_that_did_not_change_stay_behind_but_for_a_few_of_all_parts(workshop: Workshop, passed: list[int]) -> None:
    workshop.people(40)
    workshop.sync()
    workshop.run()
    assert sum(passed) == 40
    passed.clear()
    outcome = workshop.run()
    assert outcome.planned.unchanged == 40
    assert sum(passed) == 4


def test_what_is_new_changed_or_gone_is_told_and_so_is_an_id_that_came_twice(
    workshop: Workshop, passed: list[int]
) -> None:
    workshop.people(40)
    workshop.sync()
    workshop.run()
    workshop.calls()
    passed.clear()
    workshop.execute(
        "UPDATE people SET plan = 'pro' WHERE id = 'u_7'",
        "DELETE FROM people WHERE id = 'u_31'",
        "INSERT INTO people SELECT 'new', email, plan, changed FROM people WHERE id = 'u_1'",
    )
    planned = workshop.run().planned
    assert (planned.added, planned.changed, planned.removed) == (1, 1, 1)
    assert workshop.users() == ["new", "u_7"]
    assert sum(passed) == 6
    workshop.execute("INSERT INTO people SELECT * FROM people WHERE id = 'u_12'")
    assert workshop.run().guards == {"invalid_rows"}


def test_nothing_is_removed_of_rows_that_stayed_behind_and_have_a_weaker_id_besides(
    workshop: Workshop, passed: list[int]
) -> None:
    workshop.execute(
        "CREATE TABLE people AS SELECT CASE WHEN n % 2 = 0 THEN 'u_' || n END AS id, 'v_' || n AS visitor, 'a' AS plan "
        "FROM range(40) people (n)"
    )
    workshop.sync(VISITORS)
    workshop.run()
    workshop.calls()
    passed.clear()
    assert workshop.run().planned.unchanged == 40
    assert sum(passed) == 4
    workshop.execute("UPDATE people SET id = 'u_17' WHERE visitor = 'v_17'", "DELETE FROM people WHERE id = 'u_8'")
    outcome = workshop.run()
    assert (outcome.state, outcome.planned.removed) == ("succeeded", 1)
    assert [(call["userId"], call["anonymousId"]) for call in workshop.calls()] == [("u_17", "v_17")]
