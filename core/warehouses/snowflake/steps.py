"""`check` for Snowflake, step by step; the first step that fails is the last one.

Snowflake takes a login with a database, a schema or a warehouse that the role may not use, and then has none in use: so these
are asked for one by one. It has no read-only session; that nothing is written is the outer select's and the role's doing,
so what the role may do beyond reading is told.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from core.errors import BackhaulError, WarehouseError
from core.model import Step
from core.warehouses._steps import clock_step, name_step, tables_text, timed
from core.warehouses.snowflake.connection import Connector, quoted_name
from core.warehouses.snowflake.errors import explain_login
from core.warehouses.snowflake.network import tried_network, tried_tls
from core.warehouses.snowflake.power import power_of, role_statements
from core.warehouses.snowflake.session import SnowflakeSession

__all__ = ["steps"]

CONTEXT = "SELECT CURRENT_ROLE(), CURRENT_WAREHOUSE(), CURRENT_DATABASE(), CURRENT_SCHEMA()"
WORK = "SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 1))"
TABLES = "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA <> 'INFORMATION_SCHEMA'"
PARAMETER = "QUOTED_IDENTIFIERS_IGNORE_CASE"
MILLISECONDS = "SELECT DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP())"
STRONG = frozenset({"SYSADMIN", "USERADMIN"})
READING = frozenset({"USAGE", "SELECT", "REFERENCES", "MONITOR", "OPERATE"})


def steps(connector: Connector) -> Iterator[Step]:
    """Give the steps: name, network, TLS, key, login, role, warehouse, database, privileges, identifiers, read-only, clock."""
    before: list[Callable[..., Step]] = [_name, _network, _tls]
    if connector.settings.login == "key":
        before.append(_key)
    for make in before:
        step = timed(make, connector)
        yield step
        if step.passed is False:
            return
    began = time.perf_counter()
    try:
        session = SnowflakeSession(connector, connector.connect())
    except Exception as error:  # noqa: BLE001 -- the driver's and ours; each is the step that it belongs to
        yield replace(_no_login(error, connector), seconds=time.perf_counter() - began)
        return
    with session:
        detail = f"as {connector.settings.user} with {_proof(connector)}"
        yield Step(name="login", passed=True, detail=detail, seconds=time.perf_counter() - began)
        for after in (_role, _warehouse, _database, _privileges, _identifiers, _read_only, _clock):
            step = timed(after, connector, session)
            yield step
            if step.passed is False:
                return


def _proof(connector: Connector) -> str:
    words = {
        "key": "a key",
        "password": "a password",
        "token": "a programmatic access token",
        "oauth": "an OAuth token",
    }
    return words[connector.settings.login]


def _name(connector: Connector) -> Step:
    settings = connector.settings
    return name_step(connector.host, settings.port, connector.proxy, lambda: tried_network(connector))


def _network(connector: Connector) -> Step:
    return Step(name="network", passed=True, detail=tried_network(connector))


def _tls(connector: Connector) -> Step:
    settings = connector.settings
    if settings.protocol == "http":
        return Step(name="TLS", passed=None, detail="off: the connection does not leave this machine")
    if connector.proxy:
        return Step(name="TLS", passed=None, detail="through a proxy: seen at the login")
    try:
        return Step(name="TLS", passed=True, detail=f"{tried_tls(connector)}, certificate and name checked")
    except OSError as error:  # an SSLError is one
        _, told = explain_login(error, connector)
        return Step(name="TLS", passed=False, detail=told.message, remedy=told.remedy)


def _key(connector: Connector) -> Step:
    return Step(name="key", passed=True, detail=f"fits; its fingerprint is {connector.key().fingerprint}")


def _no_login(error: Exception, connector: Connector) -> Step:
    """Give the step that an error of logging in belongs to."""
    if isinstance(error, BackhaulError) and not isinstance(error, WarehouseError):
        return Step(name="login", passed=False, detail=error.message, remedy=error.remedy)
    name, told = explain_login(error, connector)
    return Step(name=name, passed=False, detail=told.message, remedy=told.remedy)


def _role(connector: Connector, session: SnowflakeSession) -> Step:
    role = str(session.rows(CONTEXT)[0][0])
    power = power_of(role, connector)
    if power is not None:
        return power.step(is_allowed=connector.settings.allow_superuser)
    if role in STRONG:
        return Step(
            name="role",
            passed=True,
            detail=f"{role} may change nearly everything in the account",
            remedy=f"Better a role of its own, made by an administrator:\n{role_statements(connector)}",
        )
    return Step(name="role", passed=True, detail=f"{role}, and no secondary roles")


def _warehouse(connector: Connector, session: SnowflakeSession) -> Step:
    """Look whether a warehouse is in use, and let it work: a suspended one resumes now, or cannot."""
    name, role = quoted_name(connector.settings.warehouse), quoted_name(connector.settings.role)
    if session.rows(CONTEXT)[0][1] is None:
        return Step(
            name="warehouse",
            passed=False,
            detail=f"there is no warehouse {name}, or the role {role} may not use it",
            remedy="Check `warehouse` in the source's file (SHOW WAREHOUSES lists them). Let an administrator run: "
            f"GRANT USAGE ON WAREHOUSE {name} TO ROLE {role};",
        )
    session.rows(WORK)
    return Step(name="warehouse", passed=True, detail=f"{name} works")


def _database(connector: Connector, session: SnowflakeSession) -> Step:
    settings = connector.settings
    _, _, database, schema = session.rows(CONTEXT)[0]
    role, wanted = quoted_name(settings.role), quoted_name(settings.database)
    inner = f"{wanted}.{quoted_name(settings.schema)}"
    if database is None:
        return Step(
            name="database",
            passed=False,
            detail=f"there is no database {wanted}, or the role {role} may not use it",
            remedy="Check `database` in the source's file (SHOW DATABASES lists them). Let its owner run: "
            f"GRANT USAGE ON DATABASE {wanted} TO ROLE {role}; GRANT USAGE ON SCHEMA {inner} TO ROLE {role};",
        )
    if schema is None:
        return Step(
            name="database",
            passed=False,
            detail=f"there is no schema {inner}, or the role {role} may not use it",
            remedy="Check `schema` in the source's file (SHOW SCHEMAS lists them). Let its owner run: "
            f"GRANT USAGE ON SCHEMA {inner} TO ROLE {role};",
        )
    return Step(name="database", passed=True, detail=f"{database}.{schema}")


def _privileges(connector: Connector, session: SnowflakeSession) -> Step:
    settings = connector.settings
    role = quoted_name(settings.role)
    readable = int(session.rows(TABLES)[0][0])
    if not readable:
        schema = f"{quoted_name(settings.database)}.{quoted_name(settings.schema)}"
        return Step(
            name="privileges",
            passed=False,
            detail=f"{role} can read no table of {settings.database}",
            remedy=f"Let its owner run: GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO ROLE {role}; "
            f"GRANT SELECT ON ALL VIEWS IN SCHEMA {schema} TO ROLE {role};",
        )
    more = Counter(
        f"{privilege} on {kind.lower()}s"
        for _, privilege, kind, *_ in session.rows(f"SHOW GRANTS TO ROLE {role}")
        if privilege not in READING
    )
    told = ", ".join(f"{what} ({count:,})" if count > 1 else what for what, count in sorted(more.items()))
    return Step(
        name="privileges",
        passed=True,
        detail=tables_text(readable) + (f"; {role} also has {told}" if told else ""),
        remedy="Reading is all that Backhaul needs: a role with SELECT only is safer." if told else "",
    )


def _identifiers(connector: Connector, session: SnowflakeSession) -> Step:
    """Tell whether names in double quotes keep their case: without it no query can name a field `userId`."""
    found = session.rows(f"SHOW PARAMETERS LIKE '{PARAMETER}' IN SESSION")
    value, level = (str(found[0][1]), str(found[0][3] or "default")) if found else ("false", "default")
    if value.lower() != "true":
        return Step(name="identifiers", passed=True, detail="names in double quotes keep their case")
    user = quoted_name(connector.settings.user)
    return Step(
        name="identifiers",
        passed=True,
        detail=f'{PARAMETER} is TRUE (set for the {level.lower()}): AS "userId" comes out as USERID',
        remedy=f"Let an administrator run: ALTER USER {user} SET {PARAMETER} = FALSE; (for the user alone; others are unchanged)",
    )


def _read_only(connector: Connector, session: SnowflakeSession) -> Step:
    """Try to write on the road that queries take."""
    if session.refuses_writing():
        return Step(name="read-only", passed=True, detail="a write was refused")
    return Step(
        name="read-only",
        passed=False,
        detail="a write was not refused (it was not run)",
        remedy=f"What answers at {connector.host} is no Snowflake that Backhaul knows; do not use it.",
    )


def _clock(connector: Connector, session: SnowflakeSession) -> Step:
    del connector
    before = time.time()
    moment = float(session.rows(MILLISECONDS)[0][0]) / 1000
    skew = moment - (before + time.time()) / 2
    return clock_step(
        skew,
        more=f" ({datetime.fromtimestamp(moment, UTC):%F %T} UTC)",
        remedy="Syncs go by Snowflake's clock, so nothing is lost; but a key's login needs this machine's to be right: use NTP.",
    )
