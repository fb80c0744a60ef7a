"""The mapper: from the columns of a query to the SQL that builds each row's call, vectorised in DuckDB.

Staged columns are named c0, c1, … by position, because DuckDB's names ignore case; the query's own names come back only
as keys of the JSON. For each row the mapper gives, as SQL expressions:

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

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.calls.canonical import FORM, fault, json_value, plain_text
from core.calls.fields import CALLS, IDS, SPELLINGS, Place, place_of
from core.embedded import quoted
from core.errors import QueryError
from core.model import CallType, Column, Kind

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Mapper", "build", "digest_of"]

_TEXTS = frozenset({"event", "name", "category"})
_OBJECT_KINDS = frozenset({Kind.JSON, Kind.NESTED})
_ID_KINDS = frozenset({Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT})
_TIME_KINDS = frozenset({Kind.TEXT, Kind.DATE, Kind.TIMESTAMP, Kind.INSTANT})
_ISO_8601 = r"\d{4}-\d\d-\d\d([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):?([0-5]\d)?)?)?"
_BLANK = " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
"""Characters that show nothing: an id of these alone is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaf:
    """One column in its place: `sql` names it, `written` gives its JSON."""

    column: Column
    sql: str
    written: str
    text: str
    fault: str | None
    path: tuple[str, ...]
    whole: bool


@dataclass(slots=True)
class _Node:
    """An object of the call under construction: single columns and deeper objects by key, and a merged whole object."""

    children: dict[str, _Leaf | _Node] = field(default_factory=dict)
    whole: _Leaf | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapper:
    """SQL expressions over c0, c1, … as the module describes.

    `key` names the fields of the key ('userId'; empty for a whole row): another key is another ledger. `digest` covers
    all that decides what a row becomes, besides the query's text. `traits` are the bag's keys, for field-level guards.
    """

    call_type: CallType
    call: str
    identity: str
    id_fault: str
    fault: str
    message_id: str
    weaker: tuple[str, ...]
    row: str
    key: tuple[str, ...]
    digest: str
    bag: str | None
    traits: tuple[str, ...]
    keeps_payload: bool
    columns: int


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
        call_type=call,
        call=_call_sql(call, tree, fields),
        identity=_identity_sql(call, fields, email),
        id_fault=_id_fault_sql(call, fields, email),
        fault=_fault_sql(call, leaves, fields, tree),
        message_id=_own_message_id(fields),
        weaker=_weaker(call, fields, email),
        row=_row_sql(columns),
        key=_key(call, fields, email),
        digest=digest_of(call, columns, renamed, timezone),
        bag=bag,
        traits=tuple(key for key, child in inside.children.items() if isinstance(child, _Leaf))
        if isinstance(inside, _Node)
        else (),
        keeps_payload=CALLS[call].keys is not None,
        columns=len(columns),
    )


def _placed(
    call: CallType, columns: Sequence[Column], schema: pa.Schema, renamed: Mapping[str, str], timezone: str
) -> tuple[list[_Leaf], list[str]]:
    """Put each column in its place; also give the problems of single columns."""
    leaves: list[_Leaf] = []
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
        if problem := _kind_problem(leaf):
            problems.append(problem)
        leaves.append(leaf)
    unknown = set(renamed) - {column.name for column in columns}
    problems += [f"[columns] names {name!r}, which the query does not give" for name in sorted(unknown)]
    return leaves, problems


def _leaf(call: CallType, column: Column, arrow: pa.DataType, sql: str, place: Place, timezone: str) -> _Leaf:
    text = plain_text(column.kind, arrow, sql, timezone=timezone)
    is_id = place.path == (CALLS[call].bag, "objectTypeId") and call in (CallType.GROUP, CallType.TRACK)
    return _Leaf(
        column=column,
        sql=sql,
        written=f"json_string({text})" if is_id else json_value(column.kind, arrow, sql, timezone=timezone),
        text=text,
        fault=fault(column.kind, arrow, sql, timezone=timezone),
        path=place.path,
        whole=place.whole,
    )


