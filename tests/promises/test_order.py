"""The order of a query with ORDER BY is kept for events: calls arrive as the query gives its rows, over several batches and runs."""

from __future__ import annotations

import pytest

from core.query import parse
from tests.core.sync.workshop import Workshop

ROWS = 12_000

EVENTS = "SELECT id AS \"userId\", 'opened' AS event, place FROM events"


def events(workshop: Workshop) -> None:
    """Make a table of events whose places are in no order."""
    workshop.execute(
        f"CREATE TABLE events AS SELECT 'u_' || n % 7 AS id, (n * 7919) % {ROWS} AS place, repeat('x', 40) AS filler "
        f"FROM range({ROWS}) t(n)"
    )


def places(workshop: Workshop) -> list[int]:
    return [call["properties"]["place"] for call in workshop.calls()]


@pytest.mark.parametrize(
    "message_id", ["", ", 'm-' || place AS \"messageId\""], ids=["whole rows", "their own messageIds"]
)
def test_events_arrive_in_the_order_of_the_query(workshop: Workshop, message_id: str) -> None:
    events(workshop)
    workshop.destination(
        "seg", type="segment", url=workshop.receiver.url, limits={"batch_calls": 500, "connections": 8}
    )
    workshop.receiver.behave({}, {}, {"slow": 0.3}, {}, {"status": 500}, {}, {"slow": 0.2})
    query = EVENTS.replace(" FROM", f"{message_id} FROM")
    workshop.sync(f"{query} ORDER BY place DESC", call="track")
    assert workshop.run().state == "succeeded"
    assert list(dict.fromkeys(places(workshop))) == list(range(ROWS - 1, -1, -1))
    assert workshop.receiver.count()["most"] == 1


def test_a_delivery_that_is_finished_by_a_later_run_keeps_its_order(workshop: Workshop) -> None:
    events(workshop)
    workshop.destination(
        "seg", type="segment", url=workshop.receiver.url, limits={"batch_calls": 500, "connections": 8}
    )
    workshop.sync(f"{EVENTS} ORDER BY place", call="track")
    workshop.receiver.behave({}, {}, *[{"status": 503}] * 3)
    assert workshop.run().state != "succeeded"
    assert workshop.run().state == "succeeded"
    assert list(dict.fromkeys(places(workshop))) == list(range(ROWS))
    assert workshop.receiver.count()["most"] == 1


def test_events_without_an_order_are_sent_side_by_side(workshop: Workshop) -> None:
    events(workshop)
    workshop.destination(
        "seg", type="segment", url=workshop.receiver.url, limits={"batch_calls": 500, "connections": 8}
    )
    workshop.receiver.behave(*[{"slow": 0.2}] * 8)
    workshop.sync(EVENTS, call="track")
    assert workshop.run().state == "succeeded"
    assert sorted(places(workshop)) == list(range(ROWS))
    assert workshop.receiver.count()["most"] > 1


@pytest.mark.parametrize(
    ("text", "is_ordered"),
    [
        ("SELECT a FROM t ORDER BY a", True),
        ("select a from t order  by a limit 5", True),
        ("(SELECT a FROM t ORDER BY a)", True),
        ("((SELECT a FROM t ORDER BY a));", True),
        ("WITH x AS (SELECT a FROM t) SELECT a FROM x ORDER BY a", True),
        ("SELECT a FROM t UNION ALL SELECT a FROM u ORDER BY 1", True),
        ("SELECT a FROM ONLY (t) ORDER BY a", True),
        ("SELECT a FROM t", False),
        ("SELECT a FROM t -- ORDER BY a", False),
        ("SELECT 'ORDER BY a' AS a FROM t", False),
        ("SELECT a FROM (SELECT a FROM t ORDER BY a) x", False),
        ("(SELECT a FROM t ORDER BY a) UNION ALL (SELECT a FROM u)", False),
        ("WITH x AS (SELECT a FROM t ORDER BY a) SELECT a FROM x", False),
        ("SELECT row_number() OVER (ORDER BY a) AS a FROM ONLY (t)", False),
        ("", False),
    ],
)
def test_a_query_is_ordered_where_its_outermost_select_is(text: str, is_ordered: bool) -> None:
    assert parse(text, "postgres").is_ordered is is_ordered
