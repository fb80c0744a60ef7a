"""The way to a destination: proxies, certificate authorities and connections, over real sockets."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.destinations.base import Request, Response
from core.errors import DeliveryError
from core.model import Limits, Network
from core.sync.delivery.network import find_proxy, trusting, without_password
from core.sync.delivery.transport import HttpTransport, NoReplyError
from tests.projects import ProjectFolder
from tests.servers.postgres import free_port
from tests.servers.receiving import Receiver
from tests.servers.secure import HOST, SecureServer, proxying, serving_tls

LIMITS = Limits(timeout=5, connections=2)
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
PEOPLE = 'SELECT i AS "userId", 1 AS n FROM range(40) t(i)'


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[SecureServer]:
    with serving_tls(tmp_path / "tls") as server:
        yield server


def send(url: str, network: Network) -> Response:
    async def once() -> Response:
        async with HttpTransport(LIMITS, network) as transport:
            return await transport.send(Request(url=url, body=b"{}", compress=False), None)

    return asyncio.run(once())


def test_an_authority_of_ones_own_is_trusted_where_the_file_names_it(secure: SecureServer) -> None:
    url = f"https://127.0.0.1:{secure.port}/v1/batch"
    with pytest.raises(NoReplyError, match="certificate verify failed"):
        send(url, Network())
    assert secure.heard == []
    assert send(url, Network(ca_file=str(secure.ca_file))).status == 200
    assert secure.heard == [("/v1/batch", b"{}")]


def test_the_usual_authorities_stay_trusted_beside_it(secure: SecureServer) -> None:
    usual, more = trusting(Network()), trusting(Network(ca_file=str(secure.ca_file)))
    assert more.cert_store_stats()["x509_ca"] == usual.cert_store_stats()["x509_ca"] + 1


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file"), ("no certificate", "does not contain a certificate")]
)
def test_a_file_of_certificates_that_cannot_be_used_says_so(tmp_path: Path, content: str | None, why: str) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(DeliveryError, match=why) as caught:
        trusting(Network(ca_file=str(file)))
    assert "ca_file" in caught.value.where
    assert "PEM" in caught.value.remedy


def test_a_request_goes_through_the_proxy_that_the_file_names(secure: SecureServer) -> None:
    with proxying(secure.port) as proxy:
        network = Network(proxy=f"http://127.0.0.1:{proxy.port}", ca_file=str(secure.ca_file))
        assert send(f"https://{HOST}/v1/batch", network).status == 200
        assert proxy.asked == [f"CONNECT {HOST}:443 HTTP/1.1"]
    assert secure.heard == [("/v1/batch", b"{}")]


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_request_goes_through_the_proxy_of_the_environment(
    secure: SecureServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with proxying(secure.port, password="proxy-password-6Yq1") as proxy:
        monkeypatch.setenv(name, f"http://user:proxy-password-6Yq1@127.0.0.1:{proxy.port}")
        assert send(f"https://{HOST}/v1/batch", Network(ca_file=str(secure.ca_file))).status == 200
        assert len(proxy.asked) == 1


def test_no_proxy_and_this_machine_are_reached_directly(secure: SecureServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    assert find_proxy("https://api.inside.example/v1", Network()) == ""
    assert find_proxy("https://outside.example/v1", Network()) == "http://127.0.0.1:9"
    ours = Network(proxy="http://127.0.0.1:9", ca_file=str(secure.ca_file))
    assert find_proxy("https://outside.example/v1", ours) == "http://127.0.0.1:9"
    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert find_proxy(f"https://{host}:8443/v1", ours) == ""
    assert send(f"https://127.0.0.1:{secure.port}/v1", ours).status == 200


@pytest.mark.parametrize(
    ("named", "host", "port"),
    [
        ("10.0.0.0/8", "10.1.2.3", 443),
        ("fd00::/8", "[fd00::5]", 443),
        ("api.inside.example:8443", "api.inside.example", 8443),
        (".inside.example", "api.inside.example", 443),
        ("*.inside.example", "api.inside.example", 443),
        ("other.example, api.inside.example", "api.inside.example", 443),
        ("[fd00::5]:8443", "[fd00::5]", 8443),
        ("*", "anything.example", 443),
    ],
)
def test_no_proxy_names_networks_domains_and_ports(
    monkeypatch: pytest.MonkeyPatch, named: str, host: str, port: int
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", named)
    assert find_proxy(f"https://{host}:{port}/v1", Network()) == ""
    elsewhere = find_proxy("https://11.1.2.3:9443/v1", Network())
    assert elsewhere == ("" if named == "*" else "http://127.0.0.1:9")
    if ":84" in named:
        assert find_proxy(f"https://{host}/v1", Network()) == "http://127.0.0.1:9"


def test_what_no_proxy_does_not_name_goes_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8, side.example, , nonsense/99, x:99999")
    for host in ("inside.example", "11.0.0.1", "10.example"):
        assert find_proxy(f"https://{host}/v1", Network()) == "http://127.0.0.1:9"


def test_a_proxys_password_is_in_no_message(secure: SecureServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxying(secure.port, password="another") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:proxy-password-6Yq1@127.0.0.1:{proxy.port}")
        with pytest.raises(NoReplyError, match="407") as refused:
            send(f"https://{HOST}/v1", Network())
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:proxy-password-6Yq1@127.0.0.1:{free_port()}")
    with pytest.raises(NoReplyError) as gone:
        send(f"https://{HOST}/v1", Network())
    monkeypatch.setenv("HTTPS_PROXY", "socks9://user:proxy-password-6Yq1@127.0.0.1:9")
    with pytest.raises(DeliveryError, match="cannot be used") as unknown:
        send(f"https://{HOST}/v1", Network())
    for caught in (refused, gone, unknown):
        assert "proxy-password" not in str(caught.value)
    assert without_password("to http://a:b@c:1 and https://d") == "to http://c:1 and https://d"


@pytest.mark.parametrize("sign", ["/", "#", "?", "@", "%2F"])
def test_a_proxys_password_with_a_sign_of_addresses_is_in_no_message(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch, sign: str
) -> None:
    project.duckdb()
    project.write("destinations/seg.toml", {"type": "segment", "limits": {"attempts": 1, "backoff": 0.01}})
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:proxy6Yq1{sign}word7Zr2@127.0.0.1:{free_port()}")
    done = project.query("people", PEOPLE, to=["seg"])
    assert done.code != 0
    stored = b"".join(file.read_bytes() for file in (project.folder / ".backhaul").rglob("*") if file.is_file())
    for text in (done.out, done.err, stored.decode("latin-1")):
        assert "proxy6Yq1" not in text
        assert "word7Zr2" not in text


@pytest.mark.parametrize(("status", "body"), [(415, ""), (501, "no"), (400, "<html>Bad Request</html>")])
def test_a_gateway_that_takes_no_gzip_is_tried_once_without(
    project: ProjectFolder, receiver: Receiver, status: int, body: str
) -> None:
    project.duckdb()
    limits = {"batch_calls": 10, "backoff": 0.01}
    project.write("destinations/seg.toml", {"type": "segment", "url": receiver.url, "limits": limits})
    receiver.refuse_gzip(status, body)
    done = project.query("people", PEOPLE, to=["seg"])
    assert done.code == 0, done.out + done.err
    assert "write compress = false under [network]" in done.out
    assert sorted(call["userId"] for call in receiver.calls()) == sorted(map(str, range(40)))
    assert len([record for record in receiver.records(taken=False) if record.status == status]) <= 8


def test_nothing_is_compressed_where_the_file_says_so(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.write("destinations/seg.toml", {"type": "segment", "url": receiver.url, "network": {"compress": False}})
    assert project.query("people", PEOPLE, to=["seg"]).code == 0
    assert {record.headers.get("content-encoding") for record in receiver.records()} == {None}


@pytest.mark.parametrize(
    "url",
    [
        "https://u:planted-6Yq1@h.example/x",
        "https://planted-6Yq1@h.example/x",
        "https://u:planted-6Yq1/t@h.example/x",
        "https://u:planted-6Yq1#t@h.example/x",
    ],
)
def test_an_address_with_a_password_is_refused_in_every_file(project: ProjectFolder, url: str) -> None:
    project.write("destinations/hook.toml", {"type": "webhook", "url": url})
    project.write("sources/db.toml", {"type": "duckdb", "path": url})
    for name in ("hook", "db"):
        done = project.run("check", name)
        assert "a secret never stands in a file" in done.out + done.err
        assert "planted-6Yq1" not in done.out + done.err


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("host", "u:planted-6Yq1@h"),
        ("database", "dbname=d password=planted-6Yq1"),
        ("user", "u Password = planted-6Yq1"),
    ],
)
def test_a_part_of_a_login_with_a_password_in_it_is_refused(project: ProjectFolder, key: str, value: str) -> None:
    source = {"type": "postgres", "host": "h", "database": "d", "user": "u"}
    project.write("sources/db.toml", source | {key: value})
    for words in (("check", "db"), ("trust",)):
        done = project.run_in_folder(*words)
        assert "planted-6Yq1" not in done.out + done.err
    assert "a secret never stands in a file" in project.run("check", "db").err


def test_an_address_with_an_at_sign_in_its_path_is_one(project: ProjectFolder) -> None:
    project.write("destinations/hook.toml", {"type": "webhook", "url": "https://h.example:8443/@team/hook"})
    done = project.run("check", "hook")
    assert "a secret never stands" not in done.out + done.err


def test_a_proxy_with_a_password_is_refused_in_a_file(project: ProjectFolder) -> None:
    for proxy, said in (
        ("http://u:planted-6Yq1@p.example", "never stands in a file"),
        ("p.example", "is not a valid URL"),
    ):
        network = {"proxy": proxy}
        project.write("destinations/seg.toml", {"type": "segment", "network": network})
        done = project.run("check", "seg")
        assert said in done.out + done.err
        assert "planted-6Yq1" not in done.out + done.err


def test_a_sync_is_delivered_through_a_proxy_to_a_server_of_ones_own_authority(
    project: ProjectFolder, secure: SecureServer
) -> None:
    project.duckdb()
    (project.folder / "ca.pem").write_bytes(secure.ca_file.read_bytes())
    with proxying(secure.port) as proxy:
        network = {"proxy": f"http://127.0.0.1:{proxy.port}", "ca_file": "ca.pem"}
        url = f"https://{HOST}/hooks"
        project.write("destinations/hook.toml", {"type": "webhook", "url": url, "body": "array", "network": network})
        assert project.query("people", PEOPLE, to=["hook"]).code == 0
        assert len(proxy.asked) == 1
        steps = project.run("check", "hook", "--json").out
        assert "connected through it to api.example.test" in steps
        assert "certificate trusted" in steps
    assert [path for path, _ in secure.heard] == ["/hooks"]
    assert len(json.loads(secure.heard[0][1])) == 40


def test_check_says_where_the_way_ends(project: ProjectFolder, secure: SecureServer) -> None:
    with proxying(secure.port, password="asked-for") as proxy:
        network = {"proxy": f"http://127.0.0.1:{proxy.port}"}
        project.write("destinations/hook.toml", {"type": "webhook", "url": f"https://{HOST}/", "network": network})
        done = project.run("check", "hook")
        assert done.code == 1
        assert "The proxy lets nothing through" in done.out
        assert "407" in done.out
    with proxying(secure.port) as proxy:
        network = {"proxy": f"http://127.0.0.1:{proxy.port}"}
        project.write("destinations/hook.toml", {"type": "webhook", "url": f"https://{HOST}/", "network": network})
        done = project.run("check", "hook")
        assert done.code == 1
        assert "certificate verify failed" in done.out
        assert "ca_file" in done.out


def test_connections_are_used_again(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.customerio(receiver.url, batch_calls=1, connections=3)
    assert project.query("people", PEOPLE, to=["cio"]).code == 0
    count = receiver.count()
    assert count["requests"] == 40
    assert count["connections"] <= 3


def test_no_more_requests_are_on_their_way_than_the_file_allows(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    for most in (1, 3):
        project.customerio(receiver.url, batch_calls=1, connections=most)
        receiver.behave(*[{"slow": 0.05}] * 12)
        query = f'SELECT i AS "userId", {most} AS n FROM range(12) t(i)'
        assert project.query(f"people{most}", query, to=["cio"]).code == 0
        assert receiver.count()["most"] == most


def test_a_429_holds_back_every_connection(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.customerio(receiver.url, batch_calls=1, connections=4, requests=50)
    receiver.behave({"status": 429, "headers": {"retry-after": "1"}})
    assert project.query("people", PEOPLE, to=["cio"]).code == 0
    assert sorted(call["userId"] for call in receiver.calls()) == sorted(map(str, range(40)))
    times = receiver.times()
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert max(gaps) > 0.8
    # what was on its way when it came is all that arrives before the pause is over
    assert gaps.index(max(gaps)) < 4 + 5
