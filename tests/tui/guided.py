"""Going through the guided set-up with keys and pastes, for its tests and its pictures."""

from __future__ import annotations

from pathlib import Path

from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.harness import until
from tui.app import Console
from tui.screens.wizard import WizardPage
from tui.widgets.table import Table

__all__ = ["begin", "choose", "fill", "keyring_in_memory", "paste"]

_KEYRING = """
from keyring.backend import KeyringBackend
class Keyring(KeyringBackend):
    priority = 1
    kept = {}
    def set_password(self, service, name, value): self.kept[name] = value
    def get_password(self, service, name): return self.kept.get(name)
    def delete_password(self, service, name): del self.kept[name]

import pathlib
from keyring.errors import KeyringLocked
class Locked(Keyring):
    # locked until a file of the name unlocked lies beside it
    def _need(self):
        if not pathlib.Path(__file__).with_name("unlocked").exists(): raise KeyringLocked("locked")
    def set_password(self, service, name, value): self._need(); self.kept[name] = value
    def get_password(self, service, name): self._need(); return self.kept.get(name)
"""


def keyring_in_memory(folder: Path) -> dict[str, str]:
    """Write a keyring that keeps what it is given until the process ends; return the environment of those who use it."""
    folder.mkdir()
    (folder / "kept_in_memory.py").write_text(_KEYRING, "utf-8")
    return {"PYTHONPATH": str(folder), "PYTHON_KEYRING_BACKEND": "kept_in_memory.Keyring"}


async def begin(pilot: Pilot[int], what: str = "source") -> WizardPage:
    """Open the guided set-up."""
    app = pilot.app
    assert isinstance(app, Console)
    await until(pilot, lambda: app.bridge.snapshot.project is not None)
    app.push_screen(WizardPage(what))
    await until(pilot, f"New {what}")
    page = app.screen
    assert isinstance(page, WizardPage)
    await until(pilot, lambda: page.step.is_ready)
    return page


async def choose(pilot: Pilot[int], kind: str) -> None:
    """Take a type, and wait for its settings."""
    table = pilot.app.screen.query_one("#kinds", Table)
    await until(pilot, lambda: table.has_focus)
    table.choose(f"type/{kind}")
    await pilot.press("enter")
    page = pilot.app.screen
    assert isinstance(page, WizardPage)
    await until(pilot, lambda: bool(page.query("#field-name")) and page.step.is_ready and page.focused is not None)
    await until(pilot, lambda: str(page.focused.id).startswith("field-"))


async def fill(pilot: Pilot[int], **values: str) -> None:
    """Write values into the fields of this step."""
    for name, value in values.items():
        pilot.app.screen.query_one(f"#field-{name}", Input).value = value
    await pilot.pause()


async def paste(pilot: Pilot[int], text: str) -> None:
    """Paste a text, as a terminal does."""
    pilot.app.post_message(events.Paste(text))
    await pilot.pause()
