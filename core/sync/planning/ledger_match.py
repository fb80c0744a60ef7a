"""Whose ledger this is: a destination's host and account, and what is done where these are others than before.

While nothing was acknowledged there, another address or key is a mistake fixed, and is taken without a question. After
that it has to be said: the same account with a new key (--key-rotated), or another place (--another-place), which gets a
ledger of its own and everything again; what the old place still had to get is then abandoned.
"""

from __future__ import annotations

import enum
import hashlib
import secrets as randomness
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import StateError
from core.store import Store
from core.sync.planning.guards import Question, account_changed, host_changed
from core.sync.preparation import Target

__all__ = ["LedgerMatch", "RunOptions", "find_account", "find_ledger_match"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What the person who runs the sync has said.

    `baseline` takes the rows for delivered, without a call; `new_ledger` leaves behind the ledgers that are `damaged` (their
    ids, which the engine fills in), and what was still to be sent by them: the way out where there is no backup. `replan` gives up what was
    not sent yet of an earlier delivery. `reject_invalid` rejects rows whose ids cannot be used, as `invalid_rows = "reject"` does.
    """

    yes: bool = False
    from_zero: bool = False
    full_refresh: bool = False
    key_rotated: bool = False
    another_place: bool = False
    baseline: bool = False
    new_ledger: bool = False
    replan: bool = False
    reject_invalid: bool = False
    damaged: frozenset[str] = frozenset()


class LedgerMatch(enum.Enum):
    """What a destination's ledger is to the destination as it is now."""

    SAME = "same"
    TAKEN_OVER = "taken over"
    NEW_LEDGER = "new ledger"


def find_ledger_match(
    store: Store, ledger: Mapping[str, Any], target: Target, accepted: RunOptions
) -> tuple[LedgerMatch, Question | None]:
    """Return whether the ledger still is this destination's, and what has to be asked if that is not certain."""
    if accepted.new_ledger and ledger["id"] in accepted.damaged:
        return LedgerMatch.NEW_LEDGER, None
    host = target.plugin.host
    other_account, other_host = ledger["account"] != find_account(store, target), ledger["host"] != host
    if not other_account and not other_host:
        return LedgerMatch.SAME, None
    if accepted.another_place:
        return LedgerMatch.NEW_LEDGER, None
    if _nothing_acknowledged(store, ledger) or (accepted.key_rotated and not other_host):
        return LedgerMatch.TAKEN_OVER, None
    if other_account and not accepted.key_rotated:
        return LedgerMatch.SAME, account_changed(target.name)
    return LedgerMatch.SAME, host_changed(target.name, ledger["host"], host)


def find_account(store: Store, target: Target) -> str:
    """Return a digest that tells one account of a destination from another; the key cannot be had back from it."""
    secret = target.plugin.account
    if secret is None:
        return ""
    store.do("keep_setting", name="salt", value=randomness.token_hex(32))
    row = store.row("setting", name="salt")
    try:
        salt = bytes.fromhex(row["value"]) if row else b""
    except ValueError as error:
        raise StateError.damaged("its setting 'salt' is no number", where=str(store.file)) from error
    return hashlib.blake2b(secret.reveal().encode(), key=salt, digest_size=16).hexdigest()


def _nothing_acknowledged(store: Store, ledger: Mapping[str, Any]) -> bool:
    """Return whether the place of this ledger has acknowledged no call yet, in no delivery."""
    row = store.row("acknowledged_of_ledger", ledger=ledger["id"])
    return not row or not row["calls"]
