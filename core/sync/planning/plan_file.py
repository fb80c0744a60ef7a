"""The plan's file: how it is cut into batches, written, and read again.

One Parquet file: sequence, operation ('send', 'delete' or 'assume'), key, fingerprint, quick and quick_id (the fast hashes of the row's
columns, see core.sync.comparison.row_hashes), identity, message_id, call (the JSON as it goes out, messageId included), batch. Batches are cut by
count and bytes as the rows pass; a row group holds whole batches, so a batch is read without the rest. The file is hashed
while it is written, synced, and renamed: it appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import io
import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.ledger.files import durable

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Cutter", "PlanBatch", "PlanFile", "PlanWriter", "plan_rows", "read_batches", "sequences_of"]

_ROW_GROUP_BYTES = 4_000_000
_TAKEN = ("key", "fingerprint", "quick", "quick_id", "identity", "message_id", "call")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """A plan on disk: its file, size in bytes, digest, and how many calls in how many batches.

    `canary` is the most calls that the first batch has, where its answers are looked at before the rest goes out; else
    None.
    """

    path: Path
    size: int
    digest: str
    calls: int
    batches: int
    canary: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBatch:
    """A batch as the plan cut it: `calls` is an Arrow array of JSON texts; `first` the sequence of its first call.

    `group` and `start` say where its rows are in the file.
    """

    number: int
    first: int
    group: int
    start: int
    deletes: bool
    calls: pa.Array


@dataclass(slots=True)
class Cutter:
    """Cuts a stream of calls into batches; remembers how full the last one is.

    The first batch takes at most `canary` calls, where that is not 0.
    """

    calls_most: int
    bytes_most: int
    canary: int = 0
    number: int = 0
    calls: int = 0
    bytes: int = 0
    _cuts: int = 0

    def cut(self, sizes: pa.Array) -> list[int]:
        """Return each call's batch number as runs: [calls in the current batch, in the next, …]."""
        import pyarrow.compute as pc

        ends = memoryview(pc.cumulative_sum(sizes).buffers()[1]).cast("q")[: len(sizes)]
        runs: list[int] = []
        at, passed = 0, 0
        while at < len(sizes):
            room = self.bytes_most - self.bytes
            fits = bisect_right(ends, passed + room, lo=at) - at
            fits = min(fits, self._most() - self.calls)
            if fits == 0 and self.calls == 0:
                fits = 1
            if fits:
                runs.append(fits)
                self.calls += fits
                self.bytes += ends[at + fits - 1] - passed
                passed = ends[at + fits - 1]
                at += fits
            if at < len(sizes):
                runs.append(0)
                self.calls = self.bytes = 0
                self._cuts += 1
        return runs

    def _most(self) -> int:
        """Return how many calls the current batch takes."""
        return min(self.canary, self.calls_most) if self.canary and self._cuts == 0 else self.calls_most

    def numbers(self, sizes: pa.Array) -> list[tuple[int, int]]:
        """Return (batch number, calls) for the runs of these calls, going on from the last."""
        found = []
        for run in self.cut(sizes):
            if run == 0:
                self.number += 1
            else:
                found.append((self.number, run))
        return found

    def close(self) -> None:
        """End the current batch, so that what follows begins a new one."""
        if self.calls:
            self.number += 1
            self.calls = self.bytes = 0
            self._cuts += 1

    @property
    def batches(self) -> int:
        return self.number + (1 if self.calls else 0)