def _kind_problem(leaf: _Leaf) -> str:
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


def _missing(call: CallType, leaves: list[_Leaf], columns: Sequence[Column]) -> list[str]:
    """Give what a call of this type needs and the query does not have."""
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


def _tree(call: CallType, leaves: list[_Leaf], where: str) -> _Node:
    """Arrange the columns that live inside objects. Raises QueryError where one is both a value and an object."""
    root = _Node()
    for leaf in leaves:
        node = root
        inner = leaf.path if leaf.whole else leaf.path[:-1]
        for key in inner:
            child = node.children.setdefault(key, _Node())
            if isinstance(child, _Leaf):
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


def _call_sql(call: CallType, tree: _Node, fields: Mapping[str, _Leaf]) -> str:
    """Write the whole call: its type, its fields in their order, its objects."""
    definition = CALLS[call]
    parts = [quoted('{"type":' + json.dumps(call.value))]
    parts += [
        _optional(f',"{name}":', _present(fields[name]), f"json_string({_present(fields[name])})")
        for name in definition.fields
        if name in fields and name not in ("timestamp", "messageId")
    ]
    if definition.bag:
        node = tree.children.get(definition.bag)
        inside = _members(node, nulls=True) if isinstance(node, _Node) else "''"
        parts.append(f"concat({quoted(',' + json.dumps(definition.bag) + ':{')}, {inside}, '}}')")
    for name in ("context", "integrations"):
        node = tree.children.get(name)
        if isinstance(node, _Node):
            parts.append(_object_or_nothing(name, node))
    if "timestamp" in fields:
        leaf = fields["timestamp"]
        given = _present(leaf) if leaf.column.kind is Kind.TEXT else leaf.sql
        parts.append(_optional(',"timestamp":', given, leaf.written))
    parts.append("'}'")
    return "concat(" + ", ".join(parts) + ")"


def _present(leaf: _Leaf) -> str:
    """Give an id or a name as text, NULL where it is empty.

    A text that begins with a visible ASCII character is not empty; only the others are looked at whole, which costs more.
    """
    if leaf.column.kind is not Kind.TEXT:
        return f"nullif(trim({leaf.text}), '')"
    return (
        f"CASE WHEN left({leaf.text}, 1) BETWEEN '!' AND '~' THEN {leaf.text} "
        f"WHEN trim({leaf.text}, {quoted(_BLANK)}) <> '' THEN {leaf.text} END"
    )


def _optional(key: str, value: str, written: str) -> str:
    return f"CASE WHEN {value} IS NULL THEN '' ELSE {quoted(key)} || {written} END"


def _members(node: _Node, *, nulls: bool) -> str:
    """Write an object's members without its braces. With `nulls`, a NULL is sent as null, else left out."""
    pieces: list[str] = []
    for key, child in node.children.items():
        name = "," + json.dumps(key, ensure_ascii=False) + ":"
        if isinstance(child, _Node):
            inside = _members(child, nulls=nulls)
            written = f"concat({quoted(name + '{')}, {inside}, '}}')"
            pieces.append(written if nulls else f"CASE WHEN {inside} = '' THEN '' ELSE {written} END")
        elif nulls:
            value = f"CASE WHEN {child.sql} IS NULL THEN 'null' ELSE {child.written} END"
            pieces.append(f"{quoted(name)}, {value}")
        else:
            pieces.append(_optional(name, child.sql, child.written))
    if node.whole:
        members = f"substr({node.whole.written}, 2, length({node.whole.written}) - 2)"
        pieces.append(f"CASE WHEN {node.whole.sql} IS NULL OR {members} = '' THEN '' ELSE ',' || {members} END")
    return f"substr(concat({', '.join(pieces)}), 2)" if pieces else "''"


