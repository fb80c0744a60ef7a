"""The fast hashes of a row, by which a ledger's index tells that it did not change (core.ledger.index).

They are DuckDB's own. A version of it that hashes otherwise finds no row the same, and all rows are judged by their fingerprint,
which alone is the truth. `quick` covers all columns and what decides how they become a call, so that another mapping finds no row
the same either. DuckDB hashes a decimal's digits without its scale (1.50 and 0.150 are one), so the types are among it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.calls.mapper import Mapper
from core.duckdb_helpers import quoted
from core.sync.comparison.large_cells import OVERSIZED

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["hashes_sql"]


def hashes_sql(mapper: Mapper, schema: pa.Schema) -> str:
    """Return SQL for the two columns `quick` and `quick_id` of a row of c0, c1, …"""
    names = [name for name in schema.names if name != OVERSIZED]
    types = " ".join(str(schema.field(name).type) for name in names)
    tag = quoted(f"{mapper.digest} {types}")
    ids = mapper.ids or tuple(reversed(names))
    return f"hash({', '.join([tag, *names])}) AS quick, (hash({', '.join(ids)}) & 4294967295)::UINTEGER AS quick_id"
