"""What a query's result looks like from outside: its columns and their kinds, and of what kind its ids are.

Each delivery carries the shape of its result, and the ledger keeps that of the last one. Where a later result looks
different, guards ask: columns that are others although nobody has edited the query (a view was changed, `SELECT *`), ids
of another kind (numbers where there were UUIDs: a join gone wrong, which corrupts the identity graph for good), or ids
of which most were never seen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.duckdb_helpers import quoted
from core.model import Column, Guards, Sync
from core.sync.comparison.compare import Comparison
from core.sync.comparison.stage import ADDED, CHANGED, UNCHANGED
from core.sync.planning.guards import FEWEST_KNOWN, Question

if TYPE_CHECKING:
    import duckdb

__all__ = ["Shape", "shape_from_json", "shape_of", "shape_questions"]

_KINDS: Mapping[str, str] = {
    "whole numbers": r"-?[0-9]+",
    "UUIDs": r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
    "email addresses": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "long hexadecimal digests": r"[0-9a-fA-F]{24,}",
}
"""Kinds of ids, by a pattern of the whole id; the first that matches. All else is text."""
_TEXT = "other text"

_DOMINANT = 0.95
"""From this share on, a kind is that of all the ids."""
_LOOKED_AT = 20_000
"""So many ids tell what kind they are."""
_FEWEST_NEW = 5
"""Fewer new rows than these are no sign that the ids are others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`query` is a digest of the query's text and its mapping, `columns` are (name, kind), `ids` the kind of the ids.

    `ids` is None where they are of several kinds, or too few to tell.
    """

    query: str
    columns: tuple[tuple[str, str], ...]
    ids: str | None = None

    def as_json(self) -> str:
        """Return the text that the store keeps."""
        return json.dumps({"query": self.query, "columns": self.columns, "ids": self.ids}, ensure_ascii=False)


def shape_from_json(text: str | None) -> Shape | None:
    """Read what the store has; None where it has none yet (a ledger of an older Backhaul)."""
    if not text:
        return None
    found = json.loads(text)
    columns = tuple((name, kind) for name, kind in found["columns"])
    return Shape(query=found["query"], columns=columns, ids=found["ids"])


def shape_of(
    connection: duckdb.DuckDBPyConnection,
    position: int,
    sync: Sync,
    columns: Sequence[Column],
    key: tuple[str, ...],
    before: Shape | None,
) -> Shape:
    """Return the shape of the staged result; where it has few rows, its ids are taken for what they were `before`."""
    counts = _id_kinds(connection, position, key, (ADDED, CHANGED, UNCHANGED))
    total = sum(counts.values())
    kind = max(counts, key=lambda name: counts[name], default=None)
    ids = kind if kind and total >= FEWEST_KNOWN and counts[kind] >= _DOMINANT * total else None
    if total < FEWEST_KNOWN and before is not None:
        ids = before.ids
    return Shape(
        query=_query_digest(sync), columns=tuple((column.name, column.kind.value) for column in columns), ids=ids
    )


def shape_questions(
    connection: duckdb.DuckDBPyConnection,
    guards: Guards,
    comparison: Comparison,
    before: Shape | None,
    now: Shape,
    key: tuple[str, ...],
) -> tuple[Question, ...]:
    """Ask about columns and ids that are not what they were."""
    found = [_columns_changed(before, now), _most_unknown(guards, comparison, key)]
    if before is not None and before.ids and key:
        found.append(_other_ids(connection, comparison, before.ids, key))
    return tuple(question for question in found if question)


def _columns_changed(before: Shape | None, now: Shape) -> Question | None:
    """Ask where the same query gives other columns. Who has edited the query knows that it does, and sees the plan."""
    if before is None or before.query != now.query or before.columns == now.columns:
        return None
    old, new = dict(before.columns), dict(now.columns)
    differences = [f"{name} is new ({kind})" for name, kind in new.items() if name not in old]
    differences += [f"{name} is gone" for name in old if name not in new]
    differences += [
        f"{name} was {old[name]} and is {kind}" for name, kind in new.items() if old.get(name, kind) != kind
    ]
    if not differences:  # only their order is another one, which means the same calls
        return None
    return Question(
        guard="columns_changed",
        message=f"The query's text is the same, but its columns changed: {'; '.join(differences[:5])}.",
        remedy="Look at what was changed in the warehouse; run with --yes if it is meant.",
        evidence=tuple(differences),
    )


def _most_unknown(guards: Guards, comparison: Comparison, key: tuple[str, ...]) -> Question | None:
    """Ask where most of the result's rows were never seen, and are many beside those that are known."""
    if not key or key == ("messageId",) or comparison.known < FEWEST_KNOWN:
        return None
    unknown, rows = comparison.added, comparison.rows
    if unknown <= guards.max_unknown * rows or unknown <= guards.max_unknown * comparison.known:
        return None
    return Question(
        guard="max_unknown",
        message=f"{unknown:,} of {rows:,} rows have an id that was never sent before; {comparison.known:,} are known.",
        remedy="Check that the id column is the one it was; run with --yes if they are new, or raise max_unknown.",
    )


def _other_ids(
    connection: duckdb.DuckDBPyConnection, comparison: Comparison, before: str, key: tuple[str, ...]
) -> Question | None:
    """Ask where most new ids are of another kind than the ids so far."""
    counts = _id_kinds(connection, comparison.position, key, (ADDED,))
    total = sum(counts.values())
    others = total - counts.get(before, 0)
    if total < _FEWEST_NEW or others <= total / 2:
        return None
    kind = max((name for name in counts if name != before), key=lambda name: counts[name])
    examples = connection.execute(f"""
        SELECT identity FROM stage WHERE state_{comparison.position} = {ADDED} AND {_id(key)} IS NOT NULL
            AND {_kind(_id(key))} = {quoted(kind)} LIMIT 3
    """).fetchall()
    return Question(
        guard="ids_of_another_kind",
        message=f"The ids were {before}; {others:,} of {total:,} new ones looked at are {kind}.",
        remedy="Check which column the id is: another kind of id would create new profiles at the destination, and cannot be "
        "taken back. Run with --yes if it is meant.",
        evidence=tuple(row[0] for row in examples),
    )


def _id_kinds(
    connection: duckdb.DuckDBPyConnection, position: int, key: tuple[str, ...], states: tuple[int, ...]
) -> dict[str, int]:
    """Count the kinds of the ids of the rows in these states; nothing for events, whose ids are their own."""
    if not key or key == ("messageId",):
        return {}
    rows = connection.execute(f"""
        SELECT {_kind("id")} AS kind, count(*) FROM (
            SELECT {_id(key)} AS id FROM stage WHERE state_{position} IN ({", ".join(map(str, states))})
            LIMIT {_LOOKED_AT}
        ) WHERE id IS NOT NULL GROUP BY kind
    """).fetchall()
    return dict(rows)


def _id(key: tuple[str, ...]) -> str:
    """Return the SQL of a row's id: that of the key's first field, NULL where the row is known by another."""
    return f"json_extract_string(identity, {quoted('$.' + key[0])})"


def _kind(value: str) -> str:
    whens = " ".join(
        f"WHEN regexp_full_match({value}, {quoted(pattern)}) THEN {quoted(name)}" for name, pattern in _KINDS.items()
    )
    return f"CASE {whens} ELSE {quoted(_TEXT)} END"


def _query_digest(sync: Sync) -> str:
    text = json.dumps([sync.query, sorted(sync.columns.items())])
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
