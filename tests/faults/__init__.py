"""Faults: a process that is killed at any system call, a disk that fails, files that are damaged, receivers that misbehave.

`python -m tests.faults` is the long run; `README.md` says what is checked and how one trial is repeated.
"""
