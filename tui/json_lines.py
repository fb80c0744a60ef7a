"""JSON as lines to read: a member a line, what is small on one, keys and values in their colours, some members marked."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from tui.drawing import Line, Span

__all__ = ["json_lines"]

_NARROW = 48


def json_lines(
    value: Any, *, marked: Collection[str] = (), style: str = "run", muted: Collection[str] = ("messageId",)
) -> list[Line]:
    """Return the lines of a JSON value; members whose path (`traits.plan`) is in `marked` are drawn in `style`."""
    lines: list[Line] = []

    def role(path: str) -> str:
        if path in marked:
            return style
        return "muted" if path in muted else "text"

    def add(text: str, indent: int, path: str) -> None:
        lines.append(Line((Span("  " * indent + text, role(path)),)))

    def walk(inner: Any, indent: int, path: str, before: str, after: str) -> None:
        small = json.dumps(inner, ensure_ascii=False, default=str)
        nested = isinstance(inner, dict | list) and inner
        if not nested or (len(small) <= _NARROW and path and path not in marked and not _holds(path, marked)):
            add(before + small + after, indent, path)
            return
        opening, closing = ("{", "}") if isinstance(inner, dict) else ("[", "]")
        add(before + opening, indent, path if path in marked else "")
        members = list(inner.items()) if isinstance(inner, dict) else [(None, each) for each in inner]
        for place, (name, member) in enumerate(members):
            here = f"{path}.{name}" if path and name is not None else str(name) if name is not None else path
            walk(
                member,
                indent + 1,
                here,
                f"{json.dumps(name, ensure_ascii=False)}: " if name is not None else "",
                "," if place < len(members) - 1 else "",
            )
        add(closing + after, indent, "")

    walk(value, 0, "", "", "")
    return lines


def _holds(path: str, marked: Collection[str]) -> bool:
    return any(each.startswith(f"{path}.") for each in marked)
