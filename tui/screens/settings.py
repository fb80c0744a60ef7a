"""The settings of a sync: its file, as a form. Only what was changed is written; comments stay."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from core import schedule
from core.calls.fields import CALLS
from core.errors import ProjectError
from core.formatting import duration
from core.model import CallType, InvalidRows, Project, Removed, Sync
from core.project import set_value
from core.project.write import write_text
from tui.drawing import Line, heading, line, wrapped
from tui.screens.base import Page
from tui.screens.dialogs import Confirm
from tui.widgets.form import Changed, Field, Form
from tui.widgets.sheet import Sheet

__all__ = ["SettingsPage", "SyncForm", "names_of"]

_SHARES = ("max_changed", "max_null", "max_vanished", "max_unknown")
_SCHEDULES = "every 15 minutes, every 12 hours, daily at 06:30, cron 0 6 * * 1-5, manual"


class SyncForm(Page):
    """What the forms of a sync's settings and of a new one (new_sync) share."""

    scope = "settings"
    letters = False

    DEFAULT_CSS = "SyncForm #title { height: 2; } SyncForm #below { height: auto; max-height: 4; margin-top: 1; }"

    def body(self) -> ComposeResult:
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield Sheet(self._title, id="title", focusable=False)
                yield Form(self._fields(), id="form")
                yield Sheet(self.brief, id="below", classes="narrow", focusable=False)
            with Vertical(id="right"):
                yield Sheet(self._help, id="aside", focusable=False)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(Form).focus_first()
        self.call_after_refresh(self._show_help)

    def _show_help(self) -> None:
        self.query_one("#aside", Sheet).rebuild()
        self.query_one("#below", Sheet).rebuild()

    def _title(self, width: int) -> list[Line]:
        raise NotImplementedError

    def _fields(self) -> list[Field]:
        raise NotImplementedError

    def _help(self, width: int) -> list[Line]:
        call = (
            CallType(self.query_one(Form).value("call"))
            if self.is_mounted and self.query("#field-call")
            else CallType.IDENTIFY
        )
        fields = CALLS[call]
        lines = [heading(f"What {call.value} needs")]
        lines += [line(" or ".join(group)) for group in fields.required]
        lines += [
            line((f"beside that, every column goes into {fields.bag}" if fields.bag else "and nothing else", "muted"))
        ]
        lines += [Line(), *self._schedule_lines(width)]
        lines += [
            Line(),
            heading("Columns"),
            *wrapped(
                "A line each: the query's column, then the field it becomes.\nEMAIL = traits.email\nzip = traits.zip:text",
                width,
                "muted",
            ),
        ]
        return lines

    def _schedule_lines(self, width: int) -> list[Line]:
        """Say what the schedule means: the next runs, and what is to be thought of."""
        typed = self.query_one(Form).value("schedule") if self.is_mounted and self.query("#field-schedule") else ""
        lines = [heading("Schedule")]
        try:
            plan = schedule.parse(typed)
        except ValueError:
            return [*lines, *[line((words.strip(), "muted")) for words in _SCHEDULES.split(",")]]
        moments = schedule.first_runs(plan, self._zone, datetime.fromtimestamp(time.time(), UTC))
        if moments:
            shown = ", ".join(
                moment.astimezone(schedule.zone_of(self._zone)).strftime("%a %H:%M") for moment in moments
            )
            lines += wrapped(f"Runs at {shown}, and so on ({self._zone}).", width, "muted")
        else:
            lines += wrapped("Runs only when you start it.", width, "muted")
        for advice in schedule.advice(plan):
            lines += wrapped(advice, width, "warn")
        return lines

    @property
    def _zone(self) -> str:
        form = self.query_one(Form)
        zone = form.value("timezone") if self.query("#field-timezone") else "UTC"
        return zone if zone in schedule.zone_names() else "UTC"

    def brief(self, width: int) -> list[Line]:
        """Return what helps with the schedule, for a page that has no column for it."""
        return self._schedule_lines(width)[1:] if self.is_mounted else []

    def on_changed(self, message: Changed) -> None:
        """Show what helps with what is entered now."""
        if message.name in ("call", "schedule", "timezone"):
            self.query_one("#aside", Sheet).rebuild()
            self.query_one("#below", Sheet).rebuild()

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

    async def do_back(self) -> None:
        """Leave; what was typed is given up only after a question."""
        if self.changed and not await self.console.push_screen_wait(
            Confirm("Discard unsaved changes?", yes="Discard", no="Keep editing")
        ):
            return
        self.dismiss(None)

    def _checked(self, project: Project, values: Mapping[str, str]) -> str:
        """Check what both forms have; show the first problem and return its field's name, or nothing."""
        form = self.query_one(Form)
        form.clear_problems()
        unknown = [name for name in names_of(values["destinations"]) if name not in project.destinations]
        problems: list[tuple[str, str]] = []
        if unknown:
            problems.append(
                (
                    "destinations",
                    f"There is no destination {unknown[0]}. There are: {', '.join(project.destinations) or 'none yet'}.",
                )
            )
        try:
            schedule.parse(values["schedule"])
        except ValueError as error:
            problems.append(("schedule", f"{error}."))
        if problems:
            form.show_problem(*problems[0])
        return problems[0][0] if problems else ""


