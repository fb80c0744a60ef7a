"""Connections that other tools keep on this machine. Files are read and never changed; a broken one is passed over.

| where | what |
| --- | --- |
| DATABASE_URL, PGHOST … | Postgres, Redshift |
| pg_service.conf ($PGSERVICEFILE, ~/.pg_service.conf) and ~/.pgpass | Postgres: https://www.postgresql.org/docs/current/libpq-pgservice.html |
| connections.toml, config.toml of Snowflake's tools ($SNOWFLAKE_HOME, ~/.snowflake, ~/.config/snowflake) | https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-connect |
| $GOOGLE_APPLICATION_CREDENTIALS, gcloud's application default credentials | https://cloud.google.com/docs/authentication/application-default-credentials |
| dbt's profiles.yml ($DBT_PROFILES_DIR, ~/.dbt) | all types: https://docs.getdbt.com/docs/core/connect-data-platform/profiles.yml |
"""

from __future__ import annotations

import configparser
import contextlib
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from core.errors import UsageError
from core.model import Secret
from core.paths import expanded
from core.setup.dbt import from_dbt
from core.setup.found import Found
from core.setup.uri import from_text, postgres_found

__all__ = ["on_this_machine"]

_MOST_BYTES = 1_000_000
_LIBPQ = {"PGHOST": "host", "PGPORT": "port", "PGDATABASE": "dbname", "PGUSER": "user", "PGPASSWORD": "password"} | {
    "PGSSLMODE": "sslmode",
    "PGSSLROOTCERT": "sslrootcert",
}
_SNOWFLAKE_LOGINS = {
    "SNOWFLAKE": "password",
    "SNOWFLAKE_JWT": "key",
    "PROGRAMMATIC_ACCESS_TOKEN": "token",
    "OAUTH": "token",
}


def on_this_machine(environment: Mapping[str, str], home: Path) -> tuple[Found, ...]:
    """Return the connections that other tools keep, in the order of the table above."""
    readers: tuple[Callable[[Mapping[str, str], Path], Iterator[Found]], ...] = (
        _from_environment,
        _from_services,
        _from_snowflake,
        _from_google,
        _from_profiles,
    )
    found: list[Found] = []
    for read in readers:
        try:
            found += read(environment, home)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, configparser.Error):
            continue  # a file of another tool, broken or of a form that nobody here knows
    return tuple(found)


def _text(file: Path) -> str:
    """Return a file's text; nothing where there is none, or where it is too large to be a configuration."""
    if not file.is_file() or file.stat().st_size > _MOST_BYTES:
        return ""
    return file.read_text("utf-8-sig")


def _from_environment(environment: Mapping[str, str], home: Path) -> Iterator[Found]:
    del home
    found = None
    with contextlib.suppress(UsageError):  # it can be read in two ways: whoever pastes it is asked
        found = from_text(environment.get("DATABASE_URL", ""))
    if found:
        yield Found(
            type=found.type, origin="$DATABASE_URL", settings=found.settings, secrets=found.secrets, notes=found.notes
        )
    words = {ours: environment[name] for name, ours in _LIBPQ.items() if environment.get(name)}
    if words.get("host"):
        yield postgres_found(words, "$PGHOST and what goes with it")


def _from_services(environment: Mapping[str, str], home: Path) -> Iterator[Found]:
    """Read pg_service.conf, with the passwords of .pgpass; then what .pgpass knows besides."""
    passwords = _passwords(Path(environment.get("PGPASSFILE") or home / ".pgpass"))
    file = Path(environment.get("PGSERVICEFILE") or home / ".pg_service.conf")
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(_text(file))
    used = set()
    for name in parser.sections():
        words = dict(parser.items(name))
        place = _matching(passwords, words)
        if place is not None and "password" not in words:
            used.add(place)
            words["password"] = passwords[place][4]
        yield postgres_found(words, f"service {name} in {_short(file, home)}")
    for number, (host, port, database, user, password) in enumerate(passwords):
        if number not in used and "*" not in (host, user):
            words = {"host": host, "user": user, "password": password}
            words |= {name: value for name, value in (("port", port), ("dbname", database)) if value != "*"}
            yield postgres_found(words, "~/.pgpass")


