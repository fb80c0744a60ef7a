"""A query's result as the console sees it: what is known of it, and the windows of rows that were looked at so far.

The rows are held by the helper process, a million at the most. Here are those that were in sight lately, and no more: a table asks
for a row by its number, gets it or a sign that it is on its way, and the window around it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from core.formatting import counted
from tui.drawing import Line, Span, line, wrapped
from tui.json_lines import json_lines
from tui.screens.editor.person import key_of, known_lines
from tui.widgets.table import Column, Row

__all__ = ["MOST_IN_SIGHT", "FarRows", "PreviewRow", "Result", "call_lines", "row_lines"]

WINDOW = 200
_MOST_WINDOWS = 40
MOST_IN_SIGHT = 100
"""So many columns are laid out from the first one on; no terminal has room for more."""

_NUMBERS = ("integer", "decimal", "float")
_WHAT = "what it is"
_UNKNOWN = object()


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row: its place in the result, its values, why it is refused, whether its key is known, and whether that was looked at."""

    place: int
    values: tuple[Any, ...]
    fault: str
    known: bool | None
    marked: bool

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> PreviewRow:
        """Read a row of the helper process's answer."""
        fault = str(row.get("fault") or "")
        return cls(int(row["place"]), tuple(row["values"]), fault, row.get("known"), bool(row.get("marked")))

    @property
    def mark(self) -> tuple[str, str]:
        """Return its sign and the colour of it."""
        if not self.marked:
            return ("·", "muted")
        return ("✗", "fail") if self.fault else ("✓", "ok") if self.known else ("?", "muted")

    @property
    def words(self) -> str:
        """Say what it is."""
        if not self.marked:
            return "not checked yet"
        return self.fault or ("known" if self.known else "never seen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """How rows are sorted and filtered; `mark` keeps those of one: 0 known, 1 never seen, 2 refused."""

    column: int | None = None
    descending: bool = False
    words: str = ""
    mark: int | None = None


@dataclass(kw_only=True, eq=False)
class Result:
    """What a query gave, at the Unix time `at`; `bound` is the last_sync_time that it was given.

    `total` rows are held under `handle`, `count` of them are shown; `more` says that the query has others. `totals` are known, never seen
    and refused rows, None before they are marked. The first column, most often the id, stays in sight; `first` is the one that stands beside it. `calls` are by place, `people` what is known of those whom they name. `estimate` is what the query was to
    cost, where the warehouse tells.
    """

    handle: str
    columns: tuple[Mapping[str, Any], ...]
    total: int
    count: int
    more: bool
    bound: int | None
    seconds: float
    at: float
    estimate: Mapping[str, Any] | None = None
    totals: tuple[int, int, int] | None = None
    arrangement: Arrangement = field(default_factory=Arrangement)
    first: int = 1
    calls: dict[int, Any] = field(default_factory=dict)
    people: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _windows: dict[int, tuple[PreviewRow, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, answer: Mapping[str, Any], at: float) -> Result:
        """Read the helper process's answer."""
        found = cls(
            handle=str(answer["result"]),
            columns=tuple(answer["columns"]),
            total=int(answer["count"]),
            count=int(answer["count"]),
            more=bool(answer.get("more")),
            bound=answer.get("bound"),
            seconds=float(answer.get("seconds") or 0.0),
            at=at,
            estimate=answer.get("estimate"),
        )
        found.take(0, answer["rows"])
        rows = [row for window in found._windows.values() for row in window]
        if len(rows) == found.total and all(row.marked for row in rows):
            kinds = [2 if row.fault else 0 if row.known else 1 for row in rows]
            found.totals = (kinds.count(0), kinds.count(1), kinds.count(2))
        found.calls = {int(row["place"]): row["call"] for row in answer["rows"] if "call" in row}
        return found

    @property
    def heads(self) -> list[str]:
        return [str(column["name"]) for column in self.columns]

    # the rows that are here

    def row(self, number: int) -> PreviewRow | None:
        """Return a row by its number as they are arranged now; None where it is not here."""
        window = self._windows.get(number // WINDOW, ())
        place = number % WINDOW
        return window[place] if place < len(window) else None

    def here(self) -> list[int]:
        """Return the numbers of the rows that are here."""
        return [window * WINDOW + place for window, rows in self._windows.items() for place in range(len(rows))]

    def take(self, start: int, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take rows in that begin at `start`, the beginning of a window; the windows that came first go."""
        read = [PreviewRow.read(row) for row in rows]
        for offset in range(0, len(read), WINDOW):
            self._windows[(start + offset) // WINDOW] = tuple(read[offset : offset + WINDOW])
        while len(self._windows) > _MOST_WINDOWS:
            del self._windows[next(iter(self._windows))]

    def rearranged(self, arrangement: Arrangement, count: int) -> None:
        """Take another arrangement: no row that is here has the number that it had."""
        self.arrangement, self.count = arrangement, count
        self._windows.clear()

    def marked(self, totals: Sequence[int]) -> None:
        """Take the marks: the rows that are here have none yet."""
        self.totals = (int(totals[0]), int(totals[1]), int(totals[2]))
        self._windows.clear()

    # what is drawn

    def laid_out(self, number: int) -> Row | None:
        """Return a row for the table; None where it is not here."""
        row = self.row(number)
        if row is None:
            return None
        sign, role = row.mark
        beside = row.values[self.first : self.first + MOST_IN_SIGHT]
        cells = tuple(_cell(value) for value in (*row.values[:1], *beside))
        return Row(str(number), (Span(sign, role), *cells, Span(row.words, "fail" if row.fault else "muted")))

    def table_columns(self, width: int) -> list[Column]:
        """Return the columns for a table of some width; where they do not fit, the last ones go first."""
        most = max(min(40, width // 3), 12)
        columns = [Column(head="", width=1, rank=1000)]
        columns += [
            Column(
                head=f"{name}{self._arrow(number)}",
                right=column.get("kind") in _NUMBERS,
                most=most,
                least=4,
                rank=900 - number,
            )
            for number, (name, column) in enumerate(zip(self.heads, self.columns, strict=True))
            if number == 0 or self.first <= number < self.first + MOST_IN_SIGHT
        ]
        return [*columns, Column(head=_WHAT, least=10, most=60, share=1, rank=950)]

    def _arrow(self, number: int) -> str:
        if self.arrangement.column != number:
            return ""
        return " ▼" if self.arrangement.descending else " ▲"

    def tally(self) -> list[Span]:
        """Count the rows by what they are: `97 ✓ 2 ? 1 ✗`."""
        parts: list[Span] = []
        for sign, role, count in zip("✓?✗", ("ok", "muted", "fail"), self.totals or (0, 0, 0), strict=True):
            if count:
                parts.append(Span(f"{'  ' if parts else ''}{count:,} {sign}", role))
        return parts

    def extent(self) -> str:
        """Say how much of the result this is."""
        if self.count != self.total or self.arrangement.words or self.arrangement.mark is not None:
            return f"{self.count:,} of {counted(self.total, 'row')}"
        if self.more:
            return f"first {counted(self.total, 'row')}, more exist"
        return f"{counted(self.total, 'row')}, all there are" if self.total else "no rows"


class FarRows(Sequence[Row]):
    """The rows of a result for a table: those that are not here are asked for when they are looked at."""

    def __init__(self, result: Result, wanted: Callable[[int], None]) -> None:
        """`wanted` is told the number at which a window begins that is looked at and not here, each time it is looked at."""
        self._result, self._wanted = result, wanted

    def __len__(self) -> int:
        return self._result.count

    @overload
    def __getitem__(self, number: int) -> Row: ...
    @overload
    def __getitem__(self, number: slice) -> list[Row]: ...

    def __getitem__(self, number: int | slice) -> Row | list[Row]:
        """Return a row, or a sign that it is on its way; of a slice, the rows that are here."""
        if isinstance(number, slice):
            found = (self._result.laid_out(each) for each in range(*number.indices(len(self))))
            return [row for row in found if row is not None]
        if not 0 <= number < len(self):
            raise IndexError(number)
        row = self._result.laid_out(number)
        if row is None:
            self._wanted(number // WINDOW * WINDOW)
            return Row(str(number), (Span("·", "muted"), Span("…", "muted")), quiet=True)
        return row

    def sample(self) -> list[Row]:
        """Return the rows that are here, to see how wide they are."""
        return [row for number in self._result.here() if (row := self._result.laid_out(number)) is not None]

    def place_of(self, key: str) -> int | None:
        """Return where the row of a key stands."""
        return int(key) if key.isdigit() and int(key) < len(self) else None


def _cell(value: Any) -> Span:
    if value is None:
        return Span("–", "muted")
    if isinstance(value, bool):
        return Span(str(value).lower())
    return Span(json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value))


def call_lines(result: Result, number: int, width: int) -> list[Line]:
    """Show a row as the call that it becomes; one that is refused says why, and shows its values."""
    row = result.row(number)
    if row is None:
        return [line(("…", "muted"))]
    call = result.calls.get(row.place, _UNKNOWN)
    if call is _UNKNOWN:
        return [line(("making the call …", "muted"))]
    if call is not None and not row.fault:
        return [*json_lines(call), *known_lines(result.people.get(key_of(call)), call, width)]
    lines = [*wrapped(f"{row.fault or 'It becomes no call'}.".replace("..", "."), width, "fail"), Line()]
    return [*lines, *(json_lines(call) if call is not None else row_lines(result, number))]


def row_lines(result: Result, number: int, width: int = 0) -> list[Line]:
    """Show a row's values under the names of their columns, whole where a `width` is given."""
    row = result.row(number)
    most = min(max((len(name) for name in result.heads), default=0), 24)
    lines: list[Line] = []
    for name, value in zip(result.heads, row.values if row else (), strict=False):
        cell = _cell(value)
        if not width:
            lines.append(line((f"{name[:24]:<{most}}  ", "muted"), cell))
            continue
        first, *rest = wrapped(cell.text, max(width - most - 2, 20), cell.style) or [line(cell)]
        lines.append(line((f"{name[:24]:<{most}}  ", "muted"), *first.left))
        lines += [line(Span(" " * (most + 2)), *each.left) for each in rest]
    return lines
