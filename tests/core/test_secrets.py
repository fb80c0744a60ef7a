"""Secrets: in a real Secret Service, or where the user chose; never shown, never in plain text by default."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core import secrets
from core.errors import SecretError
from core.model import Project, Secret, SecretsFrom

ROOT = Path(__file__).parents[2]
NAME = "destinations/segment.write_key"
VALUE = 'k3y "with" spaces, ünïcode and \\ backslashes'
NEEDED = ("dbus-run-session", "gnome-keyring-daemon")
UNLOCK = "printf %s a-password | gnome-keyring-daemon --unlock --components=secrets >&2"
LEAVE_LOCKED = "gnome-keyring-daemon --start --components=secrets >&2"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project that needs two secrets."""
    project = tmp_path / "shop"
    for name in ("sources", "destinations", "syncs"):
        (project / name).mkdir(parents=True)
    (project / "backhaul.toml").write_text('name = "shop"\n')
    (project / "destinations/segment.toml").write_text('type = "segment"\n')
    (project / "sources/prod.toml").write_text(
        'type = "postgres"\nhost = "127.0.0.1"\nuser = "reader"\ndatabase = "shop"\n'
    )
    return project


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A user of its own: no session bus, no keyring, no settings."""
    home = tmp_path / "home"
    runtime = tmp_path / "run"
    for made in (home, runtime):
        made.mkdir(mode=0o700)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "BACKHAUL_TRUST": "/",
    }


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def backhaul(folder: Path, environment: dict[str, str]) -> Run:
    """Run the command in the project's folder, without any session bus."""

    def run(*arguments: str, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tui.main", *arguments],
            cwd=folder,
            env=environment | variables,
            input=given,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    return run


@pytest.fixture
def session(folder: Path, environment: dict[str, str]) -> Run:
    """Run a shell script in a session with a real Secret Service; `$BACKHAUL` is the command."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"a real Secret Service needs {' and '.join(missing)}, which this host does not have")

    def run(script: str, *, keyring: str = UNLOCK) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["dbus-run-session", "--", "sh", "-c", f"{keyring}\n{script}"],
            cwd=folder,
            env=environment | {"BACKHAUL": f"{sys.executable} -m tui.main", "PYTHON": sys.executable, "VALUE": VALUE},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def project_of(folder: Path, place: SecretsFrom = SecretsFrom.KEYRING, command: str = "") -> Project:
    return Project(
        name="shop",
        folder=folder,
        state=folder / ".backhaul",
        sources={},
        destinations={},
        syncs={},
        secrets_from=place,
        secrets_command=command,
    )


# --- a real keyring ---


def test_a_secret_is_set_read_listed_and_deleted_in_a_real_secret_service(session: Run) -> None:
    look = "import keyring, sys; sys.stdout.write(str(keyring.get_password('backhaul: shop', sys.argv[1])) + '\\n')"
    read = (
        "from pathlib import Path; from core import project, secrets; "
        f"print(secrets.reader(project.load(Path('.')))({NAME!r}).reveal()); print(secrets.backend_name())"
    )
    done = session(f"""
        set -e
        printf '%s\\n' "$VALUE" | $BACKHAUL secret set {NAME}
        echo ---; $PYTHON -c "{look}" {NAME}
        echo ---; $PYTHON -c "{read}"
        echo ---; $BACKHAUL secret list --json
        echo ---; printf other | $BACKHAUL secret set {NAME} > /dev/null; $PYTHON -c "{look}" {NAME}
        echo ---; $BACKHAUL secret delete {NAME}; $PYTHON -c "{look}" {NAME}
        echo ---; $BACKHAUL secret list
        echo ---; $BACKHAUL secret delete {NAME} 2>&1 || echo "exit $?"
    """)
    assert done.returncode == 0, done.stderr
    kept, raw, through, listed, replaced, gone, empty, again = done.stdout.split("---\n")
    assert kept == f"✓ Kept {NAME} in the keyring, service 'backhaul: shop'.\n"
    assert raw == f"{VALUE}\n"
    assert through == f"{VALUE}\nkeyring.backends.SecretService\n"
    assert {row["name"]: row["present"] for row in json.loads(listed)} == {"sources/prod.password": False, NAME: True}
    assert replaced == "other\n"
    assert gone.endswith("\nNone\n")
    assert f"✗  {NAME}" in empty
    assert f"There is no secret {NAME}." in again
    assert again.endswith("exit 2\n")
    for shown in (kept, listed, gone, empty, again, done.stderr):
        assert "k3y" not in shown


def test_two_projects_of_one_user_do_not_share_secrets(session: Run, folder: Path) -> None:
    other = folder.with_name("other")
    shutil.copytree(folder, other)
    (other / "backhaul.toml").write_text('name = "other"\n')
    done = session(f"printf a | $BACKHAUL secret set {NAME} && $BACKHAUL secret list --json --project {other}")
    assert [row["present"] for row in json.loads(done.stdout.splitlines()[-1])] == [False, False]


def test_a_locked_keyring_is_explained(session: Run) -> None:
    done = session(f"printf a | $BACKHAUL secret set {NAME}; echo $?", keyring=LEAVE_LOCKED)
    assert done.stdout == "2\n"
    assert "The keyring is locked." in done.stderr
    assert "Unlock it" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_host_without_a_keyring_is_told_its_choices(backhaul: Run) -> None:
    for arguments in (["secret", "set", NAME], ["secret", "list"], ["secret", "delete", NAME]):
        done = backhaul(*arguments, given="a")
        assert done.returncode == 2
        assert "This host has no keyring." in done.stderr
        for choice in ("environment", "systemd", "command", "backhaul.toml"):
            assert choice in done.stderr
        assert "Traceback" not in done.stderr


PLAIN = """
from keyring.backend import KeyringBackend

class PlaintextKeyring(KeyringBackend):
    priority = 1
    def get_password(self, service, name):
        return "plain"
    def set_password(self, service, name, password):
        raise AssertionError("a secret was handed to a keyring of plain text")
    def delete_password(self, service, name):
        raise AssertionError

class Ours(PlaintextKeyring):
    priority = 1

class Around(KeyringBackend):
    priority = 1
    def __init__(self):
        super().__init__()
        self.inner = PlaintextKeyring()
    def get_password(self, service, name):
        return self.inner.get_password(service, name)
    def set_password(self, service, name, password):
        self.inner.set_password(service, name, password)
"""


@pytest.mark.parametrize("name", ["PlaintextKeyring", "Ours", "Around"])
def test_a_keyring_that_keeps_plain_text_is_refused(backhaul: Run, tmp_path: Path, name: str) -> None:
    module = tmp_path / "module"
    module.mkdir()
    (module / "plain_module.py").write_text(PLAIN)
    variables = {
        "PYTHONPATH": f"{ROOT}{os.pathsep}{module}",
        "PYTHON_KEYRING_BACKEND": f"plain_module.{name}",
    }
    for arguments in (["secret", "set", NAME], ["secret", "list"], ["secret", "delete", NAME]):
        done = backhaul(*arguments, given="a", **variables)
        assert done.returncode == 2
        assert f"({name}) keeps secrets in plain text" in done.stderr
        assert "[secrets]" in done.stderr


# --- the command ---


def test_a_name_that_nothing_needs_is_refused_with_the_nearest(backhaul: Run) -> None:
    done = backhaul("secret", "set", "destinations/segment.writekey", given="k3y")
    assert done.returncode == 2
    assert f"Did you mean '{NAME}'?" in done.stderr
    assert f"Known: {NAME}, sources/prod.password." in done.stderr
    assert "k3y" not in done.stderr + done.stdout


def test_an_empty_secret_is_refused(backhaul: Run) -> None:
    done = backhaul("secret", "set", NAME, given="\n")
    assert done.returncode == 2
    assert "The secret is empty." in done.stderr


def test_a_project_that_keeps_its_secrets_elsewhere_does_not_write_them(backhaul: Run, folder: Path) -> None:
    (folder / "backhaul.toml").write_text('name = "shop"\n[secrets]\nfrom = "environment"\n')
    for arguments in (["secret", "set", NAME], ["secret", "delete", NAME]):
        done = backhaul(*arguments, given="k3y")
        assert done.returncode == 2
        assert "Backhaul only reads them there" in done.stderr
    listed = backhaul("secret", "list", "--json", BACKHAUL_DESTINATIONS_SEGMENT_WRITE_KEY="k3y")
    assert {row["name"]: row["present"] for row in json.loads(listed.stdout)} == {
        "sources/prod.password": False,
        NAME: True,
    }
    assert "k3y" not in listed.stdout


# --- other places, where the user chose them ---


def test_the_environment_is_read_where_it_was_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_of(tmp_path, SecretsFrom.ENVIRONMENT)
    monkeypatch.setenv("BACKHAUL_DESTINATIONS_SEGMENT_WRITE_KEY", VALUE)
    assert secrets.reader(project)(NAME).reveal() == VALUE
    assert secrets.present(project, NAME)
    monkeypatch.delenv("BACKHAUL_DESTINATIONS_SEGMENT_WRITE_KEY")
    assert not secrets.present(project, NAME)


def test_systemds_credentials_are_read_where_they_were_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_of(tmp_path, SecretsFrom.SYSTEMD)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(SecretError, match="CREDENTIALS_DIRECTORY is not set") as caught:
        secrets.reader(project)(NAME)
    assert "LoadCredential=destinations-segment-write_key:" in caught.value.remedy
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert not secrets.present(project, NAME)
    file = tmp_path / "destinations-segment-write_key"
    file.write_text(f"{VALUE}\n", "utf-8")
    assert secrets.reader(project)(NAME).reveal() == VALUE
    file.write_bytes(b"k3y\xff")
    with pytest.raises(SecretError, match="not UTF-8") as caught:
        secrets.reader(project)(NAME)
    assert caught.value.__cause__ is None
    file.unlink()
    file.mkdir()
    with pytest.raises(SecretError, match="cannot be read"):
        secrets.reader(project)(NAME)


def test_a_command_prints_the_secret_where_it_was_chosen(tmp_path: Path) -> None:
    keeper = tmp_path / "keeper"
    keeper.write_text('#!/bin/sh\nprintf "%s for %s\\n" "$2" "$1"\necho noise >&2\n')
    keeper.chmod(0o700)
    project = project_of(tmp_path, SecretsFrom.COMMAND, f"{keeper} backhaul/{{name}} 'two words; $HOME'")
    assert secrets.reader(project)(NAME).reveal() == f"two words; $HOME for backhaul/{NAME}"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("sh -c 'echo k3y; exit 3'", f"ended with 3 for {NAME}"),
        ("/no/such/keeper {name}", "did not run: No such file or directory"),
        ("sh -c 'unbalanced", "is not understood: No closing quotation"),
        ("", "does not say which"),
        ("  ", "does not say which"),
    ],
)
def test_a_command_that_fails_is_explained_without_what_it_printed(tmp_path: Path, command: str, message: str) -> None:
    with pytest.raises(SecretError) as caught:
        secrets.reader(project_of(tmp_path, SecretsFrom.COMMAND, command))(NAME)
    assert message in caught.value.message
    assert caught.value.remedy
    assert "k3y" not in str(caught.value).replace(command, "")


def test_a_command_that_does_not_end_is_stopped_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_COMMAND_SECONDS", 0.2)
    project = project_of(tmp_path, SecretsFrom.COMMAND, "sh -c 'echo k3y; sleep 5'")
    with pytest.raises(SecretError, match=f"did not end within 0.2 seconds for {NAME}") as caught:
        secrets.reader(project)(NAME)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("place", "command", "where", "remedy"),
    [
        (SecretsFrom.ENVIRONMENT, "", "the environment variable BACKHAUL_", "Set BACKHAUL_DESTINATIONS_SEGMENT_WRITE_KEY"),
        (SecretsFrom.SYSTEMD, "", "the systemd credential destinations-", "Add LoadCredential=destinations-segment-write_key:"),
        (SecretsFrom.COMMAND, "true {name}", "the command 'true {name}'", "Let the command print it."),
    ],
)  # fmt: skip
def test_a_missing_secret_says_how_to_set_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: SecretsFrom, command: str, where: str, remedy: str
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(SecretError, match=f"There is no secret {NAME}") as caught:
        secrets.reader(project_of(tmp_path, place, command))(NAME)
    assert caught.value.where.startswith(where)
    assert caught.value.remedy.startswith(remedy)


def test_a_secret_that_is_missing_in_the_keyring_names_the_command_that_sets_it(session: Run) -> None:
    code = f"from pathlib import Path; from core import project, secrets; secrets.reader(project.load(Path('.')))({NAME!r})"
    done = session(f'$PYTHON -c "{code}"')
    assert f"Set it with `backhaul secret set {NAME}`." in done.stderr


# --- the value itself ---


def test_a_secret_shows_nothing_of_itself() -> None:
    secret = Secret("k3y")
    assert secret.reveal() == "k3y"
    assert "k3y" not in repr(secret) + str(secret) + repr([secret]) + repr({"a": secret})
    assert not hasattr(secret, "__dict__")


def test_a_secret_cannot_be_formatted_compared_hashed_pickled_or_turned_into_json() -> None:
    secret = Secret("k3y")
    attempts: list[Callable[[], object]] = [
        lambda: f"{secret}",
        lambda: format(secret, ">10"),
        lambda: "{}".format(secret),  # noqa: UP032 -- the other way to format
        lambda: secret == Secret("k3y"),
        lambda: secret != "k3y",
        lambda: hash(secret),
        lambda: {secret},
        lambda: pickle.dumps(secret),
        lambda: json.dumps(secret),
        lambda: "a" + secret,
    ]
    for attempt in attempts:
        with pytest.raises(TypeError) as caught:
            attempt()
        assert "k3y" not in str(caught.value)


def test_a_keyring_that_forgets_what_it_is_given_is_no_keyring(backhaul: Run) -> None:
    done = backhaul("secret", "set", NAME, given=VALUE, PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring")
    assert done.returncode == 2
    assert "This host has no keyring." in done.stderr
    assert VALUE not in done.stdout + done.stderr


def test_a_secret_that_the_keyring_did_not_store_is_not_said_to_be_stored(backhaul: Run, tmp_path: Path) -> None:
    (tmp_path / "forgetful.py").write_text(
        "from keyring.backend import KeyringBackend\n"
        "class Keyring(KeyringBackend):\n"
        "    priority = 9\n"
        "    def set_password(self, service, name, value): pass\n"
        "    def get_password(self, service, name): return None\n"
    )
    path = os.pathsep.join((str(ROOT), str(tmp_path)))
    done = backhaul("secret", "set", NAME, given=VALUE, PYTHON_KEYRING_BACKEND="forgetful.Keyring", PYTHONPATH=path)
    assert done.returncode == 2
    assert "(forgetful) did not store the secret" in done.stderr


BROKEN = """
from keyring.backend import KeyringBackend
class Keyring(KeyringBackend):
    priority = 9
    def set_password(self, service, name, value): raise OSError(f"bus says {value}")
    def get_password(self, service, name): raise RuntimeError("bus is gone")
    def delete_password(self, service, name): raise RuntimeError("bus is gone")
"""


@pytest.mark.parametrize(
    "backend", ["no_such_module.Keyring", "broken_keyring.Keyring", "keyring.backends.fail.Missing"]
)
@pytest.mark.parametrize("words", ["secret set", "secret list", "secret delete", "check segment", "doctor", "status"])
def test_a_keyring_that_cannot_be_used_is_a_sentence_with_a_way_out(
    backhaul: Run, folder: Path, tmp_path: Path, backend: str, words: str
) -> None:
    (tmp_path / "broken_keyring.py").write_text(BROKEN)
    names = [NAME] if words in ("secret set", "secret delete") else []
    path = os.pathsep.join((str(ROOT), str(tmp_path)))
    done = backhaul(*words.split(), *names, given=VALUE, PYTHON_KEYRING_BACKEND=backend, PYTHONPATH=path)
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert VALUE not in said
    if words != "status":
        assert "keyring" in said
        assert "Choose where secrets live on this host" in said
