"""Replies of every kind, and a judge of liveness: whatever a destination answered, once it answers well again every row that it would
take is delivered within two runs, and no command has ended in a traceback.

A project lives through a handful of bad replies. Each has a status, a body and a moment: at the first request of a delivery, in its
middle, or for every request from there on; or rows that are refused for good, a crowd of them, run after run.
"""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.sync.comparison.compare import AUTOMATIC_ATTEMPTS
from tests.faults import statecheck
from tests.faults.judge import Problem
from tests.faults.lab import Bench, Lab, state_of
from tests.faults.scenarios import SCENARIOS

__all__ = ["BODIES", "MOMENTS", "REPLY_SCENARIOS", "Replies", "Reply", "directed_project", "replies", "reply_project"]

REPLY_SCENARIOS = ("full", "incremental", "deletes", "events with ids")
ENOUGH = 2
"""So many runs after the end of a fault have to deliver everything."""

BODIES: dict[str, str] = {
    "empty": "",
    "JSON": '{"message": "no"}',
    "a lone surrogate": r'{"message": "cut here: \ud83d"}',
    "invalid UTF-8": b'{"message": "\xff\xfe\x80"}'.decode("utf-8", "surrogateescape"),
    "NULs": '{"message": "a\\u0000b"}\0\0',
    "control characters": '{"message": "\\u001b[2J\\u009b"}\x1b[31m',
    "two megabytes": '{"message": "' + "x" * 2_000_000 + '"}',
    "nested 10,000 deep": "[" * 10_000 + "]" * 10_000,
    "many digits": '{"message": ' + "9" * 5_000 + "}",
    "HTML": "<html><h1>Bad</h1></html>",
    "errors by index": '{"errors": [{"index": 0, "message": "bad"}, {"index": 999999, "message": "bad"}]}',
    "results": '{"results": [{"status": 200}, {"status": "x"}, 7]}',
    "success": '{"success": true}',
}
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"retry-after": "0"},
    {"retry-after": "999999999"},
    {"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"},
    {"retry-after": "soon"},
    {"content-encoding": "gzip"},
    {"content-type": "application/json; charset=utf-99"},
    {"location": "http://["},
)
MOMENTS = ("first", "middle", "from the first on", "from the middle on")
MANY, FEW, LARGE = 400, 10, 50_000
CROWD = "a crowd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One bad reply: `moment` is one of MOMENTS, or CROWD for rows that are refused run after run with this status."""

    status: int
    body: str
    headers: dict[str, str]
    moment: str

    def __str__(self) -> str:
        return f"{self.status}, {self.body}, {self.headers}, {self.moment}"

    @property
    def behaviour(self) -> dict[str, Any]:
        return {"status": self.status, "body": BODIES[self.body], "headers": self.headers}


