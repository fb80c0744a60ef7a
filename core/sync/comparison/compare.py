"""The comparison of a staged result with one destination's ledger: what is added, changed, removed, refused, held back.

Every decision about a row ends in its `state_<position>` in the table `stage`, so that the counts, the guards, the plan
and its preview all read the same thing. Removed rows are in `removed_<position>`, rows that are tried again from the
rejected list in `retry_<position>`, what this destination refuses before sending in `refused_<position>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.calls.mapper import Mapper
from core.duckdb_helpers import count, digests, fill, quoted
from core.ledger.local import MESSAGE_ID_LENGTH
from core.model import InvalidRows, Limits
from core.sync.comparison.stage import ADDED, CHANGED, FAULTY, REPEATED, UNCHANGED

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "HELD",
    "IDENTICAL",
    "Comparison",
    "InvalidIds",
    "compare",
    "invalid_ids",
    "load_rejected",
    "refuse_oversized",
    "settle_ids",
]

IDENTICAL, HELD = 5, 6
"""More states of a row: an event equal to an earlier row of this result; a row refused often enough with this content."""

AUTOMATIC_ATTEMPTS = 3
"""How often a refused row is sent in runs in a row; from then on it is retried by itself, but seldom."""

_RETRY_HOURS = (1, 4, 12, 24)
"""How long it waits then after each further attempt; a change of its content, or a replay, ends the wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidIds:
    """Rows whose ids cannot be used: how many, and a few of them in words."""

    null: int
    duplicate: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a result means to one destination, in rows. `known` is how many rows its ledger holds."""

    position: int
    rows: int
    known: int
    added: int
    changed: int
    unchanged: int
    removed: int
    refused: int
    held: int
    identical: int
    repeated: int
    retried: int
    deletes: int
    notes: tuple[str, ...]

    @property
    def calls(self) -> int:
        """Return how many calls this makes."""
        return self.added + self.changed + self.retried + self.deletes


NO_INVALID_IDS = InvalidIds(null=0, duplicate=0, examples=())


def invalid_ids(connection: duckdb.DuckDBPyConnection) -> InvalidIds:
    """Find null, empty and duplicate ids in the stage. Events without a messageId have no ids to repeat.

    A row is a duplicate, too, where one of its key was left behind as unchanged (`twins` has those keys).
    """
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE duplicate AS
        SELECT key, sum(times)::BIGINT AS times FROM (
            SELECT key, count(*) AS times FROM stage WHERE id_fault IS NULL AND identity IS NOT NULL GROUP BY key
            UNION ALL SELECT key, 1 FROM twins
        ) GROUP BY key HAVING sum(times) > 1
    """)
    null = count(connection, "SELECT count(*) FROM stage WHERE id_fault IS NOT NULL")
    duplicate = count(connection, "SELECT count(*) FROM duplicate")
    examples: list[str] = []
    if null:
        found = connection.execute("""
            SELECT id_fault || ' in ' || count(*) || ' rows, for example ' || min(row) FROM stage
            WHERE id_fault IS NOT NULL GROUP BY id_fault LIMIT 5
        """).fetchall()
        examples += [row[0] for row in found]
    if duplicate:
        found = connection.execute("""
            SELECT min(identity) || ' is in ' || any_value(times) || ' rows' FROM stage JOIN duplicate USING (key)
            GROUP BY key ORDER BY min(identity) LIMIT 20
        """).fetchall()
        examples += [row[0] for row in found]
    return InvalidIds(null=null, duplicate=duplicate, examples=tuple(examples))


def settle_ids(
    connection: duckdb.DuckDBPyConnection, mapper: Mapper, found: InvalidIds, mode: InvalidRows, destinations: int
) -> None:
    """Turn rows with duplicate ids into faulty ones (where the sync says reject), and repeated events into one."""
    states = ", ".join(f"state_{position} = {{state}}" for position in range(destinations))
    if found.duplicate and mode is InvalidRows.REJECT:
        fixed = "".join(f", {part}" for part in [states.format(state=FAULTY)] if part)
        connection.execute(f"""
            UPDATE stage SET fault = 'the id is in more than one row', row = coalesce(call, identity), call = NULL{fixed}
            WHERE key IN (SELECT key FROM duplicate) AND id_fault IS NULL
        """)
    if not mapper.keeps_payload and destinations:
        connection.execute(f"""
            UPDATE stage SET {states.format(state=IDENTICAL)} FROM (
                SELECT rowid AS later FROM stage WHERE identity IS NULL AND fault IS NULL AND id_fault IS NULL
                QUALIFY row_number() OVER (PARTITION BY key ORDER BY rowid) > 1 OR key IN (SELECT key FROM twins)
            ) repeats WHERE stage.rowid = repeats.later
        """)


