"""BigQuery, in any location and with any way to pay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from core.errors import BackhaulError, WarehouseError
from core.model import Secret, Step
from core.warehouses.base import SetupNames
from core.warehouses.bigquery.connection import BigQuerySettings, Connector
from core.warehouses.bigquery.credentials import NAME
from core.warehouses.bigquery.errors import explain, explain_login
from core.warehouses.bigquery.session import BigQuerySession
from core.warehouses.bigquery.setup import script
from core.warehouses.bigquery.steps import steps

__all__ = ["Plugin"]


class Plugin:
    """A Google Cloud project with BigQuery."""

    dialect: ClassVar[str] = "bigquery"
    Settings: ClassVar[type[BigQuerySettings]] = BigQuerySettings
    secrets: ClassVar[Mapping[str, str]] = MappingProxyType({NAME: "the JSON of a service account"})
    where_to_find: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "project": "The project's id, at the top of the Google Cloud console beside its name; `gcloud projects list` shows it too.",
            "dataset": "In BigQuery Studio, the left pane: the name between project and table. Leave it empty where queries name it.",
            "location": "BigQuery Studio, a dataset's Details: Data location, such as US, EU or europe-west3.",
            "login": "A key file works everywhere. On a machine of Google's, or with workload identity, take application_default.",
            "maximum_bytes_billed": "What one query may be billed for at the most, in bytes: 10 GiB are 10737418240.",
            "price_per_tib": "cloud.google.com/bigquery/pricing, on-demand, for your location. 0 where you pay for slots.",
            "label": "Any lower-case word; it shows Backhaul's jobs in the bill.",
            "timeout": "The longest that a query of yours may take, in seconds.",
            "storage": "Off where a firewall lets no gRPC through to bigquerystorage.googleapis.com.",
            "endpoint": "From whoever runs your network: the address of the Private Service Connect endpoint.",
            NAME: "Google Cloud console, IAM & Admin, Service Accounts, the account, Keys, Add key, JSON: the whole file. "
            "`backhaul setup-sql bigquery` prints how to make the account.",
        }
    )

    @classmethod
    def needs(cls, settings: BigQuerySettings) -> tuple[str, ...]:
        """Give the name of the secret, where a key file is the login."""
        return (NAME,) if settings.login == "service_account" else ()

    def __init__(self, settings: BigQuerySettings, secrets: Callable[[str], Secret], folder: Path) -> None:
        del folder  # there are no files
        self._connector = Connector(settings, secrets)

    @classmethod
    def setup_script(cls, names: SetupNames) -> str:
        """Give the shell script that makes a service account which may read the chosen datasets, and nothing else."""
        return script(names)

    @classmethod
    def verifier_of(cls, password: Secret, user: str) -> str:
        """Give nothing: there are no passwords."""
        del password, user
        return ""

    def open(self) -> BigQuerySession:
        """Log in."""
        try:
            return BigQuerySession(self._connector, self._connector.connect())
        except BackhaulError:
            raise
        except Exception as error:  # the driver raises errors of its own and of what it is made of
            raise explain_login(error, self._connector.settings, member=self._connector.member)[1] from error

    def steps(self) -> Iterator[Step]:
        """Test name, network, TLS, credential, login, job, location, privileges, read-only and clock."""
        return steps(self._connector)

    def explain(self, error: Exception) -> WarehouseError:
        """Translate an error of the driver."""
        return explain(error, self._connector.settings, member=self._connector.member)
