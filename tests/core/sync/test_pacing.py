"""The pace keeps the limit in any second, slows down for all, and comes back; on a clock of its own.

Receivers with limits of the usual kinds are played against it: it uses most of what each allows, without asking for more all the time.
"""

from __future__ import annotations

import asyncio
import bisect
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.sync.delivery.rate_limiter import RateLimiter


@dataclass
class Clock:
    """A clock that sleeping moves; sleepers wake in the order of their times."""

    now: float = 100.0
    sleepers: list[tuple[float, int, asyncio.Future[None]]] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        bisect.insort(self.sleepers, (self.now + seconds, len(self.sleepers) + id(waking), waking))
        await waking

    async def run(self, *tasks: asyncio.Task[None]) -> None:
        """Move the clock from sleeper to sleeper until the tasks are done."""
        while not all(task.done() for task in tasks):
            for _ in range(20):
                await asyncio.sleep(0)
            if self.sleepers:
                at, _, waking = self.sleepers.pop(0)
                self.now = max(self.now, at)
                waking.set_result(None)
        for task in tasks:
            task.result()


def pace_on(clock: Clock, most: float) -> RateLimiter:
    return RateLimiter(most=most, clock=clock, sleep=clock.sleep)


def busiest_second(times: list[float]) -> int:
    """Return the most requests within any second (its end left out; a rounding error is no request too many)."""
    ordered = sorted(times)
    return max(bisect.bisect_left(ordered, at + 1 - 1e-6) - place for place, at in enumerate(ordered))


async def send(pace: RateLimiter, requests: int, sent: list[float], answer: object = None) -> None:
    for _ in range(requests):
        at = await pace.turn()
        sent.append(at)
        pace.succeeded()


