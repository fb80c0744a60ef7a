"""What a stranger may put into a project's folder: more than three hundred things, each of which would like to reach out of it.

A case lays its thing into the project, beside what works. `Outside` is what they aim at: files that nobody may touch, and a command that leaves
a file behind when someone runs it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import tomlkit

__all__ = ["Case", "Outside", "cases", "heads"]

OLD = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Outside:
    """A folder beside the project: `command` leaves `touched` behind."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Outside:
        made = cls(folder)
        for name in (
            "logs/app.jsonl",
            "plans/x.parquet",
            "ledger/y.keys.parquet",
            "tmp/99999/spill",
            "secret.toml",
            "file",
        ):
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("theirs\n")
            os.utime(file, (OLD, OLD))
        made.command.write_text(f"#!/bin/sh\ntouch {made.touched}\necho a-secret\n")
        made.command.chmod(0o755)
        return made

    @property
    def command(self) -> Path:
        return self.folder / "canary.sh"

    @property
    def touched(self) -> Path:
        return self.folder / "touched"

    def tree(self) -> dict[str, tuple[int, int, int, bytes]]:
        """Give all that is there: modes, owners, times and contents."""
        return {
            str(path.relative_to(self.folder)): (
                path.lstat().st_mode,
                path.lstat().st_uid,
                path.lstat().st_mtime_ns,
                path.read_bytes() if path.is_file() else b"",
            )
            for path in sorted(self.folder.rglob("*"))
        }


@dataclass(frozen=True, slots=True)
class Case:
    """One thing: `lay` puts it into the project's folder, given that folder and a name that no other case has."""

    name: str
    lay: Callable[[Path, str], None]


SYNC = 'source = "warehouse"\ndestinations = ["files"]\ncall = "identify"\n'
QUERY = 'SELECT id AS "userId", name FROM people'
PLACES = ("sources", "destinations", "syncs")


def cases(outside: Outside) -> tuple[Case, ...]:
    """Give all cases that can lie beside each other."""
    return (*_names(outside), *_values(outside), *_kinds(outside), *_state(outside))


# names of files


def _names(outside: Outside) -> Iterator[Case]:
    touch = f"touch {outside.touched}".replace("/", "\u2044")
    names = (
        *(
            "-rf",
            "--help",
            "..",
            ".hidden",
            "%h%n",
            "a b",
            "é\u202egpj",
            "\x1b]52;c;aGk=\x07",
            "x" * 240,
            "con",
            "a\nb",
            "a\tb",
            "~root",
        ),
        *(
            f"$({touch})",
            f"`{touch}`",
            f"a;{touch};",
            f"a\nExecStartPre={touch}",
            "'; DROP TABLE people; --",
            "{{last_sync_time}}",
            "\udcff",
        ),
    )
    content = {
        "sources": 'type = "duckdb"\npath = "w.duckdb"\n',
        "destinations": 'type = "file"\nfolder = "d"\n',
        "syncs": SYNC,
    }
    for place in PLACES:
        for name in names:
            yield Case(f"{place} named {name!r}", partial(_file, place, name, content[place]))


def _file(place: str, stem: str, content: str, folder: Path, _unique: str) -> None:
    file = folder / place / f"{stem}.toml"
    file.write_text(content, "utf-8")
    if place == "syncs":
        file.with_suffix(".sql").write_text(QUERY)


# values in files


