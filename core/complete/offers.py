"""Everything that could be meant at a place: each as an Offer, with its turn among the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from core.complete.asked import Asked
from core.complete.fields import events, fields_for, written
from core.complete.functions import functions
from core.complete.ranking import Offer
from core.complete.scope import Given, Named
from core.complete.tokens import Token
from core.lint.times import conversion, likely_timestamp
from core.model import Kind, Table
from core.query import PLACEHOLDER

__all__ = ["offers"]

_TIMES = frozenset({Kind.TIMESTAMP, Kind.INSTANT, Kind.DATE})
_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT})

# turns: what is first among equal matches
_FIRST, _FIELD, _COLUMN, _ALIAS, _OUTER, _WITH, _TABLE, _SCHEMA, _FUNCTION, _WORD = range(10)


def offers(asked: Asked) -> Iterator[Offer]:
    """Yield all that could be meant."""
    place = asked.place
    if asked.cut.inside == "string":
        yield from _events(asked)
        return
    if asked.cut.inside == "placeholder":
        yield from _placeholder(asked, bare=True)
        return
    if place.path:
        yield from _behind_dot(asked)
        return
    if place.wants == "field" and asked.is_root:
        yield from _fields(asked)
    elif place.wants == "shared":
        yield from _shared(asked)
    elif place.wants == "relation":
        yield from _relations(asked)
    elif place.wants == "value":
        if not asked.is_quoted:
            yield from _placeholder(asked, bare=False)
            yield from _functions(asked)
        yield from _columns(asked)
    if not asked.is_quoted:
        yield from _words(asked)


def _words(asked: Asked) -> Iterator[Offer]:
    for order, word in enumerate(asked.place.words):
        text = word.lower() if asked.is_lower else word
        turn = _FIRST if asked.place.wants == "words" or word == "WHEN" else _WORD
        yield Offer(text, "keyword", turn, partial(str, text), order)


def _functions(asked: Asked) -> Iterator[Offer]:
    typed = asked.cut.prefix
    raised = len(typed) > 1 and typed.isupper()
    is_called = bool(asked.cut.after) and asked.cut.after[0].word == "(" and asked.cut.after[0].start == asked.cut.end
    for name in functions(asked.context.dialect):
        text = name.upper() if raised else name
        called = text if is_called or name.startswith("current_") else f"{text}("
        yield Offer(text, "function", _FUNCTION, partial(str, called))


def _columns(asked: Asked) -> Iterator[Offer]:
    """Yield the columns of the relations in scope, and the names that these go by."""
    own, outer = asked.scope.own, asked.scope.outer
    times = Counter(given.name.lower() for each in own for given in each.columns or ())
    for turn, relations in ((_COLUMN, own), (_OUTER, outer)):
        for relation in relations:
            for order, given in enumerate(relation.columns or ()):
                qualifier = relation.name if times[given.name.lower()] > 1 or turn == _OUTER else None
                yield _column(asked, given, order, turn, qualifier)
    for relation in (*own, *outer) if len(own) + len(outer) > 1 else ():
        text = _as_typed(relation.name)
        yield Offer(text, "alias", _ALIAS, partial(str, text), 0, _told(relation))
    if not asked.scope.is_whole:
        yield from _used_names(asked, times)
    if asked.place.clause in ("GROUP", "ORDER", "HAVING", "QUALIFY"):
        yield from _own_names(asked)


def _column(asked: Asked, given: Given, order: int, turn: int, qualifier: Token | None) -> Offer:
    name = given.name
    before = f"{_as_typed(qualifier)}." if qualifier is not None and not asked.is_quoted else ""
    return Offer(
        f"{before}{name}" if before else name,
        "column",
        turn,
        lambda: before + asked.name(name),
        order,
        " · ".join(each for each in (given.type_name, given.of) if each),
        name=name,
    )


def _shared(asked: Asked) -> Iterator[Offer]:
    """Yield the columns that more than one relation has."""
    times = Counter(given.name for each in asked.scope.own for given in each.columns or ())
    for name, count in times.items():
        if count > 1:
            yield Offer(name, "column", _COLUMN, partial(asked.name, name), 0, "on both sides")


def _used_names(asked: Asked, known: Counter[str]) -> Iterator[Offer]:
    """Yield names that the text uses elsewhere, where the columns are not all known."""
    tokens = (*asked.cut.before, *asked.cut.after)
    taken = {relation.name.text.lower() for relation in asked.scope.own} | set(known)
    for before, token, after in zip((None, *tokens), tokens, (*tokens[1:], None), strict=False):
        is_column = before is not None and (before.word in (".", ",", "SELECT", "WHERE", "AND", "OR", "ON", "BY"))
        calls = after is not None and after.word in ("(", ".")
        if (
            token.is_name
            and is_column
            and not calls
            and token.text.lower() not in taken
            and not _is_table(before, token)
        ):
            taken.add(token.text.lower())
            text = token.text
            yield Offer(
                text,
                "column",
                _COLUMN,
                partial(asked.name, text) if token.kind == "quoted" else partial(str, text),
                1000,
                "used in this query",
            )


def _is_table(before: Token | None, token: Token) -> bool:
    return token.word in ("SELECT", "FROM", "WHERE", "CASE", "DISTINCT", "NOT", "NULL") or before is None


def _own_names(asked: Asked) -> Iterator[Offer]:
    """Yield the names that the select's own list gives."""
    for items in asked.place.branch.of("SELECT"):
        for given, token in asked.reader.outputs(items, asked.scope.own):
            if given is not None and token is not None and given.name.lower() not in _all_columns(asked):
                yield Offer(given.name, "alias", _COLUMN, partial(asked.name, given.name), 0, "named by this query")


