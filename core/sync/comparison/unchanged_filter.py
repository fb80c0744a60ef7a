"""The sieve: of the rows of a result, those that surely are as all destinations have them are left behind.

It stands before the stage, and looks each row up in the indexes of the ledgers (core.ledger.index). What passes is mapped,
fingerprinted and compared by key. Most rows of most runs do not change, so most of the work is never done.

The first rows pass as they are: where a result is small (an incremental one), no index is made. A full query whose ledgers know
many rows has a large one: there the indexes are made while the warehouse still computes, and rows of all parts of the result pass,
for they tell of what kind the ids are. A row passes, too, that is equal to one that was left behind: its id is in two rows, which
has to be said. Rows that were refused before pass, so that what became of them is known. Removals ask for all keys that a result
has; those of rows that were left behind are the ledger's own. Only what they would have been known by before their person gained
a stronger id has to be kept of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.calls import canonical
from core.calls.mapper import Mapper
from core.duckdb_helpers import fill
from core.ledger import LocalLedger
from core.ledger.hashes import fetched
from core.sync.comparison.row_hashes import hashes_sql

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from core.ledger.index import Hashes, Index

__all__ = ["UnchangedFilter"]

PASSING = 20_000
"""So many rows pass before the index is made: to judge them costs less, and they tell of what kind the ids are."""

MANY = 10_000
"""From so many rows of each ledger on, on average, a full query's result is taken to be as large."""

TELLING, PLACES = 1_000, 8
"""So many rows pass of a result that is as large as the ledgers are: a run of them at each of so many places in it."""

_WORTH = 40
"""An index costs as much as judging one row for so many of the ledger's."""

_MEMORY = "60MB"

_FEW_RUNS = 64
"""So many runs of rows are copied; more are filtered, for which pyarrow.compute is imported (30 ms of a processor's time)."""


