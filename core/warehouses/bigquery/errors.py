"""BigQuery's errors in our words.

The driver gives BigQuery's own reason and text in `errors` (https://cloud.google.com/bigquery/docs/error-messages); of a job
that failed, it gives them twice in one message, so the first is taken. The tests hold where each was published. A missing
table is told by its name only, which is looked for in the text.
"""

from __future__ import annotations

import concurrent.futures
import re
from dataclasses import dataclass
from typing import Any

from core.errors import CancelledError, LoginError, QueryFailedError, UnreachableError, WarehouseError
from core.warehouses.bigquery.connecting import LOST, connecting_trouble, reading_role
from core.warehouses.bigquery.connection import BigQuerySettings
from core.warehouses.bigquery.costs import too_dear
from core.warehouses.bigquery.text import find_name, offset_at

__all__ = ["explain", "explain_login", "reason_of", "vendor_text"]

PLACE = re.compile(r" at \[(\d+):(\d+)\]")
KINDS = ("DATETIME", "TIMESTAMP", "DATE")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryTrouble:
    """One kind of failure of a query: how it is known, what is said before BigQuery's own words, what to do."""

    reasons: frozenset[str] = frozenset()
    wording: str = ""
    happened: str = ""
    remedy: str


QUERY_TROUBLES: tuple[QueryTrouble, ...] = (
    QueryTrouble(
        reasons=frozenset({"quotaExceeded", "rateLimitExceeded", "jobRateLimitExceeded"}),
        happened="A quota of BigQuery is used up: ",
        remedy="Try again later, let the sync run less often, or let an administrator raise the quota: Google Cloud console, "
        "IAM & Admin, Quotas & System Limits, BigQuery API.",
    ),
    QueryTrouble(
        reasons=frozenset({"responseTooLarge"}),
        wording="Response too large",
        happened="The result is larger than BigQuery gives: ",
        remedy="Let the query give fewer rows or columns, and take out an ORDER BY at its end.",
    ),
    QueryTrouble(
        reasons=frozenset({"resourcesExceeded"}),
        happened="The query needs more than BigQuery has for one: ",
        remedy="Let it do less: no ORDER BY over all rows, smaller joins.",
    ),
    QueryTrouble(
        wording="Drive credentials",
        happened="A table of this query is a Google Sheet, which Backhaul does not ask to read: ",
        remedy="Copy it into a table (CREATE TABLE ... AS SELECT, as a scheduled query), and read that.",
    ),
    QueryTrouble(
        reasons=frozenset({"accessDenied"}),
        remedy="Let an owner of the data grant the role roles/bigquery.dataViewer on its dataset.",
    ),
    QueryTrouble(
        wording="Duplicate column name",
        remedy="BigQuery takes names that differ in case only for the same, and gives no result with a name twice: "
        "give each column a name of its own, with AS.",
    ),
)


def meant(error: BaseException) -> BaseException:
    """Give what went wrong where the driver says only that it has tried long enough."""
    cause = getattr(error, "cause", None) if type(error).__name__ == "RetryError" else None
    return cause if isinstance(cause, BaseException) else error


def details(error: BaseException) -> dict[str, Any]:
    found = getattr(error, "errors", None) or [{}]
    return found[0] if isinstance(found[0], dict) else {}


def reason_of(error: BaseException) -> str:
    """Give BigQuery's reason, or nothing."""
    return str(details(error).get("reason", ""))


def vendor_text(error: BaseException) -> str:
    """Give Google's own words, without what the driver wraps around them."""
    text = str(details(error).get("message") or getattr(error, "message", "") or error)
    if type(error).__name__ == "RefreshError" and error.args:
        text = str(error.args[0])
    elif type(error).__name__ in ("TransportError", "RetryError", "ConnectionError"):
        text = f"{type(error).__name__}: {text}"
    text = re.sub(r"^(?:GET|POST|PUT|DELETE) \S+: ", "", text)
    return text.split("\n\nLocation: ", maxsplit=1)[0].strip()


def explain_login(error: BaseException, settings: BigQuerySettings, *, member: str) -> tuple[str, WarehouseError]:
    """Explain an error of logging in or of the first job: the step that it belongs to, and ours."""
    if isinstance(error, WarehouseError):
        return "login", error
    error = meant(error)
    known = connecting_trouble(reason_of(error), vendor_text(error), settings, member)
    if known is not None and known[1].message.startswith("The connection was lost"):
        return known[0], UnreachableError(
            f"The login cannot be reached: {vendor_text(error)}",
            where=settings.project,
            remedy="Let this machine through the firewall to oauth2.googleapis.com (sts.googleapis.com for workload identity), "
            "port 443, or set HTTPS_PROXY where a proxy leads out.",
        )
    if known is not None:
        return known
    return "login", LoginError(
        f"The login failed: {vendor_text(error)}",
        where=settings.project,
        remedy="Check the settings in the source's file; the audit log of the project shows refused logins.",
    )


