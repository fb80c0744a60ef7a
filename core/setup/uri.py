"""A pasted connection string: a URI of any of the usual forms, JDBC's among them, libpq's `host=… dbname=…`, a psql command.

The forms, one of each kind:

    postgresql://user:password@host:5432/database?sslmode=require      postgres:, postgresql+psycopg: too
    redshift://user:password@cluster.abc.eu-west-1.redshift.amazonaws.com:5439/dev
    snowflake://user:password@account/database/schema?warehouse=W&role=R
    bigquery://project/dataset?location=EU
    duckdb:///path/to/file.duckdb
    jdbc:postgresql://host/database?user=u&password=p                  jdbc:redshift:, jdbc:snowflake: too
    host=db.acme.example port=5432 dbname=app user=ann password='a b'
    psql 'postgresql://…'      psql "host=… dbname=…"      psql -h host -U user database
    PGPASSWORD=… psql -h host  export DATABASE_URL="…"     PGHOST=… PGUSER=…

A host of Amazon Redshift makes it a source of Redshift, whatever the scheme says. What no setting of ours stands for is named
in the notes; a password never is.

People paste passwords as they are, with `@`, `/`, `#`, `:` or `?` in them. So every `@` is tried as the one before the host, and
a reading counts where the host, the port and the database can be ones. Where two readings are possible, UsageError asks for the
characters to be escaped: what may be a part of a password never becomes a host or a database, which stand in a file for git.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from core.errors import UsageError
from core.model import Secret
from core.setup.found import Found

__all__ = ["from_text", "is_connection", "may_hold_password", "postgres_found"]

_SCHEMES = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "redshift": "redshift",
    "snowflake": "snowflake",
    "bigquery": "bigquery",
    "duckdb": "duckdb",
}
_SCHEME = re.compile(r"(?i)^(jdbc:)?([a-z]+)(?:\+[a-z0-9_]+)?://")
_REDSHIFT_HOST = re.compile(r"\.redshift(-serverless)?\.amazonaws\.com(\.cn)?$")
_SSL_MODES = frozenset({"disable", "prefer", "require", "verify-ca", "verify-full"})
_PSQL = {"-h": "host", "-p": "port", "-U": "user", "-d": "dbname", "--host": "host", "--port": "port"} | {
    "--username": "user",
    "--dbname": "dbname",
}
_PSQL_TAKES = frozenset(
    {"-c", "-f", "-v", "-o", "-P", "-F", "-R", "-L", "-T", "--command", "--file", "--set", "--output"}
)
"""Options of psql that say nothing about the connection, and take a word."""
_ENVIRONMENT = {
    "PGHOST": "host",
    "PGHOSTADDR": "host",
    "PGPORT": "port",
    "PGUSER": "user",
    "PGPASSWORD": "password",
    "PGDATABASE": "dbname",
    "PGSSLMODE": "sslmode",
    "PGSSLROOTCERT": "sslrootcert",
}
_ASSIGNED = re.compile(r"(?s)^(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=\s*(.+?);?\s*$")
_LIBPQ = re.compile(r"\s*([a-z_]+)\s*=\s*((?:'(?:[^'\\]|\\.)*'|\\.|[^\s'\\])*)(?=\s|$)")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|((?:\\.|[^'\\])+)")
_AUTHORITY = re.compile(r"^(?P<host>\[[0-9a-fA-F:.%]+\]|[A-Za-z0-9._%-]*)(?::(?P<port>[0-9]{1,5}))?$")
_USER = re.compile(r"[^:/?#\s]*")
_CREDENTIALS = re.compile(r"(?i)://[^\s]*@|://[^/\s:@]*:[^/\s]*[^0-9/\s]|passw(?:or)?d\s*=|pwd\s*=|PRIVATE KEY")
_KNOWN = frozenset(
    {"host", "port", "dbname", "database", "user", "password", "sslmode", "sslrootcert", "connect_timeout"}
)
_OF_SNOWFLAKE = frozenset({"db", "schema", "warehouse", "role", "authenticator"})
_NAMES = frozenset(
    {
        "application_name",
        "channel_binding",
        "client_encoding",
        "fallback_application_name",
        "gssencmode",
        "hostaddr",
        "keepalives",
        "load_balance_hosts",
        "options",
        "passfile",
        "requiressl",
        "service",
        "sslcert",
        "sslcompression",
        "sslcrl",
        "sslkey",
        "sslnegotiation",
        "sslsni",
        "target_session_attrs",
        "tcp_user_timeout",
        "ssl",
        "currentSchema",
        "ApplicationName",
        "connectTimeout",
        "socketTimeout",
        "loginTimeout",
    }
)
"""Options that stand for no setting of ours; any other behind a password with `&` in it may be a part of the password."""
ORIGIN = "the pasted text"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Uri:
    """What stands behind the scheme, each part decoded."""

    user: str
    password: str
    host: str
    port: str
    path: tuple[str, ...]
    options: Mapping[str, str]


def from_text(text: str) -> Found | None:
    """Read a connection string; None where it is none of the forms. Raises UsageError where it can be read in two ways."""
    text = _unquoted(text)
    if found := _SCHEME.match(text):
        kind = _SCHEMES.get(found[2].lower())
        return _of_uri(kind, text[found.end() :], jdbc=bool(found[1])) if kind else None
    if (assigned := _ASSIGNED.match(text)) and _SCHEME.match(_unquoted(assigned[1])):
        return from_text(assigned[1])
    words = _libpq(text)
    if words is None:
        uri, words = _psql(text)
        if uri:
            found_there = from_text(uri)
            password = words.get("password")
            if found_there is None or not password or found_there.secrets:
                return found_there
            return Found(
                type=found_there.type,
                origin=ORIGIN,
                settings=found_there.settings,
                secrets={"password": Secret(password)},
                notes=found_there.notes,
            )
    return postgres_found(words, ORIGIN) if "host" in words or "dbname" in words else None


def is_connection(text: str) -> bool:
    """Return whether a text is a connection string, also one that can be read in two ways."""
    try:
        return from_text(text) is not None
    except UsageError:
        return True


def may_hold_password(text: str) -> bool:
    """Return whether a text looks like a connection string, or a part of one, that has a password in it."""
    return bool(_CREDENTIALS.search(text))


def _unquoted(text: str) -> str:
    """Take away blanks, and the quotes around the whole."""
    text = text.strip()
    while len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1].strip()
    return text


def _of_uri(kind: str, rest: str, *, jdbc: bool) -> Found | None:
    if kind == "duckdb":
        file = unquote(rest.partition("?")[0])
        return Found(
            type="duckdb",
            origin=ORIGIN,
            settings={"path": file.removeprefix("/") if file[:2] != "//" else file[1:]},
        )
    readings = list(_readings(rest, jdbc=jdbc))
    if len(readings) > 1 or any(_may_be_password(each.options) for each in readings):
        raise UsageError(
            "This connection string can be read in more than one way: its password may contain @, /, #, ? or &.",
            remedy="Write them as %40, %2F, %23, %3F and %26 in the password, or choose the type and type the values.",
        )
    if not readings:
        return None
    uri = readings[0]
    options = dict(uri.options)
    user = uri.user or options.pop("user", "")
    password = uri.password or options.pop("password", "")
    match kind:
        case "snowflake":
            return _snowflake(uri, user, password, options)
        case "bigquery":
            return _bigquery(uri, options)
        case _:
            words = {"host": uri.host, "user": user, "password": password, **options}
            words |= {"port": uri.port} if uri.port else {}
            words |= {"dbname": uri.path[0]} if uri.path else {}
            return postgres_found(words, ORIGIN, kind)


def _may_be_password(options: Mapping[str, str]) -> bool:
    """Return whether an option may be the rest of a password that has an `&` in it."""
    return "" in options or ("password" in options and not options.keys() <= _KNOWN | _NAMES | _OF_SNOWFLAKE)


def _readings(rest: str, *, jdbc: bool) -> Iterator[_Uri]:
    """Yield each way to read what stands behind the scheme. JDBC has user and password among the options."""
    plain = _reading("", rest, jdbc=jdbc)
    if plain is not None:
        yield plain
    for place in () if jdbc and plain is not None else (each.start() for each in re.finditer("@", rest)):
        found = _reading(rest[:place], rest[place + 1 :], jdbc=False)
        if found is not None:
            yield found


def _reading(before: str, behind: str, *, jdbc: bool) -> _Uri | None:
    """Read user and password before an `@`, and what is behind it; None where they cannot be these."""
    user, _, password = before.partition(":")
    front, _, query = behind.partition("?")
    authority, _, path = front.partition("/")
    found = _AUTHORITY.match(authority)
    cut = "#" in (front if jdbc else behind) and ("@" in behind or not before)
    if found is None or not _USER.fullmatch(user) or cut:
        return None
    return _Uri(
        user=unquote(user),
        password=unquote(password),
        host=unquote(found["host"]).strip("[]"),
        port=found["port"] or "",
        path=tuple(unquote(part) for part in path.split("/") if part),
        options=dict(_option(part) for part in query.split("&") if part),
    )


def _option(text: str) -> tuple[str, str]:
    """Read `name=value`. A part without a name may be the rest of a password with `&` in it: its name is empty."""
    name, sign, value = text.partition("=")
    return (unquote(name), unquote(value)) if sign else ("", text)


def postgres_found(words: Mapping[str, str], origin: str, kind: str = "postgres") -> Found:
    """Make a source of libpq's words (host, port, dbname, user, password, sslmode, sslrootcert, …)."""
    host = words.get("host", "")
    if _REDSHIFT_HOST.search(host):
        kind = "redshift"
    settings: dict[str, Any] = {"host": host or "localhost"}
    notes = []
    for name, ours in (
        ("dbname", "database"),
        ("database", "database"),
        ("user", "user"),
        ("sslrootcert", "sslrootcert"),
    ):
        if words.get(name):
            settings[ours] = words[name]
    if (words.get("port") or "").isdigit():
        settings["port"] = int(words["port"])
    mode = words.get("sslmode") or ""
    if mode in _SSL_MODES:
        settings["sslmode"] = mode
    elif mode:
        notes.append(f"sslmode {mode!r} is not taken over: Backhaul takes TLS wherever the server is not this machine.")
    notes += [f"{name} is not taken over." for name in words if name not in _KNOWN]
    secrets = {"password": Secret(words["password"])} if words.get("password") else {}
    return Found(type=kind, origin=origin, settings=settings, secrets=secrets, notes=tuple(notes))


