"""The state folder: its locks need a local disk; and what a newer program wrote is not touched."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys

import pytest

from core.state.folder import network_file_system
from tests.core.sync.workshop import Workshop

MOUNTS = """
/dev/vda1 / ext4 rw,relatime 0 0
tmpfs /run tmpfs rw 0 0
files:/export /mnt/team\\040share nfs4 rw,vers=4.2 0 0
/dev/vdb1 /mnt/team\\040share/local xfs rw 0 0
//nas/home /home/ann cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/acme/.backhaul", None),
        ("/mnt/team share/acme/.backhaul", "nfs4"),
        ("/mnt/team share/local/acme/.backhaul", None),
        ("/mnt/team shared", None),
        ("/home/ann/acme/.backhaul", "cifs"),
        ("/home/anna/acme/.backhaul", None),
    ],
)
def test_a_network_file_system_is_told_by_the_longest_mount_that_holds_the_folder(path: str, kind: str | None) -> None:
    assert network_file_system(path, MOUNTS) == kind


def test_another_place_can_be_named_for_the_state(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    file = workshop.folder / "backhaul.toml"
    file.write_text(f'state = "{workshop.folder.parent}/elsewhere"\n' + file.read_text())
    assert workshop.run().state == "succeeded"
    assert (workshop.folder.parent / "elsewhere" / "store.sqlite").exists()
    assert not (workshop.folder / ".backhaul").exists()


@pytest.mark.parametrize(("form", "words"), [(2, "newer Backhaul (form 2)"), (0, "form 0, which this program cannot")])
def test_rows_of_another_canonical_form_are_never_sent_again(workshop: Workshop, form: int, words: str) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.run()
    workshop.calls()
    connection = sqlite3.connect(workshop.folder / ".backhaul" / "store.sqlite")
    connection.execute("UPDATE ledgers SET form = ?", [form])
    connection.commit()
    connection.close()
    outcome = workshop.run()
    assert words in outcome.ended.error
    assert workshop.calls() == []


def test_a_run_that_was_killed_is_marked_as_failed_by_the_next(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.run()
    with workshop.store() as store:
        store.do("insert_run", id="lost", sync="id-people", name="people", cause="command", started=1.0, process=1)
    workshop.run()
    (lost,) = [row for row in workshop.rows("runs_of_sync", sync="id-people", limit=9) if row["id"] == "lost"]
    assert (lost["state"], lost["error"]) == ("failed", "The process stopped unexpectedly (killed?).")


def test_more_rows_than_the_destination_takes_stop_the_run_before_a_call(workshop: Workshop) -> None:
    workshop.people(50)
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits={"rows": 49})
    workshop.sync()
    outcome = workshop.run()
    assert "more than 49 rows" in outcome.ended.error
    assert workshop.calls() == []
    assert workshop.last_sync_time() == 0


def test_an_open_delivery_waits_where_its_destination_was_taken_out_of_the_project(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.receiver.behave(*[{"status": 500}] * 3)
    workshop.run()
    workshop.destination("files", type="file")
    workshop.sync(destinations=["files"])
    (workshop.folder / "destinations" / "seg.toml").rename(workshop.folder / "seg.toml")
    outcome = workshop.run()
    assert "There is no destination 'seg'" in outcome.ended.error
    assert outcome.acknowledged == 3
    (workshop.folder / "seg.toml").rename(workshop.folder / "destinations" / "seg.toml")
    assert workshop.run().state == "succeeded"
    assert len(workshop.calls()) == 3


def test_a_store_that_is_older_than_what_was_sent_is_refused(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.run()
    state = workshop.folder / ".backhaul"
    older = (state / "store.sqlite").read_bytes()
    workshop.execute("UPDATE people SET plan = 'paid'")
    workshop.run()
    newer = (state / "store.sqlite").read_bytes()
    workshop.calls()
    (state / "store.sqlite").write_bytes(older)
    outcome = workshop.run()
    assert "The store is older than the files beside it" in outcome.ended.error
    assert workshop.calls() == []
    (state / "store.sqlite").write_bytes(newer)
    assert workshop.run().state == "succeeded"
    assert workshop.calls() == []


def test_a_store_that_has_forgotten_an_open_delivery_is_refused(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.run()
    state = workshop.folder / ".backhaul"
    older = (state / "store.sqlite").read_bytes()
    workshop.execute("UPDATE people SET plan = 'paid'")
    workshop.receiver.behave(*[{"lose_reply": True}] * 3)
    assert workshop.run().state == "failed"
    newer = (state / "store.sqlite").read_bytes()
    (state / "store.sqlite").write_bytes(older)
    assert "The store is older than the files beside it" in workshop.run().ended.error
    (state / "store.sqlite").write_bytes(newer)
    assert workshop.run().state == "succeeded"
    assert len({call["messageId"] for call in workshop.calls()}) == 6


def test_an_old_store_beside_a_newer_wal_file_is_refused(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.run()
    file = workshop.folder / ".backhaul" / "store.sqlite"
    older = file.read_bytes()
    workshop.execute("UPDATE people SET plan = 'paid'")
    workshop.run()
    newer, wal = file.read_bytes(), file.with_name("store.sqlite-wal")
    workshop.execute("UPDATE people SET plan = 'gone'")
    workshop.receiver.behave(*[{"lose_reply": True}] * 3)
    with contextlib.closing(
        sqlite3.connect(file)
    ) as reader:  # as a killed process does, it leaves the -wal file behind
        reader.execute("SELECT count(*) FROM runs").fetchone()
        assert workshop.run().state == "failed"
        written = wal.read_bytes()
    workshop.calls()
    for store, state in ((older, "failed"), (newer, "succeeded")):
        file.write_bytes(store)
        wal.write_bytes(written)
        file.with_name("store.sqlite-shm").unlink(missing_ok=True)
        outcome = workshop.run()
        assert outcome.state == state
        assert len(workshop.calls()) == (0 if state == "failed" else 3)
        assert ("A part of the store is older than the rest" in outcome.ended.error) == (state == "failed")


def test_a_store_that_has_lost_its_last_writes_costs_no_segment(workshop: Workshop) -> None:
    """Killed after the commit, then a bit of the -wal file flips: the commit is forgotten, and its plan is gone by then."""
    workshop.people(3)
    workshop.sync()
    workshop.receiver.behave(*[{"lose_reply": True}] * 3)
    assert workshop.run().state == "failed"
    state = workshop.folder / ".backhaul"
    older = (state / "store.sqlite").read_bytes()
    assert workshop.run().state == "succeeded"
    newer, segments = (state / "store.sqlite").read_bytes(), sorted((state / "ledger").iterdir())
    workshop.calls()
    (state / "store.sqlite").write_bytes(older)
    assert "The plan of an open delivery is missing" in workshop.run().ended.error
    assert sorted((state / "ledger").iterdir()) == segments
    (state / "store.sqlite").write_bytes(newer)
    assert workshop.run().state == "succeeded"
    assert workshop.calls() == []


def test_files_stay_where_the_store_lists_one_that_is_not_there(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.run()
    workshop.calls()
    (segment,) = (workshop.folder / ".backhaul" / "ledger").glob("*.keys.parquet")
    wrong = f"ie{segment.name[2:]}"
    change_name(workshop, segment.name, wrong)
    assert "A ledger segment is missing" in workshop.run().ended.error
    assert segment.exists()
    change_name(workshop, wrong, segment.name)
    assert workshop.run().state == "succeeded"
    assert workshop.calls() == []


def change_name(workshop: Workshop, old: str, new: str) -> None:
    connection = sqlite3.connect(workshop.folder / ".backhaul" / "store.sqlite")
    connection.execute("UPDATE segments SET keys = ? WHERE keys = ?", [new, old])
    connection.commit()
    connection.close()


def test_what_a_killed_process_spilled_goes_with_the_next_run_of_any_sync(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.run()
    spilled = workshop.folder / ".backhaul" / "tmp"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for name in (
        f"unsaved.0a1b2c3d.{gone.pid}",
        f"another.0a1b2c3d.{gone.pid}",
        f"duckdb-{gone.pid}-0a1b",
        f"unsaved.0a1b2c3d.{os.getpid()}",
    ):
        (spilled / name).mkdir(parents=True)
    workshop.run()
    assert [each.name for each in spilled.iterdir()] == [f"unsaved.0a1b2c3d.{os.getpid()}"]
