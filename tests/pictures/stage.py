"""The demo project some days later: runs that went well, rows that were refused, a guard that asks, a key that is wrong.

All of it is done by the real program: the demo's warehouse is changed, syncs are run, a receiver on loopback plays an API
that refuses what is no e-mail address.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import tomlkit

from core import demo
from core.daemon.client import answer, ask, begin, end, holder
from core.project import load, set_value
from core.state.folder import StateFolder
from tests.projects import backhaul
from tests.servers.receiving import Receiver

__all__ = ["SECRETS", "a_daemon", "a_run_goes_on", "set_the_stage"]

SECRETS = {
    "BACKHAUL_DESTINATIONS_CIO_API_KEY": "a-key-of-the-stage",
    "BACKHAUL_DESTINATIONS_SEGMENT_WRITE_KEY": "another-key-of-the-stage",
}
_ANSWER = {"errors": [{"reason": "INVALID_EMAIL", "field": "email", "message": "email is not valid"}]}
_NO_ADDRESSES = ("ann@", "n/a", "x@@y.example", "tbd", "none at all")


def set_the_stage(folder: Path, receiver: Receiver) -> None:
    """Make the demo in a folder and let some days pass."""
    assert demo.make(folder)
    set_value(folder / "backhaul.toml", "secrets", {"from": "environment"})
    for name, kind in (("cio", "customerio"), ("segment", "segment")):
        settings = {"type": kind, "url": receiver.url, "limits": {"attempts": 2, "backoff": 0.05}}
        (folder / "destinations" / f"{name}.toml").write_text(tomlkit.dumps(settings), "utf-8")
    for sync, destination in (("users", "cio"), ("leads", "cio"), ("orders", "segment"), ("page_views", "segment")):
        set_value(folder / "syncs" / f"{sync}.toml", "destinations", [destination])
    _run(folder)
    for number in range(3):
        _change(folder, f"UPDATE app.users SET plan = 'team', updated_at = now() WHERE id LIKE '%{number}7'")
        _run(folder, "users", "companies")
    _refused_addresses(folder, receiver)
    _a_wrong_key(folder, receiver)
    _a_question(folder)


def _refused_addresses(folder: Path, receiver: Receiver) -> None:
    """Some people's addresses are none; the API refuses them."""
    for number in range(24):
        address = _NO_ADDRESSES[number % 5]
        _change(
            folder, f"UPDATE app.users SET email = '{address}', updated_at = now() WHERE id = 'u_{number * 11 + 3:05}'"
        )
    _change(folder, "UPDATE app.users SET plan = 'enterprise', updated_at = now() WHERE id LIKE '%1' OR id LIKE '%2'")
    receiver.refuse(*(f'"email":"{address}"' for address in _NO_ADDRESSES), body=json.dumps(_ANSWER))
    _run(folder, "users")
    receiver.refuse()


def _a_wrong_key(folder: Path, receiver: Receiver) -> None:
    receiver.behave({"status": 401, "body": '{"message": "unknown write key"}'})
    _change(
        folder,
        "INSERT INTO app.page_views SELECT 'p_9' || id[3:], user_id, title, url, 5, now() FROM app.page_views LIMIT 20",
    )
    _run(folder, "page_views")


def _a_question(folder: Path) -> None:
    """A column turns to null in most rows: a guard asks."""
    _change(folder, "UPDATE app.companies SET industry = NULL, last_updated = now() WHERE id <= 'c_080'")
    _run(folder, "companies")


@contextlib.contextmanager
def a_daemon(folder: Path) -> Iterator[None]:
    """Have a daemon run the project; nothing is due while the pictures are taken."""
    project = load(folder)
    begin(project)
    try:
        yield
    finally:
        end(project)
        deadline = time.monotonic() + 60
        while holder(project.state) is not None and time.monotonic() < deadline:
            time.sleep(0.1)


@contextlib.contextmanager
def a_run_goes_on(folder: Path) -> Iterator[None]:
    """Have `orders` deliver 60,000 calls slowly; stopped afterwards."""
    _change(
        folder,
        "INSERT INTO app.orders SELECT 'x_' || i, 'u_' || lpad((1 + i % 1500)::VARCHAR, 5, '0'), 'Order Completed', 5, [], now() "
        "FROM range(60000) t(i) WHERE NOT EXISTS (FROM app.orders WHERE id = 'x_1')",
    )
    file = folder / "destinations" / "segment.toml"
    set_value(file, "limits", {"requests": 4, "batch_calls": 400})
    project = load(folder)
    with StateFolder(project).store() as store:
        number = ask(store, "run", sync=project.syncs["orders"].id, words=["--yes"])
        try:
            time.sleep(8)
            yield
        finally:
            ask(store, "stop", sync=project.syncs["orders"].id)
            deadline = time.monotonic() + 30
            while answer(store, number) is None and time.monotonic() < deadline:
                time.sleep(0.1)
            set_value(file, "limits", None)


def _run(folder: Path, *words: str) -> None:
    done = backhaul("run", *words, folder=folder, env=SECRETS, timeout=120)
    assert done.code in (0, 1), done.err


def _change(folder: Path, statement: str) -> None:
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(statement)
