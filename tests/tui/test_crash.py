"""A crash is told in a sentence; its report holds no local variable and no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.redaction import blacked_out, remember_secret
from tests.projects import ProjectFolder
from tests.tui.harness import until
from tui.app import Console

SECRET = "hunter2-in-a-local-variable"

LOOKING_SECRET = (
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow",
    "password=tr0ub4dor",
    "Password: tr0ub4dor",
    '"api_key": "abc123def"',
    "postgresql://backhaul:s3cr3t@db.example/app",
    "Authorization: Basic d3JpdGVfa2V5Og==",
    "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIi",
    "write_key=AbCdEf123",
    "AKIAIOSFODNN7EXAMPLEwJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
)


@pytest.fixture(autouse=True)
def another_key() -> None:
    """Know a key already: its first line must not keep other keys from being recognised."""
    remember_secret("-----BEGIN PRIVATE KEY-----\nAnotherKeyThatWasTypedBefore000\n-----END PRIVATE KEY-----\n")


@pytest.mark.parametrize("text", LOOKING_SECRET)
def test_what_looks_secret_is_blacked_out(text: str) -> None:
    hidden = blacked_out(f"before {text} after")
    assert hidden.startswith("before ")
    for part in ("MIIE", "tr0ub4dor", "abc123def", "s3cr3t", "d3JpdGV", "eyJhbGci", "AbCdEf123", "wJalrXUtn"):
        assert part not in hidden


def test_a_secret_that_was_typed_is_blacked_out_wherever_it_stands() -> None:
    remember_secret("open sesame")
    assert blacked_out("KeyError: 'open sesame'") == "KeyError: '••••••'"


async def test_a_crash_writes_a_report_without_locals_and_says_one_sentence(
    tmp_path: Path, day: ProjectFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    app = Console(day.folder)

    def break_down() -> None:
        password = SECRET
        assert password
        raise RuntimeError("password=" + password[:8])

    with pytest.raises(RuntimeError):  # noqa: PT012 -- the console raises when its context ends
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, "users → cio")
            app.call_later(break_down)
            await pilot.pause()
            await pilot.pause()
    reports = list((day.folder / ".backhaul" / "logs").glob("console-*.log"))
    assert len(reports) == 1
    text = reports[0].read_text("utf-8")
    assert "RuntimeError" in text
    assert "break_down" in text
    assert SECRET[:8] not in text
    assert oct(reports[0].stat().st_mode & 0o777) == "0o600"
    assert SECRET not in "".join(capsys.readouterr())
