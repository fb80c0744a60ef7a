"""The id of a sync: written into its file once, whoever sees the file first, so that its state stays when the file is renamed.

Several processes may see a new file at the same moment (a console, the daemon, two commands). The id is made under a lock of the project,
after another look at the file: two ids would be two ledgers, and everything would be sent twice.
"""

from __future__ import annotations

from pathlib import Path

from core.errors import ProjectError, StateError
from core.own_folder import make, refuse_links
from core.project.read import read_toml
from core.project.write import set_value

__all__ = ["provisional_id", "sync_id"]

_LOCK_SECONDS = 30.0


def sync_id(file: Path, state: Path) -> str:
    """Return the id in a sync's file; where it has none, write one. Raises ProjectError where that is not possible."""
    import secrets as randomness

    from filelock import FileLock, Timeout

    new = randomness.token_hex(3)
    folder = file.parent.parent.resolve()
    if not file.resolve().is_relative_to(folder):
        raise ProjectError(
            "The sync has no id, and none is written into a file outside of the project.",
            where=str(file),
            remedy=f'Add the line id = "{new}" at the top of the file that it leads to.',
        )
    try:
        make(state, ("locks",))
        refuse_links(state / "locks")
        with FileLock(state / "locks" / "ids.lock", timeout=_LOCK_SECONDS):
            known = read_toml(file).get("id")
            if isinstance(known, str) and known:
                return known
            set_value(file, "id", new)
    except (OSError, Timeout, StateError) as error:
        said = error.message.rstrip(".") if isinstance(error, StateError) else getattr(error, "strerror", None)
        reason = said or "another process is writing ids"
        raise ProjectError(
            f"The sync has no id, and none could be written into its file: {reason}.",
            where=str(file),
            remedy=getattr(error, "remedy", "") or f'Add the line id = "{new}" at its top.',
        ) from error
    return new


def provisional_id(name: str) -> str:
    """Return what stands for the id of a sync while nothing may be written. It differs from every id that is written."""
    import hashlib

    return f"new-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
