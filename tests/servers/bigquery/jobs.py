"""Jobs: dry runs that run nothing, limits, locations, roles; the emulator runs the rest, one job after another.

The emulator answers `jobs.insert` only when the job is done, and cancels nothing. Here a job runs by itself, and is asked for; one that
counts to a billion (`GENERATE_ARRAY(1, 1000000000)`) is not run at all, but hangs until it is cancelled or its time is over.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlglot import exp

from tests.servers.bigquery import vendor
from tests.servers.bigquery.accounts import Account
from tests.servers.bigquery.vendor import VendorError

ENDLESS = re.compile(r"GENERATE_ARRAY\(1, 1000000000\)", re.IGNORECASE)
LEAST_BILLED = 10 * 1024 * 1024
"""On-demand, BigQuery bills 10 MB a table at the least: https://cloud.google.com/bigquery/pricing#on_demand_pricing"""


@dataclass
class Job:
    """A job that was taken."""

    project: str
    number: str
    location: str
    configuration: dict[str, Any]
    created: float = field(default_factory=time.time)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    error: VendorError | None = None
    resource: dict[str, Any] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None
    processed: int = 0
    billed: int = 0

    @property
    def sql(self) -> str:
        return str(self.configuration["query"]["query"])

    def end(self, error: VendorError | None = None) -> None:
        if not self.done.is_set():
            self.error = error
            self.done.set()

    def described(self) -> dict[str, Any]:
        """Return the job as jobs.get does."""
        if self.done.is_set() and self.error is None and self.resource:
            found = dict(self.resource)
            counts = {"totalBytesProcessed": str(self.processed), "totalBytesBilled": str(self.billed)}
            found["statistics"] = {**found["statistics"], "query": {**found["statistics"].get("query", {}), **counts}}
        else:
            status: dict[str, Any] = {"state": "DONE" if self.done.is_set() else "RUNNING"}
            if self.error is not None:
                status |= {"errorResult": self.error.result, "errors": [self.error.result]}
            moments = {"creationTime": str(int(self.created * 1000)), "startTime": str(int(self.created * 1000))}
            found = {"status": status, "statistics": moments, "configuration": self.configuration}
        reference = {"projectId": self.project, "jobId": self.number, "location": self.location}
        return {
            **found,
            "kind": "bigquery#job",
            "id": f"{self.project}:{self.location}.{self.number}",
            "jobReference": reference,
        }


