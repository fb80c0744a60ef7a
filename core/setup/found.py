"""A connection that someone already has somewhere: what of it fits a source of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.model import Secret

__all__ = ["Found"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`type` is a type of warehouse; `settings` are keys of its file; `secrets` its secrets by name; `origin` says where
    it was found, in words; `notes` what was left out, or is to be known.
    """

    type: str
    origin: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """Say in a line what it connects to."""
        known = self.settings
        where = known.get("host") or known.get("account") or known.get("project") or known.get("path") or ""
        more = known.get("database", "")
        user = f"{known['user']} at " if known.get("user") else ""
        return f"{self.type}: {user}{where}{'/' if more else ''}{more}"
