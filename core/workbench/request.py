"""One request: what is asked, checked before it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from core.decoding import convert
from core.errors import UsageError
from core.state.cancellation import Stopping

if TYPE_CHECKING:
    from core.model import Project

__all__ = ["Request", "named"]

_Shape = TypeVar("_Shape")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked: `do`, and its `values`. `part` tells something before the end; `stopping` says that it is to stop."""

    do: str
    values: Mapping[str, Any]
    folder: Path
    stopping: Stopping
    part: Callable[[Mapping[str, Any]], None]

    def asked(self, shape: type[_Shape]) -> _Shape:
        """Return the values as a dataclass. Raises UsageError where they are others; the message holds no value."""
        import msgspec

        known = [each.name for each in fields(shape)]  # type: ignore[arg-type]  # a shape is a dataclass, which no type says
        unknown = next((name for name in self.values if name not in known), None)
        if unknown is not None:
            raise UsageError(f"{self.do} takes no {unknown!r}.", remedy=f"It takes: {', '.join(known) or 'nothing'}.")
        try:
            return convert(self.values, shape)
        except msgspec.ValidationError as error:
            raise UsageError(f"{self.do}: {error}.") from error

    def project(self, *, looking: bool = False) -> Project:
        """Read the project as its files are now."""
        from core import project

        return project.load(self.folder, looking=looking)

    def unchanged_project(self) -> Project:
        """Return the project as its files are now, read again only where they changed: for what is asked at each keystroke."""
        from core.project.current import current

        return current(self.folder)


def named(project: Project, known: Mapping[str, _Value], what: str, name: str) -> _Value:
    """Return the source, destination or sync of a name. Raises the error of its file, or says the nearest known name."""
    from core.plugins import nearest

    for file, error in project.broken.items():
        if (file.parent.name, file.stem) == (f"{what}s", name):
            raise error
    if name not in known:
        raise UsageError(
            f"There is no {what} {name!r}.{nearest(name, list(known))}",
            remedy=f"Known: {', '.join(known) or 'none yet'}.",
        )
    return known[name]
