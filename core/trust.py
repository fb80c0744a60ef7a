"""A project's folder is trusted once somebody has said so, on this machine: nothing outside of it is run or reached before.

A project is files that somebody may have sent: a clone, an archive, a pull. What these name outside of their own folder is a `Reach`:

    [secrets]            the command that prints secrets; the keyring's entries, which are kept under a name that the file chooses
    [alerts.<name>]      a command; the address of a webhook that is read from the secrets
    sources/<name>       the host that a secret is sent to, with all settings that say how (a port, TLS, an account, a file of authorities)
    destinations/<name>  the address that rows and a secret are sent to, with its settings, proxy and authorities
    state, DuckDB files and file destinations that lie outside of the folder

Hosts count because they are what secrets go to: a clone that has the name of another project would else be given that project's entries of
the keyring, and send them to its own host. Loopback counts as well: what listens there often trusts whoever can reach it. Settings that
have their default value do not count (of a file that a reach names, such as a script, the content does), nor do limits and time zones, queries and schedules: they move nothing out of what was allowed.

What was allowed is a set of digests, one a reach, so that a change asks again about what it changed and stops nothing else. It is kept
under the user's own state folder, one file a project, by its resolved path: nothing in a project can say that it is trusted, and neither
can a `.backhaul` that came with it (which is why a project that was used before there was trust is asked about once, too).

For machines: `backhaul trust --yes` once, or BACKHAUL_TRUST, a list of folders (as PATH is one) in and under which projects are trusted.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from core.destinations import destination_type
from core.errors import ProjectError, TrustError
from core.model import AlertTo, Network, Project, Reach, SecretsFrom
from core.own_folder import create_text, is_plain_file
from core.owners import foreign_owner, mine, user_name
from core.paths import expanded
from core.warehouses import warehouse_type

__all__ = [
    "STATE",
    "VARIABLE",
    "Trusted",
    "allow",
    "check_owner",
    "foreign_user",
    "namesakes",
    "reaches_of",
    "require_trust",
    "revoke",
    "untrusted",
]

VARIABLE = "BACKHAUL_TRUST"
"""The environment variable that names folders whose projects are trusted."""

_FORM = "1"
_MOST_BYTES = 4_000_000
_SECRETS = "secrets"
STATE = "state"
"""The place of the reach that is a state folder elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """What was allowed of the project in `folder`: the digests of its reaches, and the users whose files count there."""

    folder: str
    name: str
    reaches: frozenset[str]
    owners: frozenset[int]


def reaches_of(project: Project) -> tuple[Reach, ...]:
    """Return everything that a project's files name outside of its folder, in the order of its files."""
    return (
        *_state(project),
        *_secrets(project),
        *_alerts(project),
        *_sources(project),
        *_destinations(project),
    )


def untrusted(folder: Path, reaches: Sequence[Reach]) -> tuple[Reach, ...]:
    """Return those of a project's reaches that were not allowed."""
    if not reaches or _is_listed(folder):
        return ()
    known = _read(folder)
    return tuple(reach for reach in reaches if known is None or reach.digest not in known.reaches)


def require_trust(project: Project, *places: str) -> None:
    """Raise TrustError where one of these places ('secrets', 'sources/prod') reaches out of the folder and was not allowed to."""
    blocked = [reach for reach in project.untrusted if reach.place in places]
    if blocked:
        raise TrustError(
            f"This folder is not trusted yet. {blocked[0].place}: it {blocked[0].says}.",
            where=str(project.folder),
            remedy=f"`backhaul trust {shlex.quote(str(project.folder))}` shows what it would run and reach, and asks.",
        )


def _state(project: Project) -> Iterator[Reach]:
    if place := _outside(project.folder, project.state):
        yield _reach(STATE, f"keeps its state in {place}", {"path": place})


def _secrets(project: Project) -> Iterator[Reach]:
    if project.secrets_from is SecretsFrom.COMMAND:
        command = project.secrets_command
        words = _words(command)
        says = f"runs the command {command!r} for each secret"
        yield _reach(_SECRETS, says, {"command": command, "files": _files(project.folder, words)})
    elif _needs_secrets(project):
        says = {
            SecretsFrom.KEYRING: f"reads secrets from the keyring, service 'backhaul: {project.name}'",
            SecretsFrom.ENVIRONMENT: "reads secrets from environment variables",
            SecretsFrom.SYSTEMD: "reads secrets from systemd credentials",
        }[project.secrets_from]
        name = project.name if project.secrets_from is SecretsFrom.KEYRING else ""
        yield _reach(_SECRETS, says, {"from": project.secrets_from.value, "name": name})


