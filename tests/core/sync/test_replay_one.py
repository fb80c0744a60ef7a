"""Sending one rejected row again, by its number or by its key; the others stay where they are."""

from __future__ import annotations

import pytest

from core.errors import UsageError
from core.reports.rejected_rows import numbers_in, open_numbers
from tests.core.sync.workshop import PEOPLE, SINCE, Workshop


def refused(workshop: Workshop) -> dict[str, int]:
    """Have three of five people refused; return the numbers of their rows."""
    workshop.people(5)
    workshop.sync(PEOPLE + SINCE)
    workshop.receiver.refuse('"u_1"', '"u_2"', '"u_3"')
    workshop.run()
    workshop.receiver.refuse()
    workshop.calls()
    rows = workshop.rows("rejected_of_sync", sync="id-people", limit=10)
    return {next(f"u_{each}" for each in range(5) if f"u_{each}" in row["identity"]): row["number"] for row in rows}


def still_open(workshop: Workshop) -> int:
    return len(workshop.rows("rejected_of_sync", sync="id-people", limit=10))


def test_only_the_row_that_was_asked_for_is_sent(workshop: Workshop) -> None:
    numbers = refused(workshop)
    moved = workshop.last_sync_time()
    outcome = workshop.run(replay=True, replay_only=frozenset({numbers["u_2"]}))
    assert outcome.state == "succeeded"
    assert workshop.users() == ["u_2"]
    assert still_open(workshop) == 2
    assert workshop.last_sync_time() == moved
    assert workshop.run(replay=True).acknowledged == 2
    assert workshop.users() == ["u_1", "u_3"]


def test_of_one_key_the_latest_content_is_sent_once(workshop: Workshop) -> None:
    numbers = refused(workshop)
    workshop.execute("UPDATE people SET plan = 'pro', changed = now() WHERE id = 'u_2'")
    workshop.receiver.refuse('"u_2"')
    workshop.run()
    workshop.receiver.refuse()
    workshop.calls()
    rows = workshop.rows("rejected_of_sync", sync="id-people", limit=10)
    number = max(row["number"] for row in rows if "u_2" in row["identity"])
    workshop.run(replay=True, replay_only=frozenset({number, numbers["u_2"]}))
    (call,) = workshop.calls()
    assert (call["userId"], call["traits"]["plan"]) == ("u_2", "pro")


def test_a_row_that_was_settled_in_between_is_not_sent(workshop: Workshop) -> None:
    numbers = refused(workshop)
    workshop.run(replay=True)
    workshop.calls()
    assert workshop.run(replay=True, replay_only=frozenset({numbers["u_2"]})).acknowledged == 0
    assert workshop.calls() == []


def test_rows_are_found_by_number_and_by_key_and_others_are_refused_in_words(workshop: Workshop) -> None:
    numbers = refused(workshop)
    sync = workshop.the_sync()
    with workshop.store() as store:
        assert open_numbers(store, sync, rows=[numbers["u_1"]], key="u_3") == {numbers["u_1"], numbers["u_3"]}
        with pytest.raises(UsageError, match="has no rejected row 999"):
            open_numbers(store, sync, rows=[999])
        with pytest.raises(UsageError, match="is of 'u_4'"):
            open_numbers(store, sync, key="u_4")
        store.do("end_rejected", number=numbers["u_1"], state="acknowledged", now=1.0)
        with pytest.raises(UsageError, match="was delivered since"):
            open_numbers(store, sync, rows=[numbers["u_1"]])


def test_numbers_are_taken_out_of_the_options_of_a_replay() -> None:
    assert numbers_in(["--row", "7", "--yes", "--row", "9"]) == ({7, 9}, ["--yes"])
    assert numbers_in([]) == (frozenset(), [])
    for words in (["--row"], ["--row", "x"], ["--row", "-1"]):
        with pytest.raises(UsageError, match="--row takes a number"):
            numbers_in(words)
