"""Secrets that the workbench holds for the credential's step: the console keeps their handles, and what may be shown of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.redaction import remember_public, remember_secret
from tui.messages import Refused
from tui.screens.wizard.draft import Draft
from tui.screens.wizard.secret_fields import is_file, is_path, is_structured

if TYPE_CHECKING:
    from tui.bridge import Bridge

__all__ = ["hold", "look", "state_anew"]

_SHORTEST_KEY = 100
"""What is shorter and on one line is still being typed."""


async def hold(bridge: Bridge, draft: Draft, name: str, **how: Any) -> bool:
    """Have a secret held; what is known of it goes to the draft. False where a path leads nowhere, or the file is refused."""
    remember_secret(how.get("value", ""))  # whatever it turns out to be
    before = draft.facts.get(name, {})
    kind = name if is_structured(name) else "plain"
    try:
        facts = await bridge.ask("hold", kind=kind, user=draft.texts.get("user", ""), **how)
    except Refused as error:
        draft.facts[name] = {"sentence": error.message, "remedy": error.remedy, "fits": False}
        draft.held.pop(name, None)
        return False
    remember_public(facts.get("public_key", ""))
    if how.get("origin"):
        facts = {**facts, "origin": how["origin"]}
    elif facts["file"]:
        facts = {**facts, "origin": Path(facts["file"]).name}
    if how.get("held") and facts.get("needs_passphrase"):  # what it is was told already; this is about the passphrase
        facts = {**facts, "lines": before.get("lines", 0), "origin": before.get("origin", ""), "tried": True}
    draft.facts[name] = facts
    draft.passed = None
    if facts["handle"]:
        remember_secret(how.get("passphrase", ""))
        draft.held[name] = facts["handle"]
        for setting, value in facts.get("settings", {}).items():
            draft.texts[setting] = draft.texts.get(setting) or value
    else:
        draft.held.pop(name, None)
    return True


async def look(bridge: Bridge, draft: Draft, typed: Mapping[str, str], *, whole: bool) -> list[str]:
    """Have the secrets held that are more than a word, as they were typed; with `whole`, nothing is still being typed.

    Gives the names of those that the workbench has taken, whose fields are to be emptied.
    """
    passphrase, taken = typed.get("passphrase", ""), []
    for name in filter(is_structured, draft.needed()):
        text, locked = typed.get(name, ""), draft.facts.get(name, {}).get("locked")
        how: dict[str, Any] = {}
        if is_path(text):
            how = {"path": text} if whole or is_file(text) else {}
        elif text and (whole or "\n" in text or len(text) >= _SHORTEST_KEY):
            how = {"value": text}
        elif locked and passphrase:
            how = {"held": locked}
        if how and await hold(bridge, draft, name, **how, passphrase=passphrase):
            taken.append(name)
    return taken


async def state_anew(bridge: Bridge, draft: Draft, name: str) -> None:
    """Have a key's statement made again: the user may be another one by now."""
    facts, user = draft.facts[name], draft.texts.get("user", "")
    if facts.get("user", user) != user:
        again = await bridge.ask("hold", kind=name, held=draft.held[name], user=user)
        draft.facts[name] = {**facts, "statement": again["statement"], "user": user}
