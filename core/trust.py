"""A project's folder is trusted once someone has said so, on this machine: nothing outside of it is run or reached before.

A project is files that someone may have sent: a clone, an archive, a pull. What these name outside of their own folder is a `Reach`:

    [secrets]            the command that prints secrets; the keyring's entries, which are kept under a name that the file chooses
    [alerts.<name>]      a command; the address of a webhook that is read from the secrets
    sources/<name>       the host that a secret is sent to, with all settings that say how (a port, TLS, an account, a file of authorities)
    destinations/<name>  the address that rows and a secret are sent to, with its settings, proxy and authorities
    state, DuckDB files and file destinations that lie outside of the folder; a state folder that was not made on this machine

Hosts count because they are what secrets go to: a clone that has the name of another project would else be given that project's entries of
the keyring, and send them to its own host. Loopback counts as well: what listens there often trusts whoever can reach it. Settings that
have their default value do not count (of a file of authorities the content does, and with a command that of the whole folder: see
core.folder_content), nor do limits and time zones, queries and schedules: they move nothing out of what was allowed.

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
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from core.control_chars import escape_control_chars
from core.destinations import destination_type
from core.errors import ProjectError, TrustError
from core.model import AlertTo, Network, Project, Reach, SecretsFrom
from core.own_folder import adopt, create_text, is_made, is_made_here, token_of
from core.owners import foreign_owner, mine, user_name
from core.paths import expanded, user_state
from core.warehouses import warehouse_type

__all__ = [
    "LEAVES_NOTHING",
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

LEAVES_NOTHING = {"PYTHONDONTWRITEBYTECODE": "1"}
"""What the environment of a project's command says, so that running it changes nothing of what was allowed."""

_FORM = "1"
_Content = Callable[[], str | None]
"""Gives the digest of what the project's commands may run in its folder; None where that is too large."""

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


def reaches_of(project: Project, only: Collection[str] = ()) -> tuple[Reach, ...]:
    """Return everything that a project's files name outside of its folder, in the order of its files; or what has one of these places."""
    content = cache(lambda: _content(project))  # once, and only where there is a command
    found: dict[str, Callable[[], Iterator[Reach]]] = {
        STATE: lambda: _state(project),
        _SECRETS: lambda: _secrets(project, content),
        "alerts": lambda: _alerts(project, content),
        "sources": lambda: _sources(project),
        "destinations": lambda: _destinations(project),
    }
    kinds = {place.partition("/")[0] for place in only}
    reaches = (reach for kind, read in found.items() if not only or kind in kinds for reach in read())
    return tuple(reach for reach in reaches if not only or reach.place in only)


def untrusted(folder: Path, reaches: Sequence[Reach]) -> tuple[Reach, ...]:
    """Return those of a project's reaches that were not allowed."""
    if not reaches or _is_listed(folder):
        return ()
    known = _read(folder)
    return tuple(reach for reach in reaches if known is None or reach.digest not in known.reaches)


def require_trust(project: Project, *places: str) -> None:
    """Raise TrustError where one of these places ('secrets', 'sources/prod') reaches out of the folder and was not allowed to.

    It is called right before a place is used. The project may have been read long ago, by a daemon: what its files say has not changed
    since, but the content of a script may have, or what is allowed.
    """
    blocked = [reach for reach in project.untrusted if reach.place in places]
    blocked = blocked or list(untrusted(project.folder, reaches_of(project, places)))
    if blocked:
        raise TrustError(
            f"This folder is not trusted yet. {blocked[0].place}: it {blocked[0].says}.",
            where=str(project.folder),
            remedy=f"`backhaul trust {_quoted(project.folder)}` shows what it would run and reach, and asks."
            if blocked[0].digest
            else _SMALLER,
        )


def _state(project: Project) -> Iterator[Reach]:
    if place := _outside(project.folder, project.state):
        yield _reach(STATE, f"keeps its state in {place}", {"path": place})
    elif is_made(project.state) and not is_made_here(project.state):
        says = (
            "has a state folder that was not made on this machine: plans to be sent, requests, what counts as delivered"
        )
        yield _reach(STATE, says, {"token": token_of(project.state)})


def _secrets(project: Project, content: _Content) -> Iterator[Reach]:
    if project.secrets_from is SecretsFrom.COMMAND:
        command = project.secrets_command
        yield _command(_SECRETS, f"runs the command {command!r} for each secret", command, content())
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


def _alerts(project: Project, content: _Content) -> Iterator[Reach]:
    for alert in project.alerts.values():
        place = f"alerts/{alert.name}"
        if alert.to is AlertTo.COMMAND:
            yield _command(place, f"runs the command {shlex.join(alert.command)}", list(alert.command), content())
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


def _command(place: str, says: str, command: object, content: str | None) -> Reach:
    """Return the reach of a command; one without a digest, which nothing allows, where what it may run is not known."""
    if content is None:
        return Reach(place=place, says=escape_control_chars(f"{says}, and {_TOO_LARGE}"), digest="")
    return _reach(place, says, {"command": command, "folder": content})


_TOO_LARGE = "cannot be allowed: the folder is too large, or a folder in it cannot be listed, so a change of what the command may run would go unnoticed"
_SMALLER = (
    "Up to 2,000 files and 64 MB in the folder are looked at. Make it smaller, as by moving data and programs out of it (or readable), then "
    f"`backhaul trust` asks; or trust whatever will be in it, with the environment variable {VARIABLE}."
)


