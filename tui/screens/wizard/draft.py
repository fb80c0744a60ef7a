"""What was entered so far in the guided set-up. It is kept for later without its secrets, which are in memory only."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.destinations import destination_type
from core.destinations import types as destination_types
from core.project.decode import decode
from core.setup import may_hold_password
from core.warehouses import types as warehouse_types
from core.warehouses import warehouse_type
from tui.settings_fields import settings_fields, typed_values

__all__ = ["Draft"]

_LOGIN = "login"


@dataclass(slots=True)
class Draft:
    """A source or destination to be. `texts` are settings as typed; `held` handles of secrets; `facts` what is known of them."""

    what: str
    type: str = ""
    name: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    origin: str = ""
    notes: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    held: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    secrets_from: str = ""
    secrets_command: str = ""
    steps: list[Mapping[str, Any]] = field(default_factory=list)
    passed: bool | None = None
    at: int = 0
    resumed: bool = False
    generated: bool = False
    """Whether the private key was generated here: it is nowhere else until it is stored or written."""
    written: dict[str, str] = field(default_factory=dict)
    """The files that secrets were written to, by the secrets' names."""

    @property
    def types(self) -> tuple[str, ...]:
        return warehouse_types() if self.what == "source" else destination_types()

    @property
    def plugin(self) -> Any:
        return warehouse_type(self.type) if self.what == "source" else destination_type(self.type)

    def choose(self, kind: str) -> None:
        """Take another type; what was entered for the one before goes."""
        if kind != self.type:
            self.texts.clear()
            self.forget()
            if self.type and self.name.startswith(self.type):  # the name that was suggested
                self.name = ""
            self.type, self.origin, self.notes, self.offered = kind, "", (), ()

    def take_over(self, found: Mapping[str, Any]) -> None:
        """Take over a connection that another tool has."""
        self.choose(found["type"])
        self.texts = {name: str(value) for name, value in found["settings"].items()}
        self.origin, self.notes, self.offered = found["origin"], tuple(found["notes"]), tuple(found["secrets"])
        self.forget()

    def forget(self) -> None:
        """Forget secrets and the test: they belong to what was entered before."""
        self.generated = False
        self.written.clear()
        self.held.clear()
        self.facts.clear()
        self.steps.clear()
        self.passed = None

    def settings(self) -> dict[str, Any]:
        """Return the settings as the file has them. Raises ValueError or ProjectError, naming the field."""
        values = typed_values(self.plugin, self.texts)
        decode(Path(f"{self.what}s") / f"{self.name or 'new'}.toml", values, self.plugin.Settings)
        return values

    def needed(self) -> tuple[str, ...]:
        """Return the names of the secrets that these settings need."""
        settings = decode(Path("new.toml"), self.settings(), self.plugin.Settings)
        return tuple(self.plugin.needs(settings))

    @property
    def logins(self) -> bool:
        """Return whether there are several ways to log in."""
        return _LOGIN in self.plugin.Settings.__dataclass_fields__

    # for later

    @property
    def has_something(self) -> bool:
        """Return whether something was entered that is not there by itself."""
        fresh = {each.name: each.value or next(iter(each.choices), "") for each in settings_fields(self.plugin)}
        return any(text and text != fresh.get(name) for name, text in self.texts.items())

    def keep(self, state: Path) -> None:
        """Write it, without its secrets, to go on with later. Raises OSError."""
        from core.own_folder import make_part, replace_plain

        folder = make_part(state, "drafts")
        texts = {name: text for name, text in self.texts.items() if not may_hold_password(text)}
        name = "" if may_hold_password(self.name) else self.name
        known = {"type": self.type, "name": name, "texts": texts, "origin": self.origin}
        replace_plain(folder / f"{self.what}.json", json.dumps(known))

    @classmethod
    def kept(cls, what: str, state: Path) -> Draft | None:
        """Read what was kept for later, if there is something that can be read."""
        from core.own_folder import read_plain

        try:
            known = json.loads(read_plain(state / "drafts" / f"{what}.json"))
            texts = {str(name): str(value) for name, value in known["texts"].items()}
            draft = cls(
                what, type=str(known["type"]), name=str(known["name"]), texts=texts, origin=str(known["origin"])
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return draft if draft.type in draft.types else None

    def drop(self, state: Path) -> None:
        """Forget what was kept for later."""
        with contextlib.suppress(OSError):
            (state / "drafts" / f"{self.what}.json").unlink()