def _needs_secrets(project: Project) -> bool:
    return (
        any(warehouse_type(source.type).needs(source.settings) for source in project.sources.values())
        or any(destination_type(each.type).needs(each.settings) for each in project.destinations.values())
        or any(alert.to is AlertTo.WEBHOOK for alert in project.alerts.values())
    )


def _alerts(project: Project) -> Iterator[Reach]:
    for alert in project.alerts.values():
        place = f"alerts/{alert.name}"
        if alert.to is AlertTo.COMMAND:
            says = f"runs the command {shlex.join(alert.command)}"
            facts = {"command": list(alert.command), "files": _files(project.folder, alert.command)}
            yield _reach(place, says, facts)
        elif alert.to is AlertTo.WEBHOOK:
            yield _reach(place, f"sends alerts to the address in the secret {place}.url", {"to": alert.to.value})


def _sources(project: Project) -> Iterator[Reach]:
    for source in project.sources.values():
        place, plugin = f"sources/{source.name}", warehouse_type(source.type)
        if local := getattr(plugin, "local_path", ""):
            path = _outside(project.folder, project.folder / expanded(getattr(source.settings, local)))
            if path:
                yield _reach(place, f"reads {path}", {"type": source.type, "path": path})
            continue
        settings = _changed(source.settings)
        facts = {"type": source.type, "settings": settings, "files": _files(project.folder, settings.values())}
        yield _reach(place, f"connects to {_told(source.type, settings)}", facts)


def _destinations(project: Project) -> Iterator[Reach]:
    for destination in project.destinations.values():
        place, plugin = f"destinations/{destination.name}", destination_type(destination.type)
        if local := getattr(plugin, "local_path", ""):
            path = _outside(project.folder, project.folder / getattr(destination.settings, local))
            if path:
                yield _reach(place, f"writes to {path}", {"type": destination.type, "path": path})
            continue
        settings, network = _changed(destination.settings), _network(project.folder, destination.network)
        says = f"sends rows to {_told(destination.type, settings | network)}"
        files = _files(project.folder, network.values())
        yield _reach(place, says, {"type": destination.type, "settings": settings, "network": network, "files": files})


def _network(folder: Path, network: Network) -> dict[str, Any]:
    """Return what a network says; a file of authorities by its path in the project, so that a project that is moved says the same."""
    found = _changed(network)
    if "ca_file" in found and Path(network.ca_file).is_relative_to(folder):
        found["ca_file"] = Path(network.ca_file).relative_to(folder).as_posix()
    return found


def _changed(settings: Any) -> dict[str, Any]:
    """Return the settings that do not have their default value."""
    values = asdict(settings)
    return {each.name: values[each.name] for each in fields(settings) if values[each.name] != each.default}


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # it does not run, and says so
        return []


def _files(folder: Path, texts: Iterable[object]) -> dict[str, str]:
    """Return the digests of the project's own files that are named: a script, the authorities of a host. What was allowed is their content.

    What lies outside did not come with the project, and may change: a token that is read, the program itself.
    """
    found = {}
    for text in texts:
        if isinstance(text, str) and text and "\0" not in text:
            file = folder / expanded(text)
            try:
                if not _outside(folder, file) and is_plain_file(file) and file.stat().st_size <= _MOST_BYTES:
                    found[text] = _digest(file.read_bytes())
            except OSError:
                continue
    return found


def _told(kind: str, settings: Mapping[str, Any]) -> str:
    said = ", ".join(
        f"{name} = {json.dumps(value, ensure_ascii=False, default=str)}" for name, value in settings.items()
    )
    return f"{kind}: {said}" if said else kind


def _outside(folder: Path, path: Path) -> str:
    """Return where a path leads, links followed, where that is outside of a folder; nothing where it is inside."""
    try:
        place = path.resolve()
        return "" if place.is_relative_to(folder.resolve()) else str(place)
    except (OSError, ValueError, RuntimeError):  # a loop of links: whoever uses it says so
        return str(path)


def _reach(place: str, says: str, facts: Mapping[str, Any]) -> Reach:
    text = json.dumps([_FORM, place, facts], sort_keys=True, ensure_ascii=True, default=str)
    return Reach(place=place, says=says, digest=_digest(text.encode()))


def _digest(content: bytes) -> str:
    import hashlib  # a project that reaches nothing starts without it

    return hashlib.sha256(content).hexdigest()


