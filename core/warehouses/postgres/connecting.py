"""libpq's errors of connecting in our words: which step of `check` each belongs to, what happened, what to do.

libpq tells them as text, without an SQLSTATE. Each entry of `TROUBLES` knows one by its wording (that of libpq, which is
not translated in the wheels of psycopg and ADBC, or of a server that speaks English).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from core.errors import LoginError, UnreachableError, WarehouseError
from core.warehouses._address import own_address
from core.warehouses.postgres.connection import PostgresSettings

__all__ = ["connecting_trouble"]


Maker = Callable[..., WarehouseError]
TROUBLES: tuple[tuple[str, str, Maker, str, str], ...] = (
    (
        r"failed to resolve host|could not translate host name",
        "name",
        UnreachableError,
        "There is no host named {host!r}.",
        "Check `host` in the source's file, and whether this machine must be in a VPN to know the name.",
    ),
    (
        r"Connection refused",
        "network",
        UnreachableError,
        "Nothing listens on port {port} of {host}.",
        "Check `port` in the source's file and whether the server runs and listens on that address.",
    ),
    (
        r"timeout expired|timed out",
        "network",
        UnreachableError,
        "{host} did not answer within {seconds} s.",
        "A firewall may drop the packets: let this machine's address{own} through to port {port}.",
    ),
    (
        r"No route to host|Network is unreachable",
        "network",
        UnreachableError,
        "There is no way to {host} from here.",
        "Check this machine's network or VPN.",
    ),
    (
        r"server does not support SSL",
        "TLS",
        UnreachableError,
        "The server offers no TLS, and sslmode asks for it.",
        'Switch TLS on at the server (ssl = on). sslmode = "disable" sends everything, the password\'s proof included, in the clear.',
    ),
    (
        r"does not match host name",
        "TLS",
        UnreachableError,
        "The server's certificate is for another name than {host!r}.",
        "Use the host name of the certificate in `host`, or have the certificate made for this name.",
    ),
    (
        r"certificate verify failed",
        "TLS",
        UnreachableError,
        "The server's certificate was not signed by the authority in {root}.",
        "Put the certificate of the server's authority into the file that `sslrootcert` names.",
    ),
    (
        r"root certificate file",
        "TLS",
        UnreachableError,
        "The file {root} with the certificate of the server's authority cannot be read.",
        "Get the file from whoever runs the server, and let `sslrootcert` name it.",
    ),
    (
        r"no pg_hba\.conf entry.*(no encryption|SSL off)",
        "TLS",
        LoginError,
        "The server does not let {user!r} in without TLS.",
        'Set sslmode = "require" or stricter in the source\'s file.',
    ),
    (
        r"no pg_hba\.conf entry|pg_hba\.conf rejects",
        "login",
        LoginError,
        "The server does not let {user!r} into {database!r} from this machine's address.",
        "Add a line for this address to the server's pg_hba.conf (scram-sha-256), or allow it in the provider's console.",
    ),
    (
        r"password authentication failed|no password supplied|authentication failed for user",
        "login",
        LoginError,
        "{host} refused the password of {user!r}.",
        "Check `user` in the source's file, and set the password again: `backhaul secret set sources/<name>.password`.",
    ),
    (
        r"is not permitted to log in",
        "login",
        LoginError,
        "The role {user!r} may not log in.",
        'Let an administrator run: ALTER ROLE "{user}" LOGIN;',
    ),
    (
        r'role ".*" does not exist',
        "login",
        LoginError,
        "There is no role {user!r}.",
        "Check `user` in the source's file.",
    ),
    (
        r'database ".*" does not exist',
        "database",
        LoginError,
        "There is no database {database!r} on {host}.",
        "Check `database` in the source's file; psql -l lists those that there are.",
    ),
    (
        r"permission denied for database",
        "database",
        LoginError,
        "{user!r} may not connect to the database {database!r}.",
        'Let its owner run: GRANT CONNECT ON DATABASE "{database}" TO "{user}";',
    ),
    (
        r"too many clients|too many connections|remaining connection slots",
        "login",
        UnreachableError,
        "The server has no connection left.",
        "Try again later; let an administrator raise max_connections or the role's CONNECTION LIMIT.",
    ),
    (
        r"the database system is",
        "login",
        UnreachableError,
        "The server is starting, stopping or recovering.",
        "Try again in a moment.",
    ),
)
"""libpq's wording, the step of `check`, the error, what happened, what to do."""


def _own(settings: PostgresSettings) -> str:
    """Name this machine's address, where a firewall has to let it through."""
    own = own_address(settings.host, settings.port)
    return f" ({own}, or what a router makes of it)" if own else ""


def connecting_trouble(text: str, settings: PostgresSettings) -> tuple[str, WarehouseError] | None:
    """Find libpq's message among those that we know."""
    for wording, step, make, message, remedy in TROUBLES:
        if re.search(wording, text):
            where = f"{settings.host}:{settings.port}"
            values = {
                "host": settings.host,
                "port": settings.port,
                "user": settings.user,
                "database": settings.database,
                "root": settings.sslrootcert or "~/.postgresql/root.crt",
                "seconds": settings.connect_timeout,
                "own": _own(settings) if "{own}" in remedy else "",
            }
            return step, make(message.format(**values), where=where, remedy=remedy.format(**values))
    return None
