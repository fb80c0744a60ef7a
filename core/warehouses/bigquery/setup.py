"""The set-up script for BigQuery: a service account that may run jobs and read the chosen datasets, and nothing else.

It is a shell script, for gcloud and bq (Cloud Shell has both): a project's roles are not given by SQL. Two roles suffice:
roles/bigquery.jobUser on the project, roles/bigquery.dataViewer on each dataset
(https://cloud.google.com/bigquery/docs/access-control). A third, for the Storage API, only makes results come quicker.
"""

from __future__ import annotations

import re
from shlex import quote

from core.warehouses.base import SetupNames

__all__ = ["script"]

LEDGER = "__backhaul"


def script(names: SetupNames) -> str:
    """Give the script."""
    account = account_id(names.user)
    project = f"project={quote(names.project)}" if names.project else 'project="$(gcloud config get-value project)"'
    lines = [
        "#!/bin/sh",
        "# Backhaul on BigQuery: a service account that runs jobs and reads, and nothing else. Run it as an administrator of the",
        "# project, with gcloud and bq (Cloud Shell has both): sh this-file",
        "set -eu",
        project,
        f"account={quote(account)}",
        'email="$account@$project.iam.gserviceaccount.com"',
        'member="serviceAccount:$email"',
        "",
        'gcloud services enable bigquery.googleapis.com bigquerystorage.googleapis.com --project="$project"',
        'gcloud iam service-accounts create "$account" --project="$project" --display-name=Backhaul',
        "sleep 10  # until Google knows the new account everywhere",
        "# to run jobs, which this project pays for:",
        role("bigquery.jobUser"),
        "# results come several times quicker with this one; they come without it too:",
        f"# {role('bigquery.readSessionUser')}",
        "",
        "# to read only the chosen datasets:",
    ]
    lines += [grant(schema, "dataViewer") for schema in names.schemas] or ["# " + grant("DATASET", "dataViewer")]
    if names.ledger:
        lines += [
            "",
            "# the ledger in the warehouse: the one dataset that may be written; name --location where the others are outside US",
            f'bq --project_id="$project" mk --dataset "$project:{LEDGER}"',
            grant(LEDGER, "dataEditor"),
        ]
    lines += [
        "",
        "# a limit of what it may read a day stands in the console: IAM & Admin, Quotas & System Limits, BigQuery API,",
        "# 'Query usage per day per user'; `maximum_bytes_billed` in the source's file limits each query.",
        "",
        "# The key: whoever has this file can read the datasets. Give it to Backhaul, then delete it:",
        "#   backhaul secret set sources/NAME.service_account < backhaul-key.json && rm backhaul-key.json",
        "umask 077",
        'gcloud iam service-accounts keys create backhaul-key.json --iam-account="$email"',
    ]
    return "\n".join(lines) + "\n"


def role(name: str) -> str:
    """Give the command that gives a role on the project."""
    return f'gcloud projects add-iam-policy-binding "$project" --member="$member" --role=roles/{name} --condition=None --quiet'


def grant(dataset: str, name: str) -> str:
    """Give the command that gives a role on a dataset; the name is quoted for SQL first, then for the shell."""
    plain = dataset.rpartition(".")[2].replace("\\", "\\\\").replace("`", "\\`")
    before, behind = f"GRANT `roles/bigquery.{name}` ON SCHEMA `", f".{plain}` TO "
    statement = quote(before) + '"$project"' + quote(behind + '"') + '"$member"' + quote('";')
    return f'bq --project_id="$project" query --use_legacy_sql=false {statement}'


def account_id(name: str) -> str:
    """Give the id of a service account: 6 to 30 lower-case letters, digits and hyphens.

    https://cloud.google.com/iam/docs/service-accounts-create
    """
    plain = re.sub(r"[^a-z0-9]+", "-", name.partition("@")[0].lower()).strip("-")
    if not plain:
        return "backhaul"
    plain = plain if plain[0].isalpha() else f"a-{plain}"
    return plain[:30].rstrip("-").ljust(6, "0")