def _object_or_nothing(name: str, node: _Node) -> str:
    inside = _members(node, nulls=False)
    opening = quoted("," + json.dumps(name) + ":{")
    return f"CASE WHEN {inside} = '' THEN '' ELSE concat({opening}, {inside}, '}}') END"


def _email(leaves: list[_Leaf], fields: Mapping[str, _Leaf], bag: str | None) -> _Leaf | None:
    """Give the email where it identifies: only where the query has neither userId nor anonymousId.

    Where it has one of them and a row has none, that is a null id, which more often is a join gone wrong than a lead:
    who means email as a second choice writes COALESCE, as Customer.io's page does.
    """
    if fields.keys() & {"userId", "anonymousId"}:
        return None
    return next((leaf for leaf in leaves if leaf.path == (bag, "email")), None)


def _key(call: CallType, fields: Mapping[str, _Leaf], email: _Leaf | None) -> tuple[str, ...]:
    """Name the fields of the key, the strongest first that this query gives."""
    keys = CALLS[call].keys
    if keys is None:
        return ("messageId",) if "messageId" in fields else ()
    if call is CallType.IDENTIFY:
        given = [name for name in ("userId", "anonymousId") if name in fields]
        return (given[0],) if given else ("email",) if email else ()
    return tuple(name for name in keys[0] if name in fields)


def _identity_sql(call: CallType, fields: Mapping[str, _Leaf], email: _Leaf | None) -> str:
    """Write the key's fields as JSON; for identify, the strongest that the row has."""
    if CALLS[call].keys is None:
        own = _own_message_id(fields)
        return f"CASE WHEN {own} IS NOT NULL THEN {_single('messageId', own)} END"
    if call is CallType.IDENTIFY:
        ids = [(name, fields[name]) for name in ("userId", "anonymousId") if name in fields]
        if email:
            ids.append(("email", email))
        cases = " ".join(
            f"WHEN {_present(leaf)} IS NOT NULL THEN {_single(name, _present(leaf))}" for name, leaf in ids
        )
        return f"CASE {cases} END"
    names = [name for name in (CALLS[call].keys or ((),))[0] if name in fields]
    members = ", ".join(
        f"{quoted((',' if position else '{') + json.dumps(name) + ':')}, json_string({_present(fields[name])})"
        for position, name in enumerate(names)
    )
    present = " AND ".join(f"{_present(fields[name])} IS NOT NULL" for name in names)
    return f"CASE WHEN {present} THEN concat({members}, '}}') END"


def _weaker(call: CallType, fields: Mapping[str, _Leaf], email: _Leaf | None) -> tuple[str, ...]:
    """Give the identities below the strongest: a key of theirs that is gone may be a person who gained a userId."""
    if call is not CallType.IDENTIFY:
        return ()
    ids = [(name, fields[name]) for name in ("userId", "anonymousId") if name in fields]
    ids += [("email", email)] if email else []
    return tuple(
        f"CASE WHEN {_present(leaf)} IS NOT NULL THEN {_single(name, _present(leaf))} END" for name, leaf in ids[1:]
    )


def _row_sql(columns: Sequence[Column]) -> str:
    """Write the values of a row, each as the text that DuckDB gives it."""
    pairs = ", ".join(f"{quoted(column.name)}, c{position}::VARCHAR" for position, column in enumerate(columns))
    return f"left(json_object({pairs})::VARCHAR, 4000)"


def _single(name: str, text: str) -> str:
    """Write a JSON object of one text member."""
    return f"concat({quoted('{' + json.dumps(name) + ':')}, json_string({text}), '}}')"


def _own_message_id(fields: Mapping[str, _Leaf]) -> str:
    return _present(fields["messageId"]) if "messageId" in fields else "NULL::VARCHAR"