class Jobs:
    """All jobs, and the datasets that they find: dataset -> location."""

    def __init__(self, emulator: httpx.AsyncClient) -> None:
        self._emulator = emulator
        self._known: dict[str, Job] = {}
        self.places: dict[str, str] = {}
        self.seen: list[dict[str, Any]] = []

    async def insert(self, project: str, account: Account, body: dict[str, Any]) -> dict[str, Any]:
        """Take a job, or answer a dry run. Raises VendorError."""
        configuration, reference = body["configuration"], body["jobReference"]
        query = configuration["query"]
        sql, dry_run = str(query["query"]), bool(configuration.get("dryRun"))
        self.seen.append({"sql": sql, "dry_run": dry_run, "configuration": configuration, "job": reference["jobId"]})
        if reference["jobId"] in self._known:
            raise VendorError("duplicate", f"Already Exists: Job {project}:{reference['jobId']}", 409)
        answer = next((error for text, error in account.answers.items() if text in sql), None)
        if answer is not None and not answer.get("late"):
            raise VendorError(answer["reason"], answer["message"], answer.get("status", 0))
        called = [name for name in account.routines if f"{name}(" in sql]
        for name in called:
            query["query"] = sql = sql.replace(f"{name}(", "UPPER(".rjust(len(name) + 1))
        trees = vendor.parsed(sql)
        kind = vendor.statement_type(trees)
        location = self._located(trees[0], project, query, account, str(reference.get("location") or ""))
        job = Job(project, reference["jobId"], location, configuration)
        if dry_run:
            described = await self._dry_run(job, kind, trees, account)
            described["statistics"]["query"]["referencedRoutines"] = [
                dict(zip(("projectId", "datasetId", "routineId"), (project, *name.split(".")), strict=True))
                for name in called
            ]
            return described
        if kind == "SELECT":
            vendor.checked(trees[0], sql)
        limit, billed = int(query.get("maximumBytesBilled") or 0), self._billed(trees[0], account)
        job.processed, job.billed = self._processed(trees[0], account), billed
        self._known[job.number] = job
        if limit and billed > limit:
            message = f"Query exceeded limit for bytes billed: {limit}. {billed} or higher required."
            job.end(VendorError("bytesBilledLimitExceeded", message))
        elif answer is not None:
            job.end(VendorError(answer["reason"], answer["message"], answer.get("status", 0)))
        else:
            job.task = asyncio.create_task(self._run(job))
        return job.described()

    def get(self, number: str) -> Job:
        if number not in self._known:
            raise VendorError("notFound", f"Not found: Job {number}")
        return self._known[number]

    def cancel(self, number: str) -> dict[str, Any]:
        """End a job as jobs.cancel does."""
        job = self.get(number)
        job.end(VendorError("stopped", "Job execution was cancelled: User requested cancellation"))
        return {"kind": "bigquery#jobCancelResponse", "job": job.described()}

    async def results(self, number: str, parameters: dict[str, str]) -> dict[str, Any]:
        """Answer getQueryResults: wait a while for the end, then give a page."""
        job = self.get(number)
        try:
            await asyncio.wait_for(job.done.wait(), min(int(parameters.get("timeoutMs") or 10_000), 10_000) / 1000)
        except TimeoutError:
            return {
                "kind": "bigquery#getQueryResultsResponse",
                "jobComplete": False,
                "jobReference": job.described()["jobReference"],
            }
        if job.error is not None:
            raise job.error
        if "slow pages" in job.sql:
            parameters = {**parameters, "maxResults": "1000"}
            await asyncio.sleep(0.5 if parameters.get("pageToken") else 0)
        if "broken pages" in job.sql and parameters.get("pageToken"):
            raise ConnectionResetError
        found = await self._emulator.get(f"/bigquery/v2/projects/{job.project}/queries/{number}", params=parameters)
        page: dict[str, Any] = found.json()
        return {**page, "jobReference": job.described()["jobReference"]}

    async def administer(self, project: str, dataset: str, location: str, statements: list[str]) -> list[Any]:
        """Run statements as the owner, in a dataset that is made where it is missing; return the last one's rows."""
        reference = {"projectId": project, "datasetId": dataset}
        if dataset not in self.places:
            self.places[dataset] = location
            made = await self._emulator.post(
                f"/bigquery/v2/projects/{project}/datasets", json={"datasetReference": reference, "location": location}
            )
            made.raise_for_status()
        rows: list[Any] = []
        for count, statement in enumerate(statements):
            job = Job(
                project,
                f"owner_{time.time_ns()}_{count}",
                location,
                {"query": {"query": statement, "useLegacySql": False, "defaultDataset": reference}},
            )
            await self._run(job)
            if job.error is not None:
                raise job.error
            rows = (
                (await self._emulator.get(f"/bigquery/v2/projects/{project}/queries/{job.number}"))
                .json()
                .get("rows", [])
            )
        return rows

    def _located(self, tree: exp.Expression, project: str, query: dict[str, Any], account: Account, asked: str) -> str:
        """Return where a job runs: where its tables are. Raises VendorError where they are elsewhere, or not this account's."""
        default = str((query.get("defaultDataset") or {}).get("datasetId") or "")
        bound = {str(each.alias) for each in tree.find_all(exp.CTE)}
        found = ""
        for table in tree.find_all(exp.Table):
            name, dataset = table.name, table.db or default
            if not isinstance(table.this, exp.Identifier) or (not table.db and name in bound):
                continue
            if not dataset:
                raise VendorError("invalid", f'Table "{name}" must be qualified with a dataset (e.g. dataset.table).')
            place = self.places.get(dataset)
            where = asked or place or "US"
            if place is None or (asked and asked.upper() != place.upper()):
                raise VendorError(
                    "notFound", f"Not found: Dataset {project}:{dataset} was not found in location {where}"
                )
            full = f"{project}:{dataset}.{name}"
            if dataset not in account.datasets or f"{dataset}.{name}" in account.hidden:
                raise VendorError(
                    "accessDenied",
                    f"Access Denied: Table {full}: User does not have permission to query table {full}, or perhaps it does not exist in location {where}.",
                )
            found = place
        return found or asked or "US"

    def _billed(self, tree: exp.Expression, account: Account) -> int:
        tables = sum(isinstance(table.this, exp.Identifier) for table in tree.find_all(exp.Table))
        return max(account.bytes_processed, LEAST_BILLED * tables) if tables else 0

    def _processed(self, tree: exp.Expression, account: Account) -> int:
        return (account.bytes_processed or 1024) if tree.find(exp.Table) else 0

    async def _dry_run(self, job: Job, kind: str, trees: list[exp.Expression], account: Account) -> dict[str, Any]:
        """Describe a query by its empty result: where nothing is wanted, DuckDB computes nothing."""
        statistics: dict[str, Any] = {"totalBytesProcessed": "0", "statementType": kind}
        if kind == "SELECT":
            vendor.checked(trees[0], job.sql)
            empty = f"SELECT * FROM (\n{ENDLESS.sub('GENERATE_ARRAY(1, 10)', job.sql)}\n) LIMIT 0"
            query = {**job.configuration["query"], "query": empty}
            inner = Job(job.project, f"{job.number}_described", job.location, {"query": query})
            await self._run(inner)
            if inner.error is not None:
                raise self._original(inner.error, job)
            path = f"/bigquery/v2/projects/{job.project}/queries/{inner.number}"
            schema = (await self._emulator.get(path)).json()["schema"]
            statistics |= {
                "schema": {"fields": named(schema["fields"], trees[0])},
                "totalBytesProcessed": str(self._processed(trees[0], account)),
                "totalBytesProcessedAccuracy": account.accuracy,
            }
        job.end()
        found = job.described()
        whole = {
            "creationTime": str(int(job.created * 1000)),
            "totalBytesProcessed": statistics["totalBytesProcessed"],
            "query": statistics,
        }
        return {**found, "status": {"state": "DONE"}, "statistics": whole}

    def _original(self, error: VendorError, job: Job) -> VendorError:
        """Return an error its place in the text that was sent, which stood a line further down."""
        shifted = re.sub(r"\[(\d+):", lambda found: f"[{int(found[1]) - 1}:", error.message)
        return VendorError(error.reason, shifted, error.status)

    async def _run(self, job: Job) -> None:
        limit = int(job.configuration.get("jobTimeoutMs") or 0) / 1000
        timer = asyncio.get_running_loop().call_later(
            limit or 1e6,
            lambda: job.end(
                VendorError("stopped", f"Job execution was cancelled: Job timed out after {limit:.0f} sec")
            ),
        )
        try:
            if ENDLESS.search(job.sql):
                await job.done.wait()
                return
            body = {"jobReference": {"projectId": job.project, "jobId": job.number}, "configuration": job.configuration}
            query = job.configuration["query"]
            dataset = str((query.get("defaultDataset") or {}).get("datasetId") or "")
            reply = await self._emulator.post(f"/bigquery/v2/projects/{job.project}/jobs", json=body)
            found = reply.json()
            error = found.get("error") or (found.get("status") or {}).get("errorResult")
            if error is not None:
                error = {**error, "reason": (error.get("errors") or [error])[0].get("reason", "")}
                job.end(vendor.translated(error, job.sql, project=job.project, dataset=dataset, location=job.location))
                return
            job.resource = found
            job.end()
        except Exception as error:  # noqa: BLE001 -- whoever asks for the job is told
            job.end(VendorError("backendError", f"The stand-in failed: {error!r}"))
        finally:
            timer.cancel()


def named(fields: list[dict[str, Any]], tree: exp.Expression) -> list[dict[str, Any]]:
    """Return columns without a name those of BigQuery: f0_, f1_, ..."""
    while isinstance(tree, exp.SetOperation):
        tree = tree.this
    projections = tree.expressions if isinstance(tree, exp.Select) else []
    if len(projections) != len(fields):
        return fields
    made, count = [], 0
    for one, projection in zip(fields, projections, strict=True):
        name = projection.output_name if isinstance(projection, (exp.Alias, exp.Column, exp.Dot)) else ""
        if not name:
            name, count = f"f{count}_", count + 1
        made.append({**one, "name": name})
    return made
