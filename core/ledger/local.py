"""The local ledger: immutable Parquet segments in a folder, listed in the store's manifest.

A segment is two files. `<name>.keys.parquet` holds key, fingerprint and the fast hash of the row's columns, 40 bytes a
row: all that a comparison reads, and the truth of what was acknowledged. `<name>.calls.parquet` holds identities and
calls; it is read only where old values are asked for, so a run in which little changed does not read them. It is the
delivery's plan itself, kept (a hard link): what was rejected of it is told apart by the keys. Event ledgers, which need
no old values, have no second file. A fingerprint of NULL marks a removed row.

A base holds everything; deltas follow, the later one wins. Order of writes, which makes a crash harmless at any point:
files are written under a temporary name, synced, renamed, the folder synced; only then does the transaction that ends
the delivery list them. A file that no manifest lists is garbage. Each file's BLAKE2b digest is checked before it is
used: a damaged or missing segment is an error, never an empty ledger.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.embedded import count, quoted
from core.errors import StateError

if TYPE_CHECKING:
    import duckdb

    from core.store import Store

__all__ = ["MESSAGE_ID_LENGTH", "QUARANTINE", "LocalLedger", "SegmentFiles", "durable", "file_digest", "missing"]

QUARANTINE = "quarantine"
"""The folder of damaged files, beside those of the ledger and the plans."""

MESSAGE_ID_LENGTH = len('{"messageId":"') + 32 + len('",')
"""The characters that a messageId of ours adds at the front of a canonical call, its opening brace included."""

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

    def load(
        self, connection: duckdb.DuckDBPyConnection, table: str, segments: Sequence[Mapping[str, Any]] | None = None
    ) -> int:
        """Make the temporary table `table` (key, fingerprint, quick, number) of all rows acknowledged; say how many.

        `number` is that of the segment which holds the row's latest version. `segments` are the current ones, unless an
        earlier state is asked for (`before`).
        """
        segments = self._segments() if segments is None else segments
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} (key UUID, fingerprint UUID, quick UBIGINT, number INTEGER)"
        )
        if segments:
            for segment in segments:
                self._check(segment["keys"], segment["keys_bytes"], segment["keys_digest"])
            connection.execute(f"INSERT INTO {table} {self._latest(segments)}")
        return count(connection, f"SELECT count(*) FROM {table}")

    def calls(self, segments: Sequence[Mapping[str, Any]] | None = None) -> str | None:
        """Give SQL for rows (key, number, identity, call, assumed); None where the ledger keeps none.

        `number` is the segment's; `assumed` rows were taken for delivered without a call (a baseline). Older and rejected versions are among them: join by key and number with what `load`
        gave, and let what `load` gave be the right side, from which DuckDB builds its hash table.
        """
        segments = [segment for segment in segments or self._segments() if segment["calls"]]
        for segment in segments:
            self._check(segment["calls"], segment["calls_bytes"], segment["calls_digest"])
        call = f"CASE WHEN message_id IS NULL THEN call ELSE '{{' || substr(call, {MESSAGE_ID_LENGTH + 1}) END"
        parts = [
            f"SELECT key, {segment['number']} AS number, identity, {call} AS call, operation = 'assume' AS assumed "
            f"FROM read_parquet({self._quoted(segment['calls'])}) WHERE operation <> 'delete'"
            for segment in segments
        ]
        return " UNION ALL ".join(parts) or None

    def before(self, delivery: str) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]] | None:
        """Give a delivery's own segment and those that were the ledger before it; None where they are not kept any more.

        Segments that a compaction has replaced stay a day, so the state before an older delivery is gone then.
        """
        ever = [dict(row) for row in self.store.rows("segments_ever", ledger=self.ledger)]
        own = next((each for each in ever if each["keys"].endswith(f".{delivery}.keys.parquet")), None)
        if own is None:
            return None
        earlier = [each for each in ever if each["number"] < own["number"]]
        start = max((each["number"] for each in earlier if each["base"]), default=own["number"])
        found = [each for each in earlier if each["number"] >= start]
        is_whole = bool(own["base"]) or [each["number"] for each in found] == list(range(start, own["number"]))
        return (own, () if own["base"] else found) if is_whole and (found or own["base"]) else None

    def write(
        self,
        connection: duckdb.DuckDBPyConnection,
        name: str,
        keys: str,
        *,
        calls: Path | None = None,
        known: tuple[int, str] | None = None,
        base: bool = False,
    ) -> SegmentFiles:
        """Write a segment durably; it is not yet in the manifest.

        `keys` is SQL for (key, fingerprint, quick); `calls` the file of a plan that is kept as the
        segment's calls, `known` its size in bytes and digest where they are known.
        """
        self.folder.mkdir(mode=0o700, exist_ok=True)
        written = self._write_file(connection, f"{name}.keys.parquet", keys)
        rows = count(connection, f"SELECT count(*) FROM read_parquet({self._quoted(written[0])})")
        second: dict[str, Any] = {}
        if calls:
            kept = self._keep(calls, f"{name}.calls.parquet", known)
            second = dict(zip(("calls", "calls_bytes", "calls_digest"), kept, strict=True))
        return SegmentFiles(
            base=base, rows=rows, keys=written[0], keys_bytes=written[1], keys_digest=written[2], **second
        )

    def _keep(self, plan: Path, name: str, known: tuple[int, str] | None) -> tuple[str, int, str]:
        """Give a plan a second name in the ledger's folder, or copy it where the disk has no hard links."""
        target = self.folder / name
        target.unlink(missing_ok=True)
        try:
            target.hardlink_to(plan)
        except OSError:
            temporary = self.folder / f"{name}.tmp"
            shutil.copyfile(plan, temporary)
            durable(temporary, target)
        durable(target, target)
        if known is None:
            digest, size = file_digest(target)
            known = size, digest
        return name, *known

    def is_empty(self) -> bool:
        """Say whether no segment is listed yet: the first one is a base."""
        return not self._segments()

    def should_compact(self) -> bool:
        """Say whether the deltas have grown to half of the base, or are many."""
        segments = self._segments()
        base = sum(segment["rows"] for segment in segments if segment["base"])
        deltas = [segment["rows"] for segment in segments if not segment["base"]]
        return len(deltas) > _MOST_DELTAS or (len(deltas) > 1 and sum(deltas) > max(base / 2, 1000))

    def compact(self, connection: duckdb.DuckDBPyConnection, name: str, now: float) -> None:
        """Replace all segments by one base. The replaced ones stay listed as retired, and on disk, for a day."""
        self.load(connection, "compacting")
        files = self._rewritten(connection, name)
        with self.store.transaction():
            self.store.do("retire_segments", ledger=self.ledger, now=now)
            self.store.do("insert_segment", ledger=self.ledger, created=now, **files.columns())

    def erase(self, connection: duckdb.DuckDBPyConnection, name: str, keys: str, now: float) -> None:
        """Replace all segments, those that are retired too, by one base without the `keys` (SQL for a column of them).

        The replaced files are listed no more: whoever collects garbage removes them.
        """
        self.load(connection, "compacting")
        connection.execute(f"DELETE FROM compacting WHERE key IN ({keys})")
        files = self._rewritten(connection, name)
        with self.store.transaction():
            self.store.do("delete_segments", ledger=self.ledger)
            self.store.do("insert_segment", ledger=self.ledger, created=now, **files.columns())

    def _rewritten(self, connection: duckdb.DuckDBPyConnection, name: str) -> SegmentFiles:
        """Write the rows of the table `compacting` as one base, with their calls."""
        calls = self.calls()
        kept: Path | None = None
        if calls:
            operation = "CASE WHEN assumed THEN 'assume' ELSE 'send' END AS operation"
            columns = f"{operation}, key, fingerprint, identity, NULL::VARCHAR AS message_id, call"
            rows = f"SELECT {columns} FROM ({calls}) JOIN compacting USING (key, number)"
            kept = self.folder / self._write_file(connection, f"{name}.plan.parquet", rows)[0]
        files = self.write(connection, name, "SELECT key, fingerprint, quick FROM compacting", calls=kept, base=True)
        connection.execute("DROP TABLE compacting")
        if kept:
            kept.unlink()
        return files

    def check(self) -> None:
        """Raise StateError where a file of the current segments is missing, or not what was written."""
        self.calls()
        for segment in self._segments():
            self._check(segment["keys"], segment["keys_bytes"], segment["keys_digest"])

    def keys_of(self, segment: Mapping[str, Any]) -> str:
        """Give SQL for the rows (key, fingerprint, quick) of one segment. Raises StateError where it is damaged."""
        self._check(segment["keys"], segment["keys_bytes"], segment["keys_digest"])
        return f"SELECT * FROM read_parquet({self._quoted(segment['keys'])})"

    def _segments(self) -> Sequence[Any]:
        return self.store.rows("segments", ledger=self.ledger)

    def _latest(self, segments: Sequence[Mapping[str, Any]]) -> str:
        """Give SQL for (key, fingerprint, quick, number) of all segments, the latest of each key, without removed ones.

        The first segment is the large one, so the deltas are settled among themselves and then take its rows' place.
        """
        first, *deltas = (
            f"SELECT key, fingerprint, quick, {segment['number']} AS number FROM read_parquet({self._quoted(segment['keys'])})"
            for segment in segments
        )
        if not deltas:
            return f"SELECT * FROM ({first}) WHERE fingerprint IS NOT NULL"
        return (
            f"WITH deltas AS MATERIALIZED (SELECT * FROM ({' UNION ALL '.join(deltas)}) "
            "QUALIFY row_number() OVER (PARTITION BY key ORDER BY number DESC) = 1) "
            "SELECT * FROM deltas WHERE fingerprint IS NOT NULL UNION ALL "
            f"SELECT * FROM ({first}) first "
            "WHERE fingerprint IS NOT NULL AND NOT EXISTS (SELECT 1 FROM deltas WHERE deltas.key = first.key)"
        )

    def _write_file(self, connection: duckdb.DuckDBPyConnection, name: str, rows: str) -> tuple[str, int, str]:
        """Write one Parquet file durably; give its name, its size in bytes and its digest."""
        temporary = self.folder / f"{name}.tmp"
        target = quoted(str(temporary))
        import duckdb

        try:
            connection.execute(f"COPY ({rows}) TO {target} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)")
            digest, size = file_digest(temporary)
            durable(temporary, self.folder / name)
        except (duckdb.IOException, OSError) as error:
            temporary.unlink(missing_ok=True)
            reason = "no space left on the disk" if "No space" in str(error) else type(error).__name__
            raise StateError.unwritable("A ledger segment", str(self.folder / name), reason) from error
        return name, size, digest

    def _check(self, name: str, size: int, digest: str) -> None:
        """Refuse a segment file that is missing or is not what was written."""
        file = self.folder / name
        remedy = (
            "Restore the .backhaul folder from a backup. Without one, `backhaul run SYNC --new-ledger` begins anew: all rows "
            "are then sent again, or with --baseline none."
        )
        try:
            found, found_size = file_digest(file)
        except FileNotFoundError as error:
            raise StateError(missing("A ledger segment", file), where=str(file), remedy=remedy) from error
        except OSError as error:
            raise StateError(
                f"A ledger segment cannot be read: {error.strerror}.", where=str(file), remedy=remedy
            ) from error
        if found_size != size or found != digest:
            message = "A ledger segment is damaged: it is not what was written."
            raise StateError(message, where=str(file), remedy=remedy, file=file)

    def _quoted(self, name: str) -> str:
        return quoted(str(self.folder / name))


def missing(what: str, file: Path) -> str:
    """Say that a state file is not where it was; a damaged one may have been set aside (core.sync.state)."""
    if (file.parent.parent / QUARANTINE / file.name).exists():
        return f"{what} is damaged; it was set aside in {QUARANTINE}/."
    return f"{what} is missing where it was."


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
    if temporary != final:
        temporary.replace(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
