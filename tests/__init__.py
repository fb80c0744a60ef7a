"""Tests: they mirror core/ and tui/. servers/ are real servers, benchmarks/ are no tests. See `__main__` for the command."""

import os

# every project that a test makes is its own; what is not trusted has tests of its own (tests/promises/test_trust_of_folders.py)
os.environ.setdefault("BACKHAUL_TRUST", "/")
