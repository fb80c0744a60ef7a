"""The table of what can be asked. Nothing is imported before it is asked for: the first answer comes at once."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any, cast

from core import __version__
from core.errors import UsageError
from core.workbench.request import Request

__all__ = ["DOES", "do", "hello"]

DOES: Mapping[str, str] = {
    "hello": "dispatch.hello",
    "warm": "queries.warm",
    "lint": "queries.lint_query",
    "fix": "queries.fix_query",
    "rule": "queries.rule_page",
    "format": "queries.format_query",
    "complete": "queries.complete_query",
    "keywords": "queries.dialect_words",
    "preview": "results.preview",
    "result_open": "results.open_result",
    "result_mark": "results.mark",
    "result_rows": "results.rows",
    "result_arrange": "results.arrange",
    "result_call": "results.call",
    "result_statistics": "results.statistics",
    "result_export": "results.export",
    "templates": "templates.list_templates",
    "plan": "inspection.plan",
    "explain": "inspection.explain",
    "person": "inspection.person",
    "curl": "inspection.curl",
    "undo": "inspection.undo",
    "check": "connections.check",
    "catalogue": "connections.catalogue",
    "secret_set": "connections.set_secret",
    "secret_delete": "connections.delete_secret",
    "secret_list": "connections.list_secrets",
    "types": "connections.types",
    "alert_test": "handoff.test_alert",
    "bundle": "handoff.bundle",
    "existing": "credentials.existing",
    "hold": "credentials.hold_secret",
    "secret_place": "credentials.place",
    "secret_write": "credentials.write_secret",
}
"""What can be asked, and which function of this package does it."""


_IMPORTING = threading.Lock()
"""Requests are threads: two that import packages which import one another meet half a package (an ImportError, or a KeyError)."""


def do(request: Request) -> Mapping[str, Any]:
    """Do what is asked, and return the answer. Raises BackhaulError."""
    if request.do not in DOES:
        from core.plugins import nearest

        hint = nearest(request.do, list(DOES))
        raise UsageError(f"Unknown command {request.do[:40]!r}.{hint}", remedy=f"Known: {', '.join(DOES)}.")
    module, name = DOES[request.do].split(".")
    with _IMPORTING:
        function = getattr(importlib.import_module(f"core.workbench.{module}"), name)
    return cast("Callable[[Request], Mapping[str, Any]]", function)(request)


def hello(_request: Request) -> Mapping[str, Any]:
    """Say who is here."""
    return {"version": __version__, "process": os.getpid()}
