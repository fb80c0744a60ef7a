"""The SQL that writes a row: its call, and the fields that identify it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from core.calls.fields import CALLS
from core.calls.shape import Leaf, Node, present
from core.embedded import quoted
from core.model import CallType, Column, Kind

__all__ = ["call_sql", "identity_sql", "own_message_id", "row_sql", "weaker_sql"]


def call_sql(call: CallType, tree: Node, fields: Mapping[str, Leaf]) -> str:
    """Write the whole call: its type, its fields in their order, its objects."""
    definition = CALLS[call]
    parts = [quoted('{"type":' + json.dumps(call.value))]
    parts += [
        _optional(f',"{name}":', present(fields[name]), f"json_string({present(fields[name])})")
        for name in definition.fields
        if name in fields and name not in ("timestamp", "messageId")
    ]
    if definition.bag:
        node = tree.children.get(definition.bag)
        inside = _members(node, nulls=True) if isinstance(node, Node) else "''"
        parts.append(f"concat({quoted(',' + json.dumps(definition.bag) + ':{')}, {inside}, '}}')")
    for name in ("context", "integrations"):
        node = tree.children.get(name)
        if isinstance(node, Node):
            parts.append(_object_or_nothing(name, node))
    if "timestamp" in fields:
        parts.append(_timestamp(fields["timestamp"]))
    parts.append("'}'")
    return "concat(" + ", ".join(parts) + ")"


def _timestamp(leaf: Leaf) -> str:
    """Write the timestamp field. A text of ISO 8601 travels as it is, but with a zone: one without is in UTC."""
    if leaf.column.kind is not Kind.TEXT:
        return _optional(',"timestamp":', leaf.sql, leaf.written)
    text = f"replace({leaf.text}, ' ', 'T')"
    zoneless = f"regexp_full_match({leaf.text}, '.{{10}}[T ][0-9:.]+')"
    written = f"""concat('"', {text}, CASE WHEN {zoneless} THEN 'Z"' ELSE '"' END)"""
    return _optional(',"timestamp":', present(leaf), written)


def _optional(key: str, value: str, written: str) -> str:
    return f"CASE WHEN {value} IS NULL THEN '' ELSE {quoted(key)} || {written} END"


def _members(node: Node, *, nulls: bool) -> str:
    """Write an object's members without its braces. With `nulls`, a NULL is sent as null, else left out."""
    pieces: list[str] = []
    for key, child in node.children.items():
        name = "," + json.dumps(key, ensure_ascii=False) + ":"
        if isinstance(child, Node):
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


def _object_or_nothing(name: str, node: Node) -> str:
    inside = _members(node, nulls=False)
    opening = quoted("," + json.dumps(name) + ":{")
    return f"CASE WHEN {inside} = '' THEN '' ELSE concat({opening}, {inside}, '}}') END"


def identity_sql(call: CallType, fields: Mapping[str, Leaf], email: Leaf | None) -> str:
    """Write the key's fields as JSON; for identify, the strongest that the row has."""
    if CALLS[call].keys is None:
        own = own_message_id(fields)
        return f"CASE WHEN {own} IS NOT NULL THEN {_single('messageId', own)} END"
    if call is CallType.IDENTIFY:
        ids = [(name, fields[name]) for name in ("userId", "anonymousId") if name in fields]
        if email:
            ids.append(("email", email))
        cases = " ".join(f"WHEN {present(leaf)} IS NOT NULL THEN {_single(name, present(leaf))}" for name, leaf in ids)
        return f"CASE {cases} END"
    names = [name for name in (CALLS[call].keys or ((),))[0] if name in fields]
    members = ", ".join(
        f"{quoted((',' if position else '{') + json.dumps(name) + ':')}, json_string({present(fields[name])})"
        for position, name in enumerate(names)
    )
    whole = " AND ".join(f"{present(fields[name])} IS NOT NULL" for name in names)
    return f"CASE WHEN {whole} THEN concat({members}, '}}') END"


def weaker_sql(call: CallType, fields: Mapping[str, Leaf], email: Leaf | None) -> tuple[str, ...]:
    """Give the identities below the strongest: a key of theirs that is gone may be a person who gained a userId."""
    if call is not CallType.IDENTIFY:
        return ()
    ids = [(name, fields[name]) for name in ("userId", "anonymousId") if name in fields]
    ids += [("email", email)] if email else []
    return tuple(
        f"CASE WHEN {present(leaf)} IS NOT NULL THEN {_single(name, present(leaf))} END" for name, leaf in ids[1:]
    )


def row_sql(columns: Sequence[Column]) -> str:
    """Write the values of a row, each as the text that DuckDB gives it."""
    pairs = ", ".join(f"{quoted(column.name)}, c{position}::VARCHAR" for position, column in enumerate(columns))
    return f"left(json_object({pairs})::VARCHAR, 4000)"


def _single(name: str, text: str) -> str:
    """Write a JSON object of one text member."""
    return f"concat({quoted('{' + json.dumps(name) + ':')}, json_string({text}), '}}')"


def own_message_id(fields: Mapping[str, Leaf]) -> str:
    return present(fields["messageId"]) if "messageId" in fields else "NULL::VARCHAR"
