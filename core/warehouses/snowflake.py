"""Snowflake, on any cloud and in any edition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from core.errors import BackhaulError, WarehouseError
from core.model import Secret, Step
from core.warehouses._snowflake_connection import SECRETS, Connector, SnowflakeSettings
from core.warehouses._snowflake_errors import explain, explain_login
from core.warehouses._snowflake_session import SnowflakeSession
from core.warehouses._snowflake_steps import steps

__all__ = ["Plugin"]


class Plugin:
    """A Snowflake account."""

    dialect: ClassVar[str] = "snowflake"
    Settings: ClassVar[type[SnowflakeSettings]] = SnowflakeSettings
    secrets: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "private_key": "the private key of the user, the whole text of its file",
            "password": "the password of the user",
            "token": "the programmatic access token of the user, or an OAuth access token",
        }
    )

    @classmethod
    def needs(cls, settings: SnowflakeSettings) -> tuple[str, ...]:
        """Give the name of the secret that `login` asks for."""
        return (SECRETS[settings.login],)

    def __init__(self, settings: SnowflakeSettings, secrets: Callable[[str], Secret], folder: Path) -> None:
        del folder  # there are no files
        self._connector = Connector(settings, secrets)

    def open(self) -> SnowflakeSession:
        """Log in."""
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
