"""Statements: fakesnow's SQL on DuckDB, fixed where it differs from Snowflake and that is cheap.

Fixed: describing runs nothing (fakesnow runs what is no SELECT); one statement at a time; a CTE holds a query and nothing
else; GENERATOR; views in INFORMATION_SCHEMA.TABLES; CURRENT_ROLE and its like; SHOW PARAMETERS and SHOW GRANTS; errors in
Snowflake's words, see `vendor`.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import sqlglot
from fakesnow.fakes import FakeSnowflakeConnection
from fakesnow.instance import FakeSnow
from sqlglot import exp

from tests.servers.snowflake import vendor, wire
from tests.servers.snowflake.accounts import User
from tests.servers.snowflake.vendor import VendorError

QUERY, OTHER = 0x1000, 0x5000
VIEWS = """
    CREATE OR REPLACE VIEW {database}._fs_information_schema._fs_tables AS
    SELECT database_name AS TABLE_CATALOG, schema_name AS TABLE_SCHEMA, table_name AS TABLE_NAME,
        'BASE TABLE' AS TABLE_TYPE, estimated_size AS ROW_COUNT
    FROM duckdb_tables() WHERE database_name = '{database}' AND schema_name <> '_fs_information_schema'
    UNION ALL
    SELECT database_name, schema_name, view_name, 'VIEW', NULL
    FROM duckdb_views() WHERE database_name = '{database}' AND schema_name NOT IN ('_fs_information_schema', 'information_schema', 'pg_catalog')
        AND NOT internal
"""
MAKING = threading.Lock()


@dataclass
class Session:
    """A session: who it is, where it is, and its parameters; `connections` are of the statements that run in it."""

    user: User
    name: str
    role: str
    warehouse: str | None
    database: str | None = None
    schema: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    connections: list[FakeSnowflakeConnection] = field(default_factory=list)

    @property
    def timeout(self) -> float:
        return float(self.parameters.get("STATEMENT_TIMEOUT_IN_SECONDS") or 0)

    def end(self) -> None:
        """End what still runs."""
        for connection in self.connections:
            connection._duck_conn.interrupt()


@dataclass
class Statement:
    """A statement of a session, and the connection that it runs on: DuckDB's take one statement at a time."""

    session: Session
    sql: str
    connection: FakeSnowflakeConnection | None = None
    aborted: bool = False

    def abort(self) -> None:
        self.aborted = True
        if self.connection is not None:
            self.connection._duck_conn.interrupt()


@dataclass
class Outcome:
    """What a statement gave: its columns as Snowflake describes them, and its rows."""

    columns: list[wire.Column]
    table: pa.Table
    statement_type: int = QUERY


