"""What the wizard asks about credentials: what other tools have, what a key text is, where secrets can be kept here.

A secret that comes in is held in this process (`held`); what goes out are facts about it, and a handle.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from core import keys, secrets
from core.errors import BackhaulError, SecretError, UsageError
from core.model import Secret, SecretsFrom
from core.paths import expanded
from core.setup import Found, on_this_machine
from core.workbench.request import Request
from core.workbench.secret_cache import hold, hold_locked, take, take_locked

__all__ = ["existing", "hold_secret", "place", "write_secret"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nothing:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """The whole names of the secrets whose place is asked for."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hold:
    """Where the secret comes from: `value` is its text, `path` its file; `origin` names a connection of another tool, whose
    secret `secret` is; `generate` makes a fresh key; `held` is the handle of one that is held, or waits for its passphrase.
    `kind` says what it has to be. A path is no secret, so it stands apart: it may be told in the answer.
    """

    kind: Literal["private_key", "service_account", "plain"] = "plain"
    value: str = ""
    path: str = ""
    held: str = ""
    origin: str = ""
    secret: str = ""
    generate: bool = False
    passphrase: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Write:
    """The handle of a secret that is held, and the file that a person names for it."""

    held: str
    path: str


def existing(request: Request) -> Mapping[str, Any]:
    """Return the connections that other tools keep on this machine; of their secrets only the names."""
    request.asked(_Nothing)
    return {
        "found": [
            {
                "origin": found.origin,
                "type": found.type,
                "summary": found.summary,
                "settings": dict(found.settings),
                "secrets": list(found.secrets),
                "notes": list(found.notes),
            }
            for found in _existing()
        ]
    }


def _existing() -> tuple[Found, ...]:
    return on_this_machine(os.environ, Path.home())


def hold_secret(request: Request) -> Mapping[str, Any]:
    """Look at a secret, hold it, and return what a person should know of it."""
    asked = request.asked(_Hold)
    text, file = _material(asked)
    facts: dict[str, Any]
    match asked.kind:
        case "private_key":
            facts = _key_facts(asked, text)
        case "service_account":
            facts = _account_facts(text)
        case _:
            facts = {"handle": hold(Secret(_decoded(text))) if text else "", "fits": bool(text)}
    facts["file"] = str(file) if file else ""
    facts["warning"] = keys.warning_of(file) if file else ""
    return facts


def _material(asked: _Hold) -> tuple[bytes | str, Path | None]:
    """Return the text of a secret, and its file where it is in one."""
    if asked.generate:
        return "", None
    if asked.origin:
        found = next((each for each in _existing() if each.origin == asked.origin), None)
        if found is None or asked.secret not in found.secrets:
            raise UsageError(f"There is no {asked.secret or 'secret'} in {asked.origin} any more.")
        return found.secrets[asked.secret].reveal(), None
    if asked.held:
        return (take_locked(asked.held) if asked.passphrase else take(asked.held).reveal()), None
    if asked.path:
        file = expanded(asked.path.strip().strip("'\""))
        return keys.read(file), file
    return asked.value, None


def _decoded(text: bytes | str) -> str:
    return text if isinstance(text, str) else text.decode("utf-8", "replace")


def _key_facts(asked: _Hold, material: bytes | str) -> dict[str, Any]:
    found = (
        keys.generate()
        if asked.generate
        else keys.inspect(material, Secret(asked.passphrase) if asked.passphrase else None)
    )
    user = asked.user or "SVC_BACKHAUL"
    waits = found.verdict is keys.Verdict.NEEDS_PASSPHRASE
    return {
        "locked": (asked.held or hold_locked(material)) if waits else "",
        "user": asked.user,
        "public_key": found.public_key,
        "handle": hold(found.key) if found.key else "",
        "fits": found.key is not None,
        "needs_passphrase": waits,
        "found": found.found,
        "sentence": found.sentence,
        "remedy": found.remedy,
        "mends": list(found.fixes),
        "command": found.command,
        "fingerprint": found.fingerprint,
        "statement": keys.statement(user, found.public_key) if found.public_key else "",
        "lines": 0 if asked.generate else _decoded(material).strip().count("\n") + 1,
    }


def _account_facts(material: bytes | str) -> dict[str, Any]:
    found = keys.service_account(material)
    if isinstance(found, keys.NoServiceAccount):
        return {
            "handle": "",
            "fits": False,
            "found": found.found,
            "sentence": found.sentence,
            "remedy": found.remedy,
            "mends": list(found.faults),
        }
    return {
        "handle": hold(found.text),
        "fits": True,
        "found": "a service account",
        "sentence": f"{found.email} of project {found.project}.",
        "remedy": "",
        "mends": list(found.warnings),
        "settings": {"project": found.project},
        "lines": _decoded(material).strip().count("\n") + 1,
    }


def place(request: Request) -> Mapping[str, Any]:
    """Say where this project's secrets live, whether they can be kept there on this host, and where else they could be."""
    asked = request.asked(_Place)
    project = request.project(looking=True)
    message = remedy = ""
    if project.secrets_from is SecretsFrom.KEYRING:
        try:
            secrets.present(project, "a look whether it is open")
        except SecretError as error:
            message, remedy = error.message, error.remedy
        except BackhaulError as error:
            message, remedy = error.message, error.remedy
    return {
        "from": project.secrets_from.value,
        "place": secrets.place(project),
        "usable": not message,
        "message": message,
        "remedy": remedy,
        "locked": message == secrets.LOCKED,
        "places": {
            each.value: {name: secrets.place(replace(project, secrets_from=each), name) for name in asked.names}
            for each in SecretsFrom
        },
    }


def write_secret(request: Request) -> Mapping[str, Any]:
    """Write a secret that is held into a new file that only its owner can read: for a host that has no keyring to store it in.

    Raises UsageError for a file that is there already, or that is in the project's folder, which is made for git.
    """
    asked = request.asked(_Write)
    folder = request.project(looking=True).folder.resolve()
    try:
        file = (folder / expanded(asked.path.strip().strip("'\""))).absolute()
    except (RuntimeError, ValueError) as error:
        raise UsageError(f"This is not a valid path: {error}", remedy="Name a file, such as ~/rsa_key.p8.") from None
    if file.parent.resolve().is_relative_to(folder):
        raise UsageError(
            "That file would be in the project's folder, which is made for git.",
            where=str(file),
            remedy="Name a file somewhere else, such as ~/rsa_key.p8.",
        )
    if os.path.lexists(file):
        raise UsageError("The file exists already, and was not changed.", where=str(file), remedy="Name another file.")
    keys.write(file, take(asked.held))
    return {"file": str(file)}
