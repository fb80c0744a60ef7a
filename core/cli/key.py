"""`backhaul key`: what a private key is, whether it fits Snowflake, converted or made new. A key is printed by nothing but
`convert --out -`, which asks for just that.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from core.cli.output import colour, fail, folder_option, json_option, print_json
from core.cli.project_args import open_project
from core.control_chars import escape_control_chars
from core.errors import UsageError
from core.model import Secret
from core.paths import expanded

if TYPE_CHECKING:
    from core.keys import Inspection

__all__ = ["key"]

_VARIABLE = "BACKHAUL_KEY_PASSPHRASE"
_TRIES = 3
_SIGNS = {
    "fits": ("✓", "green"),
    "mended": ("✓", "green"),
    "needs-passphrase": ("!", "yellow"),
    "refused": ("✗", "red"),
}

_file = click.argument("file", required=False)
_passphrase_file = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path),
    help=f"A file whose first line is the passphrase; else {_VARIABLE}, else it is asked for.",
)
_user = click.option("--user", default="SVC_BACKHAUL", show_default=True, help="The Snowflake user of the statement.")
_slot = click.option(
    "--slot", type=click.Choice(["1", "2"]), default="1", help="Which of the user's two keys; 2 to change to a new one."
)
_out = click.option("--out", help="The file to write, readable by you only; `-` prints the key.")
_secret = click.option(
    "--secret", "secret_name", help="The project's secret to keep it as, such as sources/prod.private_key."
)
_force = click.option("--force", is_flag=True, help="Replace the file where it is there already.")


@click.group()
def key() -> None:
    """Private keys for Snowflake: inspect, convert, generate. Files of yours are never changed."""


@key.command("inspect")
@_file
@_passphrase_file
@_user
@_slot
@json_option
def inspect_key(file: str | None, *, passphrase_file: Path | None, user: str, slot: str, as_json: bool) -> None:
    """Say what the key in FILE is, whether it fits, and the SQL that registers it.

    `-` reads stdin. Without FILE, the key is pasted, and not shown.
    """
    found, warning = _inspected(file, passphrase_file)
    _tell(found, warning=warning, user=user, slot=_number(slot), as_json=as_json)
    if found.key is None:
        fail()


@key.command("convert")
@_file
@_out
@_secret
@_force
@_passphrase_file
@folder_option
@_user
@_slot
@json_option
def convert(
    file: str | None,
    *,
    out: str | None,
    secret_name: str | None,
    force: bool,
    passphrase_file: Path | None,
    folder: Path | None,
    user: str,
    slot: str,
    as_json: bool,
) -> None:
    """Write the key in FILE as unencrypted PKCS#8, into a new file or a secret of the project."""
    place = _Place(out, secret_name, folder, force=force)
    place.must_differ_from(file)
    if place.is_stdout and as_json:
        raise UsageError("--json would print a document, and --out - the key.", remedy="Choose one of the two.")
    found, warning = _inspected(file, passphrase_file)
    if found.key is None:
        _tell(found, warning=warning, user=user, slot=_number(slot), as_json=as_json, err=not as_json)
        fail()
    else:
        kept = place.keep(found.key)
        _tell(found, warning=warning, user=user, slot=_number(slot), as_json=as_json, kept=kept, err=place.is_stdout)


