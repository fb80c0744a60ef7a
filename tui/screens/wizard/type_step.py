"""1 Type: what is connected. A pasted connection string, or what other tools have on this machine, fills in the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from tui.drawing import Line, Span, heading, line, wrapped
from tui.messages import Refused
from tui.screens.wizard.draft import Draft
from tui.screens.wizard.step import Step
from tui.widgets.entry import Entry
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet
from tui.widgets.table import Column, Row, Table

__all__ = ["ChoosingStep"]

_COLUMNS = (Column(head="Type", least=10, most=14, main=True), Column(head="What it is", share=1, least=20, most=90))


class _Kinds(Table):
    """The list; Enter takes the chosen row (in the fields of the other steps it is the field's own key)."""

    def on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            self.open()


class ChoosingStep(Step):
    """The types, and what is there already."""

    title: ClassVar[str] = "Type"

    DEFAULT_CSS = """
    ChoosingStep #kinds { height: 1fr; }
    ChoosingStep #pasting { height: 2; padding: 0 1 0 2; }
    ChoosingStep #paste { height: 1; }
    ChoosingStep #said { height: auto; max-height: 3; }
    """

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft)
        self._found: list[Mapping[str, Any]] = []
        self._problem = ""

    def compose(self) -> ComposeResult:
        if self.draft.what == "source":
            yield Sheet(self._paste_words, id="said", focusable=False)
            entry = Entry("", placeholder="postgresql://user@host/database", id="paste")
            entry.cursor_blink = False
            with Horizontal(id="pasting"):
                yield entry
        with Pane(title="Or choose" if self.draft.what == "source" else "Choose"):
            yield _Kinds(_COLUMNS, id="kinds")

    def on_mount(self) -> None:
        self._show()
        if self.draft.what == "source":
            self.page.attempt(self._look)

    def take_keys(self) -> None:
        table = self.query_one("#kinds", Table)
        if self.draft.type:
            table.choose(f"type/{self.draft.type}")
        table.focus()

    async def _look(self) -> None:
        """Ask what other tools have."""
        try:
            answer = await self.page.bridge.ask("existing")
        except Refused:
            return  # what others have is a help, no more
        self._found = list(answer["found"])
        if self.is_shown:
            self._show()

    def _show(self) -> None:
        rows = [
            Row(f"type/{kind}", (Span(kind), Span(_first_sentence(self.draft, kind), "muted")))
            for kind in self.draft.types
        ]
        for number, found in enumerate(self._found):
            rows.append(
                Row(
                    f"found/{number}",
                    (Span("✓ found", "ok"), (Span(found["summary"]), Span(f"   {found['origin']}", "muted"))),
                )
            )
        self.query_one("#kinds", Table).show(rows)

    def _paste_words(self, width: int) -> list[Line]:
        if self._problem:
            return wrapped(self._problem, width, "fail")
        return [line(("Paste a connection string, if you have one: a URI, or a psql command.", "muted"))]

    def take_paste(self, text: str) -> bool:
        if self.draft.what == "source":
            self.page.attempt(lambda: self._take_and_go(text))
        return self.draft.what == "source"

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            await self._take_and_go(event.value)
        else:
            self.query_one("#kinds", Table).focus()

    async def _take_and_go(self, text: str) -> None:
        if await self._take(text):
            await self.page.go(1)

    async def _take(self, text: str) -> bool:
        """Take over a pasted connection string. False where it is none, or where it can be read in two ways; that is told."""
        self._problem = await self.page.take_connection(text)
        self.query_one("#said", Sheet).rebuild()
        if not self._problem:
            self.query_one("#paste", Entry).value = ""
        return not self._problem

    async def on_table_chosen(self, message: Table.Chosen) -> None:
        message.stop()
        await self.page.do_forward()

    def on_table_highlighted(self, message: Table.Highlighted) -> None:
        message.stop()
        self.page.refresh_help()

    async def leave(self) -> bool:
        for entry in self.query("#paste").results(Entry):
            if entry.value.strip():
                return await self._take(entry.value)
        key = self.query_one("#kinds", Table).key or ""
        what, _, name = key.partition("/")
        if what == "found":
            self.draft.take_over(self._found[int(name)])
        elif what == "type":
            self.draft.choose(name)
        return bool(key)

    def help(self, width: int) -> list[Line]:
        key = self.query_one("#kinds", Table).key if self.query("#kinds") else None
        what, _, name = (key or "").partition("/")
        if what == "found":
            found = self._found[int(name)]
            lines = [heading(found["summary"]), *wrapped(f"Found in {found['origin']}.", width, "muted"), Line()]
            lines += [line(Span(f"{setting:<16}", "muted"), str(value)) for setting, value in found["settings"].items()]
            lines += [
                line(
                    Span(f"{secret.replace('_', ' '):<16}", "muted"),
                    Span("✓ ", "ok"),
                    ("is there; it goes to the keyring", "muted"),
                )
                for secret in found["secrets"]
            ]
            return [*lines, Line(), *(each for note in found["notes"] for each in wrapped(note, width, "muted"))]
        if what != "type":
            return []
        kind = type(self.draft)(self.draft.what, type=name).plugin
        return [
            heading(name),
            *wrapped((kind.__doc__ or "").strip(), width),
            Line(),
            *wrapped(_settings_words(kind), width, "muted"),
        ]


def _first_sentence(draft: Any, kind: str) -> str:
    plugin = type(draft)(draft.what, type=kind).plugin
    return (plugin.__doc__ or "").strip().split("\n")[0]


def _settings_words(plugin: Any) -> str:
    return (plugin.Settings.__doc__ or "").split("\n    ")[0].replace("`", "")
