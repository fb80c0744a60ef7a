"""The fields of the credential's step: how one logs in, its secrets, and the place that they are read from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tui.screens.wizard.draft import Draft
from tui.settings_fields import settings_fields
from tui.widgets.form import Field

if TYPE_CHECKING:
    from tui.screens.wizard.setup import Setup

__all__ = ["KEYRING", "asks_for_place", "is_file", "is_path", "is_structured", "secret_fields"]

KEYRING = "keyring"
_PLACES = ("environment", "systemd", "command")
_STRUCTURED = ("private_key", "service_account")
_LONGEST_PATH = 300


def is_structured(name: str) -> bool:
    """Return whether a secret is more than a word, so that it can be looked at while it is entered."""
    return name in _STRUCTURED


def is_path(text: str) -> bool:
    """Return whether a text looks like the path of a file. A key on one line may begin with a slash, too, but is longer."""
    text = text.strip().strip("'\"")
    looks_like_one = text.startswith(("/", "~", "./", "../")) or text.endswith((".pem", ".p8", ".key", ".json", ".der"))
    return looks_like_one and "\n" not in text and len(text) < _LONGEST_PATH


def is_file(text: str) -> bool:
    """Return whether a path leads to a file."""
    try:
        return Path(text.strip().strip("'\"")).expanduser().is_file()
    except (OSError, RuntimeError, ValueError):
        return False


def asks_for_place(page: Setup, draft: Draft) -> bool:
    """Return whether a place is asked for: this host's keyring cannot be used, and the project has chosen none yet."""
    return bool(draft.needed() and page.place and not page.place["usable"])


def secret_fields(page: Setup, draft: Draft) -> list[Field]:
    """Return the fields that are needed now; another way to log in, or another place, needs others."""
    fields = []
    if draft.logins:
        choices = next(each.choices for each in settings_fields(draft.plugin) if each.name == "login")
        known = draft.texts.get("login", "")
        fields.append(Field(name="login", label="log in with", value=known or choices[0], choices=choices))
    for name in draft.needed():
        label = name.replace("_", " ")
        fields.append(Field(name=name, label=label, secret=True, placeholder=_placeholder(page, draft, name)))
        if draft.facts.get(name, {}).get("needs_passphrase"):
            fields.append(Field(name="passphrase", label="passphrase", secret=True, placeholder="of the key"))
    return fields + (_place_fields(page, draft) if asks_for_place(page, draft) else [])


def _place_fields(page: Setup, draft: Draft) -> list[Field]:
    choices = (*((KEYRING,) if page.place["locked"] else ()), *_PLACES)
    fields = [
        Field(
            name="secrets_from",
            label="read it from",
            value=draft.secrets_from,
            choices=choices,
            unchosen="not chosen yet",
        )
    ]
    if draft.secrets_from == "command":
        example = "pass show backhaul/{name}"
        fields.append(Field(name="secrets_command", label="command", value=draft.secrets_command, placeholder=example))
    return fields


def _placeholder(page: Setup, draft: Draft, name: str) -> str:
    """Say in an empty field what it holds, or what it takes."""
    facts = draft.facts.get(name, {})
    if facts.get("locked"):
        return "hidden; its passphrase opens it"
    if draft.held.get(name):
        lines = int(facts.get("lines") or 0)
        counted = f"{lines} lines, " if lines > 1 else ""
        origin = f"from {facts['origin']}" if facts.get("origin") else "enter another to replace it"
        return f"{counted}hidden; {origin}"
    if is_structured(name):
        return "paste it, or give its path"
    return (
        "hidden while you type"
        if page.keeps_secrets or asks_for_place(page, draft)
        else "may stay empty: it is read, not kept"
    )
