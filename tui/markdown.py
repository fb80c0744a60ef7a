"""Lines of a page of Markdown, as the guide writes it: headings, paragraphs, lists, tables, code. Not for other people's texts."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from tui.drawing import Line, Span, heading, wrapped

__all__ = ["markdown_lines"]

_MARKS = re.compile(r"\*\*(.+?)\*\*|\[([^\]]+)\]\([^)]+\)")
_ITEM = re.compile(r"(- |[0-9]+\. )(.*)")
_CELLS = re.compile(r"(?<!\\)\|")
_WIDEST_CELL = 28
_LEAST_LAST = 24


def markdown_lines(text: str, width: int) -> list[Line]:
    """Return the lines of a page at a width; paragraphs are filled anew, code and its line breaks stay."""
    return [each for block in _blocks(text) for each in (*_block_lines(block, width), Line())]


def _blocks(text: str) -> Iterator[list[str]]:
    """Yield the blocks of a page, which blank lines part; one of code is whole, whatever is in it."""
    block: list[str] = []
    is_code = False
    for line in text.splitlines():
        if line.startswith("```"):
            is_code = not is_code
            if is_code and block:
                yield block
                block = []
        if line or is_code:
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _block_lines(block: Sequence[str], width: int) -> Iterator[Line]:
    first = block[0]
    if first.startswith("```"):
        yield from (Line((Span("  " + line, "accent"),)) for line in block[1:-1])
    elif first.startswith("# "):
        yield heading(first[2:])
    elif first.startswith("#"):
        yield from wrapped(_plain(first.lstrip("#").strip()), width, "bold text")
    elif first.startswith("|"):
        yield from _table_lines(block, width)
    else:
        yield from _paragraph_lines(block, width)


def _paragraph_lines(block: Sequence[str], width: int) -> Iterator[Line]:
    """Yield a paragraph, or the items of a list, each with its mark in front."""
    marks: list[str] = []
    texts: list[str] = []
    for line in block:
        item = _ITEM.match(line)
        if item or not texts:
            marks.append(item[1] if item else "")
            texts.append(item[2] if item else line.strip())
        else:
            texts[-1] += " " + line.strip()
    for mark, text in zip(marks, texts, strict=True):
        lines = wrapped(_plain(text), width, indent=len(mark))
        for number, each in enumerate(lines):
            (span,) = each.left
            yield Line((Span(mark + span.text[len(mark) :], span.style),)) if mark and not number else each


def _table_lines(block: Sequence[str], width: int) -> Iterator[Line]:
    """Yield a table; where its last column has too little room, each row becomes a paragraph."""
    head, _rule, *body = ([_plain(cell.strip()) for cell in _CELLS.split(line.strip())[1:-1]] for line in block)
    rows = [head, *body]
    widths = [min(max(cell_len(row[place]) for row in rows), _WIDEST_CELL) for place in range(len(head) - 1)]
    last = width - 3 - sum(widths) - 2 * len(widths)
    for number, row in enumerate(rows):
        style = "muted" if number == 0 else "text"
        if last >= _LEAST_LAST:
            yield from _row_lines(row, [*widths, last], style)
        elif number:
            yield from wrapped(" · ".join(filter(None, row)), width)


def _row_lines(row: Sequence[str], widths: Sequence[int], style: str) -> Iterator[Line]:
    cells = [textwrap.wrap(cell, width, break_on_hyphens=False) for cell, width in zip(row, widths, strict=True)]
    for number in range(max(1, *map(len, cells))):
        texts = [cell[number] if number < len(cell) else "" for cell in cells]
        padded = [text + " " * (width - cell_len(text)) for text, width in zip(texts, widths, strict=True)]
        yield Line((Span("  ".join(padded).rstrip(), style),))


def _plain(text: str) -> str:
    """Return a text without the marks of bold and of links; backticks stay, for they show where a command ends."""
    return _MARKS.sub(lambda found: found[1] or found[2], text).replace("\\|", "|")
