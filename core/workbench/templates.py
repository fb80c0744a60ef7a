"""What is asked about templates: all of them, each with its query in one dialect. For the editor, and for a new sync."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.model import CallType
from core.templates import templates
from core.workbench.request import Request

__all__ = ["list_templates"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    dialect: str
    call: CallType | None = None


def list_templates(request: Request) -> Mapping[str, Any]:
    """Return the templates with their texts in a dialect; those of one call, where one is named."""
    asked = request.asked(_Wanted)
    return {
        "templates": [
            {
                "name": each.name,
                "title": each.title,
                "category": each.category,
                "call": each.call.value,
                "description": each.description,
                "tables": list(each.tables),
                "text": each.text(asked.dialect),
            }
            for each in templates()
            if asked.call in (None, each.call)
        ]
    }
