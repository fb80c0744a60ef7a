"""A table is not in the source's catalogue.

Why it matters: the query fails when it runs. The catalogue shows what the source's user may read, so the table may be there, and
a grant be missing; or it was made after the catalogue was read, which `backhaul lint --read-catalogue` does again.

An example (a table orders is there):

    SELECT user_id, total FROM order

Fix: take the name that is there (Backhaul offers the nearest), or write the schema before it; for a missing grant, see `backhaul check`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.lint.names import as_written, nearest_name
from core.model import Finding, Severity
from core.query import Query, finding, fix
from core.query.relations import Relation, table_parts

SEVERITY = Severity.ERROR


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find tables that are certainly not in the catalogue."""
    for level in context.levels:
        for relation in level.relations.values():
            if relation.found is not None and relation.found.certain and "start" in relation.node.this.meta:
                yield _found(query, context, relation)


def _found(query: Query, context: Context, relation: Relation) -> Finding:
    catalogue = context.catalogue
    table = relation.node
    assert catalogue is not None  # noqa: S101 -- without one nothing is found in it
    assert isinstance(table, exp.Table)  # noqa: S101 -- nothing else is looked for in it
    name, schema = table.this, table.args.get("db")
    start, end = name.meta["start"], name.meta["end"] + 1
    known = catalogue.tables
    if isinstance(schema, exp.Identifier):  # none in `database..table`
        key = catalogue.table_key(schema.name, quoted=bool(schema.args.get("quoted")))
        known = tuple(each for each in known if catalogue.table_key(each.schema, quoted=True) == key)
        if not known:
            start = schema.meta["start"]
    near = nearest_name(name.name, [each.name for each in known])
    written = as_written(near, query.dialect) if near else ""
    parts = ".".join(part for part, _ in table_parts(table)) if isinstance(schema, exp.Identifier) else name.name
    elsewhere = sorted({each.schema for each in catalogue.tables if each.name.lower() == name.name.lower()})
    hint = f" Did you mean {written}?" if near else f" There is one in {elsewhere[0]}." if elsewhere else ""
    message = f"There is no table {parts} that the source's user may read.{hint}"
    is_same = near.lower() == name.name.lower()
    suggested = fix(f"write {written}", start, end, written, certain=is_same) if near else None
    return finding(query.text, "unknown-table", message, start, end, fix=suggested)
