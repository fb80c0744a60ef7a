"""Guards: what stops a delivery before its first call. Each asks one question, says what it saw, and how to let it pass.

`--yes` accepts what guards ask, but null, empty and duplicate ids: those calls would be rubbish. Either the query is fixed, or
these rows are rejected and the rest is sent: once with `--reject-invalid`, always with `invalid_rows = "reject"`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core.calls.mapper import Mapper
from core.duckdb_helpers import count, quoted
from core.formatting import counted
from core.model import Guards, InvalidRows
from core.sync.comparison.compare import Comparison, InvalidIds
from core.sync.comparison.stage import ADDED, CHANGED

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "FEWEST_KNOWN",
    "REJECT_INVALID",
    "Question",
    "account_changed",
    "call_questions",
    "host_changed",
    "key_changed",
    "questions",
]

FEWEST_KNOWN = 100
"""Shares are judged from this many known rows up: of three rows, one that changed is no alarm."""


REJECT_INVALID = "--reject-invalid"
"""The option of `run` with which rows whose ids cannot be used are rejected, and the rest is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a guard asks. `acceptable` says whether `--yes` answers it.

    `option` is an option of `run` that answers it otherwise: with it, `rejects` rows are rejected and `sends` calls are sent.
    """

    guard: str
    message: str
    remedy: str
    evidence: tuple[str, ...] = ()
    acceptable: bool = True
    option: str = ""
    rejects: int = 0
    sends: int = 0

    def as_json(self) -> Mapping[str, Any]:
        """Return the question as JSON's own types; what belongs to an option only where it has one."""
        found = asdict(self)
        return (
            found
            if self.option
            else {name: found[name] for name in found if name not in ("option", "rejects", "sends")}
        )


def questions(
    connection: duckdb.DuckDBPyConnection,
    guards: Guards,
    mapper: Mapper,
    comparison: Comparison,
    ids: InvalidIds,
    *,
    full: bool,
    rows_before: int | None,
    calls: Callable[[], str | None],
    everything: bool,
    sends: bool = True,
) -> tuple[Question, ...]:
    """Ask what has to be asked about one destination's comparison.

    `rows_before` is how many rows the last full result had; `calls` gives the ledger's SQL for its calls as acknowledged, which costs a look at its files;
    `everything` says that a full refresh was asked for, so that all rows count as changed; without `sends` no call is made.
    """
    found = [_invalid_rows(connection, guards, comparison, ids)]
    if sends:
        found.append(_max_calls(guards, comparison))
        found.append(_full_refresh(comparison) if everything else _max_changed(guards, comparison))
    if full:
        found.append(_vanished(guards, comparison, rows_before))
    many = sends and comparison.known >= FEWEST_KNOWN and comparison.changed > guards.max_null * comparison.known
    if many and mapper.keeps_payload and not everything and (sql := calls()):
        found += _went_null(connection, guards, mapper, comparison, sql)
    return tuple(question for question in found if question)


def call_questions(guards: Guards, comparison: Comparison) -> tuple[Question, ...]:
    """Ask about how many calls are made, and of how many of the rows that are known."""
    found = (_max_calls(guards, comparison), _max_changed(guards, comparison))
    return tuple(question for question in found if question)


def _invalid_rows(
    connection: duckdb.DuckDBPyConnection, guards: Guards, comparison: Comparison, ids: InvalidIds
) -> Question | None:
    if guards.invalid_rows is InvalidRows.REJECT or not (ids.null or ids.duplicate):
        return None
    parts = []
    if ids.null:
        parts.append(f"{ids.null:,} rows have a null or empty id")
    if ids.duplicate:
        parts.append(f"{ids.duplicate:,} ids are in more than one row")
    repeated = "key IN (SELECT key FROM duplicate) AND id_fault IS NULL"
    rejects = count(connection, f"SELECT count(*) FROM stage WHERE id_fault IS NOT NULL OR {repeated}")
    unsent = f"state_{comparison.position} IN ({ADDED}, {CHANGED}) AND {repeated}"
    sends = comparison.calls - count(connection, f"SELECT count(*) FROM stage WHERE {unsent}")
    return Question(
        guard="invalid_rows",
        message=" and ".join(parts) + ".",
        remedy="Make ids unique and not null in the query (DISTINCT, GROUP BY, WHERE id IS NOT NULL), or reject these "
        f"{counted(rejects, 'row')} and send {counted(sends, 'call')}: once with --reject-invalid, always with "
        'invalid_rows = "reject" under [guards].',
        evidence=ids.examples,
        acceptable=False,
        option=REJECT_INVALID,
        rejects=rejects,
        sends=sends,
    )


