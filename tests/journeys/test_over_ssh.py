"""An operator comes over SSH: attaches, watches, fixes a sync that fails, sends its refused rows again, goes away; the daemon stays.

The daemon has the destination's key in its environment and the console has not: what is run from the console is run by the daemon.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.daemon.running import Apart, apart
from tests.journeys.tmux import ROOT, Person
from tests.journeys.tmux import at_the_console as at_a_terminal
from tests.projects import SECRETS, ProjectFolder, backhaul
from tests.servers.receiving import Receiver
from tests.servers.sshd import NoServerError, Sshd, sshd

TERMINALS = ("xterm", pytest.param("linux", marks=pytest.mark.slow), "screen-256color")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    try:
        with sshd(tmp_path_factory.mktemp("sshd")) as found:
            yield found
            inner = ["tmux", "-L", f"inner-{found.port}", "kill-server"]  # where a test failed, it is still there
            subprocess.run(inner, check=False, capture_output=True, timeout=10)
    except NoServerError as error:
        pytest.skip(f"this machine lacks an SSH server: {error}")


@pytest.fixture
def project(tmp_path: Path, receiver: Receiver) -> ProjectFolder:
    made = ProjectFolder.make(tmp_path / "acme")
    made.duckdb("CREATE TABLE people AS SELECT 'u_' || i AS id, 'plan ' || i AS plan FROM range(40) t(i)")
    made.segment(receiver.url)
    made.sync("users", 'SELECT id AS "userId", plan FROM people', schedule="every 1 hour")
    made.sync("leads", 'SELECT id AS "userId", pla FROM people', schedule="every 1 hour")
    return made


def over_ssh(server: Sshd, project: ProjectFolder, terminal: str) -> str:
    """Return the command that opens the console there, as someone's terminal would."""
    console = f"cd {shlex.quote(str(project.folder))} && LANG=C.UTF-8 BACKHAUL_TRUST=/ PYTHONPATH={ROOT} {sys.executable} -m tui.main"
    if terminal.startswith("screen"):
        own = server.folder / "tmux.conf"
        own.write_text("set -s escape-time 10\nset -g default-terminal screen-256color\n")
        inner = f"tmux -u -L inner-{server.port} -f {own} new-session {shlex.quote(console)}"
        return f"env TERM=xterm-256color {shlex.join(server.command)} {shlex.quote(inner)}"
    return f"env TERM={terminal} {shlex.join(server.command)} {shlex.quote(console)}"


@pytest.mark.parametrize("terminal", TERMINALS)
def test_a_failing_sync_is_fixed_and_its_rows_are_replayed(
    server: Sshd, project: ProjectFolder, receiver: Receiver, terminal: str
) -> None:
    receiver.refuse('"u_7"', '"u_8"')
    with apart(project) as daemon:
        daemon.says("leads: failed")
        daemon.says("users: partial")
        with at_a_terminal(project.folder, (80, 24), within=over_ssh(server, project, terminal)) as person:
            _fix(person, project, receiver)
            _replay(person)
            person.press("C-q")
            person.sees("ended with 0")
        _is_as_it_was(daemon)
    assert {call["userId"] for call in receiver.calls()} == {f"u_{number}" for number in range(40)}
    assert backhaul("rejected", "users", folder=project.folder).code == 0


def _fix(person: Person, project: ProjectFolder, receiver: Receiver) -> None:
    """See what fails and why, fix the query, and have it run."""
    person.sees("✗ failed +leads")
    person.sees("● daemon")
    person.sees('column "pla" not found')
    person.type(":edit leads")
    person.press("Enter")
    person.sees('SELECT id AS "userId", pla')
    for _ in range(len('SELECT id AS "userId", pla')):
        person.press("Right")
    person.type("n")
    person.sees("plan FROM people")
    person.press("Escape", "C-s")
    person.sees("saved")
    assert "plan FROM" in (project.folder / "syncs" / "leads.sql").read_text()
    receiver.refuse()  # what the destination had against two of the rows is over, too
    person.press("1")
    person.sees("State")
    person.type(":run leads")
    person.press("Enter")  # its first delivery: the plan first, which needs a secret that only the daemon has
    person.sees("There is no secret destinations/seg.write_key")
    person.press("r")
    person.sees("Send leads unseen")
    person.press("Enter")
    person.sees("leads: the run is done")


def _replay(person: Person) -> None:
    """Open the run whose rows were refused, and send them again."""
    person.type(":open users")
    person.press("Enter")
    person.sees("2 .*refused")
    person.press("T")
    person.sees("Send 2 rejected rows of users again")
    person.press("Enter")
    person.sees(r"users: the replay is done", seconds=60)
    person.press("1")
    person.sees(r"✓ done +users .*\n.*✓ done|✓ done +leads .*\n.*✓ done")


def _is_as_it_was(daemon: Apart) -> None:
    """The daemon is the same process, and has no error to tell of itself."""
    assert daemon.process.poll() is None
    said = daemon.said.read_text("utf-8")
    assert "✗" not in said, said
    assert said.count("The daemon starts") == 1
    assert SECRETS["BACKHAUL_DESTINATIONS_SEG_WRITE_KEY"] not in said
