"""Parses SQL with sqlglot, and says where it fails in the analyst's own text.

Traps of sqlglot that this module keeps from everyone else:

- errors carry line and column only; the token there gives the offset;
- the compiled parser overruns the C stack on thousands of nested subqueries or array<array<... instead of raising, and takes time that
  doubles with each join that has no ON: both are refused before parsing, with generous limits;
- what it does not know becomes a Command, with a line on stderr that would tear up a terminal's screen;
- it forgives doubled and trailing commas (rule stray-comma);
- the views of INFORMATION_SCHEMA in one name between backticks get a place without an end.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.parser import Parser

from core.model import Finding
from core.query.gaps import bridged
from core.query.place import finding
from core.scan import Piece, PieceKind, has_escapes, scan

__all__ = ["LONGEST", "Parsed", "is_ordered", "parse_statement", "quotes_disagree", "statements", "tokenize"]

LONGEST = 256 * 1024
"""The longest query, in characters."""

DEEPEST = 150
"""How deep brackets, and words that open something, may nest."""

JOINS_WITHOUT_CONDITION = 12
SUBSCRIPTS = 200

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

_OPENERS = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE}
_CLOSERS = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END}
_PREFIXES = {TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE, TokenType.INTERVAL, TokenType.ANY}
_PAIRS = {
    TokenType.L_PAREN: TokenType.R_PAREN,
    TokenType.L_BRACKET: TokenType.R_BRACKET,
    TokenType.L_BRACE: TokenType.R_BRACE,
}
_ORDERS = {TokenType.ORDER_BY, TokenType.ORDER_SIBLINGS_BY}
_INCOMPLETE = {
    TokenType.FROM,
    TokenType.WHERE,
    TokenType.AND,
    TokenType.OR,
    TokenType.ALIAS,
    TokenType.GROUP_BY,
    TokenType.ORDER_BY,
    TokenType.HAVING,
    TokenType.JOIN,
}
"""Words that never end a statement, nor stand before the next clause."""

_CONTEXTUAL_WORDS = """
    absent asof asymmetric at breadth by columns conditional content cycle depth document empty error escape exclude first following
    groups ignore indent keep keys last local locale locked materialized nested nfc nfd nfkc nfkd normalized nowait nulls
    object omit only option ordinality others over passing path percent placing positional preceding precision preserve quotes range
    recursive repeatable respect returning row rows sample scalar search similar skip standalone strip symmetric system ties
    to unbounded unconditional unique uescape value version whitespace within without wrapper xmlnamespaces yes zone
    """
_CONTEXTUAL = frozenset(_CONTEXTUAL_WORDS.split())
"""Words that mean something between names, in a place where the parser does not know them."""

_AFTER_CLAUSE = {
    TokenType.WHERE,
    TokenType.GROUP_BY,
    TokenType.ORDER_BY,
    TokenType.HAVING,
    TokenType.LIMIT,
    TokenType.UNION,
    TokenType.SEMICOLON,
}
_COUNTED = _OPENERS | _CLOSERS | _PREFIXES | {TokenType.JOIN, TokenType.ON, TokenType.USING, TokenType.LT, TokenType.GT}
"""What `_too_deep` looks at; most tokens are none of these."""

_ODD = re.compile(r"\r(?!\n)|\x00")
"""Where Postgres ends a line comment and others do not, which would hide code; and where C ends a text."""

_SHOWN = 40
"""How much of a token a message shows, in characters."""

_TYPES = Parser.NESTED_TYPE_TOKENS | Parser.STRUCT_TYPE_TOKENS

_KEYWORDS = ("select", "from", "where", "group", "order", "having", "join", "limit", "union", "with", "distinct")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A tree, or what kept it from being one; `is_certain` where the warehouse will refuse the text too."""

    tree: exp.Expr | None = None
    problem: Finding | None = None
    is_certain: bool = False


