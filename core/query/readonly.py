"""Refuses what is no query, what changes data, and functions and tables that reach outside the database.

This is one of two walls: a warehouse's session is read-only too. Functions are looked for in the tokens, not in the
tree: a name before a parenthesis is a call however sqlglot represents it (some 700 typed nodes, Anonymous, a Table
made of a function, quoted, behind a schema), so none of these forms can hide one.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from sqlglot import Token, TokenType, exp

from core.model import Finding, Severity
from core.query.dangerous import FILE_ENDING, NAMED_BY_TEXT, reason_to_refuse
from core.query.operators import KNOWN, OF_EXTENSIONS
from core.query.place import finding

__all__ = ["check", "functions", "is_file", "is_writing"]

_QUERY_STARTS = {"select", "with", "from", "table", "("}
_MORE_STARTS: Mapping[str, frozenset[str]] = {
    "postgres": frozenset({"values"}),
    "duckdb": frozenset({"values", "pivot", "unpivot"}),
    "snowflake": frozenset({"values"}),
}
_WRITES = re.compile(
    r"insert|update|delete|merge|create|drop|alter|truncate|grant|revoke|copy|replace|upsert|import|load"
    r"|install|attach|detach|export|unload|put|remove|rm|undrop|comment|vacuum|analyze|refresh|reindex"
    r"|cluster|checkpoint|call|execute|exec|do|begin|start|commit|rollback|savepoint|lock|set|reset|use"
    r"|pragma|declare|kill|notify|listen"
)
_MOST_OF_AN_OPERATOR = 80
"""So many words stand in the brackets of OPERATOR(...) at the most: its own name has 63 signs."""

_PLAIN_NAME = re.compile(r'[\w$]+(\.[\w$]+)*|"[^"@]+"')
_PATH = re.compile(r"[/\\:*?]")
_WRITING_NODES: tuple[type[exp.Expr], ...] = (
    exp.DML,
    exp.DDL,
    exp.Update,
    exp.Delete,
    exp.Merge,
    exp.Drop,
    exp.Alter,
    exp.Command,
    exp.Into,
    exp.Set,
    exp.Use,
    exp.Pragma,
    exp.Attach,
    exp.Detach,
    exp.Install,
    exp.Export,
    exp.LoadData,
    exp.TruncateTable,
    exp.Transaction,
    exp.Commit,
    exp.Rollback,
    exp.Declare,
    exp.Execute,
    exp.Cache,
    exp.Refresh,
    exp.Analyze,
    exp.Comment,
    exp.Grant,
    exp.Kill,
    exp.NextValueFor,
)


def check(
    tree: exp.Expr, nodes: Sequence[exp.Expr], tokens: Sequence[Token], text: str, dialect: str
) -> Iterator[Finding]:
    """Find what keeps a statement from being a harmless query; `nodes` are all of its tree, in the order of `walk`."""
    root = _root(tree, tokens, text, dialect)
    if root is not None:
        yield root
        return
    yield from _writing(nodes, tokens, text)
    if dialect == "snowflake":
        yield from _pipes(tokens, text)
    yield from functions(tokens, text, dialect)
    yield from _tables(nodes, tokens, text, dialect)


def _root(tree: exp.Expr, tokens: Sequence[Token], text: str, dialect: str) -> Finding | None:
    inner = tree
    while isinstance(inner, (exp.Subquery, exp.Paren)):
        inner = inner.this
    first = tokens[0]
    word = _written(first, text).lower()
    starts = _QUERY_STARTS | _MORE_STARTS.get(dialect, frozenset())
    kinds = (exp.Select, exp.SetOperation, exp.Values, *((exp.Pivot,) if dialect == "duckdb" else ()))
    if isinstance(inner, kinds) and word in starts:
        if isinstance(inner, exp.Select) and not inner.expressions:
            return finding(text, "syntax-error", "The SELECT names no columns.", first.start, first.end + 1)
        return None
    if _WRITES.fullmatch(word) or (word == "with" and isinstance(inner, (exp.DML, exp.DDL, exp.Command))):
        shown = type(inner).__name__.upper() if word == "with" else word.upper()
        message = f"{shown} is refused: a sync only reads. Write one SELECT."
        return finding(text, "writes", message, first.start, first.end + 1)
    close = get_close_matches(word, ["select", "with"], n=1, cutoff=0.7)
    hint = f" Did you mean {close[0].upper()}?" if close and close[0] != word else ""
    message = f"A sync needs one query, a SELECT; this begins with {_written(first, text)!r}.{hint}"
    return finding(text, "not-a-query", message, first.start, first.end + 1)


def _writing(nodes: Sequence[exp.Expr], tokens: Sequence[Token], text: str) -> Iterator[Finding]:
    """Find statements inside the query that write, lock or are unknown."""
    looked_at = {
        kind for kind in {type(node) for node in nodes} if issubclass(kind, (exp.CTE, exp.Lock, *_WRITING_NODES))
    }
    for node in nodes if looked_at else ():
        if type(node) not in looked_at:  # most nodes: asking each for all of the kinds took a tenth of the time
            continue
        if isinstance(node, exp.CTE) and not isinstance(node.this, (exp.Query, exp.Values, exp.Pivot)):
            shown = type(node.this).__name__.upper()
            start, end = _span(tokens, shown.lower())
            yield finding(text, "writes", f"{shown} inside WITH is refused: a sync only reads.", start, end)
        elif isinstance(node, exp.Lock):
            start, end = _span(tokens, "for")
            yield finding(text, "writes", "FOR UPDATE and FOR SHARE lock rows: a sync only reads.", start, end)
        elif isinstance(node, _WRITING_NODES) and not isinstance(node.parent, exp.CTE):
            shown = type(node).__name__.upper()
            start, end = _span(tokens, shown.lower())
            yield finding(text, "writes", f"{shown} is refused: a sync only reads.", start, end)


def _pipes(tokens: Sequence[Token], text: str) -> Iterator[Finding]:
    """Refuse Snowflake's `->>`, which runs another statement after this one; sqlglot reads it as JSON's operator.

    https://docs.snowflake.com/en/sql-reference/operators-flow
    """
    for token in tokens:
        if token.token_type is TokenType.DARROW:
            message = "->> runs a second statement: a sync is one query."
            yield finding(text, "several-statements", message, token.start, token.end + 1)


def is_writing(word: str) -> bool:
    """Return whether a word begins a statement that is no query."""
    return _WRITES.fullmatch(word) is not None


def functions(tokens: Sequence[Token], text: str, dialect: str) -> Iterator[Finding]:
    """Find calls of functions that are refused, and what calls a function without its name."""
    for index, token in enumerate(tokens):
        called = index + 1 < len(tokens) and tokens[index + 1].token_type is TokenType.L_PAREN
        sequence = dialect == "snowflake" and token.text.lower() == "nextval" and _after_dot(tokens, index)
        attribute = not called and dialect in ("postgres", "redshift") and _is_of_a_value(tokens, index)
        if not (called or sequence or attribute):
            continue
        path = (token.text,) if attribute else tuple(_path(tokens, index))
        reason = reason_to_refuse(dialect, path) if path else ""
        if reason:
            message = f"{path[-1]} is refused: {reason}."
            yield finding(text, "dangerous-function", message, token.start, token.end + 1)
    if dialect == "snowflake":
        yield from _named_tables(tokens, text)
    if dialect in ("postgres", "redshift", "duckdb"):
        yield from _unicode_names(tokens, text)
        yield from _named_operators(tokens, text)


def _named_tables(tokens: Sequence[Token], text: str) -> Iterator[Finding]:
    """Refuse Snowflake's `TABLE($name)`, and `TABLE('text')` where the text is no plain name of a table: it may be anything's.

    https://docs.snowflake.com/en/sql-reference/literals-table
    """
    for one, two, three in zip(tokens, tokens[1:], tokens[2:], strict=False):
        is_table = text[one.start : one.end + 1].lower() == "table" and two.token_type is TokenType.L_PAREN
        mark = text[three.start : three.start + 1]
        if is_table and (mark in ("$", ":", "?") or (mark == "'" and not _PLAIN_NAME.fullmatch(three.text))):
            message = f"TABLE(...) is refused: {NAMED_BY_TEXT}."
            yield finding(text, "dangerous-function", message, one.start, three.end + 1)


def _named_operators(tokens: Sequence[Token], text: str) -> Iterator[Finding]:
    """Refuse `OPERATOR(schema.+)` of a schema that is not Postgres's own: it can be bound to any function."""
    for place, token in enumerate(tokens):
        is_operator = text[token.start : token.end + 1].lower() == "operator" and place + 3 < len(tokens)
        if not is_operator or tokens[place + 1].token_type is not TokenType.L_PAREN:
            continue
        following = tokens[place + 1 : place + 1 + _MOST_OF_AN_OPERATOR]
        inside = list(itertools.takewhile(lambda one: one.token_type is not TokenType.R_PAREN, following))
        dots = [index for index, one in enumerate(inside) if one.token_type is TokenType.DOT]
        if not dots:
            continue
        schema = text[inside[1].start : inside[dots[-1] - 1].end + 1]
        is_own = schema == '"pg_catalog"' or schema.lower() == "pg_catalog"
        written = text[inside[dots[-1]].end + 1 : inside[-1].end + 1].strip()
        if written not in (KNOWN if is_own else OF_EXTENSIONS):
            message = f"The operator {schema}.{written} may be bound to any function; write the function itself."
            yield finding(text, "dangerous-function", message, token.start, inside[-1].end + 1)


