"""`backhaul setup-sql`: the least-privilege set-up script of a warehouse, with the user's own names.

It goes to stdout, to be read by an administrator and run by their own tool; nothing here runs it. No password ever stands
in it: `--new-password NAME` creates one, keeps it as that secret of the project, and puts only its verifier into the script.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.output import folder_option, json_option, print_json
from core.cli.project_args import open_project
from core.errors import UsageError
from core.model import Secret

if TYPE_CHECKING:
    from core.warehouses.base import Warehouse

__all__ = ["setup_sql"]

_RANDOM_BYTES = 32


@click.command("setup-sql")
@click.argument("kind", metavar="TYPE", default="")
@click.option("--source", default="", help="Take type and names from this source of the project.")
@click.option("--user", default="", help="The user to make; backhaul by default.")
@click.option("--role", default="", help="The role to make, where the warehouse has roles of their own.")
@click.option("--warehouse", default="", help="The warehouse to use (Snowflake); one is created if none is named.")
@click.option("--gcp-project", "project", default="", help="The project (BigQuery).")
@click.option("--database", default="", help="The database to read.")
@click.option("--schema", "schemas", multiple=True, help="A schema (a dataset) to read; may be given several times.")
@click.option(
    "--key", type=click.Path(path_type=Path), help="A private key file, whose public half is registered (Snowflake)."
)
@click.option(
    "--new-password", default="", metavar="SECRET", help="Make a password and keep it, such as sources/prod.password."
)
@click.option("--ledger", is_flag=True, help="Also make the schema that a ledger in the warehouse lives in.")
@folder_option
@json_option
def setup_sql(
    kind: str,
    *,
    source: str,
    key: Path | None,
    new_password: str,
    folder: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Print the statements that give Backhaul the least it needs in a warehouse of TYPE."""
    from core.warehouses import warehouse_type
    from core.warehouses.base import SetupNames

    kind, known = _known(kind, source, folder)
    plugin = warehouse_type(kind)
    names = {name: value for name, value in (known | {n: v for n, v in given.items() if v}).items() if value}
    if "role" not in names and "user" in names:
        names["role"] = names["user"]
    if key:
        names["public_key"] = _public_key(key)
    place = ""
    if new_password:
        names["verifier"], place = _new_password(plugin, names.get("user", "backhaul"), new_password, folder)
    script = plugin.setup_script(SetupNames(**names))
    if as_json:
        print_json({"type": kind, "script": script, "password": place or None})
        return
    click.echo(script, nl=False)
    if place:
        click.echo(f"-- The password is kept in {place}; what stands here is its verifier only.")


def _known(kind: str, source: str, folder: Path | None) -> tuple[str, dict[str, Any]]:
    """Return the type, and the names that a source of the project has already."""
    if not source:
        if not kind:
            from core.warehouses import types

            raise UsageError("Name a type of warehouse.", remedy=f"Known types: {', '.join(types())}.")
        return kind, {}
    project = open_project(folder, looking=True)
    from core.plugins import nearest

    found = project.sources.get(source)
    if found is None:
        raise UsageError(f"There is no source {source!r}.{nearest(source, list(project.sources))}")
    taken = ("user", "role", "warehouse", "project", "database")
    names = {name: getattr(found.settings, name, "") for name in taken}
    schema = getattr(found.settings, "schema", "") or getattr(found.settings, "dataset", "")
    return kind or found.type, {**names, **({"schemas": (schema,)} if schema else {})}


def _public_key(file: Path) -> str:
    """Return the public half of a private key file, whatever its format."""
    from core import keys

    found = keys.inspect(keys.read(file))
    if not found.public_key:
        raise UsageError(found.sentence, where=str(file), remedy=found.remedy)
    return found.public_key


def _new_password(plugin: type[Warehouse], user: str, name: str, folder: Path | None) -> tuple[str, str]:
    """Make a password, keep it as a secret, and return its verifier and where it is kept."""
    import secrets as randomness

    from core import secrets

    project = open_project(folder, looking=True)
    secrets.meaning(project, name)
    password = Secret(randomness.token_urlsafe(_RANDOM_BYTES))
    verifier = plugin.verifier_of(password, user)
    if not verifier:
        raise UsageError("This type of warehouse has no passwords to make.")
    secrets.store(project, name, password)
    return verifier, secrets.place(project, name)
