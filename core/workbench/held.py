"""Secrets that this process holds for the console until a connection is saved or given up.

A key that was pasted, read from a file, found in another tool's file or just made is held here under a handle. The console
keeps the handle and forgets the text, so that nothing of it can be drawn, kept or copied there.
"""

from __future__ import annotations

import secrets as randomness
import threading

from core.blackout import remember_secret
from core.errors import UsageError
from core.model import Secret

__all__ = ["hold", "take"]

_HELD: dict[str, Secret] = {}
_TURN = threading.Lock()


def hold(secret: Secret) -> str:
    """Hold a secret; give its handle."""
    remember_secret(secret.reveal())
    handle = randomness.token_hex(8)
    with _TURN:
        _HELD[handle] = secret
    return handle


def take(handle: str) -> Secret:
    """Give a secret that is held; it stays. Raises UsageError where it is gone with an earlier process."""
    with _TURN:
        found = _HELD.get(handle)
    if found is None:
        raise UsageError("The secret is not held any more.", remedy="Enter it again: it was in memory only.")
    return found
