"""The entry point `backhaul`: no argument opens the console, anything else is a command of core.cli.

The console comes with its own issue; until then a bare `backhaul` shows the commands.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> int:
    """Run a command, give its exit code."""
    from core.cli import main as command

    return command(sys.argv[1:] or ["--help"])


if __name__ == "__main__":
    sys.exit(main())