@settings(deadline=None, max_examples=60)  # it plays thousands of requests, on a clock of its own
@given(
    most=st.integers(1, 200),
    connections=st.integers(1, 6),
    pauses=st.lists(st.floats(0, 3, allow_nan=False), max_size=4),
)
def test_no_second_ever_holds_more_than_the_limit(most: int, connections: int, pauses: list[float]) -> None:
    async def play() -> list[float]:
        clock = Clock()
        pace = pace_on(clock, most)
        sent: list[float] = []
        for pause in (*pauses, 0.0):
            tasks = [asyncio.create_task(send(pace, max(1, most // 2), sent)) for _ in range(connections)]
            await clock.run(*tasks)
            clock.now += pause
        return sent

    assert busiest_second(asyncio.run(play())) <= most


@settings(deadline=None)
@given(most=st.floats(0.1, 500), told=st.lists(st.tuples(st.sampled_from(["429", "ok"]), st.floats(0, 5)), max_size=60))
def test_the_rate_is_never_above_the_limit_and_never_nothing(most: float, told: list[tuple[str, float]]) -> None:
    clock = Clock()
    pace = pace_on(clock, most)
    for what, later in told:
        before = pace.rate
        clock.now += later
        if what == "ok":
            pace.succeeded()
            assert before <= pace.rate <= most
        else:
            pace.slow_down(clock.now)
            assert pace.rate <= before
        assert pace.rate >= min(2.0, pace._full)


def test_all_of_a_limit_can_be_used() -> None:
    async def play() -> list[float]:
        clock = Clock()
        sent: list[float] = []
        pace = pace_on(clock, 100)
        await clock.run(*[asyncio.create_task(send(pace, 250, sent)) for _ in range(4)])
        return sent

    sent = asyncio.run(play())
    assert 1000 / (max(sent) - min(sent)) > 90


def test_a_429_lowers_the_rate_once_for_all_requests_of_a_second() -> None:
    clock = Clock()
    pace = pace_on(clock, 80)
    full = pace.rate
    sent_at = [clock.now, clock.now + 0.01, clock.now + 0.02]
    clock.now += 1
    for at in sent_at:
        pace.slow_down(at)
    assert pace.rate == pytest.approx(0.95 * full / 2)
    clock.now += 1
    pace.slow_down(clock.now)
    assert pace.rate == pytest.approx(0.95**2 * full / 4)


def test_retry_after_holds_back_every_connection_also_those_that_wait_already() -> None:
    async def play() -> list[float]:
        clock = Clock()
        pace = pace_on(clock, 2)
        sent: list[float] = []
        tasks = [asyncio.create_task(send(pace, 2, sent)) for _ in range(3)]
        for _ in range(10):
            await asyncio.sleep(0)
        assert len(sent) == 1
        pace.slow_down(sent[0], 30.0)
        await clock.run(*tasks)
        return sent

    first, *later = asyncio.run(play())
    assert first == 100.0
    assert min(later) >= 130.0
    assert len(later) == 5
    assert busiest_second(later) <= 2


def test_a_pause_that_is_asked_for_with_a_503_does_not_halve_the_rate() -> None:
    clock = Clock()
    pace = pace_on(clock, 8)
    before = pace.rate
    pace.slow_down(clock.now, 5.0, halve=False)
    assert pace.rate == before


def test_after_a_429_the_rate_stays_a_little_below_what_was_taken_and_then_looks_for_more() -> None:
    clock = Clock()
    pace = pace_on(clock, 1_000)
    for _ in range(100):
        clock.now += 0.1
        pace.succeeded()
    pace.rate = 10.0
    pace.slow_down(clock.now)
    assert pace.rate == pytest.approx(9.5, abs=0.2)
    rates = []
    for _ in range(600):
        clock.now += 0.5
        pace.succeeded()
        rates.append(pace.rate)
    assert rates == sorted(rates)
    assert max(rates[:60]) <= 10.2
    assert rates[-1] > 20


def test_a_silence_counts_little() -> None:
    clock = Clock()
    pace = pace_on(clock, 60)
    pace.slow_down(clock.now)
    pace.succeeded()
    before = pace.rate
    clock.now += 3600
    pace.succeeded()
    assert before < pace.rate < 2 * before


def test_a_limit_below_one_a_second_is_kept_too() -> None:
    async def play() -> list[float]:
        clock = Clock()
        sent: list[float] = []
        await clock.run(asyncio.create_task(send(pace_on(clock, 0.2), 4, sent)))
        return sent

    assert asyncio.run(play()) == pytest.approx([100, 105, 110, 115])


class Bucket:
    """A receiver that gives each request a token, of which so many come a second, and at most `most` are saved up."""

    def __init__(self, rate: float, most: float, retry: float | None = None) -> None:
        self.rate, self.most, self.retry = rate, most, retry
        self.tokens, self.at = most, 100.0

    def takes(self, now: float) -> bool:
        self.tokens = min(self.most, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1 - 1e-9:
            return False
        self.tokens -= 1
        return True

    def wait(self, now: float) -> float | None:
        return self.retry


class Window:
    """A receiver that takes so many requests in each `size` seconds of the clock."""

    def __init__(self, rate: float, size: float = 1.0, *, says_when: bool = True) -> None:
        self.most, self.size, self.says_when = rate * size, size, says_when
        self.number, self.taken = -1, 0

    def takes(self, now: float) -> bool:
        if int(now / self.size) != self.number:
            self.number, self.taken = int(now / self.size), 0
        self.taken += 1
        return self.taken <= self.most

    def wait(self, now: float) -> float | None:
        return (self.number + 1) * self.size - now if self.says_when else None


class Sliding:
    """A receiver that takes so many requests in any second."""

    def __init__(self, rate: int, retry: float | None = None) -> None:
        self.most, self.retry, self.times = rate, retry, list[float]()

    def takes(self, now: float) -> bool:
        self.times = [at for at in self.times if at > now - 1]
        if len(self.times) < self.most:
            self.times.append(now)
            return True
        return False

    def wait(self, now: float) -> float | None:
        return self.retry


@pytest.mark.parametrize(
    "limiter",
    [
        Bucket(10, 10),
        Bucket(10, 1),
        Bucket(10, 10, 1.0),
        Bucket(10, 1, 1.0),
        Window(10),
        Window(10, says_when=False),
        Window(10, 10.0),
        Sliding(10),
        Sliding(10, 1.0),
    ],
    ids=["bucket", "no bucket", "bucket, 1 s", "no bucket, 1 s", "window", "silent", "ten seconds", "any", "any, 1 s"],
)
def test_nine_tenths_of_what_a_receiver_allows_are_used(limiter: Bucket | Window | Sliding) -> None:
    async def play() -> int:
        clock = Clock()
        pace = pace_on(clock, 1_000)
        taken = 0

        async def connection() -> None:
            nonlocal taken
            while clock.now < 400:
                at = await pace.turn()
                await clock.sleep(0.01)
                if limiter.takes(clock.now):
                    taken += 1
                    pace.succeeded()
                else:
                    pace.slow_down(at, limiter.wait(clock.now))
                await clock.sleep(0.01)

        await clock.run(*[asyncio.create_task(connection()) for _ in range(4)])
        return taken

    assert asyncio.run(play()) >= 0.9 * 300 * 10


def test_a_receiver_that_answers_every_second_request_with_429_stops_nothing() -> None:
    taken = 0

    async def play() -> None:
        clock = Clock()
        pace = pace_on(clock, 1_000)

        async def connection() -> None:
            nonlocal taken
            number = 0
            while clock.now < 400:
                at = await pace.turn()
                number += 1
                if number % 2:
                    pace.slow_down(at)
                else:
                    taken += 1
                    pace.succeeded()

        await clock.run(asyncio.create_task(connection()))

    asyncio.run(play())
    assert taken >= 250
