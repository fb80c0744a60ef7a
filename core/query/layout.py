"""Lays a query out in lines: the same tokens and comments in the same order, with other spaces and line ends between them.

sqlglot could print the tree, but that is another text: `x::int` becomes CAST, `ifnull` COALESCE, a comment moves, and with
it a `backhaul: ignore`. So its tokens are taken as they were typed, their case too, and only the space between them is
ours; what comes out is read again, and refused where its tokens and comments are not those that went in. A line with a
`backhaul: ignore` stays together, for it is about that line.

    SELECT                          a column a line; one star stays where it is
        id AS "userId",
        email
    FROM people
    LEFT JOIN plans ON plans.id = people.plan
        AND plans.active
    WHERE changed >= {{last_sync_time}}
        AND email IS NOT NULL
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import TokenType

from core.errors import UsageError
from core.model import Severity
from core.query import Query, parse
from core.scan import PieceKind

__all__ = ["laid_out"]

_INDENT = "    "
_WIDEST = 88
"""What stands in brackets, or between CASE and END, is cut into lines where it has more characters."""

_CLAUSES = {
    TokenType.SELECT,
    TokenType.FROM,
    TokenType.WHERE,
    TokenType.GROUP_BY,
    TokenType.HAVING,
    TokenType.QUALIFY,
    TokenType.ORDER_BY,
    TokenType.LIMIT,
    TokenType.OFFSET,
    TokenType.FETCH,
    TokenType.WINDOW,
    TokenType.UNION,
    TokenType.INTERSECT,
    TokenType.EXCEPT,
    TokenType.JOIN,
}
_JOIN_WORDS = {
    TokenType.NATURAL,
    TokenType.LEFT,
    TokenType.RIGHT,
    TokenType.FULL,
    TokenType.INNER,
    TokenType.CROSS,
    TokenType.OUTER,
    TokenType.SEMI,
    TokenType.ANTI,
    TokenType.ASOF,
}
_CONDITIONS = {TokenType.WHERE, TokenType.HAVING, TokenType.QUALIFY, TokenType.JOIN}
_OPENING = {
    TokenType.L_PAREN: TokenType.R_PAREN,
    TokenType.L_BRACE: TokenType.R_BRACE,
    TokenType.L_BRACKET: TokenType.R_BRACKET,
    TokenType.CASE: TokenType.END,
}
_CLOSING = set(_OPENING.values())
_OPEN_SIGNS = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE}
_TIGHT = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.COMMA, TokenType.SEMICOLON}
_SPACED = {TokenType.EQ, TokenType.NEQ, TokenType.GTE, TokenType.LTE}
_UNREADABLE = {"syntax-error", "several-statements", "unknown-placeholder", "query-too-complex", "query-too-long"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """A token, or a comment (of no kind), and the line that it stood on.

    `glued` says that nothing stood before it, `own_line` that a line end did.
    """

    text: str
    kind: TokenType | None
    line: int
    glued: bool
    own_line: bool

    @property
    def ends_line(self) -> bool:
        return self.kind is None and not self.text.startswith("/*")


@dataclass(slots=True, kw_only=True)
class _Context:
    """What is open: a query, a list or CASE in lines, or something that stays on its line. `indent` is that of its lines."""

    kind: str
    indent: int
    clause: TokenType | None = None
    head_end: int = -1
    between: int = 0


def laid_out(query: Query) -> str:
    """Give the text in lines. Raises UsageError where it cannot be read, or would not read the same."""
    wrong = next((found for found in query.findings if found.rule in _UNREADABLE), None)
    if query.tree is None or (wrong and wrong.severity is Severity.ERROR):
        reason = f"{wrong.line}:{wrong.column} {wrong.message}" if wrong else "There is no query in it."
        raise UsageError(f"The text cannot be formatted: {reason}", remedy="Fix that first.")
    items = list(_items(query))
    text = _Layout(items=items).text()
    again = parse(text, query.dialect)
    same = [item.text for item in _items(again)] == [item.text for item in items]
    if not same or "".join(text.split()) != "".join(query.text.split()):
        raise UsageError(
            "The text cannot be formatted without changing more than its spaces.", remedy="It stays as it is."
        )
    return f"{text}\n" if query.text.endswith("\n") else text


def _items(query: Query) -> Iterator[_Item]:
    """Give the tokens and comments of a query in their order, each as it was typed."""
    end = line = 0
    for start, stop, kind in sorted(_spans(query), key=lambda span: span[:2]):
        text = query.text[start:stop]
        if kind is not None and query.text[start] not in "'\"`$" and "'" not in text:
            text = " ".join(text.split())
        between = query.text[end:start]
        line += between.count("\n")
        own_line = "\n" in between or end == 0
        yield _Item(text=text.rstrip(), kind=kind, line=line, glued=start == end and start > 0, own_line=own_line)
        line += query.text.count("\n", start, stop)
        end = stop


def _spans(query: Query) -> Iterator[tuple[int, int, TokenType | None]]:
    """Give where tokens, comments and the last semicolon stand."""
    placeholders = dict(query.placeholders)
    for token in query.tokens:
        yield token.start, placeholders.get(token.start, token.end + 1), token.token_type
    last = max((placeholders.get(token.start, token.end + 1) for token in query.tokens), default=0)
    semicolon = False
    for piece in query.pieces:
        if piece.kind is PieceKind.COMMENT:
            yield piece.start, piece.end, None
        elif piece.end > last and not semicolon:
            place = query.text.find(";", max(piece.start, last), piece.end)
            if place >= 0:
                semicolon = True
                yield place, place + 1, TokenType.SEMICOLON


def _ends(items: list[_Item]) -> dict[int, int]:
    """Give the place of the end of what each opening item opens."""
    found, opened = {}, []
    for place, item in enumerate(items):
        if item.kind in _OPENING:
            opened.append(place)
        elif item.kind in _CLOSING and opened:
            found[opened.pop()] = place
    return found


@dataclass(slots=True, kw_only=True)
class _Layout:
    """Writes items into lines. `pending` is the indent at which the next one begins a line, if it has to."""

    items: list[_Item]
    lines: list[str] = field(default_factory=lambda: [""])
    indent: int = 0
    pending: int | None = None
    contexts: list[_Context] = field(default_factory=lambda: [_Context(kind="query", indent=0)])
    starts: set[int] = field(default_factory=set)
    tokens: list[int] = field(default_factory=list)
    held: set[int] = field(default_factory=set)
    numbers: dict[int, int] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)

    def text(self) -> str:
        """Write everything."""
        self.tokens = [place for place, item in enumerate(self.items) if item.kind is not None]
        self.numbers = {place: number for number, place in enumerate(self.tokens)}
        self.ends = _ends(self.items)
        ignoring = {item.line for item in self.items if item.kind is None and "backhaul:" in item.text}
        self.held = {place for place, item in enumerate(self.items) if item.line in ignoring and not item.own_line}
        self.starts = {self.tokens[start] for start in self._clause_starts()}
        for place, item in enumerate(self.items):
            if item.kind is None:
                self._comment(place, item)
            else:
                self._token(place, item)
        return "\n".join(line.rstrip() for line in self.lines).strip("\n")

    def _kind(self, number: int) -> TokenType | None:
        """Give the kind of the token of a number, None beyond the ends."""
        return self.items[self.tokens[number]].kind if 0 <= number < len(self.tokens) else None

    def _clause_starts(self) -> Iterator[int]:
        """Give the numbers of the tokens that begin a clause; a join begins with its LEFT."""
        for number in range(len(self.tokens)):
            if self._kind(number) not in _CLAUSES or self._is_no_clause(number):
                continue
            start = number
            while self._kind(number) is TokenType.JOIN and self._kind(start - 1) in _JOIN_WORDS:
                start -= 1
            yield start

    def _is_no_clause(self, number: int) -> bool:
        """Tell names and other uses of a clause's word: `t.limit`, IS DISTINCT FROM, WITH OFFSET, `* EXCEPT (x)`."""
        kind, before, after = self._kind(number), self._kind(number - 1), self._kind(number + 1)
        if before in (TokenType.DOT, TokenType.ALIAS) or after is TokenType.DOT:
            return True
        if kind is TokenType.EXCEPT and before is TokenType.STAR and after is TokenType.L_PAREN:
            return self._kind(number + 2) not in (TokenType.SELECT, TokenType.WITH)
        return (kind, before) in ((TokenType.FROM, TokenType.DISTINCT), (TokenType.OFFSET, TokenType.WITH))

    def _comment(self, place: int, item: _Item) -> None:
        """Write a comment: on a line of its own where it had one, else behind what it was behind."""
        context = self.contexts[-1]
        if item.own_line and place > 0:
            after = next((other for other in range(place, len(self.items)) if self.items[other].kind is not None), None)
            wanted = 0 if after is None else self._break_before(after, peek=True)
            indent = wanted if wanted is not None else self.pending if self.pending is not None else context.indent + 1
            self._new_line(indent)
            self.pending = indent
            self._put(item.text)
            return
        self._put(item.text if not self.lines[-1].strip() else f" {item.text}")
        if item.ends_line and self.pending is None:
            self.pending = self.indent if place == 0 else context.indent + 1

    def _token(self, place: int, item: _Item) -> None:
        indent = self._break_before(place)
        indent = self.pending if indent is None else indent
        if indent is not None and self.lines != [""] and place not in self.held:
            self._new_line(indent)
            self._put(item.text)
        else:
            self._put(self._space(place) + item.text)
        self.pending = self._after(place, item)

    def _break_before(self, place: int, *, peek: bool = False) -> int | None:
        """Give the indent at which an item begins a line by itself; closes and begins what it closes and begins."""
        context, kind = self.contexts[-1], self.items[place].kind
        if kind in _CLOSING and len(self.contexts) > 1:
            if not peek:
                self.contexts.pop()
            return None if context.kind == "line" else context.indent - 1
        if context.kind == "query":
            return self._break_in_query(place, context, peek=peek)
        return context.indent if context.kind == "case" and kind in (TokenType.WHEN, TokenType.ELSE) else None

    def _break_in_query(self, place: int, context: _Context, *, peek: bool) -> int | None:
        kind = self.items[place].kind
        if place in self.starts:
            if not peek:
                context.clause = TokenType.JOIN if kind in _JOIN_WORDS else kind
            return context.indent
        if kind in (TokenType.AND, TokenType.OR) and context.clause in _CONDITIONS:
            if context.between and kind is TokenType.AND:
                context.between -= not peek
                return None
            return context.indent + 1
        return None

    def _after(self, place: int, item: _Item) -> int | None:
        """Give the indent at which the next item begins a line, None where it stays on this one."""
        context = self.contexts[-1]
        if item.kind in _OPENING:
            opened = self._opened(place)
            self.contexts.append(opened)
            return opened.indent if opened.kind in ("query", "list") else None
        if context.kind == "query":
            context.between += item.kind is TokenType.BETWEEN
            if item.kind is TokenType.WITH and context.clause is None:
                context.clause = TokenType.WITH
            if item.kind is TokenType.SELECT and place in self.starts:
                context.head_end = self._head_end(place)
            if place == context.head_end:
                return context.indent + 1
        if item.kind is not TokenType.COMMA or self.items[place - 1].ends_line:
            return None
        if context.kind == "query":
            return {TokenType.SELECT: context.indent + 1, TokenType.WITH: context.indent}.get(
                context.clause or TokenType.COMMA
            )
        return context.indent if context.kind == "list" else None

    def _opened(self, place: int) -> _Context:
        """Say what a bracket or a CASE opens."""
        number = self.numbers[place]
        first = self._kind(number + 1)
        indent = self.indent + 1
        if self.items[place].kind is TokenType.L_PAREN and first in (TokenType.SELECT, TokenType.WITH):
            return _Context(kind="query", indent=indent)
        inside = self._inside(place)
        wide = sum(len(item.text) + 1 for item in inside) > _WIDEST or any(item.ends_line for item in inside)
        if not wide or not inside:
            return _Context(kind="line", indent=indent)
        return _Context(kind="case" if self.items[place].kind is TokenType.CASE else "list", indent=indent)

    def _inside(self, place: int) -> list[_Item]:
        """Give the items between an opening one and its end."""
        return self.items[place + 1 : self.ends.get(place, len(self.items))]

    def _head_end(self, place: int) -> int:
        """Give the place of the last item of a SELECT's head: DISTINCT, ALL, TOP 5; none where only a star follows."""
        number = self.numbers[place]
        if self._kind(number + 1) is TokenType.STAR and self._ends_list(number + 2):
            return -1
        if self._kind(number + 1) in (TokenType.DISTINCT, TokenType.ALL):
            number += 1
            if self._kind(number + 1) is TokenType.ON and self._kind(number + 2) is TokenType.L_PAREN:
                inside = len([item for item in self._inside(self.tokens[number + 2]) if item.kind is not None])
                number += inside + 3
        elif self._kind(number + 1) in (TokenType.ALIAS, TokenType.TOP):  # BigQuery's SELECT AS STRUCT; TOP 5
            number += 2
        return self.tokens[min(number, len(self.tokens) - 1)]

    def _ends_list(self, number: int) -> bool:
        """Say whether the columns of a SELECT end before the token of a number."""
        return (
            number >= len(self.tokens)
            or self.tokens[number] in self.starts
            or self._kind(number) in (TokenType.R_PAREN, TokenType.SEMICOLON)
        )

    def _space(self, place: int) -> str:
        """Give what stands between an item and the one before it on its line."""
        item, before = self.items[place], self.items[place - 1] if place else None
        if before is None or not self.lines[-1].strip():
            return ""
        if before.kind in _OPEN_SIGNS or item.kind in _TIGHT:
            return ""
        if before.kind is TokenType.COMMA or item.kind in _SPACED or before.kind in _SPACED:
            return " "
        return "" if item.glued else " "

    def _new_line(self, indent: int) -> None:
        self.indent = max(indent, 0)
        self.lines.append(_INDENT * self.indent)
        self.pending = None

    def _put(self, text: str) -> None:
        self.lines[-1] += text
