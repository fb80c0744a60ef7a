"""4 Test: the connection step by step, timed; under the step that failed, what fixes it. Nothing is written there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui.drawing import Line, Span, heading, line, wrapped
from tui.messages import Refused
from tui.screens.wizard.draft import Draft
from tui.screens.wizard.step import Step
from tui.steps import statements_in, step_lines
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet

__all__ = ["TestingStep"]

_SET_AGAIN = re.compile(r"[Ss]et (?:it|the password) again: `backhaul secret set [^`]+`")


def _here(remedy: str, name: str) -> str:
    """Say a remedy for this place: neither file nor secret is written yet, so both are changed in their steps."""
    remedy = (
        remedy.replace("<name>", name)
        .replace("in the source's file", "in step 2")
        .replace("in the destination's file", "in step 2")
    )
    return _SET_AGAIN.sub(
        lambda found: ("Enter" if found[0].startswith("S") else "enter") + " it again in step 3", remedy
    )


class TestingStep(Step):
    """The test of what was entered."""

    title: ClassVar[str] = "Test"

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft)
        self._error: Refused | None = None
        self._testing = False

    DEFAULT_CSS = "TestingStep #steps { scrollbar-gutter: stable; }"

    def compose(self) -> ComposeResult:
        with Pane(title=self.draft.name or "Test", id="result"):
            yield Sheet(self._lines, id="steps")

    def on_mount(self) -> None:
        if not self.draft.passed:  # what failed may have been fixed meanwhile, here or there
            self.page.attempt(self.do_test, group="test", exclusive=True)
        else:
            self._show()

    def take_keys(self) -> None:
        """Give the keys to what goes on; where the test failed, to what it says: going on is no habit then."""
        if self.draft.passed is False:
            self.query_one("#steps", Sheet).focus()
        else:
            self.page.focus_next_button()

    @property
    def testing(self) -> bool:
        return self._testing

    async def do_test(self, *, call: bool = False) -> None:
        """Test what was entered, step by step; with `call`, a destination is sent one call in the end."""
        draft = self.draft
        draft.steps.clear()
        self._testing, self._error, draft.passed = True, None, None
        self._show()

        def passed(step: Mapping[str, Any]) -> None:
            draft.steps.append({**step, "remedy": _here(str(step["remedy"]), draft.name)})
            self._show()

        try:
            answer = await self.page.bridge.ask(
                "check",
                passed,
                what=draft.what,
                type=draft.type,
                name=draft.name,
                settings=draft.settings(),
                held=dict(draft.held),
                call=call,
            )
            draft.passed = bool(answer["passed"])
        except Refused as error:
            self._error, draft.passed = error, False
        except asyncio.CancelledError:
            self._testing = False
            self._show()
            raise
        self._testing = False
        self._show()
        if self.is_shown:
            self.take_keys()

    def on_unmount(self) -> None:
        """Stop the test: what it would find is asked for again."""
        self.screen.workers.cancel_group(self.screen, "test")

    def _show(self) -> None:
        if not self.is_shown:
            return
        draft = self.draft
        good = sum(1 for step in draft.steps if step["passed"] is not False)
        right = (
            (Span("testing …", "muted"),)
            if self._testing
            else (Span("✓ all passed", "ok"),)
            if draft.passed
            else (Span(f"{good} passed   ", "muted"), Span("✗ stopped", "fail"))
        )
        self.query_one("#result", Pane).heading.show(right=right)
        self.query_one("#steps", Sheet).rebuild()
        self.page.refresh_buttons()

    def _lines(self, width: int) -> list[Line]:
        lines = step_lines(self.draft.steps, width, testing=self._testing)
        if self.draft.passed is False:
            keys = self.page.console.keys
            lines += [
                Line(),
                line(
                    Span(keys.shown("wizard.test"), "bold text"),
                    ("  tests again   ", "muted"),
                    Span(keys.shown("wizard.backward"), "bold text"),
                    ("  goes back to change it   ", "muted"),
                    *(
                        (Span(keys.shown("wizard.copy"), "bold text"), (f"  copies the {self._copied}", "muted"))
                        if self.to_copy()
                        else ()
                    ),
                ),
            ]
        if self._error is not None:
            lines += [Line(), line(Span("✗ ", "fail"), Span(self._error.message, "bold text"))]
            lines += wrapped(_here(self._error.remedy, self.draft.name), width, "muted")
        return lines

    def help(self, width: int) -> list[Line]:
        lines = [heading("What is tested")]
        lines += wrapped(
            "Each step needs the one before. Nothing is written; that a write is refused is one of the steps."
            if self.draft.what == "source"
            else "That the secret is there, the name resolves, the connection stands and its certificate is trusted. No call is sent.",
            width,
            "muted",
        )
        if self.draft.what == "destination":
            lines += [Line(), heading("A test call")]
            key = self.page.console.keys.shown("wizard.call")
            lines += [line(Span(key, "bold text"), ("  sends one, and shows what the destination answers", "muted"))]
            lines += wrapped(
                "It is an identify call for the person backhaul-test, who is there afterwards.", width, "muted"
            )
        if self.draft.passed is False:
            again = self.page.console.keys.shown("wizard.test", typing=False)
            lines += [Line(), line(("Fixed?  ", "muted"), Span(again, "bold text"), ("  tests again", "muted"))]
            lines += wrapped(
                "You can save it anyway; syncs will fail with the same message until it is fixed.", width, "muted"
            )
        return lines

    @property
    def _remedy(self) -> str:
        failed = (str(step["remedy"]) for step in self.draft.steps if step["passed"] is False and step["remedy"])
        return next(failed, "")

    @property
    def _copied(self) -> str:
        """Say what is copied: the statements, which can be run as they are, or else the words."""
        found = len(statements_in(self._remedy))
        return "words" if not found else "statement" if found == 1 else f"{found} statements"

    def to_copy(self) -> str:
        return "\n".join(statements_in(self._remedy)) or self._remedy

    def hints(self) -> tuple[str, ...]:
        copy = ("wizard.copy",) if self.to_copy() else ()
        if self._testing:
            return ("wizard.stop",)
        return ("wizard.test", *(("wizard.call",) if self.draft.what == "destination" else ()), *copy)
