"""`backhaul key`: what it prints, where it writes, what it asks for; and that a key is printed only where that was asked for."""

from __future__ import annotations

import json
import os
import pty
import select
import shlex
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core import keys
from core.cli import main
from core.keys import Verdict
from tests.core.keys.made import PASSPHRASE, made

ROOT = Path(__file__).parents[3]
VARIABLE = "BACKHAUL_KEY_PASSPHRASE"
NEEDED = ("dbus-run-session", "gnome-keyring-daemon")


@pytest.fixture(autouse=True)
def no_passphrase_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def key_file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Write a key file that only its owner can read."""

    def write(text: str | bytes) -> Path:
        file = tmp_path / "my.pem"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        file.chmod(0o600)
        return file

    return write


Capture = pytest.CaptureFixture[str]
KeyFile = Callable[[str | bytes], Path]


def run(*words: object, given: bytes = b"", **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a process of its own, with a pipe for stdin."""
    return subprocess.run(
        [sys.executable, "-m", "tui.main", "key", *map(str, words)],
        cwd=ROOT,
        env=os.environ | variables,
        input=given,
        capture_output=True,
        timeout=30,
        check=False,
    )


def typed(command: str, *answers: tuple[bytes, bytes], seconds: float = 30) -> tuple[int, str]:
    """Run a shell command on a terminal; each time that the next text was written, type its answer."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execvp("sh", ["sh", "-c", command])
    written, waiting, seen = b"", list(answers), 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if waiting and waiting[0][0] in written[seen:]:
            seen = len(written)
            os.write(terminal, waiting.pop(0)[1])
        if not select.select([terminal], [], [], 0.05)[0]:
            continue
        try:
            written += os.read(terminal, 65_536)
        except OSError:
            break
    else:
        os.kill(child, 9)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), written.decode("utf-8", "replace")


BACKHAUL = f"{shlex.quote(sys.executable)} -m tui.main"


# --- inspect ---


def test_inspect_says_what_a_key_is_and_the_sql_that_registers_it(key_file: KeyFile, capsys: Capture) -> None:
    assert main(["key", "inspect", str(key_file(made().pkcs1)), "--user", "ann.smith"]) == 0
    out = capsys.readouterr().out
    assert out.startswith('✓ PKCS#1 ("BEGIN RSA PRIVATE KEY")\n  An RSA key of 2,048 bits in PKCS#1.')
    assert "  · Converted from PKCS#1 to PKCS#8.\n" in out
    assert f"  Fingerprint: {made().fingerprint}\n" in out
    assert keys.statement("ann.smith", made().public_key) in out
    assert "my.pem -out " in out
    assert made().tells(out) == ""


def test_the_json_form_holds_everything_but_the_key(key_file: KeyFile, capsys: Capture) -> None:
    assert main(["key", "inspect", str(key_file(made().pkcs1)), "--slot", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {
        *("found", "kind", "verdict", "sentence", "remedy", "mends", "algorithm", "bits", "public_key", "fingerprint"),
        *("command", "statement", "check", "rotation", "warning", "kept"),
    }  # fmt: skip
    assert (found["kind"], found["verdict"], found["bits"]) == ("pkcs1", "mended", 2048)
    assert found["statement"] == keys.statement("SVC_BACKHAUL", made().public_key, slot=2)
    assert found["rotation"] == keys.rotation("SVC_BACKHAUL", made().public_key)
    assert made().tells(json.dumps(found)) == ""


@pytest.mark.parametrize(
    ("text", "code"), [("pkcs8", 0), ("openssh", 0), ("encrypted", 1), ("public", 1), ("ed25519", 1)]
)
def test_the_exit_code_says_whether_a_key_can_be_used(key_file: KeyFile, capsys: Capture, text: str, code: int) -> None:
    assert main(["key", "inspect", str(key_file(getattr(made(), text)))]) == code


def test_a_refused_key_gets_its_remedy_and_no_sql(key_file: KeyFile, capsys: Capture) -> None:
    main(["key", "inspect", str(key_file(made().ed25519))])
    out = capsys.readouterr().out
    assert out.startswith('✗ PKCS#8 ("BEGIN PRIVATE KEY")\n  This is an Ed25519 key.')
    assert "Make a new pair with `backhaul key generate`" in out
    assert "A new pair with openssl:\n  openssl genrsa 2048" in out
    assert "ALTER USER" not in out


def test_a_key_is_read_from_a_pipe_with_and_without_the_dash() -> None:
    for words in (["inspect", "-"], ["inspect"]):
        done = run(*words, given=made().pkcs1_der)
        assert done.returncode == 0
        assert made().fingerprint in done.stdout.decode()
        assert done.stderr == b""


def test_a_pipe_of_a_million_bytes_and_more_is_refused() -> None:
    done = run("inspect", given=b"a" * 1_500_000)
    assert done.returncode == 1
    assert b"There is no private key in this text" in done.stdout


def test_a_file_that_others_can_read_is_warned_about(key_file: KeyFile, capsys: Capture) -> None:
    file = key_file(made().pkcs8)
    file.chmod(0o644)
    assert main(["key", "inspect", str(file)]) == 0
    assert (
        f"! The file can be read by its group and everybody. Fix it with: chmod 600 {file}" in capsys.readouterr().out
    )


def test_a_missing_file_is_a_wrong_use(tmp_path: Path, capsys: Capture) -> None:
    assert main(["key", "inspect", str(tmp_path / "no.pem")]) == 2
    assert "There is no such file." in capsys.readouterr().err


def test_a_file_name_cannot_speak_to_the_terminal(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "a\x1b[31mb.pem"
    file.write_text(made().pkcs1)
    assert main(["key", "inspect", str(file)]) == 0
    assert "\x1b" not in capsys.readouterr().out


# --- passphrases ---


def test_the_passphrase_comes_from_the_environment(
    key_file: KeyFile, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, PASSPHRASE)
    assert main(["key", "inspect", str(key_file(made().encrypted)), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["fingerprint"] == made().fingerprint


def test_the_passphrase_comes_from_the_first_line_of_a_file(key_file: KeyFile, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "pass").write_text(f"{PASSPHRASE}\nmore\n", "utf-8")
    words = ["key", "inspect", str(key_file(made().legacy)), "--passphrase-file", str(tmp_path / "pass")]
    assert main(words) == 0
    written = capsys.readouterr()
    assert PASSPHRASE not in written.out + written.err
    (tmp_path / "pass").write_text("\n")
    assert main(words) == 2
    assert "The passphrase file is empty." in capsys.readouterr().err


def test_there_is_no_option_that_takes_a_passphrase(key_file: KeyFile, capsys: Capture) -> None:
    assert main(["key", "inspect", str(key_file(made().encrypted)), "--passphrase", PASSPHRASE]) == 2


def test_without_a_terminal_nothing_is_asked_for_and_the_remedy_is_printed(key_file: KeyFile) -> None:
    done = run("inspect", key_file(made().encrypted))
    assert done.returncode == 1
    assert b"The key is encrypted: it opens with its passphrase only." in done.stdout


def test_on_a_terminal_the_passphrase_is_asked_for_hidden_and_again_where_it_is_wrong(key_file: KeyFile) -> None:
    code, written = typed(
        f"{BACKHAUL} key inspect {key_file(made().encrypted)}",
        (b"Passphrase of ", b"not the one\n"),
        (b"Passphrase of ", PASSPHRASE.encode() + b"\n"),
    )
    assert code == 0, written
    assert "The passphrase does not open this key." in written
    assert made().fingerprint in written
    assert PASSPHRASE not in written
    assert "not the one" not in written


def test_after_three_wrong_passphrases_it_ends(key_file: KeyFile) -> None:
    wrong = (b"Passphrase of ", b"wrong\n")
    code, written = typed(f"{BACKHAUL} key inspect {key_file(made().encrypted)}", wrong, wrong, wrong)
    assert code == 1
    assert written.count("Passphrase of ") == 3


# --- pasting ---


@pytest.mark.parametrize("text", ["pkcs8", "pkcs1", "openssh", "service_account"])
def test_a_pasted_key_is_not_shown_and_ends_by_itself(text: str) -> None:
    pasted = getattr(made(), text).encode().rstrip(b"\n") + b"\n"
    code, written = typed(f"{BACKHAUL} key inspect", (b"Paste the private key", pasted))
    assert code == 0, written
    assert made().fingerprint in written
    assert made().tells(written) == ""
    assert "BEGIN PRIVATE KEY-----" not in written


def test_what_is_pasted_behind_the_key_is_not_left_for_the_shell() -> None:
    pasted = made().pkcs8.encode() + b"\n\nrm -rf everything\n"
    code, written = typed(
        f'{BACKHAUL} key inspect > /dev/null; echo then; read rest; echo "rest: $rest"',
        (b"Paste the private key", pasted),
        (b"then", b"typed later\n"),
    )
    assert code == 0
    assert "rest: typed later" in written
    assert "everything" not in written


def test_a_body_without_a_last_line_ends_with_control_d_even_on_one_long_line() -> None:
    body = made().pkcs8.replace("\n", "\\n").encode() + b" " * 5_000
    code, written = typed(f"{BACKHAUL} key inspect", (b"Paste the private key", body + b"\x04"))
    assert code == 0, written
    assert made().fingerprint in written
    assert made().tells(written) == ""


def test_a_pasted_encrypted_key_is_followed_by_its_passphrase() -> None:
    code, written = typed(
        f"{BACKHAUL} key inspect",
        (b"Paste the private key", made().encrypted.encode()),
        (b"Passphrase of ", PASSPHRASE.encode() + b"\n"),
    )
    assert code == 0, written
    assert made().fingerprint in written
    assert made().tells(written) == ""


def test_the_terminal_shows_again_what_is_typed_after_a_paste_was_stopped() -> None:
    code, written = typed(
        f"trap : INT; {BACKHAUL} key inspect; stty -a | grep -o ' -*echo ' ; stty -a | grep -o ' -*icanon '",
        (b"Paste the private key", b"\x03"),
    )
    assert code == 0
    assert " echo " in written.replace("\r\n", " \n")
    assert "-icanon" not in written


# --- convert ---


def test_convert_writes_a_file_of_its_own_for_its_owner_only(
    key_file: KeyFile, tmp_path: Path, capsys: Capture
) -> None:
    source, target = key_file(made().pkcs1), tmp_path / "new.p8"
    assert main(["key", "convert", str(source), "--out", str(target)]) == 0
    written = capsys.readouterr()
    assert f"Written to {target}, readable by you only." in written.out
    assert made().tells(written.out + written.err) == ""
    assert target.read_text() == made().pkcs8
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert source.read_text() == made().pkcs1


def test_convert_takes_the_place_of_no_pipe_and_no_device(key_file: KeyFile, tmp_path: Path, capsys: Capture) -> None:
    source, target = key_file(made().pkcs1), tmp_path / "pipe"
    os.mkfifo(target)
    assert main(["key", "convert", str(source), "--out", str(target), "--force"]) == 2
    assert "That is a device or a pipe" in capsys.readouterr().err
    assert stat.S_ISFIFO(target.stat().st_mode)


def test_convert_replaces_nothing_without_force_and_never_the_keys_own_file(
    key_file: KeyFile, tmp_path: Path, capsys: Capture
) -> None:
    source, target = key_file(made().pkcs1), tmp_path / "new.p8"
    target.write_text("old")
    assert main(["key", "convert", str(source), "--out", str(target)]) == 2
    assert "is there already, and was not changed" in capsys.readouterr().err
    assert target.read_text() == "old"
    assert main(["key", "convert", str(source), "--out", str(target), "--force"]) == 0
    assert target.read_text() == made().pkcs8
    assert main(["key", "convert", str(source), "--out", str(source), "--force"]) == 2
    assert "That is the key's own file" in capsys.readouterr().err
    assert source.read_text() == made().pkcs1


def test_convert_prints_the_key_and_nothing_else_where_that_was_asked_for(key_file: KeyFile) -> None:
    done = run("convert", key_file(made().encrypted), "--out", "-", **{VARIABLE: PASSPHRASE})
    assert done.returncode == 0
    assert done.stdout.decode() == made().pkcs8
    assert made().fingerprint in done.stderr.decode()
    assert made().tells(done.stderr.decode()) == ""


def test_convert_of_a_key_that_does_not_fit_writes_nothing(key_file: KeyFile, tmp_path: Path, capsys: Capture) -> None:
    for text in (made().ed25519, made().public, made().encrypted, made().pkcs8[:500]):
        assert main(["key", "convert", str(key_file(text)), "--out", str(tmp_path / "new.p8")]) == 1
        written = capsys.readouterr()
        assert written.out == ""
        assert written.err
        assert not (tmp_path / "new.p8").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "It is not said where the private key goes."),
        (["--out", "a", "--secret", "b"], "The private key goes to one place, not to two."),
        (["--out", "-", "--json"], "--json would print a document, and --out - the key."),
        (["--out", "/no/such/folder/key.p8"], "The folder of that file is not there."),
        (["--out", "/tmp"], "That is a folder."),
    ],
)
def test_a_place_that_cannot_be_is_said_before_anything_is_read(words: list[str], says: str, capsys: Capture) -> None:
    assert main(["key", "convert", "/no/such/key", *words]) == 2
    assert says in capsys.readouterr().err


def test_convert_as_json_says_where_the_key_went(key_file: KeyFile, tmp_path: Path, capsys: Capture) -> None:
    assert main(["key", "convert", str(key_file(made().pkcs1)), "--out", str(tmp_path / "n.p8"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["kept"] == f"Written to {tmp_path / 'n.p8'}, readable by you only."
    assert made().tells(json.dumps(found)) == ""


# --- secrets of a project ---


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a source that needs a secret."""
    project = tmp_path / "shop"
    for name in ("sources", "destinations", "syncs"):
        (project / name).mkdir(parents=True)
    (project / "backhaul.toml").write_text('name = "shop"\n')
    (project / "sources/prod.toml").write_text(
        'type = "postgres"\nhost = "127.0.0.1"\nuser = "reader"\ndatabase = "shop"\n'
    )
    return project


