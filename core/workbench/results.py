"""Results that are held for the console: opened by a query, looked at window by window, let go when others come.

preview             the first rows with their calls, and a handle of the result
result_open         up to a million rows, under a handle; nothing is marked yet
result_mark         marks all of them, and counts the marks
result_rows         a window of rows, as they are arranged
result_arrange      sorts and filters
result_call         the call that a row becomes
result_statistics   what the columns hold
result_export       CSV, JSON lines or Parquet
"""

from __future__ import annotations

import secrets as randomness
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core import secrets
from core.control_chars import escape_control_chars
from core.errors import UsageError
from core.json_text import read_json, to_json
from core.paths import expanded
from core.preview.result_set import MOST_BYTES, MOST_COLUMNS, ResultRow, ResultSet, look
from core.workbench.request import Request
from core.workbench.unsaved import Changed, changed_sync, telling

__all__ = ["arrange", "call", "export", "mark", "open_result", "preview", "rows", "statistics"]

_MOST_PREVIEWED = 10_000
_MOST_IN_WINDOW = 2_000
_MOST_HELD = 3

_HELD: OrderedDict[str, ResultSet] = OrderedDict()
_TURN = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Preview(Changed):
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open(Changed):
    limit: int = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows(_Result):
    start: int = 0
    count: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrange(_Result):
    column: int | None = None
    descending: bool = False
    words: str = ""
    mark: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call(_Result):
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Export(_Result):
    file: str


def preview(request: Request) -> Mapping[str, Any]:
    """Return the first rows of a query and the calls that they become; what it will cost is a part, told before it runs."""
    asked = request.asked(_Preview)
    if not 1 <= asked.limit <= _MOST_PREVIEWED:
        raise UsageError(f"limit is a number from 1 to {_MOST_PREVIEWED:,}.")
    began = time.perf_counter()
    found, handle = _open(request, asked, asked.limit)
    if not found.has_many_columns:  # else `result_mark`, which the console then asks for, says why there is no mark
        found.mark(request.stopping)
    shown = found.window(0, found.count)
    calls = found.calls([row.place for row in shown], request.stopping)
    told = [{**_row(row), "call": read_json(call) if call else None} for row, call in zip(shown, calls, strict=True)]
    return {**_facts(found, handle), "rows": told, "seconds": time.perf_counter() - began}


def open_result(request: Request) -> Mapping[str, Any]:
    """Run a query and hold its rows; return what is known of them before they are marked, with the first window."""
    asked = request.asked(_Open)
    began = time.perf_counter()
    found, handle = _open(request, asked, asked.limit)
    first = [_row(row) for row in found.window(0, 200)]
    return {**_facts(found, handle), "rows": first, "seconds": time.perf_counter() - began}


def mark(request: Request) -> Mapping[str, Any]:
    """Mark all rows of a result; return how many are known, never seen and refused."""
    found = _held(request.asked(_Result).result)
    if found.marks is None:
        found.mark(request.stopping)
    return {"totals": list(found.totals())}


def rows(request: Request) -> Mapping[str, Any]:
    """Return a window of rows."""
    asked = request.asked(_Rows)
    if asked.start < 0 or not 1 <= asked.count <= _MOST_IN_WINDOW:
        raise UsageError(f"A window starts at 0 or later and has 1 to {_MOST_IN_WINDOW:,} rows.")
    found = _held(asked.result)
    return {"rows": [_row(row) for row in found.window(asked.start, asked.count)], "count": found.count}


def arrange(request: Request) -> Mapping[str, Any]:
    """Sort and filter a result; return how many rows are left."""
    asked = request.asked(_Arrange)
    found = _held(asked.result)
    if asked.column is not None and not 0 <= asked.column < len(found.columns):
        raise UsageError("There is no such column.")
    count = found.arrange(column=asked.column, descending=asked.descending, words=asked.words, mark=asked.mark)
    return {"count": count}


def call(request: Request) -> Mapping[str, Any]:
    """Return the call that a row becomes, None where it becomes none."""
    asked = request.asked(_Call)
    found = _held(asked.result)
    if not 0 <= asked.place < found.table.num_rows:
        raise UsageError("There is no such row.")
    (made,) = found.calls([asked.place], request.stopping)
    return {"call": read_json(made) if made else None}


def statistics(request: Request) -> Mapping[str, Any]:
    """Say what each column holds."""
    found = _held(request.asked(_Result).result)
    told = [to_json(asdict(each)) for each in found.statistics(request.stopping)[:MOST_COLUMNS]]
    for column, each in zip(found.columns, told, strict=False):
        each["kind"] = column.kind.value
    return {"columns": told, "rows": found.table.num_rows, "more": found.more}


def export(request: Request) -> Mapping[str, Any]:
    """Write the rows to a file, as they are arranged; return how many."""
    asked = request.asked(_Export)
    file = expanded(asked.file)
    try:
        return {"rows": _held(asked.result).export(file, request.stopping), "file": str(file)}
    except OSError as error:
        raise UsageError(
            f"{escape_control_chars(file)} cannot be written: {error.strerror}.", remedy="Name another file."
        ) from error


def _open(request: Request, asked: Changed, limit: int) -> tuple[ResultSet, str]:
    """Run the query and hold its result; those that were not looked at for longest go, so that all together stay as small as one may be."""
    project = request.project()
    found = look(
        project,
        changed_sync(project, asked),
        secrets.reader(project),
        limit=limit,
        from_zero=asked.from_zero,
        stopping=request.stopping,
        estimated=telling(request),
    )
    handle = randomness.token_hex(8)
    with _TURN:
        _HELD[handle] = found
        while len(_HELD) > _MOST_HELD or (
            len(_HELD) > 1 and sum(each.table.nbytes for each in _HELD.values()) > MOST_BYTES
        ):
            _HELD.popitem(last=False)
    return found, handle


def _held(handle: str) -> ResultSet:
    with _TURN:
        found = _HELD.get(handle)
        if found is None:
            raise UsageError("These rows are not held any more.", remedy="Run the preview again.")
        _HELD.move_to_end(handle)
    return found


def _facts(found: ResultSet, handle: str) -> dict[str, Any]:
    return {
        "result": handle,
        "columns": [{"name": c.name, "kind": c.kind.value, "type": c.type_name} for c in found.columns[:MOST_COLUMNS]],
        "count": found.count,
        "bound": found.bound,
        "more": found.more,
        "estimate": asdict(found.estimate) if found.estimate else None,
    }


def _row(row: ResultRow) -> dict[str, Any]:
    return {
        "place": row.place,
        "values": [to_json(value) for value in row.values[:MOST_COLUMNS]],
        "fault": row.fault,
        "known": row.known,
        "marked": row.marked,
    }
