"""Secrets that this process holds for the console until a connection is saved or given up.

A key that was pasted, read from a file, found in another tool's file or just made is held here under a handle. The console
keeps the handle and forgets the text, so that nothing of it can be drawn, kept or copied there.
"""

from __future__ import annotations

import secrets as randomness
import threading

from core.errors import UsageError
from core.model import Secret
from core.redaction import remember_secret

__all__ = ["hold", "hold_locked", "take", "take_locked"]

_HELD: dict[str, Secret] = {}
_LOCKED: dict[str, bytes | str] = {}
"""Keys that wait for their passphrase, as they came."""

_TURN = threading.Lock()


def hold(secret: Secret) -> str:
    """Hold a secret; return its handle."""
    remember_secret(secret.reveal())
    handle = randomness.token_hex(8)
    with _TURN:
        _HELD[handle] = secret
    return handle


def take(handle: str) -> Secret:
    """Return a secret that is held; it stays. Raises UsageError where it is gone with an earlier process."""
    with _TURN:
        found = _HELD.get(handle)
    if found is None:
        raise UsageError("The secret is not held any more.", remedy="Enter it again: it was in memory only.")
    return found


def hold_locked(material: bytes | str) -> str:
    """Hold a key that waits for its passphrase; return a handle that only `take_locked` knows."""
    if isinstance(material, str):
        remember_secret(material)
    handle = randomness.token_hex(8)
    with _TURN:
        _LOCKED[handle] = material
    return handle


def take_locked(handle: str) -> bytes | str:
    """Return a key that waits for its passphrase; it stays. Raises UsageError where it is gone with an earlier process."""
    with _TURN:
        found = _LOCKED.get(handle)
    if found is None:
        raise UsageError("The key is not held any more.", remedy="Enter it again: it was in memory only.")
    return found
