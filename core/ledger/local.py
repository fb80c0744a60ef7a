"""The local ledger: immutable Parquet segments in a folder, listed in the store's manifest.

A segment is two files. `<name>.keys.parquet` holds key and fingerprint, 32 bytes a row: all that a comparison reads.
`<name>.calls.parquet` holds key, identity and the call as acknowledged; it is read only where old values are asked for,
so a run in which little changed does not read them (a reason to depart from one file a segment). Event ledgers have no
second file. A fingerprint of NULL marks a removed row.

A base holds everything; deltas follow, the later one wins. Order of writes, which makes a crash harmless at any point:
files are written under a temporary name, synced, renamed, the folder synced; only then does the transaction that ends
the delivery list them. A file that no manifest lists is garbage. Each file's BLAKE2b digest is checked before it is
used: a damaged or missing segment is an error, never an empty ledger.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.embedded import count, quoted
from core.errors import StateError

if TYPE_CHECKING:
    import duckdb

    from core.store import Store

__all__ = ["LocalLedger", "SegmentFiles", "durable", "file_digest"]

NO_FINGERPRINT = "UUID '00000000-0000-0000-0000-000000000000'"
"""The fingerprint of events whose key is the whole row."""

_MOST_DELTAS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentFiles:
    """Files of a segment on disk, not yet in the manifest; the manifest's columns by name."""

    base: bool
    rows: int
    keys: str
    keys_bytes: int
    keys_digest: str
    calls: str | None = None
    calls_bytes: int | None = None
    calls_digest: str | None = None

    def columns(self) -> dict[str, Any]:
        """Give the values for the manifest's row."""
        return {name: getattr(self, name) for name in self.__slots__} | {"base": int(self.base)}


