"""Metrics that Prometheus' own parser reads, served on this machine only, over real connections."""

from __future__ import annotations

import asyncio
import http.client
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from core.daemon.metrics import TYPE, metrics_text, serve_metrics, totals
from core.errors import StateError, UsageError
from core.reports import history
from tests.core.alerts.world import START, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two syncs, one of which fails and has rejected rows."""
    made = World(tmp_path / "acme", "users", 'or"de\\rs')
    made.run("users", state="partial", sent=90, reasons={"no": 10})
    made.now += 100
    made.run("users", sent=5)
    made.now += 100
    made.run("users", state="failed", error="No.")
    made.skip("users", count=3)
    yield made
    made.store.close()


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Read the text as Prometheus does; return each value by its name and labels."""
    found: dict[tuple[str, ...], float] = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        assert family.type in ("gauge", "counter")
        for sample in family.samples:
            key = (sample.name, *sample.labels.values())
            assert key not in found
            found[key] = sample.value
    return found


def text_of(world: World, **more: object) -> str:
    statuses = history.overview(world.project, world.store)
    daemon = history.daemon(world.store, world.now)
    return metrics_text(world.project, statuses, daemon, world.now, totals(world.project, world.store), **more)


def test_the_metrics_of_syncs_are_those_of_the_store(world: World) -> None:
    found = samples(text_of(world))
    assert found["backhaul_sync_last_success_timestamp_seconds", "users"] == START + 100
    assert ("backhaul_sync_last_success_timestamp_seconds", 'or"de\\rs') not in found
    assert found["backhaul_sync_state", "users", "failed"] == 1
    assert found["backhaul_sync_state", "users", "succeeded"] == 0
    assert found["backhaul_sync_state", 'or"de\\rs', "never run"] == 1
    assert found["backhaul_rows_acknowledged_total", "users"] == 95
    assert found["backhaul_rows_rejected_total", "users"] == 10
    assert found["backhaul_sync_rejected_open", "users"] == 10
    assert found["backhaul_sync_runs_total", "users"] == 3
    assert found["backhaul_sync_skipped_total", "users"] == 3
    assert found["backhaul_sync_last_run_duration_seconds", "users"] == 10
    assert found["backhaul_daemon_up", "acme", ""] == 0
    assert ("backhaul_daemon_running",) not in found


def test_the_daemon_is_up_while_it_gives_signs_of_life(world: World) -> None:
    world.store.do(
        "begin_daemon", process=os.getpid(), host=socket.gethostname(), version="1.2", now=world.now - 30, workers=4
    )
    world.store.do("beat", now=world.now - 2, running=3, waiting=1)
    found = samples(text_of(world, delays=[0.1, 0.2, 0.9]))
    assert found["backhaul_daemon_up", "acme", "1.2"] == 1
    assert found["backhaul_daemon_beat_age_seconds",] == 2
    assert (found["backhaul_daemon_running",], found["backhaul_daemon_waiting",]) == (3, 1)
    assert found["backhaul_start_delay_seconds", "0.5"] == 0.2
    assert found["backhaul_start_delay_seconds", "0.99"] == 0.9
    world.now += 300
    assert samples(text_of(world))["backhaul_daemon_up", "acme", "1.2"] == 0


def test_a_project_without_syncs_has_metrics_too(world: World) -> None:
    world.project = replace(world.project, syncs={})
    assert samples(text_of(world))["backhaul_project_broken_files",] == 0


def ask(port: int, path: str, method: str = "GET") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path)
        reply = connection.getresponse()
        return reply.status, reply.headers["content-type"], reply.read().decode()
    finally:
        connection.close()


async def asked(port: int, path: str, method: str = "GET") -> tuple[int, str, str]:
    return await asyncio.to_thread(ask, port, path, method)


async def test_metrics_and_health_are_answered_and_nothing_else(world: World) -> None:
    def text() -> str:
        assert threading.current_thread() is not threading.main_thread()
        return text_of(world)

    async with serve_metrics("127.0.0.1", 0, text) as port:
        status, kind, body = await asked(port, "/metrics?x=1")
        assert (status, kind) == (200, TYPE)
        assert samples(body)["backhaul_sync_state", "users", "failed"] == 1
        assert await asked(port, "/healthz") == (200, "text/plain; charset=utf-8", "ok\n")
        assert (await asked(port, "/"))[0] == 404
        assert (await asked(port, "/metrics", "POST"))[0] == 405
        assert (await asked(port, "/metrics", "HEAD"))[2] == ""


async def test_a_store_that_cannot_be_read_is_an_answer(world: World) -> None:
    def text() -> str:
        raise StateError("The store is damaged.")

    async with serve_metrics("localhost", 0, text) as port:
        assert await asked(port, "/metrics") == (503, "text/plain; charset=utf-8", "The store is damaged.\n")


def speak(port: int, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(4096):
            answer += part
        return answer


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /metrics", b"400"),
        (b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"421"),
        (b"GET /metrics HTTP/1.1\r\nhost: 127.0.0.1.evil.example:9\r\n\r\n", b"421"),
        (b"GET /metrics HTTP/1.1\r\nHost: [::\r\n\r\n", b"421"),
        (b"GET /healthz HTTP/1.1\r\n\r\n", b"421"),
        (b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 9_000 + b"\r\n\r\n", b"431"),
    ],
)
async def test_what_is_no_request_is_refused(world: World, data: bytes, status: bytes) -> None:
    async with serve_metrics("127.0.0.1", 0, lambda: "") as port:
        answer = await asyncio.to_thread(speak, port, data)
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert (await asked(port, "/healthz"))[0] == 200


async def test_somebody_who_says_nothing_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.daemon.metrics._SECONDS", 0.2)
    async with serve_metrics("127.0.0.1", 0, lambda: "") as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])
async def test_other_addresses_are_refused(host: str) -> None:
    with pytest.raises(UsageError, match="on this machine only"):
        async with serve_metrics(host, 0, lambda: ""):
            pass


async def test_a_port_that_is_taken_is_said() -> None:
    async with serve_metrics("127.0.0.1", 0, lambda: "") as port:
        with pytest.raises(UsageError, match=f"cannot be served at 127.0.0.1:{port}"):
            async with serve_metrics("127.0.0.1", port, lambda: ""):
                pass
