"""dbt's profiles.yml: each output of each profile is a connection.

Values may be Jinja; of that only `env_var('NAME')` and `env_var('NAME', 'default')` are resolved, which is what profiles use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from core.model import Secret
from core.setup.found import Found
from core.setup.uri import postgres_found

__all__ = ["from_dbt"]

_JINJA = re.compile(r"\{\{\s*env_var\(\s*['\"]([^'\"]+)['\"]\s*(?:,\s*['\"]([^'\"]*)['\"]\s*)?\)[^}]*\}\}")


def from_dbt(
    text: str, environment: Mapping[str, str], where: str, key_file: Callable[[str], tuple[str, str]]
) -> Iterator[Found]:
    """Yield the connections of a profiles.yml. `key_file` reads a key file, or gives a note."""
    if not text:
        return
    import yaml

    try:
        profiles = yaml.safe_load(text)
    except yaml.YAMLError:
        return
    for profile, values in (profiles if isinstance(profiles, dict) else {}).items():
        outputs = values.get("outputs", {}) if isinstance(values, dict) else {}
        for target, raw in (outputs if isinstance(outputs, dict) else {}).items():
            if not isinstance(raw, dict):
                continue
            known = {str(name): _resolved(value, environment) for name, value in raw.items()}
            origin = f"dbt's {profile}/{target} in {where}"
            if found := _connection(known, origin, key_file):
                yield found


def _resolved(value: Any, environment: Mapping[str, str]) -> str:
    return _JINJA.sub(lambda found: environment.get(found[1], found[2] or ""), str(value)) if value is not None else ""


def _connection(known: Mapping[str, str], origin: str, key_file: Callable[[str], tuple[str, str]]) -> Found | None:
    match known.get("type"):
        case "postgres" | "redshift" as kind:
            taken = ("host", "port", "user", "sslmode", "sslrootcert")
            words = {name: known[name] for name in taken if known.get(name)}
            words |= {"dbname": known.get("dbname") or known.get("database") or ""}
            if secret := known.get("password") or known.get("pass"):
                words["password"] = secret
            return postgres_found({name: value for name, value in words.items() if value}, origin, kind)
        case "snowflake":
            return _snowflake(known, origin, key_file)
        case "bigquery":
            return _bigquery(known, origin, key_file)
        case "duckdb":
            return Found(type="duckdb", origin=origin, settings={"path": known.get("path", "")})
        case _:
            return None


def _snowflake(known: Mapping[str, str], origin: str, key_file: Callable[[str], tuple[str, str]]) -> Found:
    taken = ("account", "user", "role", "warehouse", "database", "schema")
    settings: dict[str, Any] = {name: known[name] for name in taken if known.get(name)}
    if text := known.get("private_key"):
        return Found(
            type="snowflake",
            origin=origin,
            settings={**settings, "login": "key"},
            secrets={"private_key": Secret(text)},
        )
    if path := known.get("private_key_path"):
        text, note = key_file(path)
        return Found(
            type="snowflake",
            origin=origin,
            settings={**settings, "login": "key"},
            secrets={"private_key": Secret(text)} if text else {},
            notes=(note,) if note else (),
        )
    if known.get("password"):
        return Found(
            type="snowflake",
            origin=origin,
            settings={**settings, "login": "password"},
            secrets={"password": Secret(known["password"])},
        )
    note = f"authenticator {known.get('authenticator')!r} needs a person; Backhaul logs in with a key pair."
    return Found(
        type="snowflake",
        origin=origin,
        settings={**settings, "login": "key"},
        notes=(note,) if known.get("authenticator") else (),
    )


def _bigquery(known: Mapping[str, str], origin: str, key_file: Callable[[str], tuple[str, str]]) -> Found:
    settings: dict[str, Any] = {
        ours: known[name]
        for name, ours in (
            ("project", "project"),
            ("dataset", "dataset"),
            ("schema", "dataset"),
            ("location", "location"),
        )
        if known.get(name)
    }
    if known.get("method") == "service-account" and known.get("keyfile"):
        text, note = key_file(known["keyfile"])
        return Found(
            type="bigquery",
            origin=origin,
            settings={**settings, "login": "service_account"},
            secrets={"service_account": Secret(text)} if text else {},
            notes=(note,) if note else (),
        )
    login = "application_default" if known.get("method") == "oauth" else "service_account"
    return Found(type="bigquery", origin=origin, settings={**settings, "login": login})
