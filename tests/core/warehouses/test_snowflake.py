"""What is special about Snowflake: logins, keys, roles, warehouses, its types, and a driver that must be read with care.

Two tables say what each failure is told as. What the stand-in verifies itself (passwords, keys, tokens, roles) it refuses
by itself; the rest it plays back: Snowflake's code and text, with where they were published beside them. An entry that plays
back and has no such place is from use, and nowhere published.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import http.server
import json
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from datetime import time as clock_time
from decimal import Decimal
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from core.errors import BackhaulError, CancelledError, LoginError, QueryFailedError, UnreachableError
from core.model import Kind, Step
from core.warehouses import warehouse_type
from core.warehouses._snowflake_connection import account_name, quoted_name
from core.warehouses._snowflake_types import arrow_type, cast, column, transport, type_word
from core.warehouses.base import Result
from tests.core.warehouses.harness import no_secret, snowflake_plugin
from tests.servers.secure import serving_tls
from tests.servers.snowflake.stand_in import PASSWORD, StandIn, Warehouse

PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
PLAIN = serialization.NoEncryption()


@functools.cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Give a key; the same for the same name."""
    del name
    return rsa.generate_private_key(65537, bits)


def pem(key: Any, encryption: Any = PLAIN) -> str:
    return str(key.private_bytes(PEM, PKCS8, encryption).decode())


def public_body(key: rsa.RSAPrivateKey) -> str:
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(key.public_key().public_bytes(*form)).decode()


