"""No core files of this process, nor of those that it starts: memory holds what was typed and read, secrets too.

A limit of no bytes keeps the kernel from writing a file; where it hands the memory to a program instead (systemd-coredump), the limit is
not asked, and the filter of what is in there is (core(5), proc_pid_coredump_filter(5)). Both are inherited.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

__all__ = ["switch_off_core_dumps"]


def switch_off_core_dumps() -> None:
    """Ask the system to write nothing of this process's memory, as far as it can."""
    try:
        import resource
    except ImportError:  # not on Windows, which writes none unless it is told to
        return
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    with contextlib.suppress(OSError):  # Linux has it
        Path("/proc/self/coredump_filter").write_text("0", "ascii")
