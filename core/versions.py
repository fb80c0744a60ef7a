"""What is installed: the parts that Backhaul stands on, with their versions."""

from __future__ import annotations

from importlib import metadata

__all__ = ["parts"]

_PARTS = (
    "duckdb",
    "pyarrow",
    "sqlglot",
    "psycopg",
    "adbc-driver-postgresql",
    "httpx",
    "keyring",
    "msgspec",
    "tomlkit",
    "filelock",
    "cronsim",
    "click",
    "textual",
)


def parts() -> dict[str, str | None]:
    """Return the version of each part; None where it is missing."""
    return {name: _version(name) for name in _PARTS}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
