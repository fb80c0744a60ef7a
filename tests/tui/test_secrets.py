"""None of forty planted secrets is drawn, copied, saved, reported or passed on, whoever repeats it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.widgets import Input

from core.redaction import remember_secret
from tests.pictures.svg import svg_of
from tests.projects import ProjectFolder
from tests.tui.harness import screen_text, strips
from tests.tui.hostile import Glass
from tests.tui.planted import (
    ALL,
    ENVIRONMENT,
    KEY,
    LOCAL,
    LOOKING,
    PROMPTED,
    TYPED,
    echoing_api,
    echoing_postgres,
    files_with,
    found_in,
)
from tests.tui.terminal import on_terminal
from tests.tui.walking import Headless, Key, Pasted, Step, walk
from tui.app import Console
from tui.messages import RunFinished
from tui.widgets.table import Table

ANSWERS = {0: "401", 1: "302", 2: "400", 3: "400"}
BY_CORE = ("SOURCES_PG", "DESTINATIONS_SEG0_", "DESTINATIONS_SEG1_", "DESTINATIONS_CIO1_")
"""Echoed by a server's error at login, within a JSON text, in a redirect's address: core keeps these in store and log."""

ECHOED = [secret for name, secret in ENVIRONMENT.items() if name.removeprefix("BACKHAUL_").startswith(BY_CORE)]


@dataclass(frozen=True, slots=True)
class Vault:
    project: ProjectFolder
    config: Path

    @property
    def folders(self) -> tuple[Path, ...]:
        return self.project.folder, self.config


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    """A project whose vendors echo every secret, after a run of each sync; its vendors still there."""
    base = tmp_path_factory.mktemp("vault")
    project = ProjectFolder.make(base / "project")
    project.duckdb("CREATE TABLE people AS SELECT 'u_' || i AS id, 'x' AS plan FROM range(3) t(i)")
    query = 'SELECT id AS "userId", plan FROM people\n'
    with pytest.MonkeyPatch.context() as patch, echoing_api() as url, echoing_postgres() as port:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        for number, answer in ANSWERS.items():
            limits = {"attempts": 1, "backoff": 0.01}
            for name, kind in (("seg", "segment"), ("cio", "customerio")):
                settings = {"type": kind, "url": f"{url}/{answer}/v1", "limits": limits}
                project.write(f"destinations/{name}{number}.toml", settings)
                project.sync(f"{name}{number}", query, to=[f"{name}{number}"])
            known = {
                "host": "127.0.0.1",
                "port": port,
                "database": "d",
                "user": "u",
                "sslmode": "disable",
                "require_auth": "password",
            }
            project.write(f"sources/pg{number}.toml", {"type": "postgres", **known})
            project.sync(f"pg{number}", query, source=f"pg{number}", to=["seg3"])
        for sync in ("seg", "cio", "pg"):
            for number in ANSWERS:
                assert project.run("run", f"{sync}{number}").code == 1
        yield Vault(project, base / "config")


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, vault: Vault) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(vault.config))
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def check(app: Console) -> None:
    """No picture of the screen and no clipboard holds a secret."""
    screen = screen_text(app)
    assert not found_in(screen), screen
    assert not found_in(screen.replace("\n", "").replace(" ", "").replace("│", ""))
    assert not found_in(svg_of(app, strips(app)).replace("&#160;", " "))
    assert not found_in(app.export_screenshot().replace("&#160;", " "))
    assert not found_in(app.clipboard_text)
    assert not found_in(app.clipboard)


def check_process(process: int) -> None:
    """A process that the console has started got no secret: its words hold none, its environment none that was typed."""
    where = Path("/proc") / str(process)
    assert not found_in((where / "cmdline").read_bytes())
    assert not found_in((where / "environ").read_bytes(), [*TYPED, *KEY, *PROMPTED])


def _command(words: str, sees: str = "", gone: str = "") -> Step:
    return Step((":", Pasted(words), Key("enter")), sees, gone)


def _back(gone: str) -> Step:
    return Step((Key("escape"),), gone=gone)


async def test_what_vendors_repeat_is_on_no_page_and_in_no_copy(vault: Vault, tmp_path: Path) -> None:
    app = Console(vault.project.folder)
    async with app.run_test(size=(110, 48), notifications=True):
        walker = Headless(app)

        async def take(*steps: Step) -> None:
            for step in steps:
                await walk(walker, step)
                check(app)

        await take(Step((), "pg3 →"))
        for sync in ("pg1", "pg3", "seg0", "seg1", "cio1"):
            await take(_command(f"open {sync}", "Why", "Last 7"), Step(("y",), "copied"))
            await take(Step(("l",), "Log of run"), Step(("y",)), _back("Log of run"), _back("Why"))
        for sync in ("seg3", "cio2"):
            await take(_command(f"open {sync}", "Rejected, by cause"), Step((Key("tab"),), "▌ u_0"))
            await take(Step((Key("enter"),), "Response"))
            await take(Step(("y",), "copied"), _back("Response"), Step(("u",), "copied"))
            rows = tmp_path / f"{sync}.csv"
            await take(_command(f"export {rows}", gone="Save what"))
            await until(walker, rows.exists)
            await take(Step(("1",), "Last 7"))
            assert "••••••" in rows.read_text("utf-8")
        app.screen.query_one("#syncs", Table).choose("seg3")
        await take(_command("explain u_0", "u_0 in seg3"), Step(("y",), "copied"), _back("u_0 in seg3"))
        await take(Step(("2",), "customerio"))
        for number in ANSWERS:
            app.screen.query_one("#connections", Table).choose(f"source/pg{number}")
            await take(Step((Key("ctrl+t"),), "the gate says no"), Step(("y",)))
        remember_secret(PROMPTED[0])
        said = json.dumps({"message": f"{ECHOED[0]} and {PROMPTED[0]}", "remedy": f"password={LOOKING[0]}"})
        for text in (said, f"Traceback\npostgresql://me:{LOOKING[3]}@db/x {ECHOED[1]}"):
            app.post_message(RunFinished("seg0", 1, text))
        await take(Step((), "✗ seg0: ••••••"), Step(("M",), "Messages"))
    assert not files_with([tmp_path])


async def test_what_is_typed_is_drawn_as_dots_never_copied_and_kept_nowhere(vault: Vault) -> None:
    app = Console(vault.project.folder)
    async with app.run_test(size=(120, 40), notifications=True):
        walker = Headless(app)
        await walk(walker, Step((), "pg3 →"))
        await walk(walker, Step(("2",), "customerio"))
        await type_into_wizard(walker, "n", "postgres", "password", [*TYPED[:5], KEY[0]])
        await type_into_wizard(walker, "N", "segment", "write_key", [*TYPED[5:], KEY[1]])
        app.screen.query_one("#connections", Table).choose("destination/seg3")
        await walk(walker, Step(("*",), "secret: it is read from the environment variable"))
        workbench = app.bridge._workbench._process
        assert workbench is not None
        await app.start_run("seg2")
        for process in (workbench.pid, *app.bridge.running.processes):
            check_process(process)
        await until(walker, lambda: not app.bridge.running.syncs)
    for name in ("sources", "destinations"):
        (vault.project.folder / name / "new.toml").unlink()
    assert not files_with(vault.folders, [secret for secret in ALL if secret not in ECHOED])


async def type_into_wizard(walker: Headless, key: str, kind: str, field: str, secrets: list[str]) -> None:
    """Go through the guided set-up, paste secrets into its field, test with some of them, and save."""
    app = walker.app
    await walk(walker, Step((key,), "New "))
    await until(walker, lambda: app.screen.focused is not None and app.screen.focused.id == "kinds")
    app.screen.query_one("#kinds", Table).choose(f"type/{kind}")
    await walk(walker, Step((Key("enter"),), "may stay empty"))
    for name, value in (("name", "new"), ("host", "127.0.0.1"), ("database", "d"), ("user", "u")):
        for found in app.screen.query(f"#field-{name}").results(Input):
            found.value = value
    await walk(walker, Step((Key("pagedown"),), "reads it from"))
    for number, secret in enumerate(secrets):
        await until(
            walker, lambda: app.screen.focused is not None
        )  # the step has given the keys to what it starts with
        entry = app.screen.query_one(f"#field-{field}", Input)
        entry.focus()
        entry.value = ""
        await paste(walker, entry, secret)
        if number in (0, 5):
            await walk(
                walker, Step((Key("ctrl+t"),), "tests again" if kind == "postgres" else "passed", gone="testing")
            )
            check(app)
            await walk(walker, Step((Key("pageup"),), "reads it from"))
    await walk(walker, Step((Key("ctrl+t"),), "passed", gone="testing"))
    await walk(walker, Step((Key("pagedown"),), "goes into git"))
    check(app)
    await walk(walker, Step((Key("ctrl+s"),), "not there yet", gone="New "))
    what = "source" if key == "n" else "destination"
    await until(walker, lambda: app.screen.query_one("#connections", Table).key == f"{what}/new")


async def paste(walker: Headless, entry: Input, secret: str) -> None:
    """Paste a secret, try to copy it and to cut it, and have it there in the end."""
    for what in (Pasted(secret), Key("alt+a"), Key("alt+y"), Key("alt+a"), Key("ctrl+x"), Pasted(secret)):
        await walker.do(what)
        wanted = "" if what == "ctrl+x" else secret
        await until(walker, lambda wanted=wanted: entry.value == wanted)
        check(walker.app)


async def until(walker: Headless, true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        await walker.look()


def test_what_vendors_repeat_is_in_no_store_and_no_log(vault: Vault) -> None:
    assert not files_with([vault.project.folder / ".backhaul"], ECHOED)


CRASHING = """
import json, os, sys
import tui.screens.runs as runs
secrets = json.load(open(os.environ["PLANTED"]))
os.unlink(os.environ["PLANTED"])
def work(password, *more):
    key = {"key": password}
    held = list(secrets["LOCAL"])
    uri, header, token, said, typed = more
    raise RuntimeError(f"{uri} {header} {token} {said} {typed} " + os.environ["BACKHAUL_SOURCES_PG0_PASSWORD"])
