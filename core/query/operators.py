"""Operators as Postgres and those after it read them: the longest run of the characters that may be in one.

https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-OPERATORS
"""

from __future__ import annotations

import re

__all__ = ["KNOWN", "OF_EXTENSIONS", "OPERATOR_CHARACTERS", "operator_at"]

OPERATOR_CHARACTERS = frozenset("+-*/<>=~!@#%^&|`?")
_RUN = re.compile(r"[+\-*/<>=~!@#%^&|`?]+")
_TAKES_SIGN = re.compile(r"[~!@#%^&|`?]")


def operator_at(text: str, place: int, end: int | None = None) -> str:
    """Return the operator that starts at a place, as the server reads it: `=-` is two, `@-` is one, a comment ends it."""
    match = _RUN.match(text, place, len(text) if end is None else end)
    run = match.group() if match else ""
    for comment in ("--", "/*"):
        found = run.find(comment)
        run = run if found < 0 else run[:found]
    while len(run) > 1 and run[-1] in "+-" and not _TAKES_SIGN.search(run):
        run = run[:-1]
    return run


_OF_EXTENSIONS = """
    ~> @@@ <-> <#> <=> <+> <~> <%> <@> % <% %> <<% %>> <<-> <->> <<<-> <->>> <~~> %% @> <@ ~ ~= && &&& @ ? ?& ?| @? @~ ~@ @@ ||
    ^@ ^<@ ^@> <@^ @>^ ?<@ ?@> ?~ ?@ |=| <<->> <<#>> &/& <<@ @>> ~== << >> &< &> <<| |>> &<| |&> # & | -> ->> #> #>> =
    """
OF_EXTENSIONS = frozenset(_OF_EXTENSIONS.split())
"""Operators of extensions that come with Postgres or are common: pg_trgm, hstore, ltree, intarray, cube, earthdistance, pgvector, PostGIS."""

_OF_THE_SERVER = """
    + - * / % ^ <> != < > <= >= == ** // |/ ||/ ! !! => := >> <<
    ~~ !~~ ~~* !~~* ~* !~ !~* ~~~ !~~~ ~<~ ~<=~ ~>=~ ~>~
    -|- <^ >^ ?# ?- ?-| ?|| ## @-@ *= *<> *< *> *<= *>= #- <<= >>=
    """
KNOWN = OF_EXTENSIONS | frozenset(_OF_THE_SERVER.split())
"""These and those of Postgres and DuckDB themselves. Another one may be bound to any function."""
