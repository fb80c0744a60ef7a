"""Postgres's errors in our words, whichever driver brings them.

psycopg and ADBC tell an SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html) while a statement
runs. Two kinds of errors carry none: those of connecting, which libpq tells as text, and those in mid-result, which ADBC
passes on as an OSError with the server's text. These are read by their English wording.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from typing import Any

from core.errors import LoginError, QueryFailedError, UnreachableError, WarehouseError
from core.quoting.sql import identifier, quoted_identifier
from core.warehouses.postgres.connecting import connecting_trouble
from core.warehouses.postgres.connection import Connector, PostgresSettings
from core.warehouses.postgres.tls import certificate_fault

__all__ = ["Trouble", "explain", "explain_login", "refused_relation", "trouble_of"]

CONNECTING = "Failed to connect|connection failed|connection is bad"
"""What the drivers put before libpq's text where there is no connection yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What the server or libpq said; `position` counts characters of the statement from 1."""

    sqlstate: str
    message: str
    hint: str = ""
    position: int | None = None


def trouble_of(error: BaseException) -> Trouble:
    """Read an error of psycopg, of ADBC, or of reading ADBC's stream."""
    import psycopg

    if isinstance(error, psycopg.Error) and error.diag.sqlstate:
        diagnosis = error.diag
        place = diagnosis.statement_position
        return Trouble(
            sqlstate=diagnosis.sqlstate or "",
            message=diagnosis.message_primary or "",
            hint=diagnosis.message_hint or "",
            position=int(place) if place else None,
        )
    details = {_text(name): _text(value) for name, value in getattr(error, "details", None) or ()}
    if details:
        return _of_details(details)
    message = re.sub(rf"^.*?(PGRES_FATAL_ERROR\]|{CONNECTING}): ", "", str(error))
    message = re.sub(r"^connection to server .+? failed: |^(ERROR|FATAL|PANIC):\s*", "", message.strip())
    message = re.sub(r"^(ERROR|FATAL|PANIC):\s*", "", message)
    return Trouble(sqlstate=sqlstate_by_wording(message), message=message.split("\n")[0].strip())


def _of_details(details: dict[str, str]) -> Trouble:
    place = details.get("PG_DIAG_STATEMENT_POSITION")
    return Trouble(
        sqlstate=details.get("PG_DIAG_SQLSTATE", ""),
        message=details.get("PG_DIAG_MESSAGE_PRIMARY", ""),
        hint=details.get("PG_DIAG_MESSAGE_HINT", ""),
        position=int(place) if place else None,
    )


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def sqlstate_by_wording(message: str) -> str:
    """Give the SQLSTATE of an error that came as text only, or nothing."""
    wordings = {
        "due to user request": "57014",
        "due to statement timeout": "57014",
        "conflict with recovery": "40001",
        "terminating connection": "57P01",
        "server closed the connection": "08006",
        "connection to the server": "08006",
        "no connection to the server": "08006",
        "could not receive data": "08006",
        "the connection is closed": "08006",
        "the connection is lost": "08006",
        "SSL SYSCALL error": "08006",
    }
    return next((state for wording, state in wordings.items() if wording in message), "")


def explain_login(error: Exception, connector: Connector) -> tuple[str, WarehouseError]:
    """Explain an error of connecting: the step of `check` that it belongs to, and ours.

    libpq says of a certificate no more than that it was refused; what is wrong with it is looked at by ourselves.
    """
    settings = connector.settings
    if isinstance(error, WarehouseError):
        return "login", error
    is_name = isinstance(error, (UnicodeError, socket.gaierror))
    text = "could not translate host name" if is_name else trouble_of(error).message
    known = connecting_trouble(text, settings)
    if known is None:
        return "login", _failed(text, settings)
    if "certificate verify failed" in text:
        fault = certificate_fault(settings.host, settings.port, connector.root_certificate(), settings.connect_timeout)
        if fault is not None:
            known[1].message, known[1].remedy = fault
    return known


def _failed(text: str, settings: PostgresSettings) -> LoginError:
    return LoginError(
        f"The connection failed: {text}",
        where=f"{settings.host}:{settings.port}/{settings.database}",
        remedy="Check the settings in the source's file; the server's log tells more to whoever runs it.",
    )


