"""What is special about Postgres: logins, TLS, roles, types that ADBC bends, standbys."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from core.errors import (
    CancelledError,
    QueryFailedError,
    UnreachableError,
    WarehouseError,
)
from core.model import Kind
from core.warehouses import warehouse_type
from core.warehouses.base import Result
from tests.core.warehouses.harness import no_secret, postgres_plugin
from tests.servers.postgres import Database, Server


@pytest.fixture(scope="module")
def shop(postgres: Server) -> Iterator[Database]:
    """A database with a table, for tests that only read."""
    database = postgres.create_database()
    database.execute(
        "CREATE TABLE people (id integer, email text)",
        "INSERT INTO people VALUES (1, 'a@example.com'), (2, NULL)",
        "CREATE TYPE mood AS ENUM ('sad', 'happy')",
        "CREATE DOMAIN positive AS integer CHECK (VALUE > 0)",
        "CREATE DOMAIN scores AS integer[]",
        "CREATE TYPE place AS (x integer, y text)",
        "CREATE SEQUENCE numbers",
        "GRANT ALL ON SEQUENCE numbers TO PUBLIC",
    )
    yield database
    database.leave()


def values(result: Result) -> list[object]:
    return [column.to_pylist() for column in result.batches.read_all().columns]


TYPES = [
    ("1::int2", Kind.INTEGER, "smallint", 1),
    ("1::int4", Kind.INTEGER, "integer", 1),
    ("9223372036854775807", Kind.INTEGER, "bigint", 2**63 - 1),
    ("4000000000::oid", Kind.INTEGER, "oid", 4_000_000_000),
    ("1.50::numeric(10, 2)", Kind.DECIMAL, "numeric(10,2)", "1.50"),
    ("123456789012345678901234567890123456789012.5", Kind.DECIMAL, "numeric", "123456789012345678901234567890123456789012.5"),
    ("0.00000000000000000001", Kind.DECIMAL, "numeric", "0.00000000000000000001"),
    ("'NaN'::numeric", Kind.DECIMAL, "numeric", "NaN"),
    ("'-Infinity'::numeric", Kind.DECIMAL, "numeric", "-Infinity"),
    ("'12.5'::money", Kind.DECIMAL, "money", "12.50"),
    ("1.5::real", Kind.FLOAT, "real", 1.5),
    ("'-Infinity'::float8", Kind.FLOAT, "double precision", float("-inf")),
    ("'x'::varchar(3)", Kind.TEXT, "character varying(3)", "x"),
    ("'x'::char(3)", Kind.TEXT, "character(3)", "x  "),
    ("'x'::name", Kind.TEXT, "name", "x"),
    ("'x'::\"char\"", Kind.TEXT, '"char"', "x"),
    ("NULL", Kind.TEXT, "text", None),
    ("'\\x00ff'::bytea", Kind.BYTES, "bytea", b"\x00\xff"),
    ("timetz '12:00:00.5+02'", Kind.TIME, "time with time zone", "12:00:00.5+02"),
    ("interval '1 year 2 days 3.5 s'", Kind.TEXT, "interval", "1 year 2 days 00:00:03.5"),
    ("'happy'::mood", Kind.TEXT, "mood", "happy"),
    ("5::positive", Kind.INTEGER, "integer", 5),
    ("'1b4e28ba-2fa1-11d2-883f-0016d3cca427'::uuid", Kind.TEXT, "uuid", "1b4e28ba-2fa1-11d2-883f-0016d3cca427"),
    ("""'{"a":  1, "a": 2}'::json""", Kind.JSON, "json", '{"a":  1, "a": 2}'),
    ("""'{"a": 12345678901234567890.10}'::jsonb""", Kind.JSON, "jsonb", '{"a": 12345678901234567890.10}'),
    ("inet '10.0.0.1'", Kind.TEXT, "inet", "10.0.0.1"),
    ("cidr '10.0.0.0/8'", Kind.TEXT, "cidr", "10.0.0.0/8"),
    ("macaddr '08:00:2b:01:02:03'", Kind.TEXT, "macaddr", "08:00:2b:01:02:03"),
    ("int4range(1, 5)", Kind.TEXT, "int4range", "[1,5)"),
    ("bit '101'", Kind.TEXT, '"bit"', "101"),
    ("varbit '101'", Kind.TEXT, "bit varying", "101"),
    ("xml '<a>ä</a>'", Kind.TEXT, "xml", "<a>ä</a>"),
    ("point(1, 2)", Kind.TEXT, "point", "(1,2)"),
    ("'fat cats'::tsvector", Kind.TEXT, "tsvector", "'cats' 'fat'"),
    ("'pg_class'::regclass", Kind.TEXT, "regclass", "pg_class"),
    ("'16/B374D848'::pg_lsn", Kind.TEXT, "pg_lsn", "16/B374D848"),
    ("ARRAY[1, NULL, 3]", Kind.JSON, "integer[]", "[1,null,3]"),
    ("ARRAY[[1, 2], [3, 4]]", Kind.JSON, "integer[]", "[[1,2],[3,4]]"),
    ("ARRAY[[1, 2], [3, 4]]::scores", Kind.JSON, "integer[]", "[[1,2],[3,4]]"),
    ("'{}'::int[]", Kind.JSON, "integer[]", "[]"),
    ("ARRAY[1.50, 2]", Kind.JSON, "numeric[]", "[1.50,2]"),
    ("ARRAY['a\"b', 'ä']", Kind.JSON, "text[]", '["a\\"b","ä"]'),
    ("ARRAY['NaN'::float8]", Kind.JSON, "double precision[]", '["NaN"]'),
    ("ARRAY['\\x01'::bytea]", Kind.JSON, "bytea[]", '["\\\\x01"]'),
    ("ARRAY[timestamptz '2026-01-02 03:04:05+01']", Kind.JSON, "timestamp with time zone[]", '["2026-01-02T02:04:05Z"]'),
    ("ARRAY['happy'::mood]", Kind.JSON, "mood[]", '["happy"]'),
    ("""ARRAY['{"a": 1}'::json]""", Kind.JSON, "json[]", '[{"a": 1}]'),
    ("ROW(1, 'x')", Kind.JSON, "record", '{"f1":1,"f2":"x"}'),
    ("ROW(1, 'x')::place", Kind.JSON, "place", '{"x":1,"y":"x"}'),
    ("ARRAY[ROW(1, 'x')::place]", Kind.JSON, "place[]", '[{"x":1,"y":"x"}]'),
    ("(SELECT p FROM people AS p WHERE id = 1)", Kind.JSON, "people", '{"id":1,"email":"a@example.com"}'),
    ("'1 2'::int2vector", Kind.JSON, "int2vector", "[1,2]"),
]  # fmt: skip


def has_xml(database: Database) -> bool:
    with database.connect() as connection:
        try:
            connection.execute("SELECT xml '<a/>'")
        except psycopg.errors.FeatureNotSupported:
            return False
    return True


@pytest.mark.parametrize(("expression", "kind", "type_name", "value"), TYPES, ids=[entry[0] for entry in TYPES])
def test_every_type_of_postgres_arrives_unbent(
    shop: Database, expression: str, kind: Kind, type_name: str, value: object
) -> None:
    sql = f"SELECT {expression} AS value"
    if type_name == "xml" and not has_xml(shop):
        pytest.skip("this Postgres was built without xml")
    with postgres_plugin(shop).open() as session:
        (described,) = session.describe(sql)
        assert (described.kind, described.type_name) == (kind, type_name)
        assert values(session.stream(sql)) == [[value]]


def test_every_type_in_pg_type_can_be_described_and_streamed(shop: Database) -> None:
    with shop.connect() as connection:
        found = connection.execute(
            "SELECT format_type(oid, NULL) FROM pg_type WHERE typtype IN ('b', 'c', 'd', 'e', 'r', 'm')"
            " AND typname !~ '^_?pg_.*(statistic|shadow|ndistinct|dependencies|mcv|brin|toast)' AND typnamespace <> 99"
        ).fetchall()
    names = [name for (name,) in found]
    assert len(names) > 300
    with postgres_plugin(shop).open() as session:
        for place in range(0, len(names), 200):
            some = names[place : place + 200]
            result = session.stream("SELECT " + ", ".join(f"NULL::{name}" for name in some))
            assert values(result) == [[None]] * len(some)


def test_an_extensions_type_that_casts_to_json_arrives_as_json(postgres_database: Database) -> None:
    with contextlib.suppress(psycopg.Error):
        postgres_database.execute("CREATE EXTENSION hstore")
    with postgres_plugin(postgres_database).open() as session:
        try:
            result = session.stream("SELECT 'a=>1, b=>NULL'::hstore AS h")
        except QueryFailedError:
            pytest.skip("this Postgres comes without the extension hstore")
        assert result.columns[0].kind is Kind.JSON
        assert values(result) == [['{"a": "1", "b": null}']]


def test_values_are_written_alike_whatever_the_role_has_set(postgres_database: Database) -> None:
    for setting in (
        "TimeZone = 'Asia/Kolkata'",
        "DateStyle = 'German'",
        "IntervalStyle = 'sql_standard'",
        "extra_float_digits = -3",
        "bytea_output = 'escape'",
        "default_transaction_isolation = 'read committed'",
        "default_transaction_read_only = off",
        "statement_timeout = '500ms'",
    ):
        postgres_database.execute(f"ALTER ROLE {postgres_database.reader} SET {setting}")
    with postgres_plugin(postgres_database).open() as session:
        session.clock()
        sql = (
            "SELECT timestamptz '2026-01-02 03:04:05+00'::text, date '2026-01-02'::text, ARRAY[0.1::float8 + 0.2],"
            " interval '1 day', current_setting('transaction_isolation'), current_setting('transaction_read_only'),"
            " '\\x01'::bytea::text, pg_sleep(0.7)::text"
        )
        assert [value for (value,) in values(session.stream(sql))] == [
            "2026-01-02 03:04:05+00",
            "2026-01-02",
            "[0.30000000000000004]",
            "1 day",
            "repeatable read",
            "on",
            "\\x01",
            "",
        ]


def test_any_characters_may_be_in_a_password(postgres_database: Database) -> None:
    for password in ("Secret pä$$ 1", "a b'c\\d", "p@ss/word?x=1&y#z%20%", "=", "'", '"', "host=evil", "x" * 200):
        literal = psycopg.sql.Literal(password)
        with postgres_database.connect() as connection:
            role = psycopg.sql.Identifier(postgres_database.reader)
            connection.execute(psycopg.sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, literal))
        with postgres_plugin(postgres_database, password=password).open() as session:
            assert session.clock() <= time.time()


def certificate(server: Server) -> str:
    if server.certificate is None:
        pytest.skip("these binaries of Postgres speak no TLS")
    return str(server.certificate)


def test_a_server_without_tls_is_no_trouble_on_this_machine(shop: Database) -> None:
    certificate(shop.server)
    with shop.server.without_tls():
        assert [step.passed for step in postgres_plugin(shop).steps() if step.name == "TLS"] == [None]


def test_a_certificate_that_fits_is_checked(shop: Database) -> None:
    source = postgres_plugin(shop, host="localhost", sslrootcert=certificate(shop.server))
    (tls,) = [step for step in source.steps() if step.name == "TLS"]
    assert tls.passed is True
    assert "certificate and name checked" in tls.detail
    assert tls.detail.startswith("TLSv1")
    with source.open() as session:
        assert session.clock() <= time.time()


@pytest.mark.parametrize(
    ("settings", "sslmode"),
    [
        ({"host": "db.example.com"}, "require"),
        ({"host": "db.example.com", "sslrootcert": "ca.crt"}, "verify-full"),
        ({"host": "db.example.com", "sslmode": "verify-ca", "sslrootcert": "ca.crt"}, "verify-ca"),
        ({"host": "db.example.com", "sslmode": "disable"}, "disable"),
        ({"host": "::1"}, "prefer"),
        ({"host": "localhost"}, "prefer"),
        ({"host": "/var/run/postgresql"}, "prefer"),
    ],
)
def test_tls_is_certain_wherever_the_connection_leaves_the_machine(settings: dict[str, str], sslmode: str) -> None:
    plugin: Any = warehouse_type("postgres")
    source = plugin(plugin.Settings(database="d", user="u", **settings), no_secret, Path())
    assert source._connector.sslmode == sslmode


def test_the_role_that_check_proposes_passes_check(postgres_database: Database) -> None:
    server = postgres_database.server
    postgres_database.execute("CREATE TABLE people (id integer)")
    *_, step = postgres_plugin(postgres_database, user=server.superuser, password=server.password).steps()
    assert (step.name, step.passed) == ("role", False)
    statements = step.remedy.split("\n")[1:]
    name = f"{postgres_database.reader}_proposed"
    postgres_database.execute(*(line.replace("backhaul", name).replace("'...'", "'pw'") for line in statements))
    try:
        steps = list(postgres_plugin(postgres_database, user=name, password="pw").steps())
        assert [step.name for step in steps if step.passed is False] == []
        assert steps[-1].name == "clock"
    finally:
        postgres_database.execute(f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_check_says_what_a_role_may_do_beyond_reading(postgres_database: Database) -> None:
    reader = postgres_database.reader
    postgres_database.execute(
        "CREATE TABLE people (id integer)",
        f"GRANT INSERT ON people TO {reader}",
        f"GRANT CREATE ON SCHEMA public TO {reader}",
        f"GRANT pg_signal_backend TO {reader}",
    )
    steps = {step.name: step for step in postgres_plugin(postgres_database).steps()}
    assert "write 1 of them" in steps["privileges"].detail
    assert "create tables in public" in steps["privileges"].detail
    assert steps["privileges"].remedy
    assert "pg_signal_backend" in steps["role"].detail
    assert steps["read-only"].passed is True


def test_nothing_gets_out_of_the_read_only_transaction_even_for_the_owner(postgres_database: Database) -> None:
    server = postgres_database.server
    postgres_database.execute(
        "CREATE TABLE people (id integer)", "CREATE SEQUENCE numbers", "INSERT INTO people VALUES (1)"
    )
    source = postgres_plugin(postgres_database, user=server.superuser, password=server.password, allow_superuser=True)
    for sql in (
        "WITH n AS (INSERT INTO people VALUES (2) RETURNING id) SELECT * FROM n",
        "SELECT nextval('numbers')",
        "SELECT setval('numbers', 5)",
        "SELECT id FROM people FOR UPDATE",
        "SELECT query_to_xml('DELETE FROM people', true, true, '')",
        "COPY people TO PROGRAM 'touch /tmp/backhaul-was-here'",
        "COPY (SELECT 1) TO PROGRAM 'touch /tmp/backhaul-was-here'",
        "SELECT 1) TO PROGRAM 'touch /tmp/backhaul-was-here'; COPY (SELECT 1",
        "DO $$ BEGIN DELETE FROM people; END $$",
        "COMMIT; INSERT INTO people VALUES (2)",
        "SET default_transaction_read_only = off",
        "SET TRANSACTION READ WRITE",
        "SELECT set_config('transaction_read_only', 'off', false)",
        "SELECT * INTO more FROM people",
        "CREATE TABLE more AS SELECT 1",
        "EXPLAIN ANALYZE DELETE FROM people",
        "LISTEN x",
        "VACUUM",
        "DECLARE c CURSOR FOR SELECT 1",
        "EXECUTE x",
    ):
        with source.open() as session:
            for _ in range(2):
                with pytest.raises(QueryFailedError) as refused:
                    values(session.stream(sql))
                assert refused.value.remedy
            with pytest.raises(QueryFailedError):
                session.preview(sql, limit=1)
    with postgres_database.connect() as connection:
        assert connection.execute("SELECT id FROM people").fetchall() == [(1,)]
        assert connection.execute("SELECT is_called FROM numbers").fetchone() == (False,)
        assert connection.execute("SELECT to_regclass('more')").fetchone() == (None,)
    assert not Path("/tmp/backhaul-was-here").exists()


def test_a_large_object_that_a_query_makes_is_gone_after_it(postgres_database: Database) -> None:
    source = postgres_plugin(postgres_database)
    with source.open() as session:
        with contextlib.suppress(QueryFailedError):  # newer servers refuse it
            values(session.preview("SELECT lo_create(0)", limit=1))
        with contextlib.suppress(QueryFailedError):
            values(session.stream("SELECT lo_create(0)"))
    with postgres_database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM pg_largeobject_metadata").fetchone() == (0,)


def test_the_time_limit_of_a_statement_holds_in_mid_result(shop: Database) -> None:
    sql = "SELECT a.i, repeat('x', 1000) FROM generate_series(1, 1000000) AS b(i), generate_series(1, 1000) AS a(i)"
    with postgres_plugin(shop, statement_timeout=1).open() as session:
        result = session.stream(sql)
        with pytest.raises(QueryFailedError, match="time limit of 1 s"):
            for _ in result.batches:
                pass
        assert values(session.stream("SELECT 1")) == [[1]]


def test_a_connection_that_is_lost_in_mid_result_is_said(shop: Database) -> None:
    sql = "SELECT a.i, repeat('x', 1000) FROM generate_series(1, 1000000) AS b(i), generate_series(1, 1000) AS a(i)"
    with postgres_plugin(shop).open() as session:
        (pids,) = values(session.stream("SELECT pg_backend_pid()"))
        result = session.stream(sql)
        result.batches.read_next_batch()
        with shop.connect() as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", pids)
        with pytest.raises(UnreachableError, match="connection was lost"):
            for _ in result.batches:
                pass
        assert isinstance(result.failure(), UnreachableError)


def test_an_answer_that_waits_for_a_lock_is_cancelled(postgres_database: Database) -> None:
    postgres_database.execute("CREATE TABLE people (id integer)")
    holder = postgres_database.connect()
    holder.autocommit = False
    holder.execute("LOCK TABLE people IN ACCESS EXCLUSIVE MODE")
    try:
        with postgres_plugin(postgres_database).open() as session:
            timer = threading.Timer(0.3, session.cancel)
            timer.start()
            with pytest.raises(CancelledError):
                session.describe("SELECT id FROM people")
            timer.join()
    finally:
        holder.close()


def test_a_query_with_parameters_or_a_nul_is_refused(shop: Database) -> None:
    with postgres_plugin(shop).open() as session:
        for sql in ("SELECT $1::integer", "SELECT 1 /* \0 */"):
            with pytest.raises(QueryFailedError):
                session.describe(sql)


def test_partitions_system_schemas_and_forbidden_columns_are_not_in_the_catalogue(postgres_database: Database) -> None:
    reader = postgres_database.reader
    postgres_database.execute(
        "CREATE TABLE events (id integer, at date) PARTITION BY RANGE (at)",
        "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "CREATE TABLE staff (id integer, salary money)",
        f"REVOKE SELECT ON staff FROM {reader}",
        f"GRANT SELECT (id) ON staff TO {reader}",
        "CREATE DOMAIN amount AS numeric(10, 2)",
        'CREATE TABLE "Or ders" (total amount, tags text[])',
        "CREATE MATERIALIZED VIEW totals AS SELECT 1 AS n",
    )
    with postgres_plugin(postgres_database).open() as session:
        catalogue = {table.name: table for table in session.catalogue()}
    assert set(catalogue) == {"events", "staff", "Or ders", "totals"}
    assert [column.name for column in catalogue["staff"].columns] == ["id"]
    assert [(column.kind, column.type_name) for column in catalogue["Or ders"].columns] == [
        (Kind.DECIMAL, "amount"),
        (Kind.JSON, "text[]"),
    ]
    assert catalogue["totals"].is_view


def replayed(standby: psycopg.Connection[Any], primary: psycopg.Connection[Any]) -> None:
    """Wait until the standby shows all that the primary has written."""
    (written,) = primary.execute("SELECT pg_current_wal_insert_lsn()").fetchone() or ("",)
    for _ in range(500):
        if standby.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [written]).fetchone() == (True,):
            return
        time.sleep(0.02)
    raise AssertionError("the standby does not follow")


def test_the_clock_of_a_standby_is_what_it_has_replayed(postgres_database: Database) -> None:
    postgres_database.execute("CREATE TABLE people (id integer, at timestamptz DEFAULT clock_timestamp())")
    server = postgres_database.server
    standby_server = server.standby()
    try:
        behind = Database(server=standby_server, name=postgres_database.name, reader=postgres_database.reader)
        source = postgres_plugin(behind)
        with postgres_database.connect() as primary, behind.connect() as standby:
            with source.open() as session:
                assert session.clock() <= time.time(), "nothing was replayed yet"
            primary.execute("INSERT INTO people VALUES (1)")
            replayed(standby, primary)
            standby.execute("SELECT pg_wal_replay_pause()")
            time.sleep(1.5)
            primary.execute("INSERT INTO people VALUES (2)")
            (late,) = primary.execute("SELECT extract(epoch FROM max(at)) FROM people").fetchone() or (0,)
            with source.open() as session:
                clock = session.clock()
                assert values(session.stream("SELECT id FROM people")) == [[1]]
            assert late - 10 < clock < int(late), "a clock past the row that is not there yet would lose it"

            standby.execute("SELECT pg_wal_replay_resume()")
            replayed(standby, primary)
            with source.open() as session:
                session.clock()
                assert values(session.stream("SELECT id FROM people ORDER BY id")) == [[1, 2]]
                sql = "SELECT current_setting('transaction_isolation'), pg_is_in_recovery()"
                assert values(session.stream(sql)) == [["repeatable read"], [True]]

            time.sleep(1.5)
            primary.execute(f"GRANT pg_read_all_stats TO {behind.reader}")
            replayed(standby, primary)
            time.sleep(1.5)
            with source.open() as session:
                assert session.clock() >= int(time.time()) - 1, "all is replayed and streams, and the role can see it"
            (clock_step,) = [step for step in source.steps() if step.name == "clock"]
            assert "standby" in clock_step.detail
    finally:
        standby_server.stop()


def test_sessions_leave_no_connection_behind(shop: Database) -> None:
    source = postgres_plugin(shop, application_name="counted")
    with source.open() as session:
        session.clock()
        session.preview("SELECT id FROM people", limit=1)
    with contextlib.suppress(WarehouseError), source.open() as session:
        session.stream("SELECT nothing FROM nowhere")
    with shop.connect() as connection:
        for _ in range(100):
            sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'counted'"
            if connection.execute(sql).fetchone() == (0,):
                return
            time.sleep(0.02)
    raise AssertionError("a connection was left")


def test_a_preview_does_not_keep_a_transaction_open(shop: Database) -> None:
    with postgres_plugin(shop, application_name="previewed").open() as session, shop.connect() as connection:
        session.preview("SELECT id FROM people", limit=1)
        sql = "SELECT DISTINCT state FROM pg_stat_activity WHERE application_name = 'previewed'"
        assert connection.execute(sql).fetchall() == [("idle",)]


def test_numbers_arrive_digit_for_digit(shop: Database) -> None:
    sql = """
        SELECT n, n::text FROM (
            SELECT (random() * 10 ^ (i % 40))::numeric / 10::numeric ^ (i % 25) FROM generate_series(1, 5000) AS t(i)
            UNION ALL SELECT -(i * 10000)::numeric * 10::numeric ^ (i % 30) FROM generate_series(1, 5000) AS t(i)
            UNION ALL SELECT i / 10000.0 FROM generate_series(1, 5000) AS t(i)
            UNION ALL SELECT 10::numeric ^ i FROM generate_series(-200, 200) AS t(i)
            UNION ALL SELECT trim_scale(10::numeric ^ i) FROM generate_series(0, 200) AS t(i)
            UNION ALL VALUES (0), (0.00), (-0.5)) AS x(n)"""
    with postgres_plugin(shop).open() as session:
        numbers, texts = values(session.stream(sql))
    assert numbers == texts


def test_a_million_rows_of_mixed_columns_reach_duckdb_whole(shop: Database) -> None:
    sql = """
        SELECT i AS id, 'user' || i AS uid, i % 2 = 0 AS active, (i * 1.37)::numeric(12, 2) AS amount, i / 7.0::float8 AS score,
               timestamptz '2026-01-01' + i * interval '1 s' AS updated, date '2020-01-01' + i % 1000 AS day,
               jsonb_build_object('a', i) AS j, NULLIF(i % 3, 0) AS small, ARRAY[i] AS list,
               CASE WHEN i = 900000 THEN 'infinity'::timestamp ELSE timestamp '2026-01-01' END AS t, NULL AS nothing
        FROM generate_series(1, 1000000) AS t(i)"""
    with postgres_plugin(shop).open() as session, duckdb.connect() as reader:
        session.clock()
        result = session.stream(sql)
        reader.register("rows", result.batches)
        found = reader.execute(
            "SELECT count(*), sum(c0), count(DISTINCT c1), sum(c3::DECIMAL(18, 2)), count(c8), count(c11), count(*) FILTER"
            " (WHERE NOT isfinite(c10)), max(c9), count(*) FILTER (WHERE c7::JSON->>'a' = c0::VARCHAR) FROM rows"
        ).fetchone()
    assert result.failure() is None
    assert found is not None
    assert [str(value) for value in found] == [
        "1000000", "500000500000", "1000000", "685000685000.00", "666667", "0", "1", "[9]", "1000000",
    ]  # fmt: skip