@key.command("generate")
@_user
@_out
@_secret
@_force
@_slot
@click.option("--bits", type=int, default=2048, show_default=True, help="2048 to 4096.")
@folder_option
@json_option
def generate_key(
    *,
    user: str,
    out: str | None,
    secret_name: str | None,
    force: bool,
    slot: str,
    bits: int,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Make a fresh pair: the private key goes to a file or a secret, the SQL that registers the public one is printed."""
    from core import keys
    from core.redaction import remember_secret

    place = _Place(out, secret_name, folder, force=force)
    if place.is_stdout:
        raise UsageError("A fresh key is not printed.", remedy="Name a file with --out, or a secret with --secret.")
    keys.statement(user, "A" * 40)  # a name that no user can have is said before anything is made
    fresh = keys.generate(bits)
    if fresh.key is not None:
        remember_secret(fresh.key.reveal())
        kept = place.keep(fresh.key)
        _tell(fresh, user=user, slot=_number(slot), as_json=as_json, kept=kept)


class _Place:
    """Where a private key goes: a file, a secret, or stdout. What cannot work is said before a key is asked for."""

    def __init__(self, out: str | None, secret_name: str | None, folder: Path | None, *, force: bool) -> None:
        if bool(out) == bool(secret_name):
            raise UsageError(
                "It is not said where the private key goes."
                if not out
                else "The private key goes to one place, not to two.",
                remedy="Name a file with --out, or a secret of the project with --secret sources/NAME.private_key.",
            )
        self._out, self._secret, self._force = out or "", secret_name or "", force
        self.is_stdout = out == "-"
        if secret_name:
            from core import secrets

            self._project = open_project(folder, looking=True)
            secrets.meaning(self._project, secret_name)
        elif not self.is_stdout:
            from core import keys

            keys.must_be_free(Path(self._out), replace=force)

    def must_differ_from(self, file: str | None) -> None:
        """Refuse to write over the file that the key is read from."""
        source, target = expanded(file or "-"), expanded(self._out or "-")
        if file and self._out and source.exists() and target.exists() and source.samefile(target):
            raise UsageError(
                "That is the key's own file, which is not changed.", where=file, remedy="Name another one."
            )

    def keep(self, key: Secret) -> str:
        """Put the key there; say where, in words."""
        if self.is_stdout:
            click.echo(key.reveal(), nl=False)
            return ""
        if self._secret:
            from core import secrets

            secrets.store(self._project, self._secret, key)
            return f"Kept as {self._secret} in {secrets.place(self._project, self._secret)}."
        from core import keys

        keys.write(Path(self._out), key, replace=self._force)
        return f"Written to {self._out}, readable by you only."


def _inspected(file: str | None, passphrase_file: Path | None) -> tuple[Inspection, str]:
    """Read and inspect a key, asking for its passphrase where there is a terminal; return a warning about its file too."""
    from core import keys
    from core.redaction import remember_secret

    passphrase = _given_passphrase(passphrase_file)
    material, name, warning = _material(file)
    found = keys.inspect(material, passphrase, name=name)
    if passphrase is None and sys.stdin.isatty():
        for _ in range(_TRIES):
            if found.verdict is not keys.Verdict.NEEDS_PASSPHRASE:
                break
            typed = click.prompt(
                f"Passphrase of {escape_control_chars(name)}", hide_input=True, err=True, default="", show_default=False
            )
            remember_secret(typed)
            found = keys.inspect(material, Secret(typed), name=name)
            if typed and found.verdict is keys.Verdict.NEEDS_PASSPHRASE:
                click.echo(found.sentence, err=True)
    if found.key is not None:
        remember_secret(found.key.reveal())
    return found, warning


def _material(file: str | None) -> tuple[bytes, str, str]:
    """Read the key: from its file, from stdin, or pasted. Give it with a name for the commands, and a warning."""
    from core import keys
    from core.cli.key_input import pasted

    if file and file != "-":
        path = expanded(file)
        return keys.read(path), str(path), keys.warning_of(path)
    if file != "-" and sys.stdin.isatty():
        return pasted(), "key.pem", ""
    return sys.stdin.buffer.read(keys.MOST_BYTES + 1), "key.pem", ""


def _given_passphrase(file: Path | None) -> Secret | None:
    """Read the passphrase from the file or the variable; None where there is neither. Never from an argument: others see those."""
    from core import keys
    from core.redaction import remember_secret

    if file is not None:
        lines = keys.read(file).decode("utf-8", "replace").splitlines()
        text = lines[0] if lines else ""
        if not text:
            raise UsageError(
                "The passphrase file is empty.", where=str(file), remedy="Its first line is the passphrase."
            )
    else:
        text = os.environ.get(_VARIABLE, "")
    remember_secret(text)
    return Secret(text) if text else None


def _number(slot: str) -> Literal[1, 2]:
    return 2 if slot == "2" else 1


def _tell(
    found: Inspection,
    *,
    user: str,
    slot: Literal[1, 2],
    as_json: bool,
    warning: str = "",
    kept: str = "",
    err: bool = False,
) -> None:
    """Print what was found, without the key."""
    from core import keys

    sql = {"statement": "", "check": "", "rotation": ""}
    if found.public_key:
        sql["statement"] = keys.statement(user, found.public_key, slot=slot)
        sql["check"] = keys.check_statement(user, found.fingerprint, slot=slot)
        sql["rotation"] = keys.rotation(user, found.public_key, slot=slot) if slot == 2 else ""
    if as_json:
        print_json(_facts(found) | sql | {"warning": warning, "kept": kept})
        return
    for line in _lines(found, sql, warning, kept):
        click.echo(line if line.startswith("\x1b") else escape_control_chars(line, lines=True), err=err, color=colour())


def _lines(found: Inspection, sql: dict[str, str], warning: str, kept: str) -> list[str]:
    """Write what was found for a person: what it is, what was done, the SQL or the remedy, the command, the warning."""
    from core.keys import GENERATE

    mark, shade = _SIGNS[found.verdict]
    lines = [f"{click.style(mark, fg=shade)} {found.found}", f"  {found.sentence}"]
    lines += [f"  · {fix}" for fix in found.fixes]
    lines += [f"  {kept}"] if kept else []
    if found.fingerprint:
        lines += [f"  Fingerprint: {found.fingerprint}", "", "Register it:", sql["rotation"] or sql["statement"]]
        lines += ["", "Then check that Snowflake has this key:", sql["check"]]
    else:
        lines += [f"  {found.remedy}"]
    if found.command:
        title = "A new pair with openssl:" if found.command == GENERATE else "The same for a file:"
        lines += ["", title, f"  {found.command}"]
    return lines + (["", f"{click.style('!', fg='yellow')} {escape_control_chars(warning)}"] if warning else [])


def _facts(found: Inspection) -> dict[str, Any]:
    """Return all of an inspection but the key."""
    return {
        "found": found.found,
        "kind": found.kind.value,
        "verdict": found.verdict.value,
        "sentence": found.sentence,
        "remedy": found.remedy,
        "mends": list(found.fixes),
        "algorithm": found.algorithm,
        "bits": found.bits,
        "public_key": found.public_key,
        "fingerprint": found.fingerprint,
        "command": found.command,
    }
