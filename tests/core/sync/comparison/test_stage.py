"""Rows on their way into the stage: what no warehouse should give is an error in words."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from core.errors import WarehouseError
from core.preview.first_rows import preview_sync
from core.warehouses.base import Result
from core.warehouses.duckdb.session import DuckDBSession
from tests.core.sync.workshop import Workshop


def test_text_that_is_not_utf_8_is_an_error_in_words(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says nothing of its encoding, or says it wrongly: DuckDB takes text from Arrow as it is."""
    workshop.people(5)
    workshop.sync()
    real = DuckDBSession._run

    def broken(self: DuckDBSession, sql: str, *, limit: int | None) -> Result:
        found = real(self, sql, limit=limit)
        table = found.batches.read_all()
        place = next(place for place, kind in enumerate(table.schema.types) if pa.types.is_string(kind))
        bad = pa.array([b"caf\xe9"] * table.num_rows, pa.binary()).view(pa.string())
        return replace(found, batches=table.set_column(place, table.schema[place], bad).to_reader())

    monkeypatch.setattr(DuckDBSession, "_run", broken)
    project = workshop.load()
    with pytest.raises(WarehouseError, match="not UTF-8"):
        preview_sync(project, project.syncs["people"], workshop.secret)
    outcome = workshop.run()
    assert outcome.state == "failed"
    assert "not UTF-8" in outcome.ended.error
