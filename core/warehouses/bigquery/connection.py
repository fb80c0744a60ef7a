"""Where BigQuery is and as whom to ask it: settings, the way there, the driver's client.

Every request goes to one host (`bigquery.googleapis.com`, or the endpoint of the settings), results by way of the Storage
API to another. Name, network and TLS are tried first: the driver repeats a request to a host that is not there for ten
minutes before it says so (read in google.cloud.bigquery.retry).
"""

from __future__ import annotations

import logging
import os
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from core.errors import UnreachableError, WarehouseError
from core.model import Secret
from core.warehouses._network import LOOPBACK, proxy_before, tried_connection
from core.warehouses.bigquery.credentials import (
    NAME,
    Login,
    of_account,
    of_this_machine,
    read_account,
    within,
)

if TYPE_CHECKING:
    from google.api_core.retry import Retry
    from google.cloud.bigquery import Client

__all__ = ["UNTRUSTED", "BigQuerySettings", "Connector", "Way", "tried_network", "tried_tls"]

HOST = "bigquery.googleapis.com"
STORAGE_HOST = "bigquerystorage.googleapis.com"
UNTRUSTED = (
    "A proxy that looks into TLS may stand between: name a file with its authority in REQUESTS_CA_BUNDLE (the driver does not look "
    "into the system's list), and in GRPC_DEFAULT_SSL_ROOTS_FILE_PATH for the Storage API. Check this machine's clock too."
)
SCOPES = ("https://www.googleapis.com/auth/bigquery",)
"""The least that jobs and the Storage API take: https://developers.google.com/identity/protocols/oauth2/scopes#bigquery"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BigQuerySettings:
    """Which project pays, as whom, where its data is, and what a query may cost.

    `project` is the id of the Google Cloud project in which the jobs run and which pays for them.
    `dataset` is where names of tables without a dataset are looked up (empty where all names have theirs).
    `location` is where the datasets are, such as US, EU or europe-west3 (empty where BigQuery may take it from the tables).
    `login` is how Backhaul proves who it is: service_account (a key file) or application_default (what this machine has).
    `maximum_bytes_billed` stops a job that would be billed for more bytes before it costs (0 for the project's own limits).
    `price_per_tib` is the price of a TiB in USD, for the cost that is shown (6.25 is that in the US on demand, 0 shows none: slots are paid).
    `label` stands at each job as its label named application, in INFORMATION_SCHEMA.JOBS and in the bill.
    `timeout` ends a query after so many seconds (0 leaves it to BigQuery, which ends it after six hours).
    `storage` is auto to read results by way of the Storage API where the account may, off for REST, which is several times slower.
    `endpoint` is only needed where BigQuery's own address is not to be used (Private Google Access, a test): an https address.
    `connect_timeout` is how many seconds the host may take to answer.
    `patience` is for how many seconds a request is repeated that the network or BigQuery's front did not answer.
    """

    project: str
    dataset: str = ""
    location: str = ""
    login: Login = "service_account"
    maximum_bytes_billed: int = 0
    price_per_tib: float = 6.25
    label: str = "backhaul"
    timeout: int = 0
    storage: Literal["auto", "off"] = "auto"
    endpoint: str = ""
    connect_timeout: int = 10
    patience: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way to a host: `proxy` stands before it where there is one."""

    host: str
    port: int
    secure: bool
    proxy: tuple[str, int] | None


class Connector:
    """Makes clients; keeps no secret, asks for it each time."""

    def __init__(self, settings: BigQuerySettings, secrets: Callable[[str], Secret]) -> None:
        self.settings = settings
        self.secret = secrets
        self.member = ""
        """As whom the last login was, as IAM writes it (serviceAccount:name@project.iam.gserviceaccount.com)."""

    @property
    def where(self) -> str:
        """Name the project and the dataset, for messages."""
        return ".".join(filter(None, (self.settings.project, self.settings.dataset)))

    @property
    def way(self) -> Way:
        """Give the way to BigQuery. Raises UnreachableError where the endpoint is not an address, or would send rows in the clear."""
        found = urlsplit(self.settings.endpoint or f"https://{HOST}")
        try:
            port = found.port
        except ValueError:
            port = -1
        host = found.hostname or ""
        if found.scheme not in ("https", "http") or not host or port == -1 or found.path not in ("", "/"):
            raise UnreachableError(
                f"`endpoint` is not a valid URL: {self.settings.endpoint!r}.",
                where=self.where,
                remedy="Write it as in https://bigquery-xyz.p.googleapis.com, or take it out of the source's file.",
            )
        if found.scheme == "http" and host not in LOOPBACK:
            raise UnreachableError(
                "An endpoint with http:// would send the token and all rows in the clear.",
                where=self.where,
                remedy="Write https:// before `endpoint` in the source's file.",
            )
        secure = found.scheme == "https"
        return Way(host=host, port=port or (443 if secure else 80), secure=secure, proxy=proxy_before(host))

    @property
    def storage_host(self) -> str:
        """Give the host of the Storage API, or nothing where the endpoint has none that is known.

        Google's own endpoints, regional and private ones, differ in their first word only:
        https://cloud.google.com/bigquery/docs/reference/rest#service-endpoint
        """
        if self.settings.storage == "off":
            return ""
        if not self.settings.endpoint:
            return STORAGE_HOST
        found = re.fullmatch(r"bigquery((?:[-.][\w.-]+)?\.googleapis\.com)", self.way.host)
        return f"bigquerystorage{found[1]}" if found and self.way.secure else ""

    def credentials(self) -> Any:
        """Give credentials with a fresh token. Raises google.auth's errors, SecretError and LoginError."""
        if self.settings.login == "service_account":
            account = read_account(self.secret(NAME))
            self.member = f"serviceAccount:{account.email}"
            return of_account(account, SCOPES)
        credentials, self.member = of_this_machine(SCOPES)
        return credentials

    def connect(self) -> Client:
        """Log in and make a client."""
        tried_network(self)
        tried_tls(self)
        logging.getLogger("google").addHandler(logging.NullHandler())  # else its words go to standard error
        credentials = self.credentials()
        if not self.way.host.endswith(".googleapis.com"):
            credentials = within(credentials)
        from google.api_core.client_options import ClientOptions
        from google.cloud import bigquery

        way, settings = self.way, self.settings
        address = settings.endpoint.rstrip("/") or f"https://{way.host}"
        return bigquery.Client(
            project=settings.project,
            credentials=credentials,
            location=settings.location or None,
            client_options=ClientOptions(api_endpoint=address),  # a quota project would need a third role
        )

    def retry(self) -> Retry:
        """Give the driver's rule of what is tried again, for as long as the settings say."""
        from google.cloud.bigquery.retry import DEFAULT_RETRY

        return DEFAULT_RETRY.with_timeout(self.settings.patience)


def tried_network(connector: Connector) -> str:
    """Resolve the host's name and connect to it, or to the proxy before it; say what answers. Raises UnreachableError."""
    way = connector.way
    host, port = way.proxy or (way.host, way.port)
    no_host = "Check this machine's network and its DNS; behind a proxy, set HTTPS_PROXY."
    no_answer = (
        f"Let this machine through the firewall to {host}, oauth2.googleapis.com and {STORAGE_HOST}, port {port}, "
        "or set HTTPS_PROXY where a proxy leads out."
    )
    if connector.settings.endpoint:
        no_host = "Check `endpoint` in the source's file; a private endpoint is known in its own network only."
    if way.proxy:
        no_host = "Check the proxy in the environment variable HTTPS_PROXY."
        no_answer = f"Check the proxy in the environment variable HTTPS_PROXY, or let NO_PROXY name {way.host}."
    return tried_connection(
        host,
        port,
        what=f"the proxy {host}" if way.proxy else host,
        seconds=connector.settings.connect_timeout,
        where=connector.where,
        no_host=no_host,
        no_answer=no_answer,
    )


def tried_tls(connector: Connector) -> str:
    """Shake hands with the host and say how; nothing where there is no TLS, or a proxy before it. Raises WarehouseError."""
    way = connector.way
    if not way.secure or way.proxy:
        return ""
    try:
        context = trust()
        with (
            socket.create_connection((way.host, way.port), timeout=connector.settings.connect_timeout) as plain,
            context.wrap_socket(plain, server_hostname=way.host) as secured,
        ):
            return str(secured.version())
    except OSError as error:
        raise tls_trouble(error, connector) from error


def trust() -> ssl.SSLContext:
    """Trust whom the driver trusts: its HTTP library looks into a list of its own, not into the system's."""
    import certifi

    told = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or certifi.where()
    found = Path(told)
    return ssl.create_default_context(
        cafile=None if found.is_dir() else str(found), capath=str(found) if found.is_dir() else None
    )


def tls_trouble(error: OSError, connector: Connector) -> WarehouseError:
    """Explain why there is no TLS."""
    host = connector.way.host
    if isinstance(error, ssl.SSLCertVerificationError):
        return UnreachableError(
            f"The certificate that answers for {host} is not trusted: {error.verify_message}.",
            where=connector.where,
            remedy=UNTRUSTED,
        )
    return UnreachableError(
        f"No TLS connection to {host}: {getattr(error, 'reason', None) or error.strerror or error}.",
        where=connector.where,
        remedy="What answers there may not be BigQuery: check `endpoint` and any proxy on the way.",
    )
