"""Previews, plans and lives of keys as JSON's own types: what `--json` prints and what the workbench answers."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core.json_text import read_json
from core.reports.rejected_rows import without_digests

if TYPE_CHECKING:
    from core.preview.first_rows import Preview
    from core.preview.plan import PlannedDelivery
    from core.reports.explain import KeyLife

__all__ = ["call_json", "lives_json", "plain", "plan_json", "preview_json"]


def plain(value: Any) -> Any:
    """Give a value as JSON has it; what JSON does not have, as text."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    exact = isinstance(value, str | int | bool | type(None)) or (isinstance(value, float) and math.isfinite(value))
    return value if exact else str(value)


def preview_json(found: Preview) -> dict[str, Any]:
    """Give a preview: its columns, and for each row its values, its call and what keeps it from being one."""
    return {
        "columns": [{"name": c.name, "kind": c.kind.value, "type": c.type_name} for c in found.columns],
        "bound": found.bound,
        "more": found.more,
        "estimate": asdict(found.estimate) if found.estimate else None,
        "rows": [
            {
                "values": [plain(value) for value in row.values],
                "call": call_json(row.call) if row.call else None,
                "fault": row.fault,
                "known": row.known,
            }
            for row in found.rows
        ],
    }


def plan_json(deliveries: Iterable[PlannedDelivery]) -> list[dict[str, Any]]:
    """Give what would be sent to each destination."""
    found = []
    for delivery in deliveries:
        document = plain(asdict(delivery))
        document["comparison"]["calls"] = document["calls"] = delivery.comparison.calls
        for change in document["changes"]:
            change["call"] = call_json(change["call"])
        found.append(document)
    return found


def lives_json(lives: Iterable[KeyLife]) -> list[dict[str, Any]]:
    """Give what each destination knows of a key."""
    return [plain(asdict(life) | {"rejected": [without_digests(row) for row in life.rejected]}) for life in lives]


def call_json(text: str) -> Any:
    """Read a call; what Python cannot hold becomes text."""
    return read_json(text)
