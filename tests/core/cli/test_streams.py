"""Whatever a command's output is, the command ends with a sentence or quietly, and with an exit code that says how it went."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects import Done, ProjectFolder

PROGRAM = str(Path(sys.executable).with_name("backhaul"))


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    made = ProjectFolder.make(tmp_path / "project")
    made.duckdb("CREATE TABLE people AS SELECT 'Grüße ✓' AS greeting, i::VARCHAR AS id FROM range(300) t(i)")
    made.file()
    made.sync("people", 'SELECT id AS "userId", greeting FROM people', to=("files",))
    return made


def shell(project: ProjectFolder, command: str, **env: str) -> Done:
    """Run a line of a shell; `backhaul` in it is the program of this environment."""
    line = command.replace("backhaul", PROGRAM, 1)
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=project.folder,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    told = Done(done.returncode, done.stdout.decode("latin-1"), done.stderr.decode("latin-1"))
    for word in ("Traceback", "Exception ignored", "Error in "):
        assert word not in told.out + told.err
    return told


@pytest.mark.parametrize("command", ["status", "preview people", "run people", "check", "doctor", "status --json"])
@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252"])
def test_signs_that_an_encoding_has_not_are_written_as_escapes(
    project: ProjectFolder, encoding: str, command: str
) -> None:
    done = shell(project, f"backhaul {command}", PYTHONIOENCODING=encoding)
    assert done.code == 0
    assert done.out


@pytest.mark.parametrize("command", ["status", "run people", "run people --json", "check", "doctor", "--help"])
def test_a_closed_output_does_no_harm(project: ProjectFolder, command: str) -> None:
    assert shell(project, f"backhaul {command} >&-") == Done(0, "", "")
    assert shell(project, f"backhaul {command} <&- >&- 2>&-").code == 0


def test_a_run_without_output_delivers(project: ProjectFolder) -> None:
    assert shell(project, "backhaul run people <&- >&- 2>&-").code == 0
    assert len(project.delivered("people")) == 300


def test_an_error_that_nobody_can_read_is_still_an_error(project: ProjectFolder) -> None:
    assert shell(project, "backhaul run nothing 2>&-") == Done(2, "", "")


@pytest.mark.parametrize("command", ["status", "run people", "run people --json", "preview people", "doctor"])
def test_an_output_that_takes_nothing_is_told(project: ProjectFolder, command: str) -> None:
    done = shell(project, f"backhaul {command} > /dev/full")
    assert done.code == 1
    assert "No space left on device" in done.err


@pytest.mark.parametrize("command", ["status", "run people", "run people --json", "preview people", "doctor"])
def test_a_reader_that_has_gone_ends_a_command_quietly(project: ProjectFolder, command: str) -> None:
    done = shell(project, f"{{ backhaul {command}; echo code $? >&2; }} | true")
    assert done.err in ("code 1\n", "code 0\n")  # it may have written all before the reader was gone
    assert not done.out


def test_the_console_says_where_there_is_no_terminal_even_without_streams(project: ProjectFolder) -> None:
    assert shell(project, "backhaul <&- >&- 2>&-").code == 2
