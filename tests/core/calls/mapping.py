"""Maps rows as the engine does: Arrow columns named c0, c1, … in DuckDB, with the canonical form's macros."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import duckdb
import pyarrow as pa

from core.calls import canonical
from core.calls.mapper import Mapper, build
from core.model import CallType, Column, Kind

ARROW = {
    Kind.BOOLEAN: pa.bool_(),
    Kind.INTEGER: pa.int64(),
    Kind.DECIMAL: pa.string(),
    Kind.FLOAT: pa.float64(),
    Kind.TEXT: pa.string(),
    Kind.BYTES: pa.binary(),
    Kind.DATE: pa.date32(),
    Kind.TIME: pa.time64("us"),
    Kind.TIMESTAMP: pa.timestamp("us"),
    Kind.INSTANT: pa.timestamp("us", tz="UTC"),
    Kind.JSON: pa.string(),
}
"""How the kinds travel where a test does not say otherwise."""

RESULTS = ("call", "identity", "id_fault", "fault", "message_id", "row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A column of a query: its name, its kind, its Arrow type (the kind's usual one when None), its values."""

    name: str
    values: Sequence[Any]
    kind: Kind = Kind.TEXT
    arrow: pa.DataType | None = None

    @property
    def type(self) -> pa.DataType:
        return self.arrow or ARROW[self.kind]

    @property
    def column(self) -> Column:
        return Column(name=self.name, kind=self.kind, type_name=self.kind.value.upper())


def text(name: str, *values: str | None) -> Given:
    return Given(name=name, values=values)


def of(kind: Kind, name: str, *values: Any, arrow: pa.DataType | None = None) -> Given:
    return Given(name=name, values=values, kind=kind, arrow=arrow)


def connect(threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB with the canonical form, configured like the engine's."""
    connection = duckdb.connect(
        config={"arrow_lossless_conversion": "true", **({"threads": threads} if threads else {})}
    )
    canonical.install(connection)
    return connection


def build_mapper(
    call: CallType, *columns: Given, renamed: Mapping[str, str] | None = None, timezone: str = "UTC"
) -> Mapper:
    schema = pa.schema([pa.field(f"c{index}", column.type) for index, column in enumerate(columns)])
    return build(call, [column.column for column in columns], schema, renamed=renamed, timezone=timezone)


def mapped(
    connection: duckdb.DuckDBPyConnection,
    call: CallType,
    *columns: Given,
    renamed: Mapping[str, str] | None = None,
    timezone: str = "UTC",
) -> list[dict[str, Any]]:
    """Return what the mapper makes of each row, by the names of its expressions; a call only where nothing is at fault."""
    mapper = build_mapper(call, *columns, renamed=renamed, timezone=timezone)
    table = pa.table(
        [pa.array(column.values, column.type) for column in columns], names=[f"c{i}" for i in range(len(columns))]
    )
    wanted = ", ".join(f"{getattr(mapper, name)} AS {name}" for name in RESULTS if name != "call")
    weaker = ", ".join(mapper.weaker)
    connection.register("incoming", table)
    try:
        rows = connection.execute(
            f"SELECT {', '.join(name for name in RESULTS if name != 'call')}, weaker, CASE WHEN id_fault IS NULL AND fault IS NULL THEN {mapper.call} END AS call "
            f"FROM (SELECT *, {wanted}, [{weaker}]::VARCHAR[] AS weaker FROM ({mapper.prepared('incoming')}))"
        )
        names = [item[0] for item in rows.description or ()]
        return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    finally:
        connection.unregister("incoming")


def calls(
    connection: duckdb.DuckDBPyConnection,
    call: CallType,
    *columns: Given,
    renamed: Mapping[str, str] | None = None,
    timezone: str = "UTC",
) -> list[Any]:
    """Return the calls of rows of which none is at fault, read strictly."""
    rows = mapped(connection, call, *columns, renamed=renamed, timezone=timezone)
    assert [row for row in rows if row["fault"] or row["id_fault"]] == []
    return [strictly(row["call"]) for row in rows]


def faults(connection: duckdb.DuckDBPyConnection, call: CallType, *columns: Given) -> list[str | None]:
    """Return the faults of rows, ids first."""
    return [row["id_fault"] or row["fault"] for row in mapped(connection, call, *columns)]


def strictly(text: str) -> Any:
    """Read JSON as the strictest receiver would: no NaN, no raw control characters, no key twice, no half surrogates."""

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is no JSON")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        assert len(set(names)) == len(names), f"a key is there twice: {names}"
        return dict(pairs)

    text.encode("utf-8")
    return json.loads(text, parse_constant=refuse, object_pairs_hook=once, strict=True)
