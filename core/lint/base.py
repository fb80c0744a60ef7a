"""What a rule is given, and what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sqlglot import exp

from core.calls.fields import Place
from core.lint.times import Comparison
from core.model import CallType, Finding, Kind, Severity
from core.query import OutputColumn, Query
from core.query.catalogue import Catalogue
from core.query.relations import Level

__all__ = ["Context", "Mapped", "Neighbour", "Pace", "Receiver", "Rule", "reported"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """An output column, where it goes, and the field that it would be if its name were spelled right."""

    column: OutputColumn
    place: Place
    near: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a sync runs, and what its last full runs were like: seconds between starts, seconds a run took, rows it read."""

    every: float
    took: float | None = None
    rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A destination of the sync: its name and type, how many columns it takes, and what its plug-in says of calls."""

    name: str
    type: str
    columns: int = 300
    group_needs_user: bool = False
    semantic_events: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another sync of the project: `ids` are its id fields with the kind of their values, `traits` the tables of each trait.

    `destinations` are names; a trait is a name, its tables 'schema.table', or as they are written where there is no catalogue.
    """

    name: str
    call: CallType
    destinations: tuple[str, ...] = ()
    ids: Mapping[str, Kind] = field(default_factory=dict)
    traits: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a query is for.

    `call` is None where the query stands alone; rules about fields then find nothing. `columns` is the sync's
    [columns]: the name of a query's column, as the warehouse gives it, to the field that it becomes. `disabled` are rules that the
    project switched off. `catalogue` has the source's tables, None where it was never read. `receivers` are the
    sync's destinations; `pace` and `neighbours` what the project knows. `levels` are the query's selects,
    `comparisons` those with {{last_sync_time}}, `mapped` its columns with their fields; lint itself fills them in.
    """

    dialect: str
    call: CallType | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    disabled: tuple[str, ...] = ()
    catalogue: Catalogue | None = None
    receivers: tuple[Receiver, ...] = ()
    pace: Pace | None = None
    neighbours: tuple[Neighbour, ...] = ()
    levels: tuple[Level, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    mapped: tuple[Mapped, ...] | None = None

    @property
    def outer(self) -> Level | None:
        """Return the select that names the result's columns (the first branch of a UNION), None where there is no query."""
        outer = [each for each in self.levels if each.role in ("root", "union")]
        return outer[0] if outer else None

    def level_of(self, node: exp.Expr) -> Level | None:
        """Return the select that a part of the query belongs to."""
        return self._level_of_node.get(id(node)) or self._level_of_select.get(id(node.find_ancestor(exp.Select)))

    @cached_property
    def with_placeholder(self) -> frozenset[int]:
        """The ids of all parts of the query that have something in them that is compared with the placeholder."""
        found: set[int] = set()
        for comparison in self.comparisons:
            node: exp.Expr | None = comparison.node
            while node is not None and id(node) not in found:
                found.add(id(node))
                node = node.parent
        return frozenset(found)

    @cached_property
    def _level_of_node(self) -> Mapping[int, Level]:
        return {id(node): level for level in self.levels for node in level.nodes}

    @cached_property
    def _level_of_select(self) -> Mapping[int, Level]:
        return {id(level.select): level for level in self.levels}

    def kind(self, node: exp.Expr) -> Kind | None:
        """Return the kind of a plain column, None where it is unknown."""
        level = self.level_of(node)
        return level.kind(node) if level else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: its name, its usual severity, its page, its check, and the dialects in which it can find something."""

    name: str
    severity: Severity
    page: str
    dialects: tuple[str, ...]
    check: Callable[[Query, Context], Iterable[Finding]]


def reported(query: Query, rule: str) -> Iterator[Finding]:
    """Return what query.parse itself found under a rule's name: the rule's file is then the page only."""
    return (found for found in query.findings if found.rule == rule)
