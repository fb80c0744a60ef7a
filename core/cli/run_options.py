"""What one can say to a run beforehand; `plan` takes the same words, to show what such a run would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from core.errors import UsageError

if TYPE_CHECKING:
    from core.sync.planning.ledger_match import RunOptions

__all__ = ["accepting", "build_run_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

_WORDS = {
    "from-zero": "Ask the query for all rows, and send those that differ.",
    "full-refresh": "Send all rows again, changed or not.",
    "key-rotated": "The destination's key is new, the account is the same.",
    "another-place": "The destination is another account or host: send all rows there.",
    "reject-invalid": "Reject rows whose ids are null, empty or repeated, and send the rest.",
    "baseline": "Mark the rows as delivered without a call, because another tool has sent them.",
    "new-ledger": "Start a new ledger where its files are damaged: all rows count as new.",
}


def accepting(command: _Command) -> _Command:
    """Return a command the options that say what a run may do."""
    for word, text in reversed(_WORDS.items()):
        command = click.option(f"--{word}", is_flag=True, help=text)(command)
    return command


def build_run_options(*, yes: bool = False, replan: bool = False, **said: bool) -> RunOptions:
    """Return what was said as the engine takes it. Raises UsageError for what contradicts itself."""
    from core.sync.planning.ledger_match import RunOptions

    if said["key_rotated"] and said["another_place"]:
        raise UsageError("--key-rotated and --another-place cannot both be true.")
    if said["baseline"] and said["full_refresh"]:
        raise UsageError("--baseline makes no call and --full-refresh makes all: choose one.")
    return RunOptions(
        yes=yes,
        replan=replan,
        from_zero=said["from_zero"],
        full_refresh=said["full_refresh"],
        key_rotated=said["key_rotated"],
        another_place=said["another_place"],
        baseline=said["baseline"],
        reject_invalid=said["reject_invalid"],
        new_ledger=said["new_ledger"],
    )
