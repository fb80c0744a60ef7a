"""3 Credential: the secret that is needed, looked at while it is entered, and where it will be kept.

The workbench looks at a key and holds it, also one that waits for its passphrase; the field is emptied then, so that the
console keeps nothing of it. A path is shown as it is typed; everything else is hidden. Where this host has no keyring that
may be used, the choice of another place is asked for: none is taken in silence.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.timer import Timer

from core.blackout import remember_public, remember_secret
from tui.drawing import Line, Span, heading, line, wrapped
from tui.messages import Refused
from tui.screens.wizard.draft import Draft
from tui.screens.wizard.facts import fact_lines, place_lines
from tui.screens.wizard.step import Step
from tui.settings_fields import settings_fields
from tui.widgets.button import Button
from tui.widgets.entry import Entry
from tui.widgets.form import Changed, Field, Form
from tui.widgets.sheet import Sheet

__all__ = ["CredentialStep"]

_KINDS = {"private_key": "private_key", "service_account": "service_account"}
_PAUSE = 0.3
_LONGEST_PATH = 300
_SHORTEST_KEY = 100
"""What is shorter and on one line is still being typed."""

_PLACES = ("environment", "systemd", "command")
_KEYRING = "keyring"


def is_path(text: str) -> bool:
    """Say whether a text looks like the path of a file. A key on one line may begin with a slash, too, but is longer."""
    text = text.strip().strip("'\"")
    looks_like_one = text.startswith(("/", "~", "./", "../")) or text.endswith((".pem", ".p8", ".key", ".json", ".der"))
    return looks_like_one and "\n" not in text and len(text) < _LONGEST_PATH


def _is_file(text: str) -> bool:
    try:
        return Path(text.strip().strip("'\"")).expanduser().is_file()
    except (OSError, RuntimeError, ValueError):
        return False


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
        for name in self.draft.needed():
            if name in self.draft.offered and name not in self.draft.held:
                await self._hold(name, origin=self.draft.origin, secret=name)
            elif self.draft.facts.get(name, {}).get("statement"):
                await self._state_anew(name)
        await self._look_for_place()
        await self._rebuild()
        if self.is_attached and isinstance(self.screen.focused, Button | None):
            self.take_keys()

    async def _look_for_place(self) -> None:
        """Ask where this project's secrets can be kept on this host."""
        page = self.page
        page.place = await page.bridge.ask(
            "secret_place", names=[page.secret_name(name) for name in self.draft.needed()]
        )
        if page.place["usable"] or (self.draft.secrets_from == _KEYRING and not page.place["locked"]):
            self.draft.secrets_from = ""

    async def _state_anew(self, name: str) -> None:
        """Have the statement made again: the user may be another one by now."""
        facts, user = self.draft.facts[name], self.draft.texts.get("user", "")
        if facts.get("user", user) != user:
            again = await self.page.bridge.ask("hold", kind=_KINDS[name], held=self.draft.held[name], user=user)
            self.draft.facts[name] = {**facts, "statement": again["statement"], "user": user}

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
        """Say whether a place is asked for: this host's keyring cannot be used, and the project has chosen none yet."""
        return bool(self.draft.needed() and self.page.place and not self.page.place["usable"])

    # the fields

    def _fields(self) -> list[Field]:
        draft = self.draft
        fields = []
        if draft.logins:
            choices = next(each.choices for each in settings_fields(draft.plugin) if each.name == "login")
            known = draft.texts.get("login", "")
            fields.append(Field(name="login", label="log in with", value=known or choices[0], choices=choices))
        for name in draft.needed():
            fields.append(
                Field(name=name, label=name.replace("_", " "), secret=True, placeholder=self._placeholder(name))
            )
            if draft.facts.get(name, {}).get("needs_passphrase"):
                fields.append(Field(name="passphrase", label="passphrase", secret=True, placeholder="of the key"))
        if self._asks_for_place:
            choices = (*((_KEYRING,) if self.page.place["locked"] else ()), *_PLACES)
            fields.append(
                Field(
                    name="secrets_from",
                    label="read it from",
                    value=draft.secrets_from,
                    choices=choices,
                    unchosen="not chosen yet",
                )
            )
            if draft.secrets_from == "command":
                fields.append(
                    Field(
                        name="secrets_command",
                        label="command",
                        value=draft.secrets_command,
                        placeholder="pass show backhaul/{name}",
                    )
                )
        return fields

    def _placeholder(self, name: str) -> str:
        """Say in an empty field what it holds, or what it takes."""
        facts = self.draft.facts.get(name, {})
        if facts.get("locked"):
            return "hidden; its passphrase opens it"
        if self.draft.held.get(name):
            lines = int(facts.get("lines") or 0)
            counted = f"{lines} lines, " if lines > 1 else ""
            origin = f"from {facts['origin']}" if facts.get("origin") else "enter another to replace it"
            return f"{counted}hidden; {origin}"
        if name in _KINDS:
            return "paste it, or give its path"
        return (
            "hidden while you type"
            if self.page.keeps_secrets or self._asks_for_place
            else "may stay empty: it is read, not kept"
        )

    async def _rebuild(self, focus: str = "") -> None:
        """Draw the fields anew where others are needed; what was typed stays."""
        if not self.is_attached:  # what was asked for is answered when another step is shown already
            return
        form, fields = self.query_one(Form), self._fields()
        if [each.name for each in fields] == [each.name for each in form.fields]:
            for each in fields:
                for entry in form.query(f"#field-{each.name}").results(Entry):
                    entry.placeholder = each.placeholder
        else:
            await self._replace(form, fields, focus)
        self.query_one("#facts", Sheet).rebuild()
        self.page.refresh_help()

    async def _replace(self, form: Form, fields: list[Field], focus: str) -> None:
        """Put other fields in place of those that are there, with what was typed, and the keys where they were."""
        typed = {entry.id: entry.value for entry in form.query(Entry)}
        focused = self.screen.focused
        among = focused is None or form in focused.ancestors
        chosen = focus or (str(focused.id).removeprefix("field-") if focused is not None and focused.id else "")
        before = [each.name for each in form.fields]
        await form.remove()
        await self.mount(Form(fields, id="form"), before="#facts")
        new = self.query_one(Form)
        for entry in new.query(Entry):
            if typed.get(entry.id):
                entry.value = typed[entry.id]
                entry.password = entry.password and not self._is_shown(str(entry.id), entry.value)
        fresh = [each.name for each in fields if each.name not in before]
        if among and "passphrase" in fresh:
            new.query_one("#field-passphrase").focus()
        elif among and new.query(f"#field-{chosen}"):
            new.query_one(f"#field-{chosen}").focus()
        elif among:
            self.take_keys()

    @staticmethod
    def _is_shown(field: str, text: str) -> bool:
        """Say whether a secret's field shows what is typed: a path is no secret."""
        return field.removeprefix("field-") in _KINDS and is_path(text)

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
            await self._rebuild("login")
        elif message.name == "secrets_from":
            self.draft.secrets_from = message.value
            await self._rebuild("secrets_from")
        elif message.name in self.draft.needed() or message.name == "passphrase":
            entry = self.query_one(f"#field-{message.name}", Entry)
            entry.password = not self._is_shown(str(entry.id), entry.value)
            if entry.value and (message.name in _KINDS or message.name == "passphrase"):
                if self._waiting is not None:
                    self._waiting.stop()
                self._waiting = self.set_timer(
                    _PAUSE, lambda: self.page.attempt(self._look, group="look", exclusive=True)
                )

    async def _look(self, *, whole: bool = False) -> None:
        """Have the secrets looked at that are more than a word; with `whole`, nothing is still being typed."""
        if not self.is_attached:
            return
        form = self.query_one(Form)
        values = {each.name: form.value(each.name) for each in form.fields}
        for name in self.draft.needed():
            text, passphrase = values.get(name, ""), values.get("passphrase", "")
            locked = self.draft.facts.get(name, {}).get("locked")
            if name not in _KINDS:
                continue
            if is_path(text):
                if whole or _is_file(text):
                    await self._hold(name, path=text, passphrase=passphrase)
            elif text and (whole or "\n" in text or len(text) >= _SHORTEST_KEY):
                await self._hold(name, value=text, passphrase=passphrase)
            elif locked and passphrase:
                await self._hold(name, held=locked, passphrase=passphrase)
        await self._rebuild()

    async def _hold(self, name: str, **how: Any) -> None:
        """Have a secret held; what is known of it is shown. The field is emptied, but for a path that leads nowhere."""
        form, user = self.query_one(Form), self.draft.texts.get("user", "")
        if how.get("value"):
            form.values()  # they are secrets from now on, whatever they turn out to be
        before = self.draft.facts.get(name, {})
        try:
            facts = await self.page.bridge.ask("hold", kind=_KINDS.get(name, "plain"), user=user, **how)
        except Refused as error:
            self.draft.facts[name] = {"sentence": error.message, "remedy": error.remedy, "fits": False}
            self.draft.held.pop(name, None)
            return
        remember_public(facts.get("public_key", ""))
        if how.get("origin"):
            facts = {**facts, "origin": how["origin"]}
        elif facts["file"]:
            facts = {**facts, "origin": Path(facts["file"]).name}
        if how.get("held") and facts.get(
            "needs_passphrase"
        ):  # what it is was told already; this is about the passphrase
            facts = {**facts, "lines": before.get("lines", 0), "origin": before.get("origin", ""), "tried": True}
        self.draft.facts[name] = facts
        self.draft.passed = None
        if facts["handle"]:
            remember_secret(how.get("passphrase", ""))
            self.draft.held[name] = facts["handle"]
            for setting, value in facts.get("settings", {}).items():
                self.draft.texts[setting] = self.draft.texts.get(setting) or value
        else:
            self.draft.held.pop(name, None)
        for entry in self.query(f"#field-{name}").results(Entry):
            entry.value = ""

    async def do_generate(self) -> None:
        """Make a fresh pair of keys; the private half goes to the keyring and is shown to nobody."""
        await self._hold("private_key", generate=True)
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
            if name not in _KINDS and (typed := self.query_one(Form).value(name)):
                await self._hold(name, value=typed)

    async def leave(self) -> bool:
        self.query_one(Form).clear_problems()
        await self._take_all()
        problem = await self._problem()
        form = self.query_one(Form)
        if problem is not None and form.query(f"#field-{problem[0]}"):
            form.show_problem(*problem)
        return problem is None

    async def _problem(self) -> tuple[str, str] | None:
        """Give what is missing: a field's name, and a sentence."""
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
        """Give what is missing of the place that was to be chosen; a keyring may have been unlocked meanwhile."""
        draft = self.draft
        if draft.secrets_from == _KEYRING:
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
        draft = self.draft
        lines = [heading("What is needed")]
        for name in draft.needed():
            lines += wrapped(f"{draft.plugin.secrets[name][:1].upper()}{draft.plugin.secrets[name][1:]}.", width)
            if words := draft.plugin.where_to_find.get(name):
                lines += wrapped(words, width, "muted")
        if not draft.needed():
            lines += wrapped("Nothing: it has no password and no key.", width, "muted")
        if "private_key" in draft.needed():
            lines += wrapped(
                "Taken as it comes: PKCS#8, PKCS#1, encrypted, OpenSSH, DER, one line, or what a secret store gave you. Paste it, or "
                "give its path. A public key or a certificate is recognised and explained.",
                width,
                "muted",
            )
            key = self.page.console.keys.shown("wizard.generate", typing=True)
            lines += [Line(), line(("No key yet?  ", "muted"), Span(key, "bold text"), ("  makes a pair", "muted"))]
        if script := self.page.setup_script():
            lines += [Line(), heading("What an administrator runs, once"), *wrapped(script, width, "muted")]
        return lines

    def to_copy(self) -> str:
        facts = self.draft.facts.get("private_key", {})
        return str(facts.get("statement") or self.page.setup_script())

    def hints(self) -> tuple[str, ...]:
        copy = ("wizard.copy",) if self.to_copy() else ()
        return ("wizard.generate", *copy) if "private_key" in self.draft.needed() else copy
