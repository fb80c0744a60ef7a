"""`python -m core.cli ...`: the commands without the console, for what Backhaul starts itself."""

import sys

from core.cli import main
from core.core_dumps import switch_off_core_dumps
from core.streams import prepare_streams

if __name__ == "__main__":
    prepare_streams()
    switch_off_core_dumps()
    sys.exit(main())
