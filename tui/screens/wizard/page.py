"""The page of the guided set-up: its steps in a line, the step itself, what helps at the right, back and next below.

Nothing that was entered is lost: leaving keeps the draft for later, without its secrets.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from core.errors import UsageError
from core.project import set_value, write_file
from core.redaction import remember_secret
from core.setup import from_text
from tui.drawing import Line, Span, line
from tui.messages import Refused
from tui.screens.base import Page
from tui.screens.dialogs import Ask, Confirm
from tui.screens.wizard.connect_step import ConnectingStep
from tui.screens.wizard.credential_step import CredentialStep
from tui.screens.wizard.draft import Draft
from tui.screens.wizard.save_step import SavingStep
from tui.screens.wizard.step import Step
from tui.screens.wizard.test_step import TestingStep
from tui.screens.wizard.type_step import ChoosingStep
from tui.widgets.button import Button
from tui.widgets.entry import Entry
from tui.widgets.sheet import Sheet

__all__ = ["WizardPage"]

_STEPS: tuple[type[Step], ...] = (ChoosingStep, ConnectingStep, CredentialStep, TestingStep, SavingStep)


class WizardPage(Page):
    """A new source or destination, step by step; gives its name, or None where it was left."""

    scope = "wizard"
    letters = False
    tab = "Sources"

    DEFAULT_CSS = """
    WizardPage #title { height: 2; }
    WizardPage #step { height: 1fr; }
    WizardPage #buttons { height: 1; padding: 0 2; }
    WizardPage #buttons Vertical { width: 1fr; height: 1; }
    WizardPage #below { height: auto; max-height: 4; margin-bottom: 1; }
    """

    def __init__(self, what: str) -> None:
        """Begin with a `what`: 'source' or 'destination'."""
        super().__init__()
        self.what = what
        self.draft = Draft(what)
        self.place: Mapping[str, Any] = {}
        self._saved = False
        self._moving = asyncio.Lock()
        """Held while another step is brought: keys that come meanwhile are for that step."""

        self.crumb = f"new {what}"

    def body(self) -> ComposeResult:
        state = self._state
        if state is not None and (kept := Draft.kept(self.what, state)) is not None:
            self.draft = kept
            self.draft.resumed = True
            self.draft.at = _STEPS.index(ConnectingStep)
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield Sheet(self._title, id="title", focusable=False)
                yield Vertical(_STEPS[self.draft.at](self.draft), id="step")
                yield Sheet(self._brief, id="below", classes="narrow", focusable=False)
                with Horizontal(id="buttons"):
                    yield Button("Back", id="back")
                    yield Vertical()
                    yield Button("Next", primary=True, id="forward")
            with Vertical(id="right"):
                yield Sheet(self._help, id="aside", focusable=False)

    def on_mount(self) -> None:
        super().on_mount()
        self.app.clear_notifications()  # they lie over the buttons

    @property
    def _state(self) -> Any:
        project = self.snapshot.project
        return project.state if project else None

    @property
    def step(self) -> Step:
        return self.query_one("#step Step", Step) if self.query("#step Step") else Step(self.draft)

    # going on and back

    async def _show(self, number: int) -> None:
        """Show a step."""
        self.draft.at = number
        place = self.query_one("#step", Vertical)
        await place.remove_children()
        await place.mount(_STEPS[number](self.draft))
        self.query_one("#title", Sheet).rebuild()

    async def go(self, number: int) -> None:
        """Go to a step."""
        async with self._moving:
            await self._show(max(0, min(number, len(_STEPS) - 1)))

    async def do_forward(self) -> None:
        """Go to the next step."""
        async with self._moving:
            if not self.step.is_ready or not await self.step.leave():
                return
            if self.draft.at == len(_STEPS) - 1:
                self.console.tell(f"This is the last step: {self.console.keys.shown('wizard.save')} saves it.", "muted")
            else:
                await self._show(self.draft.at + 1)

    async def do_save(self) -> None:
        """Save it, in the last step."""
        async with self._moving:
            if self.step.is_ready:
                await self._save()

    async def do_backward(self) -> None:
        """Go to the step before."""
        async with self._moving:
            if self.step.is_ready and self.draft.at:
                await self.step.go_back()
                await self._show(self.draft.at - 1)

    async def do_test(self) -> None:
        """Test what was entered, step by step."""
        if isinstance(self.step, TestingStep):
            self.attempt(self.step.do_test, group="test", exclusive=True)
            return
        self.draft.passed = None
        while self.draft.at < _STEPS.index(TestingStep):
            at = self.draft.at
            await self.do_forward()
            if self.draft.at == at:
                return

    def do_call(self) -> None:
        """Test, and send one call for the person backhaul-test, to see it acknowledged."""
        if isinstance(self.step, TestingStep):
            step = self.step
            self.attempt(lambda: step.do_test(call=True), group="test", exclusive=True)

    async def do_generate(self) -> None:
        """Generate a key pair; the private key is never shown."""
        if not isinstance(self.step, CredentialStep):
            return
        text = "The statement of the one that is there registers another public key."
        if self.changed and not await self.console.push_screen_wait(
            Confirm("Discard the generated key?", text, yes="Generate another", no="Keep it")
        ):
            return
        await self.step.do_generate()

    async def do_write(self) -> None:
        """Write the secrets that are held into files that a person names."""
        for name in self.unstored:
            await self.write_secret(name)

    async def write_secret(self, name: str) -> bool:
        """Write a secret that is held into a file that a person names; return whether it was written."""
        label, ending = name.replace("_", " "), {"private_key": "p8", "service_account": "json"}.get(name, "secret")
        path = f"~/{self.draft.name or self.draft.type}.{ending}"
        note = "a new file, readable by you only"
        while path := await self.console.push_screen_wait(Ask(f"Write the {label} to", path, note=note)) or "":
            try:
                answer = await self.bridge.ask("secret_write", held=self.draft.held[name], path=path)
            except Refused as error:
                note = error.message
                continue
            self.draft.written[name] = answer["file"]
            self.console.tell(f"The {label} is written to {answer['file']}, readable by you only.", "ok")
            self.refresh_help()
            return True
        return False

    @property
    def unstored(self) -> list[str]:
        """Return the names of the secrets that are in memory only, and that no keyring will store."""
        draft = self.draft
        return [name for name in draft.held if name not in draft.written and not self.keeps_secrets]

    @property
    def changed(self) -> bool:
        """Return whether a key was generated here that is lost where the page is left: it is nowhere else yet."""
        draft = self.draft
        return (
            draft.generated and "private_key" in draft.held and "private_key" not in draft.written and not self._saved
        )

    def do_copy(self) -> None:
        """Copy the statement, or the text, that is shown."""
        self.console.put_on_clipboard(self.step.to_copy())

    def do_stop(self) -> None:
        """Stop the test."""
        self.workers.cancel_group(self, "test")

    async def do_back(self) -> None:
        """Leave; what was entered is kept for later, without its secrets. A test that is running is not stopped by this key."""
        if isinstance(self.step, TestingStep) and self.step.testing:
            self.console.tell(f"The test is running; {self.console.keys.shown('wizard.stop')} stops it.", "muted")
            return
        text = "It is in memory only. A statement that registered its public half is then of no use."
        if self.changed and not await self.console.push_screen_wait(
            Confirm("Discard the generated key?", text, yes="Discard", no="Keep editing")
        ):
            return
        self.step.keep()
        text = "What you typed is saved as a draft, without secrets."
        if self._is_edited and not await self.console.push_screen_wait(
            Confirm("Leave the set-up?", text, yes="Leave", no="Keep editing")
        ):
            return
        self.dismiss(None)

    @property
    def _is_edited(self) -> bool:
        """Return whether a text is being edited, or a secret was entered, which is not kept."""
        draft, focused = self.draft, self.focused
        typed = isinstance(focused, Input) and (draft.has_something if draft.type else bool(focused.value))
        return typed or bool(draft.held) or any(entry.password and entry.value for entry in self.query(Entry))

    def on_unmount(self) -> None:
        """Keep what was entered, however the page was left."""
        state = self._state
        if self._saved or state is None or not self.draft.type or not self.draft.has_something:
            return
        with contextlib.suppress(OSError):  # a disk that is full: what else it stops is told elsewhere
            self.draft.keep(state)
            self.console.tell(f"{self.draft.name or self.draft.type} is saved as a draft, without its secret.")

    def why_not(self, name: str) -> str:
        testing = isinstance(self.step, TestingStep) and self.step.testing
        if name == "stop" and not testing:
            return "no test is running"
        if name == "save" and self.draft.at < len(_STEPS) - 1:
            return f"it is the last step; this is step {self.draft.at + 1} of {len(_STEPS)}"
        if name == "test" and isinstance(self.step, TestingStep) and self.step.testing:
            return "it is being tested"
        if name == "call" and not (self.what == "destination" and isinstance(self.step, TestingStep)):
            return "it comes with the test of a destination"
        if name == "backward" and self.draft.at == 0:
            return "this is the first step"
        if name == "copy" and not self.step.to_copy():
            return "there is no statement to copy"
        if name == "write" and not self.unstored:
            return "no secret is in memory only"
        if name == "generate" and not (isinstance(self.step, CredentialStep) and "private_key" in self.draft.needed()):
            return "no key is needed here"
        return ""

    def word(self, name: str, word: str) -> str:
        return "later" if name == "back" else word

    def hints(self) -> Iterable[str]:
        back = ("wizard.backward",) if self.draft.at else ()
        later = () if self.typing else ("global.back",)  # while typing, it stands at the right
        on = "wizard.save" if self.draft.at == len(_STEPS) - 1 else "wizard.forward"
        return (on, *back, *self.step.hints(), *later)

    async def on_button_pressed(self, message: Button.Pressed) -> None:
        message.stop()
        if message.button.id == "back":
            await self.do_backward()
        else:
            await (self.do_save() if self.draft.at == len(_STEPS) - 1 else self.do_forward())

    def on_paste(self, event: events.Paste) -> None:
        """Take what was pasted where no field has the keys: a person who pastes a key need not look where the cursor is."""
        if self.step.is_ready and self.step.take_paste(event.text.replace("\r\n", "\n").replace("\r", "\n").strip()):
            event.stop()

    def do_next(self) -> None:
        """Go to the next field."""
        self.focus_next()

    def do_previous(self) -> None:
        """Go to the previous field."""
        self.focus_previous()

    # what is shown

    def _title(self, width: int) -> list[Line]:
        spans = [Span(f"New {self.what}", "bold text")]
        for number, step in enumerate(_STEPS):
            done = number < self.draft.at
            style = "bold accent" if number == self.draft.at else "muted"
            spans.append(Span(f"   {number + 1} {step.title}", style))
            failed = step is TestingStep and self.draft.passed is False
            spans.append(Span(" ✗", "fail") if done and failed else Span(" ✓", "ok") if done else Span(""))
        return [line(*spans)]

    def _brief(self, width: int) -> list[Line]:
        return self.step.brief(width)

    def _help(self, width: int) -> list[Line]:
        return self.step.help(width)

    def refresh_help(self) -> None:
        """Show what helps as it is now."""
        self.query_one("#aside", Sheet).rebuild()
        self.query_one("#below", Sheet).rebuild()
        self.refresh_bars()

    def refresh_buttons(self) -> None:
        """Show back and next as they are now."""
        self.query_one("#back", Button).display = self.draft.at > 0
        failed = isinstance(self.step, TestingStep) and self.draft.passed is False
        self.query_one("#forward", Button).show("Continue anyway" if failed else _STEPS[self.draft.at].next_word)
        self.refresh_bars()

    def focus_next_button(self) -> None:
        """Give the keys to the primary button."""
        self.query_one("#forward", Button).focus()

    def form_done(self) -> None:
        """Go from the last field to the primary button: Enter goes forward, never back. A field that is wrong stays."""
        self.attempt(self._form_done)

    async def _form_done(self) -> None:
        if await self.step.is_filled():
            self.focus_next_button()

    # a pasted connection string

    async def take_connection(self, text: str) -> str:
        """Take over a connection string, and hold its password. Give what is wrong with it; nothing where it was taken."""
        remember_secret(text)
        try:
            found = from_text(text)
        except UsageError as error:
            return f"{error.message} {error.remedy}"
        if found is None or found.type not in self.draft.types:
            return "This is no connection string that is known here. Choose a type instead."
        self.draft.take_over(
            {
                "type": found.type,
                "settings": found.settings,
                "origin": found.origin,
                "notes": found.notes,
                "secrets": (),
            }
        )
        for name, secret in found.secrets.items():
            remember_secret(secret.reveal())
            facts = await self.bridge.ask("hold", kind="plain", value=secret.reveal())
            self.draft.held[name] = facts["handle"]
            self.draft.facts[name] = {**facts, "origin": found.origin}
        return ""

    # names, scripts, saving

    def name_problem(self, name: str) -> str:
        """Say what is wrong with a name, or nothing."""
        project = self.snapshot.project
        known = (project.sources if self.what == "source" else project.destinations) if project else {}
        if not name or not all(letter.isalnum() or letter in "-_." for letter in name) or not name[0].isalnum():
            return "Use only letters, digits, - and _."
        return f"There is a {self.what} {name} already." if name in known else ""

    def setup_script(self) -> str:
        """Return the set-up script with the names that were entered; nothing for a destination."""
        if self.what != "source":
            return ""
        from core.warehouses.base import SetupNames

        texts = self.draft.texts
        taken = ("user", "role", "warehouse", "project", "database")
        names = {name: texts[name] for name in taken if texts.get(name)}
        if "user" in names and "role" not in names:
            names["role"] = names["user"]
        schema = texts.get("schema") or texts.get("dataset") or ""
        known: dict[str, Any] = {**names, "schemas": (schema,)} if schema else dict(names)
        if public_key := self.draft.facts.get("private_key", {}).get("public_key"):
            known["public_key"] = public_key
        try:
            return str(self.draft.plugin.setup_script(SetupNames(**known)))
        except UsageError:  # a name that was pasted with a line break: the step that it stands in says so
            return ""

    async def _save(self) -> None:
        """Write the file, then keep the secrets; the draft is forgotten when both are done."""
        draft = self.draft
        file = self.bridge.folder / f"{self.what}s" / f"{draft.name}.toml"
        document = {"type": draft.type, **draft.settings()}
        await self.bridge.change(lambda: write_file(file, document))
        if draft.secrets_from and draft.needed():
            await self.bridge.change(self._choose_place)
        elif self.keeps_secrets:
            for secret in draft.needed():
                try:
                    await self.bridge.ask(
                        "secret_set", name=f"{self.what}s/{draft.name}.{secret}", held=draft.held[secret]
                    )
                except Refused as error:  # the page stays: what was entered, or generated, is nowhere else
                    key = self.console.keys.shown("wizard.write", typing=True)
                    said = f"The file is saved; its secret is not. {error.message} {key} writes it to a file of yours."
                    self.console.tell(said, "fail")
                    self.place = {**self.place, "usable": False}
                    self.refresh_help()
                    return
        self._saved = True
        if self._state is not None:
            draft.drop(self._state)
        unstored = [name for name in draft.needed() if name in draft.held and not self.keeps_secrets]
        if unstored:
            labels = " and ".join(name.replace("_", " ") for name in unstored)
            where = " and ".join(self.where_read(name) for name in unstored)
            self.console.tell(
                f"{draft.name} is saved; its {labels} is not stored here. It is read from {where}.", "warn"
            )
        else:
            self.console.tell(f"{draft.name} is saved{' with its secret' if draft.held else ''}.", "ok")
        self.dismiss(draft.name)

    def where_read(self, name: str) -> str:
        """Say where a secret that Backhaul does not store is read from."""
        draft, place = self.draft, self.place
        if draft.secrets_from == "command":
            return f"the command {draft.secrets_command!r}"
        known = place["places"][draft.secrets_from or place["from"]]
        return str(known.get(self.secret_name(name), place["place"]))

    def secret_name(self, name: str) -> str:
        """Return the whole name of a secret, as the project calls it."""
        return f"{self.what}s/{self.draft.name}.{name}"

    @property
    def keeps_secrets(self) -> bool:
        """Return whether Backhaul keeps the secrets of this project, in a keyring that can be used; else it reads them only."""
        keyring = self.place.get("from", "keyring") == "keyring"
        return keyring and bool(self.place.get("usable", True)) and not self.draft.secrets_from

    def _choose_place(self) -> None:
        """Write where this project's secrets live: chosen by a person, since this host has no keyring."""
        file = self.bridge.folder / "backhaul.toml"
        set_value(file, "secrets.from", self.draft.secrets_from)
        if self.draft.secrets_from == "command":
            set_value(file, "secrets.command", self.draft.secrets_command)
