"""The store: durable, shared between processes, and never taken for empty when it is damaged or gone."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import StateError
from core.store import Store

ROOT = Path(__file__).parents[3]


def add_run(store: Store, number: int, **values: object) -> None:
    given: dict[str, object] = {
        "id": f"run{number:04}",
        "sync": "s1",
        "name": "users",
        "cause": "command",
        "started": float(number),
        "process": 1,
    }
    store.do("insert_run", **given | values)


def add_runs(store: Store, *numbers: int, broken: bool = False) -> None:
    for number in numbers:
        add_run(store, number, name="long " * 100)
    if broken:
        raise KeyError


def run_ids(folder: Path) -> list[str]:
    with Store(folder) as store:
        return sorted(row["id"] for row in store.rows("runs_of_sync", sync=None, limit=10_000))


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A store of several pages, closed."""
    with Store(tmp_path) as store, store.transaction():
        for number in range(400):
            add_run(store, number, name=f"a name that fills the pages {number} " * 4)
    assert (tmp_path / "store.sqlite").stat().st_size > 40_000
    return tmp_path


def refused(folder: Path) -> StateError:
    """Open a store that cannot be trusted; whatever was there is still there afterwards."""
    file = folder / "store.sqlite"
    before = file.read_bytes() if file.exists() else None
    with pytest.raises(StateError) as caught, Store(folder):
        pass
    assert caught.value.where == str(file)
    assert caught.value.remedy
    assert (file.read_bytes() if file.exists() else None) == before
    return caught.value


