"""The project's files, to values and back. The only reader and writer of them.

    backhaul.toml              name, state, retention, [defaults], [guards], [secrets], [lint], [alerts.<name>]
    sources/<name>.toml        type, timezone and the type's settings; never a secret
    destinations/<name>.toml   type, the type's settings, [limits], [network]; never a secret
    syncs/<name>.sql           the query
    syncs/<name>.toml          source, destinations, call, schedule, [columns], [guards]

Reading refuses what it does not know, with the file, the key and the nearest known name. A file that is broken does not
take the rest with it: `Project.broken` names it. A sync without an id gets one, written into its file once. Writing
changes one key and keeps comments and order.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfoNotFoundError

from core import schedule
from core.control_chars import escape_control_chars
from core.destinations import destination_type
from core.errors import ProjectError
from core.model import AT_ONCE, Destination, Guards, Network, Project, Source, Sync
from core.own_folder import create_text, is_made_here
from core.paths import expanded
from core.plugins import nearest
from core.project.alerts import alerts_of, unknown_sync
from core.project.decode import decode
from core.project.files import GuardsFile, LimitsFile, ProjectFile, SyncFile
from core.project.identity import provisional_id, sync_id
from core.project.ranges import check_limits
from core.project.read import FAULTS, read_text, read_toml, refuse_passwords, unusable
from core.project.write import set_value, write_file
from core.project_root import FILE, NAME, find
from core.trust import STATE, check_owner, reaches_of, untrusted
from core.warehouses import warehouse_type

__all__ = [
    "FILE",
    "destination_of",
    "dialect_of",
    "find",
    "head_problem",
    "initialise",
    "load",
    "set_value",
    "source_of",
    "write_file",
]

_STATE = ".backhaul"
_MOST_WORKERS = 64
_MOST_SAID = 500
_Value = TypeVar("_Value", Source, Destination, Sync)


def load(folder: Path, *, looking: bool = False, any_owner: bool = False) -> Project:
    """Read a project. Raises ProjectError where backhaul.toml itself is missing or broken, or is another user's.

    A sync without an id gets one, written into its file; whoever is `looking` only writes none where the project has no state yet. With
    `any_owner` files of other users count: for whoever asks whether to trust them.
    """

    def check(path: Path) -> None:
        if not any_owner:
            check_owner(folder, path)

    file = folder / FILE
    if not file.is_file():
        raise ProjectError(
            "There is no Backhaul project in this folder.",
            where=str(folder),
            remedy="Make one with `backhaul init`, or try `backhaul demo`.",
        )
    for path in (folder, file, *(folder / part for part in ("sources", "destinations", "syncs"))):
        check(path)
    values = read_toml(file)
    alerts = alerts_of(file, values.get("alerts", {}))
    head = _head(file, values)
    state = _state(folder, head)

    def read(file: Path) -> dict[str, Any]:
        check(file)
        check(file.with_suffix(".sql"))
        return read_toml(file)

    broken: dict[Path, Exception] = {}
    sources = dict(_each(folder / "sources", broken, lambda file: source_of(file, read(file))))
    destinations = dict(_each(folder / "destinations", broken, lambda file: destination_of(file, read(file))))
    destinations = _without_shared_folders(folder, destinations, broken)
    project = Project(
        name=head.name,
        folder=folder,
        state=state,
        sources=sources,
        destinations=destinations,
        syncs={},
        secrets_from=head.secrets.from_,
        secrets_command=head.secrets.command,
        retention=head.retention,
        workers=head.daemon.workers,
        disabled_rules=head.lint.disabled,
        alerts=alerts,
        broken=broken,
    )
    reaches = reaches_of(project)
    project = replace(project, reaches=reaches, untrusted=untrusted(folder, reaches))
    writes_ids = not looking or is_made_here(state)
    if any(reach.place == STATE for reach in project.untrusted):
        project, writes_ids = replace(project, state=folder / _STATE), False
    syncs = dict(_each(folder / "syncs", broken, lambda path: _sync(path, read(path), head, writes_ids=writes_ids)))
    project = replace(project, syncs=syncs)
    if problem := unknown_sync(alerts, [*syncs, *(path.stem for path in broken if path.parent.name == "syncs")]):
        broken[file] = ProjectError(problem, where=str(file))
    _check_names(project, broken)
    working = {name: sync for name, sync in syncs.items() if sync.path not in broken}
    return replace(project, syncs=working)


def _state(folder: Path, head: ProjectFile) -> Path:
    """Return the state folder of a project."""
    return (folder / head.state).absolute() if head.state else folder / _STATE


def head_problem(folder: Path) -> ProjectError | None:
    """Say why backhaul.toml cannot be used as it is now; None where it can. Nothing else of the project is read."""
    file = folder / FILE
    try:
        values = read_toml(file)
        alerts_of(file, values.get("alerts", {}))
        _head(file, values)
    except ProjectError as error:
        return error
    return None


def _head(file: Path, values: Mapping[str, Any]) -> ProjectFile:
    """Check what backhaul.toml says. Raises ProjectError."""
    head: ProjectFile = decode(file, values, ProjectFile)
    if not head.name.strip():
        raise ProjectError("name: the project needs one; its secrets are kept under it.", where=str(file))
    if head.retention < 1:
        raise ProjectError("retention: it is in days, 1 or more.", where=str(file))
    if not 1 <= head.daemon.workers <= _MOST_WORKERS:
        raise ProjectError(f"daemon.workers: it is between 1 and {_MOST_WORKERS}.", where=str(file))
    _checked_schedule(file, head.defaults.schedule, "defaults.schedule")
    _check_timezone(file, head.defaults.timezone, "defaults.timezone")
    _duration(file, "defaults.lookback", head.defaults.lookback)
    _guards(file, head.guards, GuardsFile())
    return head


def initialise(folder: Path, name: str = "") -> None:
    """Make an empty project. Raises ProjectError where there is one already."""
    file = folder / FILE
    if os.path.lexists(file):  # a link that leads nowhere would have a file made there
        raise ProjectError("There is a project in this folder already.", where=str(file))
    for part in ("sources", "destinations", "syncs"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    title = name or re.sub(r"[^A-Za-z0-9_.-]+", "-", folder.absolute().name).strip("-") or "backhaul"
    write_file(file, {"name": title, "defaults": {"schedule": schedule.DEFAULT, "timezone": "UTC"}})
    with contextlib.suppress(FileExistsError):
        create_text(folder / ".gitignore", ".backhaul/\n")


def _each(folder: Path, broken: dict[Path, Exception], read: Callable[[Path], _Value]) -> Iterator[tuple[str, _Value]]:
    """Read every TOML file of a folder; an error goes to `broken`."""
    for file in sorted(folder.glob("*.toml")):
        if file.name.startswith("."):  # what editors leave beside the files they have open
            continue
        try:
            if not NAME.fullmatch(file.stem):
                raise ProjectError(
                    f"{file.stem!r} is no name: use letters, digits, dots, dashes and underscores.", where=str(file)
                )
            yield file.stem, read(file)
        except ProjectError as error:
            error.where = error.where or escape_control_chars(file)
            if len(error.message) > _MOST_SAID:  # it repeats a value
                error.message = error.message[:_MOST_SAID] + "…"
            broken[file] = error
        except FAULTS as error:  # whatever is wrong with a file, it takes itself out and no other
            broken[file] = unusable(file, error)


def dialect_of(project: Project, sync: Sync) -> str:
    """Return the dialect of a sync's query; Postgres' where its source is not known."""
    source = project.sources.get(sync.source)
    return warehouse_type(source.type).dialect if source else "postgres"


def _typed(file: Path, what: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the type of what a file says, and the rest."""
    refuse_passwords(file, given)
    values = dict(given)
    kind = values.pop("type", None)
    if not isinstance(kind, str):
        raise ProjectError(f"The file lacks the key 'type', which says what {what} this is.", where=str(file))
    return kind, values


