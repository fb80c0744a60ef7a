"""A source's plug-in, for whoever needs no query: nothing here imports sqlglot, so a check or a catalogue begins at once."""

from __future__ import annotations

from collections.abc import Callable

from core.model import Project, Secret, Source
from core.trust import require_trust
from core.warehouses import warehouse_type
from core.warehouses.base import Warehouse, ZonedWarehouse

__all__ = ["Secrets", "build_warehouse_at"]

Secrets = Callable[[str], Secret]
"""Gives a secret by its full name ('sources/prod.password'); raises SecretError."""


def build_warehouse_at(project: Project, source: Source, secrets: Secrets) -> Warehouse:
    """Make the plug-in of a source, which may be one that is in no file yet. Raises TrustError where its file is not trusted."""
    require_trust(project, f"sources/{source.name}")
    made = warehouse_type(source.type)(
        source.settings, lambda secret: secrets(f"sources/{source.name}.{secret}"), project.folder
    )
    return made.in_timezone(source.timezone) if isinstance(made, ZonedWarehouse) else made