# whose files count


def check_owner(folder: Path, path: Path) -> None:
    """Raise ProjectError where a file of the project in `folder`, or the folder, belongs to somebody whose files do not count there."""
    user = foreign_owner(path, mine())
    if user is None or _is_listed(folder) or ((known := _read(folder)) and user in known.owners):
        return
    raise ProjectError(
        f"This belongs to another user, {user_name(user)}, who could have you run commands and send secrets.",
        where=str(path),
        remedy=f"If you trust them: `backhaul trust {shlex.quote(str(folder))}`; else make the project your own (chown, or a clone of it).",
    )


# what was allowed


def allow(project: Project) -> None:
    """Allow everything that a project names, and the users to whom its files belong. Raises TrustError where that cannot be kept."""
    file = _file(project.folder)
    if file is None:
        raise TrustError("There is no place to keep that: this user has no home folder.", remedy=_BY_VARIABLE)
    document = {
        "folder": str(_resolved(project.folder)),
        "name": project.name,
        "reaches": sorted(reach.digest for reach in project.reaches),
        "owners": sorted(_foreign_users(project.folder)),
    }
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        create_text(new, json.dumps(document))
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise TrustError(f"That cannot be kept: {error.strerror}.", where=str(file), remedy=_BY_VARIABLE) from error


_BY_VARIABLE = f"Name the folder in the environment variable {VARIABLE} instead."


def revoke(folder: Path) -> bool:
    """Take back what was allowed of the project in a folder; say whether there was something."""
    file = _file(folder)
    was_there = file is not None and file.is_file()
    if file is not None:
        file.unlink(missing_ok=True)
    return was_there


def namesakes(project: Project) -> tuple[str, ...]:
    """Return the other folders on this machine whose trusted projects have the same name, and with it the same keyring entries."""
    own = str(_resolved(project.folder))
    place = _file(project.folder)
    found = [_decoded(file) for file in sorted(place.parent.glob("*.json"))] if place else []
    return tuple(each.folder for each in found if each and each.name == project.name and each.folder != own)


def foreign_user(folder: Path) -> int | None:
    """Return another user to whom files of a project belong; None where there is none, or everybody's count."""
    return None if _is_listed(folder) else next(iter(sorted(_foreign_users(folder))), None)


def _foreign_users(folder: Path) -> set[int]:
    return {user for path in _own_files(folder) if (user := foreign_owner(path, mine())) is not None}


def _own_files(folder: Path) -> Iterator[Path]:
    """Yield the folder, its file, and the files of its parts."""
    yield folder
    yield folder / "backhaul.toml"
    for part in ("sources", "destinations", "syncs"):
        yield folder / part
        with contextlib.suppress(OSError):
            yield from (folder / part).iterdir()


def _is_listed(folder: Path) -> bool:
    """Say whether the environment trusts a folder."""
    listed = [entry for entry in os.environ.get(VARIABLE, "").split(os.pathsep) if os.path.isabs(entry)]  # noqa: PTH117 -- texts
    return bool(listed) and any(_resolved(folder).is_relative_to(_resolved(Path(entry))) for entry in listed)


def _resolved(folder: Path) -> Path:
    try:
        return folder.resolve()
    except (OSError, RuntimeError):
        return folder.absolute()


def _file(folder: Path) -> Path | None:
    """Return where it is kept what was allowed of a folder; None where this user has no home."""
    base = os.environ.get("XDG_STATE_HOME", "")
    home = Path(base) if os.path.isabs(base) else expanded("~/.local/state")  # noqa: PTH117 -- "" is no path
    if not home.is_absolute():
        return None  # it would be looked for in the folder that Backhaul is called in: the very project, perhaps
    return home / "backhaul" / "trust" / f"{_digest(os.fsencode(_resolved(folder)))}.json"


def _read(folder: Path) -> Trusted | None:
    """Return what was allowed of a folder; None where nothing was, or what says so is not this user's own."""
    file = _file(folder)
    found = _decoded(file) if file else None
    return found if found and found.folder == str(_resolved(folder)) else None


def _decoded(file: Path) -> Trusted | None:
    try:
        handle = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as opened:
            status = os.fstat(opened.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o022 or (mine() and status.st_uid not in mine()):
                return None
            document = json.loads(opened.read(4_000_000))
        return Trusted(
            folder=str(document["folder"]),
            name=str(document["name"]),
            reaches=frozenset(map(str, document["reaches"])),
            owners=frozenset(map(int, document["owners"])),
        )
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