def test_a_key_goes_straight_into_the_keyring(key_file: KeyFile, folder: Path, tmp_path: Path) -> None:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"a real Secret Service needs {' and '.join(missing)}, which this host does not have")
    for name in ("home", "run"):
        (tmp_path / name).mkdir(mode=0o700)
    look = "import keyring, sys; sys.stdout.write(keyring.get_password('backhaul: shop', 'sources/prod.password'))"
    script = f"""
        set -e
        printf %s a-password | gnome-keyring-daemon --unlock --components=secrets >&2
        {BACKHAUL} key convert {key_file(made().pkcs1)} --secret sources/prod.password --project {folder}
        echo "~~~"; {shlex.quote(sys.executable)} -c "{look}"
        echo "~~~"; {BACKHAUL} key generate --user A --secret sources/prod.password --project {folder}
    """
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", script],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path / "home"),
            "XDG_RUNTIME_DIR": str(tmp_path / "run"),
            "LC_ALL": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told, kept, generated = done.stdout.split("~~~\n")
    assert "Kept as sources/prod.password in the keyring, service 'backhaul: shop'." in told
    assert kept == made().pkcs8
    assert "Kept as sources/prod.password" in generated
    assert made().tells(told + generated + done.stderr) == ""


def test_a_secret_that_nothing_needs_is_refused_before_a_key_is_read_or_made(folder: Path, capsys: Capture) -> None:
    for words in (["convert", "/no/such/key"], ["generate", "--user", "A"]):
        assert main(["key", *words, "--secret", "sources/prod.passwrod", "--project", str(folder)]) == 2
        assert "Did you mean 'sources/prod.password'?" in capsys.readouterr().err


