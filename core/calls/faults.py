"""The SQL that says why a row cannot be a call, or that its ids cannot be used."""

from __future__ import annotations

import json
from collections.abc import Mapping

from core.calls.fields import CALLS, IDS
from core.calls.shape import Leaf, Node, needs_escapes, present
from core.duckdb_helpers import quoted
from core.model import CallType, Kind

__all__ = ["fault_sql", "id_fault_sql"]

_ISO_8601 = r"\d{4}-\d\d-\d\d([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):?([0-5]\d)?)?)?"


def id_fault_sql(call: CallType, fields: Mapping[str, Leaf], email: Leaf | None) -> str:
    """Say which id is missing in a row, or NULL."""
    whens = []
    for group in (("userId", "anonymousId"), ("groupId",), ("previousId",)):
        ids = {name: fields[name] for name in group if name in fields}
        if email and call is CallType.IDENTIFY and group[0] == "userId":
            ids["email"] = email
        if not ids:
            continue
        absent = " AND ".join(f"{present(leaf)} IS NULL" for leaf in ids.values())
        null = " AND ".join(f"{leaf.sql} IS NULL" for leaf in ids.values())
        label = " and ".join(ids)
        whens.append(f"WHEN {null} THEN {quoted(f'{label} is null')}")
        whens.append(f"WHEN {absent} THEN {quoted(f'{label} is empty')}")
    return f"CASE {' '.join(whens)} END" if whens else "NULL::VARCHAR"


def fault_sql(call: CallType, leaves: list[Leaf], fields: Mapping[str, Leaf], tree: Node) -> str:
    """Say why a row cannot be a call, or NULL."""
    named = [
        (leaf, f"{quoted(json.dumps(leaf.column.name, ensure_ascii=False) + ' ')} || {leaf.fault}")
        for leaf in leaves
        if leaf.fault
    ]
    faults = [fault for leaf, fault in named if leaf.column.kind is not Kind.TEXT]
    texts = [fault for leaf, fault in named if leaf.column.kind is Kind.TEXT]
    if texts:  # a NUL is a control character, so most rows need no look at each of their texts
        faults.append(f"CASE WHEN {needs_escapes(leaves)} THEN coalesce({', '.join([*texts, 'NULL'])}) END")
    for leaf in leaves:
        name = quoted(json.dumps(leaf.column.name, ensure_ascii=False) + " ")
        if leaf.whole or leaf.path[1:] == ("relationshipAttributes",):
            faults.append(
                f"CASE WHEN json_type(try_cast({leaf.written} AS JSON)) <> 'OBJECT' THEN {name} || 'is not a JSON object' END"
            )
    faults += [
        f"CASE WHEN {present(fields[name])} IS NULL THEN '{name} is empty' END"
        for name in ("event", "name")
        if name in fields and (name,) in CALLS[call].required
    ]
    for name, leaf in fields.items():
        if name in IDS and leaf.column.kind is Kind.FLOAT:
            faults.append(
                f"CASE WHEN {leaf.sql} <> trunc({leaf.sql}) THEN '{name} is not a whole number' "
                f"WHEN abs({leaf.sql}) > 9007199254740992 THEN '{name} is a float larger than 2^53, so its last digits are lost' END"
            )
        if name in IDS and leaf.column.kind is Kind.DECIMAL:
            faults.append(f"CASE WHEN contains({leaf.text}, '.') THEN '{name} is not a whole number' END")
        if name == "timestamp" and leaf.column.kind is Kind.TEXT:
            faults.append(
                f"CASE WHEN {present(leaf)} IS NOT NULL AND (NOT regexp_full_match({leaf.sql}, '{_ISO_8601}') "
                f"OR try_cast(left({leaf.sql}, 10) AS DATE) IS NULL) THEN 'timestamp is not ISO 8601' END"
            )
    faults += _clashes(tree)
    # a NULL value has no fault: `||` and CASE both give NULL for it
    return f"coalesce({', '.join(faults)})" if len(faults) > 1 else (faults[0] if faults else "NULL::VARCHAR")


def _clashes(tree: Node) -> list[str]:
    """Find keys that a whole object and a single column both give: neither is certain to be meant."""
    found = []
    for name, node in tree.children.items():
        if isinstance(node, Node) and node.whole and node.children:
            for key in node.children:
                # a JSON pointer (RFC 6901): in a path, a key named * is a wildcard even in quotes
                path = quoted("/" + key.replace("~", "~0").replace("/", "~1"))
                label = quoted(f"{name}.{key} is given twice, by a column and by {node.whole.column.name!r}")
                found.append(f"CASE WHEN json_exists(try_cast({node.whole.written} AS JSON), {path}) THEN {label} END")
    return found
