"""One statement: sent to run asynchronously, waited for, aborted, and its result read chunk by chunk.

Only a statement that runs asynchronously can be aborted: closing a cursor or a connection of snowflake-connector-python 5.2
ends nothing (measured). Two more things measured with it decide how a result is read. Asked for the result of a statement
that still runs, it gives an empty one, so the statement's status is waited for. And its own streams of a result take the first
chunk's widths for all chunks: where a later chunk is wider, other numbers come out of it (1, 2, ... 20000 was followed by
20001, 0, 20002, 0). Each chunk alone is read rightly.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.errors import UnreachableError
from core.warehouses._calls import Call
from core.warehouses._cancellation import Cancellation

if TYPE_CHECKING:
    import pyarrow as pa
    from snowflake.connector.connection import Connection

__all__ = ["RunningQuery"]

SHORTEST_PAUSE, LONGEST_PAUSE = 0.01, 1.0
"""Seconds between two looks at a statement's status."""

PAUSE_SHARE = 0.2
"""The pause as a share of the time that the statement has run: so much longer, at the most, its result is waited for."""

LONGEST_SILENCE = 60.0
"""Seconds in which Snowflake may know nothing of a statement that it has just taken (the driver calls that NO_DATA)."""

ABORT_SECONDS = 0.5
"""How long an abort is waited for: over a network that is silent it takes as long as the driver's own limits."""

AHEAD = 2
"""Chunks that are fetched ahead of the one that is read."""


class RunningQuery:
    """A statement that was sent. Its errors are the driver's."""

    def __init__(self, connection: Connection, sql: str, cancellation: Cancellation) -> None:
        self._connection = connection
        self._cancellation = cancellation
        self._cursor = connection.cursor()
        self._number = ""
        self._over = False
        sent = self._call(lambda: self._cursor.execute_async(sql))
        self._number = str(sent["queryId"])

    def abort(self) -> None:
        """Ask Snowflake to stop it, from any thread; does nothing where it is over, and waits for a moment only."""
        if not self._over and self._number:
            Call(lambda: self._connection.cursor().abort_query(self._number)).within(ABORT_SECONDS)

    def wait(self) -> None:
        """Wait until it has ended well. Raises what it ended with."""
        from snowflake.connector.constants import QueryStatus

        began = heard = time.monotonic()
        while True:
            status = self._call(lambda: self._connection.get_query_status_throw_if_error(self._number))
            if status is QueryStatus.SUCCESS:
                break
            if status not in (QueryStatus.NO_DATA, QueryStatus.DISCONNECTED):
                heard = time.monotonic()
            elif time.monotonic() - heard > LONGEST_SILENCE:
                raise UnreachableError(
                    "Snowflake took the query and then knew nothing of it.",
                    remedy="Nothing was kept of this result. Try again.",
                )
            pause = min(max(SHORTEST_PAUSE, (time.monotonic() - began) * PAUSE_SHARE), LONGEST_PAUSE)
            deadline = time.monotonic() + pause
            while (left := deadline - time.monotonic()) > 0:
                self._cancellation.check()
                time.sleep(min(left, 0.05))
        self._over = True
        self._call(lambda: self._cursor.query_result(self._number))

    def rows(self) -> list[tuple[Any, ...]]:
        """Give all rows as Python values; for small answers of one chunk."""
        return [tuple(row) for row in self._call(self._cursor.fetchall)]

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Give the rows; each batch in the widths that it came with."""
        chunks = deque(self._call(self._cursor.get_result_batches) or ())
        coming: deque[Call[pa.Table]] = deque()
        while chunks or coming:
            while chunks and len(coming) <= AHEAD:
                coming.append(self._fetched(chunks.popleft()))
            yield from coming.popleft().result(self._cancellation).to_batches()

    def _fetched(self, chunk: Any) -> Call[pa.Table]:
        return Call(lambda: chunk.to_arrow(number_to_decimal=True, force_microsecond_precision=True))

    def _call(self, function: Any) -> Any:
        return Call(function).result(self._cancellation)
