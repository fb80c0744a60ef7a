"""When something is told: once, again only after a while and for something new, and its end once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.alerts.decide import Evidence, News, Standing, decide, delivered, ended

REPEAT = 100.0
TOLD = Standing(since=10.0, told=50.0, times=1)


@pytest.mark.parametrize(
    ("before", "trouble", "now", "after", "news"),
    [
        (None, None, 60.0, None, None),
        (None, Evidence(since=5.0, at=9.0), 60.0, Standing(since=5.0), News.NEW),
        (Standing(since=5.0), Evidence(since=5.0, at=9.0), 61.0, Standing(since=5.0), News.NEW),
        (Standing(since=5.0), None, 61.0, Standing(since=5.0, recovered=61.0, closed=True), None),
        (TOLD, Evidence(since=10.0, at=49.0), 9_999.0, TOLD, None),
        (TOLD, Evidence(since=10.0, at=80.0), 149.0, TOLD, None),
        (TOLD, Evidence(since=10.0, at=80.0), 150.0, TOLD, News.AGAIN),
        (TOLD, None, 60.0, replace(TOLD, recovered=60.0), News.RECOVERED),
        (replace(TOLD, recovered=60.0), None, 75.0, replace(TOLD, recovered=60.0), News.RECOVERED),
        (replace(TOLD, recovered=60.0), Evidence(since=10.0, at=70.0), 75.0, TOLD, None),
        (replace(TOLD, closed=True), None, 75.0, replace(TOLD, closed=True), None),
        (replace(TOLD, closed=True), Evidence(since=70.0, at=70.0), 75.0, Standing(since=70.0), News.NEW),
        # the clock was set back: what was told is in the future
        (TOLD, Evidence(since=10.0, at=20.0), 30.0, TOLD, News.AGAIN),
    ],
)
def test_what_is_due_follows_from_what_was_told_and_what_is(
    before: Standing | None, trouble: Evidence | None, now: float, after: Standing | None, news: News | None
) -> None:
    assert decide(before, trouble, repeat=REPEAT, tells_recovery=True, now=now) == (after, news)


def test_an_alert_that_tells_of_no_recovery_closes_without_a_word() -> None:
    assert decide(TOLD, None, repeat=REPEAT, tells_recovery=False, now=60.0) == (
        replace(TOLD, recovered=60.0, closed=True),
        None,
    )
    assert ended(TOLD, 61.0) == replace(TOLD, recovered=61.0, closed=True)


def test_with_a_repeat_of_nothing_each_further_failure_is_told() -> None:
    trouble = Evidence(since=10.0, at=55.0)
    assert decide(TOLD, trouble, repeat=0.0, tells_recovery=True, now=56.0)[1] is News.AGAIN
    told = delivered(TOLD, News.AGAIN, 56.0)
    assert decide(told, trouble, repeat=0.0, tells_recovery=True, now=71.0)[1] is None


MOMENTS = st.lists(st.tuples(st.floats(0.5, 120), st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=60)
"""Seconds that go by, whether there is a trouble, whether something new speaks for it, whether a message arrives."""


@settings(max_examples=400, deadline=None)
@given(MOMENTS, st.sampled_from([0.0, 30.0, 200.0]), st.booleans())
def test_a_trouble_is_told_once_then_quiet_and_its_end_once_and_only_if_it_was_told(
    moments: list[tuple[float, bool, bool, bool]], repeat: float, tells_recovery: bool
) -> None:
    now, at, begun = 1_000.0, 0.0, None
    standing: Standing | None = None
    arrived: list[tuple[float, News]] = []
    for passed, in_trouble, is_new, arrives in moments:
        now += passed
        begun = (begun or now) if in_trouble else None
        at = now if is_new or begun == now else at
        trouble = Evidence(since=begun, at=at) if begun is not None else None
        standing, news = decide(standing, trouble, repeat=repeat, tells_recovery=tells_recovery, now=now)
        assert not (news and standing is None)
        if trouble is not None and standing is not None and standing.told is None:
            assert news is News.NEW, "what was not told is due at every look"
        if news is not None and arrives:
            assert standing is not None
            standing = delivered(standing, news, now)
            arrived.append((now, news))
            # nothing is due twice in the same moment
            assert decide(standing, trouble, repeat=repeat, tells_recovery=tells_recovery, now=now)[1] is None
    last: tuple[float, News] | None = None
    for moment, news in arrived:
        if news is News.NEW:
            assert last is None or last[1] is News.RECOVERED or not tells_recovery
        elif news is News.AGAIN:
            assert last is not None
            assert last[1] is not News.RECOVERED
            assert moment - last[0] >= repeat
        else:
            assert tells_recovery
            assert last is not None
            assert last[1] is not News.RECOVERED, "the end is told once"
        last = (moment, news)
