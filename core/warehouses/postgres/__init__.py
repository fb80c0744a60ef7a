"""Postgres, and what speaks its language and COPY: Aurora, AlloyDB, Cloud SQL, Timescale, Citus, standbys of these."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Self

from core.errors import WarehouseError
from core.model import Secret, Step
from core.warehouses.base import SetupNames
from core.warehouses.postgres.connection import Connector, PostgresSettings
from core.warehouses.postgres.errors import explain, explain_login
from core.warehouses.postgres.session import PostgresSession
from core.warehouses.postgres.setup import script, verifier_of
from core.warehouses.postgres.steps import steps

__all__ = ["Plugin"]


class Plugin:
    """A Postgres database: also Aurora, Cloud SQL, AlloyDB, Timescale and Citus."""

    dialect: ClassVar[str] = "postgres"
    Settings: ClassVar[type[PostgresSettings]] = PostgresSettings
    secrets: ClassVar[Mapping[str, str]] = MappingProxyType({"password": "the password of the user"})
    where_to_find: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "host": "The host name of the server; best of a read replica, so that queries do not burden the main one. The provider's console shows it as endpoint.",
            "database": "psql -l lists the databases of a server.",
            "user": "A user made for Backhaul that may only read; the script on the next page makes one.",
            "port": "5432 nearly always; poolers such as pgbouncer use 6432.",
            "sslmode": "auto is right nearly always: TLS, but on this very machine. verify-full also checks that it is this server.",
            "sslrootcert": "The file with the certificate of the server's authority (RDS, Cloud SQL and Azure offer it for download), or system. With it, certificate and host name are checked.",
            "connect_timeout": "Seconds to wait for the server.",
            "statement_timeout": "Seconds after which the server stops a query; 0: no end.",
            "application_name": "How the server's lists of sessions name Backhaul.",
            "require_auth": "auto is right nearly always: the server gets a proof of the password, never the password.",
            "allow_functions": "Functions that a query may call although the catalogue does not show them to be harmless, each as schema.name.",
            "allow_superuser": "true lets a role in whom no read-only transaction holds back. Better use a role of its own.",
            "password": "The password of that user.",
        }
    )

    @classmethod
    def needs(cls, settings: object) -> tuple[str, ...]:  # noqa: ARG003 -- whatever they say
        """Give the names of the secrets that are needed."""
        return tuple(cls.secrets)

    def __init__(self, settings: PostgresSettings, secrets: Callable[[str], Secret], folder: Path) -> None:
        self._connector = Connector(settings, secrets, folder)

    def in_timezone(self, timezone: str) -> Self:
        """Return the same database, to which a timestamp without zone is one of this zone."""
        made = copy(self)
        made._connector = replace(self._connector, timezone=timezone)  # noqa: SLF001 -- of its own kind
        return made

    @classmethod
    def setup_script(cls, names: SetupNames) -> str:
        """Give the statements that make a user who may read the chosen schemas, and nothing else."""
        return script(names)

    @classmethod
    def verifier_of(cls, password: Secret, user: str) -> str:  # noqa: ARG003 -- Redshift needs it
        """Give what the server keeps instead of a password."""
        return verifier_of(password)

    def open(self) -> PostgresSession:
        """Connect and log in."""
        import psycopg

        try:
            return PostgresSession(self._connector, self._connector.psycopg())
        except (psycopg.Error, UnicodeError) as error:
            raise explain_login(error, self._connector)[1] from error

    def steps(self) -> Iterator[Step]:
        """Test name, network, TLS, login, role, privileges, read-only and clock."""
        return steps(self._connector)

    def explain(self, error: Exception) -> WarehouseError:
        """Translate an error of psycopg or ADBC."""
        return explain(error, self._connector.settings)
