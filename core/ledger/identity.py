"""The identity column of ledgers and plans: an id as text, or several as a JSON object."""

from __future__ import annotations

from core.duckdb_helpers import quoted

__all__ = ["matches"]


def matches(key: str, column: str = "identity") -> str:
    """Return SQL that is true where an identity has `key` as one of its values, or is it as JSON."""
    return f"({column} = {quoted(key)} OR list_contains(json_extract_string({column}, '$.*'), {quoted(key)}))"
