"""Secrets: in the OS keyring, or where the user explicitly chose. The only importer of keyring.

A secret is named by what it opens: `sources/prod.password`, `destinations/cio.api_key`, `alerts/team.url`. In the keyring it is an entry of
the service "backhaul: <project's name>". A host without a keyring gets no silent substitute; backhaul.toml says instead

    [secrets]
    from = "environment"       # BACKHAUL_SOURCES_PROD_PASSWORD
    from = "systemd"           # LoadCredential=sources-prod-password:... ; read from $CREDENTIALS_DIRECTORY
    from = "command"
    command = "pass show backhaul/{name}"    # it runs in the project's folder

Backends of keyring that keep plain text are refused.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import SecretError, UsageError
from core.model import AlertTo, Project, Secret, SecretsFrom
from core.plugins import nearest
from core.redaction import remember_secret
from core.trust import LEAVES_NOTHING, require_trust

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

__all__ = [
    "LOCKED",
    "backend_name",
    "credential",
    "delete",
    "full_names",
    "meaning",
    "place",
    "present",
    "reader",
    "store",
]

LOCKED = "The keyring is locked."
"""What is said of a keyring that is there, and opens once its owner has unlocked it."""

_COMMAND_SECONDS = 30
_CHOICES = (
    'Choose where secrets live on this host, in backhaul.toml: [secrets] from = "environment" (variables), "systemd" '
    '(credentials of the unit) or "command" (such as `pass show`).'
)


def reader(project: Project) -> Callable[[str], Secret]:
    """Return the function that reads a secret of this project by its name. It raises SecretError."""

    def read(name: str) -> Secret:
        text = _read(project, name)
        if not text:
            raise SecretError(
                f"There is no secret {name}.", where=place(project, name), remedy=_how_to_set(project, name)
            )
        remember_secret(text)  # whatever repeats it from now on is blacked out
        return Secret(text)

    return read


def present(project: Project, name: str) -> bool:
    """Return whether a secret is there. Raises SecretError where the place cannot be used."""
    return bool(_read(project, name))


def backend_name() -> str:
    """Return the name of this host's keyring. Raises SecretError where there is none that may be used, or it does not answer."""
    backend = _backend()
    with _explaining():
        backend.get_password("backhaul", "nothing")
    return type(backend).__module__


def full_names(project: Project) -> Mapping[str, str]:
    """Return the names of all secrets that this project's sources, destinations and alerts may need, with their meaning."""
    from core.destinations import destination_type
    from core.warehouses import warehouse_type

    names = {}
    for source in project.sources.values():
        warehouse = warehouse_type(source.type)
        for name in warehouse.needs(source.settings):
            names[f"sources/{source.name}.{name}"] = warehouse.secrets[name]
    for destination in project.destinations.values():
        plugin = destination_type(destination.type)
        for name in plugin.needs(destination.settings):
            names[f"destinations/{destination.name}.{name}"] = plugin.secrets[name]
    for alert in project.alerts.values():
        if alert.to is AlertTo.WEBHOOK:
            names[f"alerts/{alert.name}.url"] = "Address of the webhook"
    return names


def meaning(project: Project, name: str) -> str:
    """Say what a secret is. Raises UsageError, with the nearest known name, where the project needs none of this name."""
    known = full_names(project)
    if name not in known:
        raise UsageError(
            f"Nothing in this project needs a secret {name!r}.{nearest(name, list(known))}",
            remedy=f"Known: {', '.join(sorted(known)) or 'none; this project needs no secret'}.",
        )
    return known[name]


def store(project: Project, name: str, secret: Secret) -> None:
    """Store a secret in the keyring. Raises SecretError where this project keeps its secrets elsewhere, or where it is not stored."""
    if not secret.reveal():
        raise UsageError("The secret is empty.")
    _only_keyring(project)
    backend = _backend()
    with _explaining():
        backend.set_password(_service(project), name, secret.reveal())
        kept = backend.get_password(_service(project), name) == secret.reveal()
    if not kept:
        raise SecretError(
            f"This host's keyring ({type(backend).__module__}) did not store the secret.", remedy=_CHOICES
        )


def delete(project: Project, name: str) -> None:
    """Remove a secret from the keyring. Raises SecretError where there is none."""
    _only_keyring(project)
    import keyring.errors

    try:
        with _explaining(but=keyring.errors.PasswordDeleteError):
            _backend().delete_password(_service(project), name)
    except keyring.errors.PasswordDeleteError as error:
        raise SecretError(f"There is no secret {name}.", where=place(project, name)) from error


def place(project: Project, name: str = "") -> str:
    """Say where a secret of this project lives, in words; with a name, exactly where."""
    match project.secrets_from:
        case SecretsFrom.KEYRING:
            return f"the keyring, service {_service(project)!r}"
        case SecretsFrom.ENVIRONMENT:
            return f"the environment variable {_variable(name)}" if name else "environment variables BACKHAUL_…"
        case SecretsFrom.SYSTEMD:
            return f"the systemd credential {credential(name)}" if name else "systemd credentials"
        case SecretsFrom.COMMAND:
            return f"the command {project.secrets_command!r}"


def _read(project: Project, name: str) -> str:
    require_trust(project, "secrets", name.rpartition(".")[0])
    match project.secrets_from:
        case SecretsFrom.KEYRING:
            return _from_keyring(project, name)
        case SecretsFrom.ENVIRONMENT:
            return os.environ.get(_variable(name), "")
        case SecretsFrom.SYSTEMD:
            return _from_systemd(name)
        case SecretsFrom.COMMAND:
            return _from_command(project, name)