def test_a_new_store_has_all_tables_and_the_newest_version(tmp_path: Path) -> None:
    with Store(tmp_path):
        pass
    with sqlite3.connect(tmp_path / "store.sqlite") as plain:
        tables = {name for (name,) in plain.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        version = plain.execute("PRAGMA user_version").fetchone()[0]
        journal = plain.execute("PRAGMA journal_mode").fetchone()[0]
    plain.close()
    assert {"settings", "runs", "ledgers", "segments", "deliveries", "batches", "rejected"} <= tables
    assert version == len(list((ROOT / "core/store/migrations").glob("*.sql")))
    assert journal == "wal"
    assert (tmp_path / "store.made").exists()


def test_a_store_of_an_older_version_is_brought_up_to_date_and_keeps_its_rows(tmp_path: Path) -> None:
    scripts = sorted((ROOT / "core/store/migrations").glob("*.sql"))
    plain = sqlite3.connect(tmp_path / "store.sqlite")
    plain.executescript(scripts[0].read_text("utf-8"))
    plain.execute("PRAGMA user_version = 1")
    plain.execute(
        "INSERT INTO runs (id, sync, name, cause, state, started, progress) VALUES ('old', 's', 'n', 'c', 'failed', 1, '{}')"
    )
    plain.commit()
    plain.close()
    (tmp_path / "store.made").touch()
    with Store(tmp_path) as store:
        assert store._connection.execute("PRAGMA user_version").fetchone()[0] == len(scripts)
        (row,) = store.rows("runs_of_sync", sync=None, limit=9)
        assert (row["id"], row["progress"], row["questions"]) == ("old", "{}", None)
        store.do("end_run", id="old", state="stopped", ended=2, error=None, remedy=None, progress=None, questions="[1]")
        assert store.rows("run", id="old")[0]["questions"] == "[1]"


def test_migrations_number_from_one_without_gaps() -> None:
    names = sorted(file.name for file in (ROOT / "core/store/migrations").glob("*.sql"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def test_what_was_written_is_there_when_the_store_is_opened_again(tmp_path: Path) -> None:
    for number in range(3):
        with Store(tmp_path) as store:
            add_run(store, number)
    assert run_ids(tmp_path) == ["run0000", "run0001", "run0002"]


def test_writes_are_synced_to_disk_and_references_are_held(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        assert store._connection.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert store._connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_a_newer_version_is_refused(filled: Path) -> None:
    with sqlite3.connect(filled / "store.sqlite") as plain:
        plain.execute("PRAGMA user_version = 9999")
    plain.close()
    error = refused(filled)
    assert "version 9999" in error.message
    assert "newer Backhaul" in error.remedy


def test_a_missing_file_where_one_was_is_refused(filled: Path) -> None:
    (filled / "store.sqlite").unlink()
    assert "is missing" in refused(filled).message
    assert not (filled / "store.sqlite").exists()


def test_an_empty_file_where_a_store_was_is_refused(filled: Path) -> None:
    (filled / "store.sqlite").write_bytes(b"")
    assert "is empty, but it was not before" in refused(filled).message


def test_an_empty_database_where_a_store_was_is_refused(filled: Path) -> None:
    (filled / "store.sqlite").unlink()
    plain = sqlite3.connect(filled / "store.sqlite")
    plain.execute("CREATE TABLE x (a)")
    plain.execute("DROP TABLE x")
    plain.close()
    assert "is empty, but it was not before" in refused(filled).message


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_text("this is not a database, but it is long enough to look like a file " * 20)
    assert "cannot be read" in refused(tmp_path).message


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    plain = sqlite3.connect(tmp_path / "store.sqlite")
    plain.execute("CREATE TABLE theirs (a)")
    plain.execute("INSERT INTO theirs VALUES (1)")
    plain.commit()
    plain.close()
    assert "not a store of Backhaul" in refused(tmp_path).message


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_refused(filled: Path, share: float) -> None:
    file = filled / "store.sqlite"
    os.truncate(file, int(file.stat().st_size * share))
    refused(filled)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bits=st.integers(1, 255), length=st.integers(200, 4096))
def test_flipped_bytes_are_refused_or_do_no_harm(filled: Path, place: float, bits: int, length: int) -> None:
    file = filled / "store.sqlite"
    good = file.read_bytes()
    start = int(len(good) * place)
    bad = good[:start] + bytes(byte ^ bits for byte in good[start : start + length]) + good[start + length :]
    try:
        file.write_bytes(bad)
        try:
            assert len(run_ids(filled)) == 400, "rows went missing without an error"
        except StateError:
            with pytest.raises(StateError) as caught:  # it stays so; a text that is none is found only when it is read
                run_ids(filled)
            assert caught.value.where == str(file)
            assert caught.value.remedy
    finally:
        for other in filled.glob("store.sqlite-*"):
            other.unlink()
        file.write_bytes(good)


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").mkdir()
    with pytest.raises(StateError, match="could not be opened"):
        Store(tmp_path)


def test_a_transaction_happens_whole_or_not_at_all(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        add_run(store, 0)
        with pytest.raises(KeyError), store.transaction():
            add_runs(store, 1, 2, broken=True)
        with pytest.raises(StateError), store.transaction():
            add_runs(store, 3, 0)  # the second id is taken
        with store.transaction():
            add_run(store, 4)
    assert run_ids(tmp_path) == ["run0000", "run0004"]


def test_a_transaction_that_breaks_at_its_end_is_rolled_back(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store._connection.execute("CREATE TABLE child (run TEXT REFERENCES runs (id) DEFERRABLE INITIALLY DEFERRED)")
        with pytest.raises(StateError, match="FOREIGN KEY"), store.transaction():
            store._connection.execute("INSERT INTO child VALUES ('none')")
        with store.transaction():
            add_run(store, 2)
    assert run_ids(tmp_path) == ["run0002"]


KILLED = """
import os, signal, sys
from pathlib import Path
from core.store import Store
store = Store(Path(sys.argv[1]))
store.do("insert_run", id="kept", sync="s1", name="n", cause="c", started=1.0, process=1)
with store.transaction():
    store.do("insert_run", id="lost", sync="s1", name="n", cause="c", started=2.0, process=1)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_is_killed_within_a_transaction_leaves_none_of_it(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, check=False)
    assert done.returncode == -9
    assert run_ids(tmp_path) == ["kept"]


WRITER = """
import sys
from pathlib import Path
from core.store import Store
name, count = sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
with Store(Path(sys.argv[1])) as store:
    for number in range(count):
        with store.transaction():
            store.do("insert_run", id=f"{name}{number}", sync="s1", name="n", cause="c", started=1.0, process=1)
"""


def started(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", WRITER, str(folder), name, str(count)]
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_two_processes_make_and_write_one_store_at_the_same_time(tmp_path: Path) -> None:
    processes = [started(tmp_path, name, 40) for name in "ab"]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=30)
        assert process.returncode == 0
    assert len(run_ids(tmp_path)) == 80


def test_a_reader_is_not_held_up_by_a_writer_and_sees_only_what_was_committed(tmp_path: Path) -> None:
    with Store(tmp_path) as writer, Store(tmp_path) as reader:
        add_run(writer, 0)
        with writer.transaction():
            add_run(writer, 1)
            assert [row["id"] for row in reader.rows("runs_of_sync", sync=None, limit=9)] == ["run0000"]
        assert len(reader.rows("runs_of_sync", sync=None, limit=9)) == 2


def test_a_writer_that_is_held_up_too_long_says_so(tmp_path: Path) -> None:
    with Store(tmp_path) as first, Store(tmp_path) as second:
        second._connection.execute("PRAGMA busy_timeout = 50")
        with first.transaction():
            with pytest.raises(StateError, match="Another program is using the store"):
                add_run(second, 1)
            with pytest.raises(StateError, match="Another program is using the store"), second.transaction():
                pass


def test_a_disk_that_is_full_is_explained_and_nothing_is_lost(filled: Path) -> None:
    with Store(filled) as store:
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        with (
            pytest.raises(StateError, match="could not be written: database or disk is full") as caught,
            store.transaction(),
        ):
            add_runs(store, *range(1000, 3000))
        assert "Make room on the disk" in caught.value.remedy
    assert len(run_ids(filled)) == 400


NAMED: list[Callable[[Store], object]] = [
    lambda store: store.row("run", id="none"),
    lambda store: store.rows("runs_like", prefix="run"),
    lambda store: store.row("setting", name="x"),
]


@pytest.mark.parametrize("query", NAMED)
def test_a_query_without_rows_gives_nothing(tmp_path: Path, query: Callable[[Store], object]) -> None:
    with Store(tmp_path) as store:
        assert not query(store)


def test_every_query_by_name_is_sql_that_this_store_understands(tmp_path: Path) -> None:
    from core.store import _queries

    with Store(tmp_path) as store:
        for name, text in _queries().items():
            try:
                store._connection.execute(f"EXPLAIN {text}", _Anything())
            except sqlite3.Error as error:
                pytest.fail(f"{name}: {error}")


class _Anything(dict[str, object]):
    """Parameters of every name."""

    def __missing__(self, name: str) -> object:
        return None


def test_a_setting_is_kept_once(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.do("keep_setting", name="id", value="first")
        store.do("keep_setting", name="id", value="second")
        row = store.row("setting", name="id")
        assert row is not None
        assert row["value"] == "first"


def test_a_store_whose_tables_are_damaged_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        add_run(store, 1)
    file = tmp_path / "store.sqlite"
    good = file.read_bytes()
    damaged = good.replace(b"REFERENCES ledgers (id)", b"REFERENCES ledgebs (id)")
    assert damaged != good
    file.write_bytes(damaged)
    with pytest.raises(StateError, match="its tables are not as they were made"):
        Store(tmp_path)
    file.write_bytes(good)
    assert run_ids(tmp_path) == ["run0001"]