def _content(project: Project) -> str | None:
    """Return the digest of what the project's commands may run in its folder; None where that is too large."""
    from core.folder_content import Own, content_of  # most projects name no command

    folder = project.folder
    commands = [project.secrets_command] if project.secrets_from is SecretsFrom.COMMAND else []
    for alert in project.alerts.values():
        commands += alert.command
    sources = [(warehouse_type(each.type), each.settings) for each in project.sources.values()]
    destinations = [(destination_type(each.type), each.settings) for each in project.destinations.values()]
    own = Own(
        states=(project.state, folder / ".backhaul", *([kept.parent] if (kept := _file(folder)) else [])),
        databases=_local_places(folder, sources),
        delivered=_local_places(folder, destinations),
    )
    return content_of(folder, commands, own)


def _local_places(folder: Path, used: Iterable[tuple[Any, Any]]) -> list[Path]:
    """Return the files or folders of this machine that sources or destinations name."""
    return [
        folder / expanded(getattr(settings, local))
        for plugin, settings in used
        if (local := getattr(plugin, "local_path", ""))
    ]


def _files(folder: Path, texts: Iterable[object]) -> dict[str, str]:
    """Return the digests of the project's own files that are named, such as a host's authorities. What was allowed is their content.

    What lies outside did not come with the project, and its content may change. A link counts as what it leads to in the end; of one that
    leads out of the folder that is the place, since the link did come with the project.
    """
    from core.folder_content import file_digest

    found: dict[str, str] = {}
    for text in texts:
        if isinstance(text, str) and text and "\0" not in text:
            file = folder / expanded(text)
            try:
                if place := _outside(folder, file):
                    found |= {text: f"leads to {place}"} if _is_written_inside(folder, file) else {}
                elif (real := file.resolve()).is_file():
                    found[text] = file_digest(real)
            except (OSError, RuntimeError):
                continue
    return found


def _told(kind: str, settings: Mapping[str, Any]) -> str:
    said = ", ".join(
        f"{name} = {json.dumps(value, ensure_ascii=name in _ADDRESSES, default=str)}"
        for name, value in settings.items()
    )
    return f"{kind}: {said}" if said else kind


_ADDRESSES = frozenset({"account", "host", "proxy", "url"})
"""Settings in which a letter of another script may be taken for a Latin one: shown as an escape."""


def _outside(folder: Path, path: Path) -> str:
    """Return where a path leads, links followed, where that is outside of a folder; nothing where it is inside."""
    try:
        place = path.resolve()
        return "" if place.is_relative_to(folder.resolve()) else str(place)
    except (OSError, ValueError, RuntimeError):  # a loop of links: whoever uses it says so
        return str(path)


def _is_written_inside(folder: Path, path: Path) -> bool:
    """Return whether a path is in a folder as it is written, whatever links lead to."""
    return Path(os.path.normpath(path.absolute())).is_relative_to(os.path.normpath(folder.absolute()))


def _reach(place: str, says: str, facts: Mapping[str, Any]) -> Reach:
    text = json.dumps([_FORM, place, facts], sort_keys=True, ensure_ascii=True, default=str)
    return Reach(place=place, says=escape_control_chars(says), digest=_digest(text.encode()))


def _quoted(folder: Path) -> str:
    """Return a folder as it is written in a command, in one line."""
    return escape_control_chars(shlex.quote(str(folder)))


def _digest(content: bytes) -> str:
    import hashlib  # a project that reaches nothing starts without it

    return hashlib.sha256(content).hexdigest()


# whose files count


def check_owner(folder: Path, path: Path) -> None:
    """Raise ProjectError where a file of the project in `folder`, or the folder, belongs to someone whose files do not count there."""
    user = foreign_owner(path, mine())
    if user is None or _is_listed(folder) or ((known := _read(folder)) and user in known.owners):
        return
    raise ProjectError(
        f"This belongs to another user, {user_name(user)}, who could have you run commands and send secrets.",
        where=str(path),
        remedy=f"If you trust them: `backhaul trust {_quoted(folder)}`; else make the project your own (chown, or a clone of it).",
    )


# what was allowed


def allow(project: Project) -> None:
    """Allow everything that a project names, and the users to whom its files belong. Raises TrustError where that cannot be kept."""
    file = _file(project.folder)
    if file is None:
        raise TrustError("This user has no home folder, so it cannot be saved.", remedy=_BY_VARIABLE)
    document = {
        "folder": str(_resolved(project.folder)),
        "name": project.name,
        "reaches": sorted(reach.digest for reach in project.reaches if reach.digest),
        "owners": sorted(_foreign_users(project.folder)),
    }
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_made(project.state) and not is_made_here(project.state):
            adopt(project.state)
        new.unlink(missing_ok=True)
        create_text(new, json.dumps(document))
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise TrustError(f"That cannot be saved: {error.strerror}.", where=str(file), remedy=_BY_VARIABLE) from error
    if left := [reach for reach in project.reaches if not reach.digest]:
        raise TrustError(
            f"All but this is allowed. {left[0].place}: it {left[0].says}.", where=str(project.folder), remedy=_SMALLER
        )


_BY_VARIABLE = f"Name the folder in the environment variable {VARIABLE} instead."


def revoke(folder: Path) -> bool:
    """Take back what was allowed of the project in a folder; return whether there was something."""
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
    """Return whether the environment trusts a folder."""
    listed = [entry for entry in os.environ.get(VARIABLE, "").split(os.pathsep) if os.path.isabs(entry)]  # noqa: PTH117 -- texts
    return bool(listed) and any(_resolved(folder).is_relative_to(_resolved(Path(entry))) for entry in listed)


def _resolved(folder: Path) -> Path:
    try:
        return folder.resolve()
    except (OSError, RuntimeError):
        return folder.absolute()


def _file(folder: Path) -> Path | None:
    """Return where it is kept what was allowed of a folder; None where this user has no home."""
    home = user_state()
    return home / "trust" / f"{_digest(os.fsencode(_resolved(folder)))}.json" if home else None


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
