"""Project folders for tests: a warehouse, destinations that point at a receiver, syncs; and commands run on them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import tomlkit

from core.cli import main
from tests.servers.postgres import Database

__all__ = ["QUICK", "SECRETS", "Done", "ProjectFolder", "backhaul"]

SECRETS = {
    "BACKHAUL_DESTINATIONS_SEG_WRITE_KEY": "segment-key-9Zq4",
    "BACKHAUL_DESTINATIONS_CIO_API_KEY": "customerio-key-7Xw2",
    "BACKHAUL_DESTINATIONS_RUD_WRITE_KEY": "rudder-key-5Tn8",
    "BACKHAUL_DESTINATIONS_JIT_WRITE_KEY": "jitsu-id-3Kd6:jitsu-key-1Lp0",
    "BACKHAUL_DESTINATIONS_HOOK_TOKEN": "hook-token-4Rv7",
    "BACKHAUL_DESTINATIONS_HOOK_SIGNING_KEY": "hook-signing-key-8Bc2",
    "BACKHAUL_SOURCES_PG_PASSWORD": "not-the-password",
}
"""What the environment holds for the destinations `seg`, `cio`, `rud`, `jit` and `hook` and the source `pg`."""

QUICK = {"attempts": 3, "backoff": 0.01, "timeout": 1.0}
"""Limits under which a destination that fails is given up soon."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Return a stream of JSON lines."""
        return [json.loads(line) for line in self.out.rstrip("\n").split("\n")]


@dataclass(frozen=True, slots=True)
class ProjectFolder:
    """A project in a folder of its own, whose secrets come from the environment."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> ProjectFolder:
        made = cls(folder)
        made.write("backhaul.toml", {"name": "tests", "secrets": {"from": "environment"}})
        return made

    def write(self, path: str, content: str | dict[str, Any]) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else tomlkit.dumps(content), "utf-8")
        return file

    def duckdb(self, *statements: str) -> None:
        """Run statements in the source `warehouse`, which is made by the first of them."""
        if not (self.folder / "sources" / "warehouse.toml").exists():
            self.write("sources/warehouse.toml", {"type": "duckdb", "path": "warehouse.duckdb"})
        with duckdb.connect(str(self.folder / "warehouse.duckdb")) as connection:
            for statement in statements:
                connection.execute(statement)

    def postgres(self, database: Database, **settings: Any) -> None:
        """Add the source `pg`."""
        known = {"host": "127.0.0.1", "port": database.server.port, "database": database.name, "user": database.reader}
        self.write("sources/pg.toml", {"type": "postgres", "sslmode": "disable", **known, **settings})

    def segment(self, url: str, **limits: Any) -> None:
        """Add the destination `seg`."""
        self.write("destinations/seg.toml", {"type": "segment", "url": url, "limits": {**QUICK, **limits}})

    def customerio(self, url: str, **limits: Any) -> None:
        """Add the destination `cio`."""
        self.write("destinations/cio.toml", {"type": "customerio", "url": url, "limits": {**QUICK, **limits}})

    def rudderstack(self, url: str, **limits: Any) -> None:
        """Add the destination `rud`."""
        self.write("destinations/rud.toml", {"type": "rudderstack", "url": url, "limits": {**QUICK, **limits}})

    def jitsu(self, url: str, **limits: Any) -> None:
        """Add the destination `jit`."""
        self.write("destinations/jit.toml", {"type": "jitsu", "url": url, "limits": {**QUICK, **limits}})

    def webhook(self, url: str, limits: dict[str, Any] | None = None, **settings: Any) -> None:
        """Add the destination `hook`."""
        known = {"type": "webhook", "url": url, "limits": {**QUICK, **(limits or {})}}
        self.write("destinations/hook.toml", {**settings, **known})

    def file(self) -> None:
        """Add the destination `files`."""
        self.write("destinations/files.toml", {"type": "file"})

    def delivered(self, sync: str) -> list[dict[str, Any]]:
        """Return the calls in the file of the destination `files`."""
        file = self.folder / "delivered" / f"{sync}.jsonl"
        return [json.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []

    def sync(
        self, name: str, query: str, *, call: str = "identify", to: Sequence[str] = ("seg",), **settings: Any
    ) -> None:
        """Add a sync from `warehouse` (or another `source`)."""
        self.write(f"syncs/{name}.sql", query)
        known = {"id": f"id{name}", "source": "warehouse", "destinations": list(to), "call": call}
        self.write(f"syncs/{name}.toml", known | settings)

    def run(self, *words: object) -> Done:
        """Run a command on this project in this process."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([*map(str, words), "--project", str(self.folder)])
        done = Done(code, out.getvalue(), err.getvalue())
        for secret in SECRETS.values():
            assert secret not in done.out + done.err
        return done

    def run_in_folder(self, *words: object) -> Done:
        """Run a command that is given the project's folder as its last word, in this process."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([*map(str, words), str(self.folder)])
        return Done(code, out.getvalue(), err.getvalue())

    def query(self, name: str, query: str, **settings: Any) -> Done:
        """Write a sync and run it."""
        self.sync(name, query, **settings)
        return self.run("run", name)


def backhaul(*words: object, folder: Path, env: dict[str, str] | None = None, timeout: float = 60) -> Done:
    """Run a command in a process of its own, in `folder`."""
    done = subprocess.run(
        [sys.executable, "-m", "tui.main", *map(str, words)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())