def _unicode_names(tokens: Sequence[Token], text: str) -> Iterator[Finding]:
    """Refuse `U&"..."`: a name spelled in escapes could be any function's."""
    for one, two, three in zip(tokens, tokens[1:], tokens[2:], strict=False):
        near = one.end + 1 == two.start and two.end + 1 == three.start
        if near and one.text in "uU" and two.text == "&" and text[three.start] == '"':
            message = 'Names written as U&"..." are refused: they hide what they name.'
            yield finding(text, "dangerous-function", message, one.start, three.end + 1)


def _after_dot(tokens: Sequence[Token], index: int) -> bool:
    return index > 0 and tokens[index - 1].token_type is TokenType.DOT


def _is_of_a_value(tokens: Sequence[Token], index: int) -> bool:
    """Tell whether Postgres may take a name behind a dot for a call: `(value).name` is name(value) where the value has no such field.

    Before the dot stand brackets, or the name of a function in FROM. Names of tables look the same, so of what stands behind a name
    only what is called as functions of the server are counts.
    """
    if index < 2 or not _after_dot(tokens, index):
        return False
    before = tokens[index - 2]
    if before.token_type in (TokenType.R_PAREN, TokenType.R_BRACKET):
        return True
    return tokens[index].text.lower().startswith("pg_") and before.text.lower() != "pg_catalog"


