"""Starts the stand-in, gives each test a dataset of its own with an account that reads it, and stops it.

Every wait is bounded and notices a process that died. The server ends with this process: it reads from a pipe that we hold.
"""

from __future__ import annotations

import functools
import http.client
import itertools
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.servers.environments import ENVIRONMENTS

__all__ = ["PROJECT", "Dataset", "StandIn", "key_file"]

ROOT = Path(__file__).parents[3]
PROJECT = "backhaul-tests"
WAIT = 60.0
READING = "bigquery.tables.getData"


@dataclass(kw_only=True)
class StandIn:
    """A running stand-in. `storage_port` is the emulator's own Storage API, without a login and without TLS."""

    folder: Path
    port: int
    storage_port: int
    process: subprocess.Popen[bytes]
    host: str = "127.0.0.1"
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def start(cls) -> StandIn:
        """Start it; takes about three seconds where its environment is there. Raises NoEnvironmentError."""
        python = ENVIRONMENTS["bigquery"].python()
        folder = Path(tempfile.mkdtemp(prefix="backhaul-bigquery-"))
        link_extension(python, folder)
        port_file = folder / "port"
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [python, "-m", "tests.servers.bigquery.serve", port_file],
                cwd=ROOT,
                env={"PATH": os.defpath, "HOME": str(folder), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        running = cls(folder=folder, port=0, storage_port=0, process=process)
        try:
            deadline = time.monotonic() + WAIT
            while not port_file.exists():
                if process.poll() is not None:
                    raise RuntimeError(f"the stand-in for BigQuery ended with {process.returncode}:\n{running.log()}")
                if time.monotonic() > deadline:
                    raise RuntimeError(f"the stand-in for BigQuery did not start in {WAIT:.0f} s:\n{running.log()}")
                time.sleep(0.02)
            running.port, running.storage_port = map(int, port_file.read_text().split())
        except BaseException:
            running.stop()
            raise
        return running

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def ask(self, what: str, body: Any = None) -> Any:
        """Ask the server for what no client of BigQuery could (see `serve.Service.control`)."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=WAIT)
        try:
            connection.request("POST", f"/_control/{what}", json.dumps(body or {}))
            reply = json.loads(connection.getresponse().read())
        except OSError as error:
            raise RuntimeError(f"the stand-in for BigQuery does not answer: {error}\n{self.log()}") from error
        finally:
            connection.close()
        if not reply["success"]:
            raise RuntimeError(reply["message"])
        return reply["data"]

    def create(self, location: str = "US") -> Dataset:
        """Make a dataset and an account that reads it."""
        number = next(self.numbers)
        email = f"reader-{number}@{PROJECT}.iam.gserviceaccount.com"
        made = Dataset(server=self, name=f"test_{number}", location=location, email=email)
        made.execute("SELECT 1")
        made.set_account()
        return made

    def log(self) -> str:
        """Give the end of what the server said."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-4000:]

    def stop(self) -> None:
        """End the server; may be called twice."""
        self.process.kill()
        self.process.wait(WAIT)
        if self.process.stdin is not None:
            self.process.stdin.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(kw_only=True)
class Dataset:
    """A dataset of one test, with an account that logs in with `key_file` and sees what `set_account` gave it."""

    server: StandIn
    name: str
    location: str
    email: str

    def execute(self, *statements: str) -> list[Any]:
        """Run statements as the owner; gives the rows of the last one as the API has them."""
        asked = {"project": PROJECT, "dataset": self.name, "location": self.location, "statements": statements}
        rows: list[Any] = self.server.ask("execute", asked)
        return rows

    def set_account(self, **values: Any) -> None:
        """Set what the account has and sees (see `accounts.Account`); what is not named is as at first."""
        known = {"keys": {"key-id-0001": public_key("reader")}, "datasets": [self.name], "permissions": [READING]}
        self.server.ask("accounts", {self.email: {**known, **values}})

    def key_file(self, **values: Any) -> str:
        """Give the text of a key file of the account; `values` replace what stands in it, None takes it out."""
        return key_file(self.email, **{"token_uri": f"{self.server.address}/token", **values})


@functools.cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    """Give a key; the same for the same name."""
    del name
    return rsa.generate_private_key(65537, 2048)


def public_key(name: str) -> str:
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private_key(name).public_key().public_bytes(*form).decode()


def key_file(email: str, *, key: str = "reader", **values: Any) -> str:
    """Give the text of a service account's file, as Google writes it."""
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    whole = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "key-id-0001",
        "private_key": private_key(key).private_bytes(*form).decode(),
        "client_email": email,
        "client_id": "100000000000000000001",
        "token_uri": "https://oauth2.googleapis.com/token",
        "universe_domain": "googleapis.com",
        **values,
    }
    return json.dumps({name: value for name, value in whole.items() if value is not None}, indent=2)


def link_extension(python: Path, home: Path) -> None:
    """Put DuckDB's spatial extension, which came as a package, where DuckDB looks for it: else it would be downloaded."""
    program = "import duckdb, duckdb_extension_spatial as s; print(duckdb.__version__, s.__path__[0])"
    told = subprocess.run([python, "-c", program], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    version, package = told.stdout.strip().split(" ", 1)
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    system = {"Linux": "linux", "Darwin": "osx"}.get(platform.system(), "linux")
    folder = home / ".duckdb" / "extensions" / f"v{version}" / f"{system}_{machine}"
    folder.mkdir(parents=True)
    name = "spatial.duckdb_extension"
    (folder / name).symlink_to(Path(package) / "extensions" / f"v{version}" / name)
