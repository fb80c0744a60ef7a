"""The alerts of a project as people look at them: where each goes, on what it tells, when it last did, what it tells of now."""

from __future__ import annotations

from dataclasses import dataclass

from core.formatting import duration
from core.model import Alert, AlertTo, Project, Trouble
from core.store import Store

__all__ = ["AlertStatus", "OpenTrouble", "open_troubles", "statuses"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertStatus:
    """How an alert is doing. `told` is when something of it last arrived (Unix seconds), `open` how many troubles it has told of
    that go on; `failures` in a row could not be told since, the last of them because of `problem`.
    """

    name: str
    to: str
    way: str
    on: tuple[str, ...]
    syncs: tuple[str, ...]
    repeat: int
    told: float | None
    open: int
    failures: int
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTrouble:
    """A trouble that goes on: `about` is a sync's name, or a file; `since` is Unix seconds; it was told `times` times."""

    about: str
    trouble: str
    since: float
    times: int


def open_troubles(project: Project, store: Store) -> dict[str, tuple[OpenTrouble, ...]]:
    """Return the troubles that go on, by alert, the newest first."""
    names = {sync.id: sync.name for sync in project.syncs.values()}
    found: dict[str, list[OpenTrouble]] = {}
    for row in sorted(store.rows("alert_standings"), key=lambda row: -float(row["since"])):
        about = row["sync"] if row["kind"] == Trouble.PROJECT.value else names.get(row["sync"], row["sync"])
        trouble = OpenTrouble(about=about, trouble=row["kind"], since=row["since"], times=row["times"])
        found.setdefault(row["alert"], []).append(trouble)
    return {alert: tuple(troubles) for alert, troubles in found.items()}


def statuses(project: Project, store: Store) -> tuple[AlertStatus, ...]:
    """Return how each alert of the project is doing, in the project's order."""
    ways = {row["alert"]: row for row in store.rows("alert_ways")}
    going_on: dict[str, int] = {}
    for row in store.rows("alert_standings"):
        going_on[row["alert"]] = going_on.get(row["alert"], 0) + (row["told"] is not None)
    return tuple(
        AlertStatus(
            name=alert.name,
            to=alert.to.value,
            way=_way(alert),
            on=tuple(_on(alert, trouble) for trouble in alert.on),
            syncs=alert.syncs,
            repeat=alert.repeat,
            told=ways[alert.name]["told"] if alert.name in ways else None,
            open=going_on.get(alert.name, 0),
            failures=ways[alert.name]["failures"] if alert.name in ways else 0,
            problem=ways[alert.name]["problem"] if alert.name in ways else None,
        )
        for alert in project.alerts.values()
    )


def _way(alert: Alert) -> str:
    match alert.to:
        case AlertTo.WEBHOOK:
            return f"webhook ({alert.format.value})"
        case AlertTo.COMMAND:
            return f"command {alert.command[0]}"
        case AlertTo.TERMINAL:
            return "open consoles"


def _on(alert: Alert, trouble: Trouble) -> str:
    """Name a trouble, with its threshold where it has one."""
    match trouble:
        case Trouble.FAILURE if alert.after > 1:
            return f"{alert.after} failures"
        case Trouble.REJECTED:
            return f"rejected > {alert.rejected_share:.0%}"
        case Trouble.FRESHNESS if alert.fresh_within is not None:
            return f"no success in {duration(alert.fresh_within)}"
        case _:
            return trouble.value
