"""Errors of logging in to Google and of what a project allows, in our words: which step of `check` each belongs to.

Each entry of `TROUBLES` knows one by BigQuery's reason (https://cloud.google.com/bigquery/docs/error-messages) or by its
wording, since Google's token endpoint has one code for nearly all, invalid_grant. The order counts: the first that fits.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import LoginError, UnreachableError, WarehouseError
from core.warehouses.bigquery.connection import UNTRUSTED, BigQuerySettings

__all__ = ["TROUBLES", "Trouble", "connecting_trouble", "job_role", "reading_role"]

AGAIN = "`backhaul secret set sources/<name>.service_account`"
LOST = "Nothing was kept of this result. Try again once BigQuery can be reached."


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One kind of failure: how it is known, the step that it belongs to, what happened, what to do."""

    step: str
    reason: str = ""
    wording: str = ""
    make: Callable[..., WarehouseError] = LoginError
    message: str
    remedy: str


TROUBLES: tuple[Trouble, ...] = (
    Trouble(
        step="login",
        wording=r"short-lived token .*reasonable timeframe|Check your iat and exp",
        message="Google does not take the login because this machine's clock is wrong: a login is good for an hour around the true time.",
        remedy="Set the clock by NTP (`timedatectl set-ntp true`) and try again; the key is right.",
    ),
    Trouble(
        step="login",
        wording=r"Invalid JWT Signature",
        message="Google does not take this key for {who}: it was deleted, disabled, or is not of this account.",
        remedy="Look whether its key_id is listed: gcloud iam service-accounts keys list --iam-account={email}; if not, make a new "
        "one: gcloud iam service-accounts keys create key.json --iam-account={email}, and set it: " + AGAIN + ".",
    ),
    Trouble(
        step="login",
        wording=r"(?i)robot is disabled|account (?:has been |is )?(?:disabled|suspended)|disabled_client",
        message="The account {who} is disabled.",
        remedy="Let an administrator run: gcloud iam service-accounts enable {email} --project={project}",
    ),
    Trouble(
        step="login",
        wording=r"account not found|account has been deleted|deleted_client",
        message="Google knows no account {who}: it was deleted, or is disabled.",
        remedy="gcloud iam service-accounts describe {email} says which. Enable it (gcloud iam service-accounts enable {email}), or "
        "make another (`backhaul setup-sql bigquery` prints how) and set its key: " + AGAIN + ".",
    ),
    Trouble(
        step="login",
        wording=r"(?i)reauth|invalid_rapt|expired or revoked",
        message="The login of this machine (application default credentials) has expired or was revoked.",
        remedy="Run `gcloud auth application-default login` as the user that Backhaul runs as. A person's login expires by the "
        "organisation's rules: for a daemon, a service account is safer.",
    ),
    Trouble(
        step="login",
        reason="authError",
        wording=r"invalid authentication credentials|Invalid Credentials",
        message="BigQuery does not take the token of {who}.",
        remedy="Try again; if it stays, check this machine's clock and `endpoint`, and set the key again: "
        + AGAIN
        + ".",
    ),
    Trouble(
        step="job",
        reason="accessNotConfigured",
        wording=r"API has not been used in project|SERVICE_DISABLED|has not enabled BigQuery",
        message="The BigQuery API is not enabled in the project {project}.",
        remedy="Let an administrator run: gcloud services enable bigquery.googleapis.com bigquerystorage.googleapis.com "
        "--project={project}; it takes some minutes to work everywhere.",
    ),
    Trouble(
        step="job",
        wording=r"bigquery\.jobs\.create",
        message="{who} may not run jobs in the project {project}: the permission bigquery.jobs.create is missing.",
        remedy="Let an administrator run: {job_role}",
    ),
    Trouble(
        step="job",
        reason="billingNotEnabled",
        wording=r"(?i)billing (?:has not been|must be|is not) enabled",
        message="Billing is not enabled for the project {project}.",
        remedy="Let an administrator link a billing account: gcloud billing projects link {project} --billing-account=<id> "
        "(gcloud billing accounts list shows the ids).",
    ),
    Trouble(
        step="job",
        wording=r"vpcServiceControls|organization's policy",
        message="A rule of the organisation (VPC Service Controls) keeps this machine out: {vendor}",
        remedy="Let an administrator of the organisation add this machine's address or {who} to an access level of the perimeter.",
    ),
    Trouble(
        step="job",
        wording=r"(?i)invalid project|unknown project|project \S+ (?:was )?not found|Not found: Project",
        message="There is no project {project}, or {who} may not know of it.",
        remedy="Check `project` in the source's file: it is the project's id, not its name or number (gcloud projects list).",
    ),
    Trouble(
        step="login",
        wording=r"(?i)certificate verify failed",
        make=UnreachableError,
        message="The certificate that answers for Google is not trusted.",
        remedy=UNTRUSTED,
    ),
    Trouble(
        step="login",
        wording=r"TransportError|Failed to establish a new connection|Max retries exceeded|Connection aborted|Connection refused"
        r"|Connection reset|Connection broken|RemoteDisconnected|Timeout of [\d.]+s exceeded|Read timed out|Name or service not known|RetryError",
        make=UnreachableError,
        message="The connection was lost: {vendor}",
        remedy=LOST,
    ),
)


def connecting_trouble(
    reason: str, text: str, settings: BigQuerySettings, member: str
) -> tuple[str, WarehouseError] | None:
    """Give the step that a failure belongs to and our error for it, or None where it is none of these."""
    email = member.partition(":")[2]
    words = {
        "who": email or "the account of this machine",
        "email": shlex.quote(email) if email else "<account>",
        "project": settings.project,
        "job_role": job_role(settings.project, member),
        "vendor": " ".join(text.split())[:300],
    }
    for trouble in TROUBLES:
        if (trouble.reason and trouble.reason == reason) or (trouble.wording and re.search(trouble.wording, text)):
            where = ".".join(filter(None, (settings.project, settings.dataset)))
            made = trouble.make(trouble.message.format(**words), where=where, remedy=trouble.remedy.format(**words))
            return trouble.step, made
    return None


def job_role(project: str, member: str) -> str:
    """Give the command that lets an account run jobs; a project's roles are IAM's, no GRANT statement gives them."""
    return (
        f"gcloud projects add-iam-policy-binding {shlex.quote(project)} --member={shlex.quote(member or 'user:<account>')} "
        "--role=roles/bigquery.jobUser"
    )


def reading_role(project: str, dataset: str, member: str) -> str:
    """Give the statement that lets an account read a dataset."""
    name = f"`{project}.{dataset}`" if dataset else f"`{project}`.<dataset>"
    whom = (member or "user:<account>").replace("\\", "\\\\").replace('"', '\\"')
    return f'GRANT `roles/bigquery.dataViewer` ON SCHEMA {name} TO "{whom}";'
