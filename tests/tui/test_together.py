"""Home: syncs are sorted, marked, and paused, resumed or run together after a question that names how many."""

from __future__ import annotations

import pytest

from tests.projects import ProjectFolder
from tests.tui.harness import screen_text, until
from tests.tui.started import record
from tui.app import Console
from tui.screens.home import Home
from tui.widgets.table import Table


def order(app: Console) -> list[str]:
    return [row.key for row in app.screen.query_one("#syncs", Table).shown]


async def test_sorting_goes_through_all_orders_and_says_which_in_the_head(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, "users → cio")
        urgent = order(app)
        assert urgent[0] == "leads"
        wanted = {
            "Sync ▾": ["accounts", "churn_scores", "leads", "orders", "users"],
            "Last ▾": ["orders", "leads", "users", "accounts", "churn_scores"],
            "Next ▾": ["users", "orders", "leads", "accounts", "churn_scores"],
            "Sent ▾": ["users", "accounts", "churn_scores", "leads", "orders"],
            "Rej. ▾": ["users", "leads", "accounts", "churn_scores", "orders"],
        }
        for head, names in wanted.items():
            await pilot.press("s")
            await until(pilot, head)
            assert order(app)[:2] == names[:2], head
            assert order(app)[-1] == names[-1], head
        await pilot.press("s")
        assert order(app) == urgent


async def test_marked_syncs_are_paused_together_and_resumed_together(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("s", "g", "m", "m", "m")  # accounts, churn_scores (which is off), leads
        await until(pilot, "pause 3")
        assert screen_text(app).count("◆") == 3
        await pilot.press("P")
        await until(pilot, "Pause 2 syncs")
        assert "accounts, leads" in screen_text(app)
        assert "1 marked sync is paused already" in screen_text(app).replace("\n", " ")
        await pilot.press("enter")
        await until(pilot, lambda: enabled(app) == {"orders", "users"})
        await until(pilot, lambda: "◆" not in screen_text(app))
        await pilot.press("A")
        await until(pilot, "pause 5")
        await pilot.press("A")
        await until(pilot, lambda: "◆" not in screen_text(app))
        await pilot.press("g", "m", "j", "m")
        await until(pilot, "resume 2")
        await pilot.press("P", "enter")
        await until(pilot, lambda: enabled(app) == {"accounts", "leads", "orders", "users"})


def enabled(app: Console) -> set[str]:
    return {status.sync for status in app.bridge.snapshot.statuses if status.enabled}


async def test_marked_syncs_are_run_together_but_for_those_that_run(
    day: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = record(monkeypatch)
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        for name in ("users", "orders", "leads"):
            app.act("home.mark", name)
        await until(pilot, "run 3")
        await pilot.press("r")
        await until(pilot, "Run 2 syncs")
        await pilot.press("enter")
        await until(pilot, lambda: [sorted(each) for each in started] == [["leads", "run", "users"]])


async def test_marks_are_kept_by_filters_and_taken_away_by_esc_and_with_the_sync(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        home = app.screen
        assert isinstance(home, Home)
        app.act("home.mark", "users")
        app.act("home.mark", "leads")
        app.act("list.filter", "users")
        await until(pilot, lambda: order(app) == ["users"])
        assert home.marks.names == {"users", "leads"}
        (day.folder / "syncs" / "leads.toml").unlink()
        await until(pilot, lambda: home.marks.names == {"users"})
        await pilot.press("escape")
        assert home.marks.names == set()
        app.act("home.mark", "nobody")
        assert app.said[-1][2] == "There is no sync nobody. There are: accounts, churn_scores, orders, users."
