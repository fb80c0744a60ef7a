"""Sources and destinations: what the project connects to, who uses it, whether its secret is there, and its last test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from core.formatting import ago
from tui.drawing import Line, Span, heading, line, wrapped
from tui.messages import Refused, Snapshot
from tui.screens.base import Page
from tui.screens.connection import ConnectionPage
from tui.screens.dialogs import Ask, Confirm
from tui.screens.wizard import WizardPage
from tui.steps import step_lines
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet
from tui.widgets.table import Column, Row, Table

__all__ = ["Sources"]

_SHOWN = ("host", "path", "account", "project", "folder", "url", "region", "database", "user")


class Sources(Page):
    """All connections."""

    scope = "sources"
    tab = "Sources"

    DEFAULT_CSS = """
    Sources #list { height: auto; max-height: 55%; min-height: 4; }
    Sources #below { height: 1fr; margin-top: 1; }
    Sources.-empty #list { height: 1fr; max-height: 100%; }
    Sources.-empty #below { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._tests: dict[str, tuple[float, list[Mapping[str, Any]], bool]] = {}
        self._kept: dict[str, str] = {}
        self._places: dict[str, str] = {}
        self._kept_problem = ""

    def body(self) -> ComposeResult:
        with Horizontal(id="body"):
            with Vertical(id="left"):
                with Pane(title="Sources and destinations", id="list"):
                    yield Table(_COLUMNS, id="connections")
                yield Sheet(self._describe, id="below", classes="narrow")
            with Vertical(id="right"):
                yield Sheet(self._describe, id="aside")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#connections", Table).focus()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.attempt(self._read_secrets, group="secrets", exclusive=True)

    def hints(self) -> Iterable[str]:
        if self.has_class("-empty"):
            return ("sources.new", "sources.new_destination", "global.home")
        return (
            "sources.open",
            "sources.stop" if self._testing(*self.chosen) else "sources.test",
            "sources.new",
            "sources.new_destination",
            "sources.secret",
            "sources.delete",
            "list.filter",
            "global.copy",
        )

    def why_not(self, name: str) -> str:
        what, chosen = self.chosen
        if name in ("open", "test", "secret", "delete") and not chosen:
            return "nothing is chosen"
        if name == "stop" and not any(testing for _at, _steps, testing in self._tests.values()):
            return "no test is running"
        if name == "test" and self._testing(what, chosen):
            return "it is being tested"
        if name in ("open", "secret", "test") and what == "broken":
            return "its file is broken"
        if name == "secret":
            return self._why_no_secret(what, chosen)
        if name == "delete" and (users := self._used_by(what, chosen)):
            return f"used by {', '.join(users[:2])}"
        return ""

    def _why_no_secret(self, what: str, name: str) -> str:
        """Say why no secret is asked for: what would be typed would be stored nowhere."""
        needed = self._secrets(what, name)
        if not needed:
            return "it needs none"
        place = self._places.get(f"{what}s/{name}.{needed[0]}", "the keyring")
        return self._kept_problem.rstrip(".") or ("" if place.startswith("the keyring") else f"it is read from {place}")

    @property
    def chosen(self) -> tuple[str, str]:
        """Return what is chosen: 'source' or 'destination', and its name."""
        key = (self.query_one("#connections", Table).key or "") if self.query("#connections") else ""
        what, _, name = key.partition("/")
        return what, name

    def _testing(self, what: str, name: str) -> bool:
        found = self._tests.get(f"{what}/{name}")
        return bool(found and found[2])

    def _secrets(self, what: str, name: str) -> tuple[str, ...]:
        from core.destinations import destination_type
        from core.warehouses import warehouse_type

        found = self._connection(what, name)
        if found is None:
            return ()
        if what == "source":
            return tuple(warehouse_type(found.type).needs(found.settings))
        return tuple(destination_type(found.type).needs(found.settings))

    def _connection(self, what: str, name: str) -> Any:
        project = self.snapshot.project
        if project is None:
            return None
        return (project.sources if what == "source" else project.destinations).get(name)

    def _used_by(self, what: str, name: str) -> list[str]:
        project = self.snapshot.project
        syncs = project.syncs.values() if project else ()
        return [sync.name for sync in syncs if (sync.source == name if what == "source" else name in sync.destinations)]

    async def _read_secrets(self) -> None:
        """Ask which secrets are there."""
        try:
            answer = await self.bridge.ask("secret_list")
            self._kept = {entry["name"]: entry["place"] if entry["present"] else "" for entry in answer["secrets"]}
            self._places = {entry["name"]: entry["place"] for entry in answer["secrets"]}
            self._kept_problem = ""
        except Refused as error:
            self._kept_problem = error.message
        self.show_now()

    # what is shown

    def show_snapshot(self, snapshot: Snapshot) -> None:
        table = self.query_one("#connections", Table)
        rows = self._rows(snapshot)
        self.set_class(not rows, "-empty")
        table.show(rows)
        if not snapshot.at and not snapshot.problem:
            table.set_state("empty", [line(("reading the project …", "muted"))])
        elif rows:
            table.set_state("full")
        else:
            keys = self.console.keys
            table.set_state(
                "empty",
                [
                    line(
                        "Nothing is connected yet. Rows come from a source (a warehouse) and go to a destination (an API)."
                    ),
                    Line(),
                    line(Span(keys.shown("sources.new"), "bold text"), ("  connect a warehouse", "muted")),
                    line(
                        Span(keys.shown("sources.new_destination"), "bold text"),
                        ("  connect an API, or a local file", "muted"),
                    ),
                ],
            )
        self._show_detail()
        self.refresh_bars()

    def _rows(self, snapshot: Snapshot) -> list[Row]:
        project = snapshot.project
        if project is None:
            return []
        rows = [self._row("source", source.name, source.type, source.settings) for source in project.sources.values()]
        rows += [
            self._row("destination", each.name, each.type, each.settings) for each in project.destinations.values()
        ]
        for file, error in project.broken.items():
            if file.parent.name in ("sources", "destinations"):
                message = str(getattr(error, "message", error))
                rows.append(
                    Row(
                        f"broken/{file.name}",
                        (
                            Span("✗ broken", "fail"),
                            Span("/".join(file.parts[-2:])),
                            Span(""),
                            Span(message, "text"),
                            Span(""),
                        ),
                    )
                )
        return rows

    def _row(self, what: str, name: str, kind: str, settings: Any) -> Row:
        users = self._used_by(what, name)
        used = f"{len(users)} sync{'s' * (len(users) != 1)}" if users else "unused"
        where = next((str(getattr(settings, key)) for key in _SHOWN if getattr(settings, key, "")), "")
        return Row(
            f"{what}/{name}",
            (
                self._state(what, name),
                Span(name),
                Span(kind, "muted"),
                Span(where, "muted"),
                Span(used, "muted" if not users else "text"),
            ),
        )

    def _state(self, what: str, name: str) -> tuple[Span, ...]:
        found = self._tests.get(f"{what}/{name}")
        missing = [
            secret
            for secret in self._secrets(what, name)
            if self._kept.get(f"{what}s/{name}.{secret}") == "" and self._kept
        ]
        if found and found[2]:
            return (Span("► testing", "run"),)
        if found and any(step["passed"] is False for step in found[1]):
            return (Span("✗ failing", "fail"),)
        if found:
            return (Span("✓ works", "ok"),)
        if missing:
            return (Span("! no key", "warn"),)
        return (Span("? not tested", "muted"),)

    def _show_detail(self) -> None:
        self.query_one("#below", Sheet).rebuild()
        self.query_one("#aside", Sheet).rebuild()

    def _describe(self, width: int) -> list[Line]:
        what, name = self.chosen
        found = self._connection(what, name)
        if found is None:
            return []
        lines = [heading(f"{name}", (f"{what}, {found.type}", "muted"))]
        for key in found.settings.__dataclass_fields__:
            value = getattr(found.settings, key)
            if value not in ("", None, ()) and value is not False:
                said = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
                lines.append(line(Span(f"{key.replace('_', ' '):<18}", "muted"), said))
        for secret in self._secrets(what, name):
            lines += self._secret_lines(what, name, secret, width)
        users = self._used_by(what, name)
        lines.append(line(Span(f"{'used by':<18}", "muted"), ", ".join(users) or "no sync"))
        return [*lines, Line(), *self._test_lines(what, name, width)]

    def _secret_lines(self, what: str, name: str, secret: str, width: int) -> list[Line]:
        full = f"{what}s/{name}.{secret}"
        label = Span(f"{secret.replace('_', ' '):<18}", "muted")
        if self._kept_problem:
            return [line(label, Span("? ", "muted"), (self._kept_problem, "muted"))]
        if full not in self._kept:
            return [line(label, ("…", "muted"))]
        if self._kept[full]:
            first, *more = wrapped(f"in {self._kept[full]}", width - 20)
            rest = [line(Span(" " * 20), *each.left) for each in more]
            return [line(label, Span("✓ ", "ok"), *first.left), *rest]
        missing = line(label, Span("! ", "warn"), "not there yet")
        if not self._places[full].startswith("the keyring"):
            return [missing, *wrapped(f"looked for in {self._places[full]}", width, "muted", indent=20)]
        key = Span(self.console.keys.shown("sources.secret"), "bold text")
        return [line(*missing.left, "  ", key, (" keeps it", "muted"))]

    def _test_lines(self, what: str, name: str, width: int) -> list[Line]:
        test = self._tests.get(f"{what}/{name}")
        if test is None:
            return [
                heading("Test"),
                line(
                    Span(self.console.keys.shown("sources.test"), "bold text"),
                    (" tests it step by step; nothing is written", "muted"),
                ),
            ]
        at, steps, testing = test
        return [
            heading("Test", ("now" if testing else f"{ago(at)} ago" if ago(at) != "now" else "now", "muted")),
            *step_lines(steps, width, testing=testing),
        ]

    def on_table_highlighted(self, message: Table.Highlighted) -> None:
        self._show_detail()
        self.refresh_bars()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        self.do_open()

    # what is done

    def do_open(self) -> None:
        """Change the chosen one."""
        what, name = self.chosen
        if (connection := self._connection(what, name)) is not None:
            self.console.push_screen(ConnectionPage(connection), self._saved)

    def do_new(self) -> None:
        """Connect a warehouse."""
        self.console.push_screen(WizardPage("source"), self._saved)

    def do_new_destination(self) -> None:
        """Connect an API, or a local file."""
        self.console.push_screen(WizardPage("destination"), self._saved)

    def _saved(self, name: str | None) -> None:
        if name:
            self.show_now()
            for what in ("source", "destination"):
                self.query_one("#connections", Table).choose(f"{what}/{name}")

    async def do_test(self) -> None:
        """Test the chosen one."""
        what, name = self.chosen
        steps: list[Mapping[str, Any]] = []
        key = f"{what}/{name}"
        self._tests[key] = (time.time(), steps, True)
        self.show_now()

        def passed(step: Mapping[str, Any]) -> None:
            steps.append(step)
            self._show_detail()

        try:
            await self.bridge.ask("check", passed, what=what, name=name)
        except Refused as error:
            steps.append(
                {"name": "set-up", "passed": False, "detail": error.message, "remedy": error.remedy, "seconds": 0.0}
            )
        except asyncio.CancelledError:
            del self._tests[key]
            self.show_now()
            raise
        self._tests[key] = (time.time(), steps, False)
        self.show_now()

    def do_stop(self) -> None:
        """Stop the tests that are running."""
        self.workers.cancel_group(self, "attempt")

    async def do_secret(self) -> None:
        """Keep a secret of the chosen one."""
        from core.redaction import remember_secret

        what, name = self.chosen
        for secret in self._secrets(what, name):
            value = await self.console.push_screen_wait(
                Ask(f"{secret.replace('_', ' ')} of {name}", note="stored in the keyring", secret=True)
            )
            if value:
                remember_secret(value)
                await self.bridge.ask("secret_set", name=f"{what}s/{name}.{secret}", value=value)
                self.console.tell(f"The {secret.replace('_', ' ')} of {name} is stored in the keyring.", "ok")
        await self._read_secrets()

    async def do_delete(self) -> None:
        """Delete the file of the chosen one."""
        what, name = self.chosen
        found = self._connection(what, name)
        file = found.path if found is not None else None
        if file is None and what == "broken":
            file = (
                next((path for path in self.snapshot.project.broken if path.name == name), None)
                if self.snapshot.project
                else None
            )
        if file is None:
            return
        text = f"{file.parent.name}/{file.name} is deleted. A secret in the keyring stays there."
        if await self.console.push_screen_wait(Confirm(f"Delete {name}?", text, yes="Delete", danger=True)):
            await self.bridge.change(file.unlink)
            self.console.tell(f"{name} is deleted.", "ok")


_COLUMNS = (
    Column(head="State", width=12),
    Column(head="Name", least=10, most=30, rank=12, main=True),
    Column(head="Type", least=8, most=14, rank=5),
    Column(head="Where", share=1, least=10, most=60, rank=4),
    Column(head="Used by", right=True, least=7, rank=3),
)
