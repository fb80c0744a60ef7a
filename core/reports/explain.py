"""`explain`: one key's life in a sync: what was acknowledged, what was refused, what is on its way, and how to repeat it."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from core.calls.fields import CALLS
from core.destinations.base import Batch
from core.duckdb_helpers import quoted
from core.json_text import seen, to_json
from core.ledger import LocalLedger
from core.ledger.identity import matches
from core.model import Project, Secret, Sync
from core.own_folder import part_file
from core.quoting import shell
from core.reports.rejected_rows import without_digests
from core.state.folder import StateFolder, has_store
from core.store import Store
from core.sync.comparison.stage import scratch
from core.sync.preparation import Target, build_target

if TYPE_CHECKING:
    import duckdb

__all__ = ["KeyLife", "build_curl", "build_rejected_curl", "explain_key", "lives_json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLife:
    """What a destination knows of a key.

    `state` is acknowledged, assumed (a baseline marked it as delivered), rejected or pending; `call` is its call then, `run`
    and `at` (Unix seconds) when that was, where it is known.
    """

    destination: str
    state: str
    identity: str
    call: str | None = None
    run: str | None = None
    at: float | None = None
    rejected: tuple[Mapping[str, Any], ...] = ()
    curl: str = ""
    notes: tuple[str, ...] = field(default=())


def explain_key(project: Project, sync: Sync, key: str) -> tuple[KeyLife, ...]:
    """Find a key ('u1'; for a group 'c1' or 'u1'; for an event its messageId) in the ledgers, the rejected rows and the open plans of a sync."""
    if not has_store(project.state):  # to look makes none
        return ()
    state = StateFolder(project)
    found: list[KeyLife] = []
    with state.store() as store, scratch(state.scratch(sync)) as connection:
        for name in sync.destinations:
            target = build_target(project, sync, name, _no_secret)
            ledger = store.row("current_ledger", sync=sync.id, destination=name)
            if ledger is None:
                continue
            lives = _acknowledged(connection, store, state, target, dict(ledger), key)
            known = {life.identity for life in lives}
            lives += [life for life in _rejected_only(store, target, dict(ledger), key) if life.identity not in known]
            lives += _pending(connection, store, state, target, sync, key)
            found += lives
    return tuple(found)


def _no_secret(name: str) -> Secret:
    """Stand in for any key, as the shell's variable of its name: what is told here shows none, and must not need one."""
    return Secret(f"${name.rpartition('.')[2].upper()}")


def _acknowledged(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    state: StateFolder,
    target: Target,
    ledger: Mapping[str, Any],
    key: str,
) -> list[KeyLife]:
    local = LocalLedger(store, state.ledger, ledger["id"])
    local.load(connection, "acknowledged")
    calls = local.calls()
    if not calls:
        return _acknowledged_digest(connection, store, state, target, ledger, key)
    rows = connection.execute(
        f"SELECT identity, call, key::VARCHAR, assumed FROM ({calls}) JOIN acknowledged USING (key, number) "
        f"WHERE {matches(key)} LIMIT 20"
    ).fetchall()
    lives = []
    for identity, call, digest, assumed in rows:
        rejected = tuple(
            dict(row) for row in store.rows("rejected_by_identity", ledger=ledger["id"], identity=identity)
        )
        delivery = _delivery_of(connection, store, state, ledger["id"], digest)
        lives.append(
            KeyLife(
                destination=target.name,
                state="assumed" if assumed else "acknowledged",
                identity=identity,
                call=call,
                run=delivery["run"] if delivery else None,
                at=delivery["ended"] if delivery else None,
                rejected=rejected,
                curl=build_curl(target, call) if call else "",
            )
        )
    return lives


def _acknowledged_digest(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    state: StateFolder,
    target: Target,
    ledger: Mapping[str, Any],
    key: str,
) -> list[KeyLife]:
    """Find an event by its messageId, in a ledger that keeps no calls but the digests of their identities."""
    identity = f"concat('{{\"messageId\":', json_string({quoted(key)}), '}}')"
    rows = connection.execute(
        f"SELECT {identity}, key::VARCHAR FROM acknowledged WHERE key = fingerprint_of({identity})"
    ).fetchall()
    lives = []
    for found, digest in rows:
        delivery = _delivery_of(connection, store, state, ledger["id"], digest)
        lives.append(
            KeyLife(
                destination=target.name,
                state="acknowledged",
                identity=found,
                run=delivery["run"] if delivery else None,
                at=delivery["ended"] if delivery else None,
                notes=("The ledger keeps only digests of events, not what was sent.",),
            )
        )
    return lives