def tokenize(code: str, text: str, pieces: tuple[Piece, ...], dialect: str) -> tuple[list[Token], Finding | None]:
    """Give sqlglot's tokens of `code`, which is `text` with the placeholders replaced by numbers of their length."""
    odd = _ODD.search(text)
    if odd:
        message = "A carriage return without a line feed, or a NUL, is read in two ways. Take it away."
        return [], finding(text, "syntax-error", message, odd.start(), odd.end())
    for piece in pieces:
        if not piece.closed:
            message = f"This {piece.kind.value} is never closed."
            return [], finding(text, "syntax-error", message, piece.start, piece.start + 2)
    try:
        tokens = Dialect.get_or_raise(dialect).tokenize(code)
    except (SqlglotError, RecursionError, ValueError, IndexError) as error:
        return [], finding(text, "syntax-error", f"The text cannot be read as SQL: {_first_line(error)}.", 0, len(text))
    in_two_ways = _read_in_two_ways(text, pieces) if dialect == "redshift" else None
    if dialect in ("postgres", "redshift"):
        in_two_ways = in_two_ways or _goes_on_with_escapes(text, pieces)
    return tokens, in_two_ways or _quotes_disagree(text, tokens, pieces) or _too_deep(text, tokens)


def statements(tokens: Sequence[Token]) -> list[list[Token]]:
    """Cut the tokens at their semicolons; empty statements are left out."""
    groups: list[list[Token]] = [[]]
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            groups.append([])
        else:
            groups[-1].append(token)
    return [group for group in groups if group]


def is_ordered(tokens: Sequence[Token]) -> bool:
    """Return whether a statement has an ORDER BY outside of brackets, but for those around the whole statement."""
    depths: list[int] = []
    depth = 0
    for token in tokens:
        depth -= token.token_type is TokenType.R_PAREN
        depths.append(depth)
        depth += token.token_type is TokenType.L_PAREN
    around = 0
    while (
        around < len(tokens)
        and tokens[around].token_type is TokenType.L_PAREN
        and around not in depths[around + 1 : -around - 1]
    ):
        around += 1
    return any(token.token_type in _ORDERS and depth == around for token, depth in zip(tokens, depths, strict=True))


