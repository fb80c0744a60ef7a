"""`python -m tests.servers` makes the environments of the stand-ins, so that no test has to wait for them."""

from __future__ import annotations

import sys
import time

from tests.servers.environments import ENVIRONMENTS, NoEnvironmentError


def main() -> int:
    """Make all environments; one that cannot be made is told, and does not stop the others."""
    failed = False
    for name, environment in ENVIRONMENTS.items():
        began = time.monotonic()
        try:
            environment.python()
        except NoEnvironmentError as error:
            failed = True
            print(f"{name}: {error}", file=sys.stderr)
        else:
            print(f"{name}: {environment.folder} ({time.monotonic() - began:.1f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