def _snowflake(uri: _Uri, user: str, password: str, options: dict[str, str]) -> Found:
    account = re.sub(r"(?i)\.snowflakecomputing\.(com|cn)$", "", uri.host)
    named = {**dict(zip(("database", "schema"), uri.path, strict=False)), **options}
    renamed = {"db": "database"}
    settings: dict[str, Any] = {"account": account}
    if user:
        settings["user"] = user
    notes = []
    for name, value in named.items():
        ours = renamed.get(name, name)
        if ours in ("database", "schema", "warehouse", "role"):
            settings[ours] = value
        else:
            notes.append(f"{name} is not taken over.")
    if password:
        settings["login"] = "password"
    secrets = {"password": Secret(password)} if password else {}
    return Found(type="snowflake", origin=ORIGIN, settings=settings, secrets=secrets, notes=tuple(notes))


def _bigquery(uri: _Uri, options: dict[str, str]) -> Found:
    settings: dict[str, Any] = {"project": uri.host}
    if uri.path:
        settings["dataset"] = uri.path[0]
    if options.get("location"):
        settings["location"] = options["location"]
    notes = tuple(f"{name} is not taken over." for name in options if name != "location")
    return Found(type="bigquery", origin=ORIGIN, settings=settings, notes=notes)


def _libpq(text: str) -> dict[str, str] | None:
    """Read libpq's `name=value` words, with its quotes; None where it is something else."""
    words: dict[str, str] = {}
    place = 0
    while found := _LIBPQ.match(text, place):
        pieces = (part[0] if part[1] is None else part[1] for part in _pieces(found[2]))
        words[found[1]] = "".join(re.sub(r"(?s)\\(.)", r"\1", piece) for piece in pieces)
        place = found.end()
    return words if words and not text[place:].strip() else None