class LocalLedger:
    """The segments of one ledger. Methods that take a DuckDB connection run there."""

    def __init__(self, store: Store, folder: Path, ledger: str) -> None:
        self.store = store
        self.folder = folder
        self.ledger = ledger

    def load(self, connection: duckdb.DuckDBPyConnection, table: str) -> int:
        """Make the temporary table `table` (key, fingerprint) of all rows acknowledged; give their number."""
        segments = self._segments()
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} (key UUID, fingerprint UUID)")
        if segments:
            for segment in segments:
                self._check(segment["keys"], segment["keys_bytes"], segment["keys_digest"])
            connection.execute(f"INSERT INTO {table} {self._latest(segments, ('key', 'fingerprint'))}")
        return count(connection, f"SELECT count(*) FROM {table}")

    def calls(self) -> str | None:
        """Give SQL for the rows (key, identity, call) as acknowledged; None where the ledger keeps none.

        Rows that were removed since are still in there: join with what `load` gave.
        """
        segments = [segment for segment in self._segments() if segment["calls"]]
        for segment in segments:
            self._check(segment["calls"], segment["calls_bytes"], segment["calls_digest"])
        if not segments:
            return None
        parts = [
            f"SELECT key, identity, call, {segment['number']} AS number FROM read_parquet({self._quoted(segment['calls'])})"
            for segment in segments
        ]
        if len(parts) == 1:
            return f"SELECT key, identity, call FROM ({parts[0]})"
        return (
            f"SELECT key, identity, call FROM ({' UNION ALL '.join(parts)}) "
            "QUALIFY row_number() OVER (PARTITION BY key ORDER BY number DESC) = 1"
        )

    def write(
        self, connection: duckdb.DuckDBPyConnection, name: str, rows: str, *, calls: bool, base: bool = False
    ) -> SegmentFiles:
        """Write a segment from SQL `rows` (key, fingerprint, identity, call), durably; it is not yet in the manifest."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        keys = self._write_file(connection, f"{name}.keys.parquet", f"SELECT key, fingerprint FROM ({rows})")
        rows_written = count(connection, f"SELECT count(*) FROM read_parquet({self._quoted(keys[0])})")
        second: dict[str, Any] = {}
        if calls:
            written = self._write_file(
                connection,
                f"{name}.calls.parquet",
                f"SELECT key, identity, call FROM ({rows}) WHERE fingerprint IS NOT NULL",
            )
            second = dict(zip(("calls", "calls_bytes", "calls_digest"), written, strict=True))
        return SegmentFiles(
            base=base,
            rows=rows_written,
            keys=keys[0],
            keys_bytes=keys[1],
            keys_digest=keys[2],
            **second,
        )

    def should_compact(self) -> bool:
        """Say whether the deltas have grown to half of the base, or are many."""
        segments = self._segments()
        base = sum(segment["rows"] for segment in segments if segment["base"])
        deltas = [segment["rows"] for segment in segments if not segment["base"]]
        return len(deltas) > _MOST_DELTAS or (len(deltas) > 1 and sum(deltas) > max(base / 2, 1000))

    def compact(self, connection: duckdb.DuckDBPyConnection, name: str, now: float) -> None:
        """Replace all segments by one base. The replaced ones stay listed as retired, and on disk, for a day."""
        self.load(connection, "compacting")
        calls = self.calls()
        rows = "SELECT key, fingerprint, NULL AS identity, NULL AS call FROM compacting"
        if calls:
            rows = (
                f"SELECT c.key, c.fingerprint, p.identity, p.call FROM compacting c LEFT JOIN ({calls}) p USING (key)"
            )
        files = self.write(connection, name, rows, calls=calls is not None, base=True)
        connection.execute("DROP TABLE compacting")
        with self.store.transaction():
            self.store.do("retire_segments", ledger=self.ledger, now=now)
            self.store.do("insert_segment", ledger=self.ledger, created=now, **files.columns())

    def _segments(self) -> Sequence[Any]:
        return self.store.rows("segments", ledger=self.ledger)

    def _latest(self, segments: Sequence[Any], columns: tuple[str, ...]) -> str:
        """Give SQL for the rows of all segments, the latest of each key, without removed ones."""
        names = ", ".join(columns)
        newest_first = list(reversed(segments))
        if len(segments) == 1:
            return (
                f"SELECT {names} FROM read_parquet({self._quoted(segments[0]['keys'])}) WHERE fingerprint IS NOT NULL"
            )
        oldest = newest_first.pop()
        deltas = " UNION ALL ".join(
            f"SELECT {names}, {segment['number']} AS number FROM read_parquet({self._quoted(segment['keys'])})"
            for segment in newest_first
        )
        return (
            f"WITH deltas AS MATERIALIZED (SELECT {names} FROM ({deltas}) "
            "QUALIFY row_number() OVER (PARTITION BY key ORDER BY number DESC) = 1) "
            f"SELECT {names} FROM deltas WHERE fingerprint IS NOT NULL UNION ALL "
            f"SELECT {names} FROM read_parquet({self._quoted(oldest['keys'])}) first "
            "WHERE fingerprint IS NOT NULL AND NOT EXISTS (SELECT 1 FROM deltas WHERE deltas.key = first.key)"
        )

    def _write_file(self, connection: duckdb.DuckDBPyConnection, name: str, rows: str) -> tuple[str, int, str]:
        """Write one Parquet file durably; give its name, its size in bytes and its digest."""
        temporary = self.folder / f"{name}.tmp"
        target = quoted(str(temporary))
        connection.execute(f"COPY ({rows}) TO {target} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)")
        digest, size = file_digest(temporary)
        durable(temporary, self.folder / name)
        return name, size, digest

    def _check(self, name: str, size: int, digest: str) -> None:
        """Refuse a segment file that is missing or is not what was written."""
        file = self.folder / name
        remedy = (
            "Restore the .backhaul folder from a backup, or run with --full-refresh after moving the ledger away: "
            "everything is then sent again."
        )
        try:
            found, found_size = file_digest(file)
        except FileNotFoundError as error:
            raise StateError("A ledger segment is missing where it was.", where=str(file), remedy=remedy) from error
        if found_size != size or found != digest:
            raise StateError("A ledger segment is damaged: it is not what was written.", where=str(file), remedy=remedy)

    def _quoted(self, name: str) -> str:
        return quoted(str(self.folder / name))


def file_digest(file: Path) -> tuple[str, int]:
    """Give the BLAKE2b-128 digest of a file, and its size in bytes."""
    with file.open("rb") as handle:
        digest = hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=16))
        return digest.hexdigest(), handle.tell()


def durable(temporary: Path, final: Path) -> None:
    """Sync a written file, give it its final name, and sync the folder: after this it survives a power cut."""
    handle = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    temporary.replace(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
