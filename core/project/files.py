"""The shapes of a project's files: what may stand in each, with its type and default.

`core.project.decode` refuses all else; `backhaul schema` prints the same shapes as JSON Schemas. A source's and a
destination's own settings are the `Settings` of its type.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from core import schedule
from core.model import AT_ONCE, AlertFormat, AlertTo, CallType, InvalidRows, Removed, SecretsFrom, Trouble

__all__ = [
    "AlertFile",
    "DaemonFile",
    "DefaultsFile",
    "GuardsFile",
    "LimitsFile",
    "LintFile",
    "ProjectFile",
    "SecretsFile",
    "SyncFile",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsFile:
    """Where secrets live; see core.secrets."""

    from_: SecretsFrom = SecretsFrom.KEYRING
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintFile:
    """Rules that are switched off for the whole project."""

    disabled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardsFile:
    """Guards as a file gives them; what is absent comes from backhaul.toml, or is the default."""

    invalid_rows: InvalidRows | None = None
    max_calls: int | None = None
    max_changed: float | None = None
    max_null: float | None = None
    max_vanished: float | None = None
    max_unknown: float | None = None
    canary: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultsFile:
    """What a sync's file may leave out."""

    schedule: str = schedule.DEFAULT
    timezone: str = "UTC"
    lookback: str = "10 minutes"
    payload: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFile:
    """A table [alerts.<name>]; see core.model.Alert. The address of a webhook is a secret, and no key of it."""

    to: AlertTo
    format: AlertFormat = AlertFormat.JSON
    command: tuple[str, ...] = ()
    on: tuple[Trouble, ...] = (Trouble.FAILURE, Trouble.RECOVERY, Trouble.FRESHNESS, Trouble.PROJECT)
    rejected_share: float = 0.05
    fresh_within: str = ""
    syncs: tuple[str, ...] = ()
    repeat: str | int = "4 hours"
    after: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonFile:
    """How the daemon works: how many runs it does at the same time."""

    workers: int = AT_ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFile:
    """backhaul.toml. `retention` is in days."""

    name: str
    state: str = ""
    retention: int = 30
    defaults: DefaultsFile = DefaultsFile()
    guards: GuardsFile = GuardsFile()
    secrets: SecretsFile = SecretsFile()
    lint: LintFile = LintFile()
    alerts: dict[str, AlertFile] = field(default_factory=dict)
    daemon: DaemonFile = DaemonFile()


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncFile:
    """syncs/<name>.toml."""

    source: str
    call: CallType
    id: str = ""
    description: str = ""
    destinations: tuple[str, ...] = ()
    enabled: bool = True
    schedule: str | None = None
    timezone: str | None = None
    start: datetime | None = None
    removed: Removed = Removed.IGNORE
    lookback: str | None = None
    ledger: str = "local"
    payload: bool | None = None
    columns: dict[str, str] = field(default_factory=dict)
    guards: GuardsFile = GuardsFile()


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsFile:
    """Limits that differ from the type's own; see core.model.Limits."""

    columns: int | None = None
    rows: int | None = None
    call_bytes: int | None = None
    batch_calls: int | None = None
    batch_bytes: int | None = None
    message_id: int | None = None
    requests: float | None = None
    connections: int | None = None
    attempts: int | None = None
    backoff: float | None = None
    backoff_most: float | None = None
    timeout: float | None = None