class Engine:
    """The databases of the account."""

    def __init__(self) -> None:
        self._fakesnow = FakeSnow(create_database_on_connect=False, create_schema_on_connect=False)

    def use(self, session: Session, database: str, schema: str) -> None:
        """Set where a session is; as at Snowflake, a database or schema that is not there is no error, but not in use."""
        connection = self._fakesnow.connect(database or None, schema or None)
        session.database = database if connection.database_set else None
        session.schema = schema if connection.schema_set else None
        connection.close()

    @contextlib.contextmanager
    def _connected(self, session: Session, tree: exp.Expression) -> Iterator[FakeSnowflakeConnection]:
        connection = self._fakesnow.connect(session.database, session.schema)
        if not any(_named_tables(tree)):  # fakesnow asks for a database where Snowflake does not
            connection.database_set = connection.schema_set = True
        session.connections.append(connection)
        try:
            yield connection
        finally:
            session.connections.remove(connection)
            connection.close()

    def administer(self, database: str, statements: list[str]) -> list[list[Any]]:
        """Run statements as the owner, in a database that is made where it is missing; return the last one's rows."""
        with MAKING:
            root = self._fakesnow.duck_conn.cursor()
            known = root.execute("SELECT upper(database_name) FROM duckdb_databases()").fetchall()
            if (database,) not in known:
                FakeSnowflakeConnection(root, {}, database, "PUBLIC")
                root.execute(VIEWS.format(database=database))
        cursor = self._fakesnow.connect(database, "PUBLIC").cursor()
        rows: list[list[Any]] = []
        for statement in statements:
            cursor.execute(_generated(statement))
            rows = [list(row) for row in cursor.fetchall()]
        return rows

    def drop(self, database: str) -> None:
        self._fakesnow.duck_conn.cursor().execute(f"DETACH {database}")

    def describe(self, session: Session, sql: str) -> Outcome:
        """Describe a statement without running it."""
        try:
            tree = self._checked(session, sql, describing=True)
            if (shown := _show(session, sql)) is not None:
                return Outcome(shown.columns, shown.table.slice(0, 0), OTHER)
            if not isinstance(tree, exp.Query):
                return Outcome(
                    [wire._column("status", "VARCHAR")], pa.table({"status": pa.array([], pa.string())}), OTHER
                )
            with self._connected(session, tree) as connection:
                cursor = connection.cursor()
                cursor.execute(f"DESCRIBE {tree.sql(dialect='snowflake')}")
                return Outcome(_named(wire.row_type(cursor.fetchall()), tree), pa.table({}))
        except (
            Exception
        ) as error:  # fakesnow, DuckDB and sqlglot raise what they like: all is told in Snowflake's words
            raise vendor.translated(error, sql) from error

    def run(self, statement: Statement) -> Outcome:
        """Run a statement within the session's time limit."""
        session, expired = statement.session, threading.Event()
        timer = threading.Timer(session.timeout or 1e6, lambda: (expired.set(), statement.abort()))
        timer.daemon = True
        timer.start()
        try:
            return self._run(statement)
        except (
            Exception
        ) as error:  # fakesnow, DuckDB and sqlglot raise what they like: all is told in Snowflake's words
            if expired.is_set():
                raise vendor.timed_out(session.timeout) from error
            raise vendor.translated(error, statement.sql) from error
        finally:
            timer.cancel()

    def _run(self, statement: Statement) -> Outcome:
        session, sql = statement.session, statement.sql
        tree = self._checked(session, sql, describing=False)
        if (shown := _show(session, sql)) is not None:
            return shown
        with self._connected(session, tree) as connection:
            statement.connection = connection
            if statement.aborted:
                raise vendor.canceled()
            cursor = connection.cursor()
            cursor.execute(tree.sql(dialect="snowflake") if isinstance(tree, exp.Query) else sql)
            columns = _named(wire.row_type(cursor._describe_last_sql()), tree)
            table = _seen(cursor._arrow_table, session)
            return Outcome(columns, table, QUERY if isinstance(tree, exp.Query) else OTHER)

    def _checked(self, session: Session, sql: str, *, describing: bool) -> exp.Expression:
        """Parse one statement, with what only the session knows filled in, and refuse what Snowflake would."""
        trees = [tree for tree in sqlglot.parse(_generated(sql), read="snowflake") if tree is not None]
        trees = [tree for tree in trees if not isinstance(tree, exp.Semicolon)]
        if len(trees) != 1:
            raise (
                vendor.several(len(trees))
                if trees
                else VendorError("000900", "SQL compilation error:\nEmpty SQL statement.")
            )
        (tree,) = trees
        for cte in tree.find_all(exp.CTE):
            if not isinstance(cte.this, exp.Query):
                word = cte.this.key.upper()
                raise vendor.unexpected(sql, max(sql.upper().find(word), 0), word)
        self._permitted(session, tree, describing=describing)
        return tree.transform(lambda node: _filled(node, session))

    def _permitted(self, session: Session, tree: exp.Expression, *, describing: bool) -> None:
        names = [table.name.upper() for table in _named_tables(tree)]
        for name in [*names, "GENERATOR"] if tree.find(exp.GenerateSeries) else names:
            if answer := session.user.answers.get(name):
                status = answer.get("status", 200)
                raise VendorError(answer["code"], answer["message"], answer.get("state", "42000"), status)
        for table in _named_tables(tree):
            for missing, number, what in ((table.catalog, 5, "database"), (table.db, 6, "schema")):
                if not missing and getattr(session, what) is None and table.db.upper() != "INFORMATION_SCHEMA":
                    text = f"Cannot perform SELECT. This session does not have a current {what}. Call 'USE {what.upper()}', or use a qualified name."
                    raise VendorError(f"09010{number}", text, "22000")
            database = (table.catalog or session.database or "").upper()
            schema = (table.db or session.schema or "").upper()
            path = f"{database}.{schema}.{table.name.upper()}"
            if f"{database}.{schema}" in session.user.hidden:
                raise (
                    vendor.missing("Schema", f"{database}.{schema}")
                    if table.db
                    else vendor.missing("Object", table.name.upper())
                )
            if path in session.user.hidden:
                raise vendor.missing("Object", path)
            if session.warehouse is None and not describing and schema != "INFORMATION_SCHEMA":
                text = "No active warehouse selected in the current session.  Select an active warehouse with the 'use warehouse' command.\n"
                raise VendorError("000606", text, "57P03")


