"""The open queries of the page: shown, kept for later, saved, and settled with what happened to their files outside."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.timer import Timer

from tui.buffers import Buffer, Keeper, digest, unsaved
from tui.drawing import Span
from tui.messages import Refused, Snapshot
from tui.screens.dialogs import Choose, Read
from tui.screens.editor.beginning import Beginning
from tui.screens.editor.texts import (
    OpenText,
    differences,
    open_text,
    query_file,
    read_query,
    saved_at,
    write_query,
)
from tui.widgets.table import Row

if TYPE_CHECKING:
    from core.model import Project

__all__ = ["Keeping"]

_SOON = 0.5
"""Seconds after the first keystroke until the text is kept on disk."""


class Keeping(Beginning):
    """The page with its open queries."""

    def __init__(self) -> None:
        super().__init__()
        self._keeper = Keeper()
        self._keep_timer: Timer | None = None
        self._kept = ""
        self._wanted: str | None = None
        self._brought_back = False

    # which is shown

    def text_of(self, text: OpenText) -> str:
        """Return a text as it is now."""
        return self.code.text if text is self.shown else text.state.text

    def is_unsaved(self, text: OpenText) -> bool:
        """Return whether a text is another than its file's."""
        return self.text_of(text) != text.file

    def unsaved_texts(self) -> list[OpenText]:
        """Return the texts that are not saved."""
        return [each for each in self.texts.values() if self.is_unsaved(each)]

    def open_sync(self, name: str) -> None:
        """Show the query of a sync, as it was left."""
        project = self.snapshot.project
        if project is None or not self.composed:
            self._wanted = name
            return
        if self.shown is not None and self.shown.sync == name:
            return
        if name not in self.texts:
            opened = self._open(project, name)
            if opened is None:
                return
            if opened[1]:
                self.console.tell(f"{name}: unsaved changes restored.", "muted")
        self._show(self.texts[name])

    def _open(self, project: Project, name: str) -> tuple[OpenText, bool] | None:
        """Add a query to the open ones; None where it has no file that can be read."""
        try:
            found = query_file(project, name)
        except OSError as error:
            self.console.tell(f"{name}.sql cannot be read: {error.strerror}.", "fail")
            return None
        if found is None:
            return None
        opened = open_text(name, *found, project.state)
        self.texts[name] = opened[0]
        return opened

    def _show(self, text: OpenText) -> None:
        self.leave()
        self.shown = text
        self.console.current_sync = text.sync
        self.found, self.readable, self.fields, self.query_problem = (), (), (), None
        self.checked, self.lint_trouble, self.incremental = False, "", False
        self.code.show_state(text.state)
        self.text_seen = self._kept = self.code.text
        if self.source is not None:
            self.use_dialect(self.source.type)
        self.rows.forget()
        self.show_all()
        self.lint_now()
        self.check_files(self.snapshot)

    def leave(self) -> None:
        """Put the text that is shown back among the open ones, and keep it."""
        self.stop_preview()
        if self.shown is not None:
            self.keep_text()
            self.shown.state = self.code.state()
            self.shown = None

    def put_away(self, *, drop: bool = False) -> None:
        """Close the text that is shown; the next open one takes its place, or the page is left."""
        shown, project = self.shown, self.snapshot.project
        if shown is None:
            return
        names = list(self.texts)
        following = names[(names.index(shown.sync) + 1) % len(names)]
        self.leave()
        del self.texts[shown.sync]
        if drop and project is not None:
            self._keeper.drop(project.state, shown.sync, self._keeper.number())
        if following != shown.sync:
            self._show(self.texts[following])
        else:
            self.console.do_home()

    def show_all(self) -> None:
        """Show everything about the text again."""
        raise NotImplementedError

    # kept for later

    def keep_soon(self) -> None:
        """Keep the text on disk within a second."""
        if self._keep_timer is None:
            self._keep_timer = self.set_timer(_SOON, self._keep_now)

    def _keep_now(self) -> None:
        self._keep_timer = None
        work = self._to_keep()
        if work is not None:
            self.attempt(partial(self._keep_in_thread, *work), group="keep")

    async def _keep_in_thread(self, state: Path, buffer: Buffer | None, sync: str, number: int) -> None:
        try:
            await asyncio.to_thread(self._keep, state, buffer, sync, number)
        except OSError as error:
            self.console.tell(f"Unsaved text cannot be saved under {state}: {error.strerror}. Save it.", "fail")

    def keep_text(self) -> None:
        """Keep the text on disk at once: it is left, or the terminal goes away."""
        if self._keep_timer is not None:
            self._keep_timer.stop()
            self._keep_timer = None
        work = self._to_keep()
        if work is not None:
            try:
                self._keep(*work)
            except OSError:
                self._kept = ""  # said where it is kept in passing; here the page is being left

    def _to_keep(self) -> tuple[Path, Buffer | None, str, int] | None:
        """Return what is to be kept (or, where there is no buffer, forgotten); None where nothing has changed."""
        project, shown = self.snapshot.project, self.shown
        text = self.code.text
        if project is None or shown is None or text == self._kept:
            return None
        self._kept = text
        buffer = shown.buffer(text, self.code.cursor_location) if text != shown.file else None
        return project.state, buffer, shown.sync, self._keeper.number()

    def _keep(self, state: Path, buffer: Buffer | None, sync: str, number: int) -> None:
        if buffer is None:
            self._keeper.drop(state, sync, number)
        else:
            self._keeper.keep(state, buffer, number)

    def bring_back(self) -> None:
        """Open what was typed earlier and not saved, the first time."""
        project = self.snapshot.project
        if project is None or self._brought_back:
            return
        self._brought_back = True
        names = []
        for name in unsaved(project.state):
            if name not in self.texts:
                opened = self._open(project, name)
                names += [name] if opened and opened[1] else []
        if names:
            self.console.tell(f"Unsaved changes restored: {', '.join(names)}.", "muted")

    # saved

    async def save(self, text: OpenText) -> bool:
        """Write a query's file; return whether it was written. Raises Refused."""
        if text.busy:
            return False
        content = self.text_of(text)
        text.busy = True
        try:
            while not await self.bridge.change(partial(write_query, text.path, content, text.file)):
                if not await self._settle(text):
                    return False
        finally:
            text.busy = False
        text.file, text.saved_at = content, saved_at(text.path)
        project = self.snapshot.project
        if project is not None:
            if self.text_of(text) == content:
                await asyncio.to_thread(self._keeper.drop, project.state, text.sync, self._keeper.number())
            self._kept = content if text is self.shown else self._kept
        self.console.tell(f"{text.path.name} is saved.", "ok")
        self.show_all()
        return True

    # changed outside

    def check_files(self, snapshot: Snapshot) -> None:
        """See whether files have changed outside; read them again, or ask where something is not saved."""
        for text in list(self.texts.values()):
            sync = snapshot.project.syncs.get(text.sync) if snapshot.project else None
            if sync is None or text.busy or sync.query == text.file:
                continue
            text.path = sync.query_path
            if self.text_of(text) == sync.query:
                text.file = sync.query
            elif not self.is_unsaved(text):
                self._read_again(text, sync.query)
            elif text is self.shown and digest(sync.query) != text.declined and self.is_current:
                text.busy = True
                self.attempt(partial(self._ask_about, text))

    def _read_again(self, text: OpenText, query: str) -> None:
        text.file, text.saved_at = query, saved_at(text.path)
        if text is self.shown:
            self.code.change(query)
            self.console.tell(f"{text.path.name} was changed outside; reloaded.", "run")
        else:
            text.state = type(text.state)(query, text.state.selection)

    async def _ask_about(self, text: OpenText) -> None:
        try:
            await self._settle(text)
        finally:
            text.busy = False
        self.show_all()

    async def read_file(self, file: Path) -> str:
        """Read a query's file. Raises Refused."""
        try:
            return await asyncio.to_thread(read_query, file)
        except OSError as error:
            raise Refused({"message": f"{file.name} cannot be read: {error.strerror}."}) from error

    async def _settle(self, text: OpenText) -> bool:
        """Ask what is to become of a file that has changed outside; return whether it may be written over."""
        theirs = await self.read_file(text.path)
        rows = [
            Row("mine", (Span("keep mine"), Span("saving then writes over the file", "muted"))),
            Row("theirs", (Span("take the file's"), Span("undo brings mine back", "muted"))),
            Row("see", (Span("see the difference"), Span("", "muted"))),
        ]
        while True:
            title = f"{text.path.name} was changed outside, and here"
            answer = await self.console.push_screen_wait(Choose(title, rows))
            if answer == "see":
                shown = differences(text.path.name, theirs, self.text_of(text))
                await self.console.push_screen_wait(Read(lambda _width, shown=shown: shown))  # type: ignore[misc]  # a default that binds the loop variable
                continue
            if answer is None:
                text.declined = digest(theirs)
                return False
            text.file = theirs
            if answer == "theirs":
                if text is self.shown:
                    self.code.change(theirs)
                    self._kept = ""
                    self.keep_text()
                text.saved_at = saved_at(text.path)
            self._kept = "" if text is self.shown and answer == "mine" else self._kept
            return bool(answer == "mine")
