"""Tests: they mirror core/ and tui/. servers/ are real servers, benchmarks/ are no tests. See `__main__` for the command."""

import atexit
import os
import shutil
import tempfile

# every project that a test makes is its own; what is not trusted has tests of its own (tests/promises/test_trusted_folders.py)
os.environ.setdefault("BACKHAUL_TRUST", "/")

if "BACKHAUL_TESTS_STATE" not in os.environ:  # the first process of the tests makes it, for all that it starts
    os.environ["BACKHAUL_TESTS_STATE"] = os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="backhaul-tests-state-")
    atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)
