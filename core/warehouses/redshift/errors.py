"""Redshift's errors in our words: Postgres's, but for what is Redshift's own."""

from __future__ import annotations

import re

from core.errors import CancelledError, QueryFailedError, UnreachableError, WarehouseError
from core.model import Kind
from core.warehouses._address import own_address
from core.warehouses.postgres import errors as postgres_errors
from core.warehouses.postgres.connection import PostgresSettings

__all__ = ["explain"]

_TIMES = {
    "timestamp with time zone": Kind.INSTANT,
    "timestamp without time zone": Kind.TIMESTAMP,
    "date": Kind.DATE,
}


def explain(error: Exception, settings: PostgresSettings, *, start: int = 0) -> WarehouseError:
    """Explain an error; the analyst's text begins at `start` in the statement that was sent."""
    if isinstance(error, WarehouseError):
        return error
    told = postgres_errors.explain(error, settings, start=start)
    trouble = postgres_errors.trouble_of(error)
    if isinstance(told, CancelledError):
        # nobody here asked for it: a session that was asked looks at that first
        return QueryFailedError(
            f"The cluster stopped the query: {trouble.message}",
            where=told.where,
            remedy="Its time limit (`statement_timeout` in the source's file, the user's, or the workload manager's) ran out, "
            "or an administrator stopped it. SVL_STATEMENTTEXT and STL_WLM_RULE_ACTION say which.",
        )
    if isinstance(told, UnreachableError) and "did not answer" in told.message:
        told.remedy = (
            f"Let this machine's address ({own_address(settings.host, settings.port)}, or what a router makes of it) through the security group of the cluster to port {settings.port}, and see that the "
            "cluster is publicly accessible, or go through a VPN into its VPC."
        )
    if "sslrootcert" in told.remedy:
        told.remedy += " Amazon's own: https://s3.amazonaws.com/redshift-downloads/amazon-trust-ca-bundle.crt"
    if trouble.sqlstate == "42883" and (how := _comparison(trouble.message)):
        told.remedy = how
    return told


def _comparison(message: str) -> str:
    """Explain a comparison of a time with a number, which `last_sync_time` is."""
    found = re.search(r": (?P<left>.+?) (?:<=|>=|<|>|=|<>) (?P<right>.+)$", message)
    sides = {found["left"], found["right"]} if found else set()
    if sides.isdisjoint({"integer", "bigint", "numeric"}):
        return ""
    from core.lint.times import conversion  # it brings sqlglot

    kind = next((kind for name, kind in _TIMES.items() if name in sides), None)
    if kind is None:
        return ""
    return f"last_sync_time is a Unix time in seconds. Compare with {conversion('redshift', kind)}."
