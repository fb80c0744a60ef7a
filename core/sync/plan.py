"""The plan: the immutable file of calls that a delivery will make, with its batch cuts, written before the first is sent.

One Parquet file: sequence, operation ('send' or 'delete'), key, fingerprint, quick (the fast hash of the row's columns,
see core.sync.stage), identity, message_id, call (the JSON as it
goes out, messageId included), batch. Batches are cut by count and bytes as the rows pass; a row group holds whole
batches, so a batch is read without the rest. Deletes come last, in batches of their own.

The messageId is the MD5 digest of delivery, operation, key and fingerprint, so a plan that is sent again repeats its
ids and a new plan never reuses one; only events may bring their own.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.embedded import quoted
from core.ledger.local import durable, file_digest
from core.model import Limits
from core.sync.stage import ADDED, CHANGED

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["PlanBatch", "PlanFile", "deletion_sql", "plan_rows", "read_batches", "write_plan"]

_ROW_GROUP_BYTES = 4_000_000
_SENT_CALL = """concat('{"messageId":', json_string(message_id), ',', substr(call, 2))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """A plan on disk: its file, size in bytes, digest, and how many calls in how many batches."""

    path: Path
    size: int
    digest: str
    calls: int
    batches: int


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
class _Cutter:
    """Cuts a stream of calls into batches; remembers how full the last one is."""

    calls_most: int
    bytes_most: int
    number: int = 0
    calls: int = 0
    bytes: int = 0

    def cut(self, sizes: pa.Array) -> list[int]:
        """Give each call's batch number as runs: [calls in the current batch, in the next, …]."""
        import pyarrow.compute as pc

        ends = memoryview(pc.cumulative_sum(sizes).buffers()[1]).cast("q")[: len(sizes)]
        runs: list[int] = []
        at, passed = 0, 0
        while at < len(sizes):
            room = self.bytes_most - self.bytes
            fits = bisect_right(ends, passed + room, lo=at) - at
            fits = min(fits, self.calls_most - self.calls)
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
        return runs

    def numbers(self, sizes: pa.Array) -> list[tuple[int, int]]:
        """Give (batch number, calls) for the runs of these calls, going on from the last."""
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

    @property
    def batches(self) -> int:
        return self.number + (1 if self.calls else 0)


@dataclass(slots=True)
class _Writer:
    """Writes the plan's rows; a row group ends only where a batch ends."""

    path: Path
    cutter: _Cutter
    sequence: int = 0
    pending: list[pa.RecordBatch] = field(default_factory=list)
    pending_bytes: int = 0
    file: Any = None

    def add(self, rows: pa.RecordBatch, operation: str) -> None:
        """Take rows (key, fingerprint, quick, identity, message_id, call) into the plan."""
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
            **{name: part.column(name) for name in ("key", "fingerprint", "quick", "identity", "message_id", "call")},
            "batch": pa.repeat(pa.scalar(number, pa.int32()), count),
        }
        self.sequence += count
        return pa.RecordBatch.from_pydict(columns)

    def flush(self) -> None:
        """Write what is pending as one row group."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not self.pending:
            return
        table = pa.Table.from_batches(self.pending).combine_chunks()
        if self.file is None:
            self.file = pq.ParquetWriter(
                self.path, table.schema, compression="lz4", use_dictionary=["operation"], write_statistics=False
            )
        self.file.write_table(table, row_group_size=table.num_rows)
        self.pending, self.pending_bytes = [], 0


def write_plan(
    connection: duckdb.DuckDBPyConnection,
    position: int,
    delivery: str,
    folder: Path,
    name: str,
    limits: Limits,
    *,
    deletes: str | None = None,
    staged: bool = True,
) -> PlanFile | None:
    """Write the plan of the destination at `position` durably; None where there is nothing to send.

    `deletes` is SQL for the calls that remove rows (see `deletion_sql`). Without `staged`, only rows of
    `retry_<position>` are sent (a replay).
    """
    temporary = folder / f"{name}.tmp"
    writer = _Writer(temporary, _Cutter(limits.batch_calls, limits.batch_bytes - 32))
    sources = [("send", _staged_rows(position))] if staged else []
    sources.append(
        ("send", f"SELECT key, fingerprint, NULL::UBIGINT AS quick, identity, message_id, call FROM retry_{position}")
    )
    if deletes:
        sources.append(("delete", deletes))
    try:
        for operation, rows in sources:
            if operation == "delete":
                writer.cutter.close()
            for batch in _with_ids(connection, rows, delivery, operation):
                writer.add(batch, operation)
        writer.flush()
    finally:
        if writer.file is not None:
            writer.file.close()
    if writer.sequence == 0:
        return None
    digest, size = file_digest(temporary)
    durable(temporary, folder / name)
    return PlanFile(path=folder / name, size=size, digest=digest, calls=writer.sequence, batches=writer.cutter.batches)


def _staged_rows(position: int) -> str:
    return f"SELECT key, fingerprint, quick, identity, message_id, call FROM stage WHERE state_{position} IN ({ADDED}, {CHANGED})"


def _with_ids(
    connection: duckdb.DuckDBPyConnection, rows: str, delivery: str, operation: str
) -> Iterator[pa.RecordBatch]:
    """Give the rows with their messageIds, and calls as they go out."""
    own = f"md5(concat('{delivery}', '{operation}', key::VARCHAR, fingerprint::VARCHAR))"
    query = (
        f"SELECT key, fingerprint, quick, identity, message_id, {_SENT_CALL} AS call FROM "
        f"(SELECT * REPLACE (coalesce(message_id, {own}) AS message_id) FROM ({rows}))"
    )
    yield from connection.sql(query).to_arrow_reader(65_536)


def deletion_sql(template: Mapping[str, Any], position: int, calls: str | None) -> str:
    """Give SQL for the calls that remove the rows of `removed_<position>`, as a destination's template says.

    `calls` is the ledger's SQL for its calls as acknowledged; it must be there, for it holds the identities. A row that
    lacks the template's userId is left out: the destination could not tell who it is.
    """
    source = "coalesce(acknowledged, identity)::JSON"

    def written(value: Any) -> str:
        if isinstance(value, Mapping):
            members = ", ".join(
                f"CASE WHEN {written(inner)} IS NULL THEN '' ELSE {quoted(',' + json.dumps(name) + ':')} || {written(inner)} END"
                for name, inner in value.items()
            )
            return f"concat('{{', substr(concat({members}), 2), '}}')" if value else "'{}'"
        if isinstance(value, str) and value.startswith("$."):
            path = quoted(value)
            return f"json_extract({source}, {path})::VARCHAR"
        return quoted(json.dumps(value))

    call = written(template)
    return (
        f"SELECT key, fingerprint, NULL::UBIGINT AS quick, identity, NULL::VARCHAR AS message_id, {call} AS call FROM ("
        f"SELECT r.key, r.fingerprint, c.identity, c.call AS acknowledged FROM ({calls}) c "
        f"JOIN removed_{position} r USING (key, number)) WHERE json_extract({source}, '$.userId') IS NOT NULL"
    )


def read_batches(path: Path, skip: Callable[[int], bool]) -> Iterator[PlanBatch]:
    """Give the plan's batches in order, without those whose number `skip` says are done."""
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


def plan_rows(path: Path, batch: PlanBatch, sequences: Sequence[int]) -> list[dict[str, Any]]:
    """Give rows of a batch by their sequence: key and fingerprint as bytes, the call in canonical form (without its
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
