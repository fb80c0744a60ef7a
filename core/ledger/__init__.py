"""What one destination has acknowledged of one sync: key, fingerprint and call of each row.

`local` keeps it as immutable Parquet segments listed in the store's manifest. DuckDB is the engine, never the store.
"""

from core.ledger.local import LocalLedger
from core.ledger.segments import SegmentFiles

__all__ = ["LocalLedger", "SegmentFiles"]
