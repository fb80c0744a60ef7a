"""The tables [alerts.<name>] of backhaul.toml: whom to tell of trouble, checked.

The address of a webhook may hold a token (Slack's does), so it is a secret: a `url` in the file is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from core import schedule
from core.errors import ProjectError
from core.model import Alert, AlertFormat, AlertTo, Trouble
from core.plugins import nearest
from core.project.decode import decode
from core.project.files import AlertFile

__all__ = ["SECRET", "alerts_of", "unknown_sync"]

SECRET = "url"  # noqa: S105 -- the name of it
"""The secret of an alert that goes to a webhook."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_MOST_AFTER = 100


def alerts_of(file: Path, tables: object) -> dict[str, Alert]:
    """Make alerts of what backhaul.toml says under `alerts`. Raises ProjectError, naming the key."""
    if not isinstance(tables, Mapping):
        raise ProjectError("alerts: expected tables, like [alerts.team].", where=str(file))
    return {str(name): _alert(file, str(name), table) for name, table in tables.items()}


def _alert(file: Path, name: str, table: Any) -> Alert:
    key = f"alerts.{name}"
    if not _NAME.fullmatch(name):
        raise ProjectError(f"{key}: {name!r} is no name: use letters, digits, dashes and underscores.", where=str(file))
    if isinstance(table, Mapping) and SECRET in table:
        raise ProjectError(
            f"{key}.{SECRET}: a secret never stands in a file.",
            where=str(file),
            remedy=f"Take it out, and keep it with `backhaul secret set alerts/{name}.{SECRET}`.",
        )
    found = decode(file, table, AlertFile, f"{key}.")
    if problem := _problem(found):
        raise ProjectError(f"{key}.{problem}", where=str(file))
    return Alert(
        name=name,
        to=found.to,
        format=found.format,
        command=found.command,
        on=tuple(dict.fromkeys(found.on)),
        rejected_share=found.rejected_share,
        fresh_within=_seconds(file, f"{key}.fresh_within", found.fresh_within) if found.fresh_within else None,
        syncs=tuple(dict.fromkeys(found.syncs)),
        repeat=_seconds(file, f"{key}.repeat", found.repeat),
        after=found.after,
    )


def _problem(found: AlertFile) -> str:
    """Say what does not fit together, beginning with the key; nothing where all does."""
    if found.to is AlertTo.COMMAND and not (found.command and found.command[0]):
        return 'command: it is missing; write a list of words, like ["notify-send", "Backhaul"].'
    if found.to is not AlertTo.COMMAND and found.command:
        return 'command: only an alert with to = "command" has one.'
    if found.to is not AlertTo.WEBHOOK and found.format is not AlertFormat.JSON:
        return 'format: only an alert with to = "webhook" has one.'
    if not set(found.on) - {Trouble.RECOVERY}:
        return "on: it names no trouble to tell of."
    if not 0 <= found.rejected_share < 1:
        return "rejected_share is a share, from 0 to less than 1."
    if not 1 <= found.after <= _MOST_AFTER:
        return f"after: a number of failures in a row, from 1 to {_MOST_AFTER}."
    return ""


def _seconds(file: Path, key: str, words: str | int) -> int:
    if words == 0:
        return 0
    try:
        return schedule.parse_duration(str(words))
    except ValueError as error:
        raise ProjectError(f"{key}: {words!r} is not understood: {error}.", where=str(file)) from error


def unknown_sync(alerts: Mapping[str, Alert], known: Iterable[str]) -> str:
    """Say which alert names a sync that is not there; nothing where none does."""
    names = list(known)
    for alert in alerts.values():
        for name in alert.syncs:
            if name not in names:
                return f"alerts.{alert.name}.syncs: there is no sync {name!r}.{nearest(name, names)}"
    return ""
