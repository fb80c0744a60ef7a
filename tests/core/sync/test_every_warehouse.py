"""The main job from each type of warehouse to the receiver: the same rows become the same calls, whoever keeps them."""

from __future__ import annotations

import pytest

from core import project as projects
from core import warehouses
from core.lint.times import conversion
from core.model import Kind
from tests.core.sync.workshop import Workshop
from tests.core.warehouses.harness import HARNESSES, Harness

LEADS = (
    "CREATE TABLE leads (id integer, email varchar(100), worth decimal(10, 2), active boolean, born date, changed timestamp)",
    (
        "INSERT INTO leads VALUES"
        " (1, 'ada@example.com', 12.50, true, DATE '1990-02-28', TIMESTAMP '2026-01-01 00:00:00'),"
        " (2, 'Grüße 🎈', 0.10, false, NULL, TIMESTAMP '2026-01-01 00:00:00.123456'),"
        " (3, NULL, NULL, NULL, DATE '2000-01-01', TIMESTAMP '2026-01-01 00:00:01')"
    ),
)
TRAITS = {
    "1": {
        "email": "ada@example.com",
        "worth": 12.5,
        "active": True,
        "born": "1990-02-28",
        "changed": "2026-01-01T00:00:00Z",
    },
    "2": {"email": "Grüße 🎈", "worth": 0.1, "active": False, "born": None, "changed": "2026-01-01T00:00:00.123456Z"},
    "3": {"email": None, "worth": None, "active": None, "born": "2000-01-01", "changed": "2026-01-01T00:00:01Z"},
}


@pytest.fixture(params=warehouses.types())
def harness(request: pytest.FixtureRequest) -> Harness:
    return HARNESSES[request.param](request)


def test_the_same_rows_become_the_same_calls(harness: Harness, workshop: Workshop) -> None:
    harness.execute(*(harness.typed(statement) for statement in LEADS))
    projects.write_file(workshop.folder / "sources" / "house.toml", dict(harness.file))
    workshop.secrets |= {f"sources/house.{name}": value for name, value in harness.secrets.items()}
    names = {"id": "userId", **{name: name for name in TRAITS["1"]}}
    quote = harness.quote
    columns = ", ".join(f"{column} AS {quote}{name}{quote}" for column, name in names.items())
    since = conversion(harness.warehouse.dialect, Kind.TIMESTAMP)
    if harness.warehouse.dialect in ("postgres", "duckdb"):
        since = f"{since} AT TIME ZONE 'UTC'"
    workshop.sync(f"SELECT {columns} FROM leads WHERE changed >= {since}", source="house", lookback="0 minutes")

    outcome = workshop.run()
    assert outcome.state == "succeeded", outcome.ended.error
    assert {call["userId"]: call["traits"] for call in workshop.calls()} == TRAITS

    assert workshop.run().acknowledged == 0
    harness.execute(
        harness.typed(
            "UPDATE leads SET email = 'new@example.com', changed = TIMESTAMP '2036-01-01 00:00:00' WHERE id = 1"
        )
    )
    assert workshop.run().acknowledged == 1
    (call,) = workshop.calls()
    assert (call["type"], call["userId"], call["traits"]["email"]) == ("identify", "1", "new@example.com")
