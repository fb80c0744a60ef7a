"""Queries: places that stay, a value that is a number, folding, and texts of any kind."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from core.errors import QueryError
from core.model import Severity
from core.query import DIALECTS, fold, parse
from core.query.syntax import LONGEST

QUERIES = [
    'SELECT id AS "userId", email FROM users u WHERE changed >= {{last_sync_time}}',
    "WITH a AS (SELECT 'its' AS x, {{ last_sync_time }} AS t FROM s.b) SELECT x, t FROM a -- {{x}}\nORDER BY 1;",
    "(SELECT a FROM b UNION ALL SELECT c FROM d) -- done",
    "SELECT CASE WHEN a BETWEEN 1 AND {{last_sync_time}} THEN 'x' END AS y /* c */ FROM t JOIN u ON t.a = u.a;;",
    "SELECT count(*), sum(a) OVER (PARTITION BY b), c[1], -{{last_sync_time}} FROM t WHERE a IN (1, 2) LIMIT 5",
    "SELECT timestamp '2020-01-01' + interval '1 second' * {{last_sync_time}} AS é😀 FROM t; -- 'open",
]


def errors(text: str, dialect: str) -> list[str]:
    return [found.rule for found in parse(text, dialect).findings if found.severity is Severity.ERROR]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("text", QUERIES)
def test_rendering_keeps_the_place_of_everything_but_the_placeholder(text: str, dialect: str) -> None:
    query = parse(text, dialect)
    assert query.findings == ()
    rendered = query.render(1_700_000_000)
    assert len(rendered) == len(text)
    end = query.tokens[-1].end + 1
    kept = [i for i in range(end) if not any(start <= i < stop for start, stop in query.placeholders)]
    assert all(rendered[i] == text[i] for i in kept)
    assert rendered[end:].strip() == ""
    assert [i for i, c in enumerate(rendered) if c == "\n"] == [i for i, c in enumerate(text) if c == "\n"]
    for start, stop in query.placeholders:
        assert rendered[start:stop].rstrip() == "1700000000"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("text", QUERIES)
def test_rendered_text_can_stand_inside_parentheses(text: str, dialect: str) -> None:
    wrapped = f"SELECT 1 AS one FROM ({parse(text, dialect).render(0)}) AS inside_of_it"
    assert errors(wrapped, dialect) == []


def test_a_query_with_a_placeholder_is_incremental_and_one_in_a_comment_is_not() -> None:
    assert parse("SELECT a FROM t WHERE b > {{last_sync_time}}", "duckdb").incremental
    assert not parse("SELECT a FROM t -- {{last_sync_time}}", "duckdb").incremental
    assert not parse("SELECT '{{last_sync_time}}' AS a FROM t", "duckdb").incremental


@pytest.mark.parametrize("value", [-1, 1.5, "1", None, True])
def test_no_value_but_a_whole_number_from_zero_is_taken(value: object) -> None:
    with pytest.raises(ValueError, match="whole number"):
        parse("SELECT {{last_sync_time}} AS a", "duckdb").render(value)


def test_a_query_with_an_error_is_not_rendered_and_says_where() -> None:
    with pytest.raises(QueryError) as caught:
        parse("SELECT a,\n  b c d FROM t", "postgres").render(0)
    assert [(one.rule, one.line) for one in caught.value.findings] == [("syntax-error", 2)]
    assert "line 2" in caught.value.message


def test_a_warning_does_not_keep_a_query_from_being_rendered() -> None:
    text = "SELECT a FROM t -- {{last_sync_time}}"
    assert parse(text, "postgres").render(5).rstrip() == "SELECT a FROM t"


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("SELECT a{{last_sync_time}} FROM t", "postgres"),
        ("SELECT {{last_sync_time}}1 FROM t", "postgres"),
        ("SELECT {{last_sync_time}}.5 FROM t", "postgres"),
        ("SELECT a FROM t{{last_sync_time}}", "bigquery"),
        ("SELECT a FROM p-{{last_sync_time}}.t", "bigquery"),
        ("SELECT ${{last_sync_time}} FROM t", "snowflake"),
        ("SELECT {{{last_sync_time}}} FROM t", "duckdb"),
        ("SELECT a AS {{last_sync_time}} FROM t", "duckdb"),
        ("SELECT a FROM t WHERE b = '{{last_sync_time}}'", "snowflake"),
        ('SELECT "{{last_sync_time}}" FROM t', "snowflake"),
        ("SELECT {{ LAST_SYNC_TIME }} AS a", "snowflake"),
        ("SELECT {{last_sync_time AS a", "snowflake"),
        ("{% if a %} SELECT 1 AS a", "snowflake"),
        ("SELECT {# a #} 1 AS a", "snowflake"),
    ],
)
def test_a_placeholder_that_would_be_no_number_of_its_own_is_refused(text: str, dialect: str) -> None:
    assert errors(text, dialect)


@given(st.integers(min_value=0, max_value=2**53), st.sampled_from(QUERIES), st.sampled_from(DIALECTS))
def test_any_time_is_rendered_as_itself(value: int, text: str, dialect: str) -> None:
    query = parse(text, dialect)
    rendered = query.render(value)
    assert [int(rendered[start:end]) for start, end in query.placeholders] == [value] * len(query.placeholders)


@pytest.mark.parametrize(
    ("dialect", "plain", "quoted"),
    [
        ("snowflake", "USERIDÄä", "userIdÄä"),
        ("postgres", "useridÄä", "userIdÄä"),
        ("redshift", "useridÄä", "userIdÄä"),
        ("bigquery", "userIdÄä", "userIdÄä"),
        ("duckdb", "userIdÄä", "userIdÄä"),
    ],
)
def test_names_fold_as_the_warehouse_folds_them(dialect: str, plain: str, quoted: str) -> None:
    assert fold("userIdÄä", quoted=False, dialect=dialect) == plain
    assert fold("userIdÄä", quoted=True, dialect=dialect) == quoted


@pytest.mark.parametrize(
    ("dialect", "text", "names"),
    [
        ("snowflake", 'SELECT a, b AS c, d AS "e", t.f, g + 1 FROM t', ["A", "C", "e", "F", ""]),
        ("postgres", "SELECT A, b::text, CAST(c AS int), (r).d, count(*) FROM t", ["a", "b", "c", "d", ""]),
        ("bigquery", "SELECT a.b.C, CAST(d AS STRING) FROM t", ["C", ""]),
        ("duckdb", "(SELECT a FROM t) UNION ALL SELECT b FROM t", ["a"]),
        ("duckdb", "WITH x AS (SELECT 1 AS y) SELECT y AS z FROM x", ["z"]),
        ("postgres", "SELECT *, a FROM t", None),
        ("postgres", "SELECT t.* FROM t", None),
        ("duckdb", "SELECT COLUMNS('a') FROM t", None),
        ("duckdb", "FROM t", None),
        ("bigquery", "SELECT AS STRUCT 1 AS a", None),
    ],
)
def test_output_columns_have_the_names_that_the_warehouse_gives(
    dialect: str, text: str, names: list[str] | None
) -> None:
    columns = parse(text, dialect).columns
    assert (None if columns is None else [column.name for column in columns]) == names


def test_a_column_knows_where_its_name_stands() -> None:
    text = 'SELECT 😀, id AS "userId" FROM t'
    column = (parse(text, "postgres").columns or ())[1]
    assert text[column.start : column.end] == '"userId"'
    assert (column.written, column.quoted, column.is_alias) == ("userId", True, True)


def test_a_text_that_is_too_long_is_not_read() -> None:
    assert errors("SELECT 1 AS a" + " " * LONGEST, "duckdb") == ["query-too-long"]


DEEP = [
    "SELECT " + "(" * 50_000,
    "SELECT * FROM " + "(SELECT * FROM " * 15_000,
    "SELECT * FROM t" + " JOIN t" * 30_000,
    "SELECT a" + "[1]" * 80_000,
    "SELECT CAST(1 AS " + "ARRAY<" * 40_000,
    "SELECT CAST(1 AS " + "STRUCT<a " * 25_000,
    "SELECT " + "NOT " * 60_000 + "1",
    "SELECT " + "CASE WHEN " * 20_000,
    "SELECT " + "x -> " * 40_000,
    "WITH a AS (" * 20_000,
    "{{" * 100_000,
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("text", DEEP, ids=lambda text: text[:24])
def test_what_would_take_the_parsers_stack_or_time_is_refused(text: str, dialect: str) -> None:
    assert {one.rule for one in parse(text, dialect).findings} & {"syntax-error", "query-too-complex", "not-checked"}


@pytest.mark.parametrize("text", ["SELECT a FROM t WHERE a = 1" + " OR a = 1" * 20_000, "SELECT 1" + " + 1" * 50_000])
def test_a_long_chain_is_rendered_without_deep_recursion(text: str) -> None:
    assert parse(text, "postgres").render(0) == text


TYPED = (
    "select from where a b , . ( ) [ ] { } {{ }} {{last_sync_time}} 'x' \" ' ` $$ /* */ -- \n ; * = < > :: : -> @ # $1 ? \\ "
    "union join on with as case when then end and or not in between 1 1.5 interval 😀 é \x00 insert into update"
)
WORDS = st.sampled_from(TYPED.split(" "))


def survives(text: str, dialect: str) -> None:
    query = parse(text, dialect)
    for found in query.findings:
        assert 0 <= found.start <= found.end <= len(text)
        assert found.line == text[: found.start].count("\n") + 1
        assert 1 <= found.column <= found.start + 1
    try:
        rendered = query.render(7)
    except QueryError:
        assume(True)
    else:
        assert len(rendered) == len(text)


@given(st.lists(WORDS, max_size=25).map(" ".join), st.sampled_from(DIALECTS))
@example("select '", "bigquery")
@settings(max_examples=400, deadline=None)
def test_any_words_are_answered_with_findings_inside_the_text(text: str, dialect: str) -> None:
    survives(text, dialect)


@given(st.text(max_size=80), st.sampled_from(DIALECTS))
@settings(max_examples=300, deadline=None)
def test_any_text_is_answered_with_findings_inside_it(text: str, dialect: str) -> None:
    survives(text, dialect)


@given(st.sampled_from(QUERIES), st.data(), st.sampled_from(DIALECTS))
@settings(max_examples=400, deadline=None)
def test_a_query_that_is_being_typed_or_was_damaged_is_answered_too(
    text: str, data: st.DataObject, dialect: str
) -> None:
    cut = data.draw(st.integers(min_value=0, max_value=len(text)))
    survives(text[:cut], dialect)
    survives(text[:cut] + data.draw(WORDS) + text[cut + data.draw(st.integers(min_value=0, max_value=8)) :], dialect)


@pytest.mark.parametrize(
    "written", ["`p.d.INFORMATION_SCHEMA.TABLES`", "`region-eu.INFORMATION_SCHEMA.JOBS`", "`INFORMATION_SCHEMA.JOBS`"]
)
def test_a_view_of_the_information_schema_in_one_name_has_a_place(written: str) -> None:
    query = parse(f"SELECT a FROM {written} WHERE b > 1", "bigquery")
    assert query.findings == ()
    survives(query.text, "bigquery")
