"""`check`: tests a source or a destination step by step, each timed, the last one given being the first that failed.

It may be one that is in no file yet, with secrets that are kept nowhere: what is `given` goes before what is kept.
"""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from core import secrets
from core.connection_test.test_call import send_test_call
from core.control_chars import escape_control_chars
from core.destinations import destination_type
from core.errors import BackhaulError, DeliveryError
from core.model import Destination, Network, Project, Secret, Source, Step
from core.sync.delivery.network import find_proxy, open_tunnel, trusting
from core.sync.delivery.transport import check_address
from core.sync.source import Secrets, build_warehouse_at
from core.trust import require_trust

__all__ = ["destination_steps", "source_steps", "steps"]

_LEAST_FREE = 500_000_000
_SECONDS = 10.0


def steps(
    project: Project, one: Source | Destination, given: Mapping[str, Secret] | None = None, *, call: bool = False
) -> Iterator[Step]:
    """Test a source or a destination; an error that no step caught is the last step.

    With `call`, a destination is sent one call in the end (core.connection_test.test_call), if all before it passed.
    """
    try:
        if isinstance(one, Source):
            yield from source_steps(project, one, given)
            return
        passed = True
        for step in destination_steps(project, one, given):
            passed = passed and step.passed is not False
            yield step
        if call and passed:
            yield send_test_call(project, one, _reader(project, given))
    except BackhaulError as error:
        yield Step(name="set-up", passed=False, detail=error.message, remedy=error.remedy)


def source_steps(project: Project, source: Source, given: Mapping[str, Secret] | None = None) -> Iterator[Step]:
    """Test a source: what its type tests, then the disk that its comparison spills to.

    `given` are secrets by their short names ('password').
    """
    failed = False
    for step in build_warehouse_at(project, source, _reader(project, given)).steps():
        failed = failed or step.passed is False
        yield step
    if not failed:
        yield _disk(project.state)


def destination_steps(
    project: Project, destination: Destination, given: Mapping[str, Secret] | None = None
) -> Iterator[Step]:
    """Test a destination: its secret, its name, the connection, TLS; for a file, that it can be written."""
    read = _reader(project, given)
    name = f"destinations/{destination.name}"
    require_trust(project, name)
    plugin = destination_type(destination.type)(
        destination.settings, lambda secret: read(f"{name}.{secret}"), project.folder, "check"
    )
    for secret in plugin.needs(destination.settings):
        started = time.monotonic()
        try:
            read(f"{name}.{secret}")
        except BackhaulError as error:
            yield Step(name="secret", passed=False, detail=error.message, remedy=error.remedy)
            return
        is_given = given is not None and secret in given
        where = "given, and kept nowhere yet" if is_given else f"in {secrets.place(project, f'{name}.{secret}')}"
        yield _passed("secret", f"{secret} is {where}", started)
    if plugin.transport == "file":
        yield _writable((project.folder / plugin.host).absolute())
        return
    yield from _network(plugin.host, destination.network)


def _reader(project: Project, given: Mapping[str, Secret] | None) -> Secrets:
    """Return the function that reads a secret by its full name: what is given, else what is kept."""
    kept = secrets.reader(project)

    def read(name: str) -> Secret:
        short = name.rpartition(".")[2]
        return given[short] if given and short in given else kept(name)

    return read


def _network(url: str, network: Network) -> Iterator[Step]:
    """Read the address, resolve its name (or the proxy's), connect, and shake hands."""
    started = time.monotonic()
    try:
        check_address(url)
        context = trusting(network)
    except DeliveryError as error:
        yield _failed("address", error.message, error.remedy, started)
        return
    proxy = find_proxy(url, network)
    parts = urlsplit(proxy or url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    started = time.monotonic()
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        yield _failed(
            "name", f"{host} cannot be resolved: {error.strerror}.", "Check the address and this host's DNS.", started
        )
        return
    yield _passed("name", f"{host} is {addresses[0][4][0]}", started)
    started = time.monotonic()
    try:
        connection = socket.create_connection((host, port), timeout=_SECONDS)
    except OSError as error:
        reason = error.strerror or str(error)
        yield _failed(
            "network",
            f"No connection to {host}:{port}: {reason}.",
            "Check the firewall, and that the host is up.",
            started,
        )
        return
    with connection:
        yield _passed("network", f"connected to {'the proxy ' if proxy else ''}{host}:{port}", started)
        if proxy:
            started = time.monotonic()
            try:
                connection = open_tunnel(connection, proxy, url, context)
            except OSError as error:
                remedy = "Check the proxy, and the user and password in HTTPS_PROXY where it asks for them."
                yield _failed("proxy", f"The proxy lets nothing through: {error}.", remedy, started)
                return
            yield _passed("proxy", f"connected through it to {urlsplit(url).hostname}", started)
        yield _handshake(connection, url, context)


def _handshake(connection: socket.socket, url: str, context: ssl.SSLContext) -> Step:
    parts = urlsplit(url)
    if parts.scheme != "https":
        return Step(name="TLS", passed=None, detail="none: plain http, for this machine only")
    started = time.monotonic()
    try:
        with context.wrap_socket(connection, server_hostname=parts.hostname) as secured:
            return _passed("TLS", f"{secured.version()}, certificate trusted", started)
    except OSError as error:  # an SSLError is one
        remedy = "Check the certificate. Where a company signs its own, name its authority: [network] ca_file in the destination's file."
        return _failed("TLS", f"{error}", remedy, started)


def _writable(folder: Path) -> Step:
    """Test that a folder, or the nearest one above it that exists, can be written."""
    started = time.monotonic()
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        return _failed("folder", f"{existing} cannot be written.", "Make it writable, or name another folder.", started)
    return _passed("folder", f"{escape_control_chars(folder)} can be written", started)


def _disk(state: Path) -> Step:
    """Test that there is room for the comparison to spill."""
    started = time.monotonic()
    existing = next(each for each in (state, *state.parents) if each.exists())
    free = shutil.disk_usage(existing).free
    detail = f"{free / 1e9:,.1f} GB free for {escape_control_chars(state)}"
    if free < _LEAST_FREE:
        return _failed("disk", detail, "Make room: a comparison of many rows spills to this disk.", started)
    return _passed("disk", detail, started)


def _passed(name: str, detail: str, started: float) -> Step:
    return Step(name=name, passed=True, detail=detail, seconds=time.monotonic() - started)


def _failed(name: str, detail: str, remedy: str, started: float) -> Step:
    return Step(name=name, passed=False, detail=detail, remedy=remedy, seconds=time.monotonic() - started)