def _passwords(file: Path) -> list[tuple[str, str, str, str, str]]:
    """Read the lines of a .pgpass: host, port, database, user, password, where a backslash escapes `:` and itself."""
    found = []
    for line in _text(file).splitlines():
        if not line or line.startswith("#"):
            continue
        parts, part, escaped = [], "", False
        for character in line:
            if escaped or character not in "\\:":
                part, escaped = part + character, False
            elif character == "\\":
                escaped = True
            else:
                parts.append(part)
                part = ""
        parts.append(part)
        if len(parts) >= 5:
            found.append((parts[0], parts[1], parts[2], parts[3], parts[4]))
    return found


def _matching(passwords: list[tuple[str, str, str, str, str]], words: Mapping[str, str]) -> int | None:
    """Return the place of the first line that fits, as libpq does."""
    wanted = (words.get("host", "localhost"), words.get("port", "5432"), words.get("dbname", ""), words.get("user", ""))
    for number, line in enumerate(passwords):
        if all(mask in ("*", value) for mask, value in zip(line[:4], wanted, strict=True)):
            return number
    return None


def _from_snowflake(environment: Mapping[str, str], home: Path) -> Iterator[Found]:
    folders = [Path(environment["SNOWFLAKE_HOME"])] if environment.get("SNOWFLAKE_HOME") else []
    folders += [home / ".snowflake", home / ".config" / "snowflake"]
    for folder in folders:
        for name in ("connections.toml", "config.toml"):
            file = folder / name
            known = tomllib.loads(_text(file))
            tables = known if name == "connections.toml" else known.get("connections", {})
            for title, values in tables.items():
                if isinstance(values, dict) and values.get("account"):
                    yield _snowflake(values, f"connection {title} in {_short(file, home)}")


def _snowflake(values: Mapping[str, Any], origin: str) -> Found:
    taken = ("account", "user", "role", "warehouse", "database", "schema")
    settings: dict[str, Any] = {name: str(values[name]) for name in taken if values.get(name)}
    secrets: dict[str, Secret] = {}
    notes = []
    login = _SNOWFLAKE_LOGINS.get(str(values.get("authenticator", "")).upper(), "")
    key_file = values.get("private_key_file") or values.get("private_key_path")
    if key_file:
        login = login or "key"
        text, note = _key_file(str(key_file))
        notes += [note] if note else []
        secrets |= {"private_key": Secret(text)} if text else {}
    for name in ("password", "token"):
        if values.get(name):
            login = login or name
            secrets[name] = Secret(str(values[name]))
    if values.get("authenticator") and not login:
        notes.append(f"authenticator {values['authenticator']!r} needs a person; Backhaul logs in with a key pair.")
    settings["login"] = login or "key"
    kept = {name: value for name, value in secrets.items() if name == {"key": "private_key"}.get(login, login)}
    return Found(type="snowflake", origin=origin, settings=settings, secrets=kept, notes=tuple(notes))


def _key_file(name: str) -> tuple[str, str]:
    """Read a private key that a configuration names; return its text, or a note of why it could not be read."""
    file = expanded(name)
    try:
        return _text(file), "" if file.is_file() else f"The key file {name} is not there."
    except (OSError, UnicodeDecodeError):
        return "", f"The key file {name} cannot be read."


def _from_google(environment: Mapping[str, str], home: Path) -> Iterator[Found]:
    named = environment.get("GOOGLE_APPLICATION_CREDENTIALS", "")
    well_known = Path(environment.get("CLOUDSDK_CONFIG") or home / ".config" / "gcloud")
    for file, origin in (
        (Path(named) if named else None, "$GOOGLE_APPLICATION_CREDENTIALS"),
        (well_known / "application_default_credentials.json", "gcloud's application default credentials"),
    ):
        text = _text(file) if file else ""
        if not text:
            continue
        known = json.loads(text)
        project = known.get("project_id") or known.get("quota_project_id") or ""
        settings = {"project": project} if project else {}
        if known.get("type") == "service_account":
            yield Found(
                type="bigquery",
                origin=origin,
                settings={**settings, "login": "service_account"},
                secrets={"service_account": Secret(text)},
            )
        else:
            yield Found(type="bigquery", origin=origin, settings={**settings, "login": "application_default"})


def _from_profiles(environment: Mapping[str, str], home: Path) -> Iterator[Found]:
    file = Path(environment.get("DBT_PROFILES_DIR") or home / ".dbt") / "profiles.yml"
    yield from from_dbt(_text(file), environment, _short(file, home), _key_file)


def _short(file: Path, home: Path) -> str:
    return f"~/{file.relative_to(home)}" if file.is_relative_to(home) else str(file)
