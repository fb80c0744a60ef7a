"""Reading ahead: the order, what goes wrong, and what happens where nobody reads to the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from core.sync.comparison.prefetch import read_ahead


def test_items_come_in_their_order_and_are_fetched_before_they_are_asked_for() -> None:
    fetched: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(5):
            fetched.append(number)
            yield number

    with read_ahead(numbers()) as reading:
        until = time.monotonic() + 5
        while len(fetched) < 3 and time.monotonic() < until:
            time.sleep(0.001)
        assert len(fetched) >= 3
        assert list(reading) == [0, 1, 2, 3, 4]


def test_what_goes_wrong_is_raised_in_its_place_and_in_the_thread_that_reads() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ConnectionResetError("the warehouse has gone")

    with read_ahead(broken()) as reading:
        assert next(reading) == 1
        with pytest.raises(ConnectionResetError, match="has gone"):
            next(reading)


def test_who_stops_in_the_middle_waits_for_the_item_that_is_being_fetched_and_no_longer() -> None:
    fetched: list[int] = []
    before = threading.active_count()

    def slow() -> Iterator[int]:
        for number in range(1_000):
            time.sleep(0.01)
            fetched.append(number)
            yield number

    with read_ahead(slow()) as reading:
        assert next(reading) == 0
    count = len(fetched)
    assert threading.active_count() == before
    assert count < 10
    time.sleep(0.05)
    assert len(fetched) == count, "something still fetches"


def test_none_is_no_end_and_an_empty_source_is_empty() -> None:
    for items in ([None, 1, None], []):
        with read_ahead(iter(items)) as reading:
            assert list(reading) == items
