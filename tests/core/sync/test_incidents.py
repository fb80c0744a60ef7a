"""What went wrong in other systems of this kind, each as a test by name. Each says whose incident it was."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core import schedule
from core.errors import LoginError, QueryFailedError
from core.model import Secret
from core.preview.first_rows import preview_sync
from core.preview.plan import plan_sync
from core.sync.progress.events import Paused
from core.warehouses import warehouse_type
from tests.core.sync.workshop import PEOPLE, SINCE, Workshop, ids
from tests.servers.postgres import Database


def test_multiwoven_a_row_that_failed_is_sent_by_a_later_run_since_fingerprints_are_kept_at_the_answer_only(
    workshop: Workshop,
) -> None:
    workshop.people(20)
    workshop.sync()
    workshop.receiver.refuse('"u_3"')
    first = workshop.run()
    assert (first.state, first.acknowledged) == ("partial", 19)
    workshop.receiver.refuse()
    workshop.calls()
    assert workshop.run().acknowledged == 1
    assert workshop.users() == ["u_3"]


def test_multiwoven_one_accepted_row_does_not_make_its_batch_accepted(workshop: Workshop) -> None:
    workshop.people(8)
    workshop.sync()
    workshop.receiver.refuse(*[f'"u_{n}"' for n in range(7)])
    outcome = workshop.run()
    assert outcome.acknowledged == 1
    open_rows = workshop.rows("rejected_of_sync", sync="id-people", limit=100)
    assert sorted(json.loads(row["identity"])["userId"] for row in open_rows) == [f"u_{n}" for n in range(7)]


def test_multiwoven_rows_are_not_paged_so_none_is_skipped_or_doubled_without_an_order(workshop: Workshop) -> None:
    workshop.execute(
        "CREATE TABLE people AS SELECT n::VARCHAR AS id, 'x' AS email, 'p' AS plan FROM range(50000) r (n)"
    )
    workshop.sync(PEOPLE + " ORDER BY random()")
    workshop.run()
    users = [call["userId"] for call in workshop.calls()]
    assert len(users) == len(set(users)) == 50_000


def test_airbyte_dlt_posthog_rows_that_are_committed_late_are_found_within_the_lookback_and_by_the_audit_behind_it(
    workshop: Workshop,
) -> None:
    from core.reports.late_rows import audit_sync

    workshop.people(3)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.calls()
    for who, minutes in (("within", 9), ("behind", 11)):
        workshop.execute(f"INSERT INTO people VALUES ('{who}', 'x', 'p', now() - INTERVAL {minutes} MINUTE)")
    workshop.run()
    assert workshop.users() == ["within"]
    project = workshop.load()
    (found,) = audit_sync(project, project.syncs["people"], workshop.secret)
    assert found.samples == ('{"userId":"behind"}',)


def test_drt_a_row_that_is_refused_while_the_watermark_advances_is_kept_and_tried_again(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync(PEOPLE + SINCE)
    workshop.receiver.refuse('"u_1"')
    workshop.run()
    assert workshop.last_sync_time() > 0
    workshop.execute("UPDATE people SET changed = now() - INTERVAL 2 DAY")  # far behind every window
    workshop.receiver.refuse()
    workshop.calls()
    workshop.run()
    assert workshop.users() == ["u_1"]


def test_drt_a_preview_or_plan_moves_nothing(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'team', changed = now()")
    before = workshop.rows("current_ledger", sync="id-people", destination="seg")
    project = workshop.load()
    for _ in range(2):
        assert plan_sync(project, project.syncs["people"], workshop.secret)[0].comparison.changed == 3
        preview_sync(project, project.syncs["people"], workshop.secret)
    assert workshop.rows("current_ledger", sync="id-people", destination="seg") == before
    assert workshop.run().acknowledged == 3


def test_drt_state_that_is_damaged_is_never_read_as_empty(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync()
    workshop.run()
    workshop.calls()
    (segment,) = (workshop.folder / ".backhaul" / "ledger").glob("*.keys.parquet")
    segment.write_bytes(b"{}")
    assert workshop.run().state == "failed"
    assert workshop.calls() == []


def test_drt_a_timeout_that_says_nothing_is_tried_again_under_the_same_message_id(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits={"timeout": 0.5})
    workshop.sync()
    workshop.receiver.behave({"lose_reply": True}, {"hang": 2})
    assert workshop.run().state == "succeeded"
    first, second = workshop.receiver.records()
    assert first.body == second.body


def test_segment_rows_of_a_run_that_was_cancelled_come_back_without_a_reset(workshop: Workshop) -> None:
    workshop.people(400)
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits={"batch_calls": 20, "connections": 1})
    workshop.sync()
    workshop.receiver.behave({}, {}, {}, {"hang": 3})

    async def cancelled() -> None:
        running = asyncio.create_task(workshop.run_soon())
        while len(workshop.receiver.records()) < 3:  # noqa: ASYNC110 -- the receiver is another process
            await asyncio.sleep(0.02)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancelled())
    assert workshop.rows("newest_runs", before=9e18, limit=1)[0]["state"] == "failed"
    assert workshop.run().state == "succeeded"
    calls = workshop.calls()
    assert {call["userId"] for call in calls} == {f"u_{n}" for n in range(400)}
    assert len({(call["userId"], call["messageId"]) for call in calls}) == 400


def test_segment_a_run_without_rows_says_why_in_words(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.execute("DELETE FROM people")
    outcome = workshop.run()
    assert outcome.state == "succeeded"
    (note,) = outcome.planned.notes
    assert re.fullmatch(r"no row has changed since [-0-9: ]+Z, which is last_sync_time less 10 minutes", note)
    workshop.sync(id="full")
    assert workshop.run().planned.notes == ("the query returns no row at all",)


def test_prefect_apscheduler_a_job_at_half_past_one_runs_once_when_clocks_go_back() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    parsed = schedule.parse("daily at 02:30")
    last = datetime(2026, 10, 24, 12, tzinfo=berlin)
    due = []
    for _ in range(3):
        found = schedule.next_due(parsed, "Europe/Berlin", last_start=last, start=None, now=last.astimezone(UTC))
        assert found is not None
        due.append(found.astimezone(berlin).date())
        last = found
    assert [each.day for each in due] == [25, 26, 27]


def test_everyone_an_id_column_of_the_wrong_kind_stops_before_the_first_call(workshop: Workshop) -> None:
    workshop.people(150)
    workshop.sync()
    workshop.run()
    workshop.calls()
    workshop.execute(
        "CREATE OR REPLACE TABLE people AS SELECT replace(id, 'u_', '') AS id, email, plan, changed FROM people"
    )
    assert workshop.run().guards >= {"ids_of_another_kind", "max_unknown"}
    assert workshop.calls() == []


def test_everyone_a_mass_null_stops_before_the_first_call(workshop: Workshop) -> None:
    workshop.people(150)
    workshop.sync()
    workshop.run()
    workshop.calls()
    workshop.execute("UPDATE people SET email = NULL")
    assert "max_null" in workshop.run().guards
    assert workshop.calls() == []


def test_everyone_a_full_resync_shows_its_bill_first(workshop: Workshop) -> None:
    workshop.people(150)
    workshop.sync()
    workshop.run()
    workshop.calls()
    assert workshop.run(full_refresh=True).guards == {"full_refresh"}
    assert workshop.calls() == []


def test_everyone_no_message_id_is_shared_by_two_destinations(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.destination("second", type="segment", url=workshop.receiver.url)
    workshop.secrets["destinations/second.write_key"] = "second"
    workshop.sync(destinations=["seg", "second"])
    workshop.run()
    calls = workshop.calls()
    assert len(set(ids(calls))) == len(calls) == 40


def test_customerio_credentials_that_are_refused_lose_nothing(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync()
    workshop.receiver.behave({"status": 401})
    outcome = workshop.run()
    assert outcome.of(Paused)[0].pending == 5
    assert workshop.run().acknowledged == 5


def test_posthog_a_missing_grant_is_not_told_as_wrong_credentials(postgres_database: Database) -> None:
    database = postgres_database
    database.execute("CREATE SCHEMA hidden", "CREATE TABLE hidden.people AS SELECT 1 AS id")
    with pytest.raises(QueryFailedError) as caught:
        describe(database, database.reader_password, "SELECT id FROM hidden.people")
    assert "USAGE" in caught.value.remedy
    assert "password" not in str(caught.value)
    with pytest.raises(LoginError):
        describe(database, "wrong", "SELECT 1 AS id")


def test_psycopg_no_part_of_a_password_is_in_the_text_of_an_error(postgres_database: Database) -> None:
    for password in ("p@ss/w:rd#planted?x=1", "half@planted", "'planted\\' host=elsewhere"):
        with pytest.raises(LoginError) as caught:
            describe(postgres_database, password, "SELECT 1 AS id")
        assert "planted" not in f"{caught.value} {caught.value.__cause__!r}"


def describe(database: Database, password: str, query: str) -> None:
    """Ask a Postgres for a query's columns."""
    made = warehouse_type("postgres")
    settings = made.Settings(
        host=database.server.host, port=database.server.port, database=database.name, user=database.reader
    )
    with made(settings, lambda _: Secret(password), Path()).open() as session:
        session.describe(query)