def _from_keyring(project: Project, name: str) -> str:
    backend = _backend()
    with _explaining():
        return backend.get_password(_service(project), name) or ""


def _from_systemd(name: str) -> str:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise SecretError(
            "There are no systemd credentials: CREDENTIALS_DIRECTORY is not set.",
            remedy=f"Run Backhaul in a unit with LoadCredential={credential(name)}:/path/to/file.",
        )
    file = Path(folder) / credential(name)
    try:
        return file.read_text("utf-8").rstrip("\n")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SecretError(f"The systemd credential cannot be read: {error.strerror}.", where=str(file)) from error
    except UnicodeDecodeError:
        # without its cause, whose traceback would hold the bytes
        raise SecretError("The systemd credential is not UTF-8 text.", where=str(file)) from None


def _from_command(project: Project, name: str) -> str:
    try:
        words = [word.replace("{name}", name) for word in shlex.split(project.secrets_command)]
    except ValueError as error:
        raise _command_failed(project, f"is not understood: {error}") from error
    if not words:
        raise SecretError(
            "The project's secrets come from a command, and backhaul.toml does not say which.",
            where=str(project.folder / "backhaul.toml"),
            remedy='Add one under [secrets], like command = "pass show backhaul/{name}".',
        )
    try:
        done = subprocess.run(  # noqa: S603 -- the user's own command, from their own file
            words,
            capture_output=True,
            timeout=_COMMAND_SECONDS,
            check=False,
            cwd=project.folder,  # where trust has looked at what it runs
            env={**os.environ, **LEAVES_NOTHING},
        )
    except subprocess.TimeoutExpired:
        # without its cause, which holds what the command printed
        raise _command_failed(project, f"did not end within {_COMMAND_SECONDS} seconds for {name}") from None
    except OSError as error:
        raise _command_failed(project, f"did not run: {error.strerror}") from error
    if done.returncode != 0:
        raise _command_failed(project, f"ended with {done.returncode} for {name}")
    return done.stdout.decode("utf-8", "replace").rstrip("\n")


def _command_failed(project: Project, what: str) -> SecretError:
    return SecretError(
        f"The command for secrets {what}.",
        where=project.secrets_command,
        remedy="Try it in a shell; it has to print the secret and nothing else.",
    )


def _backend() -> KeyringBackend:
    """Return the keyring's backend. Refuses hosts without one, and backends that keep plain text."""
    import keyring
    import keyring.backends.chainer
    import keyring.backends.fail
    import keyring.backends.null

    try:
        backend: KeyringBackend = keyring.get_keyring()
    except Exception as error:  # noqa: BLE001 -- the module that PYTHON_KEYRING_BACKEND or keyringrc.cfg names may raise anything
        raise SecretError(
            f"The keyring that this host is set to use cannot be loaded: {type(error).__name__}.",
            remedy=f"Check PYTHON_KEYRING_BACKEND and the file keyringrc.cfg, or leave them out. {_CHOICES}",
        ) from None
    chained = getattr(backend, "backends", [backend])
    plain = [type(each).__name__ for each in chained if _keeps_plain_text(each)]
    if plain:
        raise SecretError(f"This host's keyring ({plain[0]}) keeps secrets in plain text.", remedy=_CHOICES)
    nothing = keyring.backends.fail.Keyring | keyring.backends.null.Keyring  # the one refuses, the other forgets
    if all(isinstance(each, nothing) for each in chained):
        raise SecretError("This host has no keyring.", remedy=_CHOICES)
    return backend


def _keeps_plain_text(backend: object) -> bool:
    """Return whether a keyring, what it is made from, or one that it hands on to, is one of plain text."""
    within = [
        backend,
        *(value for value in getattr(backend, "__dict__", {}).values() if hasattr(value, "get_password")),
    ]
    return any("plain" in base.__name__.lower() for each in within for base in type(each).__mro__)


@contextlib.contextmanager
def _explaining(but: type[Exception] = SecretError) -> Iterator[None]:
    """Translate whatever a keyring raises, but for one kind of error: its modules are others' code, and so are the services behind them."""
    try:
        yield
    except (but, SecretError):
        raise
    except Exception as error:  # noqa: BLE001 -- see above
        # without its cause: its text and its frames are not ours, and may hold the secret
        raise _explained(error) from None


def _explained(error: Exception) -> SecretError:
    import keyring.errors

    if isinstance(error, keyring.errors.KeyringLocked | keyring.errors.InitError):
        return SecretError(LOCKED, remedy="Unlock it (log in to the desktop, or its own tool), then try again.")
    return SecretError(f"The keyring cannot be used: {type(error).__name__}.", remedy=_CHOICES)


def _only_keyring(project: Project) -> None:
    if project.secrets_from is not SecretsFrom.KEYRING:
        raise SecretError(
            f"This project's secrets live in {place(project)}; Backhaul only reads them there.",
            where=str(project.folder / "backhaul.toml"),
        )


def _how_to_set(project: Project, name: str) -> str:
    match project.secrets_from:
        case SecretsFrom.KEYRING:
            return f"Set it with `backhaul secret set {name}`."
        case SecretsFrom.ENVIRONMENT:
            return f"Set {_variable(name)} in the environment that Backhaul runs in."
        case SecretsFrom.SYSTEMD:
            return f"Add LoadCredential={credential(name)}:/path/to/file to the unit."
        case SecretsFrom.COMMAND:
            return "Let the command print it."


def _service(project: Project) -> str:
    return f"backhaul: {project.name}"


def _variable(name: str) -> str:
    return "BACKHAUL_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


def credential(name: str) -> str:
    """Return the name of the systemd credential that a secret is."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", name)
