"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.postgres import Database, NoBinariesError, Server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A real Postgres, one for each worker of pytest-xdist."""
    try:
        server = Server.start()
    except NoBinariesError as error:
        pytest.skip(str(error))
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
        database.drop()
