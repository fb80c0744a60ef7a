"""The stand-in for BigQuery as the tests know it: a dataset of its own for each test, with an account that reads it."""

from __future__ import annotations

import functools
import json
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.servers import stand_in

__all__ = ["PROJECT", "Dataset", "StandIn", "key_file"]

PROJECT = "backhaul-tests"
READING = "bigquery.tables.getData"


@dataclass(kw_only=True)
class StandIn(stand_in.StandIn):
    """A running stand-in. `storage_port` is the emulator's own Storage API, without a login and without TLS."""

    name: ClassVar[str] = "bigquery"

    @classmethod
    def furnish(cls, python: Path, home: Path) -> None:
        link_extension(python, home)

    @property
    def storage_port(self) -> int:
        return self.ports[1]

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def create(self, location: str = "US") -> Dataset:
        """Make a dataset and an account that reads it."""
        number = next(self.numbers)
        email = f"reader-{number}@{PROJECT}.iam.gserviceaccount.com"
        made = Dataset(server=self, name=f"test_{number}", location=location, email=email)
        made.execute("SELECT 1")
        made.set_account()
        return made


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
        """Return the text of a key file of the account; `values` replace what stands in it, None takes it out."""
        return key_file(self.email, **{"token_uri": f"{self.server.address}/token", **values})


@functools.cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    """Return a key; the same for the same name."""
    del name
    return rsa.generate_private_key(65537, 2048)


def public_key(name: str) -> str:
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private_key(name).public_key().public_bytes(*form).decode()


def key_file(email: str, *, key: str = "reader", **values: Any) -> str:
    """Return the text of a service account's file, as Google writes it."""
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
