"""A pasted connection string: a URI of any of the usual forms, JDBC's among them, or libpq's `host=… dbname=…`.

The forms, one of each kind:

    postgresql://user:password@host:5432/database?sslmode=require      postgres:, postgresql+psycopg2: too
    redshift://user:password@cluster.abc.eu-west-1.redshift.amazonaws.com:5439/dev
    snowflake://user:password@account/database/schema?warehouse=W&role=R
    bigquery://project/dataset?location=EU
    duckdb:///path/to/file.duckdb
    jdbc:postgresql://host/database?user=u&password=p                  jdbc:redshift:, jdbc:snowflake: too
    host=db.acme.example port=5432 dbname=app user=backhaul            also as the words behind psql

A host of Amazon Redshift makes it a source of Redshift, whatever the scheme says. What no setting of ours stands for is named
in the notes; a password never is.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from core.model import Secret
from core.setup.found import Found

__all__ = ["from_text", "postgres_found"]

_SCHEMES = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "redshift": "redshift",
    "snowflake": "snowflake",
    "bigquery": "bigquery",
    "duckdb": "duckdb",
}
_REDSHIFT_HOST = re.compile(r"\.redshift(-serverless)?\.amazonaws\.com(\.cn)?$")
_SSL_MODES = frozenset({"disable", "prefer", "require", "verify-ca", "verify-full"})
_PSQL = {"-h": "host", "-p": "port", "-U": "user", "-d": "dbname", "--host": "host", "--port": "port"} | {
    "--username": "user",
    "--dbname": "dbname",
}
ORIGIN = "the pasted text"


def from_text(text: str) -> Found | None:
    """Read a connection string; None where it is none of the forms."""
    text = text.strip().strip("'\"").strip()
    if found := re.match(r"(?i)^(?:jdbc:)?([a-z]+)(?:\+[a-z0-9_]+)?://", text):
        kind = _SCHEMES.get(found[1].lower())
        if kind is None:
            return None
        try:
            parts = urlsplit("//" + text[found.end() :])
            _ = parts.port
        except ValueError:
            return None
        return _of_uri(kind, parts, dict(parse_qsl(parts.query)))
    words = _words(text)
    return postgres_found(words, ORIGIN) if "host" in words or "dbname" in words else None


def _of_uri(kind: str, parts: SplitResult, options: dict[str, str]) -> Found:
    path = [unquote(part) for part in parts.path.split("/") if part]
    user = unquote(parts.username or "") or options.pop("user", "")
    password = unquote(parts.password or "") or options.pop("password", "")
    match kind:
        case "snowflake":
            return _snowflake(parts, path, user, password, options)
        case "bigquery":
            return _bigquery(parts, path, options)
        case "duckdb":
            file = unquote(parts.path)
            return Found(
                type="duckdb",
                origin=ORIGIN,
                settings={"path": file.removeprefix("/") if file[:2] != "//" else file[1:]},
            )
        case _:
            words = {"host": unquote(parts.hostname or ""), "user": user, "password": password, **options}
            words |= {"port": str(parts.port)} if parts.port else {}
            words |= {"dbname": path[0]} if path else {}
            return postgres_found(words, ORIGIN, kind)


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
    known = {"host", "port", "dbname", "database", "user", "password", "sslmode", "sslrootcert", "connect_timeout"}
    notes += [f"{name} is not taken over." for name in words if name not in known]
    secrets = {"password": Secret(words["password"])} if words.get("password") else {}
    return Found(type=kind, origin=origin, settings=settings, secrets=secrets, notes=tuple(notes))


def _snowflake(parts: SplitResult, path: list[str], user: str, password: str, options: dict[str, str]) -> Found:
    account = re.sub(r"(?i)\.snowflakecomputing\.(com|cn)$", "", unquote(parts.hostname or ""))
    named = {**dict(zip(("database", "schema"), path, strict=False)), **options}
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


def _bigquery(parts: SplitResult, path: list[str], options: dict[str, str]) -> Found:
    settings: dict[str, Any] = {"project": unquote(parts.netloc)}
    if path:
        settings["dataset"] = path[0]
    if options.get("location"):
        settings["location"] = options["location"]
    notes = tuple(f"{name} is not taken over." for name in options if name != "location")
    return Found(type="bigquery", origin=ORIGIN, settings=settings, notes=notes)


def _words(text: str) -> dict[str, str]:
    """Read libpq's `name=value` words, or the options of a psql command; nothing where it is neither."""
    try:
        parts = shlex.split(text.removeprefix("psql "))
    except ValueError:
        return {}
    words: dict[str, str] = {}
    while parts:
        part = parts.pop(0)
        name, sign, value = part.partition("=")
        if part in _PSQL and parts:
            words[_PSQL[part]] = parts.pop(0)
        elif sign and name in _PSQL:
            words[_PSQL[name]] = value
        elif sign and re.fullmatch(r"[a-z_]+", name):
            words[name] = value
        elif part[:2] in _PSQL and len(part) > 2:
            words[_PSQL[part[:2]]] = part[2:]
        else:
            return {}
    return words