@dataclass(slots=True, kw_only=True)
class UnchangedFilter:
    """The sieve of one run. `judged` are the keys, ledger by ledger, of rows that always pass.

    `folder` is where its own DuckDB may spill (it hashes while the other one waits for its rows). `full` says that the
    query has no {{last_sync_time}}: then removals are looked for, and most rows are known. `left` is how many rows were left behind so far.
    """

    mapper: Mapper
    ledgers: Sequence[LocalLedger]
    judged: Sequence[Sequence[bytes]]
    folder: Path
    full: bool = True
    left: int = 0
    _came: int = 0
    _known: int | None = None
    _indexes: list[Index] | None = None
    _connection: Any = None
    _hashes: str = field(default="")

    def prepare(self, schema: pa.Schema) -> None:
        """Make the indexes now if they will surely be needed: the rows, of `schema`, are on their way."""
        import pyarrow as pa

        if self._is_large:  # what the first batch would wait for is done by one without rows
            self.sift(pa.RecordBatch.from_pylist([], schema=schema))

    def sift(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the rows of a batch that pass, in their order."""
        begin, self._came = self._came, self._came + batch.num_rows
        if not self.ledgers or (self._came <= self._few() and not self._is_large):
            return batch
        indexes = self._made(batch.schema)
        if not indexes:
            return batch
        self._connection.register("sifted", batch)
        try:
            passing = self._passing(begin, batch.num_rows)
            same = self._same(indexes, fetched(self._connection, f"SELECT {self._hashes} FROM sifted"), passing)
            self.left += int(same.sum())
            if self._keeps_weaker:
                self._keep_weaker(same)
        finally:
            self._connection.unregister("sifted")
        return batch if not same.any() else _chosen(batch, ~same)

    def was_left(self, position: int, hashes: Hashes) -> Any:
        """Say of rows of the ledger at `position` whether they were left behind."""
        import numpy as np

        if not self._indexes:
            return np.zeros(len(hashes[0]), np.bool_)
        index = self._indexes[position]
        return index.is_seen(index.find(hashes))

    def unseen(self, position: int) -> Hashes | None:
        """Return the hashes of the ledger's rows that were not left behind; None where no index was made."""
        return self._indexes[position].unseen() if self._indexes else None

    def weaker_keys(self) -> pa.Table | None:
        """Return the weaker keys of rows that were left behind, as one column `key`; None where none were kept."""
        if self._connection is None or not self._keeps_weaker:
            return None
        return self._connection.sql("SELECT DISTINCT key FROM weaker").to_arrow_table()

    def close(self) -> None:
        """Let go of the indexes and of the DuckDB that hashed."""
        self._indexes = []
        if self._connection is not None:
            self._connection.close()

    @property
    def _keeps_weaker(self) -> bool:
        return self.full and bool(self.mapper.weaker)

    @property
    def _is_large(self) -> bool:
        return self.full and bool(self.ledgers) and self._listed() >= MANY * len(self.ledgers)

    def _listed(self) -> int:
        """Return how many rows the ledgers have, together and at the most."""
        if self._known is None:
            self._known = sum(ledger.listed_rows() for ledger in self.ledgers)
        return self._known

    def _few(self) -> int:
        """Return how many rows are judged without an index, where the result is not known to be large."""
        return PASSING if self.full else PASSING + self._listed() // _WORTH

    def _passing(self, begin: int, rows: int) -> Any:
        """Say which rows of a batch, whose first is the result's row `begin`, pass whatever they are."""
        import numpy as np

        if not self._is_large:
            return slice(0, max(0, self._few() - begin))
        apart = self._listed() // len(self.ledgers) // PLACES
        return np.arange(begin, begin + rows) % apart < TELLING // PLACES

    def _same(self, indexes: Sequence[Index], hashes: Hashes, passing: Any) -> Any:
        """Say which rows stay behind: those that are free in every index, of equal ones the first, and none that are `passing`."""
        import numpy as np

        places = [index.find(hashes) for index in indexes]
        same = indexes[0].is_free(places[0])
        for index, found in zip(indexes[1:], places[1:], strict=True):
            same &= index.is_free(found)
        same[passing] = False
        chosen = np.flatnonzero(same)
        at = places[0][chosen]
        in_order = np.sort(at)
        if (in_order[1:] == in_order[:-1]).any():
            _, firsts = np.unique(at, return_index=True)
            same[:] = False
            same[chosen[firsts]] = True
            chosen = np.flatnonzero(same)
        for index, found in zip(indexes, places, strict=True):
            index.see(found[chosen])
        return same

    def _keep_weaker(self, same: Any) -> None:
        import pyarrow as pa

        fill(self._connection, "same", {"same": pa.array(same)})
        for identity in self.mapper.weaker:
            self._connection.execute(
                f"INSERT INTO weaker SELECT fingerprint_of({identity}) FROM "
                f"({self.mapper.prepared('sifted POSITIONAL JOIN same')}) WHERE same AND {identity} IS NOT NULL"
            )

    def _made(self, schema: pa.Schema) -> list[Index]:
        """Make the indexes when they are first needed; none where some destination knows no row yet."""
        if self._indexes is None:
            import duckdb

            self._connection: duckdb.DuckDBPyConnection = duckdb.connect(
                config={
                    "threads": 1,
                    "memory_limit": _MEMORY,
                    "temp_directory": str(self.folder),
                    "arrow_lossless_conversion": "true",
                }
            )
            if self._keeps_weaker:
                canonical.install(self._connection)
                self._connection.execute("CREATE TEMP TABLE weaker (key UUID)")
            self._hashes = hashes_sql(self.mapper, schema)
            found = [
                ledger.index(self._connection, judged) for ledger, judged in zip(self.ledgers, self.judged, strict=True)
            ]
            self._indexes = [index for index in found if index is not None]
            if len(self._indexes) < len(found):
                self._indexes = []
        return self._indexes


def _chosen(batch: pa.RecordBatch, chosen: Any) -> pa.RecordBatch:
    """Return some rows of a batch, as a copy."""
    import numpy as np
    import pyarrow as pa

    edges = np.flatnonzero(np.diff(chosen, prepend=False, append=False))
    if len(edges) > 2 * _FEW_RUNS:
        return batch.filter(pa.array(chosen))
    runs = [batch.slice(begin, end - begin) for begin, end in edges.reshape(-1, 2).tolist()]
    return pa.concat_batches(runs) if runs else batch.slice(0, 0)
