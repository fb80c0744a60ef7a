"""What differs between the dialects in a template, each under a name.

    @name(userId)             the name of a field, trait or property, so that it reaches the call in these letters
    @column(u.plan)           a column that goes under its own name: with AS only where the warehouse would change the name
    @since(updated_at)        the comparison with {{last_sync_time}}; `@since(day, date)` for a column of dates
    @days_ago(30)             midnight, so many days ago, in UTC
    @object(role: m.role)     a JSON object; its values may be objects, too
    @any(condition)           whether a condition holds in any row of a group
    @text(id)                 a value as text

On Redshift a field has its spelling without capitals (user_id), which is taken as the same field: there quotes keep a name only in a
session that asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from core.calls.fields import SPELLINGS
from core.lint.names import as_written
from core.lint.times import conversion
from core.model import Kind

__all__ = ["expanded"]

_MACRO = re.compile(r"@([a-z_]+)\(")
_WITHOUT_CAPITALS = {field: spelling for spelling, field in SPELLINGS.items()}


def expanded(text: str, dialect: str) -> str:
    """Return a template's query with its macros written out for a dialect. Raises ValueError where one is not known, or not closed."""
    parts, place = [], 0
    while match := _MACRO.search(text, place):
        if match[1] not in _MACROS:
            raise ValueError(f"there is no macro @{match[1]}")
        end = _closing(text, match.end())
        arguments = [expanded(each.strip(), dialect) for each in _split(text[match.end() : end])]
        parts += [text[place : match.start()], _MACROS[match[1]](dialect, *arguments)]
        place = end + 1
    return "".join([*parts, text[place:]])


def _name(dialect: str, name: str) -> str:
    return as_written(_WITHOUT_CAPITALS.get(name, name) if dialect == "redshift" else name, dialect)


def _column(dialect: str, column: str) -> str:
    own = column.rpartition(".")[2]
    written = as_written(own, dialect)
    return column if written == own else f"{column} AS {written}"


def _since(dialect: str, column: str, kind: str = "") -> str:
    return f"{column} >= {conversion(dialect, Kind(kind) if kind else None)}"


def _days_ago(dialect: str, days: str) -> str:
    if dialect == "snowflake":
        return f"dateadd(day, -{days}, current_date)"
    if dialect == "bigquery":
        return f"timestamp(date_sub(current_date(), interval {days} day))"
    return f"current_date - interval '{days} days'"


def _object(dialect: str, *pairs: str) -> str:
    named = [tuple(part.strip() for part in pair.split(":", 1)) for pair in pairs]
    if dialect == "bigquery":
        parts = (f"{_struct(value)} AS {as_written(key, dialect)}" for key, value in named)
        return f"to_json(struct({', '.join(parts)}))"
    function = {
        "duckdb": "json_object",
        "postgres": "json_build_object",
        "redshift": "object",
        "snowflake": "object_construct_keep_null",
    }[dialect]
    arguments = (f"'{key}', {value}" for key, value in named)
    return f"{function}({', '.join(arguments)})"


def _struct(value: str) -> str:
    """Return an object inside another one as the struct that it is made of: only the outermost becomes JSON."""
    return value.removeprefix("to_json(").removesuffix(")") if value.startswith("to_json(struct(") else value


def _any(dialect: str, condition: str) -> str:
    function = {"snowflake": "boolor_agg", "bigquery": "logical_or"}.get(dialect, "bool_or")
    return f"{function}({condition})"


def _text(dialect: str, value: str) -> str:
    return f"CAST({value} AS {'STRING' if dialect == 'bigquery' else 'VARCHAR'})"


_MACROS: Mapping[str, Callable[..., str]] = {
    "name": _name,
    "column": _column,
    "since": _since,
    "days_ago": _days_ago,
    "object": _object,
    "any": _any,
    "text": _text,
}


def _closing(text: str, start: int) -> int:
    """Return the place of the parenthesis that closes the one before `start`. Quotes hold no parentheses in templates."""
    depth = 1
    for place in range(start, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            return place
    raise ValueError(f"a macro is not closed: {text[start : start + 40]!r}")


def _split(arguments: str) -> list[str]:
    """Cut the arguments of a macro at the commas that stand in no parentheses."""
    found, depth = [""], 0
    for character in arguments:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return found