def fingerprint_of(key: rsa.RSAPrivateKey) -> str:
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return "SHA256:" + base64.b64encode(hashlib.sha256(key.public_key().public_bytes(*form)).digest()).decode()


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


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A connection that fails: what is wrong, the step at which `check` stops, what is said, what is advised."""

    what: str
    step: str
    says: str
    advises: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    user: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] | None = None
    answer: tuple[str, str] | None = None
    published: str = ""
    opens: bool = False
    """Snowflake takes the login all the same, so that only `check` finds it."""


DOCUMENTS = "https://docs.snowflake.com/en"
TRACKERS = "https://github.com"
KEY = {"login": "key"}
TOKEN = {"login": "token"}

FAILURES = (
    Failure(
        what="no account identifier",
        settings={"account": "my account!", "host": ""},
        step="name",
        says="'my account!' is no account identifier",
        advises="View account details",
    ),
    Failure(
        what="an account whose host is not there",
        settings={"host": "nowhere.invalid", "protocol": "https"},
        step="name",
        says="There is no host named 'nowhere.invalid'",
        advises="Check `account`",
    ),
    Failure(
        what="nothing listens there, or a firewall refuses",
        settings={"port": 1},
        step="network",
        says="takes no connection on port 1",
        advises="SYSTEM$ALLOWLIST()",
    ),
    Failure(
        what="a host that speaks no TLS",
        settings={"protocol": "https"},
        step="TLS",
        says="No TLS connection to 127.0.0.1",
        advises="may not be Snowflake",
    ),
    Failure(
        what="plain http to another machine",
        settings={"protocol": "http", "host": "example.com"},
        step="name",
        says="in the clear",
        advises="Take `protocol` out",
    ),
    Failure(
        what="an account that Snowflake does not know",
        settings={"account": "NOSUCH-ACCOUNT"},
        step="account",
        says="There is no account NOSUCH-ACCOUNT",
        advises="MYORG-MYACCOUNT",
        published=f"{DOCUMENTS}/user-guide/admin-account-identifier",
    ),
    Failure(
        what="a wrong password",
        secrets={"password": "not the one"},
        step="login",
        says="refused the user or the password",
        advises="backhaul secret set sources/<name>.password",
    ),
    Failure(
        what="a user that is not there",
        settings={"user": "NOBODY"},
        step="login",
        says="refused the user or the password",
        advises="Check `user`",
    ),
    Failure(
        what="a key that is not registered",
        settings=KEY,
        secrets={"private_key": pem(rsa_key("mine"))},
        user={"keys": [public_body(rsa_key("other"))]},
        step="login",
        says=f"does not take this key for {{user}}. Its fingerprint is {fingerprint_of(rsa_key('mine'))}",
        advises=f"ALTER USER {{user}} SET RSA_PUBLIC_KEY = '{public_body(rsa_key('mine'))}'",
        published=f"{DOCUMENTS}/user-guide/key-pair-auth-troubleshooting",
    ),
    Failure(
        what="a key of another user",
        settings={"user": "SOMEONE_ELSE", **KEY},
        secrets={"private_key": pem(rsa_key("mine"))},
        user={"keys": [public_body(rsa_key("mine"))]},
        step="login",
        says="does not take this key for SOMEONE_ELSE",
        advises="DESC USER SOMEONE_ELSE",
        published=f"{DOCUMENTS}/user-guide/key-pair-auth-troubleshooting",
    ),
    Failure(
        what="a key that is encrypted",
        settings=KEY,
        secrets={"private_key": pem(rsa_key("mine"), serialization.BestAvailableEncryption(b"passphrase"))},
        step="key",
        says="is encrypted",
        advises="openssl pkcs8 -in",
    ),
    Failure(
        what="a key that is cut off",
        settings=KEY,
        secrets={"private_key": pem(rsa_key("mine"))[:-200]},
        step="key",
        says="no private key that can be read",
        advises="-----BEGIN PRIVATE KEY-----",
    ),
    Failure(
        what="a key of another kind",
        settings=KEY,
        secrets={"private_key": pem(ec.generate_private_key(ec.SECP256R1()))},
        step="key",
        says="is no RSA key",
        advises="openssl genrsa",
        published=f"{DOCUMENTS}/user-guide/key-pair-auth",
    ),
    Failure(
        what="a key that is too short",
        settings=KEY,
        secrets={"private_key": pem(rsa_key("short", 1024))},
        step="key",
        says="has 1024 bits",
        advises="openssl genrsa 2048",
        published=f"{DOCUMENTS}/user-guide/key-pair-auth",
    ),
    Failure(
        what="a missing secret",
        secrets={},
        step="login",
        says="there is no password",
        advises="",
    ),
    Failure(
        what="a token that is not known",
        settings=TOKEN,
        secrets={"token": "not-a-token"},
        user={"tokens": ["a-token"]},
        step="login",
        says="does not take this token for {user}",
        advises="SHOW USER PROGRAMMATIC ACCESS TOKENS FOR USER {user}",
    ),
    Failure(
        what="a token that has expired",
        settings={"login": "oauth"},
        secrets={"token": "a-token"},
        answer=("390318", "OAuth access token expired. [1172527951366]"),
        step="login",
        says="The token of {user} has expired",
        advises="ROTATE PROGRAMMATIC ACCESS TOKEN",
        published=f"{TRACKERS}/snowflakedb/snowflake-connector-nodejs/pull/1392",
    ),
    Failure(
        what="an OAuth token that is not valid",
        settings={"login": "oauth"},
        secrets={"token": "not-the-oauth-token"},
        step="login",
        says="does not take this token",
        advises="backhaul secret set sources/<name>.token",
        published=f"{TRACKERS}/iqea-ai/duckdb-snowflake/issues/29",
    ),
    Failure(
        what="a token of a user without a network policy",
        settings=TOKEN,
        secrets={"token": "a-token"},
        answer=("390432", "Network policy is required."),
        step="login",
        says="only from a user whom a network policy covers",
        advises="CREATE NETWORK POLICY",
        published=f"{TRACKERS}/xlang-ai/Spider2/issues/143",
    ),
    Failure(
        what="a user who needs a second factor (TOTP)",
        answer=(
            "394508",
            "Failed to authenticate: MFA with TOTP is required. To authenticate, provide both your password and a current TOTP passcode.",
        ),
        step="login",
        says="asks {user} for a second factor",
        advises='login = "key"',
        published=f"{TRACKERS}/dbt-labs/dbt-fusion/issues/316",
    ),
    Failure(
        what="a user who needs a second factor (none that programs could give)",
        answer=(
            "394509",
            "Failed to authenticate: MFA authentication is required, but none of your current MFA methods are supported for programmatic authentication.",
        ),
        step="login",
        says="asks {user} for a second factor",
        advises="TYPE = SERVICE",
        published=f"{TRACKERS}/xlang-ai/Spider2/issues/143",
    ),
    Failure(
        what="a user who never enrolled for a second factor",
        answer=("250001", "Multi-factor authentication is required for this account. Log in to Snowsight to enroll."),
        step="login",
        says="asks {user} for a second factor",
        advises='login = "key"',
        published=f"{TRACKERS}/PostHog/posthog/pull/66419",
    ),
    Failure(
        what="a user who did not confirm with Duo",
        answer=("390127", "Duo Security authentication is denied."),
        step="login",
        says="asks {user} for a second factor",
        advises='login = "key"',
        published=f"{TRACKERS}/PostHog/posthog/pull/63053",
    ),
    Failure(
        what="a user who is locked",
        answer=(
            "390102",
            "Your user account has been temporarily locked. Try again later or contact your account administrator for assistance. For more information about this error, go to https://community.snowflake.com/s/error-your-user-login-has-been-locked.",
        ),
        step="login",
        says="has locked {user}",
        advises="MINS_TO_UNLOCK",
        published="https://community.snowflake.com/s/error-your-user-login-has-been-locked",
    ),
    Failure(
        what="a user who is disabled",
        answer=("390101", "User access disabled. Contact your local system administrator."),
        step="login",
        says="{user} is disabled",
        advises="ALTER USER {user} SET DISABLED = FALSE",
        published="https://learn.microsoft.com/en-us/power-bi/connect-data/service-connect-snowflake",
    ),
    Failure(
        what="a password that has expired",
        answer=("390106", "Specified password has expired. Password must be changed using the Snowflake web console."),
        step="login",
        says="has expired or must be changed",
        advises="Log in to Snowsight",
    ),
    Failure(
        what="an address that a network policy keeps out",
        answer=("390422", "Incoming request with IP/Token 203.0.113.7 is not allowed to access Snowflake."),
        step="login",
        says="203.0.113.7 is not on its list",
        advises="VALUE_LIST = ('203.0.113.7')",
        published=f"{TRACKERS}/airbytehq/airbyte/issues/20992",
    ),
    Failure(
        what="a role that is not there or not granted",
        settings={"role": "NO_SUCH_ROLE"},
        step="role",
        says="There is no role NO_SUCH_ROLE, or it is not granted to {user}",
        advises="GRANT ROLE NO_SUCH_ROLE TO USER {user};",
    ),
    Failure(
        what="an account whose trial has ended",
        answer=("390913", "Your free trial has ended and all of your virtual warehouses have been suspended."),
        step="account",
        says="account is suspended: Your free trial has ended",
        advises="Billing",
        published=f"{TRACKERS}/rudderlabs/rudder-server/blob/master/warehouse/integrations/snowflake/snowflake.go",
    ),
    Failure(
        what="an error that nobody knows",
        answer=("390999", "Something new."),
        step="login",
        says="The login failed: Something new",
        advises="LOGIN_HISTORY",
    ),
    Failure(
        what="a warehouse that is not there, or without USAGE",
        settings={"warehouse": "NO_SUCH"},
        opens=True,
        step="warehouse",
        says="there is no warehouse NO_SUCH, or the role READER may not use it",
        advises="GRANT USAGE ON WAREHOUSE NO_SUCH TO ROLE READER;",
        published=f"{TRACKERS}/snowflakedb/snowflake-jdbc/issues/657",
    ),
    Failure(
        what="a warehouse that is suspended and does not resume",
        user={
            "answers": {
                "GENERATOR": {
                    "code": "000606",
                    "message": "Warehouse 'READING' is suspended. Use 'alter warehouse READING resume;' command if you need to use it again.",
                }
            }
        },
        opens=True,
        step="warehouse",
        says="Warehouse 'READING' is suspended",
        advises="ALTER WAREHOUSE READING SET AUTO_RESUME = TRUE",
        published=f"{TRACKERS}/Snowflake-Labs/sfguide-getting-started-from-zero-to-snowflake/issues/3",
    ),
    Failure(
        what="a warehouse whose credits are used up",
        user={
            "answers": {
                "GENERATOR": {
                    "code": "090073",
                    "state": "22000",
                    "message": "Warehouse 'READING' cannot be resumed because resource monitor 'MONTH' has exceeded its quota.",
                }
            }
        },
        opens=True,
        step="warehouse",
        says="resource monitor 'MONTH' has exceeded its quota",
        advises="SHOW RESOURCE MONITORS",
        published=f"{TRACKERS}/PostHog/posthog.com/pull/8669",
    ),
    Failure(
        what="a database that is not there, or without USAGE",
        settings={"database": "NO_SUCH"},
        opens=True,
        step="database",
        says="there is no database NO_SUCH, or the role READER may not use it",
        advises="GRANT USAGE ON DATABASE NO_SUCH TO ROLE READER;",
    ),
    Failure(
        what="a schema that is not there, or without USAGE",
        settings={"schema": "NO_SUCH"},
        opens=True,
        step="database",
        says="there is no schema {database}.NO_SUCH, or the role READER may not use it",
        advises="GRANT USAGE ON SCHEMA {database}.NO_SUCH TO ROLE READER;",
    ),
)


def plugin_of(failure: Failure, shop: Warehouse) -> Any:
    """Give a plug-in that fails so."""
    user: dict[str, Any] = {"oauth": ["oauth-token"], **failure.user}
    if failure.answer is not None:
        user["answer"] = {"code": failure.answer[0], "message": failure.answer[1]}
    shop.set_user(**user)
    return snowflake_plugin(shop, secrets=failure.secrets, **failure.settings)


def said(text: str, shop: Warehouse) -> str:
    return text.replace("{user}", shop.user).replace("{database}", shop.database)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.what)
def test_each_failure_to_connect_has_its_own_sentence_remedy_and_step(shop: Warehouse, failure: Failure) -> None:
    source = plugin_of(failure, shop)
    try:
        if not failure.opens:
            with pytest.raises(BackhaulError) as failed:
                source.open()
            assert said(failure.says, shop) in failed.value.message
            assert said(failure.advises, shop) in failed.value.remedy
            told = "".join(traceback.format_exception(failed.value)) + repr(failed.value)
            for secret in (failure.secrets or {"password": PASSWORD}).values():
                assert secret not in told
        *before, last = source.steps()
        assert all(step.passed is not False for step in before)
        assert (last.name, last.passed) == (failure.step, False)
        assert said(failure.says, shop) in last.detail
        assert said(failure.advises, shop) in last.remedy
    finally:
        shop.set_user()


def test_each_kind_of_failure_is_told_in_other_words() -> None:
    told = [failure.says for failure in FAILURES]
    same = {words for words in told if told.count(words) > 1}
    assert same == {"asks {user} for a second factor", "refused the user or the password"}


def test_a_second_factor_and_a_missing_grant_are_never_told_as_wrong_credentials(shop: Warehouse) -> None:
    """PostHog told both so, and people changed passwords that were right."""
    for failure in FAILURES:
        if "wrong password" in failure.what or "a user that is not there" in failure.what:
            continue
        source = plugin_of(failure, shop)
        last = list(source.steps())[-1]
        assert "refused the user or the password" not in last.detail, failure.what
        assert "Check `user` in the source's file (" not in last.remedy, failure.what
    hidden = [f"{shop.database}.PUBLIC.PEOPLE"]
    shop.set_user(hidden=hidden)
    with snowflake_plugin(shop).open() as session, pytest.raises(QueryFailedError) as refused:
        session.describe("SELECT id FROM people")
    shop.set_user()
    assert "password" not in refused.value.message + refused.value.remedy


@dataclass(frozen=True, kw_only=True)
class QueryFailure:
    """A query that Snowflake refuses or gives up: what is wrong, the query, what is said, what is advised, where."""

    what: str
    sql: str
    says: str
    advises: str
    at: str = ""
    error: type[BackhaulError] = QueryFailedError
    user: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    published: str = ""


def answering(code: str, message: str, **more: Any) -> dict[str, Any]:
    """Let statements that read from `played_back` end with an error."""
    return {"answers": {"PLAYED_BACK": {"code": code, "message": message, **more}}}


PLAYED_BACK = "SELECT id FROM played_back"
QUERY_FAILURES = (
    QueryFailure(
        what="a table that is misspelt",
        sql="SELECT id FROM poeple",
        says="Object 'POEPLE' does not exist or not authorized",
        advises="Did you mean PEOPLE?",
        at="poeple",
        published=f"{TRACKERS}/metabase/metabase/issues/50422",
    ),
    QueryFailure(
        what="a table in another schema",
        sql="SELECT id FROM elsewhere.people",
        says="does not exist or not authorized",
        advises="GRANT USAGE ON SCHEMA {database}.ELSEWHERE TO ROLE READER",
        at="",
        published=f"{TRACKERS}/bytebase/bytebase/issues/15733",
    ),
    QueryFailure(
        what="a table without SELECT",
        sql="SELECT id FROM people",
        user={"hidden": ["{database}.PUBLIC.PEOPLE"]},
        says="does not exist or not authorized",
        advises="GRANT SELECT ON TABLE {database}.PUBLIC.PEOPLE TO ROLE READER",
        at="people",
        published=f"{TRACKERS}/metabase/metabase/issues/50422",
    ),
    QueryFailure(
        what="a schema without USAGE",
        sql="SELECT id FROM public.people",
        user={"hidden": ["{database}.PUBLIC"]},
        says="Schema '{database}.PUBLIC' does not exist or not authorized",
        advises="GRANT USAGE ON SCHEMA {database}.PUBLIC TO ROLE READER; GRANT SELECT ON ALL TABLES IN SCHEMA {database}.PUBLIC",
        published=f"{TRACKERS}/bytebase/bytebase/issues/15733",
    ),
    QueryFailure(
        what="a table that may be seen but not read",
        sql=PLAYED_BACK,
        user=answering(
            "003001",
            "SQL access control error:\nInsufficient privileges to operate on table 'PLAYED_BACK'",
            state="42501",
        ),
        says="Insufficient privileges to operate on table 'PLAYED_BACK'",
        advises="GRANT SELECT ON TABLE PLAYED_BACK TO ROLE READER;",
        published=f"{TRACKERS}/dbt-labs/dbt-external-tables/issues/214",
    ),
    QueryFailure(
        what="no warehouse in use",
        sql="SELECT id FROM people",
        settings={"warehouse": "NO_SUCH"},
        says="No active warehouse selected",
        advises="GRANT USAGE ON WAREHOUSE NO_SUCH TO ROLE READER;",
        published=f"{TRACKERS}/dbt-labs/dbt-snowflake/issues/300",
    ),
    QueryFailure(
        what="the time limit of a statement",
        sql="SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 1000000000)) AS a, TABLE(GENERATOR(ROWCOUNT => 1000000000)) AS b",
        settings={"statement_timeout": 1},
        says="ran into the time limit: Statement reached its statement or warehouse timeout of 1 second(s)",
        advises="statement_timeout",
        published="https://docs.snowflake.com/en/sql-reference/parameters#statement-timeout-in-seconds",
    ),
    QueryFailure(
        what="a session that has ended",
        sql=PLAYED_BACK,
        user=answering("390112", "Your session has expired. Please login again.", status=401),
        error=UnreachableError,
        says="ended the session",
        advises="Try again",
        published=f"{TRACKERS}/snowflakedb/snowflake-connector-python/blob/main/src/snowflake/connector/network.py",
    ),
    QueryFailure(
        what="an account that was suspended",
        sql=PLAYED_BACK,
        user=answering("000666", "Your account is suspended due to lack of payment method."),
        error=LoginError,
        says="account is suspended",
        advises="Billing",
        published=f"{TRACKERS}/xlang-ai/Spider2/issues/185",
    ),
    QueryFailure(
        what="no database in use",
        sql="SELECT id FROM people",
        settings={"database": "NO_SUCH"},
        says="This session does not have a current database",
        advises="Check `database`",
        published=f"{TRACKERS}/tekumara/fakesnow/blob/main/fakesnow/cursor.py",
    ),
)


@pytest.mark.parametrize("failure", QUERY_FAILURES, ids=lambda failure: failure.what)
def test_each_failure_of_a_query_has_its_own_sentence_and_remedy(shop: Warehouse, failure: QueryFailure) -> None:
    user = json.loads(json.dumps(failure.user).replace("{database}", shop.database))
    shop.set_user(**user)
    try:
        with snowflake_plugin(shop, **failure.settings).open() as session:
            with pytest.raises(failure.error) as failed:
                session.stream(failure.sql).batches.read_all()
            assert said(failure.says, shop) in failed.value.message
            assert said(failure.advises, shop) in failed.value.remedy
            if failure.at:
                assert isinstance(failed.value, QueryFailedError)
                assert failed.value.offset == failure.sql.index(failure.at)
    finally:
        shop.set_user()


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
        began = time.monotonic()
        with pytest.raises(CancelledError):
            result.batches.read_all()
        assert time.monotonic() - began < 2.3
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


def test_check_tells_when_quoted_names_lose_their_case_and_how_to_mend_it(shop: Warehouse) -> None:
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


def test_check_tells_of_a_role_that_may_do_everything(shop: Warehouse) -> None:
    shop.set_user(roles=["ACCOUNTADMIN"])
    steps = {step.name: step for step in snowflake_plugin(shop, role="ACCOUNTADMIN").steps()}
    shop.set_user()
    assert "may change nearly everything" in steps["role"].detail
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
