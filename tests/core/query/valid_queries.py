"""Reads the files of valid queries in valid/: blocks between empty lines; one that ends in a semicolon is a query."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["LINT_ONLY", "ValidQuery", "schema_of", "valid_queries"]

FOLDER = Path(__file__).parent / "valid"
_MARK = re.compile(r"\A-- only lint: it needs (?:version (?P<version>\d+)|.*)\n")
_EVERY = 0
LINT_ONLY = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidQuery:
    """A query with its place in the file, and the first version of the server that can run it (`LINT_ONLY`: it is only linted)."""

    line: int
    text: str
    version: int


def valid_queries(dialect: str) -> tuple[ValidQuery, ...]:
    """Return the queries of a dialect."""
    text = (FOLDER / f"{dialect}.sql").read_text("utf-8")
    found = []
    for match in re.finditer(r"(?:^(?!\n).*\n)+", text, re.MULTILINE):
        block = match.group().rstrip()
        if block.endswith(";") and not block.startswith("-- Valid"):
            line = text.count("\n", 0, match.start()) + 1
            mark = _MARK.match(block)
            version = _EVERY if mark is None else int(mark["version"] or LINT_ONLY)
            found.append(ValidQuery(line=line, text=_MARK.sub("", block).removesuffix(";"), version=version))
    return tuple(found)


def schema_of(dialect: str) -> str:
    """Return the statements that make the tables of a dialect's queries: the comments below `-- schema`."""
    text = (FOLDER / f"{dialect}.sql").read_text("utf-8")
    first = text[: text.index("\n\n")]
    return "\n".join(line.removeprefix("-- ") for line in first.split("-- schema\n", 1)[1].splitlines())