def parse_statement(tokens: list[Token], code: str, text: str, dialect: str) -> Parsed:
    """Parse one statement."""
    try:
        trees = Dialect.get_or_raise(dialect).parser().parse(bridged(tokens, text, dialect), code)
    except ParseError as error:
        return _explain(error, tokens, text)
    except RecursionError:
        too_deep = finding(text, "query-too-complex", "The query nests too deep to be read.", 0, len(text))
        return Parsed(problem=too_deep, is_certain=True)
    except (SqlglotError, ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
        # The compiled parser raises these on some broken texts, where it trusts that a part is there.
        message = f"The query cannot be read: {_first_line(error)}."
        return Parsed(problem=finding(text, "syntax-error", message, tokens[0].start, tokens[-1].end + 1))
    tree = trees[0] if len(trees) == 1 else None
    if tree is None:
        message = "The query cannot be read as one statement."
        return Parsed(problem=finding(text, "syntax-error", message, tokens[0].start, tokens[-1].end + 1))
    _place_whole_names(tree)
    return Parsed(tree=tree)


def _place_whole_names(tree: exp.Expr) -> None:
    """Give a place to the last part of `project.dataset.INFORMATION_SCHEMA.TABLES` between backticks: that of the whole name."""
    for table in tree.find_all(exp.Table):
        metas = [part.meta for part in table.parts if "start" in part.meta]
        ends = [meta["end"] for meta in metas if meta["end"] is not None]
        for meta in metas:
            if meta["end"] is None and ends:
                meta["end"] = max(ends)
            elif meta["end"] is None:
                del meta["start"], meta["end"]


def quotes_disagree(text: str, dialect: str) -> bool:
    """Return whether a quote or a comment is never closed, or ends elsewhere for sqlglot than for the scanner."""
    pieces = scan(text, dialect)
    if not all(piece.closed for piece in pieces):
        return True
    try:
        tokens = Dialect.get_or_raise(dialect).tokenize(text)
    except (SqlglotError, RecursionError, ValueError, IndexError):
        return True
    return _quotes_disagree(text, tokens, pieces) is not None


def _quotes_disagree(text: str, tokens: list[Token], pieces: tuple[Piece, ...]) -> Finding | None:
    """Refuse a text whose quotes and comments sqlglot and the scanner see in different places."""
    starts = [token.start for token in tokens]
    ends = [token.end + 1 for token in tokens]
    index = 0
    for piece in pieces:
        if piece.kind is PieceKind.CODE:
            continue
        while index < len(tokens) and ends[index] <= piece.start:
            index += 1
        inside = index < len(tokens) and starts[index] < piece.end
        agreed = not inside if piece.kind is PieceKind.COMMENT else inside and ends[index] == piece.end
        if not agreed:
            message = f"It is not clear where this {piece.kind.value} ends. Write it in a plainer way."
            return finding(text, "syntax-error", message, piece.start, piece.end)
    return None


def _read_in_two_ways(text: str, pieces: tuple[Piece, ...]) -> Finding | None:
    r"""Refuse a string of Redshift that ends elsewhere where a backslash is no escape: whether it is one, a setting says.

    Redshift's documents write backslashes twice ('\\d'), and a quote by doubling it; both are read in one way.
    """
    for ours, plain in zip(pieces, scan(text, "postgres"), strict=False):
        if (ours.start, ours.end) != (plain.start, plain.end):
            message = (
                "It is not clear where this string ends: the backslash may stand for itself. Write a quote in it as ''."
            )
            return finding(text, "syntax-error", message, ours.start, ours.end)
    return None


def _goes_on_with_escapes(text: str, pieces: tuple[Piece, ...]) -> Finding | None:
    r"""Refuse a string E'...' that goes on behind a line break: the server reads the rest with escapes, too, and the parser does not.

    So in E'a' / 'b\'' || f() -- ' the call is code, and not a part of the string (Postgres' documents, 4.1.2.2).
    """
    before: Piece | None = None
    for piece in pieces:
        if piece.kind is PieceKind.STRING and text[piece.start] == "'":
            if before is not None:
                message = "This string continues on the next line. Write it as one string."
                return finding(text, "syntax-error", message, before.start, piece.end)
            before = piece if has_escapes(text, piece.start) else None
        elif piece.kind is not PieceKind.COMMENT and text[piece.start : piece.end].strip():
            before = None
    return None


def _too_deep(text: str, tokens: list[Token]) -> Finding | None:
    """Refuse what would take the parser's stack or its time."""
    depth = run = joins = subscripts = types = 0
    before: TokenType | None = None
    for token in tokens:
        kind = token.token_type
        if kind not in _COUNTED:
            run, before = 0, kind
            continue
        depth += (kind in _OPENERS) - (kind in _CLOSERS and depth > 0)
        run = run + 1 if kind in _PREFIXES else 0
        joins += _joins(kind, before)
        subscripts += kind is TokenType.L_BRACKET and before is TokenType.R_BRACKET
        types += (kind is TokenType.LT and before in _TYPES) - (kind is TokenType.GT and types > 0)
        before = kind
        if depth + run + types > DEEPEST or joins > JOINS_WITHOUT_CONDITION or subscripts > SUBSCRIPTS:
            many = joins > JOINS_WITHOUT_CONDITION
            message = "Too many joins have no ON or USING." if many else "The query nests too deep to be read."
            return finding(text, "query-too-complex", message, token.start, token.end + 1)
    return None


def _joins(kind: TokenType, before: TokenType | None) -> int:
    """Count a join that waits for its condition; a condition ends the waiting of one."""
    if kind is TokenType.JOIN and before not in (TokenType.CROSS, TokenType.NATURAL):
        return 1
    return -1 if kind in (TokenType.ON, TokenType.USING) else 0


def _explain(error: ParseError, tokens: list[Token], text: str) -> Parsed:
    """Give the place and the words of a syntax error."""
    first = error.errors[0] if error.errors else {}
    place = (first.get("line"), first.get("col"))
    index = next((i for i, token in enumerate(tokens) if (token.line, token.col) == place), len(tokens) - 1)
    token = tokens[index]
    twice = _double_alias(tokens, index, text)
    typo = _typo(tokens, index, text)
    message = twice or _words(first.get("description") or "", token, text)
    is_certain = bool(twice or typo) or _three_names(tokens, index) or _is_broken(tokens)
    return Parsed(
        problem=finding(text, "syntax-error", message + typo, token.start, token.end + 1), is_certain=is_certain
    )


def _three_names(tokens: list[Token], index: int) -> bool:
    """Return whether the parser stopped at the last of three names in a row, none of which is a word of SQL somewhere."""
    around = tokens[max(0, index - 2) : index + 1]
    return len(around) == 3 and all(
        token.token_type is TokenType.IDENTIFIER
        or (token.token_type is TokenType.VAR and token.text.lower() not in _CONTEXTUAL)
        for token in around
    )


def _is_broken(tokens: list[Token]) -> bool:
    """Return whether a statement is certainly none: its brackets do not match, a list or a clause has nothing in it."""
    open_brackets: list[TokenType] = []
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        kind = token.token_type
        if kind in _PAIRS:
            open_brackets.append(_PAIRS[kind])
        elif kind in _PAIRS.values() and (not open_brackets or open_brackets.pop() is not kind):
            return True
        if kind in _INCOMPLETE and (after is None or after.token_type in _AFTER_CLAUSE):
            return True
    return bool(open_brackets)


def _double_alias(tokens: list[Token], index: int, text: str) -> str:
    """Explain `id AS USERID AS userId`, which the documents of a well-known service show as an example."""
    around = tokens[max(0, index - 2) : index + 2]
    if len(around) < 4 or [each.token_type is TokenType.ALIAS for each in around] != [True, False, True, False]:
        return ""
    first, second = (text[token.start : token.end + 1] for token in (around[1], around[3]))
    return f"A column has one name only: {first} or {second}, not both."


def _words(description: str, token: Token, text: str) -> str:
    written = text[token.start : token.end + 1]
    shown = written if len(written) <= _SHOWN else written[: _SHOWN - 3] + "..."
    expected = re.fullmatch(r"Expecting (.+)", description)
    if expected:
        return f"{expected.group(1)!r} is missing near {shown!r}."
    if description.startswith("Required keyword"):
        return f"Something is missing near {shown!r}."
    if "CTE to have alias" in description:
        return f"A WITH needs a name for its query near {shown!r}."
    if "table name" in description:
        return f"A table name is missing near {shown!r}."
    return f"{shown!r} is not expected here."


def _typo(tokens: list[Token], index: int, text: str) -> str:
    """Suggest a keyword where this word, or the one before it, is nearly one and stands between two names: `plan form users`."""
    names = (TokenType.VAR, TokenType.IDENTIFIER, TokenType.R_PAREN, TokenType.STAR)
    for place in range(index, max(0, index - 2), -1):
        word = text[tokens[place].start : tokens[place].end + 1].lower()
        after = tokens[place + 1].token_type if place + 1 < len(tokens) else None
        if tokens[place].token_type is TokenType.VAR and word not in _KEYWORDS:
            close = get_close_matches(word, _KEYWORDS, n=1, cutoff=0.75)
            if close and tokens[place - 1].token_type in names and after in (*names[:2], TokenType.L_PAREN):
                return f" Did you mean {close[0]!r} instead of {word!r}?"
    return ""


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200].rstrip(".")
