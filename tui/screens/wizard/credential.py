"""3 Credential: the secret that is needed, looked at while it is entered, and where it will be kept.

The workbench looks at a key and holds it; the field is emptied as soon as the key fits, so that the console keeps nothing of it.
A path is shown as it is typed; everything else is hidden. Where this host has no keyring that may be used, the choice of
another place is asked for: none is taken in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.timer import Timer

from tui.drawing import Line, Span, heading, line, wrapped
from tui.messages import Refused
from tui.screens.wizard.draft import Draft
from tui.screens.wizard.step import Step
from tui.settings_fields import settings_fields
from tui.widgets.entry import Entry
from tui.widgets.form import Changed, Field, Form
from tui.widgets.sheet import Sheet

__all__ = ["CredentialStep"]

_KINDS = {"private_key": "private_key", "service_account": "service_account"}
_PAUSE = 0.3
_LONGEST_SHOWN = 300
_PLACES = {
    "environment": "variables of the environment that Backhaul runs in",
    "systemd": "credentials of the systemd unit that runs it",
    "command": "what a command prints, such as pass show backhaul/{name}",
}


class CredentialStep(Step):
    """The secrets of a source or destination."""

    title: ClassVar[str] = "Credential"
    next_word: ClassVar[str] = "Test"

    DEFAULT_CSS = """
    CredentialStep Form { height: auto; max-height: 60%; }
    CredentialStep #facts { height: 1fr; margin-top: 1; }
    """

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft)
        self._waiting: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Form(self._fields(), id="form")
        yield Sheet(self._facts, id="facts", focusable=False)

    def on_mount(self) -> None:
        self.page.attempt(self._begin)

    async def _begin(self) -> None:
        """Take what was offered by another tool, and look where secrets can be kept."""
        for name in self.draft.needed():
            if name in self.draft.offered and name not in self.draft.held:
                await self._hold(name, origin=self.draft.origin, secret=name)
        place = await self.page.bridge.ask("secret_place")
        self.page.place = place
        if not place["usable"] and not self.draft.secrets_from:
            self.draft.secrets_from = "environment"
        await self._rebuild()

    def take_keys(self) -> None:
        if self.query_one(Form).fields:
            self.query_one(Form).focus_first()
        else:
            self.page.focus_next_button()

    # the fields

    def _fields(self) -> list[Field]:
        draft = self.draft
        fields = []
        if draft.logins:
            choices = next(each.choices for each in settings_fields(draft.plugin) if each.name == "login")
            known = draft.texts.get("login", "")
            fields.append(Field(name="login", label="log in with", value=known or choices[0], choices=choices))
        for name in draft.needed():
            held = draft.facts.get(name, {})
            fields.append(
                Field(
                    name=name,
                    label=name.replace("_", " "),
                    secret=True,
                    placeholder=_held_words(held) if draft.held.get(name) else _asking_words(name),
                )
            )
            if held.get("needs_passphrase"):
                fields.append(Field(name="passphrase", label="passphrase", secret=True, placeholder="of the key"))
        if draft.needed() and draft.secrets_from:
            fields.append(
                Field(name="secrets_from", label="keep it in", value=draft.secrets_from, choices=tuple(_PLACES))
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

    async def _rebuild(self, focus: str = "") -> None:
        """Draw the fields anew where others are needed; what was typed stays."""
        if not self.is_attached:  # what was asked for is answered when another step is shown already
            return
        form = self.query_one(Form)
        fields = self._fields()
        if [(each.name, each.placeholder) for each in fields] != [
            (each.name, each.placeholder) for each in form.fields
        ]:
            focused = self.screen.focused
            chosen = focus or (str(focused.id).removeprefix("field-") if focused is not None and focused.id else "")
            await form.remove()
            await self.mount(Form(fields, id="form"), before="#facts")
            new = self.query_one(Form)
            target = next((each.name for each in fields if each.name == chosen), None)
            if target:
                new.query_one(f"#field-{target}").focus()
            else:
                self.take_keys()
        self.query_one("#facts", Sheet).rebuild()
        self.page.refresh_help()

    # looking at what is entered

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
            path = entry.value.startswith(("/", "~", "./", "../")) and "\n" not in entry.value
            entry.password = not (path and len(entry.value) < _LONGEST_SHOWN and message.name in _KINDS)
            if entry.value and (message.name in _KINDS or message.name == "passphrase"):
                if self._waiting is not None:
                    self._waiting.stop()
                self._waiting = self.set_timer(
                    _PAUSE, lambda: self.page.attempt(self._look, group="look", exclusive=True)
                )

    async def _look(self) -> None:
        """Have the secrets looked at that are more than a word."""
        if not self.is_attached:
            return
        form = self.query_one(Form)
        values = form.values()
        for name in self.draft.needed():
            if name in _KINDS and values.get(name):
                await self._hold(name, value=values[name], passphrase=values.get("passphrase", ""))
        await self._rebuild()

    async def _hold(self, name: str, **how: Any) -> None:
        """Have a secret held; what is known of it is shown."""
        user = self.draft.texts.get("user", "")
        try:
            facts = await self.page.bridge.ask("hold", kind=_KINDS.get(name, "plain"), user=user, **how)
        except Refused as error:
            self.draft.facts[name] = {"sentence": error.message, "remedy": error.remedy, "fits": False}
            self.draft.held.pop(name, None)
            return
        if how.get("origin"):
            facts = {**facts, "origin": how["origin"]}
        self.draft.facts[name] = facts
        self.draft.passed = None
        if facts["handle"]:
            self.draft.held[name] = facts["handle"]
            for setting, value in facts.get("settings", {}).items():
                self.draft.texts[setting] = self.draft.texts.get(setting) or value
            for entry in self.query(f"#field-{name}").results(Entry):
                entry.value = ""
        else:
            self.draft.held.pop(name, None)

    async def do_generate(self) -> None:
        """Make a fresh pair of keys; the private half goes to the keyring and is shown to nobody."""
        await self._hold("private_key", generate=True)
        await self._rebuild()

    def keep(self) -> None:
        if not self.query(Form):
            return
        values = self.query_one(Form).values()
        self.draft.secrets_command = values.get("secrets_command", self.draft.secrets_command)

    async def leave(self) -> bool:
        form = self.query_one(Form)
        form.clear_problems()
        self.keep()
        await self._look()
        form = self.query_one(Form)
        for name in self.draft.needed():
            typed = form.value(name)
            if typed and name not in _KINDS:
                await self._hold(name, value=typed)
            if name not in self.draft.held and (typed or self.page.keeps_secrets or self.draft.secrets_from):
                known = self.draft.facts.get(name, {})
                form.show_problem(
                    name, str(known.get("sentence", "")) if typed else f"The {name.replace('_', ' ')} is needed."
                )
                return False
        if self.draft.secrets_from == "command" and "{name}" not in self.draft.secrets_command and self.draft.needed():
            form.show_problem("secrets_command", "The command is needed; {name} in it stands for the secret's name.")
            return False
        return True

    # what is shown

    def _facts(self, width: int) -> list[Line]:
        draft = self.draft
        if not draft.needed():
            return [line(("No credential is needed here.", "muted"))]
        lines: list[Line] = []
        for name in draft.needed():
            lines += _fact_lines(draft.facts.get(name, {}), width)
        if draft.secrets_from:
            lines += [Line(), *wrapped(str(self.page.place.get("message", "")), width, "warn")]
            variable = f"BACKHAUL_{draft.what.upper()}S_{draft.name.upper()}_{draft.needed()[0].upper()}"
            how = {
                "environment": f"Set {variable} where Backhaul runs. This test takes what you enter here.",
                "systemd": f"LoadCredential={draft.what}s-{draft.name}-{draft.needed()[0]}:/path/to/file in its unit.",
                "command": f"It has to print the secret {draft.what}s/{draft.name}.{draft.needed()[0]} and nothing else.",
            }[draft.secrets_from]
            lines += wrapped(f"{_PLACES[draft.secrets_from]}. {how}", width, "muted")
        elif self.page.place:
            goes = "It goes to" if self.page.keeps_secrets else "It is read from"
            lines += [Line(), *wrapped(f"{goes} {self.page.place['place']}, never in a file.", width, "muted")]
        return lines

    def brief(self, width: int) -> list[Line]:
        keys = self.page.console.keys
        names = self.draft.needed()
        lines = [
            each for name in names for each in wrapped(self.draft.plugin.where_to_find.get(name, ""), width, "muted")
        ]
        if names and self.page.setup_script():
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
        return ("wizard.generate", "wizard.copy") if "private_key" in self.draft.needed() else ("wizard.copy",)


def _fact_lines(facts: Mapping[str, Any], width: int) -> list[Line]:
    """Say what a secret is, what was mended, and how its public half is registered."""
    if not facts:
        return []
    fits = bool(facts.get("fits"))
    lines: list[Line] = []
    if facts.get("found"):
        lines.append(
            line(Span("✓ " if fits else "! ", "ok" if fits else "warn"), Span(str(facts["found"]), "bold text"))
        )
    lines += wrapped(str(facts.get("sentence", "")), width, "text" if fits else "warn", indent=2)
    for mend in facts.get("mends", ()):
        lines += wrapped(str(mend), width, "muted", indent=2)
    lines += wrapped(str(facts["remedy"]), width, "muted", indent=2) if facts.get("remedy") else []
    if facts.get("warning"):
        lines += wrapped(str(facts["warning"]), width, "warn", indent=2)
    if facts.get("command"):
        lines += [line(("  the same in a shell", "muted")), *wrapped(str(facts["command"]), width, "muted", indent=2)]
    if facts.get("statement"):
        lines += [
            Line(),
            heading("Register the public half in Snowflake", ("once, as an administrator", "muted")),
            *wrapped(str(facts["statement"]), width),
            line(Span("fingerprint  ", "muted"), str(facts["fingerprint"])),
        ]
    return lines


def _held_words(facts: Mapping[str, Any]) -> str:
    lines = int(facts.get("lines") or 0)
    if facts.get("origin"):
        return f"hidden; from {facts['origin']}"
    counted = f"{lines} lines, " if lines > 1 else ""
    return f"{counted}hidden; paste again to replace it"


def _asking_words(name: str) -> str:
    if name in _KINDS:
        return "paste it, or give its path"
    return "hidden while you type"