def _all_columns(asked: Asked) -> set[str]:
    return {given.name.lower() for each in asked.scope.own for given in each.columns or ()}


def _behind_dot(asked: Asked) -> Iterator[Offer]:
    """Yield what a name before a dot has: a relation's columns, or a schema's tables."""
    path = asked.place.path
    if asked.place.wants == "relation":
        yield from _tables_in(asked, path)
        return
    relation = asked.scope.named(asked.reader.key(path[-1]))
    if relation is None:
        return
    for order, given in enumerate(relation.columns or ()):
        yield _column(asked, given, order, _COLUMN, None)
    if relation.columns is None:
        yield from _used_names(asked, Counter())


def _tables_in(asked: Asked, path: tuple[Token, ...]) -> Iterator[Offer]:
    catalogue = asked.context.catalogue
    if catalogue is None:
        return
    key = catalogue.table_key(path[-1].text, quoted=path[-1].kind == "quoted")
    for table in catalogue.tables:
        if catalogue.table_key(table.schema, quoted=True) == key:
            yield Offer(table.name, "table", _TABLE, partial(asked.name, table.name), 0, _size(table))
    if len(path) == 1 and catalogue.database and key == catalogue.table_key(catalogue.database, quoted=True):
        for schema in sorted({table.schema for table in catalogue.tables}):
            yield Offer(schema, "schema", _SCHEMA, partial(asked.name, schema))


def _relations(asked: Asked) -> Iterator[Offer]:
    """Yield tables, schemas and the names of WITHs."""
    for name, columns in asked.reader.with_names(asked.around):
        text = _as_typed(name)
        detail = f"WITH · {len(columns)} columns" if columns is not None else "WITH"
        yield Offer(name.text, "with", _FIRST, partial(str, text), 0, detail)
    catalogue = asked.context.catalogue
    if catalogue is None:
        return
    for schema in sorted({table.schema for table in catalogue.tables}):
        yield Offer(schema, "schema", _SCHEMA, partial(asked.name, schema), 0, "schema")
    many = catalogue.by_name
    for table in catalogue.tables:
        is_own = table.schema == catalogue.schema
        same = many[catalogue.table_key(table.name, quoted=True)]
        bare = is_own or (len(same) == 1 and not catalogue.schema)
        label = table.name if bare else f"{table.schema}.{table.name}"
        yield Offer(
            label, "table", _WITH if is_own else _TABLE, _table_writer(asked, table, bare=bare), 0, _size(table)
        )


def _table_writer(asked: Asked, table: Table, *, bare: bool) -> Callable[[], str]:
    if bare:
        return lambda: asked.name(table.name)
    return lambda: f"{asked.name(table.schema)}.{asked.name(table.name)}"


def _placeholder(asked: Asked, *, bare: bool) -> Iterator[Offer]:
    """Yield the placeholder, after a comparison with a time as the dialect's conversion of it."""
    path = asked.place.compared
    dialect = asked.context.dialect
    if not path:
        if bare or (asked.place.clause in ("WHERE", "ON", "HAVING") and asked.cut.prefix):
            yield Offer("last_sync_time", "placeholder", _FIRST if bare else _WORD, partial(str, PLACEHOLDER))
        return
    given = asked.reader.resolve(list(path), (*asked.scope.own, *asked.scope.outer))
    kind = given.kind if given else None
    is_time = kind in _TIMES or (kind is None and likely_timestamp(path[-1].text))
    is_number = kind in _NUMBERS or kind is None
    detail = "when the last successful delivery started"
    if is_time:
        text = conversion(dialect, kind)
        yield Offer("last_sync_time", "placeholder", _FIRST, partial(str, text), 0, detail)
        if not bare:
            yield Offer(text, "placeholder", _FIRST, partial(str, text), 1, detail)
    elif bare or is_number:
        yield Offer(
            "last_sync_time", "placeholder", _FIRST if bare or kind else _WORD, partial(str, PLACEHOLDER), 0, detail
        )


def _fields(asked: Asked) -> Iterator[Offer]:
    """Yield the fields of the call that the query does not give yet."""
    given: set[str] = set()
    for items in asked.place.branch.of("SELECT"):
        given |= {column.name for column, _ in asked.reader.outputs(items, asked.scope.own) if column is not None}
    texts = {token.text for token in (*asked.cut.before, *asked.cut.after) if token.kind == "string"}
    dialect = asked.context.dialect
    for field in fields_for(asked.context, given, texts):
        text = written(field.name, dialect)
        if asked.is_quoted and text == field.name:
            text = asked.name(field.name)
        call = asked.context.call
        yield Offer(field.name, "field", _FIELD, partial(str, text), field.turn, f"field of {call}", field.why)


def _events(asked: Asked) -> Iterator[Offer]:
    """Yield the names of semantic events, inside a text of a track query's own list."""
    if asked.place.clause != "SELECT" or not asked.is_root:
        return
    quote = asked.cut.quote
    for order, (name, needs) in enumerate(events(asked.context)):
        yield Offer(
            name, "event", _FIRST, partial(str, f"{quote}{name}{quote}"), order, "semantic event of Customer.io", needs
        )


def _as_typed(token: Token) -> str:
    """Write a name as the text has it; a quote that was doubled inside is doubled again."""
    if token.kind != "quoted":
        return token.text
    return token.quote + token.text.replace(token.quote, token.quote * 2) + token.quote


def _told(relation: Named) -> str:
    return f"{relation.table.schema}.{relation.table.name}" if relation.table else "in this query"


def _size(table: Table) -> str:
    what = "view" if table.is_view else "table"
    return f"{what} · about {table.rows:,} rows" if table.rows is not None else what
