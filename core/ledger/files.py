"""Files that survive a power cut, and are known again by their digest."""

from __future__ import annotations

import os
from pathlib import Path

from core.own_folder import open_to_read

__all__ = ["QUARANTINE", "durable", "file_digest", "missing"]

QUARANTINE = "quarantine"
"""The folder of damaged files, beside those of the ledger and the plans."""


def missing(what: str, file: Path) -> str:
    """Say that a state file is not where it was; a damaged one may have been set aside (core.state.folder)."""
    if (file.parent.parent / QUARANTINE / file.name).exists():
        return f"{what} is damaged; it was set aside in {QUARANTINE}/."
    return f"{what} is missing."


def file_digest(file: Path) -> tuple[str, int]:
    """Return the BLAKE2b-128 digest of a file, and its size in bytes. Raises OSError, for a link or a FIFO too."""
    import hashlib

    with open_to_read(file) as handle:
        digest = hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=16))
        return digest.hexdigest(), handle.tell()


def durable(temporary: Path, final: Path) -> None:
    """Sync a written file, return it its final name, and sync the folder: after this it survives a power cut."""
    handle = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    if temporary != final:
        temporary.replace(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