def source_of(file: Path, given: Mapping[str, Any]) -> Source:
    """Make a source of what its file says, or would say. Raises ProjectError, naming the file."""
    kind, values = _typed(file, "source", given)
    timezone = values.pop("timezone", "UTC")
    _check_timezone(file, timezone)
    at_once = _at_once(file, values)
    plugin = warehouse_type(kind)
    _refuse_secrets(file, f"sources/{file.stem}", values, plugin.secrets)
    settings = decode(file, values, plugin.Settings)
    return Source(name=file.stem, type=kind, settings=settings, path=file, timezone=timezone, at_once=at_once)


def destination_of(file: Path, given: Mapping[str, Any]) -> Destination:
    """Make a destination of what its file says, or would say. Raises ProjectError, naming the file."""
    kind, values = _typed(file, "destination", given)
    at_once = _at_once(file, values)
    changed = decode(file, values.pop("limits", {}), LimitsFile, "limits.")
    network = decode(file, values.pop("network", {}), Network, "network.")
    _check_network(file, network)
    if network.ca_file:
        network = replace(network, ca_file=str((file.parent.parent / expanded(network.ca_file)).absolute()))
    plugin = destination_type(kind)
    _refuse_secrets(file, f"destinations/{file.stem}", values, plugin.secrets)
    settings = decode(file, values, plugin.Settings)
    limits = plugin.profiles.get(getattr(settings, "profile", ""), plugin.limits)
    given = {name: value for name, value in asdict(changed).items() if value is not None}
    check_limits(file, given)
    return Destination(
        name=file.stem,
        type=kind,
        settings=settings,
        limits=replace(limits, **given),
        path=file,
        network=network,
        at_once=at_once,
    )


