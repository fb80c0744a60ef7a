"""The curl command of `explain`: right for each type, run in a real shell, and without a secret."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Any

import pytest

from tests.projects import SECRETS, ProjectFolder
from tests.servers.receiving import Receiver, Record

QUERY = "SELECT 'u1' AS \"userId\", 'it''s \"quoted\" $HOME `id` 🎈' AS note"
TYPES: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "segment": ("seg", {}, {"WRITE_KEY": "BACKHAUL_DESTINATIONS_SEG_WRITE_KEY"}),
    "customerio": ("cio", {}, {"API_KEY": "BACKHAUL_DESTINATIONS_CIO_API_KEY"}),
    "rudderstack": ("rud", {}, {"WRITE_KEY": "BACKHAUL_DESTINATIONS_RUD_WRITE_KEY"}),
    "jitsu": ("jit", {}, {"WRITE_KEY": "BACKHAUL_DESTINATIONS_JIT_WRITE_KEY"}),
    "webhook": ("hook", {"method": "PUT", "headers": ["X-Plan: Basic $HOME"]}, {}),
    "webhook with a bearer": ("hook", {"authorization": "bearer"}, {"TOKEN": "BACKHAUL_DESTINATIONS_HOOK_TOKEN"}),
    "webhook with a key": (
        "hook",
        {"authorization": "header", "authorization_header": "X-`id`-Key", "body": "array"},
        {"TOKEN": "BACKHAUL_DESTINATIONS_HOOK_TOKEN"},
    ),
}


def delivered(project: ProjectFolder, receiver: Receiver, kind: str) -> Record:
    """Deliver one row to a destination of this kind, and return the request."""
    name, settings, _ = TYPES[kind]
    project.duckdb()
    if kind == "jitsu":
        receiver.behave({"body": '{"ok": true, "receivedEvents": 1, "okEvents": 1}'})
    getattr(project, kind.partition(" ")[0])(receiver.url, **settings)
    done = project.query("people", QUERY, to=[name])
    assert done.code == 0, done.err
    (record,) = receiver.records()
    receiver.clear()
    return record


def command_of(project: ProjectFolder) -> str:
    out = project.run("explain", "people", "u1").out
    (command,) = [line.strip() for line in out.splitlines() if line.strip().startswith("curl")]
    assert not any(secret in command for secret in SECRETS.values())
    return command


@pytest.mark.parametrize("kind", TYPES)
def test_it_sends_the_same_call_to_the_same_place_with_the_same_key(
    project: ProjectFolder, receiver: Receiver, kind: str
) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    sent = delivered(project, receiver, kind)
    command = command_of(project)
    env = {**os.environ, **{name: SECRETS[variable] for name, variable in TYPES[kind][2].items()}}
    shell = ["sh", "-c", f"{command} --silent --noproxy '*'"]
    subprocess.run(shell, env=env, check=True, capture_output=True)
    (again,) = receiver.records()
    assert (again.method, again.path) == (sent.method, sent.path)
    (call,) = sent.calls
    assert again.calls == [{name: value for name, value in call.items() if name != "messageId"}]
    ours = {"content-length", "content-encoding", "accept", "accept-encoding", "connection", "user-agent"}
    kept = {name: value for name, value in sent.headers.items() if name not in ours}
    assert {name: value for name, value in again.headers.items() if name not in ours} == kept


def test_a_signature_is_left_out_with_a_remark(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.webhook(receiver.url, signature_header="X-Signature")
    assert project.query("people", QUERY, to=["hook"]).code == 0
    command = command_of(project)
    assert "sha256=" not in command
    assert command.endswith("# x-signature is left out: it takes the signing key")


def test_the_way_there_is_part_of_it(project: ProjectFolder, receiver: Receiver) -> None:
    delivered(project, receiver, "webhook")
    network = {"proxy": "http://proxy.example:3128", "ca_file": "our own.pem"}
    known = {"type": "webhook", "url": receiver.url, "network": network}
    project.write("destinations/hook.toml", known)
    command = command_of(project)
    assert "--proxy http://proxy.example:3128" in command
    assert f"--cacert '{project.folder / 'our own.pem'}'" in command


def test_a_file_has_no_such_command(project: ProjectFolder) -> None:
    project.duckdb()
    project.file()
    assert project.query("people", QUERY, to=["files"]).code == 0
    assert "curl" not in project.run("explain", "people", "u1").out
    assert json.loads(project.run("explain", "people", "u1", "--json").out)
