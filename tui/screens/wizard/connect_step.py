"""2 Connect: the name and the settings. Each field says where its value is found, as soon as it has the keys."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from core.errors import ProjectError
from core.setup import is_connection, may_hold_password
from tui.drawing import Line, Span, heading, line, wrapped
from tui.screens.wizard.step import Step
from tui.settings_fields import GOES_INTO_GIT, settings_fields
from tui.widgets.entry import Pasted
from tui.widgets.form import Changed, Field, Form

__all__ = ["ConnectingStep"]


class ConnectingStep(Step):
    """Name and settings, the needed ones first."""

    title: ClassVar[str] = "Connect"

    def compose(self) -> ComposeResult:
        yield Form(self._fields(), id="form")

    def take_keys(self) -> None:
        """Give the keys to the first field that is needed and empty; where all are there, to the name."""
        missing = [each.name for each in self.query_one(Form).fields if each.placeholder == "needed" and not each.value]
        self.query_one(f"#field-{missing[0] if missing else 'name'}").focus()

    def _fields(self) -> list[Field]:
        draft = self.draft
        known = settings_fields(draft.plugin)
        fields = [
            Field(
                name="name",
                label="name",
                value=draft.name or self._suggestion(),
                placeholder="prod" if draft.what == "source" else "segment",
            )
        ]
        for each in known:
            if each.secret or each.name == "login":
                continue
            value = draft.texts.get(each.name, each.value)
            fields.append(
                Field(
                    name=each.name,
                    label=each.label,
                    value=value,
                    choices=each.choices,
                    placeholder=each.placeholder,
                )
            )
        return fields

    def _suggestion(self) -> str:
        """Return a name that is free: the type's, or with a number behind it."""
        project = self.page.snapshot.project
        known = (project.sources if self.draft.what == "source" else project.destinations) if project else {}
        names = (f"{self.draft.type}{number or ''}" for number in (0, *range(2, len(known) + 3)))
        return next(name for name in names if name not in known)

    def keep(self) -> None:
        if not self.query(Form):  # it is being taken away, with the last word of a field still under way
            return
        values = dict(self.query_one(Form).values())
        self.draft.name = values.pop("name")
        before = {name: self.draft.texts.get(name, "") for name in values}
        if before != values and any(before.values()):
            self.draft.passed = None
        self.draft.texts |= values

    async def leave(self) -> bool:
        form = self.query_one(Form)
        form.clear_problems()
        self.keep()
        if problem := self.page.name_problem(self.draft.name):
            form.show_problem("name", problem)
            return False
        try:
            self.draft.settings()
        except (ValueError, ProjectError) as error:
            said = error.message if isinstance(error, ProjectError) else str(error)
            name, _, rest = said.partition(": ")
            form.show_problem(name, rest or said)
            return False
        return True

    def on_changed(self, message: Changed) -> None:
        message.stop()
        if may_hold_password(message.value):
            self.query_one(Form).show_problem(message.name, GOES_INTO_GIT)
            return
        self.keep()
        self.page.refresh_help()

    async def on_pasted(self, message: Pasted) -> None:
        """Take a connection string that is pasted into one of these fields for what it is; it stands in no field then."""
        message.stop()
        if self.draft.what != "source" or not is_connection(message.text):
            return
        problem = await self.page.take_connection(message.text)
        if problem:
            self.query_one(Form).show_problem(self._chosen, problem)
        else:
            await self.page.go(self.draft.at)

    def on_descendant_focus(self) -> None:
        self.page.refresh_help()

    @property
    def _chosen(self) -> str:
        """Return the name of the field that has the keys."""
        focused = self.screen.focused
        return str(focused.id).removeprefix("field-") if focused is not None and focused.id else ""

    def brief(self, width: int) -> list[Line]:
        if self._chosen == "name":
            return [each for words in self._about_name() for each in wrapped(words, width, "muted")]
        words = self.draft.plugin.where_to_find.get(self._chosen, "")
        return wrapped(words, width, "muted") if words else []

    def _about_name(self) -> list[str]:
        """Say what the name is for, and where the other values come from."""
        draft = self.draft
        words = [f"How syncs call it. It becomes {draft.what}s/{draft.name or 'name'}.toml."]
        if draft.origin:
            words.append(" ".join((f"Taken over from {draft.origin}.", *draft.notes)))
        if draft.resumed:
            back = self.page.console.keys.shown("wizard.backward", typing=True)
            words.append(f"It was saved as a draft, without its secret. {back} starts over with another type.")
        return words

    def help(self, width: int) -> list[Line]:
        shown = [each.name for each in self.query_one(Form).fields] if self.query(Form) else []
        found = {name: words for name, words in self.draft.plugin.where_to_find.items() if name in shown}
        chosen = self._chosen
        lines = [heading("Where to find it")]
        lines += [
            line(Span("name", "bold text" if chosen == "name" else "muted")),
            *(
                each
                for words in self._about_name()
                for each in wrapped(words, width, "text" if chosen == "name" else "muted", indent=2)
            ),
        ]
        for name, words in found.items():
            label = name.replace("_", " ")
            style = "bold text" if name == chosen else "muted"
            lines += [line(Span(label, style)), *wrapped(words, width, "text" if name == chosen else "muted", indent=2)]
        if not found:
            documentation = (self.draft.plugin.Settings.__doc__ or "").replace("`", "")
            lines += wrapped(" ".join(documentation.split()), width, "muted")
        return lines