def _at_once(file: Path, values: dict[str, Any]) -> int:
    """Take out how many runs may use a source or a destination at the same time."""
    given = values.pop("at_once", AT_ONCE)
    if not isinstance(given, int) or isinstance(given, bool) or given < 1:
        raise ProjectError("at_once: it is a whole number of runs, 1 or more.", where=str(file))
    return given


def _check_network(file: Path, network: Network) -> None:
    """Refuse a proxy that is no address, or that names a password."""
    if not network.proxy:
        return
    try:
        parts = urlsplit(network.proxy)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port of 99999, a bracket without its other half
        is_url = False
    if not is_url:
        raise ProjectError(
            "network.proxy: it is not a valid URL; it needs http:// or https://, a host, and a port up to 65535.",
            where=str(file),
            remedy='Write it like proxy = "http://proxy.example:3128".',
        )


def _refuse_secrets(file: Path, place: str, values: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    """Refuse a secret in a file, without showing it."""
    for name in secrets:
        if name in values:
            raise ProjectError(
                f"{name}: a secret never stands in a file.",
                where=str(file),
                remedy=f"Take it out, and keep it with `backhaul secret set {place}.{name}`.",
            )


def _sync(file: Path, given: Mapping[str, Any], head: ProjectFile, *, writes_ids: bool) -> Sync:
    values = decode(file, given, SyncFile)
    query = file.with_suffix(".sql")
    if not query.is_file():
        raise ProjectError(f"The query {query.name} is missing beside this file.", where=str(file), remedy="Write it.")
    if values.ledger != "local":
        raise ProjectError(
            f"ledger: {values.ledger!r} is not possible yet; ledgers are kept locally.",
            where=str(file),
            remedy='Remove the key, or set ledger = "local".',
        )
    zone = values.timezone or head.defaults.timezone
    _check_timezone(file, zone)
    start = values.start
    return Sync(
        name=file.stem,
        id=_checked_id(file, values.id or _new_id(file, head, writes=writes_ids)),
        description=values.description,
        source=values.source,
        destinations=values.destinations,
        call=values.call,
        query=read_text(query),
        enabled=values.enabled,
        schedule=_checked_schedule(file, values.schedule or head.defaults.schedule),
        timezone=zone,
        start=start.replace(tzinfo=schedule.zone_of(zone)).astimezone(UTC) if start and start.tzinfo is None else start,
        removed=values.removed,
        lookback=_duration(file, "lookback", values.lookback or head.defaults.lookback),
        payload=head.defaults.payload if values.payload is None else values.payload,
        columns=values.columns,
        guards=_guards(file, head.guards, values.guards),
        path=file,
        query_path=query,
    )


def _new_id(file: Path, head: ProjectFile, *, writes: bool) -> str:
    """Return an id for a sync that has none; where none may be written, one of its name, which nothing is kept under."""
    return sync_id(file, _state(file.parent.parent, head)) if writes else provisional_id(file.stem)


def _checked_id(file: Path, identity: str) -> str:
    """Refuse an id that could not be part of the names of files."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", identity):
        raise ProjectError(
            f"id: {identity!r} may contain only letters, digits, - and _.",
            where=str(file),
            remedy="Bring the id that Backhaul wrote back, or remove the line for a new one (and a new state).",
        )
    return identity


def _guards(file: Path, defaults: GuardsFile, own: GuardsFile) -> Guards:
    given = {name: value for part in (defaults, own) for name, value in asdict(part).items() if value is not None}
    for name, value in given.items():
        if name.startswith("max_") and name != "max_calls" and not 0 <= value <= 1:
            raise ProjectError(f"guards.{name} is a share, between 0 and 1.", where=str(file))
        if name in ("max_calls", "canary") and value < 0:
            raise ProjectError(f"guards.{name} cannot be less than 0.", where=str(file))
    return Guards(**given)


def _checked_schedule(file: Path, text: str, key: str = "schedule") -> str:
    try:
        schedule.parse(text)
    except ValueError as error:
        raise ProjectError(f"{key}: {text!r} is not understood: {error}.", where=str(file)) from error
    return text


def _duration(file: Path, key: str, text: str) -> int:
    try:
        return schedule.parse_duration(text)
    except ValueError as error:
        raise ProjectError(f"{key}: {text!r} is not understood: {error}.", where=str(file)) from error


def _check_timezone(file: Path, name: object, key: str = "timezone") -> None:
    try:
        schedule.zone_of(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: a folder of zones, such as "Europe"
        raise ProjectError(
            f"{key}: there is no time zone {name!r}.", where=str(file), remedy='Write one like "Europe/Berlin".'
        ) from error


def _without_shared_folders(
    folder: Path, destinations: Mapping[str, Destination], broken: dict[Path, Exception]
) -> dict[str, Destination]:
    """Leave out file destinations that would write another one's files: each would cut off the other's lines."""
    owners: dict[Path, str] = {}
    kept = {}
    for destination in destinations.values():
        if destination.type == "file":
            place = (folder / destination.settings.folder).resolve()
            if place in owners:
                message = f"folder: {destination.settings.folder!r} is also the folder of {owners[place]}."
                broken[destination.path] = ProjectError(message, where=str(destination.path))
                continue
            owners[place] = destination.name
        kept[destination.name] = destination
    return kept


def _check_names(project: Project, broken: dict[Path, Exception]) -> None:
    """Find names that lead nowhere, and ids that are there twice."""
    owners = _owners(project)
    for sync in project.syncs.values():
        problem = _dangling(project, "source", sync.source, project.sources, "sources")
        for name in sync.destinations:
            problem = problem or _dangling(project, "destination", name, project.destinations, "destinations")
        if len(set(sync.destinations)) < len(sync.destinations):
            problem = problem or "destinations: one is there twice."
        if owners[sync.id] != sync.name:
            problem = problem or (
                f"id: {sync.id!r} is also the id of {owners[sync.id]}. Remove the line from the copied file: "
                "Backhaul then writes a new one."
            )
        if problem:
            broken[sync.path] = ProjectError(problem, where=str(sync.path))


def _owners(project: Project) -> dict[str, str]:
    """Return whose each id is, by name: of several files with one id, the one that was run under it, not the copy."""
    from core.store import name_of_last_run  # SQLite is not needed where no id is there twice

    names: dict[str, list[str]] = {}
    for sync in project.syncs.values():
        names.setdefault(sync.id, []).append(sync.name)
    owners = {}
    for identity, of_id in names.items():
        ran = name_of_last_run(project.state, identity) if len(of_id) > 1 else None
        owners[identity] = ran if ran in of_id else of_id[0]
    return owners


def _dangling(project: Project, what: str, name: str, known: Mapping[str, object], folder: str) -> str:
    """Say that a name leads nowhere, or nothing; a name whose own file is broken is not dangling, but unusable too."""
    if name in known:
        return ""
    file = project.folder / folder / f"{name}.toml"
    if file in project.broken:
        error = project.broken[file]
        short = (error.message if isinstance(error, ProjectError) else str(error)).rstrip(".")
        return f"{what}: {name!r} cannot be used, because its file is broken ({short})."
    return f"{what}: there is no {what} {name!r}.{nearest(name, list(known))}"
