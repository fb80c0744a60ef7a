"""Snowflake's failures, in two tables: what is wrong, what Backhaul says, what it advises.

What the stand-in verifies itself (passwords, keys, tokens, roles) it refuses by itself; the rest it plays back: Snowflake's
code and text, with where they were published beside them. An entry that plays back and has no such place is from use, and
nowhere published.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core.errors import LoginError, QueryFailedError, UnreachableError
from tests.core.warehouses.failures import Failure, QueryFailure, each, filled, play, play_query, said_twice
from tests.core.warehouses.harness import snowflake_plugin
from tests.core.warehouses.snowflake_keys import fingerprint_of, pem, public_body, rsa_key
from tests.servers.snowflake.stand_in import PASSWORD, StandIn, Warehouse


@pytest.fixture(scope="module")
def shop(snowflake: StandIn) -> Iterator[Warehouse]:
    """A database with a table, for tests that only read."""
    made = snowflake.create()
    made.execute("CREATE TABLE people (id integer)")
    yield made
    made.drop()


@dataclass(frozen=True, kw_only=True)
class SnowflakeFailure(Failure):
    """A connection that fails. `user` is what the stand-in knows of the user, `answer` the code and text that it plays back."""

    after_login: ClassVar[frozenset[str]] = frozenset({"warehouse", "database"})
    user: Mapping[str, Any] = field(default_factory=dict)
    answer: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class SnowflakeQueryFailure(QueryFailure):
    """A query that fails. `user` is what the stand-in knows of the user."""

    user: Mapping[str, Any] = field(default_factory=dict)


DOCUMENTS = "https://docs.snowflake.com/en"
TRACKERS = "https://github.com"
KEY = {"login": "key"}
TOKEN = {"login": "token"}

FAILURES = (
    SnowflakeFailure(
        what="no account identifier",
        settings={"account": "my account!", "host": ""},
        step="name",
        says="'my account!' is no account identifier",
        advises="View account details",
    ),
    SnowflakeFailure(
        what="an account whose host is not there",
        settings={"host": "nowhere.invalid", "protocol": "https"},
        step="name",
        says="There is no host named 'nowhere.invalid'",
        advises="Check `account`",
    ),
    SnowflakeFailure(
        what="nothing listens there, or a firewall refuses",
        settings={"port": 1},
        step="network",
        says="takes no connection on port 1",
        advises="SYSTEM$ALLOWLIST()",
    ),
    SnowflakeFailure(
        what="a host that speaks no TLS",
        settings={"protocol": "https"},
        step="TLS",
        says="No TLS connection to 127.0.0.1",
        advises="may not be Snowflake",
    ),
    SnowflakeFailure(
        what="plain http to another machine",
        settings={"protocol": "http", "host": "example.com"},
        step="name",
        says="in the clear",
        advises="Take `protocol` out",
    ),
    SnowflakeFailure(
        what="an account that Snowflake does not know",
        settings={"account": "NOSUCH-ACCOUNT"},
        step="account",
        says="There is no account NOSUCH-ACCOUNT",
        advises="MYORG-MYACCOUNT",
        published=f"{DOCUMENTS}/user-guide/admin-account-identifier",
    ),
    SnowflakeFailure(
        what="a wrong password",
        secrets={"password": "not the one"},
        step="login",
        says="refused the user or the password",
        advises="backhaul secret set sources/<name>.password",
    ),
    SnowflakeFailure(
        what="a user that is not there",
        settings={"user": "NOBODY"},
        step="login",
        says="refused the user or the password",
        advises="Check `user`",
    ),
    SnowflakeFailure(
        what="a key that is not registered",
        settings=KEY,
        secrets={"private_key": pem(rsa_key("mine"))},
        user={"keys": [public_body(rsa_key("other"))]},
        step="login",
        says=f"does not take this key for {{user}}. Its fingerprint is {fingerprint_of(rsa_key('mine'))}",
        advises="ALTER USER {user} SET RSA_PUBLIC_KEY = '",
        published=f"{DOCUMENTS}/user-guide/key-pair-auth-troubleshooting",
    ),
    SnowflakeFailure(
        what="a key of another user",
        settings={"user": "SOMEONE_ELSE", **KEY},
        secrets={"private_key": pem(rsa_key("mine"))},
        user={"keys": [public_body(rsa_key("mine"))]},
        step="login",
        says="does not take this key for SOMEONE_ELSE",
        advises="DESC USER SOMEONE_ELSE",
        published=f"{DOCUMENTS}/user-guide/key-pair-auth-troubleshooting",
    ),
    SnowflakeFailure(
        what="a key that is encrypted",
        settings=KEY,
        secrets={"private_key": pem(rsa_key("mine"), serialization.BestAvailableEncryption(b"passphrase"))},
        step="key",
        says="is encrypted",
        advises="backhaul key convert",
    ),
    SnowflakeFailure(
        what="a key that is cut off",
        settings=KEY,
        secrets={"private_key": pem(rsa_key("mine"))[:-200]},
        step="key",
        says="ends too early",
        advises="backhaul secret set sources/<name>.private_key",
    ),
    SnowflakeFailure(
        what="a key of another kind",
        settings=KEY,
        secrets={"private_key": pem(ec.generate_private_key(ec.SECP256R1()))},
        step="key",
        says="This is an EC key",
        advises="backhaul secret set sources/<name>.private_key",
        published=f"{DOCUMENTS}/user-guide/key-pair-auth",
    ),
    SnowflakeFailure(
        what="a key that is too short",
        settings=KEY,
        secrets={"private_key": pem(rsa_key("short", 1024))},
        step="key",
        says="1,024 bits is too short",
        advises="backhaul secret set sources/<name>.private_key",
        published=f"{DOCUMENTS}/user-guide/key-pair-auth",
    ),
    SnowflakeFailure(
        what="a missing secret",
        secrets={},
        step="login",
        says="There is no secret sources/prod.password",
        advises="backhaul secret set sources/prod.password",
    ),
    SnowflakeFailure(
        what="a token that is not known",
        settings=TOKEN,
        secrets={"token": "not-a-token"},
        user={"tokens": ["a-token"]},
        step="login",
        says="does not take this token for {user}",
        advises="SHOW USER PROGRAMMATIC ACCESS TOKENS FOR USER {user}",
    ),
    SnowflakeFailure(
        what="a token that has expired",
        settings={"login": "oauth"},
        secrets={"token": "a-token"},
        answer=("390318", "OAuth access token expired. [1172527951366]"),
        step="login",
        says="The token of {user} has expired",
        advises="ROTATE PROGRAMMATIC ACCESS TOKEN",
        published=f"{TRACKERS}/snowflakedb/snowflake-connector-nodejs/pull/1392",
    ),
    SnowflakeFailure(
        what="an OAuth token that is not valid",
        settings={"login": "oauth"},
        secrets={"token": "not-the-oauth-token"},
        step="login",
        says="does not take this token",
        advises="backhaul secret set sources/<name>.token",
        published=f"{TRACKERS}/iqea-ai/duckdb-snowflake/issues/29",
    ),
    SnowflakeFailure(
        what="a token of a user without a network policy",
        settings=TOKEN,
        secrets={"token": "a-token"},
        answer=("390432", "Network policy is required."),
        step="login",
        says="only from a user whom a network policy covers",
        advises="CREATE NETWORK POLICY",
        published=f"{TRACKERS}/xlang-ai/Spider2/issues/143",
    ),
    SnowflakeFailure(
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
    SnowflakeFailure(
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
    SnowflakeFailure(
        what="a user who never enrolled for a second factor",
        answer=("250001", "Multi-factor authentication is required for this account. Log in to Snowsight to enroll."),
        step="login",
        says="asks {user} for a second factor",
        advises='login = "key"',
        published=f"{TRACKERS}/PostHog/posthog/pull/66419",
    ),
    SnowflakeFailure(
        what="a user who did not confirm with Duo",
        answer=("390127", "Duo Security authentication is denied."),
        step="login",
        says="asks {user} for a second factor",
        advises='login = "key"',
        published=f"{TRACKERS}/PostHog/posthog/pull/63053",
    ),
    SnowflakeFailure(
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
    SnowflakeFailure(
        what="a user who is disabled",
        answer=("390101", "User access disabled. Contact your local system administrator."),
        step="login",
        says="{user} is disabled",
        advises="ALTER USER {user} SET DISABLED = FALSE",
        published="https://learn.microsoft.com/en-us/power-bi/connect-data/service-connect-snowflake",
    ),
    SnowflakeFailure(
        what="a password that has expired",
        answer=("390106", "Specified password has expired. Password must be changed using the Snowflake web console."),
        step="login",
        says="has expired or must be changed",
        advises="Log in to Snowsight",
    ),
    SnowflakeFailure(
        what="an address that a network policy keeps out",
        answer=("390422", "Incoming request with IP/Token 203.0.113.7 is not allowed to access Snowflake."),
        step="login",
        says="203.0.113.7 is not on its list",
        advises="VALUE_LIST = ('203.0.113.7')",
        published=f"{TRACKERS}/airbytehq/airbyte/issues/20992",
    ),
    SnowflakeFailure(
        what="a role that is not there or not granted",
        settings={"role": "NO_SUCH_ROLE"},
        step="role",
        says="There is no role NO_SUCH_ROLE, or it is not granted to {user}",
        advises="GRANT ROLE NO_SUCH_ROLE TO USER {user};",
    ),
    SnowflakeFailure(
        what="an account whose trial has ended",
        answer=("390913", "Your free trial has ended and all of your virtual warehouses have been suspended."),
        step="account",
        says="account is suspended: Your free trial has ended",
        advises="Billing",
        published=f"{TRACKERS}/rudderlabs/rudder-server/blob/master/warehouse/integrations/snowflake/snowflake.go",
    ),
    SnowflakeFailure(
        what="an error that nobody knows",
        answer=("390999", "Something new."),
        step="login",
        says="The login failed: Something new",
        advises="LOGIN_HISTORY",
    ),
    SnowflakeFailure(
        what="a warehouse that is not there, or without USAGE",
        settings={"warehouse": "NO_SUCH"},
        step="warehouse",
        says="there is no warehouse NO_SUCH, or the role READER may not use it",
        advises="GRANT USAGE ON WAREHOUSE NO_SUCH TO ROLE READER;",
        published=f"{TRACKERS}/snowflakedb/snowflake-jdbc/issues/657",
    ),
    SnowflakeFailure(
        what="a warehouse that is suspended and does not resume",
        user={
            "answers": {
                "GENERATOR": {
                    "code": "000606",
                    "message": "Warehouse 'READING' is suspended. Use 'alter warehouse READING resume;' command if you need to use it again.",
                }
            }
        },
        step="warehouse",
        says="Warehouse 'READING' is suspended",
        advises="ALTER WAREHOUSE READING SET AUTO_RESUME = TRUE",
        published=f"{TRACKERS}/Snowflake-Labs/sfguide-getting-started-from-zero-to-snowflake/issues/3",
    ),
    SnowflakeFailure(
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
        step="warehouse",
        says="resource monitor 'MONTH' has exceeded its quota",
        advises="SHOW RESOURCE MONITORS",
        published=f"{TRACKERS}/PostHog/posthog.com/pull/8669",
    ),
    SnowflakeFailure(
        what="a database that is not there, or without USAGE",
        settings={"database": "NO_SUCH"},
        step="database",
        says="there is no database NO_SUCH, or the role READER may not use it",
        advises="GRANT USAGE ON DATABASE NO_SUCH TO ROLE READER;",
    ),
    SnowflakeFailure(
        what="a schema that is not there, or without USAGE",
        settings={"schema": "NO_SUCH"},
        step="database",
        says="there is no schema {database}.NO_SUCH, or the role READER may not use it",
        advises="GRANT USAGE ON SCHEMA {database}.NO_SUCH TO ROLE READER;",
    ),
)


def plugin_of(failure: SnowflakeFailure, shop: Warehouse) -> Any:
    """Give a plug-in that fails so."""
    user: dict[str, Any] = {"oauth": ["oauth-token"], **failure.user}
    if failure.answer is not None:
        user["answer"] = {"code": failure.answer[0], "message": failure.answer[1]}
    shop.set_user(**user)
    return snowflake_plugin(shop, secrets=failure.secrets, **failure.settings)


def names_of(shop: Warehouse) -> dict[str, str]:
    """Give what the braces of an entry stand for."""
    return {"user": shop.user, "database": shop.database}


@each(FAILURES)
def test_each_failure_to_connect_has_its_own_sentence_remedy_and_step(
    shop: Warehouse, failure: SnowflakeFailure
) -> None:
    try:
        play(failure, plugin_of(failure, shop), names_of(shop), (failure.secrets or {"password": PASSWORD}).values())
    finally:
        shop.set_user()


def test_each_kind_of_failure_is_told_in_other_words() -> None:
    assert said_twice(FAILURES) == {"asks {user} for a second factor", "refused the user or the password"}


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


def answering(code: str, message: str, **more: Any) -> dict[str, Any]:
    """Let statements that read from `played_back` end with an error."""
    return {"answers": {"PLAYED_BACK": {"code": code, "message": message, **more}}}


PLAYED_BACK = "SELECT id FROM played_back"
QUERY_FAILURES = (
    SnowflakeQueryFailure(
        what="a table that is misspelt",
        sql="SELECT id FROM poeple",
        says="Object 'POEPLE' does not exist or not authorized",
        advises="Did you mean PEOPLE?",
        at="poeple",
        published=f"{TRACKERS}/metabase/metabase/issues/50422",
    ),
    SnowflakeQueryFailure(
        what="a table in another schema",
        sql="SELECT id FROM elsewhere.people",
        says="does not exist or not authorized",
        advises="GRANT USAGE ON SCHEMA {database}.ELSEWHERE TO ROLE READER",
        at="",
        published=f"{TRACKERS}/bytebase/bytebase/issues/15733",
    ),
    SnowflakeQueryFailure(
        what="a table without SELECT",
        sql="SELECT id FROM people",
        user={"hidden": ["{database}.PUBLIC.PEOPLE"]},
        says="does not exist or not authorized",
        advises="GRANT SELECT ON TABLE {database}.PUBLIC.PEOPLE TO ROLE READER",
        at="people",
        published=f"{TRACKERS}/metabase/metabase/issues/50422",
    ),
    SnowflakeQueryFailure(
        what="a schema without USAGE",
        sql="SELECT id FROM public.people",
        user={"hidden": ["{database}.PUBLIC"]},
        says="Schema '{database}.PUBLIC' does not exist or not authorized",
        advises="GRANT USAGE ON SCHEMA {database}.PUBLIC TO ROLE READER; GRANT SELECT ON ALL TABLES IN SCHEMA {database}.PUBLIC",
        published=f"{TRACKERS}/bytebase/bytebase/issues/15733",
    ),
    SnowflakeQueryFailure(
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
    SnowflakeQueryFailure(
        what="no warehouse in use",
        sql="SELECT id FROM people",
        settings={"warehouse": "NO_SUCH"},
        says="No active warehouse selected",
        advises="GRANT USAGE ON WAREHOUSE NO_SUCH TO ROLE READER;",
        published=f"{TRACKERS}/dbt-labs/dbt-snowflake/issues/300",
    ),
    SnowflakeQueryFailure(
        what="the time limit of a statement",
        sql="SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 1000000000)) AS a, TABLE(GENERATOR(ROWCOUNT => 1000000000)) AS b",
        settings={"statement_timeout": 1},
        says="ran into the time limit: Statement reached its statement or warehouse timeout of 1 second(s)",
        advises="statement_timeout",
        published="https://docs.snowflake.com/en/sql-reference/parameters#statement-timeout-in-seconds",
    ),
    SnowflakeQueryFailure(
        what="a session that has ended",
        sql=PLAYED_BACK,
        user=answering("390112", "Your session has expired. Please login again.", status=401),
        error=UnreachableError,
        says="ended the session",
        advises="Try again",
        published=f"{TRACKERS}/snowflakedb/snowflake-connector-python/blob/main/src/snowflake/connector/network.py",
    ),
    SnowflakeQueryFailure(
        what="an account that was suspended",
        sql=PLAYED_BACK,
        user=answering("000666", "Your account is suspended due to lack of payment method."),
        error=LoginError,
        says="account is suspended",
        advises="Billing",
        published=f"{TRACKERS}/xlang-ai/Spider2/issues/185",
    ),
    SnowflakeQueryFailure(
        what="no database in use",
        sql="SELECT id FROM people",
        settings={"database": "NO_SUCH"},
        says="This session does not have a current database",
        advises="Check `database`",
        published=f"{TRACKERS}/tekumara/fakesnow/blob/main/fakesnow/cursor.py",
    ),
)


@each(QUERY_FAILURES)
def test_each_failure_of_a_query_has_its_own_sentence_and_remedy(
    shop: Warehouse, failure: SnowflakeQueryFailure
) -> None:
    names = names_of(shop)
    shop.set_user(**json.loads(filled(json.dumps(failure.user), names)))
    try:
        play_query(failure, snowflake_plugin(shop, **failure.settings), names)
    finally:
        shop.set_user()
