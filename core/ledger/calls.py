"""The calls of several segments put together: those rows that are wanted, copied batch by batch as they stand."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from core.ledger.hashes import hashes_of_keys

if TYPE_CHECKING:
    from core.ledger.index import Index

__all__ = ["CallsWriter"]

_ROWS = 8_192
"""So many rows are read at once, and make a row group: 4 MB or so."""


class CallsWriter:
    """Writes (operation, key, fingerprint, identity, message_id, call) to a Parquet file; a context manager."""

    def __init__(self, file: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        texts = ("identity", "message_id", "call")
        self._schema = pa.schema(
            [
                ("operation", pa.string()),
                ("key", pa.uuid()),
                ("fingerprint", pa.uuid()),
                *((name, pa.string()) for name in texts),
            ]
        )
        compression = {name: "zstd" if name in ("identity", "call") else "none" for name in self._schema.names}
        level = {name: 1 for name, kind in compression.items() if kind == "zstd"}
        self._writer: Any = pq.ParquetWriter(
            file,
            self._schema,
            compression=compression,
            compression_level=level,
            use_dictionary=["operation"],
            write_statistics=False,
        )

    def copy(self, file: Path, wanted: Index) -> None:
        """Copy the rows whose key is in the index (core.ledger.hashes.sorted_keys) and that are no deletes."""
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        with pq.ParquetFile(file) as source:
            for batch in source.iter_batches(_ROWS, columns=self._schema.names):
                table = pa.Table.from_batches([batch]).cast(self._schema)
                found = pa.array(wanted.is_there(wanted.find(hashes_of_keys(table.column("key").combine_chunks()))))
                chosen = table.filter(pc.and_(found, pc.not_equal(table.column("operation"), "delete")))
                if len(chosen):
                    self._writer.write_table(chosen)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._writer.close()
