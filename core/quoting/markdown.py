"""Markdown, as GitHub reads it (CommonMark, with tables): a text from outside is a code span.

Escapes would not do: an @mention, an issue's number or an address is found in the text after Markdown was read, wherever it is not code.
"""

from __future__ import annotations

import re

from core.control_chars import escape_control_chars

__all__ = ["code"]


def code(text: object, *, most: int | None = None) -> str:
    """Write a text as a code span of one line, in which nothing means anything; of at most `most` characters."""
    plain = escape_control_chars(text, most=most)
    if not plain.strip(" "):
        return "(empty)" if not plain else "(blanks)"
    fence = "`" * (max((len(run) for run in re.findall("`+", plain)), default=0) + 1)
    blank = " " if plain[0] in "` " or plain[-1] in "` " else ""
    return f"{fence}{blank}{plain}{blank}{fence}"
