"""The long run: kills, disk faults, damaged files and broken engines by the thousand.

    python -m tests.faults                              all parts, with the numbers of the long run
    python -m tests.faults kills --kills 500 --jobs 2   one part
    python -m tests.faults kills --scenario full --repeat "1/full/7"     one project again, by its seed

Prints its figures as tables, and ends with 1 where something was found.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time

from tests.faults.kills import Tally, kill_project
from tests.faults.pool import shared
from tests.faults.scenarios import SCENARIOS


def kills(options: argparse.Namespace) -> int:
    """Kill until enough were killed; give how much was found."""
    names = options.scenario or list(SCENARIOS)
    total, began = Tally(), time.monotonic()

    def pieces():
        if options.repeat:
            yield names[0], options.repeat
            return
        for number in itertools.count():
            for name in names:
                if total.kills >= options.kills:
                    return
                yield name, f"{options.seed}/{name}/{number}"

    for tally in shared(lambda bench, piece: kill_project(bench, *piece), pieces(), options.jobs, keep=True):
        total.add(tally)
        for where, problem in tally.found:
            print(f"FOUND {where}: {str(problem)[:2000]}", flush=True)
    took = time.monotonic() - began
    table("kills", {
        "kills": total.kills, "runs": total.runs, "projects": total.projects, "rounds": total.rounds,
        "calls delivered": total.delivered, "calls repeated": total.repeats, "compactions": total.compactions,
        "seconds": round(took, 1), "seconds a kill and job": round(took * options.jobs / max(1, total.kills), 3),
        "found": len(total.found),
    })  # fmt: skip
    for name in ("by_scenario", "by_phase", "by_call"):
        print(
            f"{name.replace('_', ' ')}: "
            + ", ".join(f"{what} {number:,}" for what, number in getattr(total, name).most_common())
        )
    return len(total.found)


def table(title: str, figures: dict[str, object]) -> None:
    print(f"== {title}")
    for name, value in figures.items():
        print(f"{name:<28}{value:>14,}" if isinstance(value, int | float) else f"{name:<28}{value:>14}")


PARTS = {"kills": kills}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which parts; all where none is named")
    parser.add_argument("--kills", type=int, default=5_000)
    parser.add_argument("--scenario", action="append", choices=list(SCENARIOS))
    parser.add_argument("--repeat", help="the seed of one project, as it was printed with a finding")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    return 1 if sum([PARTS[part](options) for part in options.parts or PARTS]) else 0


if __name__ == "__main__":
    sys.exit(main())
