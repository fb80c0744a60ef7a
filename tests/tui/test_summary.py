"""Every page can be said in plain sentences; what is only drawn is not needed for them, and what is hidden stays hidden."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.project import set_value
from tests.projects import ProjectFolder
from tests.tui.guided import begin, choose, fill, keyring_in_memory, paste
from tests.tui.harness import until
from tests.tui.test_sync_page import skip
from tui.app import Console
from tui.preferences import Preferences
from tui.screens.sentences import of_row, spoken
from tui.themes import PALETTES

Step = str | tuple[str, ...]

PAGES: dict[str, tuple[tuple[Step, ...], tuple[str, ...]]] = {
    "home": (
        (),
        (
            "acme: 5 syncs, 1 running now.",
            "leads to cio: failed. Last run 14:00, 0 calls sent. 12 rejected rows open: 10 times email is not valid",
            "churn_scores to cio, files: off.",
        ),
    ),
    "runs": (
        (("4",), "Log"),
        (
            "13 runs.",
            "orders: running. 64,112 of 100,000 calls answered.",
            "users: partial. 11,204 calls sent in 95 s. 38 rejected.",
        ),
    ),
    "run": (
        (("j", "enter"), "user_884"),
        (
            "Run 10f2c010 of users: partial.",
            "It started at 13:58:25 and ended at 14:00:00, after 95 s.",
            "11,249 rows: 11,204 sent, 38 rejected.",
            "It took 31 s to query, 3.8 s to plan, 60 s to deliver.",
            "Delivery to cio: committed; last_sync_time is 2026-11-21 13:58:25Z now.",
            "32 times email is not valid, answer 400.",
        ),
    ),
    "course": (
        (("j", "enter"), "user_884", ("v",), "1 of 33 events"),
        ("Events:", "users: the run starts (daemon)"),
    ),
    "sync": (
        (("j", "o"), "0 rows known"),
        ("Schedule: every 15 minutes.", "The last 5 runs sent 0 to 11,204 calls each", "2 of them went wrong."),
    ),
    "sources": ((("2",), "customerio"), ("warehouse",)),
    "editor": ((("j", "e"), "FROM   users"), ("A text of", "to_timestamp({{last_sync_time}})")),
    "settings": ((("j", "c"), "most vanished"), ("schedule: every 15 minutes.",)),
    "help": ((("question_mark",), "Run the chosen sync now"), ()),
}
DRAWN = re.compile(r"[━─│▌█▁▂▃▄▅▆▇✓✗►║○●▲]")


def test_what_is_only_drawn_is_left_out_and_signs_are_words() -> None:
    assert spoken("  ✗ failed ─── ▁▂▃ → cio  ") == "failed failed to cio"
    assert spoken("━━━──") == ""
    assert of_row(["State", "", "Sent ▾"], ["► running", "x", "–"]) == "State running running, x."
    assert of_row(["a"], [""]) == ""


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
@pytest.mark.parametrize("page", [name for name in PAGES if name != "help"])
async def test_a_page_is_said_in_sentences_on_the_clipboard(
    day: ProjectFolder, page: str, size: tuple[int, int]
) -> None:
    steps, said = PAGES[page]
    app = Console(day.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "users → cio")
        for step in steps:
            if isinstance(step, tuple):
                await pilot.press(*step)
            else:
                await until(pilot, step)
        app.act("global.summary")
        await until(pilot, lambda: bool(app.clipboard_text))
        for each in said:
            assert each in app.clipboard_text, app.clipboard_text
        assert not DRAWN.search(app.clipboard_text), app.clipboard_text


@pytest.mark.parametrize("theme", list(PALETTES))
async def test_a_summary_is_the_same_in_all_colours_and_in_none(day: ProjectFolder, theme: str) -> None:
    app = Console(day.folder, chosen=Preferences(theme=theme))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("Y")
        await until(pilot, lambda: app.clipboard_text.startswith("acme: 5 syncs"))


async def test_a_summary_is_written_into_a_file(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press(*":summary out/home.txt", "enter")
        file = day.folder / "out" / "home.txt"
        await until(pilot, file.exists)
        await until(pilot, lambda: "6 lines saved to out/home.txt" in app.said[-1][2])
        assert file.read_text("utf-8").startswith("acme: 5 syncs")
        app.act("global.summary", "/proc/nowhere/x.txt")
        await until(pilot, lambda: "could not be written" in app.said[-1][2])


async def test_frequent_skips_are_said(day: ProjectFolder) -> None:
    skip(day, "s1", moments=14)
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        app.act("home.sync", "users")
        await until(pilot, "What can be done")
        await pilot.pause(0.2)
        said = "\n".join(app.screen.summary())
        assert "The schedule is too tight: 14 of 19 scheduled runs were skipped in a day." in said


async def test_hostile_text_is_made_harmless_in_a_summary(day: ProjectFolder) -> None:
    day.write(
        "syncs/users.toml",
        {
            "id": "s1",
            "source": "warehouse",
            "destinations": ["cio"],
            "call": "identify",
            "description": "x\x1b]52;c;AA\x07",
        },
    )
    app = Console(day.folder)
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, "users → cio")
        app.act("home.sync", "users")
        await until(pilot, "What can be done")
        await pilot.press("Y")
        await until(pilot, lambda: bool(app.clipboard_text))
        assert "\x1b" not in app.clipboard_text


async def test_a_secret_that_is_being_typed_is_hidden_in_the_summary(
    day: ProjectFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in keyring_in_memory(tmp_path / "keyring").items():
        monkeypatch.setenv(name, value)
    set_value(day.folder / "backhaul.toml", "secrets", None)
    app = Console(day.folder)
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, "users → cio")
        await begin(pilot)
        await choose(pilot, "postgres")
        await fill(pilot, name="shop", host="db.example", database="shop", user="analyst")
        await pilot.press("pagedown")
        await until(pilot, "password")
        await paste(pilot, "a-very-secret-word")
        app.act("global.summary")
        await until(pilot, lambda: bool(app.clipboard_text))
        assert "a-very-secret-word" not in app.clipboard_text
        assert "New source" in app.clipboard_text
