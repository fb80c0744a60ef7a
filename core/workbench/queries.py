"""What is asked about the text of a query, without a warehouse: lint, fix, rule, format, complete, keywords."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.calls.fields import CALLS
from core.complete import complete
from core.context import context_of
from core.errors import UsageError
from core.lint import Context, apply_fixes, fix_all, lint, page, rules
from core.lint.base import Mapped
from core.lint.columns import mapped
from core.model import CallType, Finding, Severity
from core.query import DIALECTS, Query, parse
from core.query.dangerous import reason_to_refuse
from core.query.layout import laid_out
from core.workbench.request import Request, named

__all__ = ["complete_query", "dialect_words", "fix_query", "format_query", "lint_query", "rule_page", "warm"]

_MOST_FIELDS = 1_000
"""So many columns are told with their fields: no destination takes more, and rule too-many-columns says so."""

_WORD = re.compile(r"[A-Z][A-Z_]*")
_FUNCTION = re.compile(r"[A-Z][A-Z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """A query: of a sync, or of its own. What is given goes before what the sync's files say."""

    sync: str = ""
    source: str = ""
    dialect: str = ""
    call: CallType | None = None
    columns: dict[str, str] | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    rule: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fix(_About):
    which: str | _Place = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Complete(_About):
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Format:
    dialect: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dialect:
    dialect: str


def warm(_request: Request) -> Mapping[str, Any]:
    """Import what lint needs (this module has), and use it once."""
    lint("SELECT 1", Context(dialect="postgres"))
    return {"rules": len(rules())}


def lint_query(request: Request) -> Mapping[str, Any]:
    """Find what is wrong with a query, and say where each of its columns goes. `readable`: it is one query, as far as parsing tells."""
    text, context = _context(request, request.asked(_About))
    query = parse(text, context.dialect)
    return {
        "findings": [asdict(found) for found in lint(text, context, query)],
        "fields": _fields(query, context),
        "incremental": query.incremental,
        "readable": not any(found.severity is Severity.ERROR for found in query.findings),
        "dialect": context.dialect,
    }


def fix_query(request: Request) -> Mapping[str, Any]:
    """Fix one finding, or all that are certain, until nothing certain is left."""
    asked = request.asked(_Fix)
    text, context = _context(request, asked)
    if isinstance(asked.which, _Place):
        chosen = [found for found in lint(text, context) if found.fix and _is_at(found, asked.which)][:1]
        if not chosen:
            raise UsageError("There is nothing to fix here.", remedy="The text has changed: look again.")
        return {"text": apply_fixes(text, chosen), "fixed": 1}
    if asked.which != "all":
        raise UsageError('fix: which is "all", or a rule and a start.')
    after, fixed = fix_all(text, context)
    return {"text": after, "fixed": fixed}


def rule_page(request: Request) -> Mapping[str, Any]:
    """Return a rule's page."""
    return {"page": page(request.asked(_Rule).name)}


def format_query(request: Request) -> Mapping[str, Any]:
    """Lay a query out; only its spaces and line ends change."""
    asked = request.asked(_Format)
    return {"text": laid_out(parse(asked.text, _known(asked.dialect)))}


def complete_query(request: Request) -> Mapping[str, Any]:
    """Return what can be typed at an offset, best first."""
    asked = request.asked(_Complete)
    text, context = _context(request, asked)
    return {"candidates": [asdict(candidate) for candidate in complete(text, asked.offset, context)]}


def dialect_words(request: Request) -> Mapping[str, Any]:
    """Return the words of a dialect, upper case: its keywords, and the functions that a query may call."""
    from sqlglot.dialects.dialect import Dialect

    name = _known(request.asked(_Dialect).dialect)
    dialect = Dialect.get_or_raise(name)
    words = {word for key in dialect.tokenizer_class.KEYWORDS for word in key.split() if _WORD.fullmatch(word)}
    functions = {function for function in dialect.parser_class.FUNCTIONS if _FUNCTION.fullmatch(function)}
    allowed = (function for function in functions if not reason_to_refuse(name, (function,)))
    return {"keywords": sorted(words), "functions": sorted(allowed)}


def _context(request: Request, asked: _About) -> tuple[str, Context]:
    """Return the text that is asked about, and what it is for."""
    project = request.unchanged_project() if asked.sync or asked.source else None
    sync = named(project, project.syncs, "sync", asked.sync) if project and asked.sync else None
    if project and asked.source and not asked.dialect:
        named(project, project.sources, "source", asked.source)
    if not (asked.sync or asked.source or asked.dialect):
        raise UsageError(f"{request.do} needs a sync, a source or a dialect.")
    text = asked.text if asked.text is not None else sync.query if sync else ""
    return text, context_of(
        project, sync=sync, source=asked.source, dialect=asked.dialect, call=asked.call, columns=asked.columns
    )


def _known(dialect: str) -> str:
    if dialect not in DIALECTS:
        raise UsageError(f"There is no dialect {dialect[:40]!r}.", remedy=f"Known: {', '.join(DIALECTS)}.")
    return dialect


def _is_at(found: Finding, place: _Place) -> bool:
    return (found.rule, found.start) == (place.rule, place.start)


def _fields(query: Query, context: Context) -> list[dict[str, Any]] | None:
    """Say where each output column goes; None where the columns or the call are not known."""
    if context.call is None or query.columns is None:
        return None
    found = list(mapped(query, context))
    keys = set(_key(context.call, found))
    return [
        {
            "column": each.column.name,
            "path": ".".join(each.place.path) or None,
            "key": each.place.path in keys,
            "problem": each.place.problem,
            "start": each.column.start,
            "end": each.column.end,
        }
        for each in found[:_MOST_FIELDS]
    ]


def _key(call: CallType, found: list[Mapped]) -> Iterator[tuple[str, ...]]:
    """Yield the paths of the fields that identify a row, as core.calls.mapper chooses them."""
    fields = CALLS[call]
    paths = {each.place.path for each in found}
    for names in fields.keys or ((("messageId",),) if fields.own_message_id else ()):
        present = [path for name in names for path in ((name,), (fields.bag or "", name)) if path in paths]
        present = [path for path in present if len(path) == 1 or path[1] == "email"]
        if present:
            yield from present
            return