def _path(tokens: Sequence[Token], index: int) -> Iterator[str]:
    """Give the parts of a dotted name that ends at `index`, first part first."""
    first = index
    while first >= 2 and _after_dot(tokens, first):
        first -= 2
    for token in tokens[first : index + 1 : 2]:
        yield token.text


def _tables(nodes: Sequence[exp.Expr], tokens: Sequence[Token], text: str, dialect: str) -> Iterator[Finding]:
    """Find tables that are files or stages."""
    if dialect not in ("duckdb", "snowflake"):
        return
    for table in nodes:
        if not isinstance(table, exp.Table):
            continue
        name = ".".join(part.name for part in table.parts if isinstance(part, (exp.Identifier, exp.Var, exp.Literal)))
        start, end = _table_span(table, tokens, text, name)
        is_text = text[start:end].startswith(("'", "$", "e'", "E'"))
        refused = (dialect == "duckdb" and (is_text or is_file(name))) or (
            dialect == "snowflake" and name.startswith("@")
        )
        if refused and dialect == "duckdb" and text[start:end] == f'"{name}"' and not _PATH.search(name):
            message = f"{name} may be a table or a file; if there is no such table, DuckDB refuses to read the file."
            yield finding(text, "dangerous-function", message, start, end, severity=Severity.WARNING)
        elif refused:
            what = "a stage" if dialect == "snowflake" else "a file"
            yield finding(text, "dangerous-function", f"{name} is {what}: a sync reads tables only.", start, end)


def is_file(name: str) -> bool:
    """Tell whether DuckDB may take a table's name for a file: it does so for `data.csv` even without quotes."""
    return _PATH.search(name) is not None or FILE_ENDING.search(name.lower()) is not None


def _table_span(table: exp.Table, tokens: Sequence[Token], text: str, name: str) -> tuple[int, int]:
    """Give the span of a table's name: what its parts say, else where the name first stands."""
    metas = [part.meta for part in table.parts if "start" in part.meta]
    if metas:
        return min(meta["start"] for meta in metas), max(meta["end"] for meta in metas) + 1
    place = text.find(name, tokens[0].start)
    return (place, place + len(name)) if place >= 0 else _span(tokens, name)


def _span(tokens: Sequence[Token], word: str) -> tuple[int, int]:
    """Give the span of a node: the first token that is `word`, else the statement."""
    for token in tokens:
        if token.text.lower() == word.lower():
            return token.start, token.end + 1
    return tokens[0].start, tokens[-1].end + 1


def _written(token: Token, text: str) -> str:
    return text[token.start : token.end + 1]
