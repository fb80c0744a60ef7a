"""Where a Postgres is and how it is reached: settings, the connection string, and the two drivers' connections.

psycopg makes sessions, descriptions and the catalogue; ADBC streams (eight times as fast). Both take the same libpq
connection string from psycopg's `make_conninfo`: libpq's errors repeat parts of a password from an unescaped URI.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.model import Secret
from core.paths import expanded

if TYPE_CHECKING:
    import psycopg

__all__ = ["Connector", "PostgresSettings", "TlsMode", "is_this_machine"]

TlsMode = Literal["auto", "disable", "prefer", "require", "verify-ca", "verify-full"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresSettings:
    """Where the server is, who we are there, and how long to wait, in seconds (a `statement_timeout` of 0: no end).

    `sslmode` is libpq's, without its default `prefer`, which falls back to plain text without a word. `auto` takes
    TLS for certain, checks certificate and host name where `sslrootcert` (a file, relative to the project's folder,
    or `system`) is given, and only on this very machine does without TLS where the server has none.

    `require_auth` is libpq's, too: how a server may ask for the password. `auto` takes a proof by scram-sha-256 only, so that no
    server gets the password itself, nor an MD5 digest of it; on this very machine a server may also ask for nothing. The server chooses
    how costly that proof is: one that nobody has checked can choose so little that a weak password is guessed from it, or so much that
    libpq computes for minutes. Only `sslrootcert` (verify-full) sees to it that this is the server.
    `allow_functions` names functions (schema.name) that may be called although the catalogue does not show them to be harmless.
    `allow_superuser` lets a role in whom no read-only transaction holds back.
    """

    host: str
    database: str
    user: str
    port: int = 5432
    sslmode: TlsMode = "auto"
    sslrootcert: str = ""
    connect_timeout: int = 10
    statement_timeout: int = 0
    application_name: str = "backhaul"
    require_auth: str = "auto"
    allow_functions: tuple[str, ...] = ()
    allow_superuser: bool = False


@dataclass(frozen=True, slots=True)
class Connector:
    """Makes connections; keeps no secret, asks for it each time. `timezone` is what a timestamp without zone means."""

    settings: PostgresSettings
    secrets: Callable[[str], Secret]
    folder: Path
    timezone: str = "UTC"

    @property
    def where(self) -> str:
        """Name the server and the database, for messages."""
        return f"{self.settings.host}:{self.settings.port}/{self.settings.database}"

    @property
    def is_socket(self) -> bool:
        """Say whether the host is a folder with a Unix socket."""
        return self.settings.host.startswith("/")

    @property
    def sslmode(self) -> str:
        """Give libpq's word for the TLS that is asked for."""
        if self.settings.sslmode != "auto":
            return self.settings.sslmode
        if self.settings.sslrootcert:
            return "verify-full"
        return "prefer" if self.is_socket or is_this_machine(self.settings.host) else "require"

    @property
    def require_auth(self) -> str:
        """Give libpq's words for how the server may ask who we are.

        Both drivers bring a libpq of their own that knows the word (from 16 on). Who is asked for nothing (trust, peer) gives no
        password away; but a server far away that asks for nothing has not shown that it knows the password either.
        """
        if self.settings.require_auth != "auto":
            return self.settings.require_auth
        is_here = self.is_socket or is_this_machine(self.settings.host)
        return "scram-sha-256,none" if is_here else "scram-sha-256"

    def psycopg(self) -> psycopg.Connection[Any]:
        """Connect with psycopg: transactions are REPEATABLE READ and READ ONLY, nothing is prepared by name."""
        import psycopg

        connection = psycopg.connect(self._conninfo(), prepare_threshold=None)
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return connection

    def adbc(self, *, options: str | None = None) -> Any:
        """Connect with ADBC; transactions are begun by statements of ours. `options` are settings to log in with (libpq's `options`)."""
        from adbc_driver_postgresql import dbapi

        return dbapi.connect(self._conninfo(options), autocommit=True)

    def _conninfo(self, options: str | None = None) -> str:
        from psycopg.conninfo import make_conninfo

        settings = self.settings
        return make_conninfo(
            host=settings.host,
            port=settings.port,
            dbname=settings.database,
            user=settings.user,
            password=self.secrets("password").reveal(),
            sslmode=self.sslmode,
            sslrootcert=self.root_certificate(),
            require_auth=self.require_auth,
            connect_timeout=settings.connect_timeout,
            application_name=settings.application_name,
            client_encoding="UTF8",
            options=options,
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
        )

    def root_certificate(self) -> str | None:
        """Give the file of the authority that has to have signed the server's certificate."""
        given = self.settings.sslrootcert
        if not given or given == "system":
            return given or None
        return str(self.folder / expanded(given))


def is_this_machine(host: str) -> bool:
    """Say whether traffic to `host` never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
