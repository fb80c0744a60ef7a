"""Redshift's errors in our words: Postgres's, but for what is Redshift's own."""

from __future__ import annotations

import re

from core.errors import QueryFailedError, WarehouseError
from core.model import Kind
from core.warehouses._network import own_address
from core.warehouses.postgres import errors as postgres_errors
from core.warehouses.postgres.connection import Connector, PostgresSettings

__all__ = ["explain", "explain_login"]

_TIMES = {
    "timestamp with time zone": Kind.INSTANT,
    "timestamp without time zone": Kind.TIMESTAMP,
    "date": Kind.DATE,
}


def explain_login(error: Exception, connector: Connector) -> tuple[str, WarehouseError]:
    """Explain an error of connecting: the step of `check` that it belongs to, and ours."""
    step, told = postgres_errors.explain_login(error, connector)
    return step, _with_own_remedy(told, connector.settings)


def explain(error: Exception, settings: PostgresSettings, *, start: int = 0) -> WarehouseError:
    """Explain an error; the analyst's text begins at `start` in the statement that was sent."""
    if isinstance(error, WarehouseError):
        return error
    told = postgres_errors.explain(error, settings, start=start)
    trouble = postgres_errors.trouble_of(error)
    if trouble.sqlstate == "57014" and "timeout" not in trouble.message:
        return QueryFailedError(
            f"The cluster stopped the query: {trouble.message}",
            where=told.where,
            remedy="Its time limit (`statement_timeout` in the source's file, the user's, or the workload manager's) ran out, "
            "or an administrator stopped it. SVL_STATEMENTTEXT and STL_WLM_RULE_ACTION say which.",
        )
    if trouble.sqlstate == "42883" and (how := _comparison(trouble.message)):
        told.remedy = how
    return _with_own_remedy(told, settings)


def _with_own_remedy(told: WarehouseError, settings: PostgresSettings) -> WarehouseError:
    """Advise what helps with Redshift, where that is something else than with Postgres."""
    if "did not answer" in told.message:
        told.remedy = (
            f"Let this machine's address ({own_address(settings.host, settings.port)}, or what a router makes of it) through the security group of the cluster to port {settings.port}, and see that the "
            "cluster is publicly accessible, or go through a VPN into its VPC. A cluster that is paused does not answer either."
        )
    elif "There is no host" in told.message:
        told.remedy = (
            "Check `host` in the source's file: the endpoint that the console of AWS shows, without port and database. "
            "A cluster that was deleted has no host any more."
        )
    elif "no connection left" in told.message:
        told.remedy = "Try again later; STV_SESSIONS lists who uses them. The limit of a cluster cannot be raised, that of a user can be lowered."
    elif "There is no database" in told.message:
        told.remedy = (
            "Check `database` in the source's file: the console of AWS shows it behind the last slash of the endpoint."
        )
    if "sslrootcert" in told.remedy:
        told.remedy += " Amazon's own: https://s3.amazonaws.com/redshift-downloads/amazon-trust-ca-bundle.crt"
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