def _id_fault_sql(call: CallType, fields: Mapping[str, _Leaf], email: _Leaf | None) -> str:
    """Say which id is missing in a row, or NULL."""
    whens = []
    for group in (("userId", "anonymousId"), ("groupId",), ("previousId",)):
        ids = {name: fields[name] for name in group if name in fields}
        if email and call is CallType.IDENTIFY and group[0] == "userId":
            ids["email"] = email
        if not ids:
            continue
        absent = " AND ".join(f"{_present(leaf)} IS NULL" for leaf in ids.values())
        null = " AND ".join(f"{leaf.sql} IS NULL" for leaf in ids.values())
        label = " and ".join(ids)
        whens.append(f"WHEN {null} THEN {quoted(f'{label} is null')}")
        whens.append(f"WHEN {absent} THEN {quoted(f'{label} is empty')}")
    return f"CASE {' '.join(whens)} END" if whens else "NULL::VARCHAR"


def _fault_sql(call: CallType, leaves: list[_Leaf], fields: Mapping[str, _Leaf], tree: _Node) -> str:
    """Say why a row cannot be a call, or NULL."""
    faults = [
        f"{quoted(json.dumps(leaf.column.name, ensure_ascii=False) + ' ')} || {leaf.fault}"
        for leaf in leaves
        if leaf.fault
    ]
    for leaf in leaves:
        name = quoted(json.dumps(leaf.column.name, ensure_ascii=False) + " ")
        if leaf.whole or leaf.path[1:] == ("relationshipAttributes",):
            faults.append(
                f"CASE WHEN json_type(try_cast({leaf.written} AS JSON)) <> 'OBJECT' THEN {name} || 'is not a JSON object' END"
            )
    faults += [
        f"CASE WHEN {_present(fields[name])} IS NULL THEN '{name} is empty' END"
        for name in ("event", "name")
        if name in fields and (name,) in CALLS[call].required
    ]
    for name, leaf in fields.items():
        if name in IDS and leaf.column.kind is Kind.FLOAT:
            faults.append(
                f"CASE WHEN {leaf.sql} <> trunc({leaf.sql}) OR abs({leaf.sql}) >= 1e15 THEN '{name} is not a whole number' END"
            )
        if name in IDS and leaf.column.kind is Kind.DECIMAL:
            faults.append(f"CASE WHEN contains({leaf.text}, '.') THEN '{name} is not a whole number' END")
        if name == "timestamp" and leaf.column.kind is Kind.TEXT:
            faults.append(
                f"CASE WHEN {_present(leaf)} IS NOT NULL AND (NOT regexp_full_match({leaf.sql}, '{_ISO_8601}') "
                f"OR try_cast(left({leaf.sql}, 10) AS DATE) IS NULL) THEN 'timestamp is not ISO 8601' END"
            )
    faults += _clashes(tree)
    # a NULL value has no fault: `||` and CASE both give NULL for it
    return f"coalesce({', '.join(faults)})" if len(faults) > 1 else (faults[0] if faults else "NULL::VARCHAR")


def _clashes(tree: _Node) -> list[str]:
    """Find keys that a whole object and a single column both give: neither is certain to be meant."""
    found = []
    for name, node in tree.children.items():
        if isinstance(node, _Node) and node.whole and node.children:
            for key in node.children:
                # a JSON pointer (RFC 6901): in a path, a key named * is a wildcard even in quotes
                path = quoted("/" + key.replace("~", "~0").replace("/", "~1"))
                label = quoted(f"{name}.{key} is given twice, by a column and by {node.whole.column.name!r}")
                found.append(f"CASE WHEN json_exists(try_cast({node.whole.written} AS JSON), {path}) THEN {label} END")
    return found


def digest_of(call: CallType, columns: Sequence[Column], renamed: Mapping[str, str], timezone: str) -> str:
    """Give 128 bits over what decides how a row becomes a call: another digest means that all rows are compared anew."""
    spelled = [SPELLINGS.get(renamed.get(column.name, column.name), column.name) for column in columns]
    parts = [FORM, call.value, timezone, spelled, [(c.name, c.kind.value) for c in columns], sorted(renamed.items())]
    return hashlib.md5(json.dumps(parts).encode(), usedforsecurity=False).hexdigest()
