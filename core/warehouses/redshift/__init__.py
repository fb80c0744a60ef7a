"""Amazon Redshift: Postgres's wire with an old Postgres's words, and rows from a cursor.

What differs from Postgres: no COPY to the client, so results come from a cursor inside the transaction (`redshift.stream`);
nothing may be prepared by name; the catalogue is that of the SVV_ views; and quoted names keep their case only where the
session says so (`enable_case_sensitive_identifier`), which ours does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar

from core.errors import WarehouseError
from core.model import Secret, Step
from core.warehouses import postgres
from core.warehouses.base import SetupNames
from core.warehouses.redshift.errors import explain, explain_login
from core.warehouses.redshift.session import RedshiftSession, RedshiftSettings
from core.warehouses.redshift.setup import script, verifier_of
from core.warehouses.redshift.steps import steps

__all__ = ["Plugin"]


class Plugin(postgres.Plugin):
    """Amazon Redshift: a cluster or a serverless workgroup."""

    dialect: ClassVar[str] = "redshift"
    Settings: ClassVar[type[RedshiftSettings]] = RedshiftSettings
    where_to_find: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            **postgres.Plugin.where_to_find,
            "host": "AWS console > Amazon Redshift > your cluster or workgroup > Endpoint, without :5439 and what follows.",
            "database": "The part of the endpoint behind the last slash; dev where nobody chose another.",
            "port": "5439 nearly always.",
            "sslrootcert": "Amazon's own bundle, for download at s3.amazonaws.com/redshift-downloads/amazon-trust-ca-bundle.crt. With it, certificate and host name are checked.",
        }
    )

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
