"""What a rule is given, and what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from core.model import CallType, Finding, Kind, Severity
from core.query import Query

__all__ = ["Context", "Rule", "reported"]


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a query is for.

    `call` is None where the query stands alone; rules about fields then find nothing. `columns` is the sync's
    [columns]: the name of a query's column, as the warehouse gives it, to the field that it becomes. `types` are
    the kinds of the catalogue's columns, by folded name, of the tables that the query reads; None where unknown.
    `disabled` are rules that the project switched off.
    """

    dialect: str
    call: CallType | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    disabled: tuple[str, ...] = ()
    types: Mapping[str, Kind] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: its name, its usual severity, its page, and its check."""

    name: str
    severity: Severity
    page: str
    check: Callable[[Query, Context], Iterable[Finding]]


def reported(query: Query, rule: str) -> Iterator[Finding]:
    """Give what query.parse itself found under a rule's name: the rule's file is then the page only."""
    return (found for found in query.findings if found.rule == rule)
