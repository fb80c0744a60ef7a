"""The guided set-up for the pictures: a key that was pasted in PKCS#1, and a user who may read no table of a real Postgres."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from core.project import set_value
from tests.core.keys.made import Made
from tests.servers.postgres import Server
from tests.tui.guided import begin, choose, fill, paste
from tests.tui.harness import until
from tui.app import Console

__all__ = ["CONNECTING", "with_a_keyring"]

Act = Callable[[Pilot[Any], Console], Awaitable[None]]

_SNOWFLAKE = {"account": "MYORG-ACME", "user": "BACKHAUL", "role": "BACKHAUL_READER", "warehouse": "REPORTING_WH"}


@contextlib.contextmanager
def with_a_keyring(folder: Path) -> Iterator[None]:
    """Let the project keep its secrets in the keyring, as a new one does; what was entered is not gone on with."""
    file = folder / "backhaul.toml"
    before = file.read_text("utf-8")
    set_value(file, "secrets", None)
    try:
        yield
    finally:
        file.write_text(before, "utf-8")
        (folder / ".backhaul" / "drafts" / "source.json").unlink(missing_ok=True)


@contextlib.contextmanager
def a_key() -> Iterator[Act]:
    """Paste a key as `openssl genrsa -traditional` makes it."""

    async def act(pilot: Pilot[Any], _app: Console) -> None:
        await begin(pilot)
        await choose(pilot, "snowflake")
        await fill(pilot, name="prod", **_SNOWFLAKE, database="ANALYTICS")
        await pilot.press("pagedown")
        await until(pilot, "It goes to the keyring")
        await paste(pilot, Made().pkcs1)
        await until(pilot, "fingerprint  ")

    yield act


@contextlib.contextmanager
def a_missing_grant() -> Iterator[Act]:
    """Connect to a Postgres whose user may read nothing; it runs that long."""
    server = Server.start().ready()
    try:
        with server.connect() as connection:
            connection.execute("CREATE ROLE analyst LOGIN PASSWORD 'only for a picture'")
            connection.execute("CREATE DATABASE shop")
        with server.connect(dbname="shop") as connection:
            connection.execute("CREATE TABLE customers (id text, email text, plan text, updated_at timestamptz)")

        async def act(pilot: Pilot[Any], _app: Console) -> None:
            await begin(pilot)
            await choose(pilot, "postgres")
            where = {"host": server.host, "port": str(server.port), "database": "shop", "user": "analyst"}
            await fill(pilot, name="shop", **where)
            await pilot.press("pagedown")
            await until(pilot, "It goes to the keyring")
            await fill(pilot, password="only for a picture")
            await pilot.press("pagedown")
            await until(pilot, "tests again")

        yield act
    finally:
        server.stop()


CONNECTING = {"new-source-key": a_key, "new-source-grant": a_missing_grant}
