"""libpq's errors of connecting in our words: which step of `check` each belongs to, what happened, what to do.

libpq tells them as text, without an SQLSTATE. Each entry of `TROUBLES` knows one by its wording (that of libpq, which is
not translated in the wheels of psycopg and ADBC, or of a server that speaks English).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any

from core.errors import LoginError, UnreachableError, WarehouseError
from core.quoting.sql import quoted_identifier
from core.warehouses._network import own_address
from core.warehouses.postgres.connection import PostgresSettings, is_this_machine

__all__ = ["SILENT", "connecting_trouble"]

_WORDS_OF_HBA = ("all", "sameuser", "samerole", "samegroup", "replication")
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
        r"^No such file or directory",
        "network",
        UnreachableError,
        "There is no server behind the folder of sockets {host}.",
        "Check `host` in the source's file, the folder that holds .s.PGSQL.{port}, and whether the server runs.",
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
        r"invalid response to SSL negotiation|expected authentication request",
        "login",
        UnreachableError,
        "What answers on port {port} of {host} is no Postgres, nor anything that speaks like one.",
        "Check `host` and `port` in the source's file.",
    ),
    (
        r"server closed the connection|could not receive data|SSL SYSCALL error",
        "login",
        UnreachableError,
        "What answers on port {port} of {host} ended the connection before it had said a word.",
        "Check `host` and `port` in the source's file; it may be a proxy or a load balancer whose server is down.",
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
        "The server's certificate was not signed by {authority}.",
        "Let `sslrootcert` name the file with the certificate of the server's authority, which whoever runs the server has.",
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
        r'pg_hba\.conf (?:entry|rejects connection) for host "(?P<address>[^"]+)"',
        "login",
        LoginError,
        "The server does not let {user!r} into {database!r} from {address}.",
        "Allow that address in the provider's console, or let an administrator put this line first into pg_hba.conf: {line}",
    ),
    (
        r"requirement .+ failed: server requested a cleartext password",
        "login",
        LoginError,
        "The server asks for the password of {user!r} in clear text, so it was not sent.",
        (
            "Let an administrator put this line first into pg_hba.conf: {line} "
            'Where it has to be so (IAM, LDAP, PAM), write require_auth = "password" into the source\'s file, and `sslrootcert`, '
            "so that it is known who gets it."
        ),
    ),
    (
        r"requirement .+ failed: server requested a hashed password",
        "login",
        LoginError,
        "The server asks for an MD5 digest of the password of {user!r}, from which it can be guessed, so it was not sent.",
        (
            "Let an administrator run: SET password_encryption = 'scram-sha-256'; and set the password of {user!r} again. "
            'Where it has to be so, write require_auth = "md5" into the source\'s file.'
        ),
    ),
    (
        r"requirement .+ failed: server did not complete authentication",
        "login",
        LoginError,
        "The server lets {user!r} in without any proof, so it has not shown that it knows the password either.",
        'Let an administrator put this line first into pg_hba.conf: {line} Or write require_auth = "none" into the source\'s file.',
    ),
    (
        r"invalid require_auth value",
        "login",
        LoginError,
        "`require_auth` in the source's file is nothing that libpq knows: {text}.",
        "Write auto, scram-sha-256, md5, password or none, or several with commas between.",
    ),
    (
        r"requirement .+ failed: |(Ident|Peer|GSSAPI|SSPI|[Cc]ertificate) authentication failed|GSSAPI continuation error|client certificate",
        "login",
        LoginError,
        "The server asks {user!r} for another proof than a password: {text}.",
        "Backhaul logs in with a password. Let an administrator put this line first into pg_hba.conf: {line}",
    ),
    (
        r"password authentication failed|no password supplied|authentication failed for user",
        "login",
        LoginError,
        "{host} refused the password of {user!r}.",
        (
            "Check `user` in the source's file, and set the password again: `backhaul secret set sources/<name>.password`. "
            "The server says the same of a user that is not there and of a password past its VALID UNTIL."
        ),
    ),
    (
        r"is not permitted to log in",
        "login",
        LoginError,
        "The role {user!r} may not log in.",
        "Let an administrator run: ALTER USER {role} LOGIN;",
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
        "Let its owner run: GRANT CONNECT ON DATABASE {of_database} TO {role};",
    ),
    (
        r'database ".*" is not currently accepting connections',
        "database",
        UnreachableError,
        "The database {database!r} takes no connections.",
        "Let an administrator run, in another database: ALTER DATABASE {of_database} ALLOW_CONNECTIONS true;",
    ),
    (
        r"too many connections for (role|user)",
        "login",
        UnreachableError,
        "{user!r} has as many connections as it may have.",
        "A run takes two. Let others end first, or let an administrator run: ALTER USER {role} CONNECTION LIMIT 10;",
    ),
    (
        r"too many connections for database",
        "login",
        UnreachableError,
        "The database {database!r} has as many connections as it may have.",
        "Try again later, or let its owner run: ALTER DATABASE {of_database} CONNECTION LIMIT -1;",
    ),
    (
        r"too many clients|remaining connection slots|non-bootstrap users",
        "login",
        UnreachableError,
        "The server has no connection left.",
        "Try again later; pg_stat_activity lists who holds them, and an administrator may raise max_connections.",
    ),
    (
        r"the database system is not accepting connections",
        "login",
        UnreachableError,
        "{host} is a standby that takes no queries.",
        "Let an administrator set hot_standby = on there, or name another server in `host`.",
    ),
    (
        r"the database system is",
        "login",
        UnreachableError,
        "The server takes no connections at the moment: {text}.",
        "Try again in a moment.",
    ),
)
"""libpq's wording, the step of `check`, the error, what happened, what to do."""