def compare(
    connection: duckdb.DuckDBPyConnection,
    position: int,
    mapper: Mapper,
    limits: Limits,
    *,
    unfit: str | None = None,
    known: int,
    rejected: list[Mapping[str, Any]],
    full: bool,
    delete: bool,
    removed: int,
    left: int = 0,
    now: float = 0.0,
) -> Comparison:
    """Settle every row's state for the destination at `position`, and count.

    `unfit` is SQL that says why this destination would take a call for nothing (core.calls.semantic).
    `full` says that the query has no {{last_sync_time}}; `delete` that removed rows are deleted. `removed` is how many rows
    are (core.sync.removed); `left` rows were left behind as unchanged, and are not in the stage. `now` (Unix seconds of this host) says
    which rejected rows are due to be retried.
    """
    state = f"state_{position}"
    refuse_oversized(connection, position, limits, unfit)
    load_rejected(connection, position, rejected, now)
    connection.execute(f"""
        UPDATE stage SET {state} = {HELD} FROM rejected_{position} r
        WHERE r.key = stage.key AND r.fingerprint = stage.fingerprint AND NOT r.is_due
            AND {state} IN ({ADDED}, {CHANGED})
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE retry_{position} AS
        SELECT r.* FROM rejected_{position} r
        WHERE r.attempts >= 1 AND r.is_due AND r.call IS NOT NULL AND NOT {full}
            AND NOT EXISTS (SELECT 1 FROM stage WHERE stage.key = r.key)
        QUALIFY row_number() OVER (PARTITION BY r.key ORDER BY r.number DESC) = 1
    """)
    found = connection.execute(f"SELECT {state}, count(*) FROM stage GROUP BY ALL").fetchall()
    counts = dict(found)
    retried = count(connection, f"SELECT count(*) FROM retry_{position}")
    return Comparison(
        position=position,
        rows=sum(counts.values()) + left,
        known=known,
        added=counts.get(ADDED, 0),
        changed=counts.get(CHANGED, 0),
        unchanged=counts.get(UNCHANGED, 0) + counts.get(REPEATED, 0) + left,
        removed=removed,
        refused=counts.get(FAULTY, 0),
        held=counts.get(HELD, 0),
        identical=counts.get(IDENTICAL, 0),
        repeated=counts.get(REPEATED, 0),
        retried=retried,
        deletes=removed if delete else 0,
        notes=mapper.notes + _notes(counts),
    )


def refuse_oversized(
    connection: duckdb.DuckDBPyConnection, position: int, limits: Limits, unfit: str | None = None
) -> None:
    """Refuse, before sending, what this destination's limits do not take, and what it would take for nothing (`unfit`)."""
    state = f"state_{position}"
    size = f"strlen(call) + {MESSAGE_ID_LENGTH} + coalesce(strlen(message_id), 0)"
    too_large = quoted(f"the call is larger than {limits.call_bytes:,} bytes")
    too_long = quoted(f"the messageId is longer than {limits.message_id} characters")
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE refused_{position} AS
        SELECT rowid AS place, CASE WHEN {size} > {limits.call_bytes} THEN {too_large}
            WHEN length(message_id) > {limits.message_id} THEN {too_long} ELSE {unfit or "NULL"} END AS reason
        FROM stage WHERE {state} IN ({ADDED}, {CHANGED}) AND reason IS NOT NULL
    """)
    connection.execute(f"UPDATE stage SET {state} = {FAULTY} FROM refused_{position} r WHERE stage.rowid = r.place")


def _is_due(row: Mapping[str, Any], now: float) -> bool:
    """Return whether a rejected row may be sent again without a change of its content."""
    beyond = row["attempts"] - AUTOMATIC_ATTEMPTS
    if beyond < 0:
        return True
    wait = 3600 * _RETRY_HOURS[min(beyond, len(_RETRY_HOURS) - 1)]
    return not 0 <= now - row["created"] < wait  # a clock that was set back ends the wait, too


def load_rejected(
    connection: duckdb.DuckDBPyConnection, position: int, rejected: list[Mapping[str, Any]], now: float = 0.0
) -> None:
    """Make the table of the ledger's open rejected rows (few: they passed through Python when they were refused)."""
    import pyarrow as pa

    columns = {
        "number": pa.array([row["number"] for row in rejected], pa.int64()),
        "key": digests([row["key"] for row in rejected]),
        "fingerprint": digests([row["fingerprint"] for row in rejected]),
        "identity": pa.array([row["identity"] for row in rejected], pa.string()),
        "message_id": pa.array([row["message_id"] for row in rejected], pa.string()),
        "call": pa.array([row["call"] for row in rejected], pa.string()),
        "attempts": pa.array([row["attempts"] for row in rejected], pa.int64()),
        "is_due": pa.array([_is_due(row, now) for row in rejected], pa.bool_()),
    }
    fill(connection, f"rejected_{position}", columns)


def _notes(counts: Mapping[int, int]) -> tuple[str, ...]:
    """Say what a person would otherwise wonder about."""
    notes = []
    if counts.get(IDENTICAL):
        notes.append(f"{counts[IDENTICAL]:,} event rows are equal to another row and have no messageId: one call each")
    if counts.get(REPEATED):
        notes.append(
            f"{counts[REPEATED]:,} events were sent before with other content; their messageId is not used again"
        )
    if counts.get(HELD):
        notes.append(
            f"{counts[HELD]:,} rows were rejected {AUTOMATIC_ATTEMPTS} times or more: they are retried once a day at least, and now by `replay`"
        )
    return tuple(notes)
