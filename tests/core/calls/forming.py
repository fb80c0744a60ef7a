"""Writes rows of any type in the canonical form, here or for another process.

`python -m tests.core.calls.forming` answers tables (Arrow's stream format, each behind its length in four bytes) on its
standard input with what it wrote of them (a JSON list, behind its length) until there are no more.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import BinaryIO

import duckdb
import pyarrow as pa

from core.calls import canonical
from core.calls.canonical import kind_of_arrow
from tests.core.calls.mapping import connect

__all__ = ["formed", "read_part", "stream_of", "write_part"]


def formed(connection: duckdb.DuckDBPyConnection, table: pa.Table, *, rows: int = 1_000_000) -> list[str | None]:
    """Return what the form makes of the column `value`, by the column `row`, which comes in batches of so many `rows`."""

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, table.num_rows, rows):  # copies: DuckDB refuses slices of nested structs
            yield from table.take(list(range(start, min(start + rows, table.num_rows)))).combine_chunks().to_batches()

    arrow = table.schema.field("value").type
    kind = kind_of_arrow(arrow)
    text = canonical.json_value(kind, arrow, "value", timezone="Europe/Berlin")
    fault = canonical.fault(kind, arrow, "value", timezone="Europe/Berlin") or "NULL"
    connection.register("incoming", pa.RecordBatchReader.from_batches(table.schema, batches()))
    found = connection.execute(f"""
        SELECT row, coalesce(fault, text || fingerprint_of(text)::VARCHAR) FROM (
            SELECT row, {fault} AS fault, CASE WHEN {fault} IS NULL THEN {text} END AS text FROM incoming
        )
    """).fetchall()
    connection.unregister("incoming")
    assert len(found) == table.num_rows
    return [text for _, text in sorted(found, key=lambda pair: pair[0])]


def stream_of(table: pa.Table) -> bytes:
    """Return a table in Arrow's stream format."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def write_part(pipe: BinaryIO, content: bytes) -> None:
    pipe.write(len(content).to_bytes(4, "big") + content)
    pipe.flush()


def read_part(pipe: BinaryIO) -> bytes:
    """Read what `write_part` wrote; nothing at the end."""
    return pipe.read(int.from_bytes(pipe.read(4), "big"))


if __name__ == "__main__":
    with connect(3) as engine:
        while part := read_part(sys.stdin.buffer):
            answer = formed(engine, pa.ipc.open_stream(part).read_all(), rows=2)
            write_part(sys.stdout.buffer, json.dumps(answer).encode())
