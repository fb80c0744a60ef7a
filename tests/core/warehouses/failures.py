"""The tables of failures: the shape of an entry, and how one is played. The entries stand in `test_<type>_failures.py`.

`python -m tests.core.warehouses.failures` prints them all as one table in Markdown: what can be wrong with a connection or a
query, at which step `check` stops, what Backhaul says of it and what it advises. What stands in braces is filled in when it is
played; what is said and advised may be a part of the sentence.
"""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from core.errors import BackhaulError, QueryFailedError
from core.warehouses import types

__all__ = ["Failure", "QueryFailure", "each", "filled", "play", "play_query", "said_twice", "secrets_of", "settings_of"]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A connection that fails: what is wrong, the step at which `check` stops, what is said, what is advised."""

    after_login: ClassVar[frozenset[str]]
    """The steps of this type that come after the login: what fails there lets a session open, so only `check` finds it."""

    what: str
    step: str
    says: str
    advises: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] | None = None
    """None: those that are right."""

    published: str = ""
    """Where the words that a stand-in plays back were published."""


@dataclass(frozen=True, kw_only=True)
class QueryFailure:
    """A query that is refused or given up: what is wrong, the query, what is said, what is advised, where."""

    step: ClassVar[str] = "query"
    what: str
    sql: str
    says: str
    advises: str
    at: str = ""
    """What stands in the query where the error is said to be; nothing where no place is known."""

    error: type[BackhaulError] = QueryFailedError
    settings: Mapping[str, Any] = field(default_factory=dict)
    published: str = ""


def each(failures: Sequence[Failure] | Sequence[QueryFailure]) -> pytest.MarkDecorator:
    """Run a test once for each `failure`."""
    return pytest.mark.parametrize("failure", failures, ids=lambda failure: failure.what)


def filled(text: str, names: Mapping[str, str]) -> str:
    """Fill in names; other braces stay as they are."""
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def settings_of(failure: Failure, names: Mapping[str, str]) -> dict[str, Any]:
    """Give the settings of an entry, filled in."""
    return {name: filled(value, names) if isinstance(value, str) else value for name, value in failure.settings.items()}


def secrets_of(failure: Failure, names: Mapping[str, str]) -> dict[str, str] | None:
    """Give the secrets of an entry, filled in; None where they are the right ones."""
    return None if failure.secrets is None else {name: filled(value, names) for name, value in failure.secrets.items()}


def play(failure: Failure, source: Any, names: Mapping[str, str], secrets: Iterable[str]) -> str:
    """Check what `check` and a session say of a failure, and that no secret is in it; gives the remedy."""
    says, advises = filled(failure.says, names), filled(failure.advises, names)
    *before, last = source.steps()
    assert all(step.passed is not False for step in before)
    assert (last.name, last.passed) == (failure.step, False)
    assert says in last.detail
    assert advises in last.remedy
    if failure.step not in failure.after_login:
        with pytest.raises(BackhaulError) as failed:
            source.open()
        assert says in failed.value.message
        assert advises in failed.value.remedy
        told = "".join(traceback.format_exception(failed.value)) + repr(failed.value)
        for secret in secrets:
            assert secret not in told
    return str(last.remedy)


def play_query(failure: QueryFailure, source: Any, names: Mapping[str, str]) -> str:
    """Check what is said of a query that fails; gives the remedy."""
    with source.open() as session, pytest.raises(failure.error) as failed:
        session.stream(failure.sql).batches.read_all()
    assert filled(failure.says, names) in failed.value.message
    assert filled(failure.advises, names) in failed.value.remedy
    if failure.at:
        assert isinstance(failed.value, QueryFailedError)
        assert failed.value.offset == failure.sql.index(failure.at)
    return failed.value.remedy


def said_twice(failures: Sequence[Failure]) -> set[str]:
    """Give what is said of more than one failure."""
    told = [failure.says for failure in failures]
    return {words for words in told if told.count(words) > 1}


def rows() -> Iterator[tuple[str, ...]]:
    """Give a row for each entry of each type: type, what is wrong, step, what is said, what is advised."""
    for kind in types():
        table = importlib.import_module(f"tests.core.warehouses.test_{kind}_failures")
        for failure in (*table.FAILURES, *table.QUERY_FAILURES):
            yield kind, failure.what, failure.step, failure.says, failure.advises


def markdown(lines: Iterable[Sequence[str]]) -> str:
    """Give a table in Markdown, with its head."""
    head = ("type", "what is wrong", "step", "says", "advises")
    cells = (
        [cell.replace("|", "\\|").replace("<", "\\<").replace("\n", " ") for cell in line]
        for line in [head, ["---"] * len(head), *lines]
    )
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


if __name__ == "__main__":
    print(markdown(rows()))
