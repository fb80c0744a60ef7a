"""The steps of a connection's test as lines: sign, step, what was found, time; under the one that failed, what fixes it.

What fixes a step is words and statements in one text; each statement stands on a line of its own here, to be read and copied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from tui.drawing import Line, Span, line, wrapped

__all__ = ["statements_in", "step_lines"]

_BESIDE = 23
"""The cells of a row that its detail does not have: margins, sign, name, and what parts it from its time."""

_STATEMENT = re.compile(
    r"\b(?:GRANT|REVOKE|CREATE|ALTER|DESC(?:RIBE)?|SHOW|USE|SET)\s+[A-Z]\w*\b(?:[^;'\"]|'[^']*'|\"[^\"]*\")*;"
)


def statements_in(remedy: str) -> tuple[str, ...]:
    """Return the statements of what fixes a step, as they are to be run."""
    return tuple(found[0] for found in _STATEMENT.finditer(remedy))


def step_lines(steps: Sequence[Mapping[str, Any]], width: int, *, testing: bool = False) -> list[Line]:
    """Lay out steps as they pass."""
    lines: list[Line] = []
    for step in steps:
        mark, style = {True: ("✓", "ok"), False: ("✗", "fail")}.get(step["passed"], ("·", "muted"))
        failed = step["passed"] is False
        time = f"{float(step['seconds']) * 1000:,.0f} ms"
        detail = str(step["detail"])
        lines.append(
            line(
                Span(f"{mark} ", style),
                f"{step['name']:<16}",
                (detail, "fail" if failed else "muted"),
                right=((time, "muted"),),
            )
        )
        if failed:
            lines.append(Line())
            if cell_len(detail) > width - _BESIDE - len(time):  # it is cut in its row
                lines += wrapped(detail, width, "bold text", indent=2)
        if step["remedy"]:
            lines += _remedy_lines(str(step["remedy"]), width, "text" if failed else "muted")
    if testing:
        lines.append(line(Span("► ", "run"), ("the next step …", "muted")))
    return lines


def _remedy_lines(remedy: str, width: int, style: str) -> list[Line]:
    """Lay out what fixes a step: its words, and each statement on a line of its own."""
    lines: list[Line] = []
    for paragraph in _STATEMENT.sub(lambda found: f"\n\0{found[0]}\n", remedy).split("\n"):
        if paragraph.startswith("\0"):
            lines += wrapped(paragraph[1:], width, style, indent=4)
        elif paragraph.strip():
            lines += wrapped(paragraph.strip(), width, style, indent=2)
    return lines
