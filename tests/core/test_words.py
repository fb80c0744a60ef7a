"""What a query costs, in words: a price that would say nothing, or more than is known, is left out."""

from __future__ import annotations

import pytest

from core.formatting import has_read, money, size, will_read
from core.model import Bill, Estimate

GIB = 2**30


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        (Estimate(bytes=1_200_000_000, dollars=0.0068), "reads 1.2 GB, about $0.007"),
        (Estimate(bytes=5 << 40, dollars=31.25), "reads 5.5 TB, about $31.25"),
        (Estimate(bytes=900 * GIB, dollars=5.49, certainty="at most"), "reads at most 966 GB, at most $5.49"),
        (Estimate(bytes=900 * GIB, dollars=5.49, certainty="at least"), "reads at least 966 GB, at least $5.49"),
        (Estimate(bytes=1024, dollars=0.00006), "reads 1.0 kB, less than $0.001"),
        (Estimate(bytes=1024, dollars=0.00006, certainty="at most"), "reads at most 1.0 kB, less than $0.001"),
        (Estimate(bytes=1024, dollars=0.00006, certainty="at least"), "reads at least 1.0 kB"),
        (Estimate(bytes=0, dollars=0.0), "reads 0 B, free of charge"),
        (Estimate(bytes=0, dollars=0.0, certainty="at least"), "reads at least 0 B"),
        (Estimate(bytes=5 << 40, dollars=None), "reads 5.5 TB"),
    ],
)
def test_what_a_query_will_read_and_cost(estimate: Estimate, said: str) -> None:
    assert will_read(estimate) == said


@pytest.mark.parametrize(
    ("bill", "said"),
    [
        (
            Bill(read=1_200_000_000, billed=1_200_000_000, dollars=0.0068),
            "read 1.2 GB, billed for 1.2 GB, about $0.007",
        ),
        (Bill(read=1024, billed=10 << 20, dollars=0.00006), "read 1.0 kB, billed for 10.5 MB, less than $0.001"),
        (Bill(read=0, billed=0, dollars=0.0), "read 0 B, free of charge"),
        (Bill(read=5 << 40, billed=5 << 40, dollars=None), "read 5.5 TB"),
    ],
)
def test_what_a_query_has_read_and_cost(bill: Bill, said: str) -> None:
    assert has_read(bill) == said


def test_sums_and_sizes_keep_the_digits_that_matter() -> None:
    assert [money(each) for each in (0.0009, 0.001, 0.0099, 0.01, 0.425, 1234.5)] == [
        "less than $0.001",
        "$0.001",
        "$0.010",
        "$0.01",
        "$0.42",
        "$1,234.50",
    ]
    assert [size(each) for each in (0, 999, 1000, 123_456, 999_400_000_000, 2e15)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "123 kB",
        "999 GB",
        "2,000.0 TB",
    ]
