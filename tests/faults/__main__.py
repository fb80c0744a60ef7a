"""The long run: kills, disk faults, damaged files, broken engines and a flood of faults, by the thousand.

    python -m tests.faults                              all of them, with the numbers of the long run
    python -m tests.faults kills --kills 500 --jobs 2   one part, other numbers
    python -m tests.faults kills --scenario full --repeat "1/full/7"     one project again, by the seed of a finding
    python -m tests.faults soak --minutes 60            three syncs, a kill a minute (not part of the long run)

Prints its figures as tables, and ends with 1 where something was found. Folders in which something was found are kept.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time

from tests.faults import parts, shim


def main() -> int:
    """Do the parts; return the exit code."""
    options = arguments()
    if why := shim.why_not():
        print(f"not here: {why}")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped
    began = time.monotonic()
    chosen = options.parts or parts.LONG
    found = {name: parts.PARTS[name](options) for name in chosen}
    took = time.monotonic() - began
    print(f"== {took / 60:.1f} minutes; found: " + ", ".join(f"{name} {number}" for name, number in found.items()))
    return 1 if any(found.values()) else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(parts.PARTS)}")
    parser.add_argument("--kills", type=int, default=5_000, help="by the shim")
    parser.add_argument("--straced", type=int, default=60, help="kills by strace, of the command as users start it")
    parser.add_argument("--disk", type=int, default=600, help="disk faults")
    parser.add_argument("--power", type=int, default=300, help="power cuts")
    parser.add_argument("--damaged", type=int, default=2_000, help="damaged files")
    parser.add_argument("--replies", type=int, default=1_100, help="bad replies: each status twice")
    parser.add_argument("--rows", type=int, default=200_000, help="of the flood")
    parser.add_argument("--minutes", type=float, default=60, help="of the soak")
    parser.add_argument("--scenario", action="append", help="keep to these scenarios")
    parser.add_argument("--broken", action="append", help="keep to these broken engines")
    parser.add_argument("--repeat", help="the seed of one project, as it was printed with a finding")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if unknown := set(options.parts) - set(parts.PARTS):
        parser.error(f"there is no part {', '.join(unknown)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
