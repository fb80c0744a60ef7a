"""Other faults: credentials that are revoked, a holder that sleeps, two runs at once, a host whose clock jumps."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.sync.workshop import Workshop, ids
from tests.faults.kills import kill_project
from tests.faults.lab import Bench
from tests.servers.receiving import receiving

ROWS = 40


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    with receiving(tmp_path / "receiver") as receiver:
        made = Workshop(tmp_path / "project", receiver)
        (made.folder / "backhaul.toml").write_text('name = "faults"\n[secrets]\nfrom = "environment"\n')
        made.destination("seg", type="segment", url=receiver.url, limits={"batch_calls": 8, "connections": 1})
        made.people(ROWS)
        made.sync()
        yield made


def start(workshop: Workshop) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "tui.main", "run", "people", "--json", "--project", str(workshop.folder)]
    env = os.environ | {"BACKHAUL_DESTINATIONS_SEG_WRITE_KEY": "key-1"}
    return subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.parametrize("status", [401, 403])
def test_credentials_that_are_revoked_in_mid_run_keep_the_plan_and_send_it_on_with_the_same_ids(
    workshop: Workshop, status: int
) -> None:
    workshop.receiver.behave({}, {}, {"status": status, "body": '{"message": "revoked"}'})
    outcome = workshop.run()
    assert outcome.state == "failed"
    assert f"write key: {status} revoked" in outcome.ended.error
    first = workshop.calls()
    assert len(first) == 16
    assert workshop.last_sync_time() == 0
    assert workshop.run().state == "succeeded"
    second = workshop.calls()
    assert len(second) == ROWS - 16
    assert set(ids(first)).isdisjoint(ids(second))
    assert len({call["userId"] for call in first + second}) == ROWS


def test_a_holder_that_is_stopped_keeps_its_lock_and_goes_on_when_it_is_continued(workshop: Workshop) -> None:
    workshop.receiver.behave({}, {"hang": 1.0})
    holder = start(workshop)
    try:
        until = time.monotonic() + 20
        while workshop.receiver.count()["requests"] < 1:
            assert time.monotonic() < until, "the run did not begin to send"
            time.sleep(0.01)
        holder.send_signal(signal.SIGSTOP)
        other = start(workshop)
        said, _ = other.communicate(timeout=30)
        assert other.returncode == 1
        assert f"in use by `backhaul run` (process {holder.pid}" in said
        time.sleep(1.2)  # its request has lost its connection in its sleep
        taken = workshop.receiver.count()["requests"]
        assert taken == 1
        holder.send_signal(signal.SIGCONT)
        said, _ = holder.communicate(timeout=30)
        assert holder.returncode == 0, said
    finally:
        holder.kill()
        holder.communicate()
    calls = workshop.calls()
    assert len({call["userId"] for call in calls}) == ROWS
    assert len({call["messageId"] for call in calls}) == ROWS


def test_of_two_runs_that_are_started_at_once_one_goes_on_and_the_other_says_who_holds(workshop: Workshop) -> None:
    workshop.receiver.behave(*[{"drip": 0.3}] * 9)
    both = [start(workshop), start(workshop)]
    said = [process.communicate(timeout=40)[0] for process in both]
    assert sorted(process.returncode for process in both) == [0, 1]
    winner, loser = sorted(both, key=lambda process: process.returncode)
    assert f"(process {winner.pid} on " in said[both.index(loser)]
    assert len(workshop.users()) == ROWS


def test_a_host_whose_clock_jumps_for_months_loses_nothing_and_sends_nothing_again(bench: Bench) -> None:
    tally = kill_project(bench, "clock", "tests/clock", rounds=5)
    assert tally.found == []
    assert tally.rounds == 5
