"""Cells of a CSV: a spreadsheet runs what looks like a formula (https://owasp.org/www-community/attacks/CSV_Injection).

A CSV is what people open in one, so its cells get an apostrophe there. Data for machines has to stay as it is: JSON lines and Parquet, which
each list that is saved has as well, keep every value. Numbers with a sign are none of it.
"""

from __future__ import annotations

import re

__all__ = ["FORMULA", "NUMBER", "cell"]

FORMULA = r"^[=+\-@\t\r＝＋－＠]"
"""What a spreadsheet takes for a formula."""
NUMBER = r"^[+-]?[0-9.]+$"


def cell(text: str) -> str:
    """Write a cell."""
    return f"'{text}" if re.match(FORMULA, text) and not re.fullmatch(NUMBER, text) else text
