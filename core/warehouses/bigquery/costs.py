"""What a query costs: bytes, their price on demand, and the sentence for a query that would cost more than is allowed.

BigQuery bills 10 MB at the least where a table is read, and nothing where none is (https://cloud.google.com/bigquery/pricing).
Of clustered tables its dry run gives the most that may be read, of tables outside BigQuery the least
(https://cloud.google.com/bigquery/docs/reference/rest/v2/Job#JobStatistics2, totalBytesProcessedAccuracy). A limit of bytes is
compared with the dry run's number, as BigQuery itself compares it before a job runs
(https://cloud.google.com/bigquery/docs/best-practices-costs#restrict-bytes-billed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import QueryFailedError
from core.formatting import money, size
from core.model import Bill, Certainty, Estimate
from core.warehouses.bigquery.connection import BigQuerySettings

if TYPE_CHECKING:
    from google.cloud.bigquery import QueryJob

__all__ = ["bill", "certainty_of", "estimate", "refuse_too_dear", "too_dear"]

TIB = 1 << 40
LEAST_BYTES = 10 * 1024 * 1024


def certainty_of(job: QueryJob) -> Certainty:
    """Say how a dry run means its number of bytes."""
    statistics = job._properties.get("statistics", {}).get("query", {})  # noqa: SLF001 -- the driver has no property for it
    told = str(statistics.get("totalBytesProcessedAccuracy", ""))
    return "at most" if told == "UPPER_BOUND" else "at least" if told == "LOWER_BOUND" else "about"


def estimate(count: int, certainty: Certainty, settings: BigQuerySettings) -> Estimate:
    """Give what so many bytes of a dry run will cost."""
    billed = max(count, LEAST_BYTES) if count else 0
    return Estimate(bytes=count, dollars=dollars(billed, settings), certainty=certainty)


def bill(job: QueryJob, settings: BigQuerySettings) -> Bill | None:
    """Give what a job has cost, as it was when the driver looked last; None where it does not say."""
    billed = job.total_bytes_billed
    if billed is None:
        return None
    return Bill(read=int(job.total_bytes_processed or 0), billed=int(billed), dollars=dollars(int(billed), settings))


def dollars(billed: int, settings: BigQuerySettings) -> float | None:
    """Give the price of billed bytes in USD; None where slots are what is paid."""
    return billed / TIB * settings.price_per_tib if settings.price_per_tib > 0 else None


def refuse_too_dear(count: int, settings: BigQuerySettings, where: str) -> None:
    """Refuse a query whose dry run gives more bytes than the source's file allows. Raises QueryFailedError."""
    if 0 < settings.maximum_bytes_billed < count:
        message, remedy = too_dear(count, settings)
        raise QueryFailedError(message, where=where, remedy=remedy)


def too_dear(needed: int, settings: BigQuerySettings) -> tuple[str, str]:
    """Say that a query would be billed for more than is allowed, and what to do; `needed` is 0 where that is not known."""
    price = dollars(needed, settings)
    told = f"for {size(needed)}{'' if price is None else f', about {money(price)}'}" if needed else "for more"
    limit = settings.maximum_bytes_billed
    mine = (
        f"`maximum_bytes_billed` in the source's file allows {size(limit)}" if limit else "the project's limit is lower"
    )
    return (
        f"The query would be billed {told}; {mine}. It was not run and costs nothing.",
        f"Let the query read fewer columns or partitions, or set maximum_bytes_billed = {needed} or more."
        if needed
        else "Let the query read less, or raise maximum_bytes_billed.",
    )
