"""The local ledger: immutable Parquet segments in a folder, listed in the store's manifest.

A segment is two files (core.ledger.segments). `<name>.keys.parquet` holds key, fingerprint and two fast hashes of the row's
columns (`quick` and `quick_id`, see core.ledger.index), 44 bytes a row in the order of the first hash: all that a comparison
reads, and the truth of what was acknowledged. `<name>.calls.parquet` holds identities and calls; it is read only where old
values are asked for, so a run in which little changed does not read them. It is the delivery's plan itself, kept (a hard
link): what was rejected of it is told apart by the keys. Event ledgers, which need no old values, have no second file. A
fingerprint of NULL marks a removed row.

A base holds everything; deltas follow, the later one wins. Files are durable before the transaction that ends the delivery
lists them. A file that no manifest lists is garbage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.duckdb_helpers import count, digests, fill, quoted
from core.errors import StateError
from core.ledger.calls import CallsWriter
from core.ledger.hashes import fetched, sorted_hashes, sorted_keys, with_end
from core.ledger.index import Index
from core.ledger.segments import SegmentFiles, check_file, unreadable, write_segment
from core.own_folder import part_file

if TYPE_CHECKING:
    import duckdb

    from core.store import Store

__all__ = ["MESSAGE_ID_LENGTH", "NO_FINGERPRINT", "LocalLedger"]

MESSAGE_ID_LENGTH = len('{"messageId":"') + 32 + len('",')
"""The characters that a messageId of ours adds at the front of a canonical call, its opening brace included."""

NO_FINGERPRINT = "UUID '00000000-0000-0000-0000-000000000000'"
"""The fingerprint of events whose key is the whole row."""

_NO_ROWS = (
    "SELECT NULL::UUID AS key, NULL::UUID AS fingerprint, NULL::UBIGINT AS quick, NULL::UINTEGER AS quick_id, "
    "NULL::INTEGER AS number WHERE false"
)

_MOST_DELTAS = 16
_FEWEST_MERGED = 2


class LocalLedger:
    """The segments of one ledger. Methods that take a DuckDB connection run there."""

    def __init__(self, store: Store, folder: Path, ledger: str) -> None:
        self.store = store
        self.folder = folder
        self.ledger = ledger

    def load(
        self, connection: duckdb.DuckDBPyConnection, table: str, segments: Sequence[Mapping[str, Any]] | None = None
    ) -> int:
        """Make the temporary table `table` (key, fingerprint, quick, quick_id, number) of all rows acknowledged; say how many.

        `number` is that of the segment which holds the row's latest version. `segments` are the current ones, unless an
        earlier state is asked for (`before`).
        """
        segments = self._segments() if segments is None else segments
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} "
            "(key UUID, fingerprint UUID, quick UBIGINT, quick_id UINTEGER, number INTEGER)"
        )
        if segments:
            for segment in segments:
                self._check(segment, "keys")
            connection.execute(f"INSERT INTO {table} {self._latest(segments)}")
        return count(connection, f"SELECT count(*) FROM {table}")

    def know(self, connection: duckdb.DuckDBPyConnection, table: str, keys: str) -> int:
        """Make the table `table`, as `load` does, of the rows that are among `keys` (SQL); say how many are known in all.

        The files are read once, and what is not asked for is not kept. They have to be `check_keys`-ed before.
        """
        first, *deltas = self._segments() or (None,)
        if first is None:
            return self.load(connection, table)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE later AS {self._latest_of_deltas(deltas)}")
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE earlier AS SELECT * FROM ({self._rows(first)}) first
            SEMI JOIN (SELECT key FROM later UNION ALL {keys}) asked USING (key)
        """)
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE {table} AS
            SELECT * FROM (FROM later UNION ALL (FROM earlier ANTI JOIN later USING (key))) latest
            SEMI JOIN ({keys}) asked USING (key) WHERE fingerprint IS NOT NULL
        """)
        replaced = count(connection, "SELECT count(*) FROM earlier SEMI JOIN later USING (key)")
        added = count(connection, "SELECT count(fingerprint) FROM later")
        connection.execute("DROP TABLE earlier")
        connection.execute("DROP TABLE later")
        return int(first["rows"]) - replaced + added

    def index(self, connection: duckdb.DuckDBPyConnection, judged: Sequence[bytes] = ()) -> Index | None:
        """Return an index of all rows but those with the keys `judged`; None where nothing is acknowledged yet.

        The files have to be `check_keys`-ed before.
        """
        first, *deltas = self._segments() or (None,)
        if first is None:
            return None
        file = part_file(self.folder, first["keys"])
        try:
            parts = [sorted_hashes(file)]
        except OSError as error:
            raise unreadable(file, error) from error
        hashes = "SELECT quick, quick_id FROM ({}) WHERE quick IS NOT NULL AND quick_id IS NOT NULL ORDER BY quick"
        replaced = None
        if deltas:
            connection.execute(f"CREATE OR REPLACE TEMP TABLE later AS {self._latest_of_deltas(deltas)}")
            parts.append(with_end(fetched(connection, hashes.format("FROM later WHERE fingerprint IS NOT NULL"))))
            both = f"FROM ({self._rows(first)}) first SEMI JOIN later USING (key)"
            replaced = fetched(connection, hashes.format(both))
        index = Index(parts, replaced)
        if judged:
            fill(connection, "judged", {"key": digests(judged)})
            whole = f"FROM ({self._latest(self._segments())}) latest SEMI JOIN judged USING (key)"
            index.leave_out(fetched(connection, hashes.format(whole)))
        return index

    def latest(self) -> str:
        """Return SQL for all rows that are known, as `load` makes them."""
        segments = self._segments()
        return self._latest(segments) if segments else ""

    def listed_rows(self) -> int:
        """Return how many rows the files have: those that are known, at the most."""
        return sum(segment["rows"] for segment in self._segments())

    def check_keys(self) -> None:
        """Raise StateError where a file that a comparison reads is missing, or not what was written."""
        for segment in self._segments():
            self._check(segment, "keys")

    def calls(self, segments: Sequence[Mapping[str, Any]] | None = None) -> str | None:
        """Return SQL for rows (key, number, identity, call, assumed); None where the ledger keeps none.

        `number` is the segment's; `assumed` rows weremarked as delivered without a call (a baseline). Older and rejected
        versions are among them: join by key and number with what `load` gave, and let what `load` gave be the right side,
        from which DuckDB builds its hash table.
        """
        segments = [segment for segment in segments or self._segments() if segment["calls"]]
        for segment in segments:
            self._check(segment, "calls")
        call = f"CASE WHEN message_id IS NULL THEN call ELSE '{{' || substr(call, {MESSAGE_ID_LENGTH + 1}) END"
        parts = [
            f"SELECT key, {segment['number']} AS number, identity, {call} AS call, operation = 'assume' AS assumed "
            f"FROM read_parquet({self._quoted(segment['calls'])}) WHERE operation <> 'delete'"
            for segment in segments
        ]
        return " UNION ALL ".join(parts) or None

    def before(self, delivery: str) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]] | None:
        """Return a delivery's own segment and those that were the ledger before it; None where they are not kept any more.

        Segments that a compaction has replaced stay a day, so the state before an older delivery is gone then.
        """
        ever = [dict(row) for row in self.store.rows("segments_ever", ledger=self.ledger)]
        own = next((each for each in ever if each["keys"].endswith(f".{delivery}.keys.parquet")), None)
        if own is None:
            return None
        if own["retired"] is None:  # what is listed before it is all that there was, some of it put together
            found = [each for each in ever if each["retired"] is None and each["number"] < own["number"]]
            return (own, () if own["base"] else found) if found or own["base"] else None
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
        """Write a segment durably into the ledger's folder, as `write_segment` says; it is not yet in the manifest."""
        return write_segment(connection, self.folder, name, keys, calls=calls, known=known, base=base)

    def is_empty(self) -> bool:
        """Return whether no segment is listed yet: the first one is a base."""
        return not self._segments()

    def should_compact(self) -> bool:
        """Return whether the deltas have grown to half of the base, or are many."""
        segments = self._segments()
        base = sum(segment["rows"] for segment in segments if segment["base"])
        deltas = [segment["rows"] for segment in segments if not segment["base"]]
        return len(deltas) > _MOST_DELTAS or (len(deltas) > 1 and sum(deltas) > max(base / 2, 1000))

    def compact(self, connection: duckdb.DuckDBPyConnection, name: str, now: float) -> None:
        """Replace the deltas by one; where they have grown to half of the base, replace all segments by a new base.

        The replaced ones stay listed as retired, and on disk, for a day.
        """
        base, *deltas = self._segments()
        is_base = len(deltas) < _FEWEST_MERGED or sum(segment["rows"] for segment in deltas) > base["rows"] / 2
        self.check_keys()
        replaced = [base, *deltas] if is_base else deltas
        latest = self._latest(replaced) if is_base else self._latest_of_deltas(deltas)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE compacting AS {latest}")
        files = self._rewritten(connection, name, replaced, base=is_base)
        with self.store.transaction():
            self.store.do("retire_segments", ledger=self.ledger, first=replaced[0]["number"], now=now)
            self.store.do("insert_segment", ledger=self.ledger, created=now, **files.columns())

    def erase(self, connection: duckdb.DuckDBPyConnection, name: str, keys: str, now: float) -> None:
        """Replace all segments, those that are retired too, by one base without the `keys` (SQL for a column of them).

        The replaced files are listed no more: whoever collects garbage removes them.
        """
        self.load(connection, "compacting")
        connection.execute(f"DELETE FROM compacting WHERE key IN ({keys})")
        files = self._rewritten(connection, name, self._segments(), base=True)
        with self.store.transaction():
            self.store.do("delete_segments", ledger=self.ledger)
            self.store.do("insert_segment", ledger=self.ledger, created=now, **files.columns())

    def _rewritten(
        self, connection: duckdb.DuckDBPyConnection, name: str, segments: Sequence[Mapping[str, Any]], *, base: bool
    ) -> SegmentFiles:
        """Write the rows of the table `compacting` as one segment, with their calls, which are in these segments."""
        kept = self._merged_calls(connection, name, [segment for segment in segments if segment["calls"]])
        rows = "SELECT key, fingerprint, quick, quick_id FROM compacting"
        files = self.write(connection, name, rows, calls=kept, base=base)
        connection.execute("DROP TABLE compacting")
        if kept:
            kept.unlink()
        return files

    def _merged_calls(
        self, connection: duckdb.DuckDBPyConnection, name: str, segments: Sequence[Mapping[str, Any]]
    ) -> Path | None:
        """Copy the calls of the rows in `compacting` into one file, in bounded memory; None where there are none.

        A join would hold the rows: DuckDB needs 450 MB for ten million of them.
        """
        if not segments:
            return None
        target = self.folder / f"{name}.plan.parquet.tmp"
        try:
            with CallsWriter(target) as writer:
                for segment in segments:
                    self._check(segment, "calls")
                    own = f"(FROM compacting WHERE number = {segment['number']} AND fingerprint IS NOT NULL)"
                    wanted = Index([sorted_keys(connection, own, count(connection, f"SELECT count(*) FROM {own}"))])
                    writer.copy(part_file(self.folder, segment["calls"]), wanted)
        except BaseException as error:
            target.unlink(missing_ok=True)
            if not isinstance(error, OSError):
                raise
            raise StateError.unwritable(
                "A ledger segment", str(target), error.strerror or type(error).__name__
            ) from error
        return target

    def check(self) -> None:
        """Raise StateError where a file of the current segments is missing, or not what was written."""
        self.calls()
        self.check_keys()

    def keys_of(self, segment: Mapping[str, Any]) -> str:
        """Return SQL for the rows of one segment, as `load` makes them. Raises StateError where it is damaged."""
        self._check(segment, "keys")
        return self._rows(segment)

    def _segments(self) -> Sequence[Any]:
        return self.store.rows("segments", ledger=self.ledger)

    def _rows(self, segment: Mapping[str, Any]) -> str:
        """Return SQL for (key, fingerprint, quick, quick_id, number) of one segment; one of an older Backhaul has no quick_id."""
        file = self._quoted(segment["keys"])
        return (
            f"SELECT key, fingerprint, quick, quick_id, {segment['number']}::INTEGER AS number FROM (FROM read_parquet({file}) "
            "UNION ALL BY NAME SELECT NULL::UINTEGER AS quick_id WHERE false)"
        )

    def _latest_of_deltas(self, deltas: Sequence[Mapping[str, Any]]) -> str:
        """Return SQL for the latest version of each key in later segments, removed rows among them (without a fingerprint)."""
        if not deltas:
            return _NO_ROWS
        rows = " UNION ALL ".join(self._rows(segment) for segment in deltas)
        return f"SELECT * FROM ({rows}) QUALIFY row_number() OVER (PARTITION BY key ORDER BY number DESC) = 1"

    def _latest(self, segments: Sequence[Mapping[str, Any]]) -> str:
        """Return SQL for the rows of all segments, the latest of each key, without removed ones.

        The first segment is the large one, so the deltas are settled among themselves and then take its rows' place.
        """
        first, *deltas = segments
        if not deltas:
            return f"SELECT * FROM ({self._rows(first)}) WHERE fingerprint IS NOT NULL"
        return (
            f"WITH deltas AS MATERIALIZED ({self._latest_of_deltas(deltas)}) "
            "SELECT * FROM deltas WHERE fingerprint IS NOT NULL UNION ALL "
            f"SELECT * FROM ({self._rows(first)}) first "
            "WHERE fingerprint IS NOT NULL AND NOT EXISTS (SELECT 1 FROM deltas WHERE deltas.key = first.key)"
        )

    def _check(self, segment: Mapping[str, Any], what: str) -> None:
        """Refuse a segment whose file of `keys` or `calls` is missing or is not what was written."""
        check_file(part_file(self.folder, segment[what]), segment[f"{what}_bytes"], segment[f"{what}_digest"])

    def _quoted(self, name: str) -> str:
        return quoted(str(part_file(self.folder, name)))