def explain(error: Exception, settings: PostgresSettings, *, start: int = 0) -> WarehouseError:
    """Explain an error; the analyst's text begins at `start` in the statement that was sent."""
    if isinstance(error, WarehouseError):
        return error
    where = f"{settings.host}:{settings.port}/{settings.database}"
    trouble = trouble_of(error)
    if not trouble.sqlstate and (known := connecting_trouble(trouble.message, settings)):
        return known[1]
    if not trouble.sqlstate and re.search(CONNECTING, str(error)):
        return _failed(trouble.message, settings)
    if trouble.sqlstate[:2] in {"08", "57", "28", "3D"} and trouble.sqlstate != "57014":
        return _of_the_connection(trouble, settings, where)
    return _of_the_query(trouble, settings, where, start)


def _of_the_connection(trouble: Trouble, settings: PostgresSettings, where: str) -> WarehouseError:
    if trouble.sqlstate[:2] in {"28", "3D"}:
        known = connecting_trouble(trouble.message, settings)
        return known[1] if known else LoginError(trouble.message, where=where, remedy="Check the user and its rights.")
    return UnreachableError(
        f"The connection was lost: {trouble.message}",
        where=where,
        remedy="Nothing was kept of this result. Try again once the server is back.",
    )


def _of_the_query(trouble: Trouble, settings: PostgresSettings, where: str, start: int) -> WarehouseError:
    message = trouble.message
    if trouble.sqlstate == "57014":
        if "timeout" not in message:
            # nobody here asked for it: a session that was asked looks at that first
            return QueryFailedError(
                f"The server stopped the query: {message}",
                where=where,
                remedy="An administrator or a program that watches for long queries called pg_cancel_backend; the server's log says when.",
            )
        limit = f" of {settings.statement_timeout} s" if settings.statement_timeout else ""
        return QueryFailedError(
            f"The query ran into the time limit{limit}.",
            where=where,
            remedy="Raise `statement_timeout` in the source's file (0: no limit), or let the query do less.",
        )
    offset = None if trouble.position is None else trouble.position - 1 - start
    remedy = _remedy(trouble, settings)
    if "multiple commands" in message:
        message = "This is not one single query."
    return QueryFailedError(
        message, offset=offset if offset is None or offset >= 0 else None, where=where, remedy=remedy
    )


def _remedy(trouble: Trouble, settings: PostgresSettings) -> str:
    """Give what to do about an error of a query."""
    if trouble.sqlstate == "42883" and (conversion := _conversion(trouble.message)):
        return conversion
    if "multiple commands" in trouble.message:
        return "Write one SELECT; other statements, and several at once, are not run."
    if trouble.sqlstate == "42501":
        return _grants(trouble.message, settings.user)
    remedies = {
        "25006": "A source is only read: write a query that changes nothing.",
        "42601": "Correct the query at this place.",
        "42P01": "Check the name and its schema; the catalogue shows which tables this user can read.",
        "42703": "Check the name; the catalogue shows the table's columns. Names in double quotes keep their case.",
        "40001": "The standby had to undo what the query reads. Try again, or set hot_standby_feedback on the standby.",
        "53200": "The server ran out of memory. Let the query do less at once.",
    }
    return trouble.hint or remedies.get(trouble.sqlstate, "Correct the query.")


def _conversion(message: str) -> str:
    """Explain a comparison of a time with a number, which `last_sync_time` is."""
    found = re.search(r": (?P<left>.+?) (?:<=|>=|<|>|=|<>) (?P<right>.+)$", message)
    if not found:
        return ""
    sides = {found["left"], found["right"]}
    if sides.isdisjoint({"integer", "bigint", "numeric"}):
        return ""
    conversions = {
        "timestamp with time zone": "to_timestamp({{last_sync_time}})",
        "timestamp without time zone": "to_timestamp({{last_sync_time}}) AT TIME ZONE 'UTC'",
        "date": "CAST(to_timestamp({{last_sync_time}}) AT TIME ZONE 'UTC' AS date)",
    }
    wanted = next((text for name, text in conversions.items() if name in sides), "")
    return f"last_sync_time is a Unix time in seconds. Compare with {wanted}." if wanted else ""


def _grants(message: str, user: str) -> str:
    """Give the statements that give `user` the right that is missing."""
    found = re.search(r"permission denied for (?P<what>\w+(?: \w+)?) (?P<name>.+)$", message)
    role = quoted_identifier(user)
    if found and found["what"] == "schema":
        schema = identifier(found["name"])
        return f"Let an owner run: GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role};"
    if relation := refused_relation(message):
        return f"Let its owner run: GRANT SELECT ON {quoted_identifier(relation)} TO {role};"
    return f"Let an owner grant {role} the right to it, or leave it out of the query."


def refused_relation(message: str) -> str:
    """Give the name of the table or view that Postgres refused, or nothing."""
    found = re.search(r"permission denied for (?:table|view|relation|materialized view|foreign table) (.+)$", message)
    return found[1] if found else ""