def test_a_project_that_keeps_its_secrets_elsewhere_says_so_without_the_key(
    key_file: KeyFile, folder: Path, capsys: Capture
) -> None:
    (folder / "backhaul.toml").write_text('name = "shop"\n[secrets]\nfrom = "environment"\n')
    words = ["--secret", "sources/prod.password", "--project", str(folder)]
    assert main(["key", "convert", str(key_file(made().pkcs1)), *words]) == 2
    written = capsys.readouterr()
    assert "Backhaul only reads them there" in written.err
    assert made().tells(written.out + written.err) == ""


# --- generate ---


def test_generate_writes_a_pair_and_prints_the_sql(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "key.p8"
    assert main(["key", "generate", "--user", "SVC", "--out", str(file)]) == 0
    out = capsys.readouterr().out
    found = keys.inspect(file.read_bytes())
    assert (found.verdict, found.bits) == (Verdict.FITS, 2048)
    assert keys.statement("SVC", found.public_key) in out
    assert found.fingerprint in out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    body = "".join(file.read_text().splitlines()[1:-1])
    assert not any(body[start : start + 12] in out for start in range(600, len(body) - 12))


def test_generate_for_the_second_slot_prints_the_rotation(tmp_path: Path, capsys: Capture) -> None:
    assert main(["key", "generate", "--user", "SVC", "--out", str(tmp_path / "key.p8"), "--slot", "2"]) == 0
    out = capsys.readouterr().out
    assert "SET RSA_PUBLIC_KEY_2='MII" in out
    assert "-- 3. Only when that is green, remove the old key.\nALTER USER SVC UNSET RSA_PUBLIC_KEY;" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--user", "A"], "It is not said where the private key goes."),
        (["--user", "A", "--out", "-"], "A fresh key is not printed."),
        (["--user", "A\nB", "--out", "{file}"], "That is no name of a Snowflake user."),
        (["--user", "A", "--out", "{file}", "--bits", "1024"], "A key of 1,024 bits is not made here."),
    ],
)
def test_generate_says_what_cannot_be_and_makes_nothing(
    words: list[str], says: str, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "key.p8"
    assert main(["key", "generate", *(word.replace("{file}", str(file)) for word in words)]) == 2
    assert says in capsys.readouterr().err
    assert not file.exists()
