"""A run is played again: as fast as one likes, from any moment, from its log alone."""

from __future__ import annotations

import pytest

from core.sync.progress.recording import Recording
from tests.projects import ProjectFolder
from tests.tui import acme
from tests.tui.harness import screen_text, until
from tui.app import Console
from tui.screens.run.playback import CoursePage, moment_of


@pytest.mark.parametrize(
    ("said", "after"),
    [
        ("0%", 0.0),
        ("50 %", 50.0),
        ("+90", 90.0),
        ("12.5", 12.5),
        ("14:03", 60.0),
        ("14:02:30", 30.0),
        ("yesterday", None),
        ("25:00", None),
        ("+", None),
    ],
)
def test_a_moment_is_said_as_a_share_as_seconds_or_as_on_the_wall(said: str, after: float | None) -> None:
    found = moment_of(said, acme.NOW, acme.NOW + 100)
    assert (None if found is None else found - acme.NOW) == after


def test_a_time_of_day_before_the_beginning_is_that_of_the_next_day() -> None:
    assert moment_of("01:00", acme.NOW, acme.NOW + 90_000) == acme.NOW + (24 - 14 + 1) * 3600 - 120


async def opened(app: Console, pilot: object) -> CoursePage:
    from textual.pilot import Pilot

    assert isinstance(pilot, Pilot)
    await until(pilot, "users → cio")
    await pilot.press("j", "enter")
    await until(pilot, "user_884")
    await pilot.press("v")
    await until(pilot, "1 of 33 events")
    assert isinstance(app.screen, CoursePage)
    return app.screen


async def test_playing_goes_as_fast_as_asked_and_stops_at_the_end(day: ProjectFolder) -> None:
    now = [0.0]
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        page = await opened(app, pilot)
        page.clock_of_playing = lambda: now[0]
        began = page.at
        await pilot.press("space")
        assert page.playing
        now[0] = 1.0
        page.tick()
        assert page.at - began == 1.0
        await pilot.press("plus")
        now[0] = 2.0
        page.tick()
        assert page.at - began == 11.0
        await until(pilot, "► playing")
        assert "query ►" in screen_text(app)
        await pilot.press("plus", "plus")
        now[0] = 60.0
        page.tick()
        assert not page.playing
        await until(pilot, "this is how it ended")
        await pilot.press("space")
        assert page.playing
        assert page.at == began


async def test_steps_go_from_event_to_event_and_over_a_quiet_stretch(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        page = await opened(app, pilot)
        began = page.at
        await pilot.press("right")
        assert page.at - began == 2.0
        app.act("course.seek", "+42")
        await until(pilot, "No events for 34 s from here")
        assert "next try in 30 s" in screen_text(app)
        assert "left" not in screen_text(app).splitlines()[6]  # no time is invented while nothing is sent
        await pilot.press("right")
        await until(pilot, "7/12")
        await pilot.press("left")
        assert page.at - began == 42.0
        await pilot.press("g", "left")
        assert app.said[-1][2] == "back: this is the start."
        app.act("course.seek", "tomorrow")
        assert "is no moment of this run" in app.said[-1][2]


async def test_a_long_run_is_looked_at_without_holding_up_the_loop(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        page = await opened(app, pilot)
        course = page.course
        assert course is not None
        answer = course.told[19]
        many = 20_000
        moments = (*course.moments[:20], *(course.moments[19] + each / 100 for each in range(many)))
        long = Recording(moments=moments, told=(*course.told[:20], *[answer] * many), kept=kept(course, many))
        for share in range(20):
            long.progress(long.begin + (long.end - long.begin) * share / 20)


def kept(course: Recording, many: int) -> tuple[object, ...]:
    from core.sync.progress.recording import build_recording

    told = [*zip(course.moments[:20], course.told[:20], strict=True)]
    told += [(course.moments[19] + each / 100, course.told[19]) for each in range(many)]
    whole = build_recording(told)
    assert whole is not None
    return whole.kept
