"""The form that changes a source or a destination: its settings, its secret, a test step by step, and saving it.

What was typed is tested as it is, before anything is saved; a secret goes to the keyring and nowhere else. New ones are made
in the guided set-up (`tui.screens.wizard`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from core.destinations import destination_type
from core.errors import ProjectError
from core.model import Destination, Source
from core.project import set_value
from core.project.decode import decode
from core.warehouses import warehouse_type
from tui.drawing import Line, Span, heading, line, wrapped
from tui.messages import Refused
from tui.screens.base import Page
from tui.settings_fields import settings_fields, typed_values
from tui.steps import step_lines
from tui.widgets.form import Changed, Field, Form
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet

__all__ = ["ConnectionPage"]

_WHAT = {"source": "A warehouse that rows come from", "destination": "An API, or a local file, that calls go to"}


class ConnectionPage(Page):
    """A source or a destination that is there; gives its name, or None where it was left."""

    scope = "form"
    letters = False
    tab = "Sources"

    DEFAULT_CSS = """
    ConnectionPage #title { height: 2; }
    ConnectionPage #result { height: auto; max-height: 45%; margin-top: 1; }
    ConnectionPage #result Sheet { height: auto; }
    """

    def __init__(self, connection: Source | Destination) -> None:
        """Open its form."""
        super().__init__()
        self._connection = connection
        self._what = "source" if isinstance(connection, Source) else "destination"
        self._steps: list[Mapping[str, Any]] = []
        self._testing = False
        self._passed: bool | None = None
        self._error: Refused | None = None
        self._place: Mapping[str, Any] = {}
        self.crumb = connection.name

    def body(self) -> ComposeResult:
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield Sheet(self._title, id="title", focusable=False)
                yield Form(self._fields(), id="form")
                with Pane(title="Test", id="result"):
                    yield Sheet(self._result, id="steps")
            with Vertical(id="right"):
                yield Sheet(self._help, id="aside", focusable=False)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#result", Pane).display = False
        self.query_one(Form).focus_first()
        self.attempt(self._look_for_place)

    async def _look_for_place(self) -> None:
        """Ask where this project's secrets are, and whether they can be stored there."""
        names = [f"{self._what}s/{self._connection.name}.{name}" for name in self._plugin.secrets]
        self._place = await self.bridge.ask("secret_place", names=names)
        self.query_one("#aside", Sheet).rebuild()

    @property
    def _stores(self) -> bool:
        """Return whether Backhaul stores the secrets of this project here, in a keyring that can be used."""
        return bool(self._place) and self._place["from"] == "keyring" and bool(self._place["usable"])

    def _where(self, name: str) -> str:
        """Say where a secret goes, or where it is read from."""
        place = self._place
        if not place:
            return ""
        if self._stores:
            return f"It goes to {place['place']}, never into a file."
        if place["from"] == "keyring":
            return f"{place['message']} What you type is for the test only, and is not stored."
        known = place["places"][place["from"]][f"{self._what}s/{self._connection.name}.{name}"]
        return f"It is read from {known}. What you type is for the test only, and is not stored."

    def shown_source(self) -> str:
        return self._connection.name if self._what == "source" else ""

    def hints(self) -> Iterable[str]:
        return (*(("form.stop",) if self._testing else ()), "form.next", "form.test", "form.save", "form.copy")

    def word(self, name: str, word: str) -> str:
        return "leave" if name == "back" else word

    def why_not(self, name: str) -> str:
        if name == "test" and self._testing:
            return "it is being tested"
        if name == "stop" and not self._testing:
            return "no test is running"
        if name == "copy" and not self._remedy():
            return "there is no statement to copy"
        return ""

    # the fields

    @property
    def _plugin(self) -> Any:
        kind = self._connection.type
        return warehouse_type(kind) if self._what == "source" else destination_type(kind)

    def _fields(self) -> list[Field]:
        kind = self._connection.type
        return [
            Field(name="type", label="type", value=kind, fixed=True),
            Field(name="name", label="name", value=self._connection.name, fixed=True),
            *settings_fields(self._plugin, self._connection.settings),
        ]

    def on_changed(self, message: Changed) -> None:
        """Take the test's result as one of what was there before."""
        self._passed = None if message.name else self._passed

    # what is shown

    def _title(self, width: int) -> list[Line]:
        return [heading(self._connection.name, (_WHAT[self._what], "muted"))]

    def _result(self, width: int) -> list[Line]:
        lines = step_lines(self._steps, width, testing=self._testing)
        if self._error is not None:
            lines += [
                Line(),
                line(Span("✗ ", "fail"), Span(self._error.message, "bold text")),
                *wrapped(self._error.remedy, width, "muted"),
            ]
        return lines

    def _help(self, width: int) -> list[Line]:
        plugin = self._plugin
        lines = [heading(f"What {self._connection.type} needs")]
        lines += wrapped((plugin.Settings.__doc__ or "").split("\n    ")[0].replace("`", ""), width, "muted")
        for name, what in plugin.secrets.items():
            lines += [Line(), line(Span(f"{name.replace('_', ' ')}  ", "text"), (str(what), "muted"))]
            lines += wrapped(self._where(name), width, "muted")
        if self._what == "source":
            lines += [
                Line(),
                *wrapped(
                    "Use a user that may only read. The test says so where it may do more, and shows the statement that fixes it.",
                    width,
                    "muted",
                ),
            ]
        return lines

    # testing and saving

    def _values(self) -> tuple[str, dict[str, Any], dict[str, str]] | None:
        """Return name, settings and secrets as typed; None where something is missing, which is then shown."""
        form = self.query_one(Form)
        form.clear_problems()
        texts = form.values()
        try:
            settings = typed_values(self._plugin, texts)
            place = Path(f"{self._what}s") / f"{self._connection.name}.toml"
            decode(place, settings, self._plugin.Settings)
        except (ValueError, ProjectError) as error:
            said = error.message if isinstance(error, ProjectError) else str(error)
            name, _, rest = said.partition(": ")
            form.show_problem(name, rest or said)
            return None
        secrets = {
            name.removeprefix("secret-"): text for name, text in texts.items() if name.startswith("secret-") and text
        }
        return texts["name"], settings, secrets

    async def do_test(self) -> None:
        """Test what was typed, step by step."""
        typed = self._values()
        if typed is None:
            return
        name, settings, secrets = typed
        self._steps, self._testing, self._error = [], True, None
        self.query_one("#result", Pane).display = True
        self._show_result()

        def passed(step: Mapping[str, Any]) -> None:
            self._steps.append(step)
            self._show_result()

        try:
            answer = await self.bridge.ask(
                "check",
                passed,
                what=self._what,
                type=self._connection.type,
                name=name,
                settings=settings,
                secrets=secrets,
            )
            self._passed = bool(answer["passed"])
        except Refused as error:
            self._error = error
        except asyncio.CancelledError:
            self._testing = False
            self._show_result()
            raise
        self._testing = False
        self._show_result()

    def _show_result(self) -> None:
        count = sum(1 for step in self._steps if step["passed"] is not False)
        right = (
            (Span("testing …", "muted"),)
            if self._testing
            else (Span("✓ all passed", "ok"),)
            if self._passed
            else (Span(f"{count} passed   ", "muted"), Span("✗ stopped", "fail"))
        )
        self.query_one("#result", Pane).heading.show(title=self.query_one(Form).value("name") or "Test", right=right)
        self.query_one("#steps", Sheet).rebuild()
        self.refresh_bars()

    def _remedy(self) -> str:
        return next((str(step["remedy"]) for step in self._steps if step["passed"] is False and step["remedy"]), "")

    def do_copy(self) -> None:
        """Copy what fixes the step that failed."""
        self.console.put_on_clipboard(self._remedy())

    async def do_save(self) -> None:
        """Write the file, and keep the secret."""
        typed = self._values()
        if typed is None:
            return
        name, settings, secrets = typed
        file = self.bridge.folder / f"{self._what}s" / f"{name}.toml"
        await self.bridge.change(lambda: self._write(file, settings))
        for secret, value in secrets.items() if self._stores else ():
            try:
                await self.bridge.ask("secret_set", name=f"{self._what}s/{name}.{secret}", value=value)
            except Refused as error:
                self.query_one(Form).show_problem(
                    f"secret-{secret}", f"The file is saved; this is not. {error.message} {error.remedy}"
                )
                return
        if secrets and not self._stores:
            where = " ".join(self._where(secret) for secret in secrets)
            self.console.tell(f"{name} is saved; its secret is not. {where}", "warn")
        else:
            self.console.tell(f"{name} is saved{' with its secret' if secrets else ''}.", "ok")
        self.dismiss(name)

    def _write(self, file: Path, settings: Mapping[str, Any]) -> None:
        """Change in the file what was changed here; the rest of it stays as a person wrote it."""
        for key in self._plugin.Settings.__dataclass_fields__:
            before = getattr(self._connection.settings, key)
            if key in settings and settings[key] != before:
                set_value(file, key, settings[key])
            elif key not in settings and before != self._plugin.Settings.__dataclass_fields__[key].default:
                set_value(file, key, None)

    def do_next(self) -> None:
        """Go to the next field."""
        self.focus_next()

    def do_previous(self) -> None:
        """Go to the previous field."""
        self.focus_previous()

    @property
    def changed(self) -> bool:
        """Return whether something was typed."""
        if not self.stays_open:
            return False
        form = self.query_one(Form)
        return any(form.value(each.name) != each.value for each in form.fields)

    def do_stop(self) -> None:
        """Stop the test."""
        self.workers.cancel_group(self, "attempt")

    async def do_back(self) -> None:
        """Leave the form; what was typed is discarded only after a question. A test that is running is not stopped by this key."""
        from tui.screens.dialogs import Confirm

        if self._testing:
            self.console.tell(f"The test is running; {self.console.keys.shown('form.stop')} stops it.", "muted")
            return
        if self.changed and not await self.console.push_screen_wait(
            Confirm("Discard unsaved changes?", yes="Discard", no="Keep editing")
        ):
            return
        self.dismiss(None)
