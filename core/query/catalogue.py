"""The tables and columns of a source, found as its warehouse finds them.

Whether `Users` and `users` are one name is each warehouse's own affair: Snowflake and Postgres fold names without quotes and then
compare them letter by letter; Redshift and DuckDB compare all names without regard to case; BigQuery so for columns, but
letter by letter for datasets and tables.

A table that is not here need not be missing: a catalogue shows what the user may read, in one database, as it was when it was
read. So `find` tells "there is none" from "this cannot be told".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from core.model import Column, Table
from core.query.output_names import fold

__all__ = ["Catalogue", "Found", "column_key"]

_SYSTEM_TABLES: Mapping[str, re.Pattern[str]] = {
    "postgres": re.compile(r"pg_\w+"),
    "redshift": re.compile(r"(pg|stl|stv|svl|svv|svcs|sys)_\w+"),
    "snowflake": re.compile(r"dual"),
    "duckdb": re.compile(r"(pg|duckdb)_\w+|sqlite_(master|schema|temp_master|temp_schema)"),
    "bigquery": re.compile(r"information_schema\.\w+|__tables(_summary)?__|.*\*"),
}
"""Tables that no catalogue lists, although they can be read; of BigQuery also all tables whose names begin alike (events_*)."""

_PART = re.compile(r"_?(\w*\d\w*|default)")
"""What stands behind a table's name in that of one of its partitions, which Postgres can be asked for and no catalogue lists."""

_SYSTEM = frozenset({"information_schema", "pg_catalog", "account_usage", "snowflake", "region-us", "region-eu"})
"""Schemas that no catalogue lists, although they can be read."""


def column_key(name: str, *, quoted: bool, dialect: str) -> str:
    """Give what two names of a column have in common where the warehouse takes them for one."""
    return fold(name, quoted=quoted, dialect=dialect) if dialect in ("snowflake", "postgres") else name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a catalogue says of a table's name: the table, or None; `certain` where it is known that there is none."""

    table: Table | None = None
    certain: bool = False


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The tables of one source. `schema` and `database` are those of its sessions, "" where unknown; `at` is a Unix time."""

    tables: tuple[Table, ...]
    dialect: str
    schema: str = ""
    database: str = ""
    at: float = 0.0
    _columns: dict[tuple[str, str], Mapping[str, Column]] = field(default_factory=dict, repr=False, compare=False)

    def table_key(self, name: str, *, quoted: bool) -> str:
        """Give what two names of a table, or of a schema, have in common where the warehouse takes them for one."""
        if self.dialect == "bigquery":
            return name
        return column_key(name, quoted=quoted, dialect=self.dialect)

    @cached_property
    def by_name(self) -> Mapping[str, tuple[Table, ...]]:
        """The tables of each name, whatever their schema."""
        found: dict[str, list[Table]] = {}
        for table in self.tables:
            found.setdefault(self.table_key(table.name, quoted=True), []).append(table)
        return {name: tuple(tables) for name, tables in found.items()}

    @cached_property
    def schemas(self) -> frozenset[str]:
        """The keys of the schemas."""
        return frozenset(self.table_key(table.schema, quoted=True) for table in self.tables)

    def find(self, parts: Iterable[tuple[str, bool]]) -> Found:
        """Find a table by its name's parts, each with whether it is quoted: table; schema, table; database, schema, table."""
        *before, (name, quoted) = parts
        system = _SYSTEM_TABLES.get(self.dialect)
        if system is not None and system.fullmatch(name.lower()):
            return Found()
        keys = [self.table_key(part, quoted=is_quoted) for part, is_quoted in before]
        if keys and keys[-1].lower() in _SYSTEM:
            return Found()
        if len(keys) > 1 and keys[-2] != self.table_key(self.database, quoted=True):
            return Found()
        same = self.by_name.get(self.table_key(name, quoted=quoted), ())
        if keys:
            same = tuple(table for table in same if self.table_key(table.schema, quoted=True) == keys[-1])
        if not same:
            return Found(certain=self._lists_all(keys) and not self._is_part(self.table_key(name, quoted=quoted)))
        if len(same) > 1 and not keys:
            own = [table for table in same if table.schema == self.schema]
            return Found(table=own[0]) if len(own) == 1 else Found()
        return Found(table=same[0])

    def _lists_all(self, schema: list[str]) -> bool:
        """Tell whether all tables of a schema are here: of BigQuery, a dataset can be read that may not be listed."""
        return bool(self.tables) and (self.dialect != "bigquery" or not schema or schema[-1] in self.schemas)

    def _is_part(self, key: str) -> bool:
        """Tell whether a name is that of a partition, as far as names tell."""
        return self.dialect == "postgres" and any(
            key.startswith(name) and _PART.fullmatch(key, len(name)) is not None for name in self.by_name
        )

    def columns(self, table: Table) -> Mapping[str, Column]:
        """Give a table's columns by their keys."""
        place = (table.schema, table.name)
        if place not in self._columns:
            self._columns[place] = {
                column_key(column.name, quoted=True, dialect=self.dialect): column for column in table.columns
            }
        return self._columns[place]
