"""What lint found, as the line under the text and as a list of whole sentences; and what stands between two answers.

An answer of lint is about the text as it was when it was asked. Until the next one comes, an edit moves the findings along,
so that each still points at its word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from textual import events
from textual.message import Message
from textual.strip import Strip

from core.formatting import counted
from tui.drawing import Line, Span, line, width_of, wrapped
from tui.widgets.code import Mark, shifted
from tui.widgets.code_drawing import SIGNS
from tui.widgets.sheet import Sheet

__all__ = ["Problem", "ProblemList", "chosen", "following", "moved", "problem_lines", "problems_from", "tally"]

_ORDER = ("error", "warning", "hint")

Place = Callable[[int], tuple[int, int]]
"""Gives the line and the column (from 0) of an offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A finding: offsets in the text, what is wrong, and what its fix does (empty where there is none); a fix that is not certain is a
    person's to take, one by one.
    """

    rule: str
    severity: str
    message: str
    start: int
    end: int
    fix: str = ""
    certain: bool = True

    @property
    def mark(self) -> Mark:
        return Mark(self.start, self.end, self.severity)


def problems_from(findings: Iterable[Mapping[str, Any]]) -> tuple[Problem, ...]:
    """Read findings as the helper process gives them."""
    return tuple(
        Problem(
            rule=str(found.get("rule", "")),
            severity=str(found.get("severity", "error")),
            message=str(found.get("message", "")),
            start=int(found.get("start", 0)),
            end=int(found.get("end", 0)),
            fix=str(found["fix"]["label"]) if found.get("fix") else "",
            certain=bool((found.get("fix") or {}).get("certain", True)),
        )
        for found in findings
    )


def moved(problems: Sequence[Problem], edit: tuple[int, int, int]) -> tuple[Problem, ...]:
    """Move findings along with an edit (as tui.widgets.code_text.difference gives it)."""
    return tuple(
        replace(each, start=shifted(each.start, *edit), end=shifted(each.end, *edit, is_end=True)) for each in problems
    )


def chosen(problems: Sequence[Problem], cursor: int, place: Place) -> int | None:
    """Return which problem is meant: the one at the cursor, else one of its line, else the first error, else the first."""
    if not problems:
        return None
    row = place(cursor)[0]

    def fitness(number: int) -> tuple[bool, bool, int, int]:
        problem = problems[number]
        at = problem.start <= cursor <= max(problem.end, problem.start)
        same = place(problem.start)[0] == row
        return (not at, not (at or same), _ORDER.index(problem.severity), problem.end - problem.start)

    return min(range(len(problems)), key=fitness)


def following(problems: Sequence[Problem], cursor: int, by: int) -> int | None:
    """Return the next problem behind (or before) the cursor; after the last comes the first."""
    if not problems:
        return None
    order = sorted(range(len(problems)), key=lambda number: problems[number].start)
    behind = [number for number in order if problems[number].start > cursor]
    before = [number for number in order if problems[number].start < cursor]
    if by > 0:
        return behind[0] if behind else order[0]
    return before[-1] if before else order[-1]


def tally(problems: Sequence[Problem], *, short: bool = False) -> tuple[Span, ...]:
    """Count the problems: '2 errors  1 warning', or by their signs."""
    parts: list[Span] = []
    for severity in _ORDER:
        count = sum(1 for each in problems if each.severity == severity)
        if count:
            sign, role = SIGNS[severity]
            parts += [Span("  " if parts else ""), Span(f"{sign} {count}" if short else counted(count, severity), role)]
    return tuple(parts)


def problem_lines(
    problems: Sequence[Problem], number: int | None, place: Place, width: int, keys: tuple[str, str], note: str
) -> list[Line]:
    """Return the two lines under the text: the problem that is meant, and how many there are. `keys`: to fix, to go on."""
    fix, onward = keys
    if number is None:
        return [line(Span("✓ ", "ok"), Span("No problems.", "muted"), right=((note, "muted"),) if note else ())]
    problem = problems[number]
    sign, role = SIGNS[problem.severity]
    row, column = place(problem.start)
    head = (Span(f"{sign} ", role), Span(f"{row + 1}:{column + 1} ", "muted"))
    offer = (Span(fix, "bold text"), Span(" fix")) if problem.fix and fix else ()
    go_on = (Span(onward, "muted"), Span(" next", "muted")) if onward and len(problems) > 1 else ()
    room = width - width_of(head) - (width_of(offer) + 2 if offer else 0)
    first, *more = wrapped(problem.message, max(room, 12))
    lines = [_with_sign(head, first.left, offer)]
    if not more:
        counts = tally(problems)
        said = (Span("  " + note, "muted"),) if note else ()
        return [*lines, Line((*counts, *said), go_on)]
    indent = Span(" " * width_of(head))
    rest = " ".join("".join(part.text for part in each.left) for each in more)
    counts = (*tally(problems, short=True), Span("  ")) if len(problems) > 1 else ()
    return [*lines, Line((indent, Span(rest)), (*counts, *go_on))]


def _with_sign(head: tuple[Span, ...], said: tuple[Span, ...], right: tuple[Span, ...]) -> Line:
    return Line((*head, *said), right)


class ProblemList(Sheet, can_focus=True):
    """All problems in whole sentences; the one that is meant stands out. The keys of a list go from one to the next."""

    @dataclass
    class Wanted(Message):
        """Another problem is meant: by its number, or the next (`by` 1) or previous one."""

        number: int | None = None
        by: int = 0

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 -- Textual's name
        super().__init__(id=id)
        self._owners: list[int | None] = []
        self._chosen: int | None = None

    def show_problems(
        self, problems: Sequence[Problem], number: int | None, place: Place, fix_key: str, notes: Sequence[Line]
    ) -> None:
        """Show these problems; `notes` stand above them."""
        self._chosen = number

        def build(width: int) -> list[Line]:
            lines = list(notes)
            self._owners = [None] * len(lines)
            for each, problem in enumerate(problems):
                block = _block(problem, place, width, fix_key if each == number else "")
                block += [Line()] if each < len(problems) - 1 else []
                lines += block
                self._owners += [each] * len(block)
            return lines

        self.show(build)
        self.refresh()
        self._bring_into_sight()

    def _bring_into_sight(self) -> None:
        mine = [row for row, owner in enumerate(self._owners) if owner == self._chosen is not None]
        if mine:
            top, height = self.scroll_offset.y, max(self.size.height, 1)
            if mine[0] < top or mine[-1] >= top + height:
                self.scroll_to(y=max(min(mine[0], mine[-1] - height + 1), 0), animate=False, immediate=True)

    def content_line(self, number: int) -> Strip:
        first = self._owners[number] is not None and self._owners[number] == self._chosen
        first = first and (number == 0 or self._owners[number - 1] != self._chosen)
        drawn = self.lines[number]
        if first:
            drawn = replace(drawn, marked=self.has_focus)
        ground = ("cursor" if self.has_focus else "cursor_blurred") if first else ""
        return self.draw(drawn, ground=ground)

    def scroll_down(self, **_how: Any) -> None:
        """Go to the next problem: what `down` does in a list."""
        self.post_message(self.Wanted(by=1))

    def scroll_up(self, **_how: Any) -> None:
        """Go to the previous problem."""
        self.post_message(self.Wanted(by=-1))

    def on_click(self, event: events.Click) -> None:
        row = event.y + self.scroll_offset.y
        if 0 <= row < len(self._owners) and self._owners[row] is not None:
            self.post_message(self.Wanted(self._owners[row]))

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()


def _block(problem: Problem, place: Place, width: int, fix_key: str) -> list[Line]:
    """Lay a problem out: its sign and place, its sentence, and what its fix does."""
    sign, role = SIGNS[problem.severity]
    row, column = place(problem.start)
    at = f"{row + 1}:{column + 1}"
    indent = max(len(at), 4) + 1
    texts = wrapped(problem.message, width - 2 - indent)
    lines = [
        Line((Span(f"{sign} ", role), Span(f"{at:<{indent}}", "muted"), *texts[0].left)),
        *(Line((Span(" " * (2 + indent)), *each.left)) for each in texts[1:]),
    ]
    if problem.fix:
        told = f"{fix_key}  {problem.fix}" if fix_key else f"fix: {problem.fix}"
        lines += [Line((Span(" " * (2 + indent)), *each.left)) for each in wrapped(told, width - 2 - indent, "muted")]
    return lines
