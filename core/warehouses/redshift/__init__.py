"""Amazon Redshift: Postgres's wire with an old Postgres's words, and rows from a cursor.

What differs from Postgres: no COPY to the client, so results come from a cursor inside the transaction (`redshift.stream`);
nothing may be prepared by name; the catalogue is that of the SVV_ views; and quoted names keep their case only where the
session says so (`enable_case_sensitive_identifier`), which ours does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from core.errors import WarehouseError
from core.model import Secret, Step
from core.warehouses.base import SetupNames
from core.warehouses.postgres.connection import Connector
from core.warehouses.redshift.errors import explain, explain_login
from core.warehouses.redshift.session import RedshiftSession, RedshiftSettings
from core.warehouses.redshift.setup import script, verifier_of
from core.warehouses.redshift.steps import steps

__all__ = ["Plugin"]


class Plugin:
    """Amazon Redshift: a cluster or a serverless workgroup."""

    dialect: ClassVar[str] = "redshift"
    Settings: ClassVar[type[RedshiftSettings]] = RedshiftSettings
    secrets: ClassVar[Mapping[str, str]] = MappingProxyType({"password": "the password of the user"})
    where_to_find: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "host": "AWS console > Amazon Redshift > your cluster or workgroup > Endpoint, without :5439 and what follows.",
            "database": "The part of the endpoint behind the last slash; dev where nobody chose another.",
            "user": "A user made for Backhaul that may only read; the script on the next page makes one.",
            "port": "5439 nearly always.",
            "sslmode": "auto is right nearly always: TLS, but on this very machine. verify-full also checks that it is this server.",
            "sslrootcert": "Amazon's own bundle, for download at s3.amazonaws.com/redshift-downloads/amazon-trust-ca-bundle.crt. With it, certificate and host name are checked.",
            "connect_timeout": "Seconds to wait for the server.",
            "statement_timeout": "Seconds after which the server stops a query; 0: no end.",
            "application_name": "How the server's lists of sessions name Backhaul.",
            "password": "The password of that user.",
        }
    )

    @classmethod
    def needs(cls, settings: object) -> tuple[str, ...]:  # noqa: ARG003 -- whatever they say
        """Give the names of the secrets that are needed."""
        return tuple(cls.secrets)

    def __init__(self, settings: RedshiftSettings, secrets: Callable[[str], Secret], folder: Path) -> None:
        self._connector = Connector(settings, secrets, folder)

    @classmethod
    def setup_script(cls, names: SetupNames) -> str:
        """Give the statements that make a user who may read the chosen schemas, and nothing else."""
        return script(names)

    @classmethod
    def verifier_of(cls, password: Secret, user: str) -> str:
        """Give what the server keeps instead of a password."""
        return verifier_of(password, user)

    def open(self) -> RedshiftSession:
        """Connect and log in."""
        import psycopg

        try:
            return RedshiftSession.opened(self._connector)
        except (psycopg.Error, UnicodeError) as error:
            raise explain_login(error, self._connector)[1] from error

    def steps(self) -> Iterator[Step]:
        """Test name, network, TLS, login, role, privileges, read-only and clock."""
        return steps(self._connector)

    def explain(self, error: Exception) -> WarehouseError:
        """Translate an error of psycopg."""
        return explain(error, self._connector.settings)