def _max_calls(guards: Guards, comparison: Comparison) -> Question | None:
    if comparison.calls <= guards.max_calls:
        return None
    return Question(
        guard="max_calls",
        message=f"{comparison.calls:,} calls would be sent; the guard allows {guards.max_calls:,}.",
        remedy="Run with --yes to send them once, or raise max_calls under [guards].",
    )


def _max_changed(guards: Guards, comparison: Comparison) -> Question | None:
    changed = comparison.changed + comparison.deletes
    if comparison.known < FEWEST_KNOWN or changed <= guards.max_changed * comparison.known:
        return None
    return Question(
        guard="max_changed",
        message=f"{changed:,} of {comparison.known:,} known rows changed ({changed / comparison.known:.0%}); "
        f"the guard allows {guards.max_changed:.0%}.",
        remedy="Look at `backhaul plan` for what changed; run with --yes to send it once, or raise max_changed.",
    )


def _full_refresh(comparison: Comparison) -> Question | None:
    """Ask with the bill: a full refresh calls for rows that are known to be there already."""
    if comparison.known < FEWEST_KNOWN:
        return None
    return Question(
        guard="full_refresh",
        message=f"A full refresh makes {comparison.calls:,} calls, also for rows that did not change; "
        f"{comparison.known:,} rows were delivered before.",
        remedy="Run with --yes to send them all; without --full-refresh only what changed is sent.",
    )


def _vanished(guards: Guards, comparison: Comparison, rows_before: int | None) -> Question | None:
    if rows_before is None or rows_before < FEWEST_KNOWN:
        return None
    if rows_before - comparison.rows <= guards.max_vanished * rows_before:
        return None
    return Question(
        guard="max_vanished",
        message=f"The query returned {comparison.rows:,} rows; the last run returned {rows_before:,}.",
        remedy="Check that its tables are whole; run with --yes if they are, or raise max_vanished.",
    )


def _went_null(
    connection: duckdb.DuckDBPyConnection, guards: Guards, mapper: Mapper, comparison: Comparison, calls: str
) -> list[Question]:
    """Find fields that turned from a value to null in too large a share of the known rows."""
    if not mapper.traits or not mapper.bag:
        return []
    paths = [quoted("$." + mapper.bag + "." + json.dumps(name, ensure_ascii=False)) for name in mapper.traits]
    counts = ", ".join(
        f"count(*) FILTER (json_type(old, {path}) <> 'NULL' AND json_type(new, {path}) = 'NULL')" for path in paths
    )
    (row,) = connection.execute(f"""
        SELECT {counts} FROM (
            SELECT s.call::JSON AS new, c.call::JSON AS old FROM ({calls}) c JOIN (
                SELECT stage.key, known.number, stage.call FROM stage JOIN known_{comparison.position} known USING (key)
                WHERE state_{comparison.position} = {CHANGED}
            ) s USING (key, number)
        )
    """).fetchall()
    return [
        Question(
            guard="max_null",
            message=f"{name!r} turned to null in {count:,} of {comparison.known:,} known rows.",
            remedy="Check where the query takes it from; run with --yes if it is meant, or raise max_null.",
        )
        for name, count in zip(mapper.traits, row, strict=True)
        if count > guards.max_null * comparison.known
    ]


def key_changed(old: str, new: str) -> Question:
    """Ask about rows that are identified by other columns than before; both are JSON lists of fields."""
    return Question(
        guard="key_changed",
        message=f"Rows were identified by {_fields(old)} and now are by {_fields(new)}: to the destination, everyone is new.",
        remedy="Run with --yes to start a new ledger and send all rows, or bring the old id column back.",
    )


def account_changed(name: str) -> Question:
    """Ask about a destination whose key is another one."""
    return Question(
        guard="account_changed",
        message=f"{name} has another key than the one that took the calls so far.",
        remedy="Run with --key-rotated if it is the same account, or with --another-place to send everything there.",
        acceptable=False,
    )


def host_changed(name: str, old: str, new: str) -> Question:
    """Ask about a destination at another address."""
    return Question(
        guard="host_changed",
        message=f"{name} was {old} and now is {new}.",
        remedy="Run with --another-place to send everything there, or put the old address back.",
        acceptable=False,
    )


def _fields(key: str) -> str:
    return " and ".join(json.loads(key)) or "the whole row"