class SettingsPage(SyncForm):
    """The settings of a sync."""

    tab = "Home"

    def __init__(self, sync: str) -> None:
        super().__init__()
        self._sync = sync
        self.crumb = f"settings {sync}"

    def hints(self) -> Iterable[str]:
        return ("settings.save", "settings.plan", "settings.next")

    @property
    def sync(self) -> Sync | None:
        project = self.snapshot.project
        return project.syncs.get(self._sync) if project else None

    def why_not(self, name: str) -> str:
        return "the sync is gone" if self.sync is None and name in ("save", "plan") else ""

    def _title(self, width: int) -> list[Line]:
        sync = self.sync
        return [
            heading(f"Settings of {self._sync}", (f"syncs/{self._sync}.toml   id {sync.id}" if sync else "", "muted"))
        ]

    def _fields(self) -> list[Field]:
        sync, project = self.sync, self.snapshot.project
        if sync is None or project is None:
            return [Field(name="description", label="description")]
        columns = "\n".join(f"{column} = {field}" for column, field in sync.columns.items())
        guards = sync.guards
        return [
            Field(name="description", label="description", value=sync.description),
            Field(name="source", label="source", value=sync.source, choices=tuple(project.sources)),
            Field(
                name="destinations",
                label="destinations",
                value=", ".join(sync.destinations),
                note=", ".join(project.destinations),
            ),
            Field(name="call", label="call", value=sync.call.value, choices=tuple(each.value for each in CallType)),
            Field(
                name="enabled",
                label="schedule on",
                value="true" if sync.enabled else "false",
                choices=("true", "false"),
            ),
            Field(name="schedule", label="schedule", value=sync.schedule, note="every 12 hours, daily at 06:30"),
            Field(name="timezone", label="time zone", value=sync.timezone),
            Field(name="lookback", label="lookback", value=duration(sync.lookback), note="taken off last_sync_time"),
            Field(
                name="removed",
                label="gone rows",
                value=sync.removed.value,
                choices=tuple(each.value for each in Removed),
            ),
            Field(
                name="guards.invalid_rows",
                label="invalid rows",
                value=guards.invalid_rows.value,
                choices=tuple(each.value for each in InvalidRows),
                note="reject: list them, send the rest",
            ),
            Field(
                name="guards.max_calls", label="most calls", value=str(guards.max_calls), note="a run asks above that"
            ),
            *[
                Field(name=f"guards.{name}", label=label, value=f"{getattr(guards, name):g}", note=note)
                for name, label, note in _GUARDS
            ],
            Field(name="guards.canary", label="canary", value=str(guards.canary), note="calls sent ahead of the rest"),
            Field(name="columns", label="columns", value=columns, lines=5),
        ]

    async def do_save(self) -> None:
        """Write what was changed."""
        if await self.save():
            self.console.tell(f"The settings of {self._sync} are saved.", "ok")
            self.dismiss(True)

    async def save(self) -> bool:
        """Write what was changed; return whether all of it was right."""
        sync, project, form = self.sync, self.snapshot.project, self.query_one(Form)
        values = form.values()
        if sync is None or project is None or self._checked(project, values):
            return False
        first = {each.name: each.value for each in form.fields}
        try:
            changes = {name: _read(name, text) for name, text in values.items() if text != first[name]}
        except ValueError as error:
            name, _, text = str(error).partition(": ")
            form.show_problem(name, text)
            return False
        before = sync.path.read_bytes()

        def write() -> None:
            from core import project as projects

            for name, value in changes.items():
                set_value(sync.path, name, value)
            problem = projects.load(project.folder).broken.get(sync.path)
            if problem is not None:  # what the files' own checks refuse is not left behind
                write_text(sync.path, before.decode("utf-8"))
                raise ProjectError(getattr(problem, "message", str(problem)))

        from tui.messages import Refused

        try:
            await self.bridge.change(write)
        except Refused as error:
            name, _, text = error.message.partition(": ")
            form.show_problem(name, text or name)
            return False
        return True

    async def do_plan(self) -> None:
        """Save, and show what would be sent."""
        from tui.screens.plan import PlanPage

        if not self.changed or await self.save():
            self.console.switch_screen(PlanPage(self._sync))


_GUARDS = (
    ("max_changed", "most changed", "share of known rows"),
    ("max_null", "most gone null", "share, of one field"),
    ("max_vanished", "most vanished", "share of known rows"),
    ("max_unknown", "most unknown", "share of rows, new ids"),
)


def names_of(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _read(name: str, text: str) -> Any:
    """Return a field's value as the file holds it. Raises ValueError naming the field."""
    if name == "destinations":
        return names_of(text)
    if name == "enabled":
        return text == "true"
    if name == "columns":
        return _columns(text)
    if name in ("guards.max_calls", "guards.canary"):
        if not text.replace("_", "").isdigit():
            raise ValueError(f"{name}: this is a whole number.")
        return int(text)
    if name.removeprefix("guards.") in _SHARES:
        try:
            share = float(text)
        except ValueError:
            raise ValueError(f"{name}: this is a share, between 0 and 1.") from None
        if not 0 <= share <= 1:
            raise ValueError(f"{name}: this is a share, between 0 and 1.")
        return share
    return text


def _columns(text: str) -> dict[str, str] | None:
    """Read lines like `EMAIL = traits.email`. Raises ValueError."""
    found = {}
    for number, each in enumerate(text.splitlines(), 1):
        if not each.strip():
            continue
        column, equals, field = each.partition("=")
        if not equals or not column.strip() or not field.strip():
            raise ValueError(f"columns: line {number} is not like EMAIL = traits.email.")
        found[column.strip().strip('"')] = field.strip().strip('"')
    return found or None
