"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from core import redaction
from tests.projects import SECRETS, ProjectFolder
from tests.servers.bigquery.stand_in import Dataset
from tests.servers.bigquery.stand_in import StandIn as BigQueryStandIn
from tests.servers.environments import NoEnvironmentError
from tests.servers.postgres import Database, NoBinariesError, Server
from tests.servers.receiving import Receiver, receiving
from tests.servers.redshift import Redshift, redshift
from tests.servers.snowflake.stand_in import StandIn, Warehouse

settings.register_profile("patient", deadline=None)  # no test measures time: the machine may be busy
settings.load_profile("patient")


def pytest_collection_finish() -> None:
    """Leave what was collected, ten thousand tests, out of each garbage collection: that was a fifth of the time of all."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_sessionfinish() -> None:
    """Let libraries that count their objects at the end find them gone."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _no_secret_of_another_test() -> Iterator[None]:
    """Forget the secrets that a test's process has read: they would be blacked out in the texts of the next one."""
    yield
    if redaction._KNOWN or redaction._PUBLIC:
        redaction._KNOWN.clear()
        redaction._PUBLIC.clear()
        redaction._forms.cache_clear()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A real Postgres, one for each worker of pytest-xdist."""
    try:
        server = Server.start()
    except NoBinariesError as error:
        pytest.skip(f"this machine lacks a Postgres: {error}")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgres_database(postgres: Server) -> Iterator[Database]:
    """A fresh database with a role that may only read."""
    database = postgres.create_database()
    try:
        yield database
    finally:
        database.leave()


@pytest.fixture(scope="session")
def redshift_front(postgres: Server) -> Iterator[Redshift]:
    """What stands in for Redshift: a front for the Postgres."""
    with redshift(postgres.host, postgres.port) as front:
        yield front


@pytest.fixture(scope="session")
def snowflake() -> Iterator[StandIn]:
    """A stand-in for Snowflake, one for each worker of pytest-xdist."""
    try:
        server = StandIn.start()
    except NoEnvironmentError as error:
        pytest.skip(f"this machine lacks the environment of the stand-in for Snowflake: {error}")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def snowflake_warehouse(snowflake: StandIn) -> Iterator[Warehouse]:
    """A fresh database in the stand-in, with a user that reads it."""
    made = snowflake.create()
    try:
        yield made
    finally:
        made.drop()


@pytest.fixture(scope="session")
def bigquery() -> Iterator[BigQueryStandIn]:
    """A stand-in for BigQuery, one for each worker of pytest-xdist."""
    try:
        server = BigQueryStandIn.start()
    except NoEnvironmentError as error:
        pytest.skip(f"this machine lacks the environment of the stand-in for BigQuery: {error}")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def bigquery_dataset(bigquery: BigQueryStandIn) -> Dataset:
    """A fresh dataset in the stand-in, with an account that reads it."""
    return bigquery.create()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    """A real HTTP receiver in a process of its own."""
    with receiving(tmp_path / "receiver") as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectFolder:
    """An empty project, whose secrets are in the environment."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return ProjectFolder.make(tmp_path / "project")
