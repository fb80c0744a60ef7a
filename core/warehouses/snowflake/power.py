"""Roles that may change everything in an account: Snowflake has no read-only session that would hold them back."""

from __future__ import annotations

from core.warehouses._power import Power
from core.warehouses.snowflake.connection import Connector, quoted_name

__all__ = ["power_of", "role_statements"]

_MIGHTY = frozenset({"ACCOUNTADMIN", "ORGADMIN", "SECURITYADMIN"})


def power_of(role: str, connector: Connector) -> Power | None:
    """Return what makes a role more than a reader's; `role` as Snowflake spells it, or as the source's file does."""
    if role.strip('"').upper() not in _MIGHTY:
        return None
    return Power(
        what=f"{role} may change everything in the account",
        remedy=f"Use a role of its own, made by an administrator:\n{role_statements(connector)}",
    )


def role_statements(connector: Connector) -> str:
    """Return the statements that make a role which can read one schema, and nothing else."""
    settings = connector.settings
    warehouse, database, user = map(quoted_name, (settings.warehouse, settings.database, settings.user))
    schema = f"{database}.{quoted_name(settings.schema)}"
    return (
        "CREATE ROLE BACKHAUL_READER;\n"
        f"GRANT USAGE ON WAREHOUSE {warehouse} TO ROLE BACKHAUL_READER;\n"
        f"GRANT USAGE ON DATABASE {database} TO ROLE BACKHAUL_READER;\n"
        f"GRANT USAGE ON SCHEMA {schema} TO ROLE BACKHAUL_READER;\n"
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO ROLE BACKHAUL_READER;\n"
        f"GRANT SELECT ON ALL VIEWS IN SCHEMA {schema} TO ROLE BACKHAUL_READER;\n"
        f"GRANT ROLE BACKHAUL_READER TO USER {user};"
    )
