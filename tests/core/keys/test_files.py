"""Key files: read with a limit and clear errors, written so that only their owner can read them, never changed."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from core import keys
from core.errors import UsageError
from core.model import Secret
from tests.core.keys.made import made

MOST = 1_000_000


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "key.der"
    file.write_bytes(made().pkcs8_der)
    assert keys.read(file) == made().pkcs8_der


def test_a_file_of_exactly_the_limit_is_read_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "big"
    file.write_bytes(b"a" * MOST)
    assert len(keys.read(file)) == MOST
    file.write_bytes(b"a" * (MOST + 1))
    with pytest.raises(UsageError, match="more than 1,000,000 bytes"):
        keys.read(file)


def test_a_file_that_is_missing_is_said_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no such file") as caught:
        keys.read(tmp_path / "no.pem")
    assert caught.value.where == str(tmp_path / "no.pem")
    assert caught.value.remedy


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="That is a folder"):
        keys.read(tmp_path)


def test_a_named_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="no plain file, but a pipe or a device"):
        keys.read(tmp_path / "pipe")


def test_a_device_is_refused() -> None:
    with pytest.raises(UsageError, match="no plain file, but a pipe or a device"):
        keys.read(Path("/dev/zero"))


def test_a_name_that_no_file_can_have_is_refused() -> None:
    for name in ("a\0b", "x" * 5_000):
        with pytest.raises(UsageError, match="cannot be opened"):
            keys.read(Path(name))


def test_a_file_that_may_not_be_read_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # root may read everything
    with pytest.raises(UsageError, match="belongs to another user") as caught:
        keys.read(tmp_path / "key")
    assert caught.value.remedy.startswith("See its owner and permissions with: ls -l ")


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        (0o600, ""),
        (0o400, ""),
        (0o700, ""),
        (0o640, "The file can be read by its group."),
        (0o644, "The file can be read by its group and everybody."),
        (0o604, "The file can be read by everybody."),
        (0o602, "The file can be changed by everybody."),
        (0o620, "The file can be changed by its group."),
    ],
)
def test_a_key_file_that_others_can_read_is_warned_about_and_the_chmod_fixes_it(
    tmp_path: Path, mode: int, says: str
) -> None:
    file = tmp_path / "my key.pem"
    file.write_text("x")
    file.chmod(mode)
    warning = keys.warning_of(file)
    assert warning.startswith(says)
    assert bool(warning) == bool(says)
    if warning:
        subprocess.run(warning.partition("Fix it with: ")[2], shell=True, check=True)
        assert keys.warning_of(file) == ""


def test_what_is_no_file_is_not_warned_about(tmp_path: Path) -> None:
    assert keys.warning_of(tmp_path) == keys.warning_of(tmp_path / "no") == keys.warning_of(Path("a\0b")) == ""


def test_a_key_is_written_for_its_owner_only_whatever_the_mask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keys.write(tmp_path / "key.p8", Secret("text"))
    finally:
        os.umask(before)
    assert (tmp_path / "key.p8").read_text() == "text"
    assert stat.S_IMODE((tmp_path / "key.p8").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["key.p8"]


def test_a_file_that_is_there_is_not_replaced_unless_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "key.p8"
    file.write_text("old")
    file.chmod(0o644)
    with pytest.raises(UsageError, match="is there already, and was not changed") as caught:
        keys.write(file, Secret("new"))
    assert "--force" in caught.value.remedy
    assert file.read_text() == "old"
    keys.write(file, Secret("new"), replace=True)
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("new", 0o600)


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(UsageError, match="is there already"):
        keys.write(tmp_path / "link", Secret("new"))
    keys.write(tmp_path / "link", Secret("new"), replace=True)
    assert (tmp_path / "target").read_text() == "old"


def test_a_file_in_a_folder_that_is_not_there_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="folder of that file is not there"):
        keys.write(tmp_path / "no" / "key.p8", Secret("text"))
    with pytest.raises(UsageError, match="That is a folder"):
        keys.write(tmp_path, Secret("text"))


def test_a_full_disk_leaves_nothing_behind_and_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left on device") as caught:
        keys.write(tmp_path / "key.p8", Secret("text-of-a-key"))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert list(tmp_path.iterdir()) == []
