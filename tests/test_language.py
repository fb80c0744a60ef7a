"""What people read says it in the words of the field: none of the words that only this project used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WORDS = {
    r"\bmend": "fix",
    r"\banew\b": "again, from scratch, as new",
    r"\b(take|takes|taken|took)( \w+){0,3} for delivered\b|\btaken for\b": "marked as",
    r"\ball the same\b": "anyway",
    r"\bswept\b": "collected",
    r"\bin (its|the) middle\b": "unexpectedly",
    r"\bwithout a word\b": "silently, unexpectedly",
    r"\bholds? signs\b": "contains characters",
    r"\bwhat stood there\b": "the previous text",
    r"\b(is|are|was|were) told\b": "is notified, is sent, is shown",
    r"\bhas the keys\b": "is focused",
    r"\blay .{1,20} out evenly\b": "format",
    r"\bthe last 1 run\b": "1 run so far",
    r"\bgo(es)? on all\b": "continue anyway",
    r"\b(runs?|it|daemon|delivery) (goes|go) on\b": "continues, is in progress",
    r"\bgive(n)? up\b": "discard",
    r"\bwhere it was\b": "is missing",
    r"\bwell again\b": "has recovered",
    r"\bsigns? of life\b": "heartbeat",
    r"\bdue moments?\b": "scheduled run",
    r"\blaid out\b": "formatted",
    r"\bmakes other people\b": "would create new profiles",
}
"""Patterns (in any case), and what is said instead."""

ALLOWED: frozenset[str] = frozenset()
"""Texts that may have such a word: it is somebody else's, or a name that is public."""


@cache
def texts() -> tuple[tuple[Path, int, str], ...]:
    """Return each text that has a space in it: messages, labels, help; of SQL its literals, of templates and of the web page each line. Docstrings are among them where they are a command's help."""
    return (*_in_python(), *_in_other_files())


def _in_other_files() -> Iterator[tuple[Path, int, str]]:
    for file in sorted((ROOT / "core").rglob("*.*")):
        if file.suffix not in (".sql", ".toml", ".html") or "demo" in file.parts:
            continue
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            for text in re.findall(r"'([^']* [^']*)'", line) if file.suffix == ".sql" else [line]:
                yield file, number, text


def _in_python() -> Iterator[tuple[Path, int, str]]:
    for top in ("core", "tui"):
        for file in sorted((ROOT / top).rglob("*.py")):
            tree = ast.parse(file.read_text("utf-8"))
            is_command = file.parent.name == "cli"
            inside = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and not is_command}
            for node in ast.walk(tree):
                is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside
                if is_text and " " in node.value.strip():
                    yield file, node.lineno, node.value


@pytest.mark.parametrize("pattern", WORDS)
def test_no_message_says_it_in_a_word_of_its_own(pattern: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: {text.strip()[:100]!r}"
        for file, line, text in texts()
        if re.search(pattern, text, re.IGNORECASE) and text not in ALLOWED
    ]
    assert not wrong, f"say {WORDS[pattern]}:\n" + "\n".join(wrong)
