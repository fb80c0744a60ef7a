"""A process of ours that dies leaves nothing of its memory in the project's folder, or with the system's collector of such files."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.projects import SECRETS, ProjectFolder

ROOT = Path(__file__).parents[2]


def children(process: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.mark.skipif(
    not Path("/proc/self/coredump_filter").exists(), reason="only Linux tells of a process's core files"
)
@pytest.mark.parametrize("module", ["tui.main", "core.cli"])
def test_a_daemon_and_what_it_starts_leave_no_core_file(project: ProjectFolder, module: str) -> None:
    project.duckdb("CREATE TABLE people AS SELECT 1 AS id")
    project.file()
    project.sync("people", 'SELECT id AS "userId" FROM people', to=["files"])
    allowed = "ulimit -S -c $(ulimit -H -c) && exec "
    words = [sys.executable, "-m", module, "daemon", "--project", str(project.folder)]
    process = subprocess.Popen(
        ["bash", "-c", allowed + shlex.join(words)],
        cwd=project.folder,
        env={**os.environ, **SECRETS, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    log = project.folder / ".backhaul" / "logs" / "daemon.jsonl"
    try:
        until = time.monotonic() + 30
        while not log.exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        assert log.exists()
        for each in (process.pid, *children(process.pid)):
            assert int(Path(f"/proc/{each}/coredump_filter").read_text(), 16) == 0
            limits = Path(f"/proc/{each}/limits").read_text()
            assert next(line for line in limits.splitlines() if "core file" in line).split()[4] == "0"
        process.send_signal(signal.SIGSEGV)
        assert process.wait(20) == -signal.SIGSEGV
    finally:
        process.kill()
        process.wait()
    assert not [file for file in project.folder.rglob("*") if "core" in file.name]
