"""Each failure at BigQuery, and what it is told as: two tables.

What the stand-in verifies itself (keys, accounts, times, datasets, locations, limits) it refuses by itself; the rest it plays back:
Google's reason and text, with where they were published beside them. An entry that plays back and has no such place is
from Google's documents of the code (https://cloud.google.com/bigquery/docs/error-messages) with a text of our own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
import requests
from google.api_core.exceptions import RetryError
from urllib3.exceptions import ProtocolError

from core.errors import LoginError, UnreachableError
from core.warehouses.bigquery.connection import BigQuerySettings
from core.warehouses.bigquery.errors import explain
from tests.core.warehouses.failures import (
    Failure,
    QueryFailure,
    each,
    filled,
    play,
    play_query,
    said_twice,
    settings_of,
)
from tests.core.warehouses.harness import bigquery_plugin
from tests.servers.bigquery.stand_in import PROJECT, Dataset, StandIn, key_file, private_key, public_key
from tests.servers.secure import serving_tls

GITHUB = "https://github.com"
GOOGLE = "https://cloud.google.com/bigquery/docs"
ANY = "reader-1@backhaul-tests.iam.gserviceaccount.com"
JOB_ROLE = "gcloud projects add-iam-policy-binding backhaul-tests --member=serviceAccount:{email} --role=roles/bigquery.jobUser"
READING_ROLE = 'GRANT `roles/bigquery.dataViewer` ON SCHEMA `backhaul-tests.{dataset}` TO "serviceAccount:{email}";'


@pytest.fixture(scope="module")
def shop(bigquery: StandIn) -> Iterator[Dataset]:
    """A dataset with a table, for tests that only read."""
    made = bigquery.create()
    made.execute(
        "CREATE TABLE people (id INT64, email STRING, changed TIMESTAMP)",
        "INSERT INTO people VALUES (1, 'a@example.com', TIMESTAMP '2026-01-01'), (2, NULL, TIMESTAMP '2026-01-02')",
    )
    bigquery.ask("execute", {"project": PROJECT, "dataset": "european", "location": "EU", "statements": ["SELECT 1"]})
    return made


@dataclass(frozen=True, kw_only=True)
class BigQueryFailure(Failure):
    """A connection that fails. `account` is what the stand-in knows of the account, `key_file` what stands otherwise in its file."""

    after_login: ClassVar[frozenset[str]] = frozenset({"job", "location", "privileges"})
    account: Mapping[str, Any] = field(default_factory=dict)
    key_file: Mapping[str, Any] | str = field(default_factory=dict)
    answer: tuple[str, str] | None = None
    """What the token endpoint says: error and description."""

    job: tuple[str, str] | None = None
    """What each job is told: reason and message."""


@dataclass(frozen=True, kw_only=True)
class BigQueryQueryFailure(QueryFailure):
    """A query that fails. `account` is what the stand-in knows of the account."""

    account: Mapping[str, Any] = field(default_factory=dict)


FAILURES = (
    BigQueryFailure(
        what="an endpoint that is no address",
        settings={"endpoint": "bigquery.example"},
        step="name",
        says="`endpoint` is not a valid URL: 'bigquery.example'",
        advises="p.googleapis.com",
    ),
    BigQueryFailure(
        what="an endpoint in the clear on another machine",
        settings={"endpoint": "http://bigquery.example"},
        step="name",
        says="would send the token and all rows in the clear",
        advises="Write https://",
    ),
    BigQueryFailure(
        what="a host that is not there",
        settings={"endpoint": "https://nowhere.invalid"},
        step="name",
        says="There is no host named 'nowhere.invalid'",
        advises="Check `endpoint`",
    ),
    BigQueryFailure(
        what="nothing listens there, or a firewall refuses",
        settings={"endpoint": "http://127.0.0.1:1"},
        step="network",
        says="takes no connection on port 1",
        advises="oauth2.googleapis.com",
    ),
    BigQueryFailure(
        what="a host that speaks no TLS",
        settings={"endpoint": "https://127.0.0.1:{port}"},
        step="TLS",
        says="No TLS connection to 127.0.0.1",
        advises="may not be BigQuery",
    ),
    BigQueryFailure(
        what="a missing secret",
        secrets={},
        step="credential",
        says="There is no secret sources/prod.service_account",
        advises="backhaul secret set sources/prod.service_account",
    ),
    BigQueryFailure(
        what="a private key alone",
        key_file=json.loads(key_file(ANY))["private_key"],
        step="credential",
        says="is no service account's file but a private key alone",
        advises="Create new key, JSON",
    ),
    BigQueryFailure(
        what="a person's own login",
        key_file='{"type": "authorized_user", "client_id": "x", "client_secret": "y", "refresh_token": "z"}',
        step="credential",
        says="but a person's own login (authorized_user)",
        advises="backhaul secret set sources/<name>.service_account",
    ),
    BigQueryFailure(
        what="an OAuth client",
        key_file='{"installed": {"client_id": "x", "client_secret": "y"}}',
        step="credential",
        says="but an OAuth client (JSON)",
        advises="Service Accounts",
    ),
    BigQueryFailure(
        what="a federated login where a key is asked for",
        key_file='{"type": "external_account", "audience": "//iam.googleapis.com/x", "token_url": "https://sts.googleapis.com"}',
        step="credential",
        says="but a federated login (external_account)",
        advises="GOOGLE_APPLICATION_CREDENTIALS",
    ),
    BigQueryFailure(
        what="a file that lacks fields",
        key_file={"client_email": None, "private_key_id": None},
        step="credential",
        says="private_key_id is missing. client_email is missing.",
        advises="backhaul secret set sources/<name>.service_account",
    ),
    BigQueryFailure(
        what="a file that is cut off",
        key_file=key_file(ANY)[:-300],
        step="credential",
        says="but JSON that is damaged",
        advises="Give that file whole",
    ),
    BigQueryFailure(
        what="a file whose token_uri leads elsewhere",
        key_file={"token_uri": "https://oauth2.googleapis.com.example.org/token"},
        step="credential",
        says="token_uri leads to oauth2.googleapis.com.example.org, which is not Google's",
        advises="Download the key again",
    ),
    BigQueryFailure(
        what="a key that was deleted, or is of another account",
        account={"keys": {"key-id-0001": public_key("another")}},
        step="login",
        says="Google does not take this key for {email}: it was deleted, disabled, or is not of this account",
        advises="gcloud iam service-accounts keys list --iam-account={email}",
        published=f"{GITHUB}/googleapis/google-cloud-python/issues/10004",
    ),
    BigQueryFailure(
        what="a login that a firewall keeps away",
        key_file={"token_uri": "http://127.0.0.1:1/token"},
        step="login",
        says="The login cannot be reached",
        advises="the firewall to oauth2.googleapis.com",
    ),
    BigQueryFailure(
        what="an account that is not there",
        key_file={"client_email": "nobody@backhaul-tests.iam.gserviceaccount.com"},
        step="login",
        says="Google knows no account nobody@backhaul-tests.iam.gserviceaccount.com",
        advises="gcloud iam service-accounts describe nobody@backhaul-tests.iam.gserviceaccount.com",
        published=f"{GITHUB}/google/oculi/issues/5",
    ),
    BigQueryFailure(
        what="an account that is disabled",
        answer=("invalid_grant", "Robot is disabled."),
        step="login",
        says="The account {email} is disabled",
        advises="gcloud iam service-accounts enable {email} --project=backhaul-tests",
        published=f"{GITHUB}/googleapis/google-api-ruby-client/issues/720",
    ),
    BigQueryFailure(
        what="a clock that is wrong",
        account={"clock": 7200.0},
        step="login",
        says="this machine's clock is wrong",
        advises="timedatectl set-ntp true",
        published=f"{GITHUB}/DataBiosphere/dsub/issues/194",
    ),
    BigQueryFailure(
        what="a login of a person that has expired",
        answer=("invalid_grant", "reauth related error (invalid_rapt)"),
        step="login",
        says="has expired or was revoked",
        advises="gcloud auth application-default login",
        published=f"{GITHUB}/cline/cline/issues/4080",
    ),
    BigQueryFailure(
        what="an answer of the token endpoint that nobody knows",
        answer=("invalid_grant", "Something new."),
        step="login",
        says="The login failed: invalid_grant: Something new.",
        advises="audit log",
    ),
    BigQueryFailure(
        what="an API that is not enabled",
        job=(
            "accessNotConfigured",
            (
                "BigQuery API has not been used in project 1234 before or it is disabled. Enable it by visiting "
                "https://console.developers.google.com/apis/api/bigquery.googleapis.com/overview?project=1234 then retry. If you enabled "
                "this API recently, wait a few minutes for the action to propagate to our systems and retry."
            ),
        ),
        step="job",
        says="The BigQuery API is not enabled in the project backhaul-tests",
        advises="gcloud services enable bigquery.googleapis.com",
        published=f"{GITHUB}/googleapis/google-cloud-python/issues/4140",
    ),
    BigQueryFailure(
        what="an account that may not run jobs",
        job=(
            "accessDenied",
            "Access Denied: Project backhaul-tests: User does not have bigquery.jobs.create permission in project backhaul-tests.",
        ),
        step="job",
        says="{email} may not run jobs in the project backhaul-tests: the permission bigquery.jobs.create is missing",
        advises=JOB_ROLE,
        published=f"{GITHUB}/xlang-ai/Spider2/issues/34",
    ),
    BigQueryFailure(
        what="a project without billing",
        job=(
            "billingNotEnabled",
            "Billing has not been enabled for this project. Enable billing at https://console.cloud.google.com/billing.",
        ),
        step="job",
        says="Billing is not enabled for the project backhaul-tests",
        advises="gcloud billing projects link backhaul-tests",
        published=f"{GITHUB}/drt-hub/drt/pull/736",
    ),
    BigQueryFailure(
        what="a token that BigQuery does not take",
        job=(
            "authError",
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
        ),
        step="job",
        says="BigQuery does not take the token of {email}",
        advises="this machine's clock",
        published=f"{GITHUB}/googleapis/google-cloud-python/issues/15087",
    ),
    BigQueryFailure(
        what="a perimeter of the organisation",
        job=(
            "policyViolation",
            "VPC Service Controls: Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: abc.",
        ),
        step="job",
        says="keeps this machine out: VPC Service Controls",
        advises="access level",
        published="https://cloud.google.com/vpc-service-controls/docs/troubleshooting",
    ),
    BigQueryFailure(
        what="a dataset that is not there",
        settings={"dataset": "no_such"},
        step="location",
        says="there is no dataset backhaul-tests.no_such",
        advises="bq ls backhaul-tests:",
    ),
    BigQueryFailure(
        what="a dataset in another location",
        settings={"dataset": "european", "location": "US"},
        account={"datasets": ["european"]},
        step="location",
        says="backhaul-tests.european is in EU, but jobs run in US",
        advises='Set location = "EU"',
    ),
    BigQueryFailure(
        what="a dataset that may not be looked at",
        account={"datasets": []},
        step="location",
        says="backhaul-tests.{dataset} may not be looked at",
        advises=READING_ROLE,
        published=f"{GOOGLE}/access-control",
    ),
    BigQueryFailure(
        what="tables whose rows may not be read",
        account={"permissions": []},
        step="privileges",
        says="their rows may not be read (bigquery.tables.getData is missing)",
        advises=READING_ROLE,
        published=f"{GOOGLE}/access-control",
    ),
)


def plugin_of(failure: BigQueryFailure, shop: Dataset) -> Any:
    """Give a plug-in that fails so."""
    account = dict(failure.account)
    if failure.answer is not None:
        account["answer"] = dict(zip(("error", "description"), failure.answer, strict=True))
    if failure.job is not None:
        account["answers"] = {"": {"reason": failure.job[0], "message": failure.job[1]}}
    shop.set_account(**account)
    text = failure.key_file if isinstance(failure.key_file, str) else shop.key_file(**failure.key_file)
    secrets = {"service_account": text} if failure.secrets is None else failure.secrets
    return bigquery_plugin(shop, secrets=secrets, **settings_of(failure, names_of(shop)))


def names_of(shop: Dataset) -> dict[str, str]:
    """Give what the braces of an entry stand for."""
    return {"email": shop.email, "dataset": shop.name, "port": str(shop.server.port)}


@each(FAILURES)
def test_each_failure_to_connect_has_its_own_sentence_remedy_and_step(shop: Dataset, failure: BigQueryFailure) -> None:
    line_of_the_key = json.loads(key_file(ANY))["private_key"].split("\n")[2]
    try:
        play(failure, plugin_of(failure, shop), names_of(shop), [line_of_the_key])
    finally:
        shop.set_account()


def test_each_kind_of_failure_is_told_in_other_words() -> None:
    assert said_twice(FAILURES) == set()


def answering(reason: str, message: str, **more: Any) -> dict[str, Any]:
    """Let the job itself (not its description) end with an error."""
    return {"answers": {"played_back": {"reason": reason, "message": message, **more}}}


PLAYED_BACK = "SELECT id, 'played_back' AS note FROM people"
ENDLESS = "SELECT COUNT(*) AS n FROM UNNEST(GENERATE_ARRAY(1, 1000000000)) AS a"
QUERY_FAILURES = (
    BigQueryQueryFailure(
        what="a table that is misspelt",
        sql="SELECT id FROM poeple",
        says="There is no table backhaul-tests:{dataset}.poeple in location US",
        advises="the catalogue shows what can be read",
        at="poeple",
        published=f"{GOOGLE}/error-messages",
    ),
    BigQueryQueryFailure(
        what="a dataset that is not there",
        sql="SELECT id FROM nowhere.people",
        says="There is no dataset backhaul-tests.nowhere in location US",
        advises="One query reads one location",
        at="nowhere.people",
        published=f"{GITHUB}/doitintl/bigquery-grafana/issues/192",
    ),
    BigQueryQueryFailure(
        what="a dataset in another location",
        sql="SELECT id FROM european.people",
        account={"datasets": ["european"]},
        says="There is no dataset backhaul-tests.european in location US",
        advises='It is in EU: set location = "EU"',
        published=f"{GITHUB}/doitintl/bigquery-grafana/issues/192",
    ),
    BigQueryQueryFailure(
        what="a table without a dataset, where the source names none",
        sql="SELECT id FROM people",
        settings={"dataset": ""},
        says='Table "people" must be qualified with a dataset',
        advises="set `dataset` in the source's file",
        at="people",
    ),
    BigQueryQueryFailure(
        what="a table whose rows may not be read",
        sql="SELECT id FROM people",
        account={"hidden": ["{dataset}.people"]},
        says="User does not have permission to query table backhaul-tests:{dataset}.people",
        advises=READING_ROLE,
        at="people",
        published=f"{GITHUB}/stanford-esrg/LEO_HitchHiking/issues/2",
    ),
    BigQueryQueryFailure(
        what="a table that is a Google Sheet",
        sql=PLAYED_BACK,
        account=answering(
            "accessDenied",
            "Access Denied: BigQuery BigQuery: Permission denied while getting Drive credentials.",
        ),
        says="A table of this query is a Google Sheet",
        advises="Copy it into a table",
        published=f"{GITHUB}/googleapis/python-bigquery/issues/1392",
    ),
    BigQueryQueryFailure(
        what="a column that is misspelt",
        sql="SELECT id,\n\temial FROM people",
        says="Unrecognized name: emial",
        advises="Did you mean email?",
        at="emial",
        published=f"{GITHUB}/metabase/metabase/issues/20555",
    ),
    BigQueryQueryFailure(
        what="names that differ in case only",
        sql="SELECT id AS a, email AS A FROM people",
        says="Duplicate column names in the result are not supported. Found duplicate(s): a",
        advises="a name of its own, with AS",
        published=f"{GITHUB}/mozilla/mozanalysis/issues/140",
    ),
    BigQueryQueryFailure(
        what="a time compared with a number",
        sql="SELECT id FROM people WHERE changed >= 1700000000",
        says="No matching signature for operator >= for argument types: TIMESTAMP, INT64",
        advises="Compare with timestamp_seconds({{last_sync_time}}).",
        at=">=",
        published=f"{GITHUB}/cube-js/cube/pull/9683",
    ),
    BigQueryQueryFailure(
        what="a query that would be billed for more than is allowed",
        sql="SELECT id FROM people",
        settings={"maximum_bytes_billed": 1_000_000},
        account={"bytes_processed": 5 << 40},
        says="would be billed for 5.5 TB, about $31.25; `maximum_bytes_billed` in the source's file allows 1.0 MB. It was not run",
        advises="set maximum_bytes_billed = 5497558138880 or more",
        published=f"{GITHUB}/exmergo/dex/issues/320",
    ),
    BigQueryQueryFailure(
        what="a quota that an administrator set",
        sql=PLAYED_BACK,
        account=answering(
            "quotaExceeded",
            "Custom quota exceeded: Your usage exceeded the custom quota for QueryUsagePerDay, which is set by your administrator. "
            "For more information, see https://cloud.google.com/bigquery/cost-controls",
            late=True,
        ),
        says="A quota of BigQuery is used up: Custom quota exceeded",
        advises="Quotas & System Limits",
        published=f"{GITHUB}/HTTPArchive/har.fyi/issues/10",
    ),
    BigQueryQueryFailure(
        what="too many requests, for as long as is waited",
        sql=PLAYED_BACK,
        account=answering(
            "rateLimitExceeded",
            "Exceeded rate limits: too many api requests per user per method for this user_method. For more information, see "
            "https://cloud.google.com/bigquery/docs/troubleshoot-quotas",
        ),
        settings={"patience": 1},
        says="A quota of BigQuery is used up: Exceeded rate limits",
        advises="let the sync run less often",
        published=f"{GOOGLE}/troubleshoot-quotas",
    ),
    BigQueryQueryFailure(
        what="a result that is too large",
        sql=PLAYED_BACK,
        account=answering("responseTooLarge", "Response too large to return.", late=True),
        says="The result is larger than BigQuery gives",
        advises="fewer rows or columns",
        published=f"{GOOGLE}/error-messages",
    ),
    BigQueryQueryFailure(
        what="a query that needs too much",
        sql=PLAYED_BACK,
        account=answering(
            "resourcesExceeded",
            "Resources exceeded during query execution: The query could not be executed in the allotted memory.",
            late=True,
        ),
        says="needs more than BigQuery has for one",
        advises="no ORDER BY over all rows",
        published=f"{GOOGLE}/error-messages",
    ),
    BigQueryQueryFailure(
        what="the time limit of a query",
        sql=ENDLESS,
        settings={"timeout": 1},
        says="ran into the time limit: Job execution was cancelled: Job timed out after 1 sec",
        advises="Raise `timeout`",
        published=f"{GITHUB}/dbt-labs/dbt-adapters/pull/1974",
    ),
    BigQueryQueryFailure(
        what="trouble of BigQuery's own",
        sql=PLAYED_BACK,
        account=answering(
            "internalError",
            "An internal error occurred and the request could not be completed. Error: 80038528",
            late=True,
        ),
        error=UnreachableError,
        says="BigQuery has trouble of its own",
        advises="Try again",
        published=f"{GOOGLE}/error-messages",
    ),
    BigQueryQueryFailure(
        what="jobs that may no longer be run",
        sql=PLAYED_BACK,
        account=answering(
            "accessDenied",
            "Access Denied: Project backhaul-tests: User does not have bigquery.jobs.create permission in project backhaul-tests.",
        ),
        error=LoginError,
        says="{email} may not run jobs",
        advises=JOB_ROLE,
        published=f"{GITHUB}/xlang-ai/Spider2/issues/34",
    ),
)


@each(QUERY_FAILURES)
def test_each_failure_of_a_query_has_its_own_sentence_and_remedy(shop: Dataset, failure: BigQueryQueryFailure) -> None:
    names = names_of(shop)
    shop.set_account(**json.loads(filled(json.dumps(failure.account), names)))
    try:
        play_query(failure, bigquery_plugin(shop, **failure.settings), names)
    finally:
        shop.set_account()


@pytest.mark.parametrize(
    "lost",
    [
        requests.exceptions.ChunkedEncodingError(
            ProtocolError("Connection broken: IncompleteRead(49871 bytes read, 80499 more expected)")
        ),
        requests.exceptions.ConnectionError(
            ProtocolError("Connection aborted.", ConnectionResetError("reset by peer"))
        ),
        requests.exceptions.ReadTimeout("Read timed out. (read timeout=60)"),
    ],
    ids=lambda lost: type(lost).__name__,
)
@pytest.mark.parametrize("is_last_of_many", [False, True])
def test_a_lost_connection_is_told_as_that_whatever_the_driver_met_last(lost: Exception, is_last_of_many: bool) -> None:
    """Which of them it is, and whether there was time for another try, is a matter of milliseconds."""
    error = RetryError("Timeout of 1.0s exceeded, last exception: x", cause=lost) if is_last_of_many else lost
    told = explain(error, BigQuerySettings(project="shop"))
    assert isinstance(told, UnreachableError)
    assert "The connection was lost" in told.message


def test_a_certificate_that_is_not_trusted_is_told(shop: Dataset, tmp_path: Path) -> None:
    with serving_tls(tmp_path / "tls") as server:
        source = bigquery_plugin(shop, endpoint=f"https://localhost:{server.port}")
        *_, last = source.steps()
    assert (last.name, last.passed) == ("TLS", False)
    assert "The certificate that answers for localhost is not trusted" in last.detail
    assert "REQUESTS_CA_BUNDLE" in last.remedy


def test_a_key_that_only_looks_right_is_not_believed(shop: Dataset) -> None:
    """The stand-in verifies: another key under the same id is refused."""
    assert private_key("another").private_numbers() != private_key("reader").private_numbers()
    with pytest.raises(LoginError):
        bigquery_plugin(shop, secrets={"service_account": shop.key_file(key="another")}).open()