@dataclass(slots=True)
class Replies:
    """What was done, and found."""

    replies: int = 0
    runs: int = 0
    projects: int = 0
    seconds: float = 0.0
    by_kind: Counter[str] = field(default_factory=Counter)
    by_moment: Counter[str] = field(default_factory=Counter)
    found: list[tuple[str, Problem]] = field(default_factory=list)

    def add(self, other: Replies) -> None:
        for name in ("replies", "runs", "projects", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.by_kind.update(other.by_kind)
        self.by_moment.update(other.by_moment)
        self.found += other.found


def replies(chance: random.Random) -> Iterator[Reply]:
    """Yield replies without end: each status once in 500, with bodies, headers and moments by chance; crowds in between."""
    for number in itertools.count():
        statuses = list(range(100, 600))
        chance.shuffle(statuses)
        for place, status in enumerate(statuses):
            body = chance.choice(list(BODIES))
            yield Reply(status=status, body=body, headers=chance.choice(HEADERS), moment=MOMENTS[(place + number) % 4])
            if place % 12 == 0:
                yield Reply(status=chance.choice([400, 422, 413, 500, 403]), body=body, headers={}, moment=CROWD)


def directed_project(bench: Bench, name: str, seed: str, *, broken: str) -> Replies:
    """Live one project through the replies that a broken engine of this kind cannot bear: crowds, and texts that cannot be stored."""
    crowds = [Reply(status=400, body="JSON", headers={}, moment=CROWD)] * 2
    texts = [Reply(status=400, body="a lone surrogate", headers={}, moment=moment) for moment in MOMENTS]
    quotas = [Reply(status=402, body="JSON", headers={}, moment="from the middle on")] * 2
    return reply_project(bench, name, seed, broken=broken, given=[*texts, *quotas, *crowds])


def reply_project(
    bench: Bench,
    name: str,
    seed: str,
    *,
    broken: str | None = None,
    many: int = 10,
    given: Sequence[Reply] = (),
) -> Replies:
    """Live one project through some replies; stops at the first finding, whose project's folder is then kept.

    `given` are the replies, where they are not chosen by the seed.
    """
    began = time.monotonic()
    chance = random.Random(seed)
    lab = Lab(bench, chance, broken=broken)
    lab.counts_2xx = True
    scenario = SCENARIOS[name](lab)
    tally = Replies(projects=1)
    number = int(seed.rsplit("/", 1)[-1]) if seed.rsplit("/", 1)[-1].isdigit() else 0
    kinds = replies(random.Random(seed.split("/", 1)[0]))
    lab.finish()
    for reply in given or itertools.islice(kinds, number * many, (number + 1) * many):
        if lab.problems:
            break
        tally.replies += 1
        tally.by_kind[f"{reply.status // 100}xx"] += 1
        tally.by_moment[reply.moment] += 1
        scenario.change()
        for track in lab.tracks.values():
            track.new_delivery()
        if reply.moment == CROWD:
            crowd(lab, scenario, reply)
        else:
            bad_run(lab, scenario, reply)
        lab.bench.receiver.refuse()
        lives(lab, scenario, str(reply))
    tally.runs = lab.runs
    tally.found = [(f"{name}, seed {seed}", problem) for problem in lab.problems]
    tally.seconds = time.monotonic() - began
    if not lab.problems or broken:
        lab.remove()
    return tally


def bad_run(lab: Lab, scenario: Any, reply: Reply) -> None:
    """Run while the receiver answers so."""
    good = [{}] * (0 if "first" in reply.moment else lab.chance.randint(1, 3))
    many = MANY if len(BODIES[reply.body]) < LARGE else FEW  # what is told to the receiver holds each body once more
    lab.bench.receiver.behave(*good, *[reply.behaviour] * (many if reply.moment.endswith("on") else 1))
    lab.run(*scenario.words())
    lab.calm()


def crowd(lab: Lab, scenario: Any, reply: Reply) -> None:
    """Refuse a crowd of new rows, run after run: what changes beside them has to arrive all the same."""
    if not hasattr(scenario, "people"):
        bad_run(lab, scenario, reply)
        return
    lab.clock += 1
    keys = [f"bad_{lab.clock}_{number}" for number in range(30)]
    scenario.add(keys)
    lab.bench.receiver.refuse(f"bad_{lab.clock}_", status=reply.status, body=BODIES[reply.body])
    for _ in range(2):
        lab.run(*scenario.words())
    lab.clock += 1
    others = [key for key in sorted(scenario.people) if key not in keys]
    scenario.update(lab.chance.sample(others, 3))
    for track in lab.tracks.values():
        track.is_mixed = True
    wait_for(lab, scenario, excused=set(keys), what=f"beside {reply}")


def lives(lab: Lab, scenario: Any, what: str) -> None:
    """Check that all is delivered within two runs; of rows that were tried too often, by the replay that is offered for them."""
    if held(lab):
        lab.run(command="replay")
    wait_for(lab, scenario, excused=set(), what=what)


def held(lab: Lab) -> set[str]:
    """Return the keys that are listed as rejected, and were tried so often that they are retried seldom: by name, with a way out."""
    return {
        statecheck.key_of_rejected(row)
        for name in lab.tracks
        for row in statecheck.open_rejected(lab.state, name)
        if row["attempts"] >= AUTOMATIC_ATTEMPTS
    }


def wait_for(lab: Lab, scenario: Any, *, excused: set[str], what: str) -> None:
    for _ in range(ENOUGH):
        ended = lab.run(*scenario.words())
        lost = [key for track in lab.tracks.values() for key in track.pending() if key not in excused]
        if not lost and (excused or state_of(ended.output) == "succeeded"):
            break
    else:
        lab.found(
            "not live", f"after {ENOUGH} runs {len(lost)} rows wait, such as {lost[:3]}; {what}; {ended.output[-1500:]}"
        )
    for track in lab.tracks.values():
        lab.problems += track.problems
        track.problems.clear()
