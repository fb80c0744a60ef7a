"""The JSON Schemas that editors use say the same as the reader of the files."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from core.destinations import types as destination_types
from core.project.schema import schemas
from core.warehouses import types as warehouse_types
from tests.core.project.test_project import DESIGN

TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": (str, dt.datetime),
    "boolean": bool,
    "null": type(None),
}


def problems(schema: Mapping[str, Any], value: Any, root: Mapping[str, Any], at: str = "") -> list[str]:
    """Say what a value breaks of a schema: as much of JSON Schema as ours use."""
    known = {"$ref", "anyOf", "const", "enum", "type", "properties", "required", "additionalProperties", "items"}
    told = {"$schema", "$defs", "default", "format", "title", "description"}
    assert set(schema) <= known | told, f"the test does not know {set(schema) - known - told}"
    if reference := schema.get("$ref"):
        return problems(root["$defs"][reference.removeprefix("#/$defs/")], value, root, at)
    if "anyOf" in schema:
        found = [problems(each, value, root, at) for each in schema["anyOf"]]
        return [] if [] in found else [f"{at}: none of them"]
    if "const" in schema and value != schema["const"]:
        return [f"{at}: not {schema['const']!r}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: not one of {schema['enum']}"]
    if not is_of(schema.get("type"), value):
        return [f"{at}: not {schema['type']}"]
    if isinstance(value, list):
        return [one for item in value for one in problems(schema.get("items", {}), item, root, f"{at}[]")]
    if not isinstance(value, dict):
        return []
    found = [f"{at}: lacks {name}" for name in schema.get("required", []) if name not in value]
    for key, inner in value.items():
        expected = schema.get("properties", {}).get(key, schema.get("additionalProperties", True))
        if expected is False:
            found.append(f"{at}: no key {key}")
        elif expected is not True:
            found += problems(expected, inner, root, f"{at}.{key}")
    return found


def is_of(kind: str | None, value: Any) -> bool:
    if kind is None:
        return True
    if kind in ("integer", "number"):
        return not isinstance(value, bool) and isinstance(value, int if kind == "integer" else (int, float))
    return isinstance(value, TYPES[kind])


ALL = schemas()


def check(name: str, content: str) -> list[str]:
    return problems(ALL[name], tomllib.loads(content), ALL[name])


def test_there_is_a_schema_for_each_kind_of_file_and_all_are_json() -> None:
    types = [f"sources/{name}" for name in warehouse_types()] + [f"destinations/{name}" for name in destination_types()]
    assert set(ALL) == {"backhaul", "sync", *types}
    for schema in ALL.values():
        assert set(json.loads(json.dumps(schema))) == set(schema)
        assert schema["$schema"].startswith("https://json-schema.org/")
        assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", ALL)
def test_every_reference_leads_somewhere(name: str) -> None:
    text = json.dumps(ALL[name])
    for part in text.split('"#/$defs/')[1:]:
        assert part.partition('"')[0] in ALL[name]["$defs"]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("backhaul", "backhaul.toml"),
        ("sources/duckdb", "sources/prod.toml"),
        ("destinations/customerio", "destinations/cio.toml"),
        ("destinations/segment", "destinations/segment.toml"),
        ("sync", "syncs/leads.toml"),
        ("sync", "syncs/few.toml"),
    ],
)
def test_the_files_of_the_design_keep_to_their_schemas(name: str, file: str) -> None:
    assert check(name, DESIGN[file]) == []


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("backhaul", 'nam = "x"', ": lacks name"),
        ("backhaul", 'name = "x"\nnam = "x"', ": no key nam"),
        ("backhaul", 'name = "x"\n[secrets]\nfrom = "vault"', ".secrets.from: not one of"),
        ("backhaul", 'name = "x"\n[secrets]\nfrom_ = "command"', ".secrets: no key from_"),
        ("backhaul", 'name = "x"\n[defaults]\nschedul = "manual"', ".defaults: no key schedul"),
        ("sync", 'source = "x"\ncall = "identfy"', ".call: not one of"),
        ("sync", 'source = "x"\ncall = "track"\n[guards]\nmax = 1', ".guards: no key max"),
        ("sync", 'source = "x"\ncall = "track"\nenabled = "yes"', ".enabled: not boolean"),
        ("sources/duckdb", 'type = "postgres"\npath = "x"', ".type: not 'duckdb'"),
        ("sources/duckdb", 'path = "x"', ": lacks type"),
        ("sources/duckdb", 'type = "duckdb"', ": lacks path"),
        ("destinations/segment", 'type = "segment"\nregion = "uk"', ".region: not one of"),
        ("destinations/segment", 'type = "segment"\nwrite_key = "x"', ": no key write_key"),
        ("destinations/segment", 'type = "segment"\n[limits]\nrow = 1', ".limits: no key row"),
    ],
)
def test_a_schema_refuses_what_the_reader_refuses(name: str, content: str, problem: str) -> None:
    found = check(name, content)
    assert [one for one in found if one.startswith(problem)], found


def test_no_schema_has_a_place_for_a_secret() -> None:
    from core.destinations import destination_type
    from core.warehouses import warehouse_type

    for name in warehouse_types():
        assert not set(warehouse_type(name).secrets) & set(ALL[f"sources/{name}"]["properties"])
    for name in destination_types():
        assert not set(destination_type(name).secrets) & set(ALL[f"destinations/{name}"]["properties"])
