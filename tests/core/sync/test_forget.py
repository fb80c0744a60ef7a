"""`forget`: after it, no file of ours holds the person; everything else is as it was."""

from __future__ import annotations

import json

import duckdb
import pytest

from core.errors import UsageError
from core.reports.explain import explain_key
from core.sync.forget import Forgotten, forget_key
from tests.core.sync.test_trust import adds_up
from tests.core.sync.workshop import PEOPLE, SINCE, Workshop


def forget(workshop: Workshop, key: str) -> Forgotten:
    project = workshop.load()
    return forget_key(project, project.syncs["people"], key)


def holding(workshop: Workshop, *texts: str) -> list[str]:
    """Return the files of the state folder that hold one of these texts; Parquet files are read as tables."""
    found = []
    for file in (workshop.folder / ".backhaul").rglob("*"):
        if not file.is_file():
            continue
        content = file.read_bytes()
        if file.suffix == ".parquet":
            rows = duckdb.sql(f"SELECT * FROM read_parquet('{file}')").fetchall()
            content += "\n".join(map(str, rows)).encode()
        found += [file.name for text in texts if text.encode() in content]
    return found


def test_no_file_of_ours_holds_the_person_any_more(workshop: Workshop) -> None:
    workshop.people(150)
    workshop.execute("UPDATE people SET id = 'mr-x-4711', email = 'mister.x@example.org' WHERE id = 'u_7'")
    workshop.sync(guards={"canary": 10})
    workshop.run(yes=True)
    workshop.receiver.refuse("mr-x-4711")
    workshop.execute("UPDATE people SET plan = 'team' WHERE id IN ('mr-x-4711', 'u_8')")
    workshop.run()
    workshop.receiver.refuse()
    workshop.execute("INSERT INTO people SELECT * FROM people WHERE id IN ('mr-x-4711')")  # quoted by the guard
    assert workshop.run().guards == {"invalid_rows"}
    assert holding(workshop, "mr-x-4711", "mister.x@example.org")
    done = forget(workshop, "mr-x-4711")
    assert (done.ledger_rows, done.rejected_rows, done.kept) == (1, 1, ())
    assert done.texts >= 1
    assert done.log_lines >= 1
    assert holding(workshop, "mr-x-4711", "mister.x@example.org") == []
    project = workshop.load()
    assert explain_key(project, project.syncs["people"], "mr-x-4711") == ()
    adds_up(workshop)


def test_everything_else_is_as_it_was(workshop: Workshop) -> None:
    workshop.people(150)
    workshop.sync()
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'team' WHERE id = 'u_8'")
    workshop.run()
    workshop.calls()
    forget(workshop, "u_7")
    workshop.execute("DELETE FROM people WHERE id = 'u_7'")
    assert workshop.run().acknowledged == 0
    workshop.execute("UPDATE people SET plan = 'pro' WHERE id = 'u_8'")
    workshop.run()
    assert workshop.users() == ["u_8"]