def _delivery_of(
    connection: duckdb.DuckDBPyConnection, store: Store, state: StateFolder, ledger: str, key: str
) -> Mapping[str, Any] | None:
    """Return the delivery whose segment holds the latest version of a key; None after a compaction."""
    for segment in reversed(store.rows("segments", ledger=ledger)):
        file = quoted(str(part_file(state.ledger, segment["keys"])))
        if connection.execute(f"SELECT 1 FROM read_parquet({file}) WHERE key = '{key}'::UUID LIMIT 1").fetchall():
            written_by = str(segment["keys"]).removesuffix(".keys.parquet").rpartition(".")[2]
            row = store.row("delivery", id=written_by)  # a compaction's segment ends in "base", which is no delivery
            return dict(row) if row else None
    return None


def _rejected_only(store: Store, target: Target, ledger: Mapping[str, Any], key: str) -> list[KeyLife]:
    """Find a key that was only ever refused."""
    by_identity: dict[str, list[Mapping[str, Any]]] = {}
    for row in store.rows("rejected_of_ledger", ledger=ledger["id"]):
        identity = row["identity"] or row["row"] or ""
        values = json.loads(row["identity"]).values() if row["identity"] else ()
        if key == identity or key in values:
            by_identity.setdefault(identity, []).append(dict(row))
    return [
        KeyLife(
            destination=target.name,
            state="rejected" if any(row["state"] == "open" for row in rows) else "settled",
            identity=identity,
            call=rows[-1]["call"],
            run=rows[-1]["run"],
            at=rows[-1]["created"],
            rejected=tuple(rows),
            curl=build_curl(target, rows[-1]["call"]) if rows[-1]["call"] else "",
        )
        for identity, rows in by_identity.items()
    ]


def _pending(
    connection: duckdb.DuckDBPyConnection, store: Store, state: StateFolder, target: Target, sync: Sync, key: str
) -> list[KeyLife]:
    """Find a key in a plan that is not finished."""
    lives = []
    for delivery in store.rows("open_deliveries", sync=sync.id):
        if delivery["destination"] != target.name or not delivery["plan"]:
            continue
        done = [row["number"] for row in store.rows("answered_batches", delivery=delivery["id"])]
        without = f"AND batch NOT IN ({', '.join(map(str, done))})" if done else ""
        file = quoted(str(part_file(state.plans, delivery["plan"])))
        rows = connection.execute(
            f"SELECT identity, call FROM read_parquet({file}) WHERE {matches(key)} {without} LIMIT 20"
        ).fetchall()
        lives += [
            KeyLife(
                destination=target.name,
                state="pending",
                identity=identity,
                call=call,
                run=delivery["run"],
                at=delivery["created"],
                notes=(delivery["reason"],) if delivery["reason"] else (),
            )
            for identity, call in rows
        ]
    return lives


def build_rejected_curl(project: Project, sync: Sync, row: Mapping[str, Any]) -> str:
    """Return the command that sends a rejected row again; nothing where it never became a call."""
    if not row["call"]:
        return ""
    return build_curl(build_target(project, sync, row["destination"], _no_secret), row["call"])


def build_curl(target: Target, call: str) -> str:
    """Return the command that sends one call again, with variables ("$WRITE_KEY") instead of secrets.

    `target` is made with `_no_secret`. A signature is left out, with a remark: without its key there is none.
    """
    if target.plugin.transport != "http":
        return ""
    kind = next(each for each in CALLS if each.value == json.loads(call)["type"])
    body = seen(call).encode()
    request = target.plugin.request(Batch(call=kind, calls=1, joined=lambda _: body))
    words = ["curl", *shell.url_options(request.url), "-X", request.method, shlex.quote(request.url)]
    for name, value in request.headers.items():
        if name == "authorization" and value.startswith("Basic "):
            words += ["-u", f'"{base64.b64decode(value.removeprefix("Basic ")).decode()}"']
        elif name != request.signature:
            words += ["-H", _quoted_header(name, value, target)]
    for option, value in (
        ("--proxy", target.destination.network.proxy),
        ("--cacert", target.destination.network.ca_file),
    ):
        words += [option, shlex.quote(value)] if value else []
    words += ["-d", shlex.quote(request.body.decode())]
    remark = f"  # {request.signature} is left out: it takes the signing key" if request.signature else ""
    return " ".join(words) + remark


def _quoted_header(name: str, value: str, target: Target) -> str:
    """Quote a header for the shell; a secret's variable stands where the shell puts the secret in."""
    variables = [_no_secret(secret).reveal() for secret in target.plugin.secrets]
    held = next((known for known in variables if value in (known, f"Bearer {known}")), None)
    if held is None:
        return shlex.quote(f"{name}: {value}")
    return shlex.quote(f"{name}: {value.removesuffix(held)}") + f'"{held}"'


def lives_json(lives: Iterable[KeyLife]) -> list[dict[str, Any]]:
    """Return what each destination knows of a key."""
    return [to_json(asdict(life) | {"rejected": [without_digests(row) for row in life.rejected]}) for life in lives]
