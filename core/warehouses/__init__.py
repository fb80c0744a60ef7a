"""Warehouses: a folder each behind one protocol (`base.py`). `warehouse_type` finds one by its name.

Adding a warehouse is adding a folder with a class `Plugin`; the conformance suite in tests/core/warehouses picks it up, and its
failures stand in a table there. What several share stands beside the folders: `_arrow` (the outer select, batches of one schema),
`_cancellation`, `_calls` (blocking calls that can be left), `_network`, `_steps`, `_text`.
"""

from __future__ import annotations

import sys
from typing import cast

from core import plugins
from core.warehouses.base import Warehouse

__all__ = ["types", "warehouse_type"]


def types() -> tuple[str, ...]:
    """Give the names of all warehouse types; no driver is imported."""
    return plugins.names(sys.modules[__name__])


def warehouse_type(name: str) -> type[Warehouse]:
    """Give the warehouse class of type `name`; raises ProjectError where there is none."""
    return cast("type[Warehouse]", plugins.load(sys.modules[__name__], name, what="source"))
