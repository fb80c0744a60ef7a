"""From nothing to a delivered demo sync, and what a person does next; keys only."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from tests.journeys.tmux import ONE_SLOW, at_the_console
from tests.projects import backhaul


@pytest.mark.parametrize("size", ONE_SLOW)
def test_from_nothing_to_a_delivered_sync(tmp_path: Path, size: tuple[int, int]) -> None:
    with at_the_console(tmp_path, size) as person:
        screen = person.sees("There is no project in")
        assert "Try the demo" in screen
        person.press("d")
        screen = person.sees("users → files")
        assert "not yet" in screen
        person.press("/")
        person.sees("Filter rows")
        person.type("users → files")
        person.press("Enter")
        person.sees_no("leads")
        person.press("G", "r")  # its first delivery: the plan first
        person.sees("1,500 new")
        person.press("r")
        person.sees("the run starts")
        person.sees(r"✓ done +users → files")
        person.sees("1,500")
    delivered = tmp_path / "backhaul-demo" / "delivered" / "users.jsonl"
    assert len(delivered.read_text("utf-8").splitlines()) == 1_500


@pytest.mark.parametrize("size", ONE_SLOW)
def test_run_watch_stop_and_run_again(company: Path, size: tuple[int, int]) -> None:
    make_slow(company)
    with at_the_console(company, size) as person:
        person.sees("users → files")
        person.press("4")
        person.sees("No run yet")
        person.press("1")
        person.type(":run users")
        person.sees("Run the chosen sync")
        person.press("Enter")
        person.sees("60,000 new", seconds=60)
        person.press("r")
        person.sees("► ")
        person.press("4")
        person.sees(r"deliver ►|the query runs|delivering")
        person.sees(r"Log of users")
        person.press("C-c")
        person.sees("the run stops after the batches in flight")
        person.sees(r"✗ failed")
        person.sees("The run was stopped")
        person.sees_no("following")
        make_quick(company)
        person.press("r")
        if "r send it" in person.sees(
            r"✓ done|r send it"
        ):  # it was stopped before its plan was written: still the first
            person.press("r")
        person.sees(r"✓ done")
    rows = [json.loads(row) for row in (company / "delivered" / "users.jsonl").read_text("utf-8").splitlines()]
    assert len({row["messageId"] for row in rows}) == len({row["userId"] for row in rows}) == 60_000


@pytest.mark.parametrize("size", ONE_SLOW)
def test_the_terminal_goes_away_in_the_middle_of_a_run_and_the_run_is_found_finished(
    company: Path, size: tuple[int, int]
) -> None:
    make_slow(company)
    with at_the_console(company, size) as person:
        person.sees("users → files")
        person.type(":run users")
        person.press("Enter")
        person.sees("60,000 new", seconds=60)
        person.press("r")
        person.sees(r"►.*users|deliver ►")
        console = int(person.tmux("list-panes", "-t", "journey", "-F", "#{pane_pid}"))
        consoles = children(console)
        person.closes_the_terminal()
        end = time.monotonic() + 1.0
        while any(alive(process) for process in consoles) and time.monotonic() < end:
            time.sleep(0.02)
        assert not any(alive(process) for process in consoles)
    make_quick(company)
    with at_the_console(company, size) as person:
        person.sees("users → files")
        person.press("4")
        person.sees(r"✓ done", seconds=60)
    assert backhaul("status", "--json", folder=company).code == 0


def children(process: int) -> list[int]:
    """Return a process and those below it in its session: the console, and not the runs that it has started."""
    found = subprocess.run(["pgrep", "-s", str(process)], capture_output=True, text=True, check=False).stdout.split()
    return [int(each) for each in found]


def alive(process: int) -> bool:
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def make_slow(company: Path) -> None:
    """Make `users` large, and its destination slow: a batch of 100 calls, three times a second."""
    import duckdb

    with duckdb.connect(str(company / "warehouse.duckdb")) as connection:
        connection.execute("CREATE OR REPLACE TABLE slow AS SELECT 'u' || i AS id, i AS n FROM range(60000) t(i)")
    (company / "syncs" / "users.sql").write_text('SELECT id AS "userId", n AS "n" FROM slow\n', "utf-8")
    (company / "destinations" / "files.toml").write_text(
        'type = "file"\n\n[limits]\nrequests = 3\nbatch_calls = 100\n', "utf-8"
    )


def make_quick(company: Path) -> None:
    (company / "destinations" / "files.toml").write_text('type = "file"\n', "utf-8")
