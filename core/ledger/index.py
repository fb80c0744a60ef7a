"""An index in memory over what a ledger has acknowledged: is this row, as it is now, there already?

A row is known by two fast hashes: `quick` over all of its columns, `quick_id` over those of its id (core.sync.comparison.row_hashes makes
both). The index holds them in arrays sorted by `quick`, with a table of where each prefix begins, and a mark of what was
seen of each row: 15 bytes a row in all, where DuckDB's hash table takes 60. A look-up costs about 50 ns. So the rows of a
result that did not change are told while they pass, and nothing is kept of them.

Both hashes together have 96 bits. That a ledger of ten million rows has those of a row that it does not hold has a chance
of 1 in 10^21; that a row has changed, and has the `quick` that it had, of 1 in 10^19. They only ever say that a row did
*not* change; all others are judged by key and fingerprint. Where two rows of a ledger share a `quick`, both are left out,
and judged like those.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = tuple[NDArray[np.uint64], NDArray[np.uint32]]
    """`quick` and `quick_id` of some rows."""

    Places = NDArray[np.int64]
    """Where rows are in an index; that of a row which is none, for those that are not there."""

__all__ = ["Index"]

_FREE, _SEEN, _LEFT_OUT, _NONE = range(4)
"""The marks: nothing was seen of a row yet; it came as it is here; it is judged by its fingerprint; there is no such row."""

_AT_ONCE = 1 << 16
"""So many prefixes are looked for at once when the table of where they begin is made."""


class Index:
    """The rows of one ledger by their hashes, in parts that have no row in common; one that is sorted is made faster.

    Each part has an end (core.ledger.hashes). The rows of the first that are `replaced` by others of a later one are not found.
    """

    def __init__(self, parts: Sequence[Hashes], replaced: Hashes | None = None) -> None:
        import numpy as np

        self._parts = [_Part(*hashes) for hashes in parts]
        self._marks = np.concatenate([part.marks() for part in self._parts])
        if replaced is not None:
            self._marks[self._parts[0].find(*replaced)] = _NONE

    def find(self, hashes: Hashes) -> Places:
        """Return the places of rows."""
        import numpy as np

        quick, quick_id = hashes
        places = self._parts[0].find(quick, quick_id)
        for begin, part in [*self._with_begins()][1:]:
            missing = np.flatnonzero(self._marks[places] == _NONE)
            places[missing] = part.find(quick[missing], quick_id[missing]) + begin
        return places

    def is_there(self, places: Places) -> NDArray[np.bool_]:
        """Say of which places there is a row, whatever was seen of it."""
        found: NDArray[np.bool_] = self._marks[places] != _NONE
        return found

    def is_free(self, places: Places) -> NDArray[np.bool_]:
        """Say of which places there is a row that was not seen yet."""
        found: NDArray[np.bool_] = self._marks[places] == _FREE
        return found

    def is_seen(self, places: Places) -> NDArray[np.bool_]:
        """Say of which places the row was seen."""
        found: NDArray[np.bool_] = self._marks[places] == _SEEN
        return found

    def see(self, places: Places) -> None:
        """Take note that these rows came."""
        self._marks[places] = _SEEN

    def leave_out(self, hashes: Hashes) -> None:
        """Let rows be judged by their fingerprint."""
        places = self.find(hashes)
        self._marks[places[self._marks[places] != _NONE]] = _LEFT_OUT

    def unseen(self) -> Hashes:
        """Return the hashes of all rows that were not seen, those that were left out among them."""
        import numpy as np

        quicks, ids = [], []
        for begin, part in self._with_begins():
            marks = self._marks[begin : begin + len(part)]
            chosen = (marks == _FREE) | (marks == _LEFT_OUT)
            quicks.append(part.quick[chosen])
            ids.append(part.quick_id[chosen])
        return np.concatenate(quicks), np.concatenate(ids)

    def _with_begins(self) -> Iterator[tuple[int, _Part]]:
        begin = 0
        for part in self._parts:
            yield begin, part
            begin += len(part)


class _Part:
    """Two arrays sorted by the first, and at their end a row that is none, so that a look-up needs no bound."""

    def __init__(self, quick: NDArray[np.uint64], quick_id: NDArray[np.uint32]) -> None:
        import numpy as np

        if (quick[1:] < quick[:-1]).any():
            order = np.argsort(quick[:-1])
            quick[:-1], quick_id[:-1] = quick[order], quick_id[order]
        bits = max(1, len(quick).bit_length() - 1)
        self._shift = np.uint64(64 - bits)
        self._starts = np.empty(1 << bits, np.uint32)
        for begin in range(0, 1 << bits, _AT_ONCE):  # all prefixes at once would be as large as the hashes, twice
            end = min(begin + _AT_ONCE, 1 << bits)
            self._starts[begin:end] = np.searchsorted(quick[:-1], np.arange(begin, end, dtype=np.uint64) << self._shift)
        self.quick = quick
        self.quick_id = quick_id

    def __len__(self) -> int:
        return len(self.quick)

    def marks(self) -> NDArray[np.uint8]:
        """Return the marks to begin with."""
        import numpy as np

        marks = np.full(len(self), _FREE, np.uint8)
        twins = np.flatnonzero(self.quick[1:-1] == self.quick[:-2])
        marks[twins] = marks[twins + 1] = _LEFT_OUT
        marks[-1] = _NONE
        return marks

    def find(self, quick: NDArray[np.uint64], quick_id: NDArray[np.uint32]) -> Places:
        import numpy as np

        places = self._starts[(quick >> self._shift).astype(np.int64)].astype(np.int64)
        left = np.flatnonzero(self.quick[places] < quick)
        while len(left):
            places[left] += 1
            left = left[self.quick[places[left]] < quick[left]]
        other = np.flatnonzero((self.quick[places] == quick) & (self.quick_id[places] != quick_id))
        while len(other):  # rows that share a `quick` stand side by side
            places[other] += 1
            places[other[places[other] == len(self)]] = len(self) - 1
            other = other[
                (self.quick[places[other]] == quick[other])
                & (self.quick_id[places[other]] != quick_id[other])
                & (places[other] < len(self) - 1)
            ]
        places[(self.quick[places] != quick) | (self.quick_id[places] != quick_id)] = len(self) - 1
        return places
