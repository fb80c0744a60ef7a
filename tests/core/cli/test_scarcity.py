"""A machine that has too little memory, threads or open files: a command ends with a sentence that says so, and what to do."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.scarcity import scarcity
from tests.projects import Done, ProjectFolder

PROGRAM = str(Path(sys.executable).with_name("backhaul"))
MEGABYTE = 1024 * 1024


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    made = ProjectFolder.make(tmp_path / "project")
    made.duckdb("CREATE TABLE people AS SELECT i::VARCHAR AS id, 'a' AS plan FROM range(300) t(i)")
    made.file()
    made.sync("people", 'SELECT id AS "userId", plan FROM people', to=("files",))
    return made


def limited(project: ProjectFolder, limit: Callable[[], None], *words: str) -> Done:
    """Run a command within a limit of its process."""
    done = subprocess.run(
        [PROGRAM, *words],
        cwd=project.folder,
        preexec_fn=limit,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("words", [("run", "people"), ("preview", "people"), ("check",), ("plan", "people")])
@pytest.mark.parametrize("megabytes", [60, 100])
def test_a_library_that_memory_has_no_room_for_is_told(
    project: ProjectFolder, megabytes: int, words: tuple[str, ...]
) -> None:
    most = megabytes * MEGABYTE
    done = limited(project, lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)), *words)
    assert done.code == 1
    assert "There is not enough memory: the library" in done.err
    assert "ulimit -v" in done.err


def test_status_needs_little_memory(project: ProjectFolder) -> None:
    most = 100 * MEGABYTE
    assert limited(project, lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)), "status").code == 0


@pytest.mark.parametrize("words", [("run", "people"), ("preview", "people"), ("status",)])
def test_thirty_two_open_files_are_enough(project: ProjectFolder, words: tuple[str, ...]) -> None:
    done = limited(project, lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32)), *words)
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "not enough memory"),
        (ImportError("x.so: failed to map segment from shared object", name="duckdb"), "the library duckdb could not"),
        (RuntimeError("can't start new thread"), "No thread could be started"),
        (OSError(24, "Too many open files"), "Too many files are open"),
        (OSError(12, "Cannot allocate memory"), "not enough memory"),
        (ExceptionGroup("several", [ValueError(), MemoryError()]), "not enough memory"),
    ],
)
def test_each_way_to_say_that_there_is_too_little_is_known(error: Exception, said: str) -> None:
    found = scarcity(error)
    assert found is not None
    assert said in found.message
    assert found.remedy
    behind = ValueError("because of that")
    behind.__cause__ = error
    assert scarcity(behind) is not None


@pytest.mark.parametrize("error", [ValueError("memory"), ImportError("No module named x"), OSError(2, "no such file")])
def test_other_errors_are_not_taken_for_it(error: Exception) -> None:
    assert scarcity(error) is None