def do_level(self):
    looks = secrets["LOOKING"]
    work(secrets["LOCAL"][0], f"postgresql://me:{looks[0]}@db/x", f"Authorization: Bearer {looks[3]}", f"api_key={looks[5]}",
         json.dumps(secrets["KEY"][1]), secrets["TYPED"])
runs.Runs.do_level = do_level
from tui.main import main
sys.exit(main())
"""


def test_a_crash_tells_the_terminal_and_the_report_no_secret(vault: Vault, tmp_path: Path) -> None:
    script, given = tmp_path / "crashing.py", tmp_path / "given.json"
    script.write_text(CRASHING, "utf-8")
    given.write_text(json.dumps({"LOCAL": LOCAL, "LOOKING": LOOKING, "KEY": KEY, "TYPED": TYPED[1]}), "utf-8")
    surroundings = {"PLANTED": str(given), "XDG_CONFIG_HOME": str(vault.config)}
    with on_terminal(folder=vault.project.folder, env=surroundings, program=(str(script),), size=(120, 40)) as terminal:
        terminal.until("pg3")
        terminal.press("2")
        terminal.until("customerio")
        terminal.press("n")
        terminal.until("Or choose")
        terminal.press("\x1b[200~postgresql://u@127.0.0.1:1/d\x1b[201~")
        terminal.until("may stay empty")
        terminal.press("\x1b[6~")
        terminal.until("reads it from")
        terminal.read(0.4)
        for text in (
            f"\x1b[200~{KEY[0]}\x1b[201~",
            "\x1ba",
            "\x1by",
            "\x1ba",
            "\x18",
            TYPED[1],
        ):
            terminal.press(text)
            terminal.read(0.2)  # an escape right behind Alt and a letter would be two other keys
        terminal.press("\x14")
        terminal.until("Nothing listens")
        terminal.press("\x1b")
        terminal.until("Leave the set-up?")
        terminal.press("\r")
        terminal.until("saved as a draft")
        terminal.read(0.4)
        terminal.press("4")
        terminal.until("the run starts")  # a line of the log; its title may be drawn in two parts
        assert not found_in(Path(f"/proc/{terminal.process}/cmdline").read_bytes())
        terminal.press("l")
        assert terminal.wait(10) == 1
        written = bytes(terminal.written)
    assert b"The console has crashed (RuntimeError)" in written
    assert not found_in(written)
    glass = Glass(120, 40)
    glass.close(written)
    assert not found_in("".join(glass.copied))
    (report,) = (vault.project.folder / ".backhaul" / "logs").glob("console-*.log")
    said = report.read_text("utf-8")
    assert "in work" in said
    assert not found_in(said)
    assert not found_in(os.fsencode(str(report)))
    assert not files_with(vault.folders, [secret for secret in ALL if secret not in ECHOED])
