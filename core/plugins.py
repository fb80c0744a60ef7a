"""Lists plug-ins without importing them, and imports one by its name.

A plug-in is a file in a package (`core/destinations/segment.py`), or a folder (`core/warehouses/postgres`), that holds a
class named `Plugin`. Adding one is adding that file or folder: nothing is registered anywhere. Files whose name starts with an underscore, and `base.py`, are no
plug-ins.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from difflib import get_close_matches
from types import ModuleType
from typing import Any

from core.errors import ProjectError

__all__ = ["load", "names", "nearest"]


def names(package: ModuleType) -> tuple[str, ...]:
    """Return the names of the plug-ins in `package`, sorted; none of them is imported."""
    found = (module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(sorted(name for name in found if name != "base" and not name.startswith("_")))


@functools.cache
def load(package: ModuleType, name: str, *, what: str) -> Any:
    """Return the plug-in class called `name`. Raises ProjectError where there is none, with the nearest known name."""
    known = names(package)
    if name not in known:
        raise ProjectError(
            f"There is no {what} of type {name!r}.{nearest(name, known)}",
            remedy=f"Known types: {', '.join(known)}.",
        )
    return importlib.import_module(f"{package.__name__}.{name}").Plugin


def nearest(name: str, known: tuple[str, ...] | list[str]) -> str:
    """Return ' Did you mean X?' for the nearest known name, or nothing."""
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""
