"""The local ledger: base and deltas, compaction that keeps their meaning, and files that are never taken for empty."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.duckdb_helpers import digests
from core.errors import StateError
from core.ledger import LocalLedger, SegmentFiles
from core.ledger.files import file_digest
from core.model import Project, Sync
from core.state.folder import StateFolder
from core.store import Store

Rows = Mapping[int, int | None]
"""What one delivery acknowledged: the content of each key, None where the row was removed."""

DAY = 86_400


@dataclass(kw_only=True)
class Desk:
    """A ledger to work on: its store, its folder, DuckDB, and the number of the next segment."""

    folder: Path
    store: Store
    ledger: LocalLedger
    connection: duckdb.DuckDBPyConnection
    written: list[str] = field(default_factory=list)

    def write(
        self, rows: Rows, *, rejected: Rows | None = None, keeps_calls: bool = True, plan: Path | None = None
    ) -> SegmentFiles:
        """Write a segment as a delivery does: a plan of all rows, and the keys of those that were acknowledged."""
        name = f"s1.d{len(self.written)}"
        plan = plan or self.folder / f"{name}.parquet"
        for table, content in (("planned", plan_of({**rows, **(rejected or {})})), ("acknowledged", keys_of(rows))):
            self.connection.register("given", content)
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {table} AS "
                "SELECT * REPLACE (key::UUID AS key, fingerprint::UUID AS fingerprint) FROM given"
            )
            self.connection.unregister("given")
        self.connection.execute(f"COPY planned TO '{plan}' (FORMAT parquet)")
        files = self.ledger.write(
            self.connection,
            name,
            "SELECT * FROM acknowledged",
            calls=plan if keeps_calls else None,
            base=not self.written,
        )
        self.written.append(name)
        plan.unlink()
        return files

    def list(self, files: SegmentFiles) -> None:
        """Add a segment to the manifest."""
        self.store.do("insert_segment", ledger=self.ledger.ledger, created=0.0, **files.columns())

    def add(self, rows: Rows, **options: object) -> None:
        self.list(self.write(rows, **options))

    def rows(self) -> dict[int, int]:
        """Return the content of each key that is known."""
        number = self.ledger.load(self.connection, "known")
        found = self.connection.execute("SELECT key, fingerprint FROM known").fetchall()
        assert len(found) == number == len({key for key, _ in found})
        return {key.int: fingerprint.int for key, fingerprint in found}

    def calls(self) -> dict[int, tuple[str, str]]:
        """Return identity and call of each key that is known."""
        self.ledger.load(self.connection, "known")
        calls = self.ledger.calls()
        assert calls is not None
        found = self.connection.execute(
            f"SELECT key, identity, call FROM ({calls}) JOIN known USING (key, number) ORDER BY key"
        ).fetchall()
        assert len(found) == len({key for key, *_ in found})
        return {key.int: (identity, call) for key, identity, call in found}


def keys_of(rows: Rows) -> pa.Table:
    return pa.table(
        {
            "key": digests([UUID(int=key).bytes for key in rows]),
            "fingerprint": digests([None if value is None else UUID(int=value).bytes for value in rows.values()]),
            "quick": pa.array(list(rows.values()), pa.uint64()),
        }
    )


def plan_of(rows: Rows) -> pa.Table:
    """Return a plan as deliveries keep it: calls with their messageId in front."""
    ids = [f"{number:032x}" for number in range(len(rows))]
    calls = [
        '{"messageId":"' + own + '",' + call_of(key, value or 0)[1:]
        for own, (key, value) in zip(ids, rows.items(), strict=True)
    ]
    return (
        keys_of(rows)
        .append_column("identity", pa.array([identity_of(key) for key in rows], pa.string()))
        .append_column(
            "operation", pa.array(["delete" if value is None else "send" for value in rows.values()], pa.string())
        )
        .append_column("message_id", pa.array(ids, pa.string()))
        .append_column("call", pa.array(calls, pa.string()))
    )


def identity_of(key: int) -> str:
    return f'{{"userId":"u{key}"}}'


def call_of(key: int, value: int) -> str:
    return f'{{"type":"identify","userId":"u{key}","traits":{{"é\\"":{value}}}}}'


def make_desk(folder: Path) -> Iterator[Desk]:
    with Store(folder) as store, duckdb.connect() as connection:
        values = {"host": "h", "account": "a", "key": "userId", "digest": "d", "form": 1, "created": 0.0}
        store.do("insert_ledger", id="l1", sync="s1", destination="cio", **values)
        yield Desk(
            folder=folder,
            store=store,
            ledger=LocalLedger(store, folder / "ledger", "l1"),
            connection=connection,
        )


def record_delivery(desk: Desk, name: str) -> None:
    """Let the store know the delivery that a segment is named after."""
    desk.store.do("insert_run", id=f"r-{name}", sync="s1", name="users", cause="test", started=0.0, process=1)
    nothing = (
        "rows",
        "added",
        "changed",
        "removed",
        "unchanged",
        "retried",
        "superseded",
        "refused",
        "calls",
        "batches",
    )
    desk.store.do(
        "insert_delivery",
        **dict.fromkeys((*nothing, "deletes", "assumed", "plan_bytes", "ordered"), 0),
        **dict.fromkeys(("plan", "clock", "full_rows", "canary", "shape", "accepted"), None),
        id=name,
        run=f"r-{name}",
        sync="s1",
        destination=name,
        ledger="l1",
        call="identify",
        plan_digest="",
        digest="d",
        form=1,
        notes="[]",
        created=0.0,
        kind="sync",
    )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    yield from make_desk(tmp_path)


def test_a_ledger_without_segments_knows_nothing(desk: Desk) -> None:
    assert desk.ledger.is_empty()
    assert desk.rows() == {}
    assert desk.ledger.calls() is None
    assert not desk.ledger.should_compact()


def test_the_latest_version_of_a_key_wins_and_a_removed_row_is_gone(desk: Desk) -> None:
    desk.add({1: 10, 2: 20, 3: 30})
    assert not desk.ledger.is_empty()
    desk.add({2: 21, 4: 40})
    desk.add({1: None, 4: 41, 5: None})
    desk.add({3: None})
    desk.add({3: 33})
    assert desk.rows() == {2: 21, 3: 33, 4: 41}
    assert desk.calls() == {key: (identity_of(key), call_of(key, value)) for key, value in desk.rows().items()}


def test_a_single_segment_may_hold_removed_rows(desk: Desk) -> None:
    desk.add({1: 10, 2: None})
    assert desk.rows() == {1: 10}


def test_what_was_rejected_of_a_plan_is_no_version_of_its_row(desk: Desk) -> None:
    desk.add({1: 10, 2: 20})
    desk.add({1: 11}, rejected={2: 21, 3: 30})
    assert desk.rows() == {1: 11, 2: 20}
    assert desk.calls() == {1: (identity_of(1), call_of(1, 11)), 2: (identity_of(2), call_of(2, 20))}


def test_a_call_of_the_ledger_is_without_its_message_id(desk: Desk) -> None:
    desk.add({7: 1})
    assert desk.calls()[7][1] == '{"type":"identify","userId":"u7","traits":{"é\\"":1}}'


def test_the_same_version_sent_again_is_there_once(desk: Desk) -> None:
    for _ in range(3):
        desk.add({1: 10, 2: 20})
    assert desk.rows() == {1: 10, 2: 20}
    assert desk.calls().keys() == {1, 2}


def test_a_ledger_of_events_keeps_no_calls(desk: Desk) -> None:
    desk.add({1: 0, 2: 0}, keeps_calls=False)
    desk.add({3: 0}, keeps_calls=False)
    assert desk.ledger.calls() is None
    desk.ledger.compact(desk.connection, "s1.base", 0.0)
    assert desk.rows() == {1: 0, 2: 0, 3: 0}
    assert desk.ledger.calls() is None


def test_a_segment_counts_only_when_the_manifest_lists_it(desk: Desk) -> None:
    desk.add({1: 10})
    files = desk.write({2: 20})
    assert (desk.ledger.folder / files.keys).exists()
    assert desk.rows() == {1: 10}
    desk.list(files)
    assert desk.rows() == {1: 10, 2: 20}


def test_a_segment_leaves_no_temporary_file_and_its_digests_are_of_its_files(desk: Desk) -> None:
    files = desk.write({1: 10, 2: None})
    assert sorted(file.name for file in desk.ledger.folder.iterdir()) == sorted([files.keys, files.calls or ""])
    assert file_digest(desk.ledger.folder / files.keys) == (files.keys_digest, files.keys_bytes)
    assert file_digest(desk.ledger.folder / (files.calls or "")) == (files.calls_digest, files.calls_bytes)
    assert files.rows == 2
    assert files.base


def test_a_plan_on_a_disk_without_hard_links_to_here_is_copied(desk: Desk) -> None:
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == desk.folder.stat().st_dev:
        pytest.skip("this host has no second file system to write to (/dev/shm)")
    elsewhere = Path(tempfile.mkdtemp(dir=shared))
    try:
        desk.add({1: 10}, plan=elsewhere / "plan.parquet")
    finally:
        shutil.rmtree(elsewhere)
    assert desk.calls() == {1: (identity_of(1), call_of(1, 10))}
    assert not list(desk.ledger.folder.glob("*.tmp"))


# --- compaction ---


def test_compaction_replaces_all_segments_by_one_base(desk: Desk) -> None:
    desk.add({1: 10, 2: 20, 3: 30})
    desk.add({1: 11, 2: None})
    before = desk.rows(), desk.calls()
    desk.ledger.compact(desk.connection, "s1.base", 5.0)
    segments = desk.store.rows("segments", ledger="l1")
    assert [(row["base"], row["rows"], row["number"]) for row in segments] == [(1, 2, 3)]
    assert (desk.rows(), desk.calls()) == before
    assert not list(desk.ledger.folder.glob("*.plan.parquet"))
    assert not list(desk.ledger.folder.glob("*.tmp"))
    retired = {row["keys"] for row in desk.store.rows("all_segment_files")} - {segments[0]["keys"]}
    assert all((desk.ledger.folder / name).exists() for name in retired)


def test_small_deltas_become_one_and_the_base_stays_as_it_is(desk: Desk) -> None:
    """What was removed stays told: the base still has it."""
    desk.add(dict.fromkeys(range(1, 11), 10))
    desk.add({1: 11, 2: None})
    desk.add({1: 12, 11: 10})
    before = desk.rows(), desk.calls()
    (base, *_) = desk.store.rows("segments", ledger="l1")
    desk.ledger.compact(desk.connection, "s1.merged", 5.0)
    segments = desk.store.rows("segments", ledger="l1")
    assert [(row["base"], row["rows"], row["number"]) for row in segments] == [(1, 10, 1), (0, 3, 4)]
    assert segments[0]["keys"] == base["keys"]
    assert (desk.rows(), desk.calls()) == before
    desk.add({2: 20})
    assert desk.rows() == {**before[0], 2: 20}


def test_the_state_before_a_delivery_is_found_where_older_ones_were_put_together(desk: Desk) -> None:
    desk.add(dict.fromkeys(range(1, 11), 10))
    desk.add({1: 11})
    desk.add({2: 12})
    desk.ledger.compact(desk.connection, "s1.merged", 5.0)
    desk.add({1: 13})
    own, earlier = desk.ledger.before("d3") or (None, ())
    assert own is not None
    assert [row["number"] for row in earlier] == [1, 4]
    desk.ledger.load(desk.connection, "before", earlier)
    found = desk.connection.execute("SELECT key, fingerprint FROM before").fetchall()
    assert {key.int: fingerprint.int for key, fingerprint in found} == dict.fromkeys(range(3, 11), 10) | {
        1: 11,
        2: 12,
    }


CONTENT = st.none() | st.integers(1, 5)
DELIVERIES = st.lists(
    st.tuples(st.dictionaries(st.integers(0, 12), CONTENT, max_size=8), st.dictionaries(st.integers(0, 15), st.integers(6, 9), max_size=3)),
    min_size=1,
    max_size=6,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(deliveries=DELIVERIES, compact_after=st.sets(st.integers(0, 5)))
def test_compaction_at_any_time_keeps_the_meaning(
    deliveries: list[tuple[dict[int, int | None], dict[int, int]]], compact_after: set[int]
) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        for desk in make_desk(folder):
            expected: dict[int, int] = {}
            for number, (rows, rejected) in enumerate(deliveries):
                refused = {key: value for key, value in rejected.items() if key not in rows}
                desk.add(rows, rejected=refused)
                expected = {key: value for key, value in {**expected, **rows}.items() if value is not None}
                assert desk.rows() == expected
                if number in compact_after:
                    desk.ledger.compact(desk.connection, f"s1.base{number}", float(number))
                    assert len(desk.store.rows("segments", ledger="l1")) <= 2
                assert desk.rows() == expected
                assert desk.calls() == {key: (identity_of(key), call_of(key, value)) for key, value in expected.items()}
    finally:
        shutil.rmtree(folder)


def test_deltas_are_compacted_when_they_are_many_or_large(desk: Desk) -> None:
    desk.add(dict.fromkeys(range(100), 1), keeps_calls=False)
    for number in range(16):
        desk.add({number: 2}, keeps_calls=False)
    assert not desk.ledger.should_compact()
    desk.add({1: 3}, keeps_calls=False)
    assert desk.ledger.should_compact()
    desk.ledger.compact(desk.connection, "s1.base", 0.0)
    assert not desk.ledger.should_compact()
    desk.add(dict.fromkeys(range(600), 4), keeps_calls=False)
    assert not desk.ledger.should_compact(), "one delta is never worth it"
    desk.add(dict.fromkeys(range(600), 5), keeps_calls=False)
    assert desk.ledger.should_compact()


# --- files that are not what was written ---


def damage_first_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


DAMAGES = {
    "one bit in its middle": (damage_first_byte, "damaged"),
    "cut short": (lambda file: os.truncate(file, file.stat().st_size - 1), "damaged"),
    "longer": (lambda file: file.write_bytes(file.read_bytes() + b"\0"), "damaged"),
    "empty": (lambda file: file.write_bytes(b""), "damaged"),
    "gone": (lambda file: file.unlink(), "is missing"),
    "a folder": (lambda file: (file.unlink(), file.mkdir()), "cannot be read"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("which", ["keys", "calls"])
@pytest.mark.parametrize("number", [0, 1])
def test_a_segment_that_is_not_what_was_written_is_an_error_that_names_it(
    desk: Desk, damage: str, which: str, number: int
) -> None:
    desk.add({1: 10, 2: 20})
    desk.add({2: 21})
    name = desk.store.rows("segments", ledger="l1")[number][which]
    harm, words = DAMAGES[damage]
    harm(desk.ledger.folder / name)
    with pytest.raises(StateError, match=words) as caught:
        desk.calls()
    assert caught.value.where == str(desk.ledger.folder / name)
    assert "--new-ledger" in caught.value.remedy
    with pytest.raises(StateError, match=words):
        desk.ledger.compact(desk.connection, "s1.base", 0.0)
    assert len(desk.store.rows("segments", ledger="l1")) == 2


def test_damaged_calls_do_not_keep_a_run_from_comparing(desk: Desk) -> None:
    desk.add({1: 10})
    (desk.ledger.folder / desk.store.rows("segments", ledger="l1")[0]["calls"]).unlink()
    assert desk.rows() == {1: 10}


def test_a_ledger_whose_folder_is_gone_is_an_error_and_not_empty(desk: Desk) -> None:
    desk.add({1: 10})
    shutil.rmtree(desk.ledger.folder)
    with pytest.raises(StateError, match="is missing"):
        desk.rows()


# --- garbage ---


def test_garbage_is_what_no_manifest_lists_and_replaced_segments_stay_a_day(tmp_path: Path) -> None:
    project = Project(name="p", folder=tmp_path, state=tmp_path, sources={}, destinations={}, syncs={})
    sync = Sync(name="users", id="s1", description="", source="x", destinations=(), call="identify", query="")
    state = StateFolder(project)
    for desk in make_desk(tmp_path):
        for name in ("d0", "d1", "base"):
            record_delivery(desk, name)
        desk.add({1: 10})
        unlisted = desk.write({2: 20})
        (state.ledger / "s1.half.keys.parquet.tmp").write_text("half")
        (state.ledger / "s2.other.keys.parquet").write_text("another sync's")
        (state.plans / "s1.d9.parquet").write_text("no delivery has it")
        state.collect_garbage(desk.store, sync, now=100.0)
        assert not (state.ledger / unlisted.keys).exists()
        assert not (state.ledger / "s1.half.keys.parquet.tmp").exists()
        assert not (state.plans / "s1.d9.parquet").exists()
        assert (state.ledger / "s2.other.keys.parquet").exists()
        assert desk.calls() == {1: (identity_of(1), call_of(1, 10))}

        old = desk.store.rows("segments", ledger="l1")[0]["keys"]
        desk.ledger.compact(desk.connection, "s1.base", 100.0)
        state.collect_garbage(desk.store, sync, now=100.0 + DAY - 1)
        assert (state.ledger / old).exists()
        state.collect_garbage(desk.store, sync, now=100.0 + DAY + 1)
        assert not (state.ledger / old).exists()
        assert desk.calls() == {1: (identity_of(1), call_of(1, 10))}
