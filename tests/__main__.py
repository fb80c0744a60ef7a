"""The test command: `python -m tests`. Style, types, layers, then every test, on three workers: much of what they do is waiting.

Arguments are passed on to pytest; with any, only pytest runs. All checks run even where one fails, and the exit code is
that of the first failure.
"""

from __future__ import annotations

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
WORKERS = ("-n", "3", "--dist", "worksteal")


def main(arguments: list[str]) -> int:
    """Run the checks and the tests; give the first exit code that is not 0."""
    programs = Path(sys.executable).parent
    codes = []
    for name, *words in () if arguments else CHECKS:
        print(f"== {name} {' '.join(words)}", flush=True)
        codes.append(subprocess.run([programs / name, *words], cwd=ROOT, check=False).returncode)
    print("== pytest", flush=True)
    words = [sys.executable, "-m", "pytest", *(arguments or WORKERS)]
    codes.append(subprocess.run(words, cwd=ROOT, check=False).returncode)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
