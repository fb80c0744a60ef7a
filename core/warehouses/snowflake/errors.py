"""Snowflake's errors in our words.

The driver gives Snowflake's own code (`errno`) and text. Codes mean what Snowflake's text beside them says; the tests
hold where each was published. A place is told as line and position; a missing table's or function's is looked for in the
text, since Snowflake tells its name only. So is a name's where the place does not fit: whether Snowflake counts
characters beyond the Unicode's first plane once or twice is not published.
"""

from __future__ import annotations

import re

from core.errors import CancelledError, LoginError, QueryFailedError, UnreachableError, WarehouseError
from core.warehouses.snowflake.catalogue import grants
from core.warehouses.snowflake.connecting import connecting_trouble
from core.warehouses.snowflake.connection import Connector, SnowflakeSettings, quoted_name
from core.warehouses.snowflake.network import seconds_ahead
from core.warehouses.snowflake.text import find_name, offset_at

__all__ = ["explain", "explain_login", "missing_object", "vendor_text"]

CANCELLED = 604
TIMED_OUT = frozenset({630})
SESSION_GONE = frozenset({390104, 390110, 390111, 390112, 390113, 390114, 390115, 390195})
NOT_THERE = frozenset({2003, 2043})
INVALID_JWT = frozenset({390144, *range(394300, 394308)})
MOST_SKEW = 45.0
"""Seconds. Snowflake refuses a JWT that is older than a minute, and one from the future."""

FIRST_LOGIN, LAST_LOGIN = 390_000, 395_000
LOST = "Nothing was kept of this result. Try again once Snowflake can be reached."


def vendor_text(error: BaseException) -> str:
    """Give Snowflake's or the driver's own words, without what the driver wraps around them."""
    text = str(getattr(error, "raw_msg", "") or error)
    text = re.sub(r"^(?:Failed to login: )?(?:Login error: )?", "", text)
    text = re.sub(r",? code: \d+$", "", text)
    return re.sub(r"^SQL (?:compilation|execution|access control) error:\s*", "", text).strip()


def explain_login(error: Exception, connector: Connector) -> tuple[str, WarehouseError]:
    """Explain an error of logging in: the step that it belongs to, and ours."""
    if isinstance(error, WarehouseError):
        return "login", error
    settings, code, text = connector.settings, _code(error), vendor_text(error)
    details = {}
    if code in INVALID_JWT:
        ahead = seconds_ahead(connector)
        if abs(ahead) > MOST_SKEW:
            return "login", _wrong_clock(ahead, settings)
        key = connector.key()
        details = {"fingerprint": key.fingerprint, "public_key": key.public_key}
    known = connecting_trouble(code, text, settings, host=connector.host, details=details)
    if known is not None:
        return known
    remedy = (
        "Check the settings in the source's file; Snowsight shows failed logins under Monitoring, or in LOGIN_HISTORY."
    )
    return "login", LoginError(f"The login failed: {text}", where=settings.account, remedy=remedy)


def _wrong_clock(ahead: float, settings: SnowflakeSettings) -> LoginError:
    how = f"{abs(ahead) / 60:.0f} minutes {'ahead of' if ahead > 0 else 'behind'} Snowflake's"
    return LoginError(
        f"This machine's clock is {how}, and a login with a key is valid for only a minute.",
        where=settings.account,
        remedy="Set the clock: `timedatectl set-ntp true`, or let the host's administrator. The key may well be right.",
    )


def explain(error: Exception, settings: SnowflakeSettings, *, start: int = 0, sql: str = "") -> WarehouseError:
    """Explain an error of a session; the analyst's text `sql` stood in the statement behind one line if `start` is not 0."""
    if isinstance(error, WarehouseError):
        return error
    where = f"{settings.account}/{settings.database}"
    code, text = _code(error), vendor_text(error)
    if code == CANCELLED:
        return CancelledError("The query was cancelled.", where=where)
    if code in TIMED_OUT:
        return QueryFailedError(
            f"The query ran into the time limit: {text}",
            where=where,
            remedy="Raise `statement_timeout` in the source's file, or STATEMENT_TIMEOUT_IN_SECONDS of the user or the "
            "warehouse where that is the lower one; or let the query do less, or the warehouse be larger.",
        )
    if code in SESSION_GONE or type(error).__name__ == "ReauthenticationRequest":
        return UnreachableError(f"Snowflake has ended the session: {text}", where=where, remedy=LOST)
    if FIRST_LOGIN <= code < LAST_LOGIN:
        return _of_login(code, text, settings)
    if re.search(r"(?i)trial has ended|account is suspended", text):
        return _of_login(code, text, settings)
    if _is_lost(error, code, text):
        return UnreachableError(f"The connection was lost: {text}", where=where, remedy=LOST)
    message = re.sub(r"^error line \d+ at position \d+\s*", "", text).replace("\n", " ")
    offset = _offset(text, sql, 1 if start else 0)
    return QueryFailedError(message, offset=offset, where=where, remedy=_remedy(code, text, settings))


def _of_login(code: int, text: str, settings: SnowflakeSettings) -> WarehouseError:
    """Explain an error that belongs to the login and came later."""
    known = connecting_trouble(code, text, settings, host=settings.host or settings.account, details={})
    return known[1] if known else LoginError(text, where=settings.account, remedy="Log in again.")