def _values(outside: Outside) -> Iterator[Case]:
    command, place = str(outside.command), str(outside.folder)
    texts = (
        *(
            command,
            f"$({command})",
            f"`{command}`",
            f"; {command} ;",
            f"| {command}",
            f"a\nExecStartPre={command}\n",
            f"-o{command}",
        ),
        *(
            f"{place}/file",
            f"file://{place}/file",
            "../../outside/file",
            f"{place}/logs",
            "/dev/zero",
            "/proc/self/environ",
            f"~/../{place}",
        ),
        *(
            "http://127.0.0.1:1/",
            "'; DROP TABLE people; --",
            "\x1b[2J",
            "\u202e",
            "%s%n%x",
            "{0.__class__}",
            "9" * 300,
            "",
        ),
    )
    for number, text in enumerate(texts):
        for what, values in _settings(text).items():
            yield Case(f"{what} = {text!r}"[:120], partial(_toml, what.split(".")[0], values))
        yield Case(f"a query {number}", partial(_query, f"SELECT id AS \"userId\", '{text}' AS x FROM '{text}'"))
    reads = ("read_text", "read_csv", "read_json", "read_parquet", "glob")
    for function in reads:
        yield Case(f"a query that reads by {function}", partial(_query, f"SELECT * FROM {function}('{place}/*')"))
    for statement in (
        f"COPY people TO '{place}/copied'",
        f"ATTACH '{place}/attached.duckdb' AS other",
        f"EXPORT DATABASE '{place}/exported'",
        "INSTALL httpfs; LOAD httpfs",
        f"SET temp_directory = '{place}/tmp'",
    ):
        yield Case(statement[:40], partial(_query, statement))


def _settings(text: str) -> dict[str, dict[str, object]]:
    """Give files of each kind with a text in the setting that reaches farthest."""
    hook: dict[str, object] = {"type": "webhook", "url": "http://127.0.0.1:1/x"}
    postgres: dict[str, object] = {"type": "postgres", "host": "127.0.0.1", "port": 1, "database": "d", "user": "u"}
    sync: dict[str, object] = {
        "source": "warehouse",
        "destinations": ["files"],
        "call": "identify",
        "schedule": "every 1 second",
    }
    return {
        "sources.path": {"type": "duckdb", "path": text},
        "sources.host": {**postgres, "host": text},
        "sources.sslrootcert": {**postgres, "sslmode": "verify-full", "sslrootcert": text},
        "destinations.folder": {"type": "file", "folder": text},
        "destinations.url": {**hook, "url": text},
        "destinations.ca_file": {**hook, "network": {"ca_file": text}},
        "destinations.proxy": {**hook, "network": {"proxy": text}},
        "syncs.id": {**sync, "id": text},
        "syncs.description": {**sync, "description": text},
    }


def _toml(place: str, values: dict[str, object], folder: Path, unique: str) -> None:
    (folder / place / f"{unique}.toml").write_text(tomlkit.dumps(values), "utf-8")
    if place == "syncs":
        (folder / place / f"{unique}.sql").write_text(QUERY)
        return
    # and a sync that uses it, as soon as it may: what is not trusted has to be refused, not merely unused
    ends = (
        {"source": unique, "destinations": ["files"]}
        if place == "sources"
        else {"source": "warehouse", "destinations": [unique]}
    )
    sync = {**ends, "call": "identify", "schedule": "every 1 second", "id": f"id{unique}"}
    (folder / "syncs" / f"{unique}.toml").write_text(tomlkit.dumps(sync), "utf-8")
    (folder / "syncs" / f"{unique}.sql").write_text(QUERY)


def _query(text: str, folder: Path, unique: str) -> None:
    (folder / "syncs" / f"{unique}.toml").write_text(
        SYNC + f'schedule = "every 1 second"\nid = "id{unique}"\n', "utf-8"
    )
    (folder / "syncs" / f"{unique}.sql").write_text(text, "utf-8")


# what is no file


def _kinds(outside: Outside) -> Iterator[Case]:
    kinds = {
        "a FIFO": os.mkfifo,
        "a link to itself": lambda file: file.symlink_to(file.name),
        "a link to nowhere": lambda file: file.symlink_to("nowhere"),
        "a link to a new file outside": lambda file: file.symlink_to(outside.folder / "new"),
        "a link to a file outside": lambda file: file.symlink_to(outside.folder / "secret.toml"),
        "a link to a folder outside": lambda file: file.symlink_to(outside.folder / "logs"),
        "a link to zeros": lambda file: file.symlink_to("/dev/zero"),
        "a link to a terminal": lambda file: file.symlink_to("/dev/tty"),
        "a hard link to a file outside": lambda file: file.hardlink_to(outside.folder / "file"),
        "a folder": lambda file: file.mkdir(),
        "a socket": _socket,
        "a device": _device,
        "100 GB of nothing": _sparse,
        "NULs": lambda file: file.write_bytes(b"\0" * 5_000),
        "half of a character": lambda file: file.write_bytes(b'name = "\xff'),
        "deep tables": lambda file: file.write_text("[" + ".".join("a" * 3_000) + "]"),
        "deep arrays": lambda file: file.write_text("a = " + "[" * 5_000),
        "a long number": lambda file: file.write_text("a = " + "9" * 9_000),
        "no right to read it": _unreadable,
        "another user's": _anothers,
    }
    for what, make in kinds.items():
        for place in PLACES:
            yield Case(f"{what} in {place}", partial(_thing, make, place, ".toml"))
        yield Case(f"{what} as a query", partial(_thing, make, "syncs", ".sql"))
        yield Case(f"{what} where a file is rewritten", partial(_thing, make, "syncs", ".toml.new"))


