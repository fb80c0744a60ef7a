"""What the console takes of the memory of whoever only looks. Measured on the real program, on a terminal."""

from __future__ import annotations

from pathlib import Path

from core import demo
from tests.tui.terminal import on_terminal


def test_before_the_first_query_the_console_takes_less_than_60_megabytes(tmp_path: Path) -> None:
    company = tmp_path / "company"
    assert demo.make(company)
    with on_terminal(folder=company) as terminal:
        terminal.until("companies")
        terminal.read(2.0)
        memory = terminal.memory()
    print(f"{memory:.1f} MB")
    assert memory < 60
