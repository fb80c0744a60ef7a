"""`audit`: rows that were committed late, behind the window, are found, and a lookback is recomfixed."""

from __future__ import annotations

import pytest

from core.errors import UsageError
from core.reports.late_rows import Audit, audit_sync
from core.sync.progress.events import Planned
from tests.core.sync.workshop import PEOPLE, SINCE, Workshop


def audit(workshop: Workshop) -> Audit:
    project = workshop.load()
    (found,) = audit_sync(project, project.syncs["people"], workshop.secret)
    return found


def insert(workshop: Workshop, who: str, minutes: int) -> None:
    workshop.execute(f"INSERT INTO people VALUES ('{who}', 'x', 'free', now() - INTERVAL {minutes} MINUTE)")


def test_late_rows_are_found_and_the_smallest_lookback_that_shows_them_is_recommended(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    insert(workshop, "late", 25)
    insert(workshop, "in-window", 2)
    found = audit(workshop)
    assert (found.missed, found.due, found.rows, found.known) == (1, 1, 22, 20)
    assert found.samples == ('{"userId":"late"}',)
    assert found.recommended == 1800
    assert workshop.users() == [f"u_{n}" for n in sorted(range(20), key=str)]


def test_a_window_that_missed_nothing_recommends_nothing(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    found = audit(workshop)
    assert (found.missed, found.due, found.recommended) == (0, 0, None)


def test_the_recommended_lookback_would_have_found_the_row(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    age_runs(workshop, 5 * 3600)
    workshop.run()  # five hours between two runs
    insert(workshop, "late", 100)
    found = audit(workshop)
    assert (found.missed, found.recommended) == (1, 7200)
    workshop.calls()
    workshop.run()
    assert workshop.users() == []
    workshop.sync(PEOPLE + SINCE, lookback="2 hours")
    workshop.run()
    assert workshop.users() == ["late"]
    assert audit(workshop).missed == 0


def test_rows_with_a_time_long_before_they_were_written_are_no_matter_of_a_lookback(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    age_runs(workshop, 3600)
    workshop.run()
    insert(workshop, "late", 40 * 24 * 60)
    assert audit(workshop).recommended is None


def test_a_row_missed_by_windows_asks_for_no_more_than_the_time_between_runs(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    for _ in range(3):  # an hour between any two runs
        age_runs(workshop, 3600)
        workshop.run()
    age_runs(workshop, 4 * 3600)
    insert(workshop, "late", 6 * 60)  # between the second and the third
    assert audit(workshop).recommended == 7200


def test_an_audit_sends_nothing_and_moves_nothing(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.calls()
    before = workshop.last_sync_time()
    insert(workshop, "late", 100)
    audit(workshop)
    assert workshop.calls() == []
    assert workshop.last_sync_time() == before
    assert not list((workshop.folder / ".backhaul" / "tmp").iterdir())


def test_rows_that_are_refused_or_on_their_way_are_not_missed(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync(PEOPLE + SINCE)
    workshop.receiver.refuse('"u_3"')
    workshop.run()
    assert (audit(workshop).missed, audit(workshop).rejected) == (0, 1)
    workshop.execute("UPDATE people SET plan = 'team', changed = now() WHERE id = 'u_5'")
    workshop.receiver.behave(*[{"status": 503}] * 3)
    workshop.run()
    workshop.execute("UPDATE people SET changed = now() - INTERVAL 1 HOUR")
    assert audit(workshop).missed == 0


def test_late_events_are_found_too(workshop: Workshop) -> None:
    query = "SELECT id AS \"userId\", 'Signed Up' AS event, plan FROM people"
    workshop.people(20)
    workshop.sync(query + SINCE, call="track")
    workshop.run()
    insert(workshop, "late", 25)
    found = audit(workshop)
    assert found.missed == 1
    assert '"userId":"late"' in found.samples[0]


def test_an_edited_query_and_a_new_destination_compare_all_rows_anyway(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync(PEOPLE + SINCE)
    assert "nothing was delivered there yet" in audit(workshop).note
    workshop.run()
    workshop.sync(PEOPLE.replace("plan", "plan, 1 AS score") + SINCE)
    assert "the next run compares all rows" in audit(workshop).note


def test_a_full_query_needs_no_audit(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync()
    with pytest.raises(UsageError, match="no row can be missed"):
        audit(workshop)


def age_runs(workshop: Workshop, seconds: int) -> None:
    """Make what was delivered so far older, as if the runs had been earlier."""
    import sqlite3

    with sqlite3.connect(workshop.folder / ".backhaul" / "store.sqlite") as store:
        store.execute(f"UPDATE deliveries SET clock = clock - {seconds}")
        store.execute(f"UPDATE ledgers SET last_sync_time = last_sync_time - {seconds}")
    store.close()


def test_the_window_of_several_destinations_begins_where_the_oldest_of_them_is(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.destination("files", type="file")
    workshop.sync(PEOPLE + SINCE, destinations=["seg", "files"])
    workshop.run()
    age_runs(workshop, 3600)
    workshop.sync(PEOPLE + SINCE, destinations=["files"])
    workshop.run()
    workshop.sync(PEOPLE + SINCE, destinations=["seg", "files"])
    insert(workshop, "late", 30)  # before the window of files, and in that of seg
    project = workshop.load()
    found = audit_sync(project, project.syncs["people"], workshop.secret)
    assert [(each.missed, each.due) for each in found] == [(0, 1), (0, 1)]
    assert [event.added for event in workshop.run().of(Planned)] == [1, 1]
    assert [each.missed for each in audit_sync(project, project.syncs["people"], workshop.secret)] == [0, 0]


def test_nothing_is_missed_where_a_new_destination_makes_the_next_run_take_all_rows(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    insert(workshop, "late", 100)
    workshop.destination("files", type="file")
    workshop.sync(PEOPLE + SINCE, destinations=["seg", "files"])
    project = workshop.load()
    first, second = audit_sync(project, project.syncs["people"], workshop.secret)
    assert "another destination" in first.note
    assert "nothing was delivered there yet" in second.note
    workshop.calls()
    workshop.run()
    assert workshop.users() == ["late"]