def _thing(make: Callable[[Path], object], place: str, ending: str, folder: Path, unique: str) -> None:
    if ending == ".sql":
        (folder / place / f"{unique}.toml").write_text(SYNC)
    if ending == ".toml.new":  # beside a sync that has no id yet, so that its file is written
        (folder / place / f"{unique}.toml").write_text(SYNC)
        (folder / place / f"{unique}.sql").write_text(QUERY)
    make(folder / place / f"{'.' if ending == '.toml.new' else ''}{unique}{ending}")


def _socket(file: Path) -> None:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as found:
        here = Path.cwd()
        os.chdir(file.parent)  # the name of a socket is short
        try:
            found.bind(file.name)
        finally:
            os.chdir(here)


def _device(file: Path) -> None:
    try:
        os.mknod(file, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except OSError:  # only root may, and not everywhere
        file.symlink_to("/dev/zero")


def _sparse(file: Path) -> None:
    with file.open("wb") as opened:
        opened.truncate(100_000_000_000)


def _unreadable(file: Path) -> None:
    file.write_text(SYNC)
    file.chmod(0)


def _anothers(file: Path) -> None:
    file.write_text(SYNC)
    with contextlib.suppress(OSError):  # only root can give it away
        os.chown(file, 23_456, 23_456)


# in the state folder


def _state(outside: Outside) -> Iterator[Case]:
    for folder in ("logs", "plans", "ledger", "locks", "tmp"):
        for name in ("{}.jsonl", "id{}.lock", "id{}.holder", "id{}.x.parquet", "id{}.aa.99999", "{}"):
            for target in ("file", "new", "logs"):
                aim = outside.folder / target
                yield Case(f"{folder}/{name} is a link to {target}", partial(_link, f"{folder}/{name}", aim))


def _link(name: str, aim: Path, folder: Path, unique: str) -> None:
    (folder / ".backhaul" / name.format(unique)).symlink_to(aim)
    _query(QUERY, folder, unique)  # a sync of this id, which locks, logs and collects its garbage


# backhaul.toml itself


def heads(outside: Outside) -> dict[str, str]:
    """Give contents of backhaul.toml that would like to run something."""
    command, place = str(outside.command), str(outside.folder)
    safe = {"from": "environment"}
    alert = {"to": "command", "command": [command], "on": ["failure", "project", "freshness"], "repeat": 0}
    documents: dict[str, dict[str, object]] = {
        "secrets from a command": {"secrets": {"from": "command", "command": command}},
        "secrets from a shell": {"secrets": {"from": "command", "command": f"sh -c '{command} {{name}}'"}},
        "an alert's command": {"alerts": {"x": alert}},
        "an alert's shell": {"alerts": {"x": {**alert, "command": ["sh", "-c", command]}}},
        "state of another program": {"state": place},
        "state in a new folder": {"state": f"{place}/new"},
        "state beside it": {"state": "../outside/new"},
        "state at the root": {"state": "/"},
        "state in the home": {"state": "~"},
        "a name of lines": {"name": f"x\nExecStartPre={command}\n[Service]"},
        "a name of specifiers": {"name": f"%h $({command}) `{command}`"},
        "a name that is another's": {"name": "acme", "secrets": {}},
        "no name": {"name": ""},
        "no such key": {"command": command},
    }
    return {what: tomlkit.dumps({"name": "tests", "secrets": safe} | values) for what, values in documents.items()}
