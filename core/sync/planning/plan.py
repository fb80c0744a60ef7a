"""The plan: the calls that a delivery will make, written before the first is sent, and immutable from then on.

First what is new and changed, then what was rejected before and is tried again, last the deletes, each in batches of their own: what a
destination chokes on holds up nothing else. The messageId is the
MD5 digest of delivery, operation, key and fingerprint, so a plan that is sent again repeats its ids and a new plan never
reuses one; only events may bring their own. `planfile` has the file's format.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.duckdb_helpers import count, quoted
from core.errors import StateError
from core.model import Limits
from core.sync.comparison.stage import ADDED, CHANGED
from core.sync.planning.plan_file import Cutter, PlanFile, PlanWriter

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["deletion_sql", "write_plan"]

_ROWS = 8_192
"""So many rows are taken out of DuckDB at once: 4 MB of calls or so."""

_NO_HASHES = "NULL::UBIGINT AS quick, NULL::UINTEGER AS quick_id"
_SENT_CALL = """concat('{"messageId":', written_id, ',', ltrim(call, '{'))"""
"""ltrim, for it looks at the first character only, where substr counts them all: 0.06 µs a call of 400 bytes, not 0.3."""


def write_plan(
    connection: duckdb.DuckDBPyConnection,
    position: int,
    delivery: str,
    folder: Path,
    name: str,
    limits: Limits,
    *,
    deletes: str | None = None,
    staged: bool = True,
    operation: str = "send",
    canary: int = 0,
) -> PlanFile | None:
    """Write the plan of the destination at `position` durably; None where there is nothing to send.

    `deletes` is SQL for the calls that remove rows (see `deletion_sql`). Without `staged`, only rows of
    `retry_<position>` are sent (a replay, an undo). With the `operation` "assume" the staged rows are taken for
    delivered, and nothing else is planned. The first batch takes at most `canary` calls, where that is not 0.
    """
    writer = PlanWriter(folder / f"{name}.tmp", Cutter(limits.batch_calls, limits.batch_bytes - 32, canary))
    sources = [(operation, rows) for rows in _staged_rows(connection, position)] if staged else []
    again = f"SELECT key, fingerprint, {_NO_HASHES}, identity, message_id, call FROM retry_{position}"
    if operation == "send":
        sources.append(("send", again))
    if deletes:
        sources.append(("delete", deletes))
    try:
        for what, rows in sources:
            writer.cutter.close()
            for batch in _with_ids(connection, rows, delivery, what):
                writer.add(batch, what)
        return writer.close()
    except OSError as error:
        raise StateError.unwritable("The plan", str(folder / name), error.strerror or type(error).__name__) from error
    finally:
        writer.abandon()


def _staged_rows(connection: duckdb.DuckDBPyConnection, position: int) -> list[str]:
    """Return SQL for the rows that are sent: new and changed ones, then those of them that were rejected before.

    One that may have arrived though it is listed as rejected goes out under the messageId that it had.
    """
    rows = f"SELECT key, fingerprint, quick, quick_id, identity, message_id, call FROM stage WHERE state_{position} IN ({ADDED}, {CHANGED})"
    rejected = f"(SELECT key FROM rejected_{position} WHERE attempts > 0)"
    if not count(connection, f"SELECT count(*) FROM rejected_{position} WHERE attempts > 0"):
        return [rows]
    kept_id = f"(SELECT any_value(message_id) FROM rejected_{position} r WHERE r.key = sent.key AND r.fingerprint = sent.fingerprint)"
    again = f"SELECT * REPLACE (coalesce(message_id, {kept_id}) AS message_id) FROM ({rows} AND key IN {rejected}) sent"
    return [f"{rows} AND key NOT IN {rejected}", again]


def _with_ids(
    connection: duckdb.DuckDBPyConnection, rows: str, delivery: str, operation: str
) -> Iterator[pa.RecordBatch]:
    """Yield the rows with their messageIds, and calls as they go out."""
    own = f"md5(concat('{delivery}', '{operation}', key::VARCHAR, fingerprint::VARCHAR))"
    query = (
        f"SELECT key, fingerprint, quick, quick_id, identity, coalesce(message_id, own_id) AS message_id, {_SENT_CALL} AS call "
        "FROM (SELECT *, CASE WHEN message_id IS NULL THEN concat('\"', own_id, '\"') ELSE json_string(message_id) END AS written_id "
        f"FROM (SELECT *, CASE WHEN message_id IS NULL THEN {own} END AS own_id FROM ({rows})))"
    )
    yield from connection.sql(query).to_arrow_reader(_ROWS)


def deletion_sql(template: Mapping[str, Any], position: int, calls: str | None) -> str:
    """Return SQL for the calls that remove the rows of `removed_<position>`, as a destination's template says.

    `calls` is the ledger's SQL for its calls as acknowledged; it must be there, for it holds the identities. A row that
    lacks the template's userId is left out: the destination could not tell who it is.
    """
    source = "coalesce(acknowledged, identity)::JSON"

    def written(value: Any) -> str:
        if isinstance(value, Mapping):
            members = ", ".join(
                f"CASE WHEN {written(inner)} IS NULL THEN '' ELSE {quoted(',' + json.dumps(name) + ':')} || {written(inner)} END"
                for name, inner in value.items()
            )
            return f"concat('{{', substr(concat({members}), 2), '}}')" if value else "'{}'"
        if isinstance(value, str) and value.startswith("$."):
            path = quoted(value)
            return f"json_extract({source}, {path})::VARCHAR"
        return quoted(json.dumps(value))

    call = written(template)
    return (
        f"SELECT key, fingerprint, {_NO_HASHES}, identity, NULL::VARCHAR AS message_id, {call} AS call FROM ("
        f"SELECT r.key, r.fingerprint, c.identity, c.call AS acknowledged FROM ({calls}) c "
        f"JOIN removed_{position} r USING (key, number)) WHERE json_extract({source}, '$.userId') IS NOT NULL"
    )
