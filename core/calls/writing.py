"""The SQL that writes a row: its call, and the fields that identify it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from core.calls.fields import CALLS
from core.calls.shape import Leaf, Node, needs_escapes, present, quoted_text
from core.duckdb_helpers import quoted
from core.model import CallType, Column, Kind

__all__ = ["call_sql", "identity_sql", "own_message_id", "row_sql", "weaker_sql"]


def call_sql(call: CallType, tree: Node, fields: Mapping[str, Leaf], leaves: Sequence[Leaf]) -> str:
    """Write the whole call: its type, its fields in their order, its objects.

    Most rows have no text that JSON escapes: for them there is a variant that just puts quotes around it.
    """
    escaped = needs_escapes(leaves)
    whole = _whole_call(call, tree, fields, plain=False)
    return (
        f"CASE WHEN {escaped} THEN {whole} ELSE {_whole_call(call, tree, fields, plain=True)} END" if escaped else whole
    )


def _whole_call(call: CallType, tree: Node, fields: Mapping[str, Leaf], *, plain: bool) -> str:
    definition = CALLS[call]
    pieces: list[str] = [_Constant('{"type":' + json.dumps(call.value))]
    for name in definition.fields:
        if name in fields and name not in ("timestamp", "messageId"):
            text = present(fields[name])
            written = f"'\"' || {text} || '\"'" if plain else f"json_string({text})"
            pieces.append(_optional(f',"{name}":', text, written))
    if definition.bag:
        node = tree.children.get(definition.bag)
        pieces.append(_Constant("," + json.dumps(definition.bag) + ":{"))
        pieces += _bag(node, plain=plain) if isinstance(node, Node) else []
        pieces.append(_Constant("}"))
    for name in ("context", "integrations"):
        node = tree.children.get(name)
        if isinstance(node, Node):
            pieces.append(_object_or_nothing(name, node))
    if "timestamp" in fields:
        pieces.append(_timestamp(fields["timestamp"]))
    return _concatenated([*pieces, _Constant("}")])


class _Constant(str):
    """A piece of text that is the same in every row; neighbours become one."""

    __slots__ = ()


def _concatenated(pieces: Sequence[str]) -> str:
    merged: list[str] = []
    for piece in pieces:
        if isinstance(piece, _Constant) and merged and isinstance(merged[-1], _Constant):
            merged[-1] = _Constant(merged[-1] + piece)
        else:
            merged.append(piece)
    return f"concat({', '.join(quoted(piece) if isinstance(piece, _Constant) else piece for piece in merged)})"


def _bag(node: Node, *, plain: bool) -> list[str]:
    """Return the pieces of traits or properties, without their braces: a NULL is sent as null."""
    pieces: list[str] = []
    for position, (key, child) in enumerate(node.children.items()):
        name = ("," if position else "") + json.dumps(key, ensure_ascii=False) + ":"
        if isinstance(child, Node):
            pieces += [_Constant(name + "{"), *_bag(child, plain=plain), _Constant("}")]
        elif plain and child.is_plain:  # quotes beside the text: half the cost of a text with quotes, made first
            is_null = f"CASE WHEN {child.sql} IS NULL THEN"
            pieces += [_Constant(name), f"{is_null} 'null' ELSE '\"' END", child.sql, f"{is_null} '' ELSE '\"' END"]
        else:
            pieces += [_Constant(name), f"CASE WHEN {child.sql} IS NULL THEN 'null' ELSE {child.written} END"]
    if node.whole:
        pieces.append(_merged(node.whole, comma=bool(node.children)))
    return pieces


def _merged(whole: Leaf, *, comma: bool) -> str:
    """Write the members of a whole object, behind a comma where others stand before them."""
    members = f"substr({whole.written}, 2, length({whole.written}) - 2)"
    separator = "',' || " if comma else ""
    return f"CASE WHEN {whole.sql} IS NULL OR {members} = '' THEN '' ELSE {separator}{members} END"


def _timestamp(leaf: Leaf) -> str:
    """Write the timestamp field. A text of ISO 8601 travels as it is, but with a zone: one without is in UTC."""
    if leaf.column.kind is not Kind.TEXT:
        return _optional(',"timestamp":', leaf.sql, leaf.written)
    text = f"iso_text({leaf.text})"
    zoneless = f"regexp_full_match({leaf.text}, '.{{10}}[T ][0-9:.]+')"
    written = f"""concat('"', {text}, CASE WHEN {zoneless} THEN 'Z"' ELSE '"' END)"""
    return _optional(',"timestamp":', present(leaf), written)


def _optional(key: str, value: str, written: str) -> str:
    return f"CASE WHEN {value} IS NULL THEN '' ELSE {quoted(key)} || {written} END"


def _members(node: Node) -> str:
    """Write the members of context or integrations, without its braces: a NULL is left out."""
    pieces: list[str] = []
    for key, child in node.children.items():
        name = "," + json.dumps(key, ensure_ascii=False) + ":"
        if isinstance(child, Node):
            inside = _members(child)
            written = f"concat({quoted(name + '{')}, {inside}, '}}')"
            pieces.append(f"CASE WHEN {inside} = '' THEN '' ELSE {written} END")
        else:
            pieces.append(_optional(name, child.sql, child.written))
    if node.whole:
        pieces.append(_merged(node.whole, comma=True))
    return f"substr(concat({', '.join(pieces)}), 2)" if pieces else "''"


def _object_or_nothing(name: str, node: Node) -> str:
    inside = _members(node)
    opening = quoted("," + json.dumps(name) + ":{")
    return f"CASE WHEN {inside} = '' THEN '' ELSE concat({opening}, {inside}, '}}') END"


def identity_sql(call: CallType, fields: Mapping[str, Leaf], email: Leaf | None) -> str:
    """Write the key's fields as JSON; for identify, the strongest that the row has."""
    if CALLS[call].keys is None:
        own = own_message_id(fields)
        single = _single("messageId", fields["messageId"]) if "messageId" in fields else "NULL"
        return f"CASE WHEN {own} IS NOT NULL THEN {single} END"
    if call is CallType.IDENTIFY:
        ids = [(name, fields[name]) for name in ("userId", "anonymousId") if name in fields]
        if email:
            ids.append(("email", email))
        cases = " ".join(f"WHEN {present(leaf)} IS NOT NULL THEN {_single(name, leaf)}" for name, leaf in ids)
        return f"CASE {cases} END"
    names = [name for name in (CALLS[call].keys or ((),))[0] if name in fields]
    members = ", ".join(
        f"{quoted((',' if position else '{') + json.dumps(name) + ':')}, {quoted_text(fields[name])}"
        for position, name in enumerate(names)
    )
    whole = " AND ".join(f"{present(fields[name])} IS NOT NULL" for name in names)
    return f"CASE WHEN {whole} THEN concat({members}, '}}') END"


def weaker_sql(call: CallType, fields: Mapping[str, Leaf], email: Leaf | None) -> tuple[str, ...]:
    """Return the identities below the strongest: a key of theirs that is gone may be a person who gained a userId."""
    if call is not CallType.IDENTIFY:
        return ()
    ids = [(name, fields[name]) for name in ("userId", "anonymousId") if name in fields]
    ids += [("email", email)] if email else []
    return tuple(f"CASE WHEN {present(leaf)} IS NOT NULL THEN {_single(name, leaf)} END" for name, leaf in ids[1:])


def row_sql(columns: Sequence[Column]) -> str:
    """Write the values of a row, each as the text that DuckDB gives it."""
    pairs = ", ".join(f"{quoted(column.name)}, c{position}::VARCHAR" for position, column in enumerate(columns))
    return f"left(json_object({pairs})::VARCHAR, 4000)"


def _single(name: str, leaf: Leaf) -> str:
    """Write a JSON object of one text member."""
    return f"concat({quoted('{' + json.dumps(name) + ':')}, {quoted_text(leaf)}, '}}')"


def own_message_id(fields: Mapping[str, Leaf]) -> str:
    return present(fields["messageId"]) if "messageId" in fields else "NULL::VARCHAR"