def missing_object(message: str) -> str:
    """Give the name of the table that Snowflake calls missing or not authorized, or nothing."""
    found = re.search(r"Object '(.+?)' does not exist or not authorized", message)
    return found[1] if found else ""


def _code(error: BaseException) -> int:
    code = getattr(error, "errno", None)
    return code if isinstance(code, int) else -1


def _is_lost(error: BaseException, code: int, text: str) -> bool:
    """Say whether the driver could not talk to Snowflake; its own codes are below 100 or from 250001 on."""
    if code in {250001, 250002, 250003} or (code < 100 and type(error).__name__ == "OperationalError"):
        return True
    return re.search(r"Failed to (?:communicate|fetch chunk)|Connection (?:is closed|refused|reset)", text) is not None


def _offset(text: str, sql: str, lines_before: int) -> int | None:
    """Give the place of an error in the analyst's text."""
    if not sql:
        return None
    told = re.search(r"(?:error )?line (\d+) at position (\d+)", text)
    near = offset_at(sql, int(told[1]) - lines_before, int(told[2])) if told else None
    named = re.search(
        r"invalid identifier '([^']+)'|Object '([^']+)'|(?i:unknown (?:user-defined )?function) (\S+)", text
    )
    if named is not None:
        name = next(group for group in named.groups() if group).rstrip(".")
        return near if _is_at(sql, name, near) else find_name(sql, name, near) or near
    unexpected = re.search(r"unexpected '(.+?)'", text)
    if unexpected is not None and near is not None and not sql.startswith(unexpected[1], near):
        return find_name(sql, unexpected[1], near) or near
    return near


def _is_at(sql: str, name: str, place: int | None) -> bool:
    return place is not None and sql[place : place + len(name)].upper() == name.upper()


def _remedy(code: int, text: str, settings: SnowflakeSettings) -> str:
    """Give what to do about an error of a query."""
    warehouse, role = quoted_name(settings.warehouse), quoted_name(settings.role)
    if code in NOT_THERE and (found := re.search(r"(Object|Schema|Database|Table|View) '(.+?)' does not exist", text)):
        return _missing(found[1], found[2], settings)
    if code in {1038, 1044} and (conversion := _conversion(text)):
        return conversion
    if code == 3001:
        return _insufficient(text, settings)
    if re.search(r"Warehouse '.*' is suspended", text):
        return (
            f"Let an administrator run: ALTER WAREHOUSE {warehouse} SET AUTO_RESUME = TRUE; "
            f"GRANT USAGE ON WAREHOUSE {warehouse} TO ROLE {role};"
        )
    remedies = {
        8: "Write one SELECT; other statements, and several at once, are not run.",
        606: f"Check `warehouse` in the source's file. Let an administrator run: GRANT USAGE ON WAREHOUSE {warehouse} TO ROLE {role};",
        904: "Check the name; the catalogue shows the table's columns. Names in double quotes keep their case.",
        1003: "Correct the query at this place.",
        2140: "Check the name of the function; functions of the database need their schema, and USAGE on them.",
        90073: f"Let an administrator raise the quota (SHOW RESOURCE MONITORS), or name another warehouse than {warehouse}.",
        90105: "Check `database` in the source's file, and that the role may use it.",
        90106: "Check `schema` in the source's file, and that the role may use it; or write the schema before the table.",
    }
    return remedies.get(code, "Correct the query.")


def _missing(kind: str, name: str, settings: SnowflakeSettings) -> str:
    parts = re.findall(r'"(?:[^"]|"")+"|[^."]+', name)
    role = quoted_name(settings.role)
    if kind == "Database":
        return f"Check the name. If it is right, let its owner run: GRANT USAGE ON DATABASE {name} TO ROLE {role};"
    if kind == "Schema":
        database = parts[-2] if len(parts) > 1 else quoted_name(settings.database)
        schema = f"{database}.{parts[-1]}"
        return (
            f"Check the name. If it is right, let its owner run: GRANT USAGE ON DATABASE {database} TO ROLE {role}; "
            f"GRANT USAGE ON SCHEMA {schema} TO ROLE {role}; GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO ROLE {role};"
        )
    return f"Check the name and its schema: the catalogue shows what the role can read. {grants(parts, settings)}"


def _insufficient(text: str, settings: SnowflakeSettings) -> str:
    found = re.search(r"Insufficient privileges to operate on (.+?) '(.+?)'", text)
    role = quoted_name(settings.role)
    if not found:
        return f"Let an owner grant the role {role} the right to it."
    kind, name = found[1].upper(), found[2]
    right = {"WAREHOUSE": "USAGE", "SCHEMA": "USAGE", "DATABASE": "USAGE"}.get(kind, "SELECT")
    return f"Let its owner run: GRANT {right} ON {kind} {name} TO ROLE {role};"


def _conversion(text: str) -> str:
    """Explain a comparison of a time with a number, which `last_sync_time` is."""
    kinds = re.findall(r"DATE\b|TIMESTAMP_(?:NTZ|LTZ|TZ)", text)
    if not kinds or "NUMBER" not in text:
        return ""
    zoned = any(kind in ("TIMESTAMP_TZ", "TIMESTAMP_LTZ") for kind in kinds)
    wanted = f"to_timestamp_{'tz' if zoned else 'ntz'}({{{{last_sync_time}}}})"
    return f"last_sync_time is a Unix time in seconds. Compare with {wanted}."
