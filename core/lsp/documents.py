"""A file of SQL to its Context: that of the sync whose query it is; for other files, what the editor's settings say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import project as projects
from core.context import context_of
from core.errors import BackhaulError
from core.lint import Context
from core.model import CallType, Project
from core.project.current import current
from core.query import DIALECTS

__all__ = ["About", "Settings", "about", "settings_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the editor says of files that belong to no sync: their dialect, "" where such files are left alone, and their call."""

    dialect: str = ""
    call: CallType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a file's query is for; None where that is not known, and then `problem` may say why."""

    context: Context | None = None
    problem: str = ""


def settings_of(given: Any, default: Settings) -> Settings:
    """Read the editor's settings, as they are or under the name `backhaul`; what they do not say, or not so, is the default's."""
    values = given.get("backhaul", given) if isinstance(given, Mapping) else None
    if not isinstance(values, Mapping):
        return default
    dialect, call = values.get("dialect"), values.get("call")
    return Settings(
        dialect=dialect if isinstance(dialect, str) and dialect in DIALECTS else default.dialect,
        call=CallType(call) if isinstance(call, str) and call in list(CallType) else default.call,
    )


def about(file: Path, settings: Settings) -> About:
    """Say what the query in a file is for, by the project's files as they are now."""
    folder = projects.find(file.parent) if file.name else None  # a buffer that has no file yet
    problem = ""
    project: Project | None = None
    try:
        if folder is not None:
            project = current(folder)
            sync = next((each for each in project.syncs.values() if each.query_path == file), None)
            if sync is not None:
                return About(context=context_of(project, sync=sync))
            broken = project.broken.get(file.with_suffix(".toml"))
            problem = f"{file.with_suffix('.toml').name}: {broken}" if broken else ""
        if settings.dialect:
            context = context_of(dialect=settings.dialect, call=settings.call)
            return About(context=context, problem=problem)
    except BackhaulError as error:
        problem = str(error)
    return About(problem=problem)