def _pieces(value: str) -> Iterator[tuple[str, str | None]]:
    """Yield the parts of a word, quoted or not."""
    return ((found[2] or "", found[1]) for found in _QUOTED.finditer(value))


def _psql(text: str) -> tuple[str, dict[str, str]]:
    """Read a psql command, or what it reads from the environment: a URI, and words; nothing where it is neither."""
    try:
        words, others = _options(shlex.split(text))
    except ValueError:
        return "", {}
    if others and others.pop(0) != "psql":
        return "", {}
    named = {name: value for name, value in zip(("dbname", "user"), others, strict=False) if name not in words}
    database = words.get("dbname") or named.get("dbname", "")
    if _SCHEME.match(database):
        return database, words
    if inner := _libpq(database):
        return "", {**{name: value for name, value in words.items() if name != "dbname"}, **inner}
    return "", words | named


def _options(parts: list[str]) -> tuple[dict[str, str], list[str]]:
    """Read variables of the environment and options of psql; return the words that are none."""
    words: dict[str, str] = {}
    others: list[str] = []
    while parts:
        part = parts.pop(0).rstrip(";")
        name, sign, value = part.partition("=")
        key = (_ENVIRONMENT.get(name) or _PSQL.get(name)) if sign else None
        if key:
            words[key] = value
        elif part in _PSQL and parts:
            words[_PSQL[part]] = parts.pop(0)
        elif part[:2] in _PSQL and len(part) > 2:
            words[_PSQL[part[:2]]] = part[2:]
        elif part in _PSQL_TAKES and parts:
            parts.pop(0)
        elif part and part not in ("export", "set") and not part.startswith("-"):
            others.append(part)
    return words, others
