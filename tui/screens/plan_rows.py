"""The parts of a plan as tables: changed rows field by field, old beside new; new, gone and refused rows; and its counts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from core.json_text import read_json
from tui.drawing import Line, Span, spans
from tui.widgets.table import Column, Row

__all__ = ["PARTS", "Part", "counts", "part_of", "rows_of_part", "short_path"]

PARTS = ("changed", "new", "gone", "refused")

Shown: TypeAlias = "tuple[Any, set[str], str]"
"""A call, the paths of its fields that change, and whose it is."""


class Part(NamedTuple):
    """The rows of a part, their columns, and the call behind each row by the first word of its key."""

    rows: list[Row]
    columns: Sequence[Column]
    calls: Mapping[str, Shown]


_CHANGED = (
    Column(head="Key", least=10, most=28),
    Column(head="field", least=8, most=24),
    Column(head="acknowledged", right=True, least=12, most=32),
    Column(head="", width=1),
    Column(head="now", share=1, least=12, most=80),
)
_NEW = (
    Column(head="Key", least=10, most=30),
    Column(head="", most=24),
    Column(head="what is sent", share=1, least=20, most=200),
)
_TWO = (Column(head="Key", least=12, most=60), Column(head="", share=1, least=20, most=160))


def part_of(plan: Mapping[str, Any], name: str) -> Part:
    """Lay out a part of a destination's plan."""
    return {"changed": _changed, "new": _new, "gone": _gone, "refused": _refused}[name](plan)


def rows_of_part(plan: Mapping[str, Any] | None, name: str) -> int:
    """Count the rows of a part; the plan shows samples of them."""
    names = {"changed": ("changed",), "new": ("added",), "gone": ("removed",), "refused": ("refused", "held")}
    return sum(int(plan["comparison"][each]) for each in names[name]) if plan else 0


def _changed(plan: Mapping[str, Any]) -> Part:
    calls: dict[str, Shown] = {}
    rows = []
    for number, change in enumerate(plan["changes"]):
        who = " ".join(str(value) for value in change["identity"].values())
        calls[str(number)] = (change.get("call"), {field["path"] for field in change["fields"]}, who)
        for place, field in enumerate(change["fields"]):
            new = _value(field["new"])
            rows.append(
                Row(
                    f"{number} {place}",
                    (
                        Span(who if place == 0 else ""),
                        Span(short_path(field["path"]), "muted"),
                        Span(_value(field["old"]), "muted"),
                        Span("→", "muted"),
                        Span(new, "warn" if field["new"] is None else "text"),
                    ),
                )
            )
    return Part(rows, _CHANGED, calls)


def _new(plan: Mapping[str, Any]) -> Part:
    calls: dict[str, Shown] = {}
    rows = []
    for number, text in enumerate(plan["added"]):
        read = read_json(text)
        call = read if isinstance(read, dict) else {}
        who = str(call.get("userId") or call.get("anonymousId") or call.get("groupId") or "")
        calls[str(number)] = (read, set(), who)
        bag = call.get("traits") or call.get("properties") or {}
        rows.append(
            Row(
                f"{number} 0",
                (
                    Span(who),
                    Span(str(call.get("event") or call.get("name") or "")),
                    Span(json.dumps(bag, ensure_ascii=False), "muted"),
                ),
            )
        )
    return Part(rows, _NEW, calls)


def _gone(plan: Mapping[str, Any]) -> Part:
    deleted = plan["comparison"]["deletes"]
    kept = 'deleted there, since removed = "delete"' if deleted else 'left alone: removed = "ignore"'
    rows = [Row(f"{number} 0", (Span(str(who)), Span(kept, "muted"))) for number, who in enumerate(plan["removed"])]
    return Part(rows, _TWO, {})


def _refused(plan: Mapping[str, Any]) -> Part:
    refused = enumerate(plan["refused"])
    return Part(
        [Row(f"{number} 0", (Span(str(who)), Span(str(why), "fail"))) for number, (who, why) in refused], _TWO, {}
    )


def counts(comparison: Mapping[str, Any]) -> Line:
    parts: list[tuple[str, str]] = []
    for name, word, style in (
        ("added", "new", "ok"),
        ("changed", "changed", "run"),
        ("removed", "gone", "warn"),
        ("unchanged", "unchanged", "text"),
        ("refused", "refused", "fail"),
        ("retried", "tried again", "text"),
        ("deletes", "to delete", "warn"),
    ):
        number = int(comparison[name])
        if number or word in ("new", "changed", "unchanged"):
            parts += [(f"{number:,}", style if number else "muted"), (f" {word}     ", "muted")]
    return Line(spans(parts))


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def short_path(path: str, most: int = 24) -> str:
    """Return a field's path without the object that all are in; its end, where it is long."""
    head, _, rest = path.partition(".")
    name = rest if rest and head in ("traits", "properties") else path
    return name if len(name) <= most else f"…{name[1 - most :]}"