def explain(
    error: BaseException, settings: BigQuerySettings, *, member: str = "", lines: int = 0, sql: str = ""
) -> WarehouseError:
    """Explain an error; the analyst's text `sql` stood behind `lines` lines of ours in the statement."""
    if isinstance(error, WarehouseError):
        return error
    error = meant(error)
    where = ".".join(filter(None, (settings.project, settings.dataset)))
    reason, text = reason_of(error), vendor_text(error)
    timed_out = isinstance(error, concurrent.futures.TimeoutError)
    if timed_out or re.search(r"(?i)job timed out after|operation timed out", text):
        told = f": {text}" if text else ""
        return QueryFailedError(
            f"The query ran into the time limit{told}",
            where=where,
            remedy="Raise `timeout` in the source's file (0: BigQuery's own six hours), or let the query do less.",
        )
    if reason == "stopped":
        return CancelledError("The query was cancelled.", where=where)
    if (known := connecting_trouble(reason, text, settings, member)) is not None:
        return known[1]
    if reason in ("backendError", "internalError") or (
        not reason and getattr(error, "code", 0) in (500, 502, 503, 504)
    ):
        return UnreachableError(f"BigQuery has trouble of its own: {text}", where=where, remedy=LOST)
    message, remedy = _told(reason, text, settings, member)
    return QueryFailedError(message, offset=_offset(text, sql, lines), where=where, remedy=remedy)


def _told(reason: str, text: str, settings: BigQuerySettings, member: str) -> tuple[str, str]:
    """Give what happened and what to do."""
    plain = PLACE.sub("", text).replace("\n", " ").strip()
    if reason == "bytesBilledLimitExceeded" or "exceeded limit for bytes billed" in text:
        return too_dear(max(map(int, re.findall(r"\b\d{4,}\b", text)), default=0), settings)
    if found := re.search(r"Not found: Dataset (\S+) was not found in location (\S+)", text):
        return _elsewhere(found[1], found[2])
    if found := re.search(r"Not found: (Table|Dataset) (\S+)", text):
        return _not_found(found[1].lower(), found[2], text)
    if found := re.search(r"Access Denied: (?:Table|Dataset|View) ([^\s:]+):([^\s.:]+)", text):
        return plain, f"Check the name. If it is right, let its owner run: {reading_role(found[1], found[2], member)}"
    for known in QUERY_TROUBLES:
        if reason in known.reasons or (known.wording and known.wording in text):
            return f"{known.happened}{plain}", known.remedy
    return plain, _remedy(text)


def _not_found(kind: str, name: str, text: str) -> tuple[str, str]:
    place = re.search(r"not found in location (\S+)", text)
    remedy = "Check its name; the catalogue shows what can be read."
    if place is None:
        return f"There is no {kind} {name}.", remedy
    elsewhere = f" A table elsewhere needs that `location` in the source's file; this job ran in {place[1]}."
    return f"There is no {kind} {name} in location {place[1]}.", remedy + elsewhere


def _elsewhere(dataset: str, location: str) -> tuple[str, str]:
    name = dataset.replace(":", ".")
    return (
        f"There is no dataset {name} in location {location}.",
        (
            f"Check its name. If it is right, its data is elsewhere: `bq show --format=prettyjson {dataset}` says where; write that as "
            "`location` in the source's file. One query reads one location."
        ),
    )


def _offset(text: str, sql: str, lines: int) -> int | None:
    """Give the place of an error in the analyst's text."""
    if not sql:
        return None
    if told := PLACE.search(text):
        return offset_at(sql, int(told[1]) - lines, int(told[2]))
    if named := re.search(r"(?:Not found|Access Denied): (?:Table|Dataset|View) (\S+)", text):
        return find_name(sql, named[1].rstrip(".,;:"))
    if named := re.search(r"Table \"([^\"]+)\" must be qualified with a dataset", text):
        return find_name(sql, named[1])
    return None


def _remedy(text: str) -> str:
    """Give what to do about an error of a query."""
    if "No matching signature for operator" in text and "INT64" in text:
        kind = next((kind for kind in KINDS if re.search(rf"\b{kind}\b", text)), "")
        if kind:
            seconds = "timestamp_seconds({{last_sync_time}})"
            wanted = {"DATE": f"date({seconds})", "DATETIME": f"datetime({seconds})"}.get(kind, seconds)
            return f"last_sync_time is a Unix time in seconds. Compare with {wanted}."
    if found := re.search(r"Did you mean (\S+?)\?", text):
        return f"Did you mean {found[1]}? The catalogue shows the table's columns."
    if "must be qualified with a dataset" in text:
        return "Write the dataset before the table, or set `dataset` in the source's file."
    if "Unrecognized name" in text:
        return "Check the name; the catalogue shows the table's columns."
    if "Function not found" in text:
        return "Check the name of the function; functions of a dataset need its name before theirs."
    return "Correct the query at this place." if PLACE.search(text) else "Correct the query."
