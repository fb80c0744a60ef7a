"""The disk of the state folder fills up at every phase: told in words, nothing lost, nothing sent twice as another call."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.sync.workshop import Workshop

ROWS = 20_000
SIZES = (600, 4_000, *(pytest.param(size, marks=pytest.mark.slow) for size in (200, 2_400, 3_400)))
"""Kilobytes of the disk: the store, the scratch files, the plan, the batches, the ledger find no room."""


@pytest.fixture
def small_disk(workshop: Workshop, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The state folder on a disk of so many kilobytes."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    state = workshop.folder / ".backhaul"
    state.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={request.param}k,mode=700", "tmpfs", str(state)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not possible here")
    try:
        yield state
    finally:
        subprocess.run(["umount", "--lazy", str(state)], check=True)


@pytest.mark.parametrize("small_disk", SIZES, indirect=True)
def test_a_disk_that_fills_up_is_told_and_the_next_run_goes_on(workshop: Workshop, small_disk: Path) -> None:
    (workshop.folder / "backhaul.toml").write_text('name = "full"\n[secrets]\nfrom = "environment"\n')
    workshop.execute(
        "CREATE TABLE people AS SELECT 'u' || i AS id, md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS n "
        f"FROM range({ROWS}) people (i)"
    )
    workshop.sync('SELECT id AS "userId", n FROM people')
    first, again = run(workshop), run(workshop)
    assert (first.returncode, again.returncode) == (1, 1)
    assert "could not be written" in first.stderr
    assert "Make room on the disk" in first.stderr
    assert "Traceback" not in first.stderr + again.stderr
    subprocess.run(["mount", "-o", "remount,size=100m", str(small_disk)], check=True)
    assert run(workshop).returncode == 0
    arrived: dict[str, set[str]] = {}
    for call in workshop.receiver.calls():
        arrived.setdefault(call["userId"], set()).add(call["messageId"])
    assert len(arrived) == ROWS
    assert all(len(ids) == 1 for ids in arrived.values())
    assert f"0 delivered, {ROWS:,} unchanged" in run(workshop).stdout


def run(workshop: Workshop) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "tui.main", "run", "people", "--project", str(workshop.folder)]
    env = os.environ | {"BACKHAUL_DESTINATIONS_SEG_WRITE_KEY": "key-1"}
    return subprocess.run(words, env=env, capture_output=True, text=True, check=False, timeout=60)
