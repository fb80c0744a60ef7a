"""One walk: so many steps, chosen by chance."""

from __future__ import annotations

from pathlib import Path

from tests.core.sync.walking.chains import CHAINS
from tests.core.sync.walking.checks import check
from tests.core.sync.walking.model import FLAVOURS
from tests.core.sync.walking.steps import STEPS
from tests.core.sync.walking.world import World
from tests.core.sync.workshop import Workshop
from tests.servers.receiving import receiving

__all__ = ["walk"]


def walk(folder: Path, flavour: str, seed: int, steps: int, *, told: bool = False) -> World:
    """Walk so many steps. Raises AssertionError with the walk's last steps where a promise is broken."""
    with receiving(folder / "receiver") as receiver:
        world = World(Workshop(folder / "project", receiver), FLAVOURS[flavour], seed, told=told)
        for _ in range(steps):
            try:
                _step(world)
            except Exception as error:
                last = "\n".join(world.steps[-25:])
                raise AssertionError(f"{flavour} {seed}, step {len(world.steps)}: {error!r}\n{last}") from error
    return world


def _step(world: World) -> None:
    """Do one thing, and check all that is promised."""
    weights = {**STEPS, **CHAINS}
    (what,) = world.random.choices(list(weights), list(weights.values()))
    world.done[what.__name__] += 1
    world.say(what.__name__)
    what(world)
    check(world)
