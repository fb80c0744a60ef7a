"""The set-up script for Snowflake: a small warehouse, a role that reads the chosen schemas, a service user with a key pair.

A user of TYPE = SERVICE has no password and is asked for no second factor
(https://docs.snowflake.com/en/sql-reference/sql/create-user); its public key is no secret. QUOTED_IDENTIFIERS_IGNORE_CASE is set
for this user only: with TRUE, Snowflake raises the names in quotes, too. The resource monitor suspends the warehouse at its quota.
"""

from __future__ import annotations

import re

from core.quoting.sql import literal, quoted_identifier
from core.warehouses.base import SetupNames

__all__ = ["script"]

CREDITS = 10
TIMEOUT_SECONDS = 3600
SUSPEND_SECONDS = 60
LEDGER = "__BACKHAUL"


def script(names: SetupNames) -> str:
    """Give the script."""
    user, role = _name(names.user), _name(names.role or names.user)
    warehouse = _name(names.warehouse or "BACKHAUL")
    monitor = _name(f"{names.warehouse or 'BACKHAUL'}_MONITOR")
    database = _name(names.database or "MY_DATABASE")
    schemas = names.schemas or ("PUBLIC",)
    key = f"\n  RSA_PUBLIC_KEY = {literal(names.public_key)}" if names.public_key else ""
    lines = ["-- Backhaul on Snowflake: a role that reads, and nothing else. Run it as ACCOUNTADMIN."]
    if not names.warehouse:
        lines += [
            f"CREATE WAREHOUSE IF NOT EXISTS {warehouse} WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = {SUSPEND_SECONDS} AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE;",
            f"CREATE RESOURCE MONITOR IF NOT EXISTS {monitor} WITH CREDIT_QUOTA = {CREDITS} FREQUENCY = MONTHLY START_TIMESTAMP = IMMEDIATELY TRIGGERS ON 100 PERCENT DO SUSPEND;",
            f"ALTER WAREHOUSE {warehouse} SET RESOURCE_MONITOR = {monitor};",
        ]
    lines += [
        f"CREATE ROLE IF NOT EXISTS {role};",
        f"GRANT USAGE ON WAREHOUSE {warehouse} TO ROLE {role};",
        f"GRANT USAGE ON DATABASE {database} TO ROLE {role};",
    ]
    for schema in map(_name, schemas):
        place = f"{database}.{schema}"
        lines += [
            f"GRANT USAGE ON SCHEMA {place} TO ROLE {role};",
            *(
                f"GRANT SELECT ON {which} {what} IN SCHEMA {place} TO ROLE {role};"
                for what in ("TABLES", "VIEWS")
                for which in ("ALL", "FUTURE")
            ),
        ]
    lines += [
        f"CREATE USER IF NOT EXISTS {user} TYPE = SERVICE DEFAULT_ROLE = {role} DEFAULT_WAREHOUSE = {warehouse}{key};",
        f"ALTER USER {user} SET QUOTED_IDENTIFIERS_IGNORE_CASE = FALSE STATEMENT_TIMEOUT_IN_SECONDS = {TIMEOUT_SECONDS};",
        f"GRANT ROLE {role} TO USER {user};",
    ]
    if names.ledger:
        lines += [
            "-- the ledger in the warehouse: the one schema that may be written",
            f"CREATE SCHEMA IF NOT EXISTS {database}.{LEDGER};",
            f"GRANT OWNERSHIP ON SCHEMA {database}.{LEDGER} TO ROLE {role};",
        ]
    if not names.public_key:
        lines.append(
            "-- and its public key: `backhaul key generate` or `backhaul key inspect FILE` gives the statement."
        )
    return "\n".join(lines) + "\n"


def _name(name: str) -> str:
    """Write a name as it is where that is safe, else in quotes."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_$]*", name) else quoted_identifier(name)