class _Sink(io.RawIOBase):
    """A file that knows the digest (BLAKE2b-128, as of ledger segments) and the size of what was written to it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("wb")
        self.digest = hashlib.blake2b(digest_size=16)
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.digest.update(data)
        written = self._file.write(data)
        self.size += written
        return written

    def flush(self) -> None:
        if not self._file.closed:
            self._file.flush()

    def close(self) -> None:
        self._file.close()
        super().close()


@dataclass(slots=True)
class PlanWriter:
    """Writes the plan's rows; a row group ends only where a batch ends."""

    path: Path
    cutter: Cutter
    sequence: int = 0
    pending: list[pa.RecordBatch] = field(default_factory=list)
    pending_bytes: int = 0
    _file: Any = None
    _sink: Any = None
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _writing: Future[None] | None = None

    def add(self, rows: pa.RecordBatch, operation: str) -> None:
        """Take rows (key, fingerprint, quick, quick_id, identity, message_id, call) into the plan."""
        import pyarrow as pa
        import pyarrow.compute as pc

        sizes = pc.add(pc.binary_length(rows.column("call")).cast(pa.int64()), 1)
        start = 0
        for number, calls in self.cutter.numbers(sizes):
            part = rows.slice(start, calls)
            if self.pending_bytes >= _ROW_GROUP_BYTES and number != self.pending[-1].column("batch")[-1].as_py():
                self.flush()
            self.pending.append(self._row_batch(part, number, operation))
            self.pending_bytes += pc.sum(sizes.slice(start, calls)).as_py()
            start += calls

    def _row_batch(self, part: pa.RecordBatch, number: int, operation: str) -> pa.RecordBatch:
        import pyarrow as pa

        count = part.num_rows
        columns = {
            "sequence": pa.arange(self.sequence, self.sequence + count),
            "operation": pa.repeat(pa.scalar(operation), count),
            **{name: part.column(name) for name in _TAKEN},
            "batch": pa.repeat(pa.scalar(number, pa.int32()), count),
        }
        self.sequence += count
        return pa.RecordBatch.from_pydict(columns)

    def flush(self) -> None:
        """Hand what is pending over as one row group; it is written while the next rows are made."""
        import pyarrow as pa

        if not self.pending:
            return
        table = pa.Table.from_batches(self.pending)
        self.pending, self.pending_bytes = [], 0
        self._written()
        self._writing = self._thread.submit(self._write, table)

    def close(self) -> PlanFile | None:
        """Finish the file durably and return it its name; None where nothing was added."""
        self.flush()
        self._written()
        if self._file is None:
            return None
        self._file.close()
        self._sink.close()
        final = self.path.with_suffix("")
        durable(self.path, final)
        return PlanFile(
            path=final,
            size=self._sink.size,
            digest=self._sink.digest.hexdigest(),
            calls=self.sequence,
            batches=self.cutter.batches,
            canary=self.cutter.canary if 0 < self.cutter.canary < self.sequence else None,
        )

    def abandon(self) -> None:
        """Let go of a file; one that was not finished is removed, and the room that it took is free again."""
        self._thread.shutdown()
        if self._sink:
            self._sink.close()
        self.path.unlink(missing_ok=True)

    def _written(self) -> None:
        """Wait for the row group that is being written; raises what went wrong with it."""
        if self._writing is not None:
            self._writing.result()
            self._writing = None

    def _write(self, table: pa.Table) -> None:
        import pyarrow.parquet as pq

        if self._file is None:
            # only what repeats itself is compressed: digests do not
            compression = {name: "snappy" if name in ("call", "identity") else "none" for name in table.schema.names}
            self._sink = _Sink(self.path)
            self._file = pq.ParquetWriter(
                self._sink, table.schema, compression=compression, use_dictionary=["operation"], write_statistics=False
            )
        self._file.write_table(table, row_group_size=table.num_rows)


def read_batches(path: Path, skip: Callable[[int], bool]) -> Iterator[PlanBatch]:
    """Yield the plan's batches in order, without those whose number `skip` says are done."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        sequence = 0
        for group in range(file.num_row_groups):
            numbers = file.read_row_group(group, columns=["batch", "operation"])
            runs = pc.run_end_encode(numbers.column("batch").combine_chunks())
            ends, values = runs.run_ends.to_pylist(), runs.values.to_pylist()
            calls: pa.Array | None = None
            start = 0
            for end, number in zip(ends, values, strict=True):
                if not skip(number):
                    if calls is None:
                        calls = (
                            file.read_row_group(group, columns=["call"]).column(0).combine_chunks().cast(pa.binary())
                        )
                    deletes = numbers.column("operation")[start].as_py() == "delete"
                    yield PlanBatch(
                        number=number,
                        first=sequence + start,
                        group=group,
                        start=start,
                        deletes=deletes,
                        calls=calls.slice(start, end - start),
                    )
                start = end
            sequence += numbers.num_rows


def sequences_of(path: Path, keys: Sequence[bytes]) -> frozenset[int]:
    """Return the places in the plan of the rows with these keys."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if not keys:
        return frozenset()
    table = pq.read_table(path, columns=["key", "sequence"])
    stored = table.column("key").cast(pa.binary(16))
    wanted = pc.is_in(stored, value_set=pa.array(keys, pa.binary(16)))
    return frozenset(table.column("sequence").filter(wanted).to_pylist())


def plan_rows(path: Path, batch: PlanBatch, sequences: Sequence[int]) -> list[dict[str, Any]]:
    """Return rows of a batch by their sequence: key and fingerprint as bytes, the call in canonical form (without its
    messageId), and `own_message_id` where the query gave one.
    """
    import pyarrow.parquet as pq

    if not sequences:
        return []
    columns = ["key", "fingerprint", "identity", "message_id", "call"]
    with pq.ParquetFile(path) as file:
        group = file.read_row_group(batch.group, columns=columns)
    found: list[dict[str, Any]] = group.take(
        [batch.start + sequence - batch.first for sequence in sequences]
    ).to_pylist()
    for row in found:
        own = row["identity"] and "messageId" in json.loads(row["identity"])
        _, end = json.JSONDecoder().raw_decode(row["call"], len('{"messageId":'))
        row["own_message_id"] = row["message_id"] if own else None
        row["call"] = "{" + row["call"][end + 1 :]
        row["key"] = row["key"].bytes
        row["fingerprint"] = row["fingerprint"].bytes if row["fingerprint"] else None
    return found
