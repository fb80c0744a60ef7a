"""What is asked about sources, destinations and their secrets. A secret comes in, and never goes out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from core import destinations, secrets, warehouses
from core.connection_test.steps import steps
from core.errors import TrustError
from core.model import Destination, Project, Secret, Source
from core.workbench.request import Request, named
from core.workbench.secret_cache import take

__all__ = ["catalogue", "check", "delete_secret", "list_secrets", "set_secret", "types"]

_MOST_TABLES = 5_000
_KINDS = {bool: "boolean", int: "integer", float: "number", str: "text", tuple[str, ...]: "list"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """A source or a destination of the project; with a type, one that is in no file yet."""

    what: Literal["source", "destination"]
    name: str
    type: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    """Handles of secrets that this process holds, by the secrets' names."""

    call: bool = False
    """Whether a destination is to be sent one call, to see it acknowledged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Catalogue:
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Secret:
    name: str
    value: str = ""
    held: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nothing:
    pass


def check(request: Request) -> Mapping[str, Any]:
    """Test a source or a destination; each step is told as it is done."""
    asked = request.asked(_Check)
    project = request.project()
    passed = True
    given = {name: Secret(text) for name, text in asked.secrets.items()}
    given |= {name: take(handle) for name, handle in asked.held.items()}
    for step in steps(project, _checked(project, asked), given, call=asked.call):
        request.stopping.check()
        request.part(asdict(step))
        passed = passed and step.passed is not False
    return {"passed": passed}


def _checked(project: Project, asked: _Check) -> Source | Destination:
    """Return what is to be checked: as it is in its file, or as it would be."""
    if not asked.type and asked.what == "source":
        return named(project, project.sources, "source", asked.name)
    if not asked.type:
        return named(project, project.destinations, "destination", asked.name)
    from core.project import destination_of, source_of

    file = project.folder / f"{asked.what}s" / f"{asked.name}.toml"
    given = {"type": asked.type, **asked.settings}
    if asked.what == "source":
        return source_of(file, given)
    known = project.destinations.get(asked.name)
    made = destination_of(file, given)
    return replace(made, network=known.network) if known else made


def catalogue(request: Request) -> Mapping[str, Any]:
    """Return the tables of a source that its user may read, with their columns; they are kept for lint and completion."""
    from core.context.catalogues import read as read_catalogue  # brings sqlglot, which a check can do without

    asked = request.asked(_Catalogue)
    project = request.project()
    source = named(project, project.sources, "source", asked.source)
    tables = read_catalogue(project, source, secrets.reader(project), request.stopping)
    return {
        "tables": [
            {
                "schema": table.schema,
                "name": table.name,
                "rows": table.rows,
                "is_view": table.is_view,
                "columns": [{"name": c.name, "kind": c.kind.value, "type": c.type_name} for c in table.columns],
            }
            for table in tables[:_MOST_TABLES]
        ],
        "more": len(tables) > _MOST_TABLES,
    }


def set_secret(request: Request) -> Mapping[str, Any]:
    """Keep a secret that the project needs."""
    asked = request.asked(_Secret)
    project = request.project()
    secrets.meaning(project, asked.name)
    secrets.store(project, asked.name, take(asked.held) if asked.held else Secret(asked.value))
    return {"name": asked.name, "place": secrets.place(project, asked.name)}


def delete_secret(request: Request) -> Mapping[str, Any]:
    """Remove a secret."""
    asked = request.asked(_Name)
    project = request.project()
    secrets.delete(project, asked.name)
    return {"name": asked.name, "place": secrets.place(project, asked.name)}


def list_secrets(request: Request) -> Mapping[str, Any]:
    """Return the secrets that the project needs, and whether they are there."""
    request.asked(_Nothing)
    project = request.project(looking=True)
    return {
        "secrets": [
            {
                "name": name,
                "meaning": meaning,
                "present": _present(project, name),
                "place": secrets.place(project, name),
            }
            for name, meaning in secrets.full_names(project).items()
        ]
    }


def _present(project: Project, name: str) -> bool:
    """Return whether a secret is there; of a folder that is not trusted nothing is read, so none is."""
    try:
        return secrets.present(project, name)
    except TrustError:
        return False


def types(request: Request) -> Mapping[str, Any]:
    """Return the types of sources and destinations, with the settings and secrets of each, for forms."""
    request.asked(_Nothing)
    return {
        "sources": [_type(name, warehouses.warehouse_type(name)) for name in warehouses.types()],
        "destinations": [_type(name, destinations.destination_type(name)) for name in destinations.types()],
    }


def _type(name: str, plugin: Any) -> dict[str, Any]:
    hints = get_type_hints(plugin.Settings)
    clauses = re.split(r"(?<=[.;])\s+", " ".join((plugin.Settings.__doc__ or "").split()))
    return {
        "type": name,
        "help": (plugin.__doc__ or "").strip(),
        "settings": [
            {
                "name": each.name,
                "kind": "choice" if _choices(hints[each.name]) else _KINDS.get(hints[each.name], "text"),
                "required": each.default is MISSING,
                "default": None if each.default is MISSING else each.default,
                "choices": _choices(hints[each.name]),
                "help": " ".join(clause for clause in clauses if f"`{each.name}`" in clause).rstrip(";"),
            }
            for each in fields(plugin.Settings)
        ],
        "secrets": dict(plugin.secrets),
    }


def _choices(hint: Any) -> list[str]:
    return [str(choice) for choice in get_args(hint)] if get_origin(hint) is Literal else []
