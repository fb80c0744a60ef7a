"""`check` for BigQuery, step by step; the first step that fails is the last one.

There is no connection that could be opened: a login gives a token, and only a job says what it may do. So a job is tried (a
dry run, which costs nothing), then the location, then whether a table can be read.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from core.errors import BackhaulError, WarehouseError
from core.formatting import counted
from core.model import Step
from core.warehouses._steps import clock_step, name_step, timed
from core.warehouses.bigquery.catalogue import datasets, table_items
from core.warehouses.bigquery.connecting import reading_role
from core.warehouses.bigquery.connection import Connector, tried_network, tried_tls
from core.warehouses.bigquery.credentials import NAME, read_account
from core.warehouses.bigquery.errors import explain_login
from core.warehouses.bigquery.session import BigQuerySession

__all__ = ["steps"]

MICROSECONDS = "SELECT UNIX_MICROS(CURRENT_TIMESTAMP())"
LOOKED_AT = 10
"""Datasets that are looked at where the source names none: each is a request of its own."""

READING = "bigquery.tables.getData"
WRITING = ("bigquery.tables.updateData", "bigquery.tables.update", "bigquery.tables.delete")


def steps(connector: Connector) -> Iterator[Step]:
    """Give the steps: name, network, TLS, credential, login, job, location, privileges, read-only, clock."""
    for make in (_name, _network, _tls, _credential):
        step = timed(make, connector)
        yield step
        if step.passed is False:
            return
    began = time.perf_counter()
    try:
        session = BigQuerySession(connector, connector.connect())
    except Exception as error:  # noqa: BLE001 -- the driver's and ours; each is the step that it belongs to
        yield replace(_no_login(error, connector), seconds=time.perf_counter() - began)
        return
    with session:
        who = connector.member.partition(":")[2] or "the account of this machine"
        yield Step(name="login", passed=True, detail=f"a token for {who}", seconds=time.perf_counter() - began)
        for after in (_job, _location, _privileges, _read_only, _clock):
            step = timed(after, connector, session)
            yield step
            if step.passed is False:
                return


def _name(connector: Connector) -> Step:
    way = connector.way
    return name_step(way.host, way.port, way.proxy, lambda: tried_network(connector))


def _network(connector: Connector) -> Step:
    return Step(name="network", passed=True, detail=tried_network(connector))


def _tls(connector: Connector) -> Step:
    way = connector.way
    if not way.secure:
        return Step(name="TLS", passed=None, detail="off: the connection does not leave this machine")
    if way.proxy:
        return Step(name="TLS", passed=None, detail="through a proxy: seen at the login")
    return Step(name="TLS", passed=True, detail=f"{tried_tls(connector)}, certificate and name checked")


def _credential(connector: Connector) -> Step:
    if connector.settings.login == "application_default":
        return Step(name="credential", passed=None, detail="what this machine has (application default credentials)")
    account = read_account(connector.secret(NAME))
    return Step(
        name="credential",
        passed=True,
        detail=f"a service account's file: {account.email}, of the project {account.project}",
        remedy=" ".join(account.warnings),
    )


def _no_login(error: Exception, connector: Connector) -> Step:
    """Give the step that an error of logging in belongs to."""
    if isinstance(error, BackhaulError) and not isinstance(error, WarehouseError):
        return Step(name="login", passed=False, detail=error.message, remedy=error.remedy)
    name, told = explain_login(error, connector.settings, member=connector.member)
    return Step(name=name, passed=False, detail=told.message, remedy=told.remedy)


def _job(connector: Connector, session: BigQuerySession) -> Step:
    session.describe("SELECT 1 AS one")
    return Step(name="job", passed=True, detail=f"may run jobs, which {connector.settings.project} pays for")


def _location(connector: Connector, session: BigQuerySession) -> Step:
    """Look whether the dataset is where the jobs run."""
    settings = connector.settings
    if not settings.dataset:
        detail = (
            f"jobs run in {settings.location}" if settings.location else "BigQuery takes it from the tables of a query"
        )
        return Step(name="location", passed=None, detail=detail)
    from google.api_core import exceptions

    def ask(client: Any, retry: Any) -> Any:
        try:
            return client.get_dataset(f"{client.project}.{settings.dataset}", retry=retry, timeout=30)
        except exceptions.NotFound:
            return None
        except exceptions.Forbidden:
            return False

    found = session.ask(ask)
    name = f"{settings.project}.{settings.dataset}"
    if found is None:
        return Step(
            name="location",
            passed=False,
            detail=f"there is no dataset {name}",
            remedy=f"Check `dataset` in the source's file: `bq ls {settings.project}:` lists them.",
        )
    if found is False:
        return Step(
            name="location",
            passed=False,
            detail=f"{name} may not be looked at",
            remedy=f"Let its owner run: {reading_role(settings.project, settings.dataset, connector.member)}",
        )
    place = str(found.location)
    if settings.location and settings.location.upper() != place.upper():
        return Step(
            name="location",
            passed=False,
            detail=f"{name} is in {place}, but jobs run in {settings.location}",
            remedy=f'Set location = "{place}" in the source\'s file, or leave it out.',
        )
    return Step(name="location", passed=True, detail=f"{name} is in {place}")


def _privileges(connector: Connector, session: BigQuerySession) -> Step:
    """Count what is listed, and ask of one table whether it can be read, and whether it could be written."""
    settings = connector.settings

    def ask(client: Any, retry: Any) -> Any:
        names = [settings.dataset] if settings.dataset else datasets(client, "", retry)[:LOOKED_AT]
        items = [item for name in names for item in table_items(client, name, retry)]
        tables = [item for item in items if item.table_type == "TABLE"]
        return items, _tested(client, tables[0], retry) if tables else None

    items, allowed = session.ask(ask)
    where = "" if settings.dataset else f" in the first {LOOKED_AT} datasets"
    listed = f"{counted(len(items), 'table')} listed{where}, views included"
    reading = reading_role(settings.project, settings.dataset, connector.member)
    if not items or (allowed is not None and READING not in allowed):
        return Step(
            name="privileges",
            passed=False,
            detail="no table can be read"
            if not items
            else f"{listed}, but their rows may not be read ({READING} is missing)",
            remedy=f"Let its owner run: {reading}",
        )
    if allowed is None:
        return Step(
            name="privileges", passed=True, detail=f"{listed}; whether more than reading is allowed cannot be known"
        )
    more = [name for name in WRITING if name in allowed]
    return Step(
        name="privileges",
        passed=True,
        detail=f"{listed}, and can be read"
        + (f"; so are allowed {', '.join(more)}" if more else "; nothing more is allowed"),
        remedy="Reading is all that Backhaul needs: an account with roles/bigquery.jobUser and roles/bigquery.dataViewer "
        "only is safer."
        if more
        else "",
    )


def _tested(client: Any, item: Any, retry: Any) -> list[str] | None:
    """Give which of the permissions the account has on a table; None where that may not be asked."""
    from google.api_core import exceptions

    try:
        answer = client.test_iam_permissions(item.reference, [READING, *WRITING], retry=retry, timeout=30)
    except (exceptions.Forbidden, exceptions.NotFound, exceptions.BadRequest, exceptions.MethodNotImplemented):
        return None
    return list(answer.get("permissions", ()))


def _read_only(connector: Connector, session: BigQuerySession) -> Step:
    """Try to write on the road that queries take."""
    if session.refuses_writing():
        return Step(name="read-only", passed=True, detail="a write was refused")
    return Step(
        name="read-only",
        passed=False,
        detail="a write was not refused (it was not run)",
        remedy=f"What answers at {connector.way.host} is no BigQuery that Backhaul knows; do not use it.",
    )


def _clock(connector: Connector, session: BigQuerySession) -> Step:
    del connector
    before = time.time()
    moment = float(session.rows(MICROSECONDS)[0][0]) / 1_000_000
    after = time.time()
    skew = 0.0 if before <= moment <= after else moment - (before if moment < before else after)
    return clock_step(
        skew,
        more=f" ({datetime.fromtimestamp(moment, UTC):%F %T} UTC)",
        remedy="Syncs go by BigQuery's clock, so nothing is lost; but the login needs this machine's to be right: use NTP.",
    )
