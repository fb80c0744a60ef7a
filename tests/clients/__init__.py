"""The vendors' own clients, to hold what we send against what they send for the same rows.

The Node clients, in the versions of package-lock.json here, are installed on first use into a folder of the user's cache
(`BACKHAUL_TEST_CLIENTS` names another), which all later runs and all workers share. Where that cannot be done, the tests
that need them are skipped and say why.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import filelock
import pytest

__all__ = ["CLIENTS", "Client", "comparable"]

_HERE = Path(__file__).parent
_ADDED = {
    "messageId": "each client makes its own",
    "sentAt": "receivers correct timestamps by it, so we send none",
    "originalTimestamp": "the client's clock at the call; we send the row's timestamp, or leave it to the receiver",
    "_metadata": "the version of Node",
    "writeKey": "the key travels in a header",
    "context.library": "the client's name and version",
}


@dataclass(frozen=True, kw_only=True)
class Client:
    """One client: the type of destination that it is for, and what it adds to a call by itself, with the reason.

    `moves` are fields of a call type that it has in another place: from there, to where the format has them.
    """

    name: str
    type: str
    language: str
    calls: tuple[str, ...] = ("identify", "track", "group", "page", "screen", "alias")
    adds: Mapping[str, str] = field(default_factory=dict)
    moves: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sends_timestamp: bool = True

    def send(self, url: str, key: str, call: str, row: Mapping[str, Any]) -> None:
        """Send a row, as its columns and values, to the server at `url`."""
        names = ("userId", "groupId", "previousId", "event", "name", "category", "timestamp")
        told = {
            "url": url,
            "key": key,
            "call": call,
            "fields": {name: _plain(row[name]) for name in names if name in row},
            "bag": {name: _plain(value) for name, value in row.items() if name not in names},
        }
        done = subprocess.run(
            self._words(),
            cwd=_installed() if self.language == "node" else None,
            input=json.dumps(told),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, ""), done.stderr + done.stdout

    def _words(self) -> list[str]:
        if self.language == "python":
            return [sys.executable, str(_HERE / "send.py")]
        return ["node", str(_HERE / "send.mjs"), self.type]


CLIENTS = (
    Client(
        name="@segment/analytics-node",
        type="segment",
        language="node",
        adds={"properties.category": "its page and screen calls repeat the category among the properties"},
    ),
    Client(
        name="@customerio/cdp-analytics-node",
        type="customerio",
        language="node",
        adds={"properties.category": "its page and screen calls repeat the category among the properties"},
    ),
    Client(
        name="@rudderstack/rudder-sdk-node",
        type="rudderstack",
        language="node",
        adds={
            "channel": "says that a server sends",
            "context.traits": "its identify calls repeat the traits in the context",
        },
    ),
    Client(
        name="rudder-sdk-python",
        type="rudderstack",
        language="python",
        adds={
            "channel": "says that a server sends",
            "integrations.All": "says that no integration is left out, which is what silence says",
        },
        moves={"identify": {"context.traits": "traits"}},
    ),
    Client(
        name="@jitsu/js",
        type="jitsu",
        language="node",
        calls=("identify", "track", "group", "page"),
        adds={
            "anonymousId": "it invents one",
            "context.page": "what it knows of a page in a browser",
            "context.clientIds": "cookies of a browser",
            "context.campaign": "the address of a browser",
            "context.traits": "the traits of whom it identified before",
        },
        moves={"page": {"properties.name": "name", "properties.category": "category"}},
        sends_timestamp=False,
    ),
)


def comparable(call: Mapping[str, Any], client: Client, *, timed: bool) -> Any:
    """Return a call's meaning, without what a client adds by itself.

    A timestamp counts where the row gives one (`timed`); empty objects of context and integrations, and fields of the
    call that are null, say nothing. A null trait or property counts.
    """
    kept = json.loads(json.dumps(call))
    for old, new in client.moves.get(call["type"], {}).items():
        if (value := _taken_out(kept, old)) is not None:
            kept[new] = value
    for place in {**_ADDED, **client.adds, **({} if timed and client.sends_timestamp else {"timestamp": ""})}:
        _taken_out(kept, place)
    kept = {name: value for name, value in kept.items() if value is not None}
    return _meaning(
        {name: each for name, each in kept.items() if each != {} or name not in ("context", "integrations")}
    )


def _taken_out(call: dict[str, Any], place: str) -> Any:
    """Take a value out of a call, and return it; None where there is none."""
    *way, last = place.split(".")
    inner: Any = call
    for name in way:
        inner = inner.get(name) if isinstance(inner, dict) else None
    return inner.pop(last, None) if isinstance(inner, dict) else None


def _meaning(value: Any) -> Any:
    """Return a value with its instants as instants, and truth told from the numbers 0 and 1."""
    if isinstance(value, dict):
        return {name: _meaning(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_meaning(inner) for inner in value]
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (type(value), value) if isinstance(value, bool) else value


def _plain(value: Any) -> Any:
    """Return a value of a row as JSON, an instant marked as such."""
    if isinstance(value, datetime):
        return {"$date": value.replace(tzinfo=UTC).isoformat()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _installed() -> Path:
    """Return the folder where the Node clients are, installing them where they are not; skips where that cannot be."""
    folder, problem = _place()
    if problem:
        pytest.skip(problem)
    return folder


@cache
def _place() -> tuple[Path, str]:
    """Return the folder of the Node clients, and why they are not there."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return _HERE, "node and npm are needed for the vendors' own clients, and are not here"
    lock = (_HERE / "package-lock.json").read_bytes()
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "backhaul-tests"
    base = Path(os.environ.get("BACKHAUL_TEST_CLIENTS") or base)
    folder = base / f"clients-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / "installed").exists():
        base.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(f"{folder}.lock"):
            if not (folder / "installed").exists():
                return folder, _install(folder)
    return folder, ""


def _install(folder: Path) -> str:
    """Install what the lock file says; return what went wrong. (`npm ci` also wants every other platform's packages.)"""
    folder.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(_HERE / name, folder)
    words = ["npm", "install", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        return f"the vendors' own clients cannot be installed: {' '.join(done.stderr.split())[:300]}"
    (folder / "installed").touch()
    return ""
