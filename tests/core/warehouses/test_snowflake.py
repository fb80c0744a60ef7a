"""What is special about Snowflake: accounts, logins, its types, roles, and a driver that must be read with care."""

from __future__ import annotations

import http.server
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from datetime import time as clock_time
from decimal import Decimal
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives import serialization

from core.errors import CancelledError, LoginError, QueryFailedError, UnreachableError
from core.model import Kind, Step
from core.redaction import remember_secret
from core.warehouses import warehouse_type
from core.warehouses.base import Result
from core.warehouses.snowflake.connection import account_name, quoted_name
from core.warehouses.snowflake.errors import explain_login
from core.warehouses.snowflake.session import SnowflakeSession
from core.warehouses.snowflake.types import arrow_type, cast, column, transport, type_word
from tests.core.warehouses.harness import no_secret, snowflake_plugin
from tests.core.warehouses.snowflake_keys import PLAIN, fingerprint_of, pem, public_body, rsa_key
from tests.servers.secure import serving_tls
from tests.servers.snowflake.stand_in import PASSWORD, StandIn, Warehouse


def values(result: Result) -> list[object]:
    return [column.to_pylist() for column in result.batches.read_all().columns]


def naive(text: str) -> datetime:
    """Give a time without zone, as TIMESTAMP_NTZ is."""
    return datetime.fromisoformat(text)


@pytest.fixture(scope="module")
def shop(snowflake: StandIn) -> Iterator[Warehouse]:
    """A database with a table, for tests that only read."""
    made = snowflake.create()
    made.execute(
        "CREATE TABLE people (id integer, email varchar, changed timestamp_ntz)",
        "INSERT INTO people VALUES (1, 'a@example.com', '2026-01-01'), (2, NULL, '2026-01-02')",
    )
    yield made
    made.drop()


def test_a_clock_that_is_wrong_is_told_before_a_key_that_is_right(shop: Warehouse) -> None:
    class Late(http.server.BaseHTTPRequestHandler):
        """Snowflake, an hour ahead of this machine, refusing every JWT."""

        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            reply = {"data": {}, "code": "390144", "message": "JWT token is invalid. [x]", "success": False}
            self._answer(json.dumps(reply).encode())

        def do_HEAD(self) -> None:
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            self.send_response_only(200)
            self.send_header("Date", formatdate(time.time() + 3600, usegmt=True))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Late) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        secrets = {"private_key": pem(rsa_key("mine"))}
        source = snowflake_plugin(shop, secrets=secrets, login="key", port=server.server_port)
        with pytest.raises(LoginError, match="60 minutes behind Snowflake's") as failed:
            source.open()
        assert "The key may well be right" in failed.value.remedy
        server.shutdown()


