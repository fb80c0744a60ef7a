"""Destinations of one run end together: where one breaks, the others come to their end before the run does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.errors import StateError
from core.sync.delivery.finish import Finishing
from tests.core.sync.workshop import Workshop, lines


def test_a_destination_that_breaks_leaves_none_behind_that_goes_on_after_the_run(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(5)
    workshop.destination("files", type="file")
    workshop.sync(destinations=["seg", "files"])
    finish = Finishing.finish

    async def breaking(self: Finishing, target: Any, delivery: Any) -> Any:
        if target.name == "seg":
            raise StateError("The disk broke.")
        await asyncio.sleep(0.2)
        return await finish(self, target, delivery)

    monkeypatch.setattr(Finishing, "finish", breaking)
    outcome = workshop.run()
    assert (outcome.state, outcome.ended.error) == ("failed", "The disk broke.")
    assert outcome.acknowledged == 5
    assert len(lines(workshop.folder / "delivered" / "people.jsonl")) == 5
