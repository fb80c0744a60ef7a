"""What is known of a row's person: acknowledged by which sync and run, what differs since, and what destinations say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.formatting import ago, counted
from core.json_text import read_json
from tui.drawing import Line, Span, heading, line, wrapped

__all__ = ["key_of", "known_lines"]

_IDS = ("userId", "anonymousId", "groupId", "previousId")
_BAGS = ("traits", "properties")
_MOST = 12
_WORDS = {
    "acknowledged": ("✓", "ok", "acknowledged"),
    "assumed": ("✓", "ok", "marked as delivered"),
    "rejected": ("✗", "fail", "refused"),
    "pending": ("►", "run", "on its way"),
}


def key_of(call: Any) -> str:
    """Return the id that a call names a person, or an object, by."""
    if not isinstance(call, Mapping):
        return ""
    email = (call.get("traits") or {}).get("email")
    return str(next((call[name] for name in _IDS if call.get(name)), email or ""))


def known_lines(person: Mapping[str, Any] | None, call: Any, width: int) -> list[Line]:
    """Say what is known of whom a call names; None while it is being asked."""
    key = key_of(call)
    if not key:
        return []
    lines: list[Line] = [Line(), heading(f"Known of {key}")]
    if person is None:
        return [*lines, line(("looking …", "muted"))]
    for life in person["lives"]:
        lines += _life_lines(life, str(person["sync"]), call, width)
    for asked in person["asked"]:
        lines += _asked_lines(asked, call, width)
    if not person["lives"] and not any(each["found"] for each in person["asked"]):
        lines += wrapped("No sync of this project has sent anything for this id.", width, "muted")
    return lines


def _life_lines(life: Mapping[str, Any], sync: str, call: Any, width: int) -> list[Line]:
    sign, role, word = _WORDS.get(str(life["state"]), ("·", "muted", str(life["state"])))
    told = ago(life["at"]) if life.get("at") else ""
    when = "" if not told else " now" if told == "now" else f" {told} ago"
    run = f"   run {life['run']}" if life.get("run") else ""
    lines = [
        line(
            Span(f"{sign} ", role),
            f"{life['sync']} → {life['destination']}",
            (f"  {word}{when}", "muted"),
            right=((run.strip(), "muted"),) if run and width > 60 else (),
        )
    ]
    before = _call_of(life.get("call"))
    if before is not None and life["sync"] == sync:  # another sync's call says other things
        lines += _difference_lines(before, call)
    return lines


def _asked_lines(asked: Mapping[str, Any], call: Any, width: int) -> list[Line]:
    name = str(asked["destination"])
    if asked["found"] is None:
        return [line(Span("! ", "warn"), name), *wrapped(str(asked["problem"]), width, "muted", indent=2)]
    if not asked["found"]:
        return [line(Span("? ", "muted"), name, ("  does not know this id", "muted"))]
    count = counted(len(asked["traits"]), "trait")
    lines = [line(Span("✓ ", "ok"), name, (f"  has {count}", "muted"))]
    return lines + _difference_lines({"traits": asked["traits"]}, call)


def _difference_lines(before: Mapping[str, Any], call: Any) -> list[Line]:
    """Say which traits had another value then, old beside new."""
    differing = list(_differing(before, call))
    lines = []
    for name, old, new in differing[:_MOST]:
        lines.append(
            line((f"  {name}  ", "muted"), Span(_short(old), "muted"), (" → ", "muted"), Span(_short(new), "accent"))
        )
    if len(differing) > _MOST:
        lines.append(line((f"  and {len(differing) - _MOST} more", "muted")))
    if not differing:
        lines.append(line(("  the same as this row", "muted")))
    return lines


def _differing(before: Mapping[str, Any], call: Any) -> Iterator[tuple[str, Any, Any]]:
    old: Mapping[str, Any] = next((before[bag] for bag in _BAGS if isinstance(before.get(bag), Mapping)), {})
    new: Mapping[str, Any] = next(
        (call[bag] for bag in _BAGS if isinstance(call, Mapping) and isinstance(call.get(bag), Mapping)), {}
    )
    for name, value in new.items():
        if name in old and old[name] != value:
            yield name, old[name], value
        elif name not in old:
            yield name, None, value


def _call_of(call: Any) -> Mapping[str, Any] | None:
    if isinstance(call, str):
        try:
            call = read_json(call)
        except ValueError:
            return None
    return call if isinstance(call, Mapping) else None


def _short(value: Any) -> str:
    text = "–" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:39]}…"
