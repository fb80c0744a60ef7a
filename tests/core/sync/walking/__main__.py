"""The command: walks as the command line says, and prints each failed seed, what was done last, and how often what was."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.core.sync.walking import FLAVOURS, walk


def main() -> None:
    """Walk as the command line says; print each failed seed, and what was done."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--flavour", choices=sorted(FLAVOURS))
    parser.add_argument("--seeds", default="0:5")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--told", action="store_true")
    asked = parser.parse_args()
    first, end = map(int, asked.seeds.split(":"))
    done: Counter[str] = Counter()
    failed, began = 0, time.monotonic()
    for seed in range(first, end):
        for flavour in [asked.flavour] if asked.flavour else FLAVOURS:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    done += walk(Path(folder), flavour, seed, asked.steps, told=asked.told).done
                except AssertionError as error:
                    failed += 1
                    print(error, flush=True)
                    if asked.told:
                        traceback.print_exc()
    print(f"{failed} failed, {time.monotonic() - began:.0f} s, {dict(done)}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
