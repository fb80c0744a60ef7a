"""A new sync: its name, what it is for, where its rows come from and go, what calls they become, and when it runs.

The query comes in the editor, with a template of the call; the plan turns the schedule on when what would be sent was seen.
"""

from __future__ import annotations

import re
import secrets as randomness
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

from core import schedule
from core.model import CallType
from core.project import write_file
from core.project.write import write_text
from core.warehouses import warehouse_type
from tui.drawing import Line, heading
from tui.screens.settings import SyncForm, names_of
from tui.widgets.form import Field, Form

__all__ = ["NewSync"]


class NewSync(SyncForm):
    """A new sync: its name and what it is for; the query comes in the editor."""

    tab = "Home"
    crumb = "new sync"

    def hints(self) -> Iterable[str]:
        return ("settings.save", "settings.next")

    def word(self, name: str, word: str) -> str:
        return "make it" if name == "save" else word

    def why_not(self, name: str) -> str:
        if name == "plan":
            return "it is not made yet"
        project = self.snapshot.project
        if name == "save" and (project is None or not project.sources):
            return f"no source yet: {self.console.keys.shown('global.sources')}"
        return ""

    def _title(self, width: int) -> list[Line]:
        return [heading("New sync", ("a query, and where its rows go", "muted"))]

    def _fields(self) -> list[Field]:
        project = self.snapshot.project
        sources = tuple(project.sources) if project else ()
        destinations = tuple(project.destinations) if project else ()
        return [
            Field(name="name", label="name", note="becomes syncs/<name>.sql", placeholder="users"),
            Field(name="source", label="source", value=sources[0] if sources else "", choices=sources or ("",)),
            Field(
                name="destinations",
                label="destinations",
                value=destinations[0] if len(destinations) == 1 else "",
                note=", ".join(destinations),
                placeholder="none: each run is a preview",
            ),
            Field(name="call", label="call", value="identify", choices=tuple(each.value for each in CallType)),
            Field(name="schedule", label="schedule", value=schedule.DEFAULT, note="it is off until you switch it on"),
            Field(name="timezone", label="time zone", value="UTC", note="of daily and cron"),
            Field(name="start", label="start", value="now", note="or a date: 2026-12-01 06:00"),
            Field(name="description", label="description", placeholder="what it is for"),
        ]

    async def do_save(self) -> None:
        """Write the files, and open the query."""
        project, form = self.snapshot.project, self.query_one(Form)
        values = form.values()
        name = values["name"]
        if project is None or self._checked(project, values):
            return
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
            form.show_problem("name", "Use only letters, digits, - and _.")
            return
        if name in project.syncs or (project.folder / "syncs" / f"{name}.toml").exists():
            form.show_problem("name", f"There is a sync {name} already.")
            return
        try:
            _start(values)
        except ValueError as error:
            form.show_problem("start", str(error))
            return
        dialect = warehouse_type(project.sources[values["source"]].type).dialect
        template = _template(CallType(values["call"]), dialect)
        await self.bridge.change(_making(project.folder, name, values, template))
        self.console.tell(
            f"{name} created (schedule off). Write its query; {self.console.keys.shown('editor.preview', typing=True)} previews it; its plan can turn it on.",
            "ok",
        )
        self.dismiss(name)
        self.console.open_editor(name)


def _start(values: Mapping[str, str]) -> datetime | None:
    """Return the moment at which the sync may run first; None for now. Raises ValueError."""
    if values["timezone"] not in schedule.zone_names():
        raise ValueError(f"There is no time zone {values['timezone']!r}; they are named like Europe/Berlin.")
    text = values["start"].strip()
    if text in ("", "now"):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("Write now, or a date and a time, like 2026-12-01 06:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=schedule.zone_of(values["timezone"]))


def _making(folder: Path, name: str, values: Mapping[str, str], template: str) -> Callable[[], None]:
    """Return what writes the files of a new sync; the query first, so that the sync is whole once it is there."""

    def make() -> None:
        file = folder / "syncs" / f"{name}.toml"
        file.parent.mkdir(exist_ok=True)
        if not file.with_suffix(".sql").exists():
            write_text(file.with_suffix(".sql"), template)
        settings = {
            "id": randomness.token_hex(3),
            "description": values["description"] or None,
            "source": values["source"],
            "destinations": names_of(values["destinations"]),
            "call": values["call"],
            "enabled": False,
            "schedule": values["schedule"],
            "timezone": values["timezone"] if values["timezone"] != "UTC" else None,
            "start": _start(values),
        }
        write_file(file, settings)

    return make


_TEMPLATES = {
    CallType.IDENTIFY: 'SELECT\n    id AS "userId",\n    email AS "email"\nFROM users\n',
    CallType.TRACK: 'SELECT\n    user_id AS "userId",\n    \'Order Completed\' AS "event",\n    id AS "messageId",\n    ordered_at AS "timestamp"\nFROM orders\n',
    CallType.GROUP: 'SELECT\n    company_id AS "groupId",\n    user_id AS "userId",\n    company_name AS "name"\nFROM memberships\n',
    CallType.PAGE: 'SELECT\n    user_id AS "userId",\n    title AS "name",\n    viewed_at AS "timestamp"\nFROM page_views\n',
    CallType.SCREEN: 'SELECT\n    user_id AS "userId",\n    screen AS "name",\n    viewed_at AS "timestamp"\nFROM screen_views\n',
    CallType.ALIAS: 'SELECT\n    old_id AS "previousId",\n    new_id AS "userId"\nFROM merged_users\n',
}


def _template(call: CallType, dialect: str) -> str:
    """Return a query to begin with; names stand in what keeps their case."""
    return _TEMPLATES[call].replace('"', "`") if dialect == "bigquery" else _TEMPLATES[call]
