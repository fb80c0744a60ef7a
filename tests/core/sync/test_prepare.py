"""What a run, a plan and a preview refuse before a row is read: what lint calls an error and would send wrong calls."""

from __future__ import annotations

import pytest

from core.errors import QueryError
from core.preview.result_set import look
from tests.core.sync.workshop import Workshop

TYPOGRAPHIC = "SELECT id AS “userId”, email FROM people"
FOLDED = 'SELECT id AS "anonymousId", id AS userid, email FROM people'


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (TYPOGRAPHIC, "“userId” has typographic quotes"),
        ("SELECT id AS user\u200cId, email FROM people", "invisible character"),
        ("SELECT id AS userId, ema\u00adil AS email FROM people", "invisible character"),
        ("SELECT id AS userId, email FROM people WHERE plan = ‘free’", "typographic quotes"),
        (FOLDED, '"userid" is not userId'),
        ("SELECT * FROM (SELECT id AS USERID, email, plan FROM people) p", '"USERID" is not userId'),
        ("SELECT id AS userId, now() AS Timestamp, email FROM people", '"Timestamp" is not timestamp'),
    ],
)
def test_a_run_and_a_preview_refuse_names_that_are_a_fields_only_for_the_eye(
    workshop: Workshop, query: str, words: str
) -> None:
    workshop.people(3)
    workshop.sync(query)
    ended = workshop.run().ended
    assert (ended.state, ended.exit_code) == ("failed", 2)
    assert words in ended.error
    with pytest.raises(QueryError, match=words):
        look(workshop.load(), workshop.the_sync(), workshop.secret, limit=5)
    assert workshop.calls() == []


@pytest.mark.parametrize(
    ("query", "settings"),
    [
        (FOLDED, {"columns": {"userid": "traits.userid"}}),
        (f"{FOLDED} -- backhaul: ignore column-folded", {}),
        ('SELECT id AS "userId", email AS "EMAIL" FROM people', {}),
    ],
)
def test_a_name_that_is_meant_is_sent(workshop: Workshop, query: str, settings: dict[str, dict[str, str]]) -> None:
    workshop.people(1)
    workshop.sync(query, **settings)
    assert workshop.run().acknowledged == 1
    (call,) = workshop.calls()
    assert call["traits"]


def test_a_query_with_the_fix_applied_is_sent(workshop: Workshop) -> None:
    from core.lint import Context, fix_all

    workshop.people(2)
    text, fixed = fix_all(TYPOGRAPHIC, Context(dialect="duckdb"))
    assert fixed == 1
    workshop.sync(text)
    workshop.run()
    assert workshop.users() == ["u_0", "u_1"]


def test_a_query_that_the_parser_does_not_know_runs_and_sends_what_the_warehouse_answers(workshop: Workshop) -> None:
    from core.query import parse

    workshop.people(2)
    query = 'SELECT id AS "userId", 3 ! AS plan FROM people'
    assert [found.rule for found in parse(query, "duckdb").findings] == ["not-checked"]
    workshop.sync(query)
    assert workshop.run().state == "succeeded"
    assert [(call["userId"], call["traits"]) for call in workshop.calls()] == [
        ("u_0", {"plan": 6}),
        ("u_1", {"plan": 6}),
    ]


def test_a_folded_name_is_refused_in_a_query_that_the_parser_does_not_know(workshop: Workshop) -> None:
    workshop.people(2)
    workshop.sync('SELECT id AS "anonymousId", id AS USERID, 3 ! AS plan FROM people')
    assert '"USERID" is not userId' in workshop.run().ended.error
    assert workshop.calls() == []
