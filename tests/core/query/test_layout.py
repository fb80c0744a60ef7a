"""Laying a query out changes its spaces and line ends, and nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from core.query import DIALECTS, parse
from core.query.layout import laid_out

CASES = Path(__file__).parents[1] / "lint" / "cases"
DEMO = Path(__file__).parents[3] / "core" / "demo" / "syncs"


def laid(text: str, dialect: str = "postgres") -> str:
    return laid_out(parse(text, dialect))


def test_a_query_stands_in_lines() -> None:
    text = (
        'select distinct a.id as "userId", b.x::int, ifnull(b.y,0) y from people a left  outer join plans b on b.id=a.plan '
        "and b.active where a.changed>={{last_sync_time}} and (a.x = 1 or a.y in (1,2)) and a.z between 1 and 2 group\n by 1 "
        "having count(*) > 1 order by 1 desc limit 5;\n"
    )
    assert laid(text) == (
        "select distinct\n"
        '    a.id as "userId",\n'
        "    b.x::int,\n"
        "    ifnull(b.y, 0) y\n"
        "from people a\n"
        "left outer join plans b on b.id = a.plan\n"
        "    and b.active\n"
        "where a.changed >= {{last_sync_time}}\n"
        "    and (a.x = 1 or a.y in (1, 2))\n"
        "    and a.z between 1 and 2\n"
        "group by 1\n"
        "having count(*) > 1\n"
        "order by 1 desc\n"
        "limit 5;\n"
    )


def test_queries_within_queries_are_indented() -> None:
    text = (
        "WITH a AS (SELECT * FROM x), b AS (SELECT id FROM y) SELECT (SELECT max(z) FROM a) m FROM b UNION ALL SELECT 1"
    )
    assert laid(text) == (
        "WITH a AS (\n    SELECT *\n    FROM x\n),\nb AS (\n    SELECT\n        id\n    FROM y\n)\n"
        "SELECT\n    (\n        SELECT\n            max(z)\n        FROM a\n    ) m\nFROM b\nUNION ALL\nSELECT\n    1"
    )


def test_what_is_too_wide_for_a_line_is_cut() -> None:
    wide = ", ".join(f"'a_long_key_{number}', value_{number}" for number in range(4))
    assert laid(f"select f({wide}) from t").count("\n") == 11
    long = "case when aaaaaaaaaaaaaaaaaaaaaaa = 1 then bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb when c and d then e else f end"
    assert "\n        when c and d then e\n        else f\n    end\nfrom t" in laid(f"select {long} from t")


def test_comments_stay_behind_what_they_were_behind() -> None:
    text = (
        "-- about it\nselect a, -- one\n  b /* two\n lines */, c -- three\n"
        "-- before from\nfrom t -- the table\nwhere x -- y\n and z\n-- the end"
    )
    assert laid(text) == (
        "-- about it\nselect\n    a, -- one\n    b /* two\n lines */,\n    c -- three\n"
        "-- before from\nfrom t -- the table\nwhere x -- y\n    and z\n-- the end"
    )


def test_a_line_with_an_ignore_stays_together_since_it_is_about_that_line() -> None:
    text = "select a as x, b, -- backhaul: ignore last-sync-time-missing\n c from t where d and e -- other"
    assert laid(text) == (
        "select a as x, b, -- backhaul: ignore last-sync-time-missing\n    c\nfrom t\nwhere d\n    and e -- other"
    )


@pytest.mark.parametrize(
    ("dialect", "text", "kept"),
    [
        ("bigquery", "SELECT * EXCEPT (a), x FROM t", "* EXCEPT (a),"),
        ("bigquery", "SELECT AS STRUCT a FROM UNNEST(b) WITH OFFSET AS o", "FROM UNNEST(b) WITH OFFSET AS o"),
        ("bigquery", "SELECT ARRAY<INT64>[1,2][OFFSET(0)] x FROM `p.d.t` # c\n", "FROM `p.d.t` # c"),
        ("snowflake", 'select v:a.b::string x, t."limit" from v', "v:a.b::string x,"),
        ("postgres", "select a from t where b is not distinct from c", "where b is not distinct from c"),
        ("postgres", "select E'a\\'b', 'c\n  d', $$ e  f $$ from t", "E'a\\'b',\n    'c\n  d',\n    $$ e  f $$"),
        ("postgres", "select extract(year from d), -1, - -1 from t", "extract(year from d),\n    -1,\n    - -1"),
        ("duckdb", "FROM t SELECT a ORDER BY ALL", "FROM t\nSELECT\n    a\nORDER BY ALL"),
        ("duckdb", "select {'a': 1, 'b': [1,2]} s", "{'a': 1, 'b': [1, 2]} s"),
    ],
)
def test_what_each_dialect_writes_stays_as_it_is(dialect: str, text: str, kept: str) -> None:
    assert kept in laid(text, dialect)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("select a from (", "1:"),
        ("select 'a", "1:8"),
        ("select 1; select 2", "second statement"),
        ("select a from t where b = {{last_sync}}", "no placeholder"),
        ("", "There is no query"),
        ("-- nothing", "There is no query"),
    ],
)
def test_what_cannot_be_read_is_not_laid_out(text: str, why: str) -> None:
    with pytest.raises(UsageError, match="cannot be formatted") as caught:
        laid(text)
    assert why in caught.value.message


def queries() -> list[tuple[str, str]]:
    found = [("duckdb", file.read_text("utf-8")) for file in DEMO.glob("*.sql")]
    for file in CASES.glob("*.toml"):
        cases = tomllib.loads(file.read_text("utf-8"))["case"]
        found += [
            (case.get("dialect", "postgres"), case[key]) for case in cases for key in ("before", "after") if key in case
        ]
    return found


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_every_query_of_the_tests_keeps_all_but_its_spaces_and_stays_as_it_is_the_second_time() -> None:
    laid_ones = 0
    for dialect, text in queries():
        try:
            once = laid(text, dialect)
        except UsageError:
            continue
        laid_ones += 1
        assert squeezed(once) == squeezed(text)
        assert laid(once, dialect) == once
    assert laid_ones > 60


PARTS = [
    "select",
    "a",
    "b",
    "1",
    "'x '",
    ",",
    "(",
    ")",
    "from",
    "t",
    "where",
    "and",
    "or",
    "case",
    "when",
    "then",
    "end",
]
PARTS += [
    "-- c\n",
    "/* d */",
    "\n",
    "=",
    "::int",
    ".",
    "*",
    "join",
    "on",
    "with",
    "as",
    "between",
    ";",
    "{{last_sync_time}}",
]


@given(st.lists(st.sampled_from(PARTS), max_size=25), st.sampled_from(DIALECTS))
def test_any_text_keeps_all_but_its_spaces_or_is_refused(parts: list[str], dialect: str) -> None:
    text = " ".join(parts)
    try:
        once = laid(text, dialect)
    except UsageError:
        return
    assert squeezed(once) == squeezed(text)


def test_a_long_query_is_laid_out_within_seconds() -> None:
    columns = ", ".join(f"coalesce(a{number}, b{number}) AS c{number}" for number in range(3000))
    assert laid(f"SELECT {columns} FROM t").count("\n") == 3001
