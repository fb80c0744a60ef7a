"""The frozen values that every layer shares; standard library only.

Project files become `Source`, `Destination`, `Sync` and `Project` (core.project reads and writes them);
a query's columns are `Column`s, what it will cost an `Estimate`, what it did cost a `Bill`; what lint finds are `Finding`s;
credentials are `Secret`s; whom to tell of trouble are `Alert`s.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeAlias

__all__ = [
    "AT_ONCE",
    "Alert",
    "AlertFormat",
    "AlertTo",
    "Bill",
    "CallType",
    "Certainty",
    "Column",
    "Destination",
    "Edit",
    "Estimate",
    "Finding",
    "Fix",
    "Guards",
    "InvalidRows",
    "Kind",
    "Limits",
    "Project",
    "Reach",
    "Removed",
    "Secret",
    "SecretsFrom",
    "Severity",
    "Source",
    "Step",
    "Sync",
    "Table",
    "Trouble",
]


class CallType(enum.StrEnum):
    """The six calls of the Segment specification, which all destinations here speak."""

    IDENTIFY = "identify"
    TRACK = "track"
    GROUP = "group"
    PAGE = "page"
    SCREEN = "screen"
    ALIAS = "alias"


class Kind(enum.StrEnum):
    """What the values of a column are, whatever the warehouse calls its type.

    `DECIMAL` may travel as Arrow decimal or as text that holds a decimal number (ADBC's numeric);
    `JSON` is text that holds JSON; `TIMESTAMP` has no zone, `INSTANT` has one; `NESTED` is a list, struct or map.
    """

    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    TEXT = "text"
    BYTES = "bytes"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    INSTANT = "instant"
    JSON = "json"
    NESTED = "nested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """An output column: its name exactly as the warehouse reports it, its kind, and the warehouse's name of its type."""

    name: str
    kind: Kind
    type_name: str


Certainty: TypeAlias = Literal["about", "at most", "at least"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a query will read, told before it runs: `bytes`, and what they cost in USD; None where bytes are not what is paid.

    `certainty` says what both are: about right, or one end of what it may be.
    """

    bytes: int
    dollars: float | None
    certainty: Certainty = "about"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a query has read, told after it ran: bytes `read`, those of them that are `billed`, and what these cost in USD.

    `dollars` is None where bytes are not what is paid.
    """

    read: int
    billed: int
    dollars: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table or view of the catalogue; `rows` is the warehouse's estimate, None where it has none."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    rows: int | None = None
    is_view: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of `check`: what was tried, whether it passed (None: it does not apply here), and what to do."""

    name: str
    passed: bool | None
    detail: str
    remedy: str = ""
    seconds: float = 0.0


class Severity(enum.StrEnum):
    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Replace the characters from `start` up to `end` (offsets in the analyst's text) by `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A fix: what it does, in a few words, and its edits (not overlapping, in order).

    `certain` says that it is right whatever was meant, so that it may be applied unasked; else it is offered at its place only.
    """

    label: str
    edits: tuple[Edit, ...]
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule found: offsets in the analyst's text, and line and column (both from 1) of the start."""

    rule: str
    severity: Severity
    message: str
    start: int
    end: int
    line: int
    column: int
    fix: Fix | None = None


class Secret:
    """A credential that cannot be printed, formatted, pickled or compared by accident; `reveal()` gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text, to hand it to a driver or a header; never to a message."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __format__(self, _specification: str) -> NoReturn:
        raise TypeError("a secret cannot be formatted")

    def __str__(self) -> str:
        return "(hidden)"

    def __eq__(self, _other: object) -> bool:
        raise TypeError("a secret cannot be compared")

    def __hash__(self) -> int:
        raise TypeError("a secret cannot be hashed")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")


class InvalidRows(enum.StrEnum):
    """What null, empty and duplicate ids do: stop the delivery, or become rejected rows."""

    STOP = "stop"
    REJECT = "reject"


class Removed(enum.StrEnum):
    """What is done about rows that a full query no longer returns."""

    IGNORE = "ignore"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """What stops a delivery before its first call until someone says yes.

    `max_changed` is the share of known rows that may change (from 100 known rows up); `max_null` the share of
    known rows in which one field may turn from a value to null; `max_vanished` the share of known rows that a full
    query may no longer return; `max_unknown` the share of a result's rows whose ids were never seen, where there are
    as many of them beside those that are known. `canary` is how many calls go out ahead of the rest, which follows only
    where their answers are good; 0 for none.
    """

    invalid_rows: InvalidRows = InvalidRows.STOP
    max_calls: int = 1_000_000
    max_changed: float = 0.30
    max_null: float = 0.50
    max_vanished: float = 0.50
    max_unknown: float = 0.50
    canary: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A destination's limits; a type has its own, the destination's file may change them.

    Bytes are of JSON before compression; `message_id` is the longest messageId in characters. `requests` is a rate, in requests a second; `attempts` and `backoff`
    (seconds before the second attempt, doubled each time, at most `backoff_most`) say how often a batch is tried.
    """

    columns: int = 300
    rows: int = 40_000_000
    call_bytes: int = 32 * 1024
    batch_calls: int = 2_500
    batch_bytes: int = 500_000
    message_id: int = 100
    requests: float = 1_000.0
    connections: int = 4
    attempts: int = 10
    backoff: float = 0.5
    backoff_most: float = 60.0
    timeout: float = 30.0


AT_ONCE = 4
"""How many runs of the daemon use one source, or one destination, at the same time, where its file says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A warehouse connection: `settings` is an instance of its type's `Settings`; never a secret.

    `timezone` is what its timestamps without zone mean; `at_once` is how many of the daemon's runs may use it at the same time.
    """

    name: str
    type: str
    settings: Any
    path: Path
    timezone: str = "UTC"
    at_once: int = AT_ONCE

    @property
    def notice(self) -> str:
        """What is said wherever its rows are shown: that its file lets in a user whom nothing holds back; "" where it does not."""
        if not getattr(self.settings, "allow_superuser", False):
            return ""
        return f"source {self.name}: allow_superuser = true, so its user may be able to do more than read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How a destination is reached: through an HTTP proxy, trusting one more certificate authority (a PEM
    file; in the destination's file its path is taken from the project's folder). `compress` sends bodies in gzip, where the
    destination takes that; a gateway before it may not.

    Without a proxy of its own, a destination is reached as the environment says (HTTPS_PROXY, NO_PROXY); this machine is
    never reached through one.
    """

    proxy: str = ""
    ca_file: str = ""
    compress: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """An API connection: `settings` is an instance of its type's `Settings`; never a secret.

    `at_once` is how many of the daemon's runs may deliver to it at the same time.
    """

    name: str
    type: str
    settings: Any
    limits: Limits
    path: Path
    network: Network = field(default_factory=Network)
    at_once: int = AT_ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """A query, a call type, a schedule, a source and its destinations. `lookback` is in seconds."""

    name: str
    id: str
    description: str
    source: str
    destinations: tuple[str, ...]
    call: CallType
    query: str
    enabled: bool = True
    schedule: str = "every 12 hours"
    timezone: str = "UTC"
    start: datetime | None = None
    removed: Removed = Removed.IGNORE
    lookback: int = 600
    ledger: str = "local"
    payload: bool = True
    columns: Mapping[str, str] = field(default_factory=dict)
    guards: Guards = Guards()
    path: Path = Path()
    query_path: Path = Path()


class Trouble(enum.StrEnum):
    """What an alert tells of. `RECOVERY` is the end of a trouble that it has told of."""

    FAILURE = "failure"
    RECOVERY = "recovery"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    FRESHNESS = "freshness"
    PROJECT = "project"


class AlertTo(enum.StrEnum):
    """The way that an alert goes."""

    WEBHOOK = "webhook"
    COMMAND = "command"
    TERMINAL = "terminal"


class AlertFormat(enum.StrEnum):
    """What a webhook is sent: our own JSON, or what Slack and its likes take."""

    JSON = "json"
    SLACK = "slack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Someone to tell when a sync is in trouble. Times are in seconds.

    `on` are the troubles that it tells of, of the `syncs` that are named (of all where none is). `rejected_share` is the share of a
    run's calls above which rejected rows are a trouble. `fresh_within` is how old the last success may be; where it is None,
    twice as old as the sync's schedule makes it. The same trouble stays quiet for `repeat`; `after` is how many failures in a
    row are one.
    """

    name: str
    to: AlertTo
    format: AlertFormat = AlertFormat.JSON
    command: tuple[str, ...] = ()
    on: tuple[Trouble, ...] = (Trouble.FAILURE, Trouble.RECOVERY, Trouble.FRESHNESS, Trouble.PROJECT)
    rejected_share: float = 0.05
    fresh_within: int | None = None
    syncs: tuple[str, ...] = ()
    repeat: int = 4 * 3600
    after: int = 1


class SecretsFrom(enum.StrEnum):
    """Where this project's secrets live; anything but the keyring was chosen by the user."""

    KEYRING = "keyring"
    ENVIRONMENT = "environment"
    SYSTEMD = "systemd"
    COMMAND = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Something that a project's files name outside of their folder (core.trust): a command, a host, a path.

    `place` is what names it ('secrets', 'sources/prod'); `says` is what it would do, as what follows "it"; `digest` is that of all that
    decides about it.
    """

    place: str
    says: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project's files, read and checked. `state` is its `.backhaul` folder; `retention` is in days.

    `broken` holds an error for each file that could not be used, by file; the rest of the project works. `workers` is how many runs
    the daemon does at the same time. `reaches` is what its files name outside of their folder, `untrusted` what of it nobody has allowed on this
    machine; a state folder elsewhere that was not allowed is not used, `state` is the usual one then.
    """

    name: str
    folder: Path
    state: Path
    sources: Mapping[str, Source]
    destinations: Mapping[str, Destination]
    syncs: Mapping[str, Sync]
    secrets_from: SecretsFrom = SecretsFrom.KEYRING
    secrets_command: str = ""
    retention: int = 30
    workers: int = AT_ONCE
    disabled_rules: tuple[str, ...] = ()
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    broken: Mapping[Path, Exception] = field(default_factory=dict)
    reaches: tuple[Reach, ...] = ()
    untrusted: tuple[Reach, ...] = ()
