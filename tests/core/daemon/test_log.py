"""The daemon's log: lines of JSON that hold nothing secret, turned over when they are many, and no trouble to the daemon."""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
from pathlib import Path

import pytest

from core.daemon.log import DaemonLog, read_log
from core.redaction import remember_secret


def entries(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_line_begins_with_its_time_and_holds_what_happened(tmp_path: Path) -> None:
    log = DaemonLog(tmp_path / "logs" / "daemon.jsonl", clock=lambda: 1.23456)
    log("info", "a run began", sync="users", rows=3, share=0.5, on=("a", "b"), run=None, at="never")
    line = (tmp_path / "logs" / "daemon.jsonl").read_text()
    assert line == (
        '{"at": 1.235, "level": "info", "what": "a run began", "sync": "users", "rows": 3, "share": 0.5,'
        ' "on": ["a", "b"], "run": null}\n'
    )
    assert stat.S_IMODE((tmp_path / "logs" / "daemon.jsonl").stat().st_mode) == 0o600
    log.close()


def test_nothing_in_it_is_secret_or_obeyed_by_a_terminal(tmp_path: Path) -> None:
    remember_secret("log-Secret-77")
    log = DaemonLog(tmp_path / "daemon.jsonl")
    log("error", "log-Secret-77 \x1b[2J", why={"of": ["Bearer abcdefghijkl", "log-Secret-77"]}, path=Path("/x\u202ey"))
    text = (tmp_path / "daemon.jsonl").read_text("utf-8")
    assert "Secret-77" not in text
    assert "abcdefghijkl" not in text
    assert entries(tmp_path / "daemon.jsonl")[0]["what"] == "•••••• \\x1b[2J"
    assert entries(tmp_path / "daemon.jsonl")[0]["path"] == "/x\\u202ey"
    log.close()


def test_files_are_turned_over_and_the_oldest_goes(tmp_path: Path) -> None:
    path = tmp_path / "daemon.jsonl"
    log = DaemonLog(path, size=1_000, kept=3)
    for number in range(100):
        log("info", "a run began", number=number)
    log.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["daemon.jsonl", *(f"daemon.jsonl.{number}" for number in (1, 2, 3))]
    assert all(file.stat().st_size <= 1_000 for file in files)
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    numbers = [entry["number"] for entry in read_log(path, limit=1000)]
    assert numbers == list(range(numbers[0], 100))
    assert len(numbers) > 30


def test_a_file_that_is_found_full_is_turned_over_before_the_first_line(tmp_path: Path) -> None:
    path = tmp_path / "daemon.jsonl"
    path.write_text("x" * 2000 + "\n")
    log = DaemonLog(path, size=1_000)
    log("info", "begun")
    log.close()
    assert len(entries(path)) == 1
    assert (tmp_path / "daemon.jsonl.1").stat().st_size == 2001


@pytest.mark.parametrize("how", ["taken away", "renamed", "the folder is gone"])
def test_a_file_that_disappears_is_made_anew(tmp_path: Path, how: str) -> None:
    path = tmp_path / "logs" / "daemon.jsonl"
    log = DaemonLog(path)
    log("info", "one")
    if how == "renamed":
        path.rename(path.with_suffix(".old"))
    else:
        path.unlink()
    if how == "the folder is gone":
        path.parent.rmdir()
    log("info", "two")
    log.close()
    assert [entry["what"] for entry in entries(path)] == ["two"]


def test_a_full_disk_leaves_a_gap_that_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "daemon.jsonl"
    log = DaemonLog(path)
    log("info", "one")
    write, room = os.write, [20]

    def full(file: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = write(file, data[: room[0]])
        room[0] -= taken
        return taken

    monkeypatch.setattr("core.daemon.log.os.write", full)
    log("info", "two")
    log("info", "three")
    monkeypatch.setattr("core.daemon.log.os.write", write)
    log("info", "four")
    log("info", "five")
    log.close()
    found = read_log(path)
    assert [entry["what"] for entry in found] == ["one", "lines could not be written", "four", "five"]
    assert found[1]["lines"] == 2


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    log = DaemonLog(tmp_path / "logs" / "daemon.jsonl")
    log("info", "one")
    log("info", "two")
    (tmp_path / "logs").unlink()
    log("info", "three")
    log.close()
    assert [entry.get("lines") for entry in read_log(tmp_path / "logs" / "daemon.jsonl")] == [2, None]


def test_the_last_lines_of_a_level_are_read_from_the_end(tmp_path: Path) -> None:
    path = tmp_path / "daemon.jsonl"
    log = DaemonLog(path, size=5_000_000)
    for number in range(20_000):
        log("error" if number % 1000 == 0 else "debug" if number % 2 else "info", "x", number=number)
    log.close()
    with path.open("ab") as file:
        file.write(b'{"at": 1, "lev')
    assert [entry["number"] for entry in read_log(path, "error", 3)] == [17_000, 18_000, 19_000]
    assert [entry["number"] for entry in read_log(path, "info", 2)] == [19_996, 19_998]
    assert [entry["number"] for entry in read_log(path, limit=2)] == [19_998, 19_999]
    assert read_log(tmp_path / "none.jsonl") == []


def test_threads_may_share_it(tmp_path: Path) -> None:
    log = DaemonLog(tmp_path / "daemon.jsonl", size=3_000, kept=100)
    threads = [
        threading.Thread(target=lambda each=each: [log("info", "x", of=each) for _ in range(100)]) for each in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    log.close()
    assert len(read_log(tmp_path / "daemon.jsonl", limit=1000)) == 400
