"""The settings of a session that reading a query, finding its names and writing its values depend on: pinned, and proven.

A role, a database or a pooler may have set them otherwise, and then the server reads another query than the one that was checked:
with `standard_conforming_strings = off` a string ends elsewhere, and what we took for text is code. So each transaction begins by
pinning them down, locally, so that nothing is left behind in a pooler's connection; and before each statement of the analyst they
are read back in a statement of its own. A pooler that drops them or that sends each statement to another connection is refused.

- `search_path` stays the role's, since people write names without a schema. But pg_catalog comes first: it does so by itself only
  where the path does not list it, and behind another schema that schema's `lower` would be called in place of the server's. And
  pg_temp comes last: by itself it is first, and a pooler's connection may have another client's temporary table `users`.
- What only an error could come of is left alone: `row_security = off` refuses a query that would be filtered; so are the choices of
  whoever set up the database: text search, money, names of months, the order of day and month in a text that is cast to a date.
- `escape_string_warning` changes nothing but warnings. `default_transaction_read_only` does not matter to a transaction that says
  READ ONLY itself; that it is so is proven, too.

Each name here is written with its schema: these statements run under the role's own path.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.errors import WarehouseError
from core.quoting.sql import literal

if TYPE_CHECKING:
    import psycopg

__all__ = ["LOGIN", "PROOF", "login_options", "on_own_path", "pins", "unproven"]

_PINNED: Mapping[str, str] = {
    "standard_conforming_strings": "on",
    "backslash_quote": "safe_encoding",
    "transform_null_equals": "off",
    "quote_all_identifiers": "off",
    "array_nulls": "on",
    "xmloption": "content",
    "xmlbinary": "base64",
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
}
_PATH = """
    pg_catalog.concat_ws(', ', 'pg_catalog',
        (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(s.name), ', ' ORDER BY s.place)
         FROM pg_catalog.unnest(pg_catalog.current_schemas(false)::pg_catalog.text[]) WITH ORDINALITY AS s(name, place)
         WHERE s.name OPERATOR(pg_catalog.<>) 'pg_catalog' AND pg_catalog.left(s.name, 7) OPERATOR(pg_catalog.<>) 'pg_temp'), 'pg_temp')
"""
_LIMITS = """
    pg_catalog.set_config('statement_timeout', '{milliseconds:d}', true),
    CASE WHEN pg_catalog.current_setting('client_connection_check_interval', true) IS NOT NULL
              AND pg_catalog.version() OPERATOR(pg_catalog.~) 'linux'
         THEN pg_catalog.set_config('client_connection_check_interval', '5s', true) END
"""
"""The last one, from Postgres 14 on, ends a query whose client was killed; else it would run to its end for nobody."""


def pins(milliseconds: int, path: str = "") -> str:
    """Return the statement that pins them down for one transaction, and how long a statement may run there (0: no end).

    `path` is a path for those sessions that logged in with another one than the role's (`login_options`).
    """
    settings = ", ".join(
        f"CASE WHEN pg_catalog.current_setting('{name}', true) IS NOT NULL"
        f" THEN pg_catalog.set_config('{name}', '{value}', true) END"
        for name, value in _PINNED.items()
    )
    return f"SELECT {settings}, pg_catalog.set_config('search_path', {literal(path) if path else _PATH}, true), {_LIMITS.format(milliseconds=milliseconds)}"


@contextlib.contextmanager
def on_own_path(connection: psycopg.Connection[Any]) -> Iterator[list[str]]:
    """Let questions of ours find what the server brings along and nothing else; give the schemas of the path that is put back.

    That pg_catalog comes first is not enough: an operator of another schema that fits the types more exactly is preferred.
    """
    path, schemas, _ = connection.execute(_AWAY.encode()).fetchone() or ("", [], "")
    yield schemas
    connection.execute(b"SELECT pg_catalog.set_config('search_path', %s, true)", [path])


_AWAY = """
    SELECT s.path, s.schemas, pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)
    FROM (SELECT pg_catalog.current_setting('search_path') AS path, pg_catalog.current_schemas(true)::pg_catalog.text[] AS schemas
          OFFSET 0) AS s
"""
LOGIN = f"""
    SELECT pg_catalog.current_setting('quote_all_identifiers'), {_PATH},
           'pg_catalog' OPERATOR(pg_catalog.=) ANY ((pg_catalog.current_schemas(false)::pg_catalog.text[])[2:])
           OR EXISTS (SELECT FROM pg_catalog.pg_operator AS o
                      WHERE o.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND o.oprleft OPERATOR(pg_catalog.<) 16384::pg_catalog.oid
                        AND o.oprright OPERATOR(pg_catalog.<) 16384::pg_catalog.oid
                        AND o.oprname OPERATOR(pg_catalog.=) ANY (ARRAY['=', '<>']::pg_catalog.name[]))
"""
"""What `login_options` judges, and between the two the path that is to be pinned down."""


def login_options(quotes: str, shadows: bool) -> str | None:
    """Return the settings with which the driver that streams has to log in, as libpq's `options`; None where it needs none.

    ADBC asks questions of its own as it logs in, under the role's path and outside of our transaction: which version this is and
    which types there are. Another schema's version() or `=` would be called in place of the server's, and where all names are quoted
    it finds no type. Settings are given only then: some poolers take none.
    """
    settings = {
        **({"quote_all_identifiers": "off"} if quotes == "on" else {}),
        **({"search_path": "pg_catalog, pg_temp"} if shadows else {}),
    }
    escaped = (f"-c {name}={_ESCAPED.sub(_BACKSLASHED, value)}" for name, value in settings.items())
    return " ".join(escaped) or None


_ESCAPED, _BACKSLASHED = re.compile(r"([\\ ])"), r"\\\1"
_READ_BACK = (*_PINNED, "search_path", "transaction_read_only", "client_encoding")
PROOF = "SELECT " + ", ".join(f"pg_catalog.current_setting('{name}', true)" for name in _READ_BACK)
"""Reads back what `unproven` judges."""


def unproven(values: Sequence[str | None], where: str) -> WarehouseError | None:
    """Return the error that names a setting which does not stand as it was pinned; None where all do."""
    wanted = {**_PINNED, "transaction_read_only": "on", "client_encoding": "UTF8"}
    for name, value in zip(_READ_BACK, values, strict=True):
        if name == "search_path":
            parts = (value or "").split(", ")
            is_kept = parts[0] == "pg_catalog" and parts[-1] == "pg_temp"
        elif name == "DateStyle":
            is_kept = (value or "").startswith("ISO")
        else:  # one that the server does not know cannot be otherwise
            is_kept = value == wanted[name] or (value is None and name in _PINNED)
        if not is_kept:
            shown = wanted.get(name, "pg_catalog, ..., pg_temp")
            return WarehouseError(
                f"The session does not keep {name} = {shown}: it is {value}. The query was checked for that setting, so it is not run.",
                where=where,
                remedy="A pooler between Backhaul and the server may send each statement to another connection. Let it pool "
                "transactions or sessions (pgbouncer: pool_mode = transaction), or name the server itself in `host`.",
            )
    return None
