"""SQL text to Query: the placeholder, the dialect, the folding of names, and the read-only check.

    core.scan       text -> code, strings, quoted identifiers, comments
    characters.py   -> what looks like SQL and is not: typographic quotes, foreign spaces
    placeholder.py  -> where {{last_sync_time}} stands, and what only looks like it
    syntax.py       -> one tree, or the exact place where it fails (gaps.py: what the parser does not know)
    unparsed.py     -> proves without a tree that a text is one query, where the warehouse's session is read-only by itself
    readonly.py     -> refuses what is no query or reaches outside (dangerous.py is its table)
    folding.py      -> the output columns as the warehouse names them
    layout.py       -> the same tokens in other lines
    catalogue.py    -> the tables of a source, found as its warehouse finds them
    levels.py       -> each SELECT, and where its columns come from (relations.py)

How the placeholder gets its value. The design says "through the syntax tree". Printing a tree back as SQL would change the
analyst's text (comments, spelling, what sqlglot does not know), and with it every place in the warehouse's errors.
So the text stays, and the tree is the guard: the placeholder is replaced by an integer padded with spaces to the
placeholder's own length (at least 18 characters, more than any time needs), so that each line, column and offset is
still the analyst's. That each value became an integer literal is checked when the query is parsed (with numbers
that occur nowhere else in it), and again on the rendered text, whose tree must be the same but for the value.

Rendered text is safe to stand inside parentheses: what follows its last token (semicolons, comments) is blanked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property

from sqlglot import Token, exp

from core.errors import QueryError
from core.model import Finding, Severity
from core.query import characters, placeholder, readonly, syntax, unparsed
from core.query.output_names import OutputColumn, fold, naming_select, output_columns
from core.query.place import finding, fix, line_and_column
from core.query.placeholder import NAME, PLACEHOLDER
from core.query.relations import key_of
from core.scan import Piece, PieceKind, scan

__all__ = [
    "DIALECTS",
    "NAME",
    "PLACEHOLDER",
    "OutputColumn",
    "Piece",
    "PieceKind",
    "Query",
    "finding",
    "fix",
    "fold",
    "line_and_column",
    "naming_select",
    "parse",
]

DIALECTS = ("duckdb", "postgres", "redshift", "snowflake", "bigquery")

_FIRST_STAND_IN = 100_000_000_000_000
_DIGITS = len(str(_FIRST_STAND_IN))
_LONG_NUMBER = re.compile(rf"(?=[0-9]{{{_DIGITS}}})")
"""Each place at which as many digits stand as a stand-in has."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """A query as far as it could be understood.

    `incremental` says that it has a real placeholder. `columns` are its output columns, None where they are unknown.
    `placeholders` are the spans of the real placeholders, `tokens` sqlglot's tokens and `tree` its expression, in
    which a number stands for each placeholder (`stands_for_placeholder` tells which); None where there is none.
    """

    text: str
    dialect: str
    incremental: bool = False
    columns: tuple[OutputColumn, ...] | None = None
    findings: tuple[Finding, ...] = ()
    placeholders: tuple[tuple[int, int], ...] = ()
    stand_ins: tuple[str, ...] = field(default=(), repr=False)
    pieces: tuple[Piece, ...] = field(default=(), repr=False)
    tokens: tuple[Token, ...] = field(default=(), repr=False, compare=False)
    tree: exp.Expr | None = field(default=None, repr=False, compare=False)
    is_proven: bool = False
    """Whether it is certainly one query although there is no tree."""

    @property
    def is_query(self) -> bool:
        """Whether it is one query, as far as it could be understood."""
        return self.tree is not None or self.is_proven

    @property
    def is_ordered(self) -> bool:
        """Whether its outermost SELECT has an ORDER BY, as its tokens show: a query without a tree may have one, too."""
        return syntax.is_ordered(self.tokens)

    def stands_for_placeholder(self, node: exp.Expr) -> bool:
        """Tell whether a node of the tree is the number that stands for a placeholder."""
        return self.place_of(node) is not None

    def place_of(self, node: exp.Expr) -> tuple[int, int] | None:
        """Give the span of the placeholder that a node stands for, None where it stands for none; numbers in its place are found nowhere else."""
        number = node.this if isinstance(node, exp.Literal) and len(node.this) == _DIGITS else None
        return self.placeholders[self.stand_ins.index(number)] if number in self.stand_ins else None

    @cached_property
    def plain_columns(self) -> Mapping[str, tuple[exp.Column, ...]]:
        """The columns that are written without a table, by their keys (core.query.catalogue)."""
        found: dict[str, list[exp.Column]] = {}
        for column in self.tree.find_all(exp.Column) if self.tree is not None else ():
            if isinstance(column.this, exp.Identifier) and not column.args.get("table") and "start" in column.this.meta:
                found.setdefault(key_of(column.this, self.dialect), []).append(column)
        return {key: tuple(columns) for key, columns in found.items()}

    def render(self, last_sync_time: int) -> str:
        """Give the text with its placeholders replaced by a Unix time, ready to stand inside parentheses.

        Raises QueryError where an error was found, ValueError for a time that is no whole number from 0 up.
        """
        if isinstance(last_sync_time, bool) or not isinstance(last_sync_time, int) or last_sync_time < 0:
            raise ValueError(f"last_sync_time is a whole number of seconds from 0 up, not {last_sync_time!r}")
        errors = tuple(found for found in self.findings if found.severity is Severity.ERROR)
        if errors or not self.is_query:
            first = f"{errors[0].message} (line {errors[0].line})" if errors else "it could not be read"
            raise QueryError(
                f"The query is refused: {first}", findings=errors, remedy="Run `backhaul lint` to see all findings."
            )
        value = str(last_sync_time)
        rendered = _fill(self.text, self.placeholders, [value] * len(self.placeholders))
        last = max(self.tokens[-1].end + 1, *(end for _start, end in self.placeholders), 0)
        rendered = _blank_from(rendered, last)
        self._guard(rendered, value)
        return rendered

    def _guard(self, rendered: str, value: str) -> None:
        """Check that the rendered text is the same tree, or without one the same tokens, but for the values."""
        pieces = scan(rendered, self.dialect)
        code = characters.find(rendered, pieces, self.dialect).code
        tokens, problem = syntax.tokenize(code, rendered, pieces, self.dialect)
        groups = syntax.statements(tokens)
        values = dict.fromkeys(self.stand_ins, value)
        is_same = problem is None and len(groups) == 1
        if is_same and self.tree is not None:
            tree = syntax.parse_statement(groups[0], code, rendered, self.dialect).tree
            is_same = tree is not None and _same(self.tree, tree, values)
        elif is_same:
            is_same = unparsed.same(self.tokens, groups[0], values)
        if not is_same:
            raise QueryError(f"The query does not read the same once {PLACEHOLDER} has its value, so it is not run.")


def parse(text: str, dialect: str) -> Query:
    """Understand a query as far as possible; never raises for any text."""
    if len(text) > syntax.LONGEST:
        message = f"The query has {len(text):,} characters; at most {syntax.LONGEST:,} are read."
        return Query(text=text, dialect=dialect, findings=(finding(text, "query-too-long", message, 0, 0),))
    pieces = scan(text, dialect)
    wrong = characters.find(text, pieces, dialect)
    found = placeholder.find(text, pieces)
    if found.too_many is not None:
        return Query(text=text, dialect=dialect, findings=(found.too_many,), pieces=pieces)
    stand_ins = _stand_ins(text, len(found.spans))
    code = _fill(_fill(wrong.code, found.spans, stand_ins), found.others, ["0"] * len(found.others))
    tokens, problem = syntax.tokenize(code, text, pieces, dialect)
    groups = syntax.statements(tokens)
    findings = [*wrong.findings, *found.findings]
    tree: exp.Expr | None = None
    is_proven = False
    if problem is not None:
        findings.append(problem)
    elif not groups and not found.others:
        findings.append(finding(text, "not-a-query", "There is no query yet.", 0, len(text)))
    elif groups:
        parsed = syntax.parse_statement(groups[0], code, text, dialect)
        if parsed.problem is not None and (wrong.are_wrong or found.others):
            parsed = syntax.Parsed()  # what is wrong with the text has been told
        elif parsed.problem is not None and len(groups) == 1:
            told = unparsed.check(groups[0], parsed, text, pieces, dialect)
            findings += told
            is_proven = all(each.severity is not Severity.ERROR for each in told)
            parsed = syntax.Parsed()
        tree = parsed.tree
        findings += _statement_findings(
            text, dialect=dialect, groups=groups, parsed=parsed, stand_ins=stand_ins, found=found
        )
        if is_proven:
            findings += unparsed.placeholders(text, groups[0], stand_ins, found.spans)
        tokens = groups[0]
    return Query(
        text=text,
        dialect=dialect,
        incremental=bool(found.spans),
        columns=None if tree is None else output_columns(tree, dialect),
        findings=tuple(sorted(findings, key=lambda found: (found.start, found.end, found.rule))),
        placeholders=found.spans,
        stand_ins=tuple(stand_ins),
        pieces=pieces,
        tokens=tuple(tokens),
        tree=tree,
        is_proven=is_proven,
    )


def _statement_findings(
    text: str,
    *,
    dialect: str,
    groups: list[list[Token]],
    parsed: syntax.Parsed,
    stand_ins: list[str],
    found: placeholder.Placeholders,
) -> Iterator[Finding]:
    """Find what is wrong with a text that has tokens."""
    if len(groups) > 1:
        second = groups[1]
        message = "A sync is one query; a second statement starts here."
        yield finding(text, "several-statements", message, second[0].start, second[-1].end + 1)
    if parsed.problem is not None:
        yield parsed.problem
    if parsed.tree is None:
        return
    nodes = tuple(parsed.tree.walk())
    yield from readonly.check(parsed.tree, nodes, groups[0], text, dialect)
    yield from _parameters(nodes, text, dialect, groups[0])
    literals = {node.this for node in nodes if isinstance(node, exp.Literal) and (not node.is_string or _counts(node))}
    for stand_in, (start, end) in zip(stand_ins, found.spans, strict=True):
        if stand_in not in literals and len(groups) == 1:
            message = f"{PLACEHOLDER} is a number, and no number can stand here."
            yield finding(text, "unknown-placeholder", message, start, end)


def _counts(node: exp.Expr) -> bool:
    """Tell whether a string literal is a number of an interval, which sqlglot turns into text.

    On BigQuery the interval of TIMESTAMP_ADD(..., INTERVAL 5 SECOND) has no node of its own.
    """
    added = isinstance(node.parent, exp.TimeUnit) and node.arg_key == "expression"
    return added or isinstance(node.parent, exp.Interval)


def _parameters(nodes: tuple[exp.Expr, ...], text: str, dialect: str, tokens: list[Token]) -> Iterator[Finding]:
    """Find `?`, `:name`, `@name` and `$name`, which other tools fill in and nobody does here.

    For Postgres and those after it `@` is an operator, the absolute value: only what looks like the placeholder is none there.
    """
    names = {
        node.name
        for node in nodes
        if isinstance(node, exp.Placeholder | exp.Parameter)
        if not isinstance(node.parent, exp.Parameter) and not isinstance(node.this, exp.Parameter)  # @@system_variable
        if not (dialect == "snowflake" and isinstance(node.this, exp.Literal))  # there $1 is the first column
    }
    if dialect in ("postgres", "redshift", "duckdb"):
        names |= {token.text for token in tokens if get_close_matches(token.text.lower(), [NAME], n=1, cutoff=0.75)}
    if not names:
        return
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        mark = text[token.start : token.start + 1]
        if not mark:
            continue  # sqlglot gives what follows EXPLAIN as one text, with a place behind it
        if mark == "?" and names & {"", "?"}:
            end = token.end + 1
        elif mark in ":@$%" and after is not None and after.text in names and after.start == token.end + 1:
            end = after.end + 1
        else:
            continue
        message = f"Unbound parameter {text[token.start : end]!r}; the only placeholder is {PLACEHOLDER}."
        yield finding(text, "unknown-placeholder", message, token.start, end)


def _stand_ins(text: str, count: int) -> list[str]:
    """Give numbers that occur nowhere in the text, one for each placeholder, all shorter than a placeholder."""
    written = {text[match.start() : match.start() + _DIGITS] for match in _LONG_NUMBER.finditer(text)}
    start = _FIRST_STAND_IN
    while written and any(str(start + index) in written for index in range(count)):
        start += count
    return [str(start + index) for index in range(count)]


def _fill(text: str, spans: tuple[tuple[int, int], ...], values: list[str]) -> str:
    """Put values, padded with spaces, in place of spans, so that everything else keeps its offset."""
    parts, place = [], 0
    for (start, end), value in zip(spans, values, strict=True):
        parts += [text[place:start], value.ljust(end - start)]
        place = end
    return "".join([*parts, text[place:]])


def _blank_from(text: str, offset: int) -> str:
    """Turn everything from an offset on into spaces, keeping the line ends."""
    return text[:offset] + "".join(character if character == "\n" else " " for character in text[offset:])


def _same(pattern: exp.Expr, tree: exp.Expr, values: dict[str, str]) -> bool:
    """Tell whether two trees are the same, where each stand-in has become its value.

    Walks both side by side: comparing trees by `==` recurses, and a long chain of ORs would overrun the stack.
    """
    ours, theirs = pattern.walk(), tree.walk()
    for one, two in zip(ours, theirs, strict=False):
        if type(one) is not type(two):
            return False
        if isinstance(one, exp.Literal) and two.this != values.get(one.this, one.this):
            return False
        if isinstance(one, (exp.Identifier, exp.Var)) and one.this != two.this:
            return False
    return next(ours, None) is None and next(theirs, None) is None
