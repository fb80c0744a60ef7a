"""Highlighting, by dialect: what the words, quotes and comments of each are."""

from __future__ import annotations

import pytest

from tui.highlight import MOST, Highlights


def roles(text: str, dialect: str, *keywords: str) -> list[tuple[str, str]]:
    found = Highlights(text, dialect, frozenset(keywords))
    return [
        (line[each.start : each.end], each.role)
        for number, line in enumerate(text.split("\n"))
        for each in found.line(number)
    ]


@pytest.mark.parametrize(
    ("dialect", "text", "expected"),
    [
        ("snowflake", "x // c", [("// c", "comment")]),
        ("snowflake", "v:order.b::string, $$a 'b$$", [("$$a 'b$$", "string")]),
        ("snowflake", "QUALIFY n = 1.5e3", [("QUALIFY", "keyword"), ("1.5e3", "number")]),
        ("bigquery", "# c", [("# c", "comment")]),
        (
            "bigquery",
            "\"text\" `a.b` '''x\ny'''",
            [('"text"', "string"), ("`a.b`", "string"), ("'''x", "string"), ("y'''", "string")],
        ),
        (
            "postgres",
            "E'a\\'b' ilike 'c' /* a /* b */ c */ x",
            [("E'a\\'b'"[1:], "string"), ("ilike", "keyword"), ("'c'", "string"), ("/* a /* b */ c */", "comment")],
        ),
        ("postgres", "$tag$ select $tag$", [("$tag$ select $tag$", "string")]),
        ("redshift", "'a\\'b' AS", [("'a\\'b'", "string"), ("AS", "keyword")]),
        ("duckdb", "from t select x1 -- 2", [("from", "keyword"), ("select", "keyword"), ("-- 2", "comment")]),
    ],
)
def test_each_dialect_is_read_as_its_own_lexer_reads_it(
    dialect: str, text: str, expected: list[tuple[str, str]]
) -> None:
    assert roles(text, dialect) == expected


def test_the_placeholder_stands_out_in_code_and_nowhere_else() -> None:
    assert roles("a > {{last_sync_time}} -- {{last_sync_time}}", "duckdb") == [
        ("{{last_sync_time}}", "accent"),
        ("-- {{last_sync_time}}", "comment"),
    ]
    assert roles("a > '{{last_sync_time}}'", "duckdb") == [("'{{last_sync_time}}'", "string")]


def test_the_name_of_a_column_is_no_keyword_behind_a_point() -> None:
    assert roles("t.order, t1", "postgres") == []


def test_words_can_be_added() -> None:
    assert roles("asof_special x", "duckdb", "ASOF_SPECIAL") == [("asof_special", "keyword")]


def test_an_open_quote_colours_the_rest_and_raises_nothing() -> None:
    assert roles("select 'a\nb", "snowflake") == [("select", "keyword"), ("'a", "string"), ("b", "string")]


def test_an_unknown_dialect_is_read_somehow() -> None:
    assert roles("select 1", "something") == [("select", "keyword"), ("1", "number")]


def test_a_very_long_text_is_not_highlighted() -> None:
    found = Highlights("select 1\n" * (MOST // 9 + 1), "duckdb")
    assert found.off
    assert found.line(0) == ()
