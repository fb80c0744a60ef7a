"""Whose files are. What another user wrote could have this user run commands and send secrets, so it counts only where it was allowed.

The rule is git's (safe.directory): a file has to belong to the user who runs Backhaul; with sudo, also to the user who called it
(SUDO_UID). The superuser's files count too: whoever owns the machine needs no file of ours, and services are often set up by root.
Where the system knows no owners, everybody's files count.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["foreign_owner", "is_mine", "mine", "user_name"]


def mine() -> frozenset[int]:
    """Return the numbers of the users whose files count."""
    if not hasattr(os, "geteuid"):
        return frozenset()
    return _me() | {0}


def is_mine(status: os.stat_result) -> bool:
    """Return whether a file belongs to this user, not merely to one whose files count: what is written is only what is ours."""
    return not hasattr(os, "geteuid") or status.st_uid in _me()


def _me() -> frozenset[int]:
    user = os.geteuid()
    caller = os.environ.get("SUDO_UID", "")
    return frozenset({user, int(caller)} if user == 0 and caller.isdecimal() else {user})


def foreign_owner(path: Path, owners: frozenset[int]) -> int | None:
    """Return the user to whom a file, or a link to one, belongs where they are not among `owners`; None too where there is no such file."""
    if not hasattr(os, "geteuid"):
        return None
    try:
        users = (path.lstat().st_uid, path.stat().st_uid)
    except (OSError, ValueError):
        return None
    return next((user for user in users if user not in owners), None)


def user_name(number: int) -> str:
    """Return the name of a user; the number where there is none."""
    try:
        import pwd

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError, OverflowError):
        return f"user {number}"