def test_a_person_that_the_query_still_returns_is_sent_as_new(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync()
    workshop.run()
    forget(workshop, "u_3")
    workshop.calls()
    assert workshop.run().planned.added == 1
    assert workshop.users() == ["u_3"]


def test_ledgers_that_are_retired_and_rows_that_were_never_taken_are_erased_too(workshop: Workshop) -> None:
    workshop.people(30)
    workshop.sync()
    workshop.receiver.refuse('"u_3"')
    workshop.run()
    workshop.secrets["destinations/seg.write_key"] = "another"
    workshop.run(another_place=True)
    assert holding(workshop, '"u_3"')
    assert forget(workshop, "u_3").rejected_rows == 2
    assert holding(workshop, '"u_3"') == []


def test_a_key_that_is_also_a_number_erases_no_counts(workshop: Workshop) -> None:
    workshop.execute(
        "CREATE TABLE people AS SELECT n::VARCHAR AS id, 'x' AS email, 'free' AS plan FROM range(40) r (n)"
    )
    workshop.sync()
    workshop.run()
    before = workshop.rows("newest_runs", before=9e18, limit=1)
    assert forget(workshop, "7").ledger_rows == 1
    assert workshop.rows("newest_runs", before=9e18, limit=1) == before


def test_a_ledger_without_values_holds_identities_which_are_erased(workshop: Workshop) -> None:
    workshop.people(30)
    workshop.sync(payload=False)
    workshop.run()
    assert holding(workshop, '"u_3"')
    assert forget(workshop, "u_3").ledger_rows == 1
    assert holding(workshop, '"u_3"') == []


def test_the_lines_of_a_file_destination_are_named_and_left(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.destination("files", type="file")
    workshop.sync(destinations=["files"])
    workshop.run()
    (kept,) = forget(workshop, "u_3").kept
    assert "people.jsonl: 1 line, which is" in kept


def test_the_daemons_log_and_the_queries_that_were_run_are_cleaned_and_what_is_typed_is_named(
    workshop: Workshop,
) -> None:
    workshop.people(10)
    workshop.sync()
    workshop.run()
    state = workshop.folder / ".backhaul"
    log = state / "logs" / "daemon.jsonl"
    lines = [b'{"event": "failed", "error": "Could not convert string \'u_3\'"}', b'{"event": "began"}']
    log.write_bytes(b"\n".join(lines) + b"\n")
    for name in ("editing", "buffers"):
        (state / name).mkdir(exist_ok=True)
    (state / "editing" / "ran.jsonl").write_text('{"text": "WHERE id = \'u_3\'"}\n{"text": "SELECT 1"}\n')
    (state / "buffers" / "people.json").write_text('{"text": "WHERE id = \'u_3\'"}')
    with log.open("ab") as daemon:  # it has the file open, and goes on writing
        found = forget(workshop, "u_3")
        daemon.write(b'{"event": "later"}\n')
    assert [json.loads(line)["event"] for line in log.read_bytes().splitlines()] == ["forgotten", "began", "later"]
    assert log.stat().st_size == sum(len(line) + 1 for line in lines) + 19
    assert (state / "editing" / "ran.jsonl").read_text() == '{"text": "SELECT 1"}\n'
    assert any("an unsaved text of people" in kept for kept in found.kept)
    assert found.log_lines >= 2


def test_an_open_delivery_has_to_be_finished_first(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.sync()
    workshop.receiver.behave(*[{"status": 503}] * 3)
    workshop.run()
    with pytest.raises(UsageError, match="not finished yet"):
        forget(workshop, "u_3")


def test_a_reader_that_keeps_the_stores_log_is_told_about(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.sync(PEOPLE)
    workshop.run()
    with workshop.store() as reader:
        reader._connection.execute("BEGIN")
        reader.rows("newest_runs", before=9e18, limit=1)
        kept = forget(workshop, "u_3").kept
    assert any("close the consoles" in each for each in kept)


def test_a_damaged_ledger_that_a_new_one_took_the_place_of_does_not_stand_in_the_way(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.sync()
    workshop.run()
    (segment,) = (workshop.folder / ".backhaul" / "ledger").glob("*.keys.parquet")
    segment.write_bytes(b"rubbish")
    workshop.run()
    workshop.run(new_ledger=True)
    assert forget(workshop, "u_3").ledger_rows == 1
    assert holding(workshop, '"u_3"') == []
    workshop.calls()
    workshop.run()
    assert workshop.users() == ["u_3"]


def test_a_refused_row_of_somebody_with_the_same_address_stays_listed(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.execute("UPDATE people SET email = 'family@example.org' WHERE id IN ('u_1', 'u_2')")
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.receiver.refuse('"team"')
    workshop.execute("UPDATE people SET plan = 'team', changed = now() WHERE id IN ('u_1', 'u_2')")
    workshop.run()
    done = forget(workshop, "u_1")
    assert (done.ledger_rows, done.rejected_rows) == (1, 1)
    assert "1 rejected row of another person with the same value" in done.kept
    (left,) = workshop.rows("rejected_of_sync", sync="id-people", limit=9)
    assert left["identity"] == '{"userId":"u_2"}'
