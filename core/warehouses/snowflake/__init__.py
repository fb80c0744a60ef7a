"""Snowflake, on any cloud and in any edition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from core.errors import BackhaulError, WarehouseError
from core.model import Secret, Step
from core.warehouses.base import SetupNames
from core.warehouses.snowflake.connection import SECRETS, Connector, SnowflakeSettings
from core.warehouses.snowflake.errors import explain, explain_login
from core.warehouses.snowflake.power import power_of
from core.warehouses.snowflake.session import SnowflakeSession
from core.warehouses.snowflake.setup import script
from core.warehouses.snowflake.steps import steps

__all__ = ["Plugin"]


class Plugin:
    """A Snowflake account, on any cloud and in any edition."""

    dialect: ClassVar[str] = "snowflake"
    Settings: ClassVar[type[SnowflakeSettings]] = SnowflakeSettings
    secrets: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "private_key": "the private key of the user, the whole text of its file",
            "password": "the password of the user",
            "token": "the programmatic access token of the user, or an OAuth access token",
        }
    )

    where_to_find: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "account": "Snowsight: click your name at the lower left > Account > View account details > Account identifier. Its URL is taken, too.",
            "user": "A user of its own for Backhaul, of TYPE = SERVICE; the script on the next page creates one.",
            "role": "The role that may read, and nothing else. SHOW GRANTS TO USER lists those that a user has.",
            "warehouse": "The virtual warehouse that runs the queries; the smallest size is a good start. SHOW WAREHOUSES lists them.",
            "database": "SHOW DATABASES lists those that the role may see.",
            "schema": "Where names without a schema are looked up. SHOW SCHEMAS lists them.",
            "login": "A key pair is what Snowflake asks of programs. A password works only where no second factor is asked for.",
            "statement_timeout": "Seconds after which Snowflake ends a query; 0 leaves it to what the user and the warehouse have.",
            "query_tag": "Stands beside each query in QUERY_HISTORY.",
            "host": "Only for a private link. Else empty.",
            "allow_superuser": "true lets in a role that may change everything, such as ACCOUNTADMIN. Better use a role of its own.",
            "private_key": "The private half of the user's key pair, often rsa_key.p8 or rsa_key.pem.",
            "password": "The password of that user.",
            "token": "Snowsight: click your name > Settings > Authentication > Programmatic access tokens.",
        }
    )

    @classmethod
    def needs(cls, settings: SnowflakeSettings) -> tuple[str, ...]:
        """Give the name of the secret that `login` asks for."""
        return (SECRETS[settings.login],)

    def __init__(self, settings: SnowflakeSettings, secrets: Callable[[str], Secret], folder: Path) -> None:
        del folder  # there are no files
        self._connector = Connector(settings, secrets)

    @classmethod
    def setup_script(cls, names: SetupNames) -> str:
        """Give the statements that make a user who may read the chosen schemas, and nothing else."""
        return script(names)

    @classmethod
    def verifier_of(cls, password: Secret, user: str) -> str:  # noqa: ARG003 -- there is none
        """Give nothing: the user has a key pair and no password."""
        return ""

    def open(self) -> SnowflakeSession:
        """Log in; a role that may change everything is refused, unless the source's file allows it."""
        settings = self._connector.settings
        power = None if settings.allow_superuser else power_of(settings.role, self._connector)
        if power is not None:
            raise power.refusal(self._connector.where)
        try:
            return SnowflakeSession(self._connector, self._connector.connect())
        except BackhaulError:
            raise
        except Exception as error:  # the driver raises errors of its own and of what it is made of
            raise explain_login(error, self._connector)[1] from error

    def steps(self) -> Iterator[Step]:
        """Test name, network, TLS, key, login, role, warehouse, database, privileges, identifiers, read-only and clock."""
        return steps(self._connector)

    def explain(self, error: Exception) -> WarehouseError:
        """Translate an error of the driver."""
        return explain(error, self._connector.settings)
