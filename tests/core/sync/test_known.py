"""What is known of a sync's rows: how large each ledger is, and what sending all of it again would take."""

from __future__ import annotations

from core.reports.ledger_sizes import calls_of_all, known
from tests.core.sync.workshop import PEOPLE, SINCE, Workshop


def test_a_ledger_says_how_many_rows_and_bytes_it_has_and_when_it_moved_last(workshop: Workshop) -> None:
    workshop.people(40)
    workshop.sync(PEOPLE + SINCE)
    with workshop.store() as store:
        assert known(store, "id-people") == ()
    workshop.run()
    with workshop.store() as store:
        (found,) = known(store, "id-people")
    files = [*(workshop.folder / ".backhaul" / "ledger").rglob("*.parquet")]
    assert (found.destination, found.rows, found.segments, found.is_exact) == ("seg", 40, 1, True)
    assert found.bytes == sum(file.stat().st_size for file in files)
    assert found.last_sync_time == workshop.last_sync_time() > 0


def test_a_row_that_changed_may_count_twice_and_then_the_number_is_a_most(workshop: Workshop) -> None:
    workshop.people(40)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'pro', changed = now() WHERE id = 'u_1'")
    workshop.run()
    with workshop.store() as store:
        (found,) = known(store, "id-people")
    assert found.rows >= 40
    assert found.is_exact is (found.segments == 1)


def test_a_full_refresh_calls_every_destination_once_for_each_row(workshop: Workshop) -> None:
    workshop.destination("cio", type="segment", url=workshop.receiver.url)
    workshop.secrets["destinations/cio.write_key"] = "key-3"
    workshop.people(10)
    workshop.sync(destinations=["seg", "cio"])
    workshop.run()
    with workshop.store() as store:
        ledgers = known(store, "id-people")
    assert calls_of_all(ledgers, ["seg", "cio"]) == 20
    assert calls_of_all(ledgers, ["cio"]) == 10
    assert calls_of_all(ledgers, []) == 0
    workshop.calls()
    assert workshop.run(full_refresh=True).acknowledged == 20