def _named_tables(tree: exp.Expression) -> Iterator[exp.Table]:
    """Yield the tables of a statement that are no expressions of its own."""
    local = {cte.alias.upper() for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if table.name and not (table.name.upper() in local and not table.db):
            yield table


def _generated(sql: str) -> str:
    """Write Snowflake's generator as DuckDB's."""
    return re.sub(r"(?i)TABLE\s*\(\s*GENERATOR\s*\(\s*ROWCOUNT\s*=>\s*(\d+)\s*\)\s*\)", r"generate_series(1, \1)", sql)


def _named(columns: list[wire.Column], tree: exp.Expression) -> list[wire.Column]:
    """Return columns the names of their aliases: DuckDB calls EMAIL AS "email" by its column's name, case ignored."""
    select = tree
    while isinstance(select, (exp.SetOperation, exp.Subquery)):
        select = select.this
    items = select.expressions if isinstance(select, exp.Select) else []
    if len(items) == len(columns) and not any(item.is_star for item in items):
        for item, column in zip(items, columns, strict=True):
            if isinstance(item, exp.Alias):
                name = item.args["alias"]
                column["name"] = name.this if name.args.get("quoted") else name.this.upper()
    return columns


def _seen(table: pa.Table, session: Session) -> pa.Table:
    """Leave out the rows of INFORMATION_SCHEMA that tell of what is hidden from the user."""
    if not session.user.hidden or not {"TABLE_SCHEMA", "TABLE_NAME"} <= set(table.column_names):
        return table
    pairs = zip(table["TABLE_SCHEMA"].to_pylist(), table["TABLE_NAME"].to_pylist(), strict=True)
    paths = ({f"{session.database}.{schema}", f"{session.database}.{schema}.{name}"} for schema, name in pairs)
    return table.filter(pa.array([path.isdisjoint(session.user.hidden) for path in paths], pa.bool_()))


def _filled(node: exp.Expression, session: Session) -> exp.Expression:
    """Fill in the context functions that only the session can answer."""
    known = {
        "CURRENT_ROLE": session.role,
        "CURRENT_WAREHOUSE": session.warehouse,
        "CURRENT_USER": session.name,
        "CURRENT_DATABASE": session.database,
        "CURRENT_SCHEMA": session.schema,
        "CURRENT_ACCOUNT_NAME": "BACKHAUL",
    }
    name = ""
    if isinstance(node, exp.Func) and not isinstance(node, exp.Anonymous):
        name = type(node).sql_name()
    elif isinstance(node, exp.Anonymous):
        name = node.name.upper()
    if name not in known:
        return node
    value = known[name]
    return exp.Null() if value is None else exp.Literal.string(value)


def _show(session: Session, sql: str) -> Outcome | None:
    """Answer SHOW PARAMETERS and SHOW GRANTS from what the tests have set."""
    if found := re.match(r"(?is)\s*SHOW\s+PARAMETERS\s+LIKE\s+'(\w+)'\s+IN\s+SESSION\s*;?\s*$", sql):
        name = found[1].upper()
        value = session.parameters.get(name, "false")
        level = "USER" if name in session.user.parameters else ""
        return _table(
            ("key", "value", "default", "level", "description", "type"), [(name, value, "false", level, "", "BOOLEAN")]
        )
    if found := re.match(r"(?is)\s*SHOW\s+GRANTS\s+TO\s+ROLE\s+", sql):
        names = (
            "created_on",
            "privilege",
            "granted_on",
            "name",
            "granted_to",
            "grantee_name",
            "grant_option",
            "granted_by",
        )
        rows = [
            ("", privilege, on, name, "ROLE", session.role, "false", "") for privilege, on, name in session.user.grants
        ]
        return _table(names, rows)
    return None


def _table(names: tuple[str, ...], rows: list[tuple[str, ...]]) -> Outcome:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    table = pa.table([pa.array(column, pa.string()) for column in columns], names=list(names))
    return Outcome([wire._column(name, "VARCHAR") for name in names], table, OTHER)
