"""The stand-in for Snowflake as the tests know it: a database of its own for each test, with a reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from tests.servers import stand_in

__all__ = ["ACCOUNT", "PASSWORD", "StandIn", "Warehouse"]

ACCOUNT = "BACKHAUL"
PASSWORD = "Reader pä$$ 1"


@dataclass(kw_only=True)
class StandIn(stand_in.StandIn):
    """A running stand-in."""

    name: ClassVar[str] = "snowflake"

    def create(self) -> Warehouse:
        """Make a database and a user that reads it."""
        number = next(self.numbers)
        made = Warehouse(server=self, database=f"TEST_{number}", user=f"READER_{number}")
        made.execute("SELECT 1")
        made.set_user()
        return made


@dataclass(kw_only=True)
class Warehouse:
    """A database of one test, with a user that logs in with PASSWORD and what else `set_user` gave it."""

    server: StandIn
    database: str
    user: str

    def execute(self, *statements: str) -> list[list[str]]:
        """Run statements as the owner; gives the rows of the last one as text."""
        rows: list[list[str]] = self.server.ask("execute", {"database": self.database, "statements": statements})
        return rows

    def set_user(self, **values: Any) -> None:
        """Set what the user has and sees (see `accounts.User`); what is not named is as at first."""
        known = {"password": PASSWORD, "grants": [["SELECT", "TABLE", f"{self.database}.PUBLIC.PEOPLE"]]}
        self.server.ask("users", {self.user: {**known, **values}})

    def drop(self) -> None:
        self.server.ask("drop", {"database": self.database})