SILENT = "It takes connections there, so see that it is a Postgres which answers on port {port}, and no proxy that waits for one."
"""What to do about a server that takes the connection and then says nothing."""


def connecting_trouble(text: str, settings: PostgresSettings) -> tuple[str, WarehouseError] | None:
    """Find libpq's message among those that we know."""
    if settings.sslmode != "disable":  # TLS was tried before, so that is not what the server misses
        text = re.sub(r", (no encryption|SSL off)$", "", text)
    for wording, step, make, message, remedy in TROUBLES:
        if found := re.search(wording, text):
            where = f"{settings.host}:{settings.port}"
            own = own_address(settings.host, settings.port) if re.search(r"{own}|{line}", remedy) else ""
            values = _values(text, _address(found.groupdict().get("address") or "") or own, settings)
            return step, make(message.format(**values), where=where, remedy=remedy.format(**values))
    return None


def _values(text: str, own: str, settings: PostgresSettings) -> dict[str, Any]:
    """Give what the sentences above name; `own` is this machine's address, as far as it is known."""
    root = settings.sslrootcert or "~/.postgresql/root.crt"
    return {
        "host": settings.host,
        "port": settings.port,
        "user": settings.user,
        "database": settings.database,
        "role": quoted_identifier(settings.user),
        "of_database": quoted_identifier(settings.database),
        "root": root,
        "authority": "an authority that this machine trusts" if root == "system" else f"the authority in {root}",
        "seconds": settings.connect_timeout,
        "own": f" ({own}, or what a router makes of it)" if own else "",
        "text": text,
        "address": own,
        "line": _line(own or "<address>", settings),
    }


def _address(said: str) -> str:
    """Return an address that the server has named; "" for any other text: whoever answers may say anything there."""
    try:
        return str(ipaddress.ip_address(said))
    except ValueError:
        return ""


def _line(address: str, settings: PostgresSettings) -> str:
    """Give the line of pg_hba.conf that lets this machine in with a password."""
    kind = "host" if is_this_machine(settings.host) else "hostssl"
    names = [
        name if re.fullmatch(r"[\w-]+", name) and name not in _WORDS_OF_HBA else quoted_identifier(name)
        for name in (settings.database, settings.user)
    ]
    return " ".join([kind, *names, f"{address}/{128 if ':' in address else 32}", "scram-sha-256"])
