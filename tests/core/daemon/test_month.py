"""A month with failures of every kind: each due moment is accounted for, and at its end nothing is missing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.core.daemon.month import DAY, START, SYNCS, arrived, due_moments, history_of, month_of, story, worst_of_days

DAYS = 30
PAUSED = {"orders": 5}
"""Due moments that nobody wanted: the sync was paused for ten hours."""


@pytest.mark.slow
def test_a_month_ends_with_nothing_lost_and_each_due_moment_accounted_for(tmp_path: Path) -> None:
    with month_of(tmp_path, DAYS) as month:
        asyncio.run(month.pass_by())
        told = story(month)
        print(told)
        assert not arrived(month), told
        for name in SYNCS:
            mine = [run for run in history_of(month) if run.name == name]
            counted = sum(run.skipped if run.state == "skipped" else run.due is not None for run in mine)
            assert counted == due_moments(name, START + DAYS * DAY - 1) - PAUSED.get(name, 0), (name, told)
            assert set(worst_of_days(month, name)[-2:]) <= {"✓", " "}, told
        states = {run.state for run in history_of(month)}
        assert states == {"succeeded", "partial", "stopped", "failed", "skipped"}
        assert {run.cause for run in history_of(month)} == {"schedule", "caught up", "retry", "request"}
