"""The tree of errors. Each says what happened and what to do next, in the user's words.

    BackhaulError
    ├── UsageError              the command was called in a way that cannot work            exit 2
    ├── ProjectError            a file of the project is wrong; names file and key          exit 2
    ├── TrustError              nobody has allowed this folder what it names outside of it  exit 2
    ├── SecretError             a secret is missing, or the keyring cannot be used          exit 2
    ├── QueryError              the query is refused; carries the findings                  exit 2
    ├── WarehouseError          the source did not do what was asked                        exit 1
    │   ├── LoginError          the credentials were refused
    │   ├── UnreachableError    no connection to the host
    │   ├── QueryFailedError    the warehouse refused the query; carries the place
    │   └── CancelledError      the user stopped it
    ├── DeliveryError           the destination could not be reached or refused everything  exit 1
    ├── GuardStop               a guard stopped the delivery before its first call          exit 1
    ├── LockedError             someone else is running this sync; says who                 exit 1
    └── StateError              state is damaged, missing where it was, or newer            exit 1

Errors of drivers are translated where they enter (a warehouse's `explain`, a transport), so no foreign
exception reaches the commands. A message never holds a secret.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.control_chars import encodable, escape_control_chars
from core.redaction import without_secrets

if TYPE_CHECKING:
    from core.model import Finding

__all__ = [
    "BackhaulError",
    "CancelledError",
    "DeliveryError",
    "GuardStop",
    "LockedError",
    "LoginError",
    "ProjectError",
    "QueryError",
    "QueryFailedError",
    "SecretError",
    "StateError",
    "TrustError",
    "UnreachableError",
    "UsageError",
    "WarehouseError",
]


class BackhaulError(Exception):
    """What happened (`message`), where (`where`: a file, a host, a sync; one line, whatever the file is called) and what to do next (`remedy`).

    `may_pass` says that it may pass by itself, so that trying again later is worth it; else a person has to fix it first.
    """

    exit_code = 1
    may_pass = True

    def __init__(self, message: str, *, remedy: str = "", where: str = "") -> None:
        # a server's words may repeat what it was sent, a password too
        self.message, self.remedy = (without_secrets(encodable(text)) for text in (message, remedy))
        self.where = escape_control_chars(without_secrets(encodable(where)))
        super().__init__(self.message)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f"\n{self.remedy}" if self.remedy else ""
        return f"{place}{self.message}{remedy}"


class UsageError(BackhaulError):
    """The command was called in a way that cannot work."""

    exit_code = 2
    may_pass = False


class ProjectError(BackhaulError):
    """A file of the project is wrong. `where` is the file."""

    exit_code = 2
    may_pass = False


class TrustError(BackhaulError):
    """The project names something outside of its folder, and nobody has allowed that on this machine (core.trust)."""

    exit_code = 2
    may_pass = False


class SecretError(BackhaulError):
    """A secret is missing, or the place where secrets live cannot be used."""

    exit_code = 2
    may_pass = False


class QueryError(BackhaulError):
    """The query is refused before it reaches the warehouse; `findings` say where and why."""

    exit_code = 2
    may_pass = False

    def __init__(self, message: str, *, findings: tuple[Finding, ...] = (), remedy: str = "", where: str = "") -> None:
        super().__init__(message, remedy=remedy, where=where)
        self.findings = findings


class WarehouseError(BackhaulError):
    """The source did not do what was asked."""


class LoginError(WarehouseError):
    """The warehouse refused the credentials; to offer them again and again may lock the account."""

    may_pass = False


class UnreachableError(WarehouseError):
    """There is no connection to the warehouse's host."""


class QueryFailedError(WarehouseError):
    """The warehouse refused the query or gave up on it; `offset` is the place in the analyst's text, or None."""

    def __init__(self, message: str, *, offset: int | None = None, remedy: str = "", where: str = "") -> None:
        super().__init__(message, remedy=remedy, where=where)
        self.offset = offset


class CancelledError(WarehouseError):
    """The query was stopped because the user asked for it."""


class DeliveryError(BackhaulError):
    """The destination could not be reached, or refuses everything; what was not answered stays pending."""


class GuardStop(BackhaulError):  # noqa: N818 -- a guard that stops a delivery is no fault, and is named after what it does
    """A guard stopped a delivery before its first call."""


class LockedError(BackhaulError):
    """Someone else is running this sync; the message says who."""


class StateError(BackhaulError):
    """State is damaged, missing where it was, or newer than this program. It is never treated as empty.

    `file` is one that is not what was written; the run that holds the sync's lock sets it aside.
    """

    def __init__(self, message: str, *, remedy: str = "", where: str = "", file: Path | None = None) -> None:
        super().__init__(message, remedy=remedy, where=where)
        self.file = file

    @classmethod
    def damaged(cls, why: str, where: str) -> StateError:
        """Say that the store is not what was written."""
        return cls(
            f"The store is damaged: {why}.",
            where=where,
            remedy="Restore the .backhaul folder from a backup, or move it away to start from scratch: everything is then sent again.",
        )

    @classmethod
    def unwritable(cls, what: str, where: str, reason: str) -> StateError:
        """Say that a file of our state could not be written, most often because the disk is full."""
        return cls(
            f"{what} could not be written: {reason}.",
            where=where,
            remedy="Make room on the disk, then run again: nothing is lost, what was not answered is sent again.",
        )
