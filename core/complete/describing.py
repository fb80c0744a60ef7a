"""What a word of a query is, in a few words: a column with its type and table, a field of the call, a table."""

from __future__ import annotations

from dataclasses import dataclass

from core.complete.asked import Asked
from core.complete.fields import meaning_of
from core.complete.scope import Given
from core.complete.tokens import Cut, Token, cut
from core.lint.base import Context
from core.model import Table
from core.query.syntax import LONGEST

__all__ = ["Described", "described"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What stands from `start` up to `end`, in sentences."""

    start: int
    end: int
    lines: tuple[str, ...]


def described(text: str, offset: int, context: Context) -> Described | None:
    """Say what the word at an offset is; None where nothing is known of it."""
    if len(text) > LONGEST:
        return None
    tokens = cut(text, len(text), context.dialect)
    every = (*tokens.before, *_last(tokens))
    place = next((n for n, each in enumerate(every) if each.is_name and each.start <= offset <= each.end), None)
    if place is None:
        return None
    word = every[place]
    around = Cut(
        before=every[:place],
        after=every[place + 1 :],
        prefix=word.text,
        start=word.start,
        end=word.end,
        inside="code",
    )
    lines = tuple(_lines(word, Asked.of(around, context)))
    return Described(start=word.start, end=word.end, lines=lines) if lines else None


def _last(tokens: Cut) -> tuple[Token, ...]:
    """Return the word that the text ends with, which a cursor there would be in."""
    return (
        (Token("name", tokens.prefix, tokens.start, tokens.end),) if tokens.prefix and tokens.inside == "code" else ()
    )


def _lines(word: Token, asked: Asked) -> list[str]:
    place, call = asked.place, asked.context.call
    if place.wants == "field":
        target = asked.context.columns.get(word.text, word.text)
        return [f"{call} call · {meaning_of(call, target)}"] if call is not None and asked.is_root else []
    path = [*place.path, word]
    if place.wants == "relation":
        table = _table(path, asked)
        return [_of_table(table)] if table else []
    relation = asked.scope.named(asked.reader.key(word)) if not place.path else None
    relations = (*asked.scope.own, *asked.scope.outer)
    given = asked.reader.resolve(path, relations)
    if given is not None:
        return [_of_column(given), *_sent_as(given, asked)]
    if relation is not None and relation.table is not None:
        return [_of_table(relation.table)]
    return []


def _sent_as(given: Given, asked: Asked) -> list[str]:
    """Say what a column becomes that stands in the select list under its own name."""
    after = asked.cut.after[:1]
    is_item = not after or after[0].word in (",", "FROM")
    if not is_item or asked.context.call is None or asked.place.clause != "SELECT" or not asked.is_root:
        return []
    target = asked.context.columns.get(given.name, given.name)
    return [f"{asked.context.call} call · {meaning_of(asked.context.call, target)}"]


def _table(path: list[Token], asked: Asked) -> Table | None:
    catalogue = asked.context.catalogue
    return catalogue.find((each.text, each.kind == "quoted") for each in path).table if catalogue else None


def _of_column(given: Given) -> str:
    kind = given.type_name or (given.kind.value if given.kind else "of an unknown type")
    return f"column {given.name} · {kind}" + (f" · {given.of}" if given.of else "")


def _of_table(table: Table) -> str:
    what = "view" if table.is_view else "table"
    rows = f" · about {table.rows:,} rows" if table.rows is not None else ""
    return f"{what} {table.schema}.{table.name} · {len(table.columns)} columns{rows}"
