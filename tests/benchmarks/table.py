"""The table: a line for each thing that was promised, with its target, what was measured, and whether it is met.

What was measured is kept part by part in results.json, so that one part can be measured again without the others; the table shows
all that is there, and says of what day each part is where they differ.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = [
    "BEGIN",
    "END",
    "Measured",
    "Row",
    "as_json",
    "kept",
    "markdown",
    "of_ratios",
    "placed",
    "rows_in_words",
    "skipped",
]

BEGIN, END = "<!-- the benchmarks' table: written by python -m tests.benchmarks --write -->", "<!-- its end -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table. `met` is None where there is no target, or where it could not be measured."""

    what: str
    target: str
    measured: str
    ratio: str = ""
    met: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a part has measured: its lines, and all numbers behind them."""

    rows: tuple[Row, ...]
    numbers: Mapping[str, Any] = field(default_factory=dict)


def skipped(what: str, target: str) -> Row:
    """Return the line of what could not be measured, since what it needs could not be installed here."""
    return Row(what=what, target=target, measured="not measured: its environment cannot be made here")


def of_ratios(ratios: Sequence[float], best: Callable[[Sequence[float]], float]) -> tuple[float, str]:
    """Return the median of ratios, by which a target is judged, and it in words, with the best (`max` or `min`) beside it."""
    middle = statistics.median(ratios)
    return middle, f"{middle:.2f} (best {best(ratios):.2f} of {len(ratios)})"


def rows_in_words(rows: int) -> str:
    """Return 1000000 as 1 million, and what is no round number of them with commas."""
    millions = rows / 1_000_000
    return f"{millions:g} million" if rows >= 1_000_000 and rows % 100_000 == 0 else f"{rows:,}"


def markdown(results: Mapping[str, Mapping[str, Any]], order: Sequence[str]) -> str:
    """Return the table of all parts in their order, and under it when and on what they were measured."""
    lines = ["| what | target | measured | ratio | met |", "| --- | --- | --- | --- | --- |"]
    words = {True: "yes", False: "**no**", None: "–"}
    for name in order:
        for row in results.get(name, {}).get("rows", ()):
            told = (row["what"], row["target"], row["measured"], row["ratio"], words[row["met"]])
            lines.append("| " + " | ".join(text.replace("|", "\\|") for text in told) + " |")
    return "\n".join([*lines, "", *_circumstances(results, order)])


def _circumstances(results: Mapping[str, Mapping[str, Any]], order: Sequence[str]) -> list[str]:
    """Say under which circumstances parts were measured: one line where they are the same for all."""
    found: dict[str, list[str]] = {}
    for name in order:
        if part := results.get(name):
            cores = f"{part['cores']} cores ({part['processor']}), a load of {part['load']:.1f} at the beginning"
            found.setdefault(f"Measured on {part['date']}: {cores}; {part['versions']}.", []).append(name)
    if len(found) == 1:
        return list(found)
    return [f"- {', '.join(names)}: {words}" for words, names in found.items()]


def placed(text: str, table: str) -> str:
    """Put the table between its two marks in a text. Raises ValueError where they are not there."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the text has no place for the table: the two marks are missing")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def as_json(measured: Measured, circumstances: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part as it is kept: seconds to a tenth of a millisecond."""
    numbers = json.loads(json.dumps(measured.numbers), parse_float=lambda text: round(float(text), 4))
    return {**circumstances, "rows": [asdict(row) for row in measured.rows], "numbers": numbers}


def kept(file: Path) -> dict[str, Any]:
    """Read what was measured before; nothing where there is no file yet."""
    return json.loads(file.read_text("utf-8")) if file.exists() else {}
