"""The test command: `python -m tests`. Style, types, layers, then the tests, on four workers: much of what they do is waiting.

What takes longest is marked `slow` and is a command of its own, so that this one stays near ten minutes on two cores:
`python -m tests -m slow -n 2`. Arguments are passed on to pytest; with any, only pytest runs. All checks run even where one fails, and the exit code is
that of the first failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports",),
)
WORKERS = ("-n", "4", "--dist", "worksteal")


def main(arguments: list[str]) -> int:
    """Run the checks and the tests; return the first exit code that is not 0."""
    programs = Path(sys.executable).parent
    codes = []
    for name, *words in () if arguments else CHECKS:
        print(f"== {name} {' '.join(words)}", flush=True)
        codes.append(subprocess.run([programs / name, *words], cwd=ROOT, check=False).returncode)
    print("== pytest", flush=True)
    # programs are started a thousand times: each would compile all again where Python is told to keep nothing
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    words = arguments or [*WORKERS, "-m", "not slow"]
    codes.append(subprocess.run([sys.executable, "-m", "pytest", *words], cwd=ROOT, env=env, check=False).returncode)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