def test_a_certificate_of_an_unknown_authority_is_told_as_such(
    shop: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving_tls(tmp_path / "tls") as server:
        source = snowflake_plugin(shop, protocol="https", port=server.port)
        with pytest.raises(UnreachableError, match="from an authority that this machine does not trust") as failed:
            source.open()
        assert "SSL_CERT_FILE" in failed.value.remedy
        *_, last = source.steps()
        assert (last.name, last.passed) == ("TLS", False)
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        tls = next(step for step in source.steps() if step.name == "TLS")
        assert (tls.passed, tls.detail) == (True, "TLSv1.3, certificate and name checked")


CERTIFICATES = {
    "certificate verify failed: certificate has expired": "is out of date",
    "invalid peer certificate: certificate expired: verification time 1795361179": "is out of date",
    "certificate verify failed: Hostname mismatch, certificate is not valid for 'x.example'": "for another name",
    "invalid peer certificate: certificate not valid for name x.example": "for another name",
    "certificate verify failed: self-signed certificate in certificate chain": "does not trust",
    "certificate verify failed: unable to get local issuer certificate": "does not trust",
    "invalid peer certificate: UnknownIssuer": "does not trust",
    "HTTP request failed after retries: login request. received corrupt message of type InvalidContentType": "No TLS",
}


@pytest.mark.parametrize("text", CERTIFICATES)
def test_what_is_wrong_with_a_certificate_is_told_in_python_s_words_and_the_driver_s(
    shop: Warehouse, text: str
) -> None:
    step, told = explain_login(OSError(text), snowflake_plugin(shop)._connector)
    assert step == "TLS"
    assert CERTIFICATES[text] in told.message
    assert told.remedy


def test_a_host_that_takes_the_connection_and_says_nothing_is_told_in_time(shop: Warehouse) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(UnreachableError, match="did not answer within 1 s"):
            snowflake_plugin(shop, port=port, login_timeout=1).open()
        with pytest.raises(UnreachableError, match="did not answer within 1 s"):
            snowflake_plugin(shop, port=port, protocol="https", connect_timeout=1, login_timeout=1).open()


def test_a_proxy_that_is_not_there_is_told_as_such(shop: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://someone:a-secret@127.0.0.1:1")
    source = snowflake_plugin(shop, host="", protocol="https", port=443)
    with pytest.raises(UnreachableError, match=r"the proxy 127\.0\.0\.1 takes no connection on port 1") as failed:
        source.open()
    assert "NO_PROXY name backhaul.snowflakecomputing.com" in failed.value.remedy
    steps = list(source.steps())
    assert [(step.name, step.passed) for step in steps] == [("name", None), ("network", False)]
    assert "a-secret" not in str(steps) + str(failed.value)


def test_nothing_is_tried_through_a_proxy_for_this_machine(shop: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with snowflake_plugin(shop).open() as session:
        assert session.clock() <= time.time()


KEY = {"login": "key"}
TOKEN = {"login": "token"}
LOGINS = {
    "a password": ({}, {"password": PASSWORD}, {}),
    "a key in the first slot": (KEY, {"private_key": pem(rsa_key("mine"))}, {"keys": [public_body(rsa_key("mine"))]}),
    "a key in the second slot": (
        KEY,
        {"private_key": pem(rsa_key("mine"))},
        {"keys": [public_body(rsa_key("other")), public_body(rsa_key("mine"))]},
    ),
    "a programmatic access token": (TOKEN, {"token": "a-token"}, {"tokens": ["a-token"]}),
    "an OAuth token": ({"login": "oauth"}, {"token": "a-token"}, {"oauth": ["a-token"]}),
}


@pytest.mark.parametrize("way", LOGINS)
def test_each_way_to_log_in_is_taken_where_it_is_right(shop: Warehouse, way: str) -> None:
    settings, secrets, user = LOGINS[way]
    shop.set_user(**user)
    source = snowflake_plugin(shop, secrets=secrets, **settings)
    assert type(source).needs(source._connector.settings) == tuple(secrets)
    steps = list(source.steps())
    shop.set_user()
    names = ["name", "network", "TLS", "key", "login", "role", "warehouse", "database"]
    names += ["privileges", "identifiers", "read-only", "clock"]
    assert [step.name for step in steps] == [name for name in names if name != "key" or settings == KEY]
    assert [step.name for step in steps if step.passed is False] == []
    if settings == KEY:
        assert fingerprint_of(rsa_key("mine")) in next(step.detail for step in steps if step.name == "key")


def test_a_key_in_pkcs1_is_taken_and_a_refusal_shows_its_fingerprint_whole(shop: Warehouse) -> None:
    """Its lines are remembered as secrets, and blacked out of errors."""
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, PLAIN)
    secret = rsa_key("mine").private_bytes(*form).decode()
    remember_secret(secret)
    source = snowflake_plugin(shop, secrets={"private_key": secret}, **KEY)
    with pytest.raises(LoginError) as refused:
        source.open()
    assert fingerprint_of(rsa_key("mine")) in refused.value.message
    assert f"SET RSA_PUBLIC_KEY = '{public_body(rsa_key('mine'))}';" in refused.value.remedy
    assert "••" not in str(refused.value)
    shop.set_user(keys=[public_body(rsa_key("mine"))])
    source.open().close()
    shop.set_user()


def test_a_login_leaves_no_word_of_the_driver_on_standard_error(shop: Warehouse) -> None:
    settings = {
        "account": "BACKHAUL", "user": shop.user, "role": "READER", "warehouse": "READING", "database": shop.database, "login": "password",
        "host": "127.0.0.1", "port": shop.server.port, "protocol": "http",
    }  # fmt: skip
    code = (
        "from pathlib import Path; from core.model import Secret; from core.errors import LoginError\n"
        "from core.warehouses.snowflake import Plugin\n"
        f"made = lambda word: Plugin(Plugin.Settings(**{settings!r}), lambda _: Secret(word), Path())\n"
        "try:\n    made('wrong').open()\nexcept LoginError:\n    print('refused')\n"
        f"made({PASSWORD!r}).open().close()\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("refused\n", "")


ACCOUNTS = {
    "MYORG-MYACCOUNT": "MYORG-MYACCOUNT",
    " myorg-my_account \n": "myorg-my_account",
    "xy12345.eu-central-1": "xy12345.eu-central-1",
    "xy12345.east-us-2.azure": "xy12345.east-us-2.azure",
    "https://xy12345.eu-central-1.snowflakecomputing.com": "xy12345.eu-central-1",
    "https://myorg-myaccount.snowflakecomputing.com/console/login#/": "myorg-myaccount",
    "myorg-myaccount.privatelink.snowflakecomputing.com": "myorg-myaccount.privatelink",
    "myorg-myaccount.snowflakecomputing.cn": "myorg-myaccount",
    "https://app.snowflake.com/myorg/myaccount/w1/query": "myorg-myaccount",
    "https://app.snowflake.com/eu-central-1/xy12345/#/homepage": "xy12345.eu-central-1",
}


@pytest.mark.parametrize("typed", ACCOUNTS)
def test_an_account_is_understood_however_it_was_pasted(typed: str) -> None:
    assert account_name(typed) == ACCOUNTS[typed]


@pytest.mark.parametrize("typed", ["", "my account", "name@example.com", "-x", "a..b", "ä"])
def test_what_is_no_account_is_told_with_where_to_find_it(typed: str) -> None:
    with pytest.raises(UnreachableError, match="is no account identifier") as failed:
        account_name(typed)
    assert "View account details" in failed.value.remedy


def test_the_host_of_an_account_is_made_of_its_name() -> None:
    plugin: Any = warehouse_type("snowflake")
    for account, host in {
        "MYORG-MY_ACCOUNT": "myorg-my-account.snowflakecomputing.com",
        "https://xy12345.cn-north-1.snowflakecomputing.cn": "xy12345.cn-north-1.snowflakecomputing.cn",
    }.items():
        settings = plugin.Settings(account=account, user="U", role="R", warehouse="W", database="D")
        assert plugin(settings, no_secret, Path())._connector.host == host


def test_names_are_quoted_only_where_they_need_it() -> None:
    assert [quoted_name(name) for name in ("people", "my table", 'a"b', '"kept"', "1st", "")] == [
        "people",
        '"my table"',
        '"a""b"',
        '"kept"',
        '"1st"',
        "",
    ]


TYPES = [
    ("1::NUMBER(9, 0)", Kind.INTEGER, "NUMBER(9,0)", 1),
    ("999999999999999999::NUMBER(18, 0)", Kind.INTEGER, "NUMBER(18,0)", 999_999_999_999_999_999),
    ("-9223372036854775807::NUMBER(38, 0)", Kind.INTEGER, "NUMBER(38,0)", Decimal(-9223372036854775807)),
    ("-12.50::NUMBER(10, 2)", Kind.DECIMAL, "NUMBER(10,2)", Decimal("-12.50")),
    ("0.0000000001::NUMBER(38, 10)", Kind.DECIMAL, "NUMBER(38,10)", Decimal("0.0000000001")),
    ("1234567890123456789012345678.0123456789::NUMBER(38, 10)", Kind.DECIMAL, "NUMBER(38,10)", Decimal("1234567890123456789012345678.0123456789")),
    ("1.5::FLOAT", Kind.FLOAT, "FLOAT", 1.5),
    ("'-inf'::FLOAT", Kind.FLOAT, "FLOAT", float("-inf")),
    ("'ä'", Kind.TEXT, "VARCHAR", "ä"),
    ("NULL", Kind.TEXT, "VARCHAR", None),
    ("TO_BINARY('00FF', 'HEX')", Kind.BYTES, "BINARY", b"\x00\xff"),
    ("TRUE", Kind.BOOLEAN, "BOOLEAN", True),
    ("'0001-01-01'::DATE", Kind.DATE, "DATE", date(1, 1, 1)),
    ("'9999-12-31'::DATE", Kind.DATE, "DATE", date(9999, 12, 31)),
    ("'23:59:59.999999'::TIME", Kind.TIME, "TIME", clock_time(23, 59, 59, 999_999)),
    ("'9999-12-31 23:59:59.999999'::TIMESTAMP_NTZ", Kind.TIMESTAMP, "TIMESTAMP_NTZ", naive("9999-12-31 23:59:59.999999")),
    ("'1582-10-15 00:00:00.000001'::TIMESTAMP_NTZ", Kind.TIMESTAMP, "TIMESTAMP_NTZ", naive("1582-10-15 00:00:00.000001")),
    ("'1969-12-31 23:59:59.500001'::TIMESTAMP_NTZ", Kind.TIMESTAMP, "TIMESTAMP_NTZ", naive("1969-12-31 23:59:59.500001")),
    ("'2026-03-29 02:30:00 +0200'::TIMESTAMP_TZ", Kind.INSTANT, "TIMESTAMP_TZ", datetime(2026, 3, 29, 0, 30, tzinfo=UTC)),
    ("PARSE_JSON('[1, {\"a\": null}]')", Kind.JSON, "VARIANT", [1, {"a": None}]),
    ("OBJECT_CONSTRUCT('is_manager', TRUE, 'role', 'x')", Kind.JSON, "VARIANT", {"is_manager": True, "role": "x"}),
    ("ARRAY_CONSTRUCT(1, 2)", Kind.JSON, "ARRAY", [1, 2]),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "kind", "type_name", "value"), TYPES, ids=[entry[0] for entry in TYPES])
def test_every_type_of_snowflake_that_the_stand_in_has_arrives_unbent(
    shop: Warehouse, expression: str, kind: Kind, type_name: str, value: object
) -> None:
    sql = f"SELECT {expression} AS value UNION ALL SELECT NULL"
    with snowflake_plugin(shop).open() as session:
        (described,) = session.describe(sql)
        assert (described.kind, described.type_name) == (kind, type_name)
        ((first, second),) = values(session.stream(sql))
    found = json.loads(str(first)) if kind is Kind.JSON else first
    assert (found, second) == (value, None)


DESCRIBED = [
    # the driver's type code, precision, scale, length; kind, Snowflake's name, Arrow, what stands in the outer select
    ((0, 18, 0, None), Kind.INTEGER, "NUMBER(18,0)", pa.int64(), "{}"),
    ((0, 38, 0, None), Kind.INTEGER, "NUMBER(38,0)", pa.decimal128(38, 0), "{}"),
    ((0, 38, 37, None), Kind.DECIMAL, "NUMBER(38,37)", pa.decimal128(38, 37), "{}"),
    ((0, None, None, None), Kind.DECIMAL, "DECFLOAT", pa.string(), "CAST({} AS VARCHAR)"),
    ((1, None, None, None), Kind.FLOAT, "FLOAT", pa.float64(), "{}"),
    ((2, None, None, 3), Kind.TEXT, "VARCHAR(3)", pa.string(), "{}"),
    ((2, None, None, 16_777_216), Kind.TEXT, "VARCHAR", pa.string(), "{}"),
    ((3, None, None, None), Kind.DATE, "DATE", pa.date32(), "{}"),
    ((5, None, None, None), Kind.JSON, "VARIANT", pa.string(), "TO_JSON(CAST({} AS VARIANT))"),
    ((6, 0, 9, None), Kind.INSTANT, "TIMESTAMP_LTZ", pa.timestamp("us", "UTC"), "{}"),
    ((7, 0, 9, None), Kind.INSTANT, "TIMESTAMP_TZ", pa.timestamp("us", "UTC"), "{}"),
    ((8, 0, 9, None), Kind.TIMESTAMP, "TIMESTAMP_NTZ", pa.timestamp("us"), "{}"),
    ((9, None, None, None), Kind.JSON, "OBJECT", pa.string(), "TO_JSON(CAST({} AS VARIANT))"),
    ((10, None, None, None), Kind.JSON, "ARRAY", pa.string(), "TO_JSON(CAST({} AS VARIANT))"),
    ((11, None, None, 8), Kind.BYTES, "BINARY", pa.binary(), "{}"),
    ((12, 0, 9, None), Kind.TIME, "TIME", pa.time64("us"), "{}"),
    ((13, None, None, None), Kind.BOOLEAN, "BOOLEAN", pa.bool_(), "{}"),
    ((14, None, None, None), Kind.JSON, "GEOGRAPHY", pa.string(), "TO_JSON(CAST(ST_ASGEOJSON({}) AS VARIANT))"),
    ((15, None, None, None), Kind.JSON, "GEOMETRY", pa.string(), "TO_JSON(CAST(ST_ASGEOJSON({}) AS VARIANT))"),
    ((16, None, None, None), Kind.JSON, "VECTOR", pa.string(), "TO_JSON(CAST(CAST({} AS ARRAY) AS VARIANT))"),
    ((17, None, None, None), Kind.JSON, "MAP", pa.string(), "TO_JSON(CAST({} AS VARIANT))"),
    ((18, None, None, None), Kind.TEXT, "FILE", pa.string(), "CAST({} AS VARCHAR)"),
    ((19, None, None, None), Kind.TEXT, "INTERVAL YEAR TO MONTH", pa.string(), "CAST({} AS VARCHAR)"),
    ((20, None, None, None), Kind.TEXT, "INTERVAL DAY TO SECOND", pa.string(), "CAST({} AS VARCHAR)"),
]


@pytest.mark.parametrize(
    ("told", "kind", "name", "arrow", "expression"), DESCRIBED, ids=[entry[2] for entry in DESCRIBED]
)
def test_every_type_that_the_driver_describes_has_its_way(
    told: tuple[int, int | None, int | None, int | None], kind: Kind, name: str, arrow: pa.DataType, expression: str
) -> None:
    code, precision, scale, length = told
    word = type_word(code, scale)
    way = transport(word, precision, scale)
    made = column("x", word, precision=precision, scale=scale, length=length)
    assert (made.kind, made.type_name) == (kind, name)
    assert (way.kind, arrow_type(way), way.expression) == (kind, arrow, expression)


def test_what_is_finer_than_a_microsecond_is_cut_and_nothing_else_is() -> None:
    schema = pa.schema([("c0", pa.timestamp("us")), ("c1", pa.int64())])
    fine = pa.array([1_999, None], pa.timestamp("ns"))
    batch = pa.RecordBatch.from_arrays([fine, pa.array([1, None], pa.int8())], names=["A", "B"])
    assert cast(batch, schema).to_pydict() == {"c0": [naive("1970-01-01 00:00:00.000001"), None], "c1": [1, None]}
    broken = pa.RecordBatch.from_arrays([fine, pa.array([1.5, None])], names=["A", "B"])
    with pytest.raises(pa.ArrowInvalid):
        cast(broken, schema)


def test_numbers_that_are_wider_in_later_chunks_arrive_as_they_are(shop: Warehouse) -> None:
    """The driver's own stream reads all chunks in the first one's width and gives other numbers."""
    rows = 60_000
    sql = (
        f"SELECT n, (n * 1000000)::NUMBER(38, 0) AS wide, (n / 4)::NUMBER(18, 2) AS part, IFF(n % 3 = 0, NULL, n) AS gaps "
        f"FROM (SELECT ROW_NUMBER() OVER (ORDER BY 1) AS n FROM TABLE(GENERATOR(ROWCOUNT => {rows})))"
    )
    with snowflake_plugin(shop).open() as session:
        table = session.stream(sql).batches.read_all()
    whole, wide, part, gaps = (column.to_pylist() for column in table.columns)
    assert whole == list(range(1, rows + 1))
    assert wide == [n * 1_000_000 for n in range(1, rows + 1)]
    assert part == [Decimal(n * 25) / 100 for n in range(1, rows + 1)]
    assert gaps == [None if n % 3 == 0 else n for n in range(1, rows + 1)]


def test_what_was_described_is_compiled_once_and_each_other_text_for_itself(
    shop: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    compiling = SnowflakeSession._compiled

    def noted(self: SnowflakeSession, text: str, **places: Any) -> list[Any]:
        compiled.append(text)
        return compiling(self, text, **places)

    monkeypatch.setattr(SnowflakeSession, "_compiled", noted)
    described, other = "SELECT id FROM people WHERE id = 1", "SELECT id, email FROM people WHERE id = 1"
    with snowflake_plugin(shop).open() as session:
        session.describe(f"{described} -- said twice")
        assert values(session.stream(f"{described};")) == [[1]]
        assert len(compiled) == 2  # alone, and under the outer select
        assert values(session.stream(described)) == [[1]]
        assert len(compiled) == 4  # what was described holds for one run
        session.describe(described)
        assert values(session.stream(other)) == [[1], ["a@example.com"]]
        assert len(compiled) == 8


def test_a_column_that_is_altered_after_the_description_is_refused_or_arrives_as_announced(
    snowflake_warehouse: Warehouse,
) -> None:
    at = snowflake_warehouse
    at.execute("CREATE TABLE orders (id NUMBER(9, 0))", "INSERT INTO orders VALUES (7)")
    with snowflake_plugin(at).open() as session:
        session.describe("SELECT * FROM orders")
        at.execute("CREATE OR REPLACE TABLE orders (id VARCHAR)", "INSERT INTO orders VALUES ('x7')")
        with pytest.raises(QueryFailedError):
            values(session.stream("SELECT * FROM orders"))
        session.describe("SELECT * FROM orders")
        at.execute("CREATE OR REPLACE TABLE orders (id NUMBER(38, 0))", "INSERT INTO orders VALUES (8)")
        assert values(session.stream("SELECT * FROM orders")) == [["8"]]


def test_a_connection_that_breaks_in_mid_result_is_said(shop: Warehouse) -> None:
    sql = "SELECT /* broken chunks */ ROW_NUMBER() OVER (ORDER BY 1) AS n FROM TABLE(GENERATOR(ROWCOUNT => 10000))"
    with snowflake_plugin(shop).open() as session:
        result = session.stream(sql)
        assert result.batches.read_next_batch().num_rows == 1_000
        with pytest.raises(UnreachableError, match="connection was lost") as lost:
            for _ in result.batches:
                pass
        assert "Nothing was kept of this result" in lost.value.remedy
        assert isinstance(result.failure(), UnreachableError)
        assert values(session.stream("SELECT 1")) == [[1]]


def test_a_server_that_goes_away_ends_a_query_within_seconds_of_a_cancellation() -> None:
    server = StandIn.start()
    try:
        shop = server.create()
        session = snowflake_plugin(shop).open()
        result = session.stream(
            "SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 1000000000)) AS a, TABLE(GENERATOR(ROWCOUNT => 1000000000)) AS b"
        )
        server.process.send_signal(signal.SIGSTOP)  # it is there, and silent
        timer = threading.Timer(0.3, session.cancel)
        timer.start()
        with pytest.raises(CancelledError):
            result.batches.read_all()
        timer.join()
    finally:
        server.stop()


def test_a_cancelled_query_and_a_closed_session_leave_nothing_running(shop: Warehouse) -> None:
    endless = "SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 1000000000)) AS a, TABLE(GENERATOR(ROWCOUNT => 1000000000)) AS b"
    with snowflake_plugin(shop).open() as session:
        result = session.stream(endless)
        threading.Timer(0.3, session.cancel).start()
        with pytest.raises(CancelledError):
            result.batches.read_all()
    other = snowflake_plugin(shop).open()
    other.stream(endless)
    other.close()
    deadline = time.monotonic() + 5
    while running := shop.server.ask("seen")["running"]:
        assert time.monotonic() < deadline, running
        time.sleep(0.05)


def test_a_query_that_snowflake_forgets_is_not_waited_for_for_ever(
    shop: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.warehouses.snowflake.query.LONGEST_SILENCE", 0.2)
    with snowflake_plugin(shop).open() as session:
        result = session.stream("SELECT 1")
        session._query._number = "00000000-0000-0000-0000-000000000000"  # one that the server has not heard of
        with pytest.raises(UnreachableError, match="knew nothing of it"):
            result.batches.read_all()


def test_a_session_says_its_zone_its_tag_and_its_time_limit(shop: Warehouse) -> None:
    shop.set_user(parameters={"TIMEZONE": "Asia/Kolkata", "QUERY_TAG": "another"})
    with snowflake_plugin(shop, statement_timeout=7, query_tag="team").open() as session:
        session.clock()
    shop.set_user()
    parameters = shop.server.ask("seen")["statements"][-1]["parameters"]
    assert {name: parameters[name] for name in ("TIMEZONE", "QUERY_TAG", "STATEMENT_TIMEOUT_IN_SECONDS")} == {
        "TIMEZONE": "UTC",
        "QUERY_TAG": "team",
        "STATEMENT_TIMEOUT_IN_SECONDS": "7",
    }


def steps_of(shop: Warehouse, **user: Any) -> dict[str, Step]:
    shop.set_user(**user)
    steps = {step.name: step for step in snowflake_plugin(shop).steps()}
    shop.set_user()
    return steps


def test_check_tells_when_quoted_names_lose_their_case_and_how_to_fix_it(shop: Warehouse) -> None:
    step = steps_of(shop, parameters={"QUOTED_IDENTIFIERS_IGNORE_CASE": "true"})["identifiers"]
    assert "QUOTED_IDENTIFIERS_IGNORE_CASE is TRUE (set for the user)" in step.detail
    assert f"ALTER USER {shop.user} SET QUOTED_IDENTIFIERS_IGNORE_CASE = FALSE;" in step.remedy
    assert steps_of(shop)["identifiers"].remedy == ""


def test_check_tells_what_a_role_may_do_beyond_reading(shop: Warehouse) -> None:
    table = f"{shop.database}.PUBLIC.PEOPLE"
    grants = [
        ["SELECT", "TABLE", table],
        ["USAGE", "SCHEMA", "S"],
        ["INSERT", "TABLE", table],
        ["CREATE TABLE", "SCHEMA", "S"],
    ]
    step = steps_of(shop, grants=grants)["privileges"]
    assert step.passed is True
    assert "READER also has CREATE TABLE on schemas, INSERT on tables" in step.detail
    assert "SELECT only is safer" in step.remedy


def test_a_text_is_one_statement_whatever_the_user_has_set(shop: Warehouse) -> None:
    shop.set_user(parameters={"MULTI_STATEMENT_COUNT": "0"})
    with snowflake_plugin(shop).open() as session:
        session.clock()
    shop.set_user()
    assert shop.server.ask("seen")["statements"][-1]["parameters"]["MULTI_STATEMENT_COUNT"] == "1"


def test_check_tells_of_a_role_that_is_more_than_a_readers(shop: Warehouse) -> None:
    shop.set_user(roles=["SYSADMIN"])
    steps = {step.name: step for step in snowflake_plugin(shop, role="SYSADMIN").steps()}
    shop.set_user()
    assert steps["role"].passed is True
    assert "may change nearly everything" in steps["role"].detail


def test_a_role_that_may_change_everything_is_refused_by_check_and_by_each_session_alike(shop: Warehouse) -> None:
    shop.set_user(roles=["ACCOUNTADMIN"])
    steps = {step.name: step for step in snowflake_plugin(shop, role="ACCOUNTADMIN").steps()}
    for role in ("ACCOUNTADMIN", "accountadmin", '"ACCOUNTADMIN"'):
        with pytest.raises(LoginError, match="may change everything") as refused:
            snowflake_plugin(shop, role=role).open()
        assert "allow_superuser = true" in refused.value.remedy
    allowed = snowflake_plugin(shop, role="ACCOUNTADMIN", allow_superuser=True)
    with allowed.open() as session:
        session.clock()
    told = next(step for step in allowed.steps() if step.name == "role")
    shop.set_user()
    assert (steps["role"].passed, told.passed) == (False, True)
    assert "allow_superuser = true" in told.detail
    assert f"GRANT USAGE ON SCHEMA {shop.database}.PUBLIC TO ROLE BACKHAUL_READER;" in steps["role"].remedy


def test_check_says_when_a_role_can_read_nothing(snowflake_warehouse: Warehouse) -> None:
    *before, last = snowflake_plugin(snowflake_warehouse).steps()
    assert all(step.passed is not False for step in before)
    assert (last.name, last.passed) == ("privileges", False)
    assert f"GRANT SELECT ON ALL TABLES IN SCHEMA {snowflake_warehouse.database}.PUBLIC TO ROLE READER;" in last.remedy


def test_an_error_tells_its_place_behind_characters_that_count_twice_elsewhere(shop: Warehouse) -> None:
    for sql in (
        "SELECT '🎈🎈🎈' AS a,\n  '🎈' AS b, emial FROM people",
        "SELECT 'emial' AS a, -- emial\n emial FROM people",
    ):
        with snowflake_plugin(shop).open() as session, pytest.raises(QueryFailedError) as refused:
            session.describe(sql)
        assert refused.value.offset == sql.rindex("emial")
