"""`python -m core.cli ...`: the commands without the console, for what Backhaul starts itself."""

import sys

from core.cli import main

if __name__ == "__main__":
    sys.exit(main())
