"""The index over a ledger's hashes, beside a plain dictionary: what it finds, what it has seen, what is left unseen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from core.ledger.hashes import hashes_of_keys, sorted_hashes, sorted_keys, with_end
from core.ledger.index import Index

if TYPE_CHECKING:
    from core.ledger.index import Hashes

EDGES = (0, 1, 2**63 - 1, 2**63, 2**64 - 2, 2**64 - 1)
QUICK = st.one_of(st.sampled_from(EDGES), st.integers(0, 40), st.integers(0, 2**64 - 1))
END = (2**64 - 1, 0)
ROWS = st.lists(st.tuples(QUICK, st.integers(0, 3)), max_size=60)


def hashes(rows: list[tuple[int, int]]) -> Hashes:
    return np.array([quick for quick, _ in rows], np.uint64), np.array([own for _, own in rows], np.uint32)


def part(rows: list[tuple[int, int]]) -> Hashes:
    return with_end(hashes(rows))


def as_rows(found: Hashes) -> list[tuple[int, int]]:
    return list(zip(found[0].tolist(), found[1].tolist(), strict=True))


@given(base=ROWS, later=ROWS, asked=ROWS)
def test_it_finds_what_is_there_once_and_notes_what_it_was_shown(
    base: list[tuple[int, int]], later: list[tuple[int, int]], asked: list[tuple[int, int]]
) -> None:
    later = [row for row in later if row[0] not in {quick for quick, _ in base}]
    index = Index([part(base), part(later)])
    quicks = [quick for quick, _ in [*base, *later]]
    certain = {row for row in [*base, *later] if quicks.count(row[0]) == 1}

    places = index.find(hashes(asked))
    free = index.is_free(places)

    assert free.tolist() == [row in certain for row in asked]
    index.see(places[free])
    assert index.is_seen(index.find(hashes(asked))).tolist() == free.tolist()
    assert not index.is_free(index.find(hashes(asked))).any()
    shown = {row for row in asked if row in certain}
    assert sorted(as_rows(index.unseen())) == sorted(row for row in [*base, *later] if row not in shown)


def test_a_row_that_was_replaced_is_found_in_its_later_version_only() -> None:
    index = Index([part([(1, 1), (2, 2)]), part([(9, 1)])], hashes([(1, 1)]))
    assert index.is_free(index.find(hashes([(1, 1), (2, 2), (9, 1)]))).tolist() == [False, True, True]
    assert sorted(as_rows(index.unseen())) == [(2, 2), (9, 1)]


def test_a_row_that_is_again_as_it_once_was_is_found() -> None:
    index = Index([part([(1, 1), (2, 2)]), part([(1, 1)])], hashes([(1, 1)]))
    places = index.find(hashes([(1, 1)]))
    assert index.is_free(places).tolist() == [True]
    index.see(places)
    assert as_rows(index.unseen()) == [(2, 2)], "the version that was replaced is not among what is gone"


def test_rows_that_are_left_out_are_never_taken_for_unchanged_and_stay_unseen() -> None:
    index = Index([part([(1, 1), (2, 2)]), part([(3, 3)])])
    index.leave_out(hashes([(2, 2), (3, 3), (7, 7)]))
    assert index.is_free(index.find(hashes([(1, 1), (2, 2), (3, 3), (7, 7)]))).tolist() == [True, False, False, False]
    assert sorted(as_rows(index.unseen())) == [(1, 1), (2, 2), (3, 3)]


def test_the_same_quick_with_another_id_is_another_row() -> None:
    index = Index([part([(5, 1)])])
    assert index.is_free(index.find(hashes([(5, 1), (5, 2)]))).tolist() == [True, False]


def test_hashes_are_read_from_a_file_in_its_order_and_rows_without_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "s.keys.parquet"
    table = pa.table(
        {"quick": pa.array([1, 5, 7, None], pa.uint64()), "quick_id": pa.array([3, 2, 1, None], pa.uint32())}
    )
    pq.write_table(table, file, row_group_size=2)
    assert as_rows(sorted_hashes(file)) == [(1, 3), (5, 2), (7, 1), END]


def test_a_file_of_an_older_backhaul_has_no_hashes_to_go_by(tmp_path: Path) -> None:
    file = tmp_path / "s.keys.parquet"
    pq.write_table(pa.table({"quick": pa.array([1, 5], pa.uint64())}), file)
    assert as_rows(sorted_hashes(file)) == [END]


@given(st.lists(st.uuids(), max_size=40, unique=True), st.lists(st.uuids(), max_size=5))
def test_keys_are_found_again_by_their_first_bits_also_where_these_begin_alike(
    keys: list[UUID], others: list[UUID]
) -> None:
    keys += [UUID(int=key.int ^ (1 << 40)) for key in keys[:3]]  # the same first half
    keys = list(dict.fromkeys(keys))
    with duckdb.connect(config={"arrow_lossless_conversion": "true"}) as connection:
        connection.execute("CREATE TABLE known (key UUID)")
        connection.executemany("INSERT INTO known VALUES (?)", [[key] for key in keys]) if keys else None
        index = Index([sorted_keys(connection, "known", len(keys))])
    asked = pa.array([key.bytes for key in [*keys, *others]], pa.uuid())
    found = index.is_there(index.find(hashes_of_keys(asked)))
    assert found.tolist() == [key in keys for key in [*keys, *others]]
