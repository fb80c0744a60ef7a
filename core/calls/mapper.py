"""The mapper: from the columns of a query to the SQL that builds each row's call, vectorised in DuckDB.

Staged columns are named c0, c1, … by position, because DuckDB's names ignore case; the query's own names come back only
as keys of the JSON. For each row the mapper gives, as SQL expressions over what `Mapper.prepared` selects:

    call        the canonical call: the JSON of the call without its messageId, in a fixed order of fields
    identity    the fields that make the row's key, as JSON ({"userId":"u1"}); NULL where the whole row is the key
    id_fault    why the row's ids cannot be used (null, empty), or NULL: the guard `invalid_rows` decides about these
    fault       why the row cannot be a call (NaN, a NUL, no event name, …), or NULL: such a row is always rejected
    message_id  the query's own messageId, or NULL
    weaker      identities that the row would have had before its person gained the stronger id; NULLs among them
    row         the row's values as JSON text, to show a row that cannot be a call

A NULL trait or property is sent as null (it clears the trait); a NULL field, context or integration is left out.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.calls.canonical import FORM, fault, json_value, plain_text
from core.calls.faults import fault_sql, id_fault_sql
from core.calls.fields import AS_TEXT, CALLS, IDS, SPELLINGS, Place, place_of
from core.calls.shape import Leaf, Node, prepared
from core.calls.writing import call_sql, identity_sql, own_message_id, row_sql, weaker_sql
from core.errors import QueryError
from core.model import CallType, Column, Kind

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Mapper", "build", "digest_of"]

_TEXTS = frozenset({"event", "name", "category"})
_OBJECT_KINDS = frozenset({Kind.JSON, Kind.NESTED})
_ID_KINDS = frozenset({Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT})
_TIME_KINDS = frozenset({Kind.TEXT, Kind.DATE, Kind.TIMESTAMP, Kind.INSTANT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapper:
    """SQL expressions as the module describes; `preparations` are columns that several of them need, by name.

    `key` names the fields of the key ('userId'; empty for a whole row): another key is another ledger; `ids` are the columns
    that a row's key may come from. `digest` covers
    all that decides what a row becomes, besides the query's text. `traits` are the bag's keys, for field-level guards.
    """

    preparations: Mapping[str, str]
    call: str
    identity: str
    id_fault: str
    fault: str
    message_id: str
    weaker: tuple[str, ...]
    row: str
    key: tuple[str, ...]
    ids: tuple[str, ...]
    digest: str
    bag: str | None
    traits: tuple[str, ...]
    keeps_payload: bool
    notes: tuple[str, ...]

    def prepared(self, source: str) -> str:
        """Return SQL for the rows of `source` with all that the other expressions need."""
        return (
            ", ".join(["SELECT *", *(f"{sql} AS {name}" for name, sql in self.preparations.items())])
            + f" FROM {source}"
        )


def build(
    call: CallType,
    columns: Sequence[Column],
    schema: pa.Schema,
    *,
    renamed: Mapping[str, str] | None = None,
    timezone: str = "UTC",
    where: str = "",
) -> Mapper:
    """Build the mapper for a query's columns and their Arrow types (same order).

    `renamed` is the sync's [columns]; `timezone` is what a timestamp without zone means. Raises QueryError, naming
    every column at fault, where the columns cannot make this call.
    """
    renamed = renamed or {}
    leaves, problems = _placed(call, columns, schema, renamed, timezone)
    problems += _missing(call, leaves, columns)
    if problems:
        raise _unplaceable(call, "; ".join(problems), where)
    tree = _tree(call, leaves, where)
    fields = {leaf.path[0]: leaf for leaf in leaves if len(leaf.path) == 1 and not leaf.whole}
    bag = CALLS[call].bag
    email = _email(leaves, fields, bag)
    inside = tree.children.get(bag) if bag else None
    return Mapper(
        preparations=prepared(leaves, [*fields.values(), *([email] if email else [])]),
        call=call_sql(call, tree, fields, leaves),
        identity=identity_sql(call, fields, email),
        id_fault=id_fault_sql(call, fields, email),
        fault=fault_sql(call, leaves, fields, tree),
        message_id=own_message_id(fields),
        weaker=weaker_sql(call, fields, email),
        row=row_sql(columns),
        key=_key(call, fields, email),
        ids=tuple(leaf.sql for name, leaf in fields.items() if name in IDS) + ((email.sql,) if email else ()),
        digest=digest_of(call, columns, renamed, timezone),
        bag=bag,
        traits=tuple(key for key, child in inside.children.items() if isinstance(child, Leaf))
        if isinstance(inside, Node)
        else (),
        keeps_payload=CALLS[call].keys is not None,
        notes=tuple(
            f"{name} is sent as text, because [columns] says so"
            for name, target in renamed.items()
            if target.endswith(AS_TEXT)
        ),
    )


def _placed(
    call: CallType, columns: Sequence[Column], schema: pa.Schema, renamed: Mapping[str, str], timezone: str
) -> tuple[list[Leaf], list[str]]:
    """Put each column in its place; also give the problems of single columns."""
    leaves: list[Leaf] = []
    problems: list[str] = []
    taken: dict[tuple[str, ...], str] = {}
    for position, column in enumerate(columns):
        place = place_of(call, column.name, renamed.get(column.name))
        if not column.name and column.name not in renamed:
            problems.append(f"column {position + 1} has no name")
            continue
        if place.problem:
            problems.append(place.problem)
            continue
        if place.path in taken:
            problems.append(f"{taken[place.path]!r} and {column.name!r} are both {'.'.join(place.path)}")
            continue
        taken[place.path] = column.name
        leaf = _leaf(call, column, schema.field(position).type, f"c{position}", place, timezone)
        if renamed.get(column.name, "").endswith(AS_TEXT):
            leaf = _as_text(leaf)
        if problem := _kind_problem(leaf):
            problems.append(problem)
        leaves.append(leaf)
    unknown = set(renamed) - {column.name for column in columns}
    problems += [f"[columns] names {name!r}, which the query does not give" for name in sorted(unknown)]
    return leaves, problems


def _leaf(call: CallType, column: Column, arrow: pa.DataType, sql: str, place: Place, timezone: str) -> Leaf:
    text = plain_text(column.kind, arrow, sql, timezone=timezone)
    if column.kind is Kind.FLOAT and place.path[-1] in IDS and len(place.path) == 1:
        text = f"id_double({sql})"
    is_id = place.path == (CALLS[call].bag, "objectTypeId") and call in (CallType.GROUP, CallType.TRACK)
    written = f"json_string({text})" if is_id else json_value(column.kind, arrow, sql, timezone=timezone)
    wrong = fault(column.kind, arrow, sql, timezone=timezone)
    if column.kind is Kind.JSON:  # what is not odd needs no care
        written = f"CASE WHEN odd_{sql} THEN {written} ELSE try(json({sql}::VARCHAR))::VARCHAR END"
        wrong = f"CASE WHEN odd_{sql} OR NOT json_valid({sql}::VARCHAR) THEN {wrong} END"
    return Leaf(
        column=column,
        sql=sql,
        written=written,
        is_plain=column.kind is Kind.TEXT and not is_id,
        text=text,
        fault=wrong,
        path=place.path,
        whole=place.whole,
    )


def _as_text(leaf: Leaf) -> Leaf:
    """Return a number, boolean, date or time that [columns] asks for as text: it holds nothing that JSON would escape."""
    if leaf.column.kind in (*_OBJECT_KINDS, Kind.BYTES, Kind.TEXT):
        return leaf
    return dataclasses.replace(leaf, written=f"'\"' || {leaf.text} || '\"'")


def _kind_problem(leaf: Leaf) -> str:
    """Say why a column of this kind cannot stand in this place, or nothing."""
    name, kind, typed = leaf.column.name, leaf.column.kind, leaf.column.type_name
    place = leaf.path[-1] if len(leaf.path) == 1 else ""
    if leaf.whole and kind not in _OBJECT_KINDS:
        return f"{name!r} has to be a JSON object, not {typed}"
    if place in IDS and kind not in _ID_KINDS:
        return f"{name!r} is {typed}, and an id has to be text or a whole number"
    if place in _TEXTS and kind not in _ID_KINDS:
        return f"{name!r} has to be text, not {typed}"
    if place == "timestamp" and kind not in _TIME_KINDS:
        return f"{name!r} has to be a timestamp or ISO 8601 text, not {typed}"
    if leaf.path[1:] == ("relationshipAttributes",) and kind not in _OBJECT_KINDS:
        return f"{name!r} has to be a JSON object, not {typed}"
    return ""


def _missing(call: CallType, leaves: list[Leaf], columns: Sequence[Column]) -> list[str]:
    """Return what a call of this type needs and the query does not have."""
    fields = CALLS[call]
    present = {leaf.path[0] for leaf in leaves if len(leaf.path) == 1}
    present |= {leaf.path[1] for leaf in leaves if leaf.path[0] == fields.bag and len(leaf.path) > 1}
    problems = []
    for group in fields.required:
        if not present.intersection(group):
            lower = {column.name.lower(): column.name for column in columns}
            close = [lower[name.lower()] for name in group if name.lower() in lower]
            hint = f" ({close[0]!r} is spelled in another case)" if close else ""
            problems.append(f"there is no {' or '.join(group)}{hint}")
    ids = {"userId", "anonymousId", "groupId", "previousId", "timestamp"}
    only_email = not present.intersection({"userId", "anonymousId"})
    traits = [leaf for leaf in leaves if leaf.path[0] == fields.bag]
    if only_email and call is CallType.IDENTIFY:
        traits = [leaf for leaf in traits if leaf.path[1:] != ("email",)]
    if fields.needs_trait and not traits and present - {"email"} <= ids | {"context", "integrations"}:
        problems.append("beside the id there is no trait to send")
    return problems


def _unplaceable(call: CallType, problems: str, where: str) -> QueryError:
    return QueryError(
        f"These columns cannot become {call} calls: {problems}.",
        where=where,
        remedy="Name the columns in the query with AS, or map them under [columns] in the sync's file.",
    )


def _tree(call: CallType, leaves: list[Leaf], where: str) -> Node:
    """Arrange the columns that live inside objects. Raises QueryError where one is both a value and an object."""
    root = Node()
    for leaf in leaves:
        node = root
        inner = leaf.path if leaf.whole else leaf.path[:-1]
        for key in inner:
            child = node.children.setdefault(key, Node())
            if isinstance(child, Leaf):
                raise _unplaceable(
                    call, f"{leaf.column.name!r} goes inside {child.column.name!r}, a single value", where
                )
            node = child
        if leaf.whole:
            node.whole = leaf
        elif leaf.path[-1] in node.children:
            problem = f"{leaf.column.name!r} is a single value where other columns make an object"
            raise _unplaceable(call, problem, where)
        else:
            node.children[leaf.path[-1]] = leaf
    return root


def _email(leaves: list[Leaf], fields: Mapping[str, Leaf], bag: str | None) -> Leaf | None:
    """Return the email where it identifies: only where the query has neither userId nor anonymousId.

    Where it has one of them and a row has none, that is a null id, which more often is a join gone wrong than a lead:
    who means email as a second choice writes COALESCE, as Customer.io's page does.
    """
    if fields.keys() & {"userId", "anonymousId"}:
        return None
    return next((leaf for leaf in leaves if leaf.path == (bag, "email")), None)


def _key(call: CallType, fields: Mapping[str, Leaf], email: Leaf | None) -> tuple[str, ...]:
    """Name the fields of the key, the strongest first that this query gives."""
    keys = CALLS[call].keys
    if keys is None:
        return ("messageId",) if "messageId" in fields else ()
    if call is CallType.IDENTIFY:
        given = [name for name in ("userId", "anonymousId") if name in fields]
        return (given[0],) if given else ("email",) if email else ()
    return tuple(name for name in keys[0] if name in fields)


def digest_of(call: CallType, columns: Sequence[Column], renamed: Mapping[str, str], timezone: str) -> str:
    """Return 128 bits over what decides how a row becomes a call: another digest means that all rows are compared again."""
    spelled = [SPELLINGS.get(renamed.get(column.name, column.name), column.name) for column in columns]
    parts = [FORM, call.value, timezone, spelled, [(c.name, c.kind.value) for c in columns], sorted(renamed.items())]
    return hashlib.md5(json.dumps(parts).encode(), usedforsecurity=False).hexdigest()
