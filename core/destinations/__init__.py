"""Destinations: one file each behind one protocol (`base.py`), none of which does any I/O.

Adding a destination is adding a file with a class `Plugin`; the conformance suite in tests/core/destinations picks it
up.
"""

from __future__ import annotations

import sys
from typing import cast

from core import plugins
from core.destinations.base import DestinationType

__all__ = ["destination_type", "types"]


def types() -> tuple[str, ...]:
    """Return the names of all destination types."""
    return plugins.names(sys.modules[__name__])


def destination_type(name: str) -> type[DestinationType]:
    """Return the destination class of type `name`; raises ProjectError where there is none."""
    return cast("type[DestinationType]", plugins.load(sys.modules[__name__], name, what="destination"))
