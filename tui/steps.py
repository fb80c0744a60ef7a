"""The steps of a connection's test as lines: sign, step, what was found, time; under the one that failed, what mends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui.drawing import Line, Span, line, wrapped

__all__ = ["step_lines"]


def step_lines(steps: Sequence[Mapping[str, Any]], width: int, *, testing: bool = False) -> list[Line]:
    """Lay out steps as they pass."""
    lines: list[Line] = []
    for step in steps:
        mark, style = {True: ("✓", "ok"), False: ("✗", "fail")}.get(step["passed"], ("·", "muted"))
        failed = step["passed"] is False
        time = f"{float(step['seconds']) * 1000:,.0f} ms"
        lines.append(
            line(
                Span(f"{mark} ", style),
                f"{step['name']:<16}",
                (str(step["detail"]), "fail" if failed else "muted"),
                right=((time, "muted"),),
            )
        )
        if failed:
            lines += [Line(), *wrapped(str(step["detail"]), width, "bold text", indent=2)]
        if step["remedy"]:
            lines += wrapped(str(step["remedy"]), width, "text" if failed else "muted", indent=2)
    if testing:
        lines.append(line(Span("► ", "run"), ("the next step …", "muted")))
    return lines
