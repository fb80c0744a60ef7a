"""Nothing hostile reaches the terminal, the clipboard or a file, whatever holds it and whichever page shows it."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.journeys.tmux import at_the_console
from tests.pictures.svg import svg_of
from tests.projects import SECRETS, ProjectFolder
from tests.servers.receiving import receiving
from tests.tui import hostile
from tests.tui.harness import strips, until
from tests.tui.hostile import HOSTILE, MIXED, Glass, obeyed
from tests.tui.terminal import on_terminal
from tests.tui.walking import WALK, Headless, Key, OnTerminal, Pasted, Step, walk
from tui import crash
from tui.app import Console
from tui.drawing import line, wrapped
from tui.messages import Refused
from tui.screens.dialogs import Ask, Choose, Confirm, Read, messages
from tui.terminal import Pastes
from tui.widgets.table import Row


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProjectFolder]:
    """A project full of hostile texts, in a folder with a hostile name, after some runs; and its receiver, still running."""
    base = tmp_path_factory.mktemp("hostile")
    folder = base / "pro\x1b[2J\u202e\x9b[red]j\x1b]0;owned\x07"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch, receiving(base / "receiver") as receiver:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        project = hostile.make(folder, receiver)
        hostile.run(project, receiver)
        yield project


def forget(project: ProjectFolder) -> None:
    """Forget what an earlier test has typed."""
    for kept in ("buffers", "drafts"):
        for file in (project.folder / ".backhaul" / kept).glob("*.json"):
            file.unlink()


def check_screen(app: Console, size: tuple[int, int]) -> None:
    """Every line is as wide as the terminal, and holds nothing that a terminal would obey."""
    drawn = strips(app)
    assert len(drawn) == size[1]
    for strip in drawn:
        assert strip.cell_length == size[0] == sum(cell_len(segment.text) for segment in strip), strip.text
        assert not obeyed(strip.text), strip.text
        styles = [segment.style for segment in strip if segment.style]
        assert not [style for style in styles if style.link or "@click" in style.meta]


async def test_no_page_draws_or_copies_what_a_terminal_would_obey(evil: ProjectFolder) -> None:
    forget(evil)
    size = (80, 24)
    app = Console(evil.folder)
    async with app.run_test(size=size, notifications=True):
        walker = Headless(app)
        for step in WALK:
            await walk(walker, step)
            check_screen(app, size)
            for picture in (svg_of(app, strips(app)), app.export_screenshot()):
                assert not obeyed(picture.replace("\n", ""))
            assert not obeyed(app.clipboard_text.replace("\n", "").replace("\t", ""))
            assert not obeyed(app.clipboard.replace("\n", "").replace("\t", ""))
        assert app.return_code is None


async def test_the_bytes_on_a_terminal_are_text_colours_and_moves(evil: ProjectFolder) -> None:
    forget(evil)
    with on_terminal(folder=evil.folder, size=(160, 45)) as terminal:
        walker = OnTerminal(terminal, (160, 45))
        for step in WALK:
            await walk(walker, step)
            assert not walker.glass.refused, (step, walker.glass.refused[:5])
        os.write(terminal.handle, b"\xff\xfe\xc3(")  # a terminal of another locale
        terminal.read(0.3)
        assert terminal.is_alive()
        walked = bytes(terminal.written)
        terminal.press("\x11")
        terminal.read(0.3)
        terminal.press("\r")
        assert terminal.wait(5) == 0
        walker.glass.close(terminal.written)
        assert not walker.glass.refused
        assert walker.glass.copied
        assert not [text for text in walker.glass.copied if obeyed(text.replace("\n", "").replace("\t", ""))]
        assert terminal.written.count(b"\x1b[?1049l") == 1
        for name, text in HOSTILE.items():
            assert not obeyed(text) or text.encode() not in walked, name


@pytest.mark.parametrize("name", [name for name, text in HOSTILE.items() if obeyed(text)])
def test_what_reads_the_terminal_in_these_tests_refuses_each_hostile_text(name: str) -> None:
    glass = Glass(160, 45)
    glass.close(f"\x1b[1;1Hbefore{HOSTILE[name]}after".encode())
    harmless_sequences = {"leave the screen", "mouse off", "colours", "clipboard"}
    assert glass.refused or name in harmless_sequences


async def test_no_message_and_no_dialog_is_torn_apart(evil: ProjectFolder) -> None:
    app = Console(evil.folder)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, "people →")
        for name in ("tabs and returns", "NUL and friends", "long", "wide", "combining", "markup"):
            text = HOSTILE[name] + MIXED
            app.tell(text, "fail")
            details = [line(text, right=(text,))]
            for dialog in (
                Confirm(text, text, yes=text, details=lambda _width, told=details: told, danger=True),
                Ask(text, text, note=text),
                Choose(text, [Row(text, (text, text))], note=text),
                Read(lambda width, text=text: wrapped(text, width)),
                messages(app.said),
            ):
                await app.push_screen(dialog)
                await pilot.pause()
                check_screen(app, (80, 24))
                app.pop_screen()


async def test_what_is_exported_is_harmless_and_whole(evil: ProjectFolder, tmp_path: Path) -> None:
    forget(evil)
    app = Console(evil.folder)
    files = [tmp_path / "rows.csv", tmp_path / "rows.jsonl"]
    async with app.run_test(size=(160, 45), notifications=True):
        walker = Headless(app)
        await walk(walker, Step((), "people →"))
        await walk(walker, Step((":", Pasted("edit people"), Key("enter")), "Preview ─"))
        await walk(walker, Step((Key("ctrl+r"),), "all there are"))
        await walk(walker, Step((Key("escape"),), gone="leave the text"))
        for file in files:
            app.act("global.export", str(file))
        for path in ("~nobody-has-this-name/x.csv", "a\0b.csv"):
            app.act("global.export", path)
        await walk(walker, Step((), "is no name for a file"))
    for file in files:
        written = file.read_bytes().decode("utf-8")
        assert not obeyed(written.replace("\n", "").replace("\t", "").replace("\r\n", "").replace("\r", ""))
    rows = [json.loads(row) for row in files[1].read_text("utf-8").split("\n")[:-1]]
    assert next(row for row in rows if row["userId"] == "u_00")[hostile.COLUMN] == HOSTILE["clipboard"]
    heads, first, *_rest = csv.reader(files[0].read_text("utf-8").splitlines())
    assert heads[1].startswith("pl\\x1b]0;owned")
    assert first[1] == "\\x1b]52;c;aGFja2Vk\\x07"


async def test_tmux_gets_a_harmless_text_and_no_word_of_it_in_its_arguments(
    evil: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at_the_console(evil.folder, (80, 24), "--version") as person:  # a tmux of our own
        socket, process = person.tmux("display", "-p", "#{socket_path},#{pid}").strip().split(",")
        monkeypatch.setenv("TMUX", f"{socket},{process},0")
        app = Console(evil.folder)
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await until(pilot, "people →")
            app.put_on_clipboard(f"{MIXED}\n\tend")
            await until(pilot, "sent to tmux")
        kept = person.tmux("show-buffer")
    assert kept.endswith("\n\tend")
    assert not obeyed(kept.replace("\n", "").replace("\t", ""))


@pytest.mark.parametrize("size", range(1, 12))
def test_a_paste_is_text_to_its_end_wherever_it_is_cut(size: int) -> None:
    given = "a\x1b[A\x1b[200~r\x1br\x1b[31mS\x1b[20\x1b[201~b\x1b[200~\x1b\x1b[201~\x1b"
    pastes = Pastes()
    found = "".join(pastes.cleaned(given[at : at + size]) for at in range(0, len(given), size))
    assert found == "a\x1b[A\x1b[200~r␛r␛[31mS␛[20\x1b[201~b\x1b[200~␛\x1b[201~\x1b"


async def test_names_that_are_no_utf_8_are_shown_and_asked_about(
    tmp_path: Path,
) -> None:
    project = ProjectFolder.make(tmp_path / "half \udcff\udc9b of it")
    project.write("sources/warehouse.toml", {"type": "duckdb", "path": "none.duckdb"})
    project.file()
    project.sync("people", 'SELECT id AS "userId" FROM peple', to=["files"])
    project.write("syncs/odd\udcff.toml", "x = 1\n")
    app = Console(project.folder)
    async with app.run_test(size=(100, 30), notifications=True):
        walker = Headless(app)
        await walk(walker, Step((), "odd\\udcff"))
        await walk(walker, Step((":", Pasted("edit people"), Key("enter")), "Preview ─"))
        await walk(walker, Step((), "Beside its ids"))
        await walk(walker, Step((Key("ctrl+r"),), "failed"))
        check_screen(app, (100, 30))
        with pytest.raises(Refused):
            await app.bridge.ask("lint", sync="odd\udcff", text="SELECT '\udcff'")


def test_the_report_of_a_crash_is_harmless_wherever_it_lies(evil: ProjectFolder) -> None:
    state = evil.folder / ".backhaul"
    try:
        raise ValueError(MIXED)
    except ValueError:
        said = "".join(segment.text for segment in crash.report(state).segments)
    assert not obeyed(said.replace("\n", ""))
    (report,) = (state / "logs").glob("console-*.log")
    assert not obeyed(report.read_text("utf-8").replace("\n", ""))
    report.unlink()
