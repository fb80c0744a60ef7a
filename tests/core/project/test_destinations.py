"""A destination's file: regions that are not mixed up, the way there, and what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import ProjectError
from core.model import Network
from core.project import destination_of

FILE = Path("/project/destinations/here.toml")


def refused(**given: Any) -> ProjectError:
    with pytest.raises(ProjectError) as caught:
        destination_of(FILE, given)
    assert caught.value.where == str(FILE)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "region", "url", "other"),
    [
        ("segment", "us", "https://events.eu1.segmentapis.com/v1", "eu"),
        ("segment", "eu", "https://api.segment.io/v1", "us"),
        ("segment", "eu", "https://API.segment.io", "us"),
        ("customerio", "us", "https://cdp-eu.customer.io/v1/", "eu"),
        ("customerio", "eu", "https://cdp.customer.io:443/v1", "us"),
    ],
)
def test_the_host_of_the_other_region_is_refused(kind: str, region: str, url: str, other: str) -> None:
    error = refused(type=kind, region=region, url=url)
    assert f"the host of region '{other}'" in error.message
    assert "lost without an error" in error.message
    assert f"region = '{other}'" in error.message


@pytest.mark.parametrize("kind", ["segment", "customerio"])
def test_the_own_regions_host_and_any_other_address_are_taken(kind: str) -> None:
    own = {"segment": "https://events.eu1.segmentapis.com/v1", "customerio": "https://cdp-eu.customer.io/v1"}[kind]
    for url in (own, "https://proxy.example/v1", "http://127.0.0.1:9", "", "not a valid"):
        assert destination_of(FILE, {"type": kind, "region": "eu", "url": url}).settings.url == url


def test_the_way_there_is_read_with_its_path_from_the_project() -> None:
    network = {"proxy": "http://proxy.example:3128", "ca_file": "certificates/ca.pem"}
    made = destination_of(FILE, {"type": "segment", "network": network})
    assert made.network == Network(proxy="http://proxy.example:3128", ca_file="/project/certificates/ca.pem")
    assert destination_of(FILE, {"type": "segment"}).network == Network()


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ({"proxi": "x"}, "There is no key 'network.proxi' here. Did you mean 'proxy'?"),
        ({"proxy": 1}, "network.proxy: expected text"),
        (
            {"proxy": "socks5://x"},
            "network.proxy: it is not a valid URL; it needs http:// or https://, a host, and a port up to 65535.",
        ),
        ({"proxy": "http://user:planted@proxy.example"}, "network.proxy: a secret never stands in a file."),
        ("all", "network: expected a table."),
    ],
)
def test_a_way_that_is_none_is_refused(network: Any, said: str) -> None:
    error = refused(type="segment", network=network)
    assert error.message.startswith(said)
    assert "planted" not in error.message + error.remedy


@pytest.mark.parametrize("kind", ["rudderstack", "jitsu", "webhook"])
def test_an_address_that_is_missing_is_asked_for_with_an_example(kind: str) -> None:
    error = refused(type=kind)
    assert "url" in error.message
    assert 'url = "https://' in error.remedy


def test_a_secret_that_a_type_may_need_never_stands_in_its_file() -> None:
    error = refused(type="webhook", url="https://x.example", token="planted-4Tk9")
    assert "a secret never stands in a file" in error.message
    assert "backhaul secret set destinations/here.token" in error.remedy
    assert "planted" not in error.message + error.remedy
