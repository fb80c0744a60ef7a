"""3 Credential: the secret that is needed, looked at while it is entered, and where it will be kept.

The workbench looks at a key and holds it, also one that waits for its passphrase; the field is emptied then, so that the
console keeps nothing of it. A path is shown as it is typed; everything else is hidden. Where this host has no keyring that
may be used, the choice of another place is asked for: none is taken in silence.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.timer import Timer

from tui.drawing import Line, Span, line, wrapped
from tui.screens.wizard.draft import Draft
from tui.screens.wizard.facts import credential_help, fact_lines, place_lines
from tui.screens.wizard.secret_fields import KEYRING, asks_for_place, is_path, is_structured, secret_fields
from tui.screens.wizard.secret_handles import hold, look, state_anew
from tui.screens.wizard.step import Step
from tui.widgets.button import Button
from tui.widgets.entry import Entry
from tui.widgets.form import Changed, Field, Form
from tui.widgets.sheet import Sheet

__all__ = ["CredentialStep"]

_PAUSE = 0.3


class CredentialStep(Step):
    """The secrets of a source or destination."""

    title: ClassVar[str] = "Credential"
    next_word: ClassVar[str] = "Test"

    DEFAULT_CSS = """
    CredentialStep Form { height: auto; max-height: 60%; }
    CredentialStep #facts { height: 1fr; margin-top: 1; scrollbar-gutter: stable; }
    """

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft)
        self._waiting: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Form(self._fields(), id="form")
        yield Sheet(self._facts, id="facts")

    def on_mount(self) -> None:
        self.page.attempt(self._begin)

    async def _begin(self) -> None:
        """Take what was offered by another tool, and look where secrets can be kept."""
        bridge, draft = self.page.bridge, self.draft
        for name in draft.needed():
            if name in draft.offered and name not in draft.held:
                await hold(bridge, draft, name, origin=draft.origin, secret=name)
            elif draft.facts.get(name, {}).get("statement"):
                await state_anew(bridge, draft, name)
        await self._look_for_place()
        await self._rebuild()
        if self.is_shown and isinstance(self.screen.focused, Button | None):
            self.take_keys()

    async def _look_for_place(self) -> None:
        """Ask where this project's secrets can be kept on this host."""
        page = self.page
        names = [page.secret_name(name) for name in self.draft.needed()]
        page.place = await page.bridge.ask("secret_place", names=names)
        if page.place["usable"] or (self.draft.secrets_from == KEYRING and not page.place["locked"]):
            self.draft.secrets_from = ""

    def take_keys(self) -> None:
        """Give the keys to the first secret that is not there yet; where all are, to what goes on."""
        form, known = self.query_one(Form), [each.name for each in self.query_one(Form).fields]
        missing = [name for name in self.draft.needed() if name not in self.draft.held and name in known]
        if not missing and self.draft.passed is False:  # it was refused, perhaps
            missing = [name for name in self.draft.needed() if name in known]
        if "passphrase" in known:
            missing = ["passphrase"]
        elif not missing and self._asks_for_place and not self.draft.secrets_from:
            missing = ["secrets_from"]
        if missing:
            form.query_one(f"#field-{missing[0]}").focus()
        else:
            self.page.focus_next_button()

    @property
    def _asks_for_place(self) -> bool:
        return asks_for_place(self.page, self.draft)

    # the fields

    def _fields(self) -> list[Field]:
        return secret_fields(self.page, self.draft)

    async def _rebuild(self) -> None:
        """Draw the fields again where others are needed; what was typed stays."""
        if not self.is_shown:
            return
        await self._change_fields(self.query_one(Form), self._fields())
        self.query_one("#facts", Sheet).rebuild()
        self.page.refresh_help()

    async def _change_fields(self, form: Form, fields: list[Field]) -> None:
        """Have the fields that are needed now; the keys go to a passphrase that is asked for, else they stay where they were."""
        focused = self.screen.focused
        among = focused is None or form in focused.ancestors
        await form.have(fields, focus="passphrase" if among else "")
        was_removed = focused is None or not focused.is_attached
        if among and was_removed and not self.query("#field-passphrase:focus"):
            self.take_keys()

    @staticmethod
    def _is_shown(field: str, text: str) -> bool:
        """Return whether a secret's field shows what is typed: a path is no secret."""
        return is_structured(field.removeprefix("field-")) and is_path(text)

    # looking at what is entered

    def take_paste(self, text: str) -> bool:
        """Put it into the field of the first secret that is needed, in place of what is there."""
        for entry in (entry for name in self.draft.needed() for entry in self.query(f"#field-{name}").results(Entry)):
            entry.value = text
            entry.focus()
            return True
        return False

    async def on_changed(self, message: Changed) -> None:
        message.stop()
        if not self.query(f"#field-{message.name}"):  # it is being taken away, with its last word still under way
            return
        if message.name == "login":
            self.draft.texts["login"] = message.value
            self.draft.passed = None
            await self._rebuild()
        elif message.name == "secrets_from":
            self.draft.secrets_from = message.value
            await self._rebuild()
        elif message.name in self.draft.needed() or message.name == "passphrase":
            entry = self.query_one(f"#field-{message.name}", Entry)
            entry.password = not self._is_shown(str(entry.id), entry.value)
            if entry.value and (is_structured(message.name) or message.name == "passphrase"):
                if self._waiting is not None:
                    self._waiting.stop()
                self._waiting = self.set_timer(
                    _PAUSE, lambda: self.page.attempt(self._look, group="look", exclusive=True)
                )

    async def _look(self, *, whole: bool = False) -> None:
        """Have what was entered looked at; with `whole`, nothing is still being typed."""
        if not self.is_shown:
            return
        form = self.query_one(Form)
        typed = {each.name: form.value(each.name) for each in form.fields}
        for name in await look(self.page.bridge, self.draft, typed, whole=whole):
            self._empty(name)
        await self._rebuild()

    def _empty(self, name: str) -> None:
        """Empty the field of a secret that is held: the console keeps nothing of it."""
        for entry in self.query(f"#field-{name}").results(Entry):
            entry.value = ""

    async def do_generate(self) -> None:
        """Generate a key pair. The private key goes to the keyring; where there is none, into a file that a person names, or it
        is not generated: a public half that is registered is of no use without it.
        """
        await self._look_for_place()
        if not await hold(self.page.bridge, self.draft, "private_key", generate=True):
            return
        if not self.page.keeps_secrets and not await self.page.write_secret("private_key"):
            self.draft.forget()
            self.page.console.tell("No key was generated: this host has no keyring, so it has to go to a file.", "warn")
            await self._rebuild()
            return
        self.draft.generated = True
        self._empty("private_key")
        await self._rebuild()
        self.page.focus_next_button()

    def keep(self) -> None:
        if not self.query(Form):
            return
        values = self.query_one(Form).values()
        self.draft.secrets_command = values.get("secrets_command", self.draft.secrets_command)

    async def go_back(self) -> None:
        """Hold what was entered: a password that was typed is there when one comes forward again."""
        await self._take_all()

    async def _take_all(self) -> None:
        """Have all that was typed looked at, and held where it can be."""
        self.keep()
        if self._waiting is not None:
            self._waiting.stop()
        await self._look(whole=True)
        for name in self.draft.needed():
            typed = "" if is_structured(name) else self.query_one(Form).value(name)
            if typed and await hold(self.page.bridge, self.draft, name, value=typed):
                self._empty(name)

    async def is_filled(self) -> bool:
        """Look at the passphrase at once: where it is wrong, its field keeps the keys, and what is typed next is typed there."""
        if self._waiting is not None:
            self._waiting.stop()
        await self._look(whole=True)
        for field in self.query("#field-passphrase").results(Entry):
            field.focus()
            field.action_select_all()
            return False
        return True

    async def leave(self) -> bool:
        self.query_one(Form).clear_problems()
        await self._take_all()
        problem = await self._problem()
        form = self.query_one(Form)
        if problem is not None and form.query(f"#field-{problem[0]}"):
            form.show_problem(*problem)
        return problem is None

    async def _problem(self) -> tuple[str, str] | None:
        """Return what is missing: a field's name, and a sentence."""
        draft = self.draft
        for name in draft.needed():
            facts, label = draft.facts.get(name, {}), name.replace("_", " ")
            if name in draft.held:
                continue
            if facts.get("locked"):
                return "passphrase", str(facts["sentence"])
            if facts.get("sentence"):
                return name, str(facts["sentence"])
            if self.page.keeps_secrets or self._asks_for_place:
                return name, f"The {label} is needed."
        return await self._problem_of_place() if self._asks_for_place else None

    async def _problem_of_place(self) -> tuple[str, str] | None:
        """Return what is missing of the place that was to be chosen; a keyring may have been unlocked meanwhile."""
        draft = self.draft
        if draft.secrets_from == KEYRING:
            await self._look_for_place()
            await self._rebuild()
            return ("secrets_from", f"{self.page.place['message']}") if self._asks_for_place else None
        if not draft.secrets_from:
            return "secrets_from", "Choose where it is read: ← → shows the places."
        if draft.secrets_from == "command" and "{name}" not in draft.secrets_command:
            return "secrets_command", "The command is needed; {name} in it stands for the secret's name."
        return None

    # what is shown

    def _facts(self, width: int) -> list[Line]:
        draft = self.draft
        if not draft.needed():
            return [line(("No credential is needed here.", "muted"))]
        lines: list[Line] = []
        for name in draft.needed():
            key = self.page.console.keys.shown("wizard.copy", typing=True)
            lines += fact_lines(draft.facts.get(name, {}), width, key=key, whole=self.page.wide)
        if self.page.place:
            lines += [*([Line()] if lines else []), *place_lines(self.page, draft, width)]
        for name in draft.needed():
            if not self.page.wide and (statement := draft.facts.get(name, {}).get("statement")):
                lines += [Line(), line(("the whole statement", "muted")), *wrapped(str(statement), width)]
        return lines

    def brief(self, width: int) -> list[Line]:
        draft, keys = self.draft, self.page.console.keys
        missing = [name for name in draft.needed() if name not in draft.held]
        words = [draft.plugin.where_to_find.get(name, "") for name in missing]
        lines = [each for text in words if text for each in wrapped(text, width, "muted")]
        if missing and self.page.setup_script():
            key = keys.shown("wizard.copy", typing=True)
            lines.append(line(Span(key, "bold text"), ("  copies what an administrator runs, once", "muted")))
        return lines

    def help(self, width: int) -> list[Line]:
        return credential_help(self.page, self.draft, width)

    def to_copy(self) -> str:
        facts = self.draft.facts.get("private_key", {})
        return str(facts.get("statement") or self.page.setup_script())

    def hints(self) -> tuple[str, ...]:
        copy = ("wizard.copy",) if self.to_copy() else ()
        write = ("wizard.write",) if self.page.unstored else ()
        return ("wizard.generate", *write, *copy) if "private_key" in self.draft.needed() else (*write, *copy)
