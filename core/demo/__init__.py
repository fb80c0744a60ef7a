"""The demo: a small company in an embedded DuckDB warehouse, and a project on it that delivers into a local file.

The same rows on every machine: they are made from row numbers by arithmetic, never by chance. One sync of each call type
works; two are drafts with findings to fix. No keyring, no network, nothing outside the folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from core import project
from core.errors import ProjectError

__all__ = ["NAME", "make"]

NAME = "acme-demo"

_UNFINISHED = ".backhaul-demo-unfinished"
"""Stands in the folder while the demo is made: one that was interrupted is made again, a folder of the user's is not touched."""

_SYNCS: Mapping[str, Mapping[str, Any]] = {
    "users": {
        "call": "identify",
        "description": "Everyone with an account, with what they pay",
        "schedule": "every 1 hour",
    },
    "leads": {"call": "identify", "description": "Leads from Salesforce", "schedule": "every 12 hours"},
    "orders": {"call": "track", "description": "Orders as events", "schedule": "every 15 minutes"},
    "companies": {"call": "group", "description": "Companies and who works there", "schedule": "daily at 06:30"},
    "page_views": {"call": "page", "description": "Pages of the web site", "schedule": "every 15 minutes"},
    "screen_views": {"call": "screen", "description": "Screens of the app", "schedule": "every 15 minutes"},
    "merged_users": {"call": "alias", "description": "Accounts that became one", "schedule": "every 12 hours"},
    "open_tickets": {
        "call": "identify",
        "description": "Who has an open ticket in Zendesk (a draft: `backhaul lint open_tickets`)",
        "enabled": False,
    },
    "feature_use": {
        "call": "track",
        "description": "What people use in the app (a draft: `backhaul lint feature_use`)",
        "enabled": False,
    },
}


def make(folder: Path) -> bool:
    """Make the demo in `folder`; return whether it was made (False: it was there already).

    Raises ProjectError where the folder holds something else.
    """
    if (folder / project.FILE).exists():
        if project.load(folder).name != NAME:
            raise ProjectError(
                "This folder holds a project of yours.",
                where=str(folder),
                remedy="Name another folder: `backhaul demo another-folder`.",
            )
        return False
    another = "Name another folder: `backhaul demo another-folder`."
    try:
        folder.mkdir(parents=True, exist_ok=True)
        mark = folder / _UNFINISHED
        if not mark.exists() and any(folder.iterdir()):
            raise ProjectError("The folder is not empty.", where=str(folder), remedy=another)
        mark.touch()
        _make_warehouse(folder / "warehouse.duckdb")
        _make_files(folder)
        mark.unlink()
    except OSError as error:
        raise ProjectError(f"The demo cannot be made: {error.strerror}.", where=str(folder), remedy=another) from error
    return True


def _make_warehouse(file: Path) -> None:
    """Fill the warehouse under another name and rename it: half a warehouse is never read."""
    import duckdb

    unfinished = file.with_name(f".{file.name}.new")
    unfinished.unlink(missing_ok=True)
    with duckdb.connect(str(unfinished)) as connection:
        connection.execute(resources.files("core.demo").joinpath("company.sql").read_text("utf-8"))
        connection.execute("CHECKPOINT")
    unfinished.replace(file)


def _make_files(folder: Path) -> None:
    """Write the project's files; backhaul.toml last, so that a half-made project is no project."""
    project.write_file(folder / "sources" / "warehouse.toml", {"type": "duckdb", "path": "warehouse.duckdb"})
    project.write_file(folder / "destinations" / "files.toml", {"type": "file", "folder": "delivered"})
    queries = resources.files("core.demo").joinpath("syncs")
    for number, (name, values) in enumerate(_SYNCS.items(), 1):
        settings = {
            "id": f"d{number:05x}",
            "source": "warehouse",
            "destinations": ["files"],
            **values,
        }
        text = queries.joinpath(f"{name}.sql").read_text("utf-8")
        (folder / "syncs").mkdir(exist_ok=True)
        (folder / "syncs" / f"{name}.sql").write_text(text, "utf-8")
        project.write_file(folder / "syncs" / f"{name}.toml", settings)
    project.initialise(folder, NAME)
