"""The demo as core/guide/first-sync.md tells it: the same commands, the same keys, at both sizes; and the README's pictures."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.journeys.tmux import ONE_SLOW, ROOT, at_the_console
from tests.projects import backhaul


@pytest.mark.parametrize("size", ONE_SLOW)
def test_the_demo_can_be_done_by_the_guide(tmp_path: Path, size: tuple[int, int]) -> None:
    assert backhaul("demo", "--headless", folder=tmp_path).code == 0
    with at_the_console(tmp_path, size, "demo") as person:
        person.sees("users → files")  # 1. home
        person.press("j", "k", "r")
        person.sees("the run starts")
        person.sees(r"✓ companies: the run is done")
        person.press("Enter")
        person.sees("Run [0-9a-f]{4}")
        person.press("Escape")
        person.sees("users → files")
        person.press("?")
        person.sees("Run the chosen sync")
        person.press("Escape")
        person.sees_no("Run the chosen sync")
        person.type(":edit open_tickets")  # 2. fix a query
        person.press("Enter")
        person.sees("zendesk.tickets")
        person.sees("1 error +1 warning|2 errors")
        person.press("C-n", "C-g")
        person.sees("AS userId")
        person.sees_no("userID is not userId")
        person.press("C-n", "C-g")
        person.sees(r"to_timestamp\(\{\{last_sync_time\}\}\)")
        person.press("C-s")
        person.sees("No problems")
        person.press("C-r")  # 3. the calls
        person.sees("first 100 rows, more exist")
        person.press("Escape", "j", "Enter")
        person.sees('"type": "identify"')
        person.press("y")
        person.sees("characters sent to")
        copied = json.loads(person.tmux("show-buffer"))
        assert copied["type"] == "identify"
        person.press("Escape", "p")  # 4. what would be sent
        person.sees("nothing sent yet")
        person.sees(r"new +0 changed|new +")
        person.press("r")
        person.sees(r"✓ open_tickets: the run is done")
        person.press("4")  # 5. the run
        person.sees(r"✓ done +[0-9:]+ +open_tickets")
        person.press("Enter")
        person.sees("Run [0-9a-f]{4} +open_tickets")
        person.press("2")  # 6. sources
        person.sees("warehouse.duckdb")
        person.press("n")
        person.sees("New source")
        person.press("Escape")
        person.press("C-q")
        person.sees("ended with 0")
    delivered = tmp_path / "backhaul-demo" / "delivered" / "open_tickets.jsonl"
    assert len(delivered.read_text("utf-8").splitlines()) > 100


def test_the_pictures_that_the_readme_shows_are_there() -> None:
    shown = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text("utf-8"))
    assert len(shown) >= 3
    assert [name for name in shown if not (ROOT / name).is_file()] == []


def test_each_page_has_its_picture_at_both_sizes_as_svg_and_png() -> None:
    folder = ROOT / "screenshots"
    pages = {file.name.rpartition("-")[0] for file in folder.glob("*.svg")}
    assert {
        "home",
        "welcome",
        "editor",
        "preview",
        "plan",
        "runs",
        "run",
        "sources",
        "new-source",
        "settings",
        "help",
        "palette",
    } <= pages
    missing = [
        f"{page}-{size}.{kind}"
        for page in pages
        for size in ("80x24", "160x45")
        for kind in ("svg", "png")
        if not (folder / f"{page}-{size}.{kind}").is_file()
    ]
    assert missing == []
