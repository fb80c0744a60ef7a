"""Benchmarks: `python -m tests.benchmarks`. They print figures and are not tests."""
