"""Where a Snowflake account is and how to log in there: settings, the account's name, the key, the driver's connection.

Read in the source of snowflake-connector-python 5.2 and measured: it retries a host that is not there until the login
times out and then says only that, so name and network are tried first; it says nothing of what is wrong with a key, so
the key is read first; it calls a database and a warehouse its own that Snowflake did not let it use, so `steps` asks
Snowflake. It finds out which cloud it runs in by asking addresses of the clouds: SNOWFLAKE_DISABLE_PLATFORM_DETECTION
stops that.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from core.errors import UnreachableError
from core.model import Secret
from core.warehouses._network import LOOPBACK, proxy_before
from core.warehouses.snowflake.key import Key, read_key
from core.warehouses.snowflake.network import tried_network, tried_tls

if TYPE_CHECKING:
    from snowflake.connector.connection import Connection

__all__ = ["SECRETS", "Connector", "SnowflakeSettings", "account_name", "quoted_name"]

JWT_SECONDS = 120
"""Snowflake takes a JWT within 60 seconds of its issue; the driver makes a new one for each login."""

CHUNK_MEGABYTES = 16
"""The least that CLIENT_RESULT_CHUNK_SIZE allows; its default of 160 would be held in memory at once."""

Login = Literal["key", "password", "token", "oauth"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnowflakeSettings:
    """Which account, as whom, and where in it.

    `account` is the account identifier, such as MYORG-MYACCOUNT (Snowsight: account menu, View account details) or its URL.
    `user` is the login name, best of a user of its own for Backhaul (made by CREATE USER with TYPE = SERVICE).
    `role` is the role that may read, and nothing else (SHOW GRANTS TO USER lists those that the user has).
    `warehouse` is the virtual warehouse that runs the queries (SHOW WAREHOUSES), of which the smallest size is a good start.
    `database` is where unqualified names are looked up (SHOW DATABASES).
    `schema` is where unqualified names are looked up in the database (SHOW SCHEMAS).
    `login` is how the user proves who it is: key (a key pair), password, token (a programmatic access token) or oauth.
    `statement_timeout` ends a query after so many seconds, where 0 leaves it to what the user and the warehouse have.
    `query_tag` stands beside each query in Snowflake's QUERY_HISTORY.
    `connect_timeout` is how many seconds the host may take to answer.
    `login_timeout` is how many seconds a login may take.
    `allow_superuser` lets a role in that may change everything (ACCOUNTADMIN, ORGADMIN, SECURITYADMIN).
    `host` is only needed where the account's own address is not to be used (a private link, a test).
    `port` is 443, except for a test.
    `protocol` is https, except for a test on this machine.
    """

    account: str
    user: str
    role: str
    warehouse: str
    database: str
    schema: str = "PUBLIC"
    login: Login = "key"
    statement_timeout: int = 0
    query_tag: str = "backhaul"
    connect_timeout: int = 10
    login_timeout: int = 30
    host: str = ""
    port: int = 443
    protocol: Literal["https", "http"] = "https"
    allow_superuser: bool = False


SECRETS: dict[Login, str] = {"key": "private_key", "password": "password", "token": "token", "oauth": "token"}
"""The secret that each way to log in needs."""


class Connector:
    """Makes connections; keeps no secret, asks for it each time."""

    def __init__(self, settings: SnowflakeSettings, secrets: Callable[[str], Secret]) -> None:
        self.settings = settings
        self._secrets = secrets

    @property
    def account(self) -> str:
        """Give the account identifier. Raises UnreachableError where the setting is not one."""
        return account_name(self.settings.account)

    @property
    def host(self) -> str:
        """Give the name of the host to talk to; underscores are no part of host names, hyphens stand for them."""
        if self.settings.host:
            return self.settings.host
        domain = "cn" if re.search(r"snowflakecomputing\.cn\b", self.settings.account) else "com"
        return f"{self.account.lower().replace('_', '-')}.snowflakecomputing.{domain}"

    @property
    def where(self) -> str:
        """Name the account and the database, for messages."""
        return f"{self.settings.account}/{self.settings.database}"

    @property
    def proxy(self) -> tuple[str, int] | None:
        """Give host and port of the proxy that the environment puts before the host, None where there is none."""
        return proxy_before(self.host)

    def key(self) -> Key:
        """Read the private key. Raises SecretError where it does not fit, saying why."""
        return read_key(self._secrets("private_key"))

    def connect(self) -> Connection:
        """Log in. Raises errors of the driver, and UnreachableError and SecretError of ours."""
        settings = self.settings
        proof: dict[str, Any] = {}
        match settings.login:
            case "key":
                proof = {
                    "authenticator": "SNOWFLAKE_JWT",
                    "private_key": self.key().der,
                    "jwt_timeout": JWT_SECONDS,
                }
            case "password":
                proof = {"password": self._secrets("password").reveal()}
            case "token":
                proof = {"authenticator": "PROGRAMMATIC_ACCESS_TOKEN", "token": self._secrets("token").reveal()}
            case "oauth":
                proof = {"authenticator": "OAUTH", "token": self._secrets("token").reveal()}
        tried_network(self)
        tried_tls(self)
        logging.getLogger("snowflake").addHandler(logging.NullHandler())  # else its words go to standard error
        os.environ.setdefault("SNOWFLAKE_DISABLE_PLATFORM_DETECTION", "true")
        import snowflake.connector

        return snowflake.connector.Connection(
            account=self.account,
            host=self.host,
            port=settings.port,
            protocol=settings.protocol,
            user=settings.user,
            role=quoted_name(settings.role),
            warehouse=quoted_name(settings.warehouse),
            database=quoted_name(settings.database),
            schema=quoted_name(settings.schema),
            **proof,
            session_parameters=self._session_parameters(),
            application="Backhaul",
            connect_timeout=settings.connect_timeout,
            login_timeout=settings.login_timeout,
            use_proxy_env=self.host not in LOOPBACK,
            client_store_temporary_credential=False,
            client_prefetch_threads=1,
            secondary_roles="NONE",
            server_session_keep_alive=False,
            enable_server_session_keep_alive_auto_detection=False,
            auto_cleanup=False,
        )

    def _session_parameters(self) -> dict[str, str | int | bool]:
        """Give what holds for the session; what is not named is as the account, the user and the warehouse have it."""
        parameters: dict[str, str | int | bool] = {
            "TIMEZONE": "UTC",
            "MULTI_STATEMENT_COUNT": 1,  # 0 would let one text be several statements, whatever the account has
            "QUERY_TAG": self.settings.query_tag,
            "CLIENT_RESULT_CHUNK_SIZE": CHUNK_MEGABYTES,
            "CLIENT_TELEMETRY_ENABLED": False,
            "ABORT_DETACHED_QUERY": True,
        }
        if self.settings.statement_timeout:
            parameters["STATEMENT_TIMEOUT_IN_SECONDS"] = self.settings.statement_timeout
        return parameters


def account_name(text: str) -> str:
    """Give the account identifier from what was typed: itself, the account's URL, or Snowsight's address of it."""
    given = re.sub(r"^\w+://", "", text.strip()).rstrip("/")
    if snowsight := re.match(r"app\.snowflake\.(?:com|cn)/([\w-]+)/([\w-]+)", given):
        first, name = snowsight.groups()  # an organisation's name has no hyphen, a region's has
        return f"{name}.{first}" if "-" in first else f"{first}-{name}"
    name = re.sub(r"\.snowflakecomputing\.(com|cn)\b.*$", "", given.split("/", maxsplit=1)[0])
    if not re.fullmatch(r"[A-Za-z0-9][\w-]*(\.[\w-]+)*", name):
        raise UnreachableError(
            f"{text!r} is no account identifier.",
            remedy="Write it as in MYORG-MYACCOUNT or xy12345.eu-central-1, or paste the account's URL "
            "(https://....snowflakecomputing.com). Snowsight shows it: account menu, View account details.",
        )
    return name


def quoted_name(name: str) -> str:
    """Give a name as an identifier in a statement: as it stands where it is a plain one (Snowflake raises it), else in quotes."""
    if re.fullmatch(r'[A-Za-z_][A-Za-z0-9_$]*|"(?:[^"]|"")+"', name) or not name:
        return name
    return '"' + name.replace('"', '""') + '"'
