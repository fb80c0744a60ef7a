"""JSON Schemas of a project's files, for editors that complete and check TOML (`backhaul schema`)."""

from __future__ import annotations

from typing import Any

from core.destinations import destination_type
from core.destinations import types as destination_types
from core.model import AT_ONCE, Network
from core.project.files import LimitsFile, ProjectFile, SyncFile
from core.warehouses import types as warehouse_types
from core.warehouses import warehouse_type

__all__ = ["schemas"]

_AT_ONCE = {"type": "integer", "minimum": 1, "default": AT_ONCE}


def schemas() -> dict[str, Any]:
    """Return a schema for each kind of file: 'backhaul', 'sync', 'sources/<type>', 'destinations/<type>'."""
    found = {"backhaul": _schema(ProjectFile, {}), "sync": _schema(SyncFile, {})}
    for name in warehouse_types():
        extra = {"type": {"const": name}, "timezone": {"type": "string", "default": "UTC"}, "at_once": _AT_ONCE}
        found[f"sources/{name}"] = _schema(warehouse_type(name).Settings, extra)
    for name in destination_types():
        limits, network = _schema(LimitsFile, {}), _schema(Network, {})
        found[f"destinations/{name}"] = _schema(
            destination_type(name).Settings,
            {"type": {"const": name}, "limits": limits, "network": network, "at_once": _AT_ONCE},
        )
    return found


def _schema(shape: type[Any], extra: dict[str, Any]) -> dict[str, Any]:
    """Return one schema, with the keys that all files of its kind have, and refusing all others."""
    import msgspec

    (reference,), definitions = msgspec.json.schema_components([shape], ref_template="#/$defs/{name}")
    inner = dict(definitions[reference["$ref"].removeprefix("#/$defs/")])
    properties = {("from" if key == "from_" else key): value for key, value in inner.get("properties", {}).items()}
    required = [*(["type"] if "type" in extra else []), *inner.get("required", [])]
    others = {name: value for name, value in definitions.items() if f"#/$defs/{name}" != reference["$ref"]}
    for value in others.values():
        value["additionalProperties"] = False
        if "from_" in value.get("properties", {}):
            value["properties"]["from"] = value["properties"].pop("from_")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {**extra, **properties},
        "required": required,
        "additionalProperties": False,
        **({"$defs": others} if others else {}),
    }
