"""Tests: they mirror core/ and tui/. servers/ are real servers, benchmarks/ are no tests. See `__main__` for the command."""
